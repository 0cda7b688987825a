"""The source bucket: what people upload."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from botocore.exceptions import ClientError, IncompleteReadError, ReadTimeoutError, ResponseStreamingError

from chalicelib.aws.s3 import NOT_FOUND, PRECONDITION_FAILED, Overtaken, contents_of, error_code, etags_of

if TYPE_CHECKING:
    from botocore.response import StreamingBody
    from mypy_boto3_s3 import S3Client

_NOT_MODIFIED = {"304", "NotModified"}
# What S3 passes on from KMS about a key that cannot be used; its other answers, such as KMS.ThrottlingException, pass.
_ABOUT_KMS = r"\bkms\b|customer master key|ciphertext refers"
# The function's own role, as for some seconds after a deploy: tried again, like an error of AWS.
_NOT_ALLOWED_YET = "no identity-based policy allows"
_KEY_UNUSABLE = {"KMS.DisabledException", "KMS.KMSInvalidStateException", "KMS.NotFoundException"}


@dataclass(frozen=True, slots=True)
class SourceObject:
    """A source object; its body is open and unread, its size is in bytes, its encoding a `Content-Encoding`."""

    key: str
    etag: str
    size: int
    body: "StreamingBody"
    encoding: str = ""

    def read_body(self) -> bytes:
        """Return the whole body.

        Raises:
            Interrupted: The connection broke off, or stalled; the SDK retries requests, but not bodies.
        """
        try:
            return self.body.read()
        except (IncompleteReadError, ReadTimeoutError, ResponseStreamingError) as error:
            raise Interrupted(f"reading {self.key} broke off: {error}") from error


class NotModified(Exception):  # noqa: N818 - an answer, not an error
    """The source object still has the given ETag."""


class Interrupted(Exception):  # noqa: N818 - to be tried again
    """A body could not be read to its end."""


class UnreadableError(Exception):
    """S3 refuses to return a source object that exists, and will refuse again.

    Attributes:
        code: `archived`, `encrypted` or `access-denied`. The message is for people.
        etag: The object's ETag.
        size: Its bytes.
    """

    def __init__(self, code: str, message: str, etag: str, size: int) -> None:
        super().__init__(message)
        self.code = code
        self.etag = etag
        self.size = size


class Listed(NamedTuple):
    """A source as S3 lists it; `modified` is in whole seconds."""

    key: str
    etag: str
    modified: datetime


class SourceBucket:
    """The objects of the source bucket, by source key."""

    ARN: Final = "arn:{partition}:s3:::{SOURCE_BUCKET}"

    def __init__(self, client: "S3Client", name: str) -> None:
        self._client = client
        self.name = name

    def open_source(self, key: str, unless_etag: str | None) -> SourceObject | None:
        """Return the source object, or None if there is none.

        Raises:
            NotModified: The object's ETag is `unless_etag`.
            UnreadableError: The object is archived, or encrypted with a key that the function cannot use.
            Overtaken: The object was deleted meanwhile.
        """
        condition: Any = {} if unless_etag is None else {"IfNoneMatch": unless_etag}
        try:
            answer = self._client.get_object(Bucket=self.name, Key=key, **condition)
        except ClientError as error:
            if error_code(error) in NOT_FOUND:
                return None
            if error_code(error) in _NOT_MODIFIED:
                raise NotModified from error
            if reason := _lasting_refusal(error):
                listed = self.stat_source(key)
                raise (UnreadableError(*reason, *listed) if listed else Overtaken(key)) from error
            raise
        return SourceObject(
            key=key,
            etag=answer["ETag"],
            size=answer["ContentLength"],
            body=answer["Body"],
            encoding=answer.get("ContentEncoding", ""),
        )

    def source_etag(self, key: str) -> str | None:
        """Return the current ETag of the source object, or None if there is none."""
        try:
            return self._client.head_object(Bucket=self.name, Key=key)["ETag"]
        except ClientError as error:
            if error_code(error) in NOT_FOUND:
                return None
            if error_code(error) not in {"400", "403"}:  # the answers of HEAD where an object is encrypted
                raise
            listed = self.stat_source(key)
            return listed[0] if listed else None

    def list_sources(self, after: str) -> dict[str, str]:
        """Return the ETags of up to 1,000 sources that follow a key, by key, in the order of UTF-8; none at the end."""
        return etags_of(lambda **asked: self._client.list_objects_v2(Bucket=self.name, **asked), after)

    def list_prefix(self, prefix: str, after: str) -> list[Listed]:
        """Return up to 1,000 sources with a prefix that follow a key, in the order of UTF-8; none at the end."""
        found = contents_of(
            lambda **asked: self._client.list_objects_v2(Bucket=self.name, Prefix=prefix, **asked), after
        )
        return [Listed(item["Key"], item["ETag"], item["LastModified"]) for item in found]

    def delete_source(self, key: str, if_etag: str | None = None) -> None:
        """Delete a source object, if it has an ETag; the event that follows deletes what was made of it.

        Raises:
            Overtaken: The object has another ETag.
        """
        condition: Any = {} if if_etag is None else {"IfMatch": if_etag}
        try:
            self._client.delete_object(Bucket=self.name, Key=key, **condition)
        except ClientError as error:
            if error_code(error) in PRECONDITION_FAILED:
                raise Overtaken(key) from error
            raise

    def sign_source_url(self, key: str, seconds: int, content_type: str, disposition: str) -> str:
        """Return a URL that fetches a source object without credentials for some seconds.

        Args:
            key: The source key.
            seconds: How long the URL is valid.
            content_type: The `Content-Type` that S3 will answer with, whatever the uploader set.
            disposition: The `Content-Disposition` that S3 will answer with.
        """
        return self._client.generate_presigned_url(
            "get_object",
            Params={
                "Bucket": self.name,
                "Key": key,
                "ResponseContentType": content_type,
                "ResponseContentDisposition": disposition,
            },
            ExpiresIn=seconds,
        )

    def sign_upload_form(
        self, key: str, content_type: str, sizes: tuple[int, int], seconds: int
    ) -> tuple[str, dict[str, str]]:
        """Return URL and fields of a form that uploads one source object by POST, without credentials.

        Args:
            key: The source key, and no other.
            content_type: Its media type, and no other.
            sizes: The least and the most bytes that S3 takes.
            seconds: How long the form is valid.
        """
        fields = {"Content-Type": content_type, "success_action_status": "201"}
        conditions: list[Any] = [{name: value} for name, value in fields.items()]
        form = self._client.generate_presigned_post(
            self.name,
            key,
            Fields=dict(fields),
            Conditions=[*conditions, ["content-length-range", *sizes]],
            ExpiresIn=seconds,
        )
        return form["url"], form["fields"]

    def sign_new_upload(
        self, key: str, content_type: str, size: int, seconds: int
    ) -> tuple[str, dict[str, str]]:
        """Return URL and headers of a PUT that uploads one source object, unless its key exists by then.

        Args:
            key: The source key.
            content_type: Its media type, and no other.
            size: Its bytes, and no other number.
            seconds: How long the URL is valid.
        """
        url = self._client.generate_presigned_url(
            "put_object",
            Params={
                "Bucket": self.name,
                "Key": key,
                "ContentType": content_type,
                "ContentLength": size,
                "IfNoneMatch": "*",
            },
            ExpiresIn=seconds,
        )
        return url, {"Content-Type": content_type, "Content-Length": str(size), "If-None-Match": "*"}

    def check_source_bucket(self) -> None:
        """Raise unless the bucket can be reached."""
        self._client.head_bucket(Bucket=self.name)

    def stat_source(self, key: str) -> tuple[str, int] | None:
        """Return ETag and size of a source object by the listing, which has them also where the object is unreadable."""
        # A key sorts before every other key that it is a prefix of.
        listed = self._client.list_objects_v2(Bucket=self.name, Prefix=key, MaxKeys=1).get("Contents", [])
        if not listed or listed[0]["Key"] != key:
            return None
        return listed[0]["ETag"], listed[0]["Size"]


def _lasting_refusal(error: ClientError) -> tuple[str, str] | None:
    """Return a code and a message where only the owner can make an object readable again."""
    message = error.response["Error"].get("Message", "")
    if error_code(error) == "InvalidObjectState":
        return "archived", "The object is archived: restore it, and reprocess it."
    is_denied = error_code(error) == "AccessDenied"
    if error_code(error) in _KEY_UNUSABLE or (is_denied and re.search(_ABOUT_KMS, message, re.IGNORECASE)):
        return "encrypted", "The object is encrypted with a KMS key that the compress function may not use."
    if is_denied and _NOT_ALLOWED_YET not in message:
        return (
            "access-denied",
            "A policy or the object's owner does not let the compress function read the object: allow it, and reprocess.",
        )
    if error_code(error) == "InvalidRequest" and "Server Side Encryption" in message:
        return (
            "encrypted",
            "The object is encrypted with a key of its uploader's (SSE-C), which S3 does not keep.",
        )
    return None
