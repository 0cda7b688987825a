"""Make one key agree: source object -> compressed objects -> record.

An event is only a hint that a key may have changed, since S3 delivers events at least once, in any order.
`reconcile` reads how the source stands now and makes the rest agree with it, so that creation, overwrite,
deletion, duplicate, reordering and retry are one function. The record is the commit point.

Reconciles of one key may race, and any may crash at any point. What keeps the result right:

- A compressed object is written only over the one that stood there before the source was read, and a record only
  over the one that was read: so an older source never replaces a newer one, and who is overtaken begins again.
- Who has written looks at the source again: who deleted it in the meantime may have found nothing to delete.
- Objects of a reconcile that crashed are found by their keys, of which a source key has few, under whatever settings
  they were made: whoever writes the record deletes the others first, and whoever has nothing to write looks for them.

So a reconcile that ends has seen everything agree after its own last write; one that crashed is run again.
"""

from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager, nullcontext
from datetime import UTC, datetime
from functools import cache, cached_property
from hashlib import sha256
from typing import Any, Literal, Protocol
from urllib.parse import unquote_plus
from uuid import uuid4

from chalicelib import options, services, settings, telemetry
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.s3 import Overtaken
from chalicelib.aws.source_bucket import Interrupted, NotModified, SourceBucket, SourceObject, UnreadableError
from chalicelib.imaging import Compressed, ImageError, Options, compress, fingerprint
from chalicelib.metadata import (
    LONGEST_KEY,
    PASSING_FAILURES,
    Failure,
    Record,
    RenditionRecord,
    destination_key,
    image_id,
    objects_of,
    possible_keys,
    rendition_key,
    timestamp,
)

Outcome = Literal["compressed", "failed", "deleted", "unchanged", "unreadable", "absent", "excluded"]

_ATTEMPTS = 6
_READS = 3  # a body that stalls takes the SDK's read time-out each time, and Lambda retries as well


class Telemetry(Protocol):
    """Who is told what a pipeline does, and how long it takes."""

    def stage(self, name: str) -> AbstractContextManager[None]:
        """Measure a part of the work: `read`, `compress` or `write`."""

    def decision(self, outcome: str, key: str, image_id: str, facts: Mapping[str, Any]) -> None:
        """Learn what was decided about a source key; the facts are its record, or nothing."""


class Silence:
    """Tells nobody."""

    def stage(self, name: str) -> AbstractContextManager[None]:  # noqa: ARG002
        """Measure nothing."""
        return nullcontext()

    def decision(self, outcome: str, key: str, image_id: str, facts: Mapping[str, Any]) -> None:
        """Keep it to oneself."""


def _includes_all(_: str) -> bool:
    return True


class RefusedError(ValueError):
    """A source object that is not accepted for a reason other than its pixels; `code` says which."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class Pipeline:
    """The buckets, the table and the options that one app reconciles with."""

    def __init__(
        self,
        source: SourceBucket,
        compressed: CompressedBucket,
        table: RecordsTable,
        options: Options,
        max_source_bytes: int,
        includes: Callable[[str], bool] = _includes_all,
        teller: Telemetry = Silence(),  # noqa: B008 - it has no state
    ) -> None:
        self._source = source
        self._compressed = compressed
        self._table = table
        self._options = options
        self._max_source_bytes = max_source_bytes
        self._includes = includes
        self._telemetry = teller
        self._settings_version = fingerprint(options)

    def reconcile(self, key: str, *, force: bool = False) -> Outcome:
        """Make the compressed objects and the record of a source key agree with the source.

        What is no image, or not one to accept, gives a record that says why. Errors of AWS are raised.

        Args:
            key: The source key.
            force: Compress again even if the record is up to date.

        Raises:
            Conflict: Other reconciles of the key won every time.
            Interrupted: The source could not be read to its end.
        """
        interruptions = 0
        for attempt in range(_ATTEMPTS):
            try:
                outcome = self._attempt(key, force=force, trusting=attempt == 0)
            except (Conflict, Overtaken):
                continue
            except Interrupted:
                interruptions += 1
                if interruptions == _READS:
                    raise
                continue
            if outcome not in {"compressed", "failed"}:  # of those, the record tells more
                self._telemetry.decision(outcome, key, image_id(self._source.name, key), {})
            return outcome
        raise Conflict(f"{key!r} changed during each of {_ATTEMPTS} attempts")

    def _attempt(self, key: str, *, force: bool, trusting: bool) -> Outcome:
        """Reconcile once, trusting the record about what stands in the destination bucket, or looking there."""
        if not self._includes(key) and self._source.source_etag(key) is not None:
            return "excluded"
        record = self._table.get_record(image_id(self._source.name, key))
        possible = self._possible_keys(key, record)
        # Looked at before the source is: what is written over then comes of no newer source.
        standing = objects_of(record) if trusting else self._compressed.compressed_etags(possible)
        agreeing = not force and standing == objects_of(record)
        try:
            source = self._source.open_source(key, self._settled_etag(record) if agreeing else None)
        except NotModified:
            if trusting and not self._stands(record, possible):
                raise Overtaken(key) from None
            return "unchanged"
        except UnreadableError as error:
            if _says_all(record, error) and self._stands(record, possible):
                return "unreadable"
            failed = self._begun(key, error.etag, error.size)
            failed["error"] = Failure(code=error.code, message=str(error))
            return self._commit(failed, record, possible)
        if source is None:
            return self._remove(key, record, possible)
        return self._commit(self._compress(key, source, standing), record, possible)

    def _stands(self, record: Record | None, possible: set[str]) -> bool:
        """Tell whether the destination bucket holds what the record vouches for, and nothing else of its source."""
        return self._compressed.compressed_etags(possible) == objects_of(record)

    def _settled_etag(self, record: Record | None) -> str | None:
        """Return the ETag of the source that needs no work, if there is a record to say so."""
        if not record or record["settingsVersion"] != self._settings_version:
            return None
        return (
            None
            if "error" in record and record["error"]["code"] in PASSING_FAILURES
            else record["sourceETag"]
        )

    def _possible_keys(self, key: str, record: Record | None) -> set[str]:
        # An earlier version of this code may have named what is recorded in another way.
        keys = possible_keys(key, self._rendition_names) | objects_of(record).keys()
        return {possible for possible in keys if len(possible.encode()) <= LONGEST_KEY}

    @cached_property
    def _rendition_names(self) -> frozenset[str]:
        """The names of renditions now and ever: a crash may have left objects of one that the settings have dropped."""
        return self._table.note_renditions({rendition.name for rendition in self._options.renditions})

    def _remove(self, key: str, record: Record | None, possible: set[str]) -> Outcome:
        self._compressed.delete_compressed(possible)
        if record:
            self._table.delete_record(record)
        if self._source.source_etag(key) is not None:
            raise Overtaken(key)
        return "deleted" if record else "absent"

    def _compress(self, key: str, source: SourceObject, standing: Mapping[str, str]) -> Record:
        """Write the compressed objects and return their record; or return one that says why there are none."""
        record = self._begun(key, source.etag, source.size)
        try:
            with self._telemetry.stage("read"):
                data = self._read(source)
            record["sourceSha256"] = sha256(data).hexdigest()
            with self._telemetry.stage("compress"):
                compressed = compress(data, self._options)
            main_key = destination_key(key, compressed.original_format, compressed.format)
            rendition_keys = [rendition_key(main_key, each.name) for each in compressed.renditions]
            _require_fitting(main_key, *rendition_keys)
        except (ImageError, RefusedError) as error:
            record["error"] = Failure(code=error.code, message=str(error))
            return record
        with self._telemetry.stage("write"):
            self._write(record, compressed, main_key, rendition_keys, standing)
        return record

    def _write(
        self,
        record: Record,
        compressed: Compressed,
        main_key: str,
        rendition_keys: list[str],
        standing: Mapping[str, str],
    ) -> None:
        etag = self._compressed.write_compressed(
            main_key, compressed.data, compressed.content_type, replacing=standing.get(main_key)
        )
        record["status"] = "compressed"
        record.update(_described(compressed, self._compressed.name, main_key, etag))
        for each, key in zip(compressed.renditions, rendition_keys, strict=True):
            etag = self._compressed.write_compressed(
                key, each.data, each.content_type, replacing=standing.get(key)
            )
            record["renditions"][each.name] = RenditionRecord(
                destKey=key, etag=etag, sizeCompressed=len(each.data), width=each.width, height=each.height
            )

    def _commit(self, record: Record, replaced: Record | None, possible: set[str]) -> Outcome:
        self._compressed.delete_compressed(possible - objects_of(record).keys())
        self._table.put_record(record, replacing=replaced)
        if self._source.source_etag(record["sourceKey"]) != record["sourceETag"]:
            raise Overtaken(record["sourceKey"])
        self._telemetry.decision(record["status"], record["sourceKey"], record["imageId"], record)
        return record["status"]

    def _begun(self, key: str, etag: str, size: int) -> Record:
        return {
            "imageId": image_id(self._source.name, key),
            "sourceBucket": self._source.name,
            "sourceKey": key,
            "sourceETag": etag,
            "sizeOriginal": size,
            "contentType": "application/octet-stream",
            "resizedAt": timestamp(datetime.now(UTC)),
            "status": "failed",
            "settingsVersion": self._settings_version,
            "revision": uuid4().hex,
        }

    def _read(self, source: SourceObject) -> bytes:
        with source.body:
            if source.size > self._max_source_bytes:
                raise RefusedError(
                    "too-many-bytes",
                    f"The object has {source.size} bytes, but at most {self._max_source_bytes} are accepted.",
                )
            return source.read_body()


def reconcile_event(event: Mapping[str, Any]) -> None:
    """Reconcile every key that an S3 event notification names, or one made like it.

    A record with `"force": true` has its key compressed again even if it is up to date.

    Raises:
        ExceptionGroup: Some keys failed; the others are done.
    """
    keys, errors = _named_keys(event["Records"])
    for key, force in keys.items():
        try:
            current().reconcile(key, force=force)
        except Exception as error:
            telemetry.trouble("could not be reconciled", error, key=key)
            error.add_note(f"while reconciling {key!r}")
            errors.append(error)
    if errors:
        raise ExceptionGroup("some keys could not be reconciled", errors)


def _named_keys(records: Iterable[Mapping[str, Any]]) -> tuple[dict[str, bool], list[Exception]]:
    """Return the keys of the source bucket that records name, each once, and whether to force it; and what names none."""
    bucket = settings.current().source_bucket
    keys: dict[str, bool] = {}
    errors: list[Exception] = []
    for record in records:
        try:
            named, key = record["s3"]["bucket"]["name"], unquote_plus(record["s3"]["object"]["key"])
        except (KeyError, TypeError, AttributeError) as error:
            telemetry.trouble("names no object", error, record=repr(record))
            errors.append(ValueError(f"an event's record names no object: {record!r}"))
            continue
        if named == bucket:
            keys[key] = keys.get(key, False) or record.get("force") is True
    return keys, errors


@cache
def current() -> Pipeline:
    """Return the pipeline of this process."""
    adapters = services.of_functions()
    now = adapters.settings
    return Pipeline(
        adapters.source,
        adapters.compressed,
        adapters.table,
        options.of(now),
        now.max_source_bytes,
        now.includes,
        telemetry.CloudWatch(),
    )


def _says_all(record: Record | None, unreadable: UnreadableError) -> bool:
    """Tell whether a record is of a source that cannot be read now: what was made of it is kept, or the same reason."""
    if record is None or record["sourceETag"] != unreadable.etag:
        return False
    return "error" not in record or record["error"]["code"] == unreadable.code


def _require_fitting(*keys: str) -> None:
    if any(len(key.encode()) > LONGEST_KEY for key in keys):
        raise RefusedError(
            "key-too-long", f"The compressed object's key would exceed S3's {LONGEST_KEY} bytes."
        )


def _described(compressed: Compressed, bucket: str, key: str, etag: str) -> Any:
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
