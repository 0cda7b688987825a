"""The image record: what it holds, and how its names follow from the source. No AWS."""

import posixpath
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Final, Literal, NotRequired, TypedDict
from uuid import NAMESPACE_URL, uuid4, uuid5

from chalicelib.imaging.formats import FORMATS

Status = Literal["compressed", "failed"]

PASSING_FAILURES: Final = frozenset({"access-denied", "archived", "encrypted", "too-many-bytes"})
"""Codes of failures that can end although neither the object nor the options change; looking again costs no decode."""

LONGEST_KEY: Final = 1024
"""Bytes of UTF-8 of an object key: S3's limit, and DynamoDB's for a sort key."""

EXTENSIONS: Final[Mapping[str, str]] = {
    name: format_.extensions[0] for name, format_ in FORMATS.items() if format_.codec
}
"""The extension that a file of each output format gets."""

_IMAGE_EXTENSIONS = (extension for format_ in FORMATS.values() for extension in format_.extensions)
_IMAGE_EXTENSION = rf"(?:{'|'.join(map(re.escape, _IMAGE_EXTENSIONS))})"
_ENDS_LIKE_IMAGE = re.compile(rf".*{_IMAGE_EXTENSION}", re.IGNORECASE | re.DOTALL)
_ENDS_LIKE_OURS = re.compile(  # as a converted image's key does, or a rendition's
    rf".*(?:(?:{_IMAGE_EXTENSION}|\.image){_IMAGE_EXTENSION}|\.rendition(?:{_IMAGE_EXTENSION})?)",
    re.IGNORECASE | re.DOTALL,
)


class Failure(TypedDict):
    """Why an object could not be compressed: a code for programs, a message for people."""

    code: str
    message: str


class RenditionRecord(TypedDict):
    """One of an image's further sizes, in the destination bucket."""

    destKey: str
    etag: str
    sizeCompressed: int
    width: int
    height: int


class Record(TypedDict):
    """One source object as the table and the API show it. Sizes are in bytes, lengths in pixels.

    `revision` changes with every write and is never used again. The API hides it.
    """

    imageId: str
    sourceBucket: str
    sourceKey: str
    sourceETag: str
    sizeOriginal: int
    contentType: str
    resizedAt: str
    status: Status
    settingsVersion: str
    revision: str
    error: NotRequired[Failure]
    destBucket: NotRequired[str]
    destKey: NotRequired[str]
    destETag: NotRequired[str]
    sizeCompressed: NotRequired[int]
    width: NotRequired[int]
    height: NotRequired[int]
    originalWidth: NotRequired[int]
    originalHeight: NotRequired[int]
    format: NotRequired[str]
    originalFormat: NotRequired[str]
    sourceSha256: NotRequired[str]
    renditions: NotRequired[dict[str, RenditionRecord]]
    placeholder: NotRequired[str]
    dominantColor: NotRequired[str]
    capturedAt: NotRequired[str]


def content_type_of(image_format: str | None) -> str:
    """Return the media type of a format's files, such as `originalFormat`. Without a format, it is the type of any bytes."""
    if image_format not in FORMATS:
        return "application/octet-stream"
    return FORMATS[image_format].content_type


def image_id(bucket: str, key: str) -> str:
    """Return the partition key of a source object: the same object, the same id, whatever is delivered twice."""
    return str(uuid5(NAMESPACE_URL, f"s3://{bucket}/{key}"))


def destination_key(source_key: str, original_format: str, output_format: str) -> str:
    """Return the object key of the compressed image: `a/cat.jpg` becomes `a/resized-cat.jpg`.

    Where the format changes, the new extension is added (`cat.heic`: `resized-cat.heic.jpg`). Two source
    keys never share a destination key: a key that reads like one of ours (`cat.heic.jpg`) is given
    its extension again, and one that ends in no image extension has `.image` put in between.
    """
    folder, slash, name = source_key.rpartition("/")
    plain = f"{folder}{slash}resized-{name}"
    if original_format == output_format and not _ENDS_LIKE_OURS.fullmatch(name):
        return plain
    infix = "" if _ENDS_LIKE_IMAGE.fullmatch(name) else ".image"
    return f"{plain}{infix}{EXTENSIONS[output_format]}"


def rendition_key(main_key: str, rendition: str) -> str:
    """Return the object key of a further size: `thumb/a/resized-cat.rendition.jpg` of `a/resized-cat.jpg`.

    No destination key ends like it, so that a source key `thumb/a/cat.jpg` does not collide.
    """
    folder, slash, name = main_key.rpartition("/")
    stem, extension = posixpath.splitext(name) if _ENDS_LIKE_IMAGE.fullmatch(name) else (name, "")
    return f"{rendition}/{folder}{slash}{stem}.rendition{extension}"


def possible_keys(source_key: str, renditions: Iterable[str]) -> set[str]:
    """Return every object key that the compressed image or its renditions could have, whatever its format."""
    main_keys = {destination_key(source_key, name, name) for name in EXTENSIONS}
    main_keys |= {destination_key(source_key, "another", name) for name in EXTENSIONS}
    return main_keys | {rendition_key(key, name) for key in main_keys for name in renditions}


def source_key_of(object_key: str) -> str | None:
    """Return the source key whose compressed image or rendition an object can be; None for an object of others."""
    rendition, _, main_key = object_key.partition("/")
    main_key = re.sub(r"\.rendition(?=(\.[^./]*)?\Z)", "", main_key)
    for key in (object_key, main_key):
        folder, slash, name = key.rpartition("/")
        name = name.removeprefix("resized-")
        stem = posixpath.splitext(name)[0]  # of a converted image
        for source_name in (name, stem, stem.removesuffix(".image")):
            source_key = f"{folder}{slash}{source_name}"
            if object_key in possible_keys(source_key, (rendition,)):
                return source_key
    return None


def objects_of(record: Record | None) -> dict[str, str]:
    """Return the ETag of each object in the destination bucket that a record vouches for, by object key."""
    if not record or "destKey" not in record:
        return {}
    renditions = record.get("renditions", {}).values()
    return {record["destKey"]: record["destETag"]} | {each["destKey"]: each["etag"] for each in renditions}


def timestamp(time: datetime) -> str:
    """Return ISO 8601 in UTC to the microsecond, which sorts as it reads: `2026-01-31T12:00:00.000000Z`."""
    return time.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


def failed_record(bucket: str, key: str, etag: str, size: int, settings_version: str) -> Record:
    """Return a new record of a source object, `failed` until its error or its compressed object is added.

    Args:
        bucket: The source bucket.
        key: The source key.
        etag: The ETag of the source object.
        size: Its bytes.
        settings_version: The fingerprint of the options.
    """
    return {
        "imageId": image_id(bucket, key),
        "sourceBucket": bucket,
        "sourceKey": key,
        "sourceETag": etag,
        "sizeOriginal": size,
        "contentType": "application/octet-stream",
        "resizedAt": timestamp(datetime.now(UTC)),
        "status": "failed",
        "settingsVersion": settings_version,
        "revision": uuid4().hex,
    }
