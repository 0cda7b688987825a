"""The two buckets: uploads in one, compressed images in the other."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

# Compressed images keep their key when their source is overwritten, so caches ask again after an hour.
_CACHE_CONTROL = "private, max-age=3600"
# S3 takes keys with any character, but DeleteObjects names them in XML 1.0, which lacks these (its production `Char`).
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
_NOT_MODIFIED = {"304", "NotModified"}
# What S3 passes on from KMS of a key that is not to be used; its other answers, such as KMS.ThrottlingException, pass.
_KEY_UNUSABLE = {"KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"}
_PRECONDITION_FAILED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A source object as it stands: its body is open and unread, its size in bytes."""

    key: str
    etag: str
    size: int
    body: "StreamingBody"

    def read(self) -> bytes:
        """Return the whole body.

        Raises:
            Interrupted: The connection broke off, or stood still; the SDK retries requests, but not bodies.
        """
        try:
            return self.body.read()
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError) as error:
            raise Interrupted(f"the body of {self.key!r} broke off: {error}") from error


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """The source object still has the ETag that was asked about."""


class Overtaken(Exception):  # noqa: N818 - the expected outcome of a race
    """The object is no longer the one that was to be replaced."""


class Interrupted(Exception):  # noqa: N818 - to be tried again
    """A body could not be read to its end."""


class UnreadableError(Exception):
    """A source object is there, but S3 does not hand it out, and asking again will not change that.

    Attributes:
        code: `archived` or `encrypted`. The message is for people.
        etag: The object's ETag.
        size: Its bytes.
    """

    def __init__(self, code: str, message: str, etag: str, size: int) -> None:
        super().__init__(message)
        self.code = code
        self.etag = etag
        self.size = size


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
            UnreadableError: It is archived, or encrypted with a key that may not be used.
        """
        try:
            if unless_etag is None:
                answer = self._s3.get_object(Bucket=self.source, Key=key)
            else:
                answer = self._s3.get_object(Bucket=self.source, Key=key, IfNoneMatch=unless_etag)
        except ClientError as error:
            if _code(error) in _NOT_FOUND:
                return None
            if _code(error) in _NOT_MODIFIED:
                raise NotModified from error
            if reason := _unreadable(error):
                raise self._unreadable(key, *reason) from error
            raise
        return SourceObject(key=key, etag=answer["ETag"], size=answer["ContentLength"], body=answer["Body"])

    def source_etag(self, key: str) -> str | None:
        """Return the ETag of the source object as it stands, or None if there is none."""
        try:
            return self._etag(self.source, key)
        except ClientError as error:
            if _code(error) not in {"400", "403"}:  # as HEAD answers where an object is encrypted
                raise
            listed = self._listed(key)
            return listed[0] if listed else None

    def list_sources(self, after: str) -> dict[str, str]:
        """Return the ETags of up to 1,000 source keys that follow a key, by key, in S3's order: that of UTF-8."""
        answer = self._s3.list_objects_v2(Bucket=self.source, StartAfter=after)
        return {item["Key"]: item["ETag"] for item in answer.get("Contents", [])}

    def has_source(self, key: str) -> bool:
        """Tell whether there is a source object, by the listing: whoever asks need not be allowed to read it."""
        return self._listed(key) is not None

    def etags(self, keys: Collection[str]) -> dict[str, str]:
        """Return the ETags of those keys of the destination bucket that have an object."""
        found = {key: self._etag(self.destination, key) for key in sorted(keys)}
        return {key: etag for key, etag in found.items() if etag is not None}

    def write(self, key: str, data: bytes, content_type: str, replacing: str | None) -> str:
        """Write a compressed image over the object of the ETag `replacing`, or over none, and return its ETag.

        Raises:
            Overtaken: Another object stands there.
        """
        condition: Any = {"IfNoneMatch": "*"} if replacing is None else {"IfMatch": replacing}
        try:
            answer = self._s3.put_object(
                Bucket=self.destination,
                Key=key,
                Body=data,
                ContentType=content_type,
                CacheControl=_CACHE_CONTROL,
                **condition,
            )
        except ClientError as error:
            if _code(error) in _PRECONDITION_FAILED | _NOT_FOUND:
                raise Overtaken(key) from error
            raise
        return answer["ETag"]

    def delete(self, keys: Collection[str]) -> None:
        """Delete compressed images, those that are there.

        Raises:
            ClientError: S3 could not delete some of them.
        """
        for key in sorted(key for key in keys if not fits_xml(key)):
            self._s3.delete_object(Bucket=self.destination, Key=key)
        objects: list[Any] = [{"Key": key} for key in sorted(keys) if fits_xml(key)]
        if not objects:
            return
        answer = self._s3.delete_objects(Bucket=self.destination, Delete={"Objects": objects, "Quiet": True})
        if failed := answer.get("Errors"):
            first = failed[0]
            message = f"{first['Key']}: {first['Message']}"
            raise ClientError({"Error": {"Code": first["Code"], "Message": message}}, "DeleteObjects")

    def delete_source(self, key: str) -> None:
        """Delete a source object; what was made of it is left to the event that follows."""
        self._s3.delete_object(Bucket=self.source, Key=key)

    def source_url(self, key: str, seconds: int, content_type: str, disposition: str) -> str:
        """Return a URL that fetches a source object without credentials for some seconds.

        Args:
            key: The source key.
            seconds: How long the URL is good for.
            content_type: What S3 will call it, whatever its uploader did.
            disposition: The `Content-Disposition` that S3 will answer with.
        """
        return self._s3.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.source,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
            },
            ExpiresIn=seconds,
        )

    def compressed_url(self, key: str, seconds: int, disposition: str) -> str:
        """Return a URL that fetches a compressed image, as `source_url` does."""
        return self._s3.generate_presigned_url(
            "get_object",
            Params={"Bucket": self.destination, "Key": key, "ResponseContentDisposition": disposition},
            ExpiresIn=seconds,
        )

    def upload_form(
        self, key: str, content_type: str, sizes: tuple[int, int], seconds: int
    ) -> tuple[str, dict[str, str]]:
        """Return URL and fields of a form that uploads one source object by POST, without credentials.

        Args:
            key: The source key, and no other.
            content_type: Its media type, and no other.
            sizes: The least and the most bytes that S3 takes.
            seconds: How long the form is good for.
        """
        fields = {"Content-Type": content_type, "success_action_status": "201"}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        form = self._s3.generate_presigned_post(
            self.source,
            key,
            Fields=dict(fields),
            Conditions=[*conditions, ["content-length-range", *sizes]],
            ExpiresIn=seconds,
        )
        return form["url"], form["fields"]

    def check(self) -> None:
        """Raise unless both buckets can be reached."""
        self._s3.head_bucket(Bucket=self.source)
        self._s3.head_bucket(Bucket=self.destination)

    def _etag(self, bucket: str, key: str) -> str | None:
        try:
            return self._s3.head_object(Bucket=bucket, Key=key)["ETag"]
        except ClientError as error:
            if _code(error) in _NOT_FOUND:
                return None
            raise

    def _unreadable(self, key: str, code: str, message: str) -> UnreadableError | Overtaken:
        listed = self._listed(key)
        return UnreadableError(code, message, *listed) if listed else Overtaken(key)

    def _listed(self, key: str) -> tuple[str, int] | None:
        """Return ETag and size of a source object by the listing, which tells those of what itself answers nothing."""
        # A key sorts before every other key that it is a prefix of.
        listed = self._s3.list_objects_v2(Bucket=self.source, Prefix=key, MaxKeys=1).get("Contents", [])
        if not listed or listed[0]["Key"] != key:
            return None
        return listed[0]["ETag"], listed[0]["Size"]


def fits_xml(key: str) -> bool:
    """Tell whether XML 1.0, in which S3 is asked to delete several objects at once, has all characters of a key."""
    # Printable characters do. The pattern takes 5 ms to compile: only for a key that has others.
    return key.isprintable() or re.search(_NOT_XML, key) is None


def _code(error: ClientError) -> str:
    return error.response["Error"]["Code"]


def _unreadable(error: ClientError) -> tuple[str, str] | None:
    """Return a code and a message where an object cannot be read for a reason that only its owner can remove."""
    message = error.response["Error"].get("Message", "")
    if _code(error) == "InvalidObjectState":
        return "archived", "The object is archived: restore it, and reprocess it."
    if _code(error) in _KEY_UNUSABLE or (_code(error) == "AccessDenied" and "kms:" in message):
        return "encrypted", "The object is encrypted with a KMS key that the compress function may not use."
    if _code(error) == "InvalidRequest" and "Server Side Encryption" in message:
        return (
            "encrypted",
            "The object is encrypted with a key of its uploader's (SSE-C), which S3 does not keep.",
        )
    return None
