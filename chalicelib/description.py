"""What a record says about a source object and the objects made from it."""

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from chalicelib.imaging import Compressed
from chalicelib.records import Record, image_id, timestamp


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


def describe_compressed(compressed: Compressed, bucket: str, key: str, etag: str) -> Any:
    """Return the members of a record that describe its compressed object.

    Args:
        compressed: What was written.
        bucket: The destination bucket.
        key: The object key there.
        etag: The ETag of the object.
    """
    described = {
        "destBucket": bucket,
        "destKey": key,
        "destETag": etag,
        "contentType": compressed.content_type,
        "sizeCompressed": len(compressed.data),
        "width": compressed.width,
        "height": compressed.height,
        "originalWidth": compressed.original_width,
        "originalHeight": compressed.original_height,
        "format": compressed.format,
        "originalFormat": compressed.original_format,
        "placeholder": compressed.placeholder,
        "dominantColor": compressed.dominant_color,
        "renditions": {},
    }
    return described | ({"capturedAt": compressed.captured_at} if compressed.captured_at else {})
