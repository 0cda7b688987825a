"""Which source objects are refused, and the bytes of the others without their `Content-Encoding`."""

import gzip
import zlib
from io import BytesIO

from chalicelib.aws.source_bucket import SourceObject
from chalicelib.records import LONGEST_KEY

_GZIP_MAGIC = b"\x1f\x8b"


class RefusedError(ValueError):
    """A source object is refused for a reason other than its pixels; `code` is the code of the failure."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def read_source(source: SourceObject, most: int) -> bytes:
    """Return the decoded body of a source object, and close it.

    Args:
        source: The object, open and unread.
        most: The most bytes that are accepted, stored and decoded.

    Raises:
        RefusedError: The key cannot be served, there are more bytes, or their encoding cannot be undone.
        Interrupted: The body could not be read to its end.
    """
    with source.body:
        if not {".", ".."}.isdisjoint(source.key.split("/")):
            raise RefusedError(
                "unservable-key",
                "The key has a folder or name . or .., which URLs cannot have: rename the object.",
            )
        _require_at_most(most, source.size)
        data = source.read_body()
    # `aws-chunked` describes how the object was sent, and some clients have S3 store it.
    for coding in reversed([each.strip().lower() for each in source.encoding.split(",")]):
        if coding in {"gzip", "x-gzip"}:
            data = _gunzip(data, most)
        elif coding not in {"", "identity", "aws-chunked"}:
            raise RefusedError(
                "unsupported",
                f"The Content-Encoding {coding} is not supported: upload the object without it.",
            )
    return data


def _gunzip(data: bytes, most: int) -> bytes:
    if not data.startswith(_GZIP_MAGIC):  # some uploaders set the header, but do not compress
        return data
    try:
        # One byte more than is accepted, so that a small file cannot fill the memory.
        decoded = gzip.GzipFile(fileobj=BytesIO(data)).read(most + 1)
    except (OSError, EOFError, zlib.error):
        raise RefusedError(
            "corrupt", "The object's Content-Encoding is gzip, but its bytes cannot be decoded."
        ) from None
    _require_at_most(most, len(decoded))
    return decoded


def _require_at_most(most: int, size: int) -> None:
    if size > most:
        raise RefusedError("too-many-bytes", f"The object has {size} bytes, but at most {most} are accepted.")


def require_fitting(*keys: str) -> None:
    """Raise RefusedError if an object key is too long for S3."""
    if any(len(key.encode()) > LONGEST_KEY for key in keys):
        raise RefusedError(
            "key-too-long", f"The compressed object's key would exceed S3's {LONGEST_KEY} bytes."
        )
