"""What both buckets share: the outcomes of their requests, and the codes of S3 that mean them."""

import re
from collections.abc import Callable
from typing import Any

from botocore.exceptions import ClientError

# S3 takes keys with any character, but DeleteObjects names them in XML 1.0, which lacks these (its production `Char`).
_NOT_XML = "[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
_THROTTLED = r"Throttl|SlowDown|ProvisionedThroughputExceeded|RequestLimitExceeded|TooManyRequests"
NOT_FOUND = {"404", "NoSuchKey", "NotFound"}
PRECONDITION_FAILED = {"412", "PreconditionFailed", "409", "ConditionalRequestConflict"}


class Overtaken(Exception):  # noqa: N818 - the expected outcome of a race
    """The object changed since it was read."""


def contents_of(list_objects: Callable[..., Any], after: str) -> list[Any]:
    """Return what S3 lists of the objects of the first page after a key that has any.

    S3 may return an empty page that has a continuation.
    """
    answer = list_objects(StartAfter=after)
    while not answer.get("Contents") and answer.get("IsTruncated"):
        answer = list_objects(ContinuationToken=answer["NextContinuationToken"])
    return list(answer.get("Contents", []))


def etags_of(list_objects: Callable[..., Any], after: str) -> dict[str, str]:
    """Return the ETags of the objects of the first page after a key that has any, by key."""
    return {item["Key"]: item["ETag"] for item in contents_of(list_objects, after)}


def fits_xml(key: str) -> bool:
    """Return whether XML 1.0 has all characters of a key; S3 is asked in XML to delete several objects at once."""
    # Printable characters do. The pattern takes 5 ms to compile: only for a key that has others.
    return key.isprintable() or re.search(_NOT_XML, key) is None


def is_throttling(error: ClientError) -> bool:
    """Return whether AWS refused a request only for now; the SDK has already tried again."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    return status >= 500 or re.search(_THROTTLED, error_code(error)) is not None


def is_about_the_key(error: ClientError) -> bool:
    """Return whether AWS will refuse each request for this key, but not for others."""
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode")
    return status == 400 and not is_throttling(error)


def error_code(error: ClientError) -> str:
    """Return the code that AWS gives an error, or the HTTP status where the answer has no body."""
    return error.response["Error"]["Code"]
