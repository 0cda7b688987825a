"""The destination bucket: compressed images and their renditions."""

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import ClientError

from chalicelib.aws.s3 import NOT_FOUND, PRECONDITION_FAILED, Overtaken, error_code, etags_of, fits_xml

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# Compressed images keep their key when their source is overwritten, so caches ask again after an hour.
_CACHE_CONTROL = "private, max-age=3600"


class CompressedBucket:
    """The objects of the destination bucket, by object key."""

    ARN: Final = "arn:{partition}:s3:::{DEST_BUCKET}"

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self.name = name

    def compressed_etags(self, keys: Collection[str]) -> dict[str, str]:
        """Return the ETags of those keys that have an object."""
        found = {key: self._compressed_etag(key) for key in sorted(keys)}
        return {key: etag for key, etag in found.items() if etag is not None}

    def list_compressed(self, after: str) -> dict[str, str]:
        """Return the ETags of up to 1,000 objects that follow a key, by key, in the order of UTF-8; none at the end."""
        return etags_of(lambda **asked: self._client.list_objects_v2(Bucket=self.name, **asked), after)

    def write_compressed(self, key: str, data: bytes, content_type: str, replacing: str | None) -> str:
        """Write an object over the one of the ETag `replacing`, or over none, and return its ETag.

        Raises:
            Overtaken: The key has another object.
        """
        condition: Any = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing}
        try:
            answer = self._client.put_object(
                Bucket=self.name,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl=_CACHE_CONTROL,
                **condition,
            )
        except ClientError as error:
            if error_code(error) in PRECONDITION_FAILED | NOT_FOUND:
                raise Overtaken(key) from error
            raise
        return answer["ETag"]

    def delete_compressed(self, keys: Collection[str]) -> None:
        """Delete those of some objects that exist.

        Raises:
            ClientError: S3 could not delete some of them.
        """
        for key in sorted(key for key in keys if not fits_xml(key)):
            self._client.delete_object(Bucket=self.name, Key=key)
        objects: list[Any] = [{"Key": key} for key in sorted(keys) if fits_xml(key)]
        if not objects:
            return
        answer = self._client.delete_objects(Bucket=self.name, Delete={"Objects": objects, "Quiet": True})
        if failed := answer.get("Errors"):
            first = failed[0]
            message = f"{first['Key']}: {first['Message']}"
            raise ClientError({"Error": {"Code": first["Code"], "Message": message}}, "DeleteObjects")

    def sign_compressed_url(self, key: str, seconds: int, disposition: str) -> str:
        """Return a URL that fetches an object without credentials for some seconds.

        Args:
            key: The object key.
            seconds: How long the URL is valid.
            disposition: The `Content-Disposition` that S3 will answer with.
        """
        return self._client.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.name, "Key": key, "ResponseContentDisposition": disposition},
            ExpiresIn=seconds,
        )

    def check_compressed_bucket(self) -> None:
        """Raise unless the bucket can be reached."""
        self._client.head_bucket(Bucket=self.name)

    def _compressed_etag(self, key: str) -> str | None:
        try:
            return self._client.head_object(Bucket=self.name, Key=key)["ETag"]
        except ClientError as error:
            if error_code(error) in NOT_FOUND:
                return None
            raise
