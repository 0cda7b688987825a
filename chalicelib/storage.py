"""The two buckets: uploads in one, compressed images in the other."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

# Compressed images keep their key when their source is overwritten, so caches ask again after an hour.
_CACHE_CONTROL = "private, max-age=3600"
_NOT_FOUND = {"404", "NoSuchKey", "NotFound"}


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A source object as it stands: its body is open and unread, its size in bytes."""

    etag: str
    size: int
    body: "StreamingBody"


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """The source object still has the ETag that was asked about."""


class Buckets:
    """The source bucket, read; and the destination bucket, written. Errors of AWS are raised as they come."""

    def __init__(self, client: "S3Client", source: str, destination: str) -> None:
        self._s3 = client
        self.source = source
        self.destination = destination

    def open_source(self, key: str, unless_etag: str | None) -> SourceObject | None:
        """Return the source object, or None if there is none.

        Raises:
            NotModified: The object's ETag is `unless_etag`.
        """
        try:
            if unless_etag is None:
                answer = self._s3.get_object(Bucket=self.source, Key=key)
            else:
                answer = self._s3.get_object(Bucket=self.source, Key=key, IfNoneMatch=unless_etag)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _NOT_FOUND:
                return None
            if code in {"304", "NotModified"}:
                raise NotModified from error
            raise
        return SourceObject(etag=answer["ETag"], size=answer["ContentLength"], body=answer["Body"])

    def write(self, key: str, data: bytes, content_type: str) -> None:
        """Write a compressed image."""
        self._s3.put_object(
            Bucket=self.destination,
            Key=key,
            Body=data,
            ContentType=content_type,
            CacheControl=_CACHE_CONTROL,
        )

    def delete(self, key: str) -> None:
        """Delete a compressed image, if it is there."""
        self._s3.delete_object(Bucket=self.destination, Key=key)

    def presigned_url(self, bucket: str, key: str, seconds: int) -> str:
        """Return a URL that fetches an object without credentials for some seconds."""
        return self._s3.generate_presigned_url(
            "get_object", Params={"Bucket": bucket, "Key": key}, ExpiresIn=seconds
        )

    def check(self) -> None:
        """Raise unless both buckets can be reached."""
        self._s3.head_bucket(Bucket=self.source)
        self._s3.head_bucket(Bucket=self.destination)
