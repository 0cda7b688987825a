"""Image records like the app's, for tables that are measured."""

from chalicelib.records import Record, destination_key, image_id

SOURCE, DESTINATION, TABLE = "source-image", "resized-image", "ImageMetadata"
ETAG = '"d41d8cd98f00b204e9800998ecf8427e"'
SETTINGS_VERSION = "0123456789abcdef"


def failed_record(key: str, updated_at: str) -> Record:
    """Return the record of a source object that cannot be decoded."""
    return {
        "imageId": image_id(SOURCE, key),
        "sourceBucket": SOURCE,
        "sourceKey": key,
        "sourceETag": ETAG,
        "sizeOriginal": 3_000_000,
        "contentType": "application/octet-stream",
        "resizedAt": updated_at,
        "status": "failed",
        "settingsVersion": SETTINGS_VERSION,
        "revision": "0" * 32,
        "error": {"code": "corrupt", "message": "the image cannot be decoded"},
    }


def compressed_record(key: str, updated_at: str, image_format: str = "jpeg") -> Record:
    """Return the record of a compressed photograph."""
    record: Record = {
        **failed_record(key, updated_at),
        "contentType": f"image/{image_format}",
        "status": "compressed",
        "destBucket": DESTINATION,
        "destKey": destination_key(key, image_format, image_format),
        "destETag": ETAG,
        "sizeCompressed": 200_000,
        "width": 1024,
        "height": 768,
        "originalWidth": 4000,
        "originalHeight": 3000,
        "format": image_format,
        "originalFormat": image_format,
        "sourceSha256": "0" * 64,
        "renditions": {},
        "placeholder": "data:image/webp;base64," + "A" * 200,
        "dominantColor": "#808080",
    }
    del record["error"]
    return record
