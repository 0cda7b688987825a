"""What a record says about a compressed object."""

from typing import Any

from chalicelib.imaging import Compressed


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
