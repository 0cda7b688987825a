"""Make one key agree: source object -> compressed object -> record.

An event is only a hint that a key may have changed, since S3 delivers events at least once, in any order.
`reconcile` reads how the source stands now and makes the rest agree with it, so that creation, overwrite,
deletion, duplicate, reordering and retry are one function. The record is the commit point.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from functools import cache
from hashlib import sha256
from typing import Any, Literal
from urllib.parse import unquote_plus

from chalicelib import aws, settings
from chalicelib.catalog import Catalog, Conflict
from chalicelib.imaging import Compressed, ImageError, Options, compress, fingerprint
from chalicelib.metadata import Failure, Record, destination_key, image_id, timestamp
from chalicelib.storage import Buckets, NotModified, SourceObject

Outcome = Literal["compressed", "failed", "deleted", "unchanged", "absent"]

_ATTEMPTS = 5
_LONGEST_KEY = 1024  # bytes of UTF-8, S3's limit


class Pipeline:
    """The buckets, the catalog and the options that one app reconciles with."""

    def __init__(self, buckets: Buckets, catalog: Catalog, options: Options, max_source_bytes: int) -> None:
        self._buckets = buckets
        self._catalog = catalog
        self._options = options
        self._max_source_bytes = max_source_bytes
        self._settings_version = fingerprint(options)

    def reconcile(self, key: str) -> Outcome:
        """Make the compressed object and the record of a source key agree with the source.

        What is no image, or not one to accept, gives a record that says why. Errors of AWS are raised.

        Raises:
            Conflict: Other reconciles of the key won every time.
        """
        for attempt in range(_ATTEMPTS):
            try:
                # Who lost a race may have written over the winner's object, so it takes nothing for granted.
                return self._reconcile_once(key, trust_record=attempt == 0)
            except Conflict:
                continue
        raise Conflict(f"{key!r} changed during each of {_ATTEMPTS} attempts")

    def _reconcile_once(self, key: str, *, trust_record: bool) -> Outcome:
        record = self._catalog.get(image_id(self._buckets.source, key))
        current = trust_record and record is not None and record["settingsVersion"] == self._settings_version
        try:
            source = self._buckets.open_source(key, record["sourceETag"] if record and current else None)
        except NotModified:
            return "unchanged"
        if source is None:
            return self._remove(record)
        return self._replace(key, source, record)

    def _remove(self, record: Record | None) -> Outcome:
        if record is None:
            return "absent"
        self._delete_compressed(record)
        self._catalog.delete(record)
        return "deleted"

    def _replace(self, key: str, source: SourceObject, replaced: Record | None) -> Outcome:
        record: Record = {
            "imageId": image_id(self._buckets.source, key),
            "sourceBucket": self._buckets.source,
            "sourceKey": key,
            "sourceETag": source.etag,
            "sizeOriginal": source.size,
            "contentType": "application/octet-stream",
            "resizedAt": timestamp(datetime.now(UTC)),
            "status": "failed",
            "settingsVersion": self._settings_version,
            "revision": replaced["revision"] + 1 if replaced else 1,
        }
        try:
            data = self._read(source)
            record["sourceSha256"] = sha256(data).hexdigest()
            compressed = compress(data, self._options)
            dest_key = _fitting(destination_key(key, compressed.original_format, compressed.format))
        except (ImageError, RefusedError) as error:
            record["error"] = Failure(code=error.code, message=str(error))
        else:
            self._buckets.write(dest_key, compressed.data, compressed.content_type)
            record["status"] = "compressed"
            record["destBucket"] = self._buckets.destination
            record["destKey"] = dest_key
            record.update(_described(compressed))
        if replaced and replaced.get("destKey") != record.get("destKey"):
            self._delete_compressed(replaced)
        self._catalog.put(record, replacing=replaced)
        return record["status"]

    def _read(self, source: SourceObject) -> bytes:
        with source.body as body:
            if source.size > self._max_source_bytes:
                raise RefusedError(
                    "too-many-bytes",
                    f"The object has {source.size} bytes, but at most {self._max_source_bytes} are accepted.",
                )
            return body.read()

    def _delete_compressed(self, record: Record) -> None:
        if "destKey" in record:
            self._buckets.delete(record["destKey"])


class RefusedError(ValueError):
    """A source object that is not accepted for a reason other than its pixels; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def reconcile_event(event: Mapping[str, Any]) -> None:
    """Reconcile every key that an S3 event notification names.

    Raises:
        ExceptionGroup: Some keys failed; the others are done.
    """
    errors: list[Exception] = []
    for key in _source_keys(event["Records"]):
        try:
            outcome = _current().reconcile(key)
        except Exception as error:
            error.add_note(f"while reconciling {key!r}")
            errors.append(error)
        else:
            print(f"{outcome} {key!r}")  # noqa: T201 - Lambda's log
    if errors:
        raise ExceptionGroup("some keys could not be reconciled", errors)


def _source_keys(records: Iterable[Mapping[str, Any]]) -> list[str]:
    bucket = settings.current().source_bucket
    keys = [
        unquote_plus(record["s3"]["object"]["key"])
        for record in records
        if record["s3"]["bucket"]["name"] == bucket
    ]
    return list(dict.fromkeys(keys))


@cache
def _current() -> Pipeline:
    now = settings.current()
    options = Options(
        max_width=now.max_width,
        max_height=now.max_height,
        quality=now.quality,
        output_format=now.output_format,
        max_pixels=now.max_pixels,
        max_frames=now.max_frames,
    )
    buckets = Buckets(aws.s3_client(), now.source_bucket, now.dest_bucket)
    return Pipeline(buckets, Catalog(aws.dynamodb_client(), now.table_name), options, now.max_source_bytes)


def _fitting(key: str) -> str:
    if len(key.encode()) > _LONGEST_KEY:
        raise RefusedError(
            "key-too-long", f"The compressed object's key would exceed S3's {_LONGEST_KEY} bytes."
        )
    return key


def _described(compressed: Compressed) -> Any:
    described = {
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
    }
    return described | ({"capturedAt": compressed.captured_at} if compressed.captured_at else {})
