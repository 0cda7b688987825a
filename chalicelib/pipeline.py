"""Make one key agree: source object -> compressed objects -> record.

An event is only a hint that a key may have changed, since S3 delivers events at least once and in any order.
`reconcile` reads the source as it is now and makes the rest agree with it. So creation, overwrite, deletion,
duplicate, reordering and retry are one function. The record is the commit point.

Reconciles of one key may race, and any may crash at any point. Three rules keep the result right:

- A compressed object is written only over the object that was there before the source was read, and a record only over
  the record that was read. So an older source never replaces a newer one, and the losing reconcile starts again.
- After its last write, a reconcile looks at the source again: the source may have been deleted while there was
  nothing to delete yet.
- The keys that a crashed reconcile can have left are known, under whatever settings: a source key has few. A reconcile
  deletes them before it writes the record. A reconcile with nothing to write looks for them.

So a reconcile that ends has seen everything agree after its own last write. One that crashed is run again.
"""

from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import sha256
from random import uniform
from time import sleep
from typing import Literal, NamedTuple

from chalicelib import telemetry
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.s3 import Overtaken
from chalicelib.aws.source_bucket import Interrupted, NotModified, SourceBucket, SourceObject, UnreadableError
from chalicelib.description import describe_compressed
from chalicelib.imaging import Compressed, ImageError, Options, compress, fingerprint
from chalicelib.records import (
    LONGEST_KEY,
    PASSING_FAILURES,
    Failure,
    Record,
    RenditionRecord,
    destination_key,
    failed_record,
    image_id,
    objects_of,
    possible_keys,
    rendition_key,
)
from chalicelib.source_body import RefusedError, read_source, require_fitting

Outcome = Literal["compressed", "failed", "deleted", "unchanged", "unreadable", "absent", "excluded"]

_ATTEMPTS = 8
_PATIENT = 4
_BACK_OFF = 0.25  # seconds
_LONGEST_BACK_OFF = 6
_READS = 3  # a body that stalls takes the SDK's read time-out each time, and Lambda retries as well


class Before(NamedTuple):
    """What an attempt knows about a key before it reads the source.

    Attributes:
        key: The source key.
        record: Its record.
        possible: All object keys that the destination bucket can have for it.
        objects: The ETags of the compressed objects, by object key.
        is_verified: Whether `objects` was read from the bucket; otherwise it is what the record says.
    """

    key: str
    record: Record | None
    possible: set[str]
    objects: Mapping[str, str]
    is_verified: bool


class Pipeline:
    """The buckets, the table and the options that one app reconciles with."""

    def __init__(
        self,
        source: SourceBucket,
        compressed: CompressedBucket,
        table: RecordsTable,
        options: Options,
        max_source_bytes: int,
        includes: Callable[[str], bool] = lambda _: True,
    ) -> None:
        self._source = source
        self._compressed = compressed
        self._table = table
        self._options = options
        self._max_source_bytes = max_source_bytes
        self._includes = includes
        self._settings_version = fingerprint(options)

    def reconcile(self, key: str, *, force: bool = False) -> Outcome:
        """Make the compressed objects and the record of a source key agree with the source.

        A source that is not an image, or not an acceptable one, gets a record with the reason. Errors of AWS are raised.

        Args:
            key: The source key.
            force: Compress again even if the record is up to date.

        Raises:
            Conflict: Other reconciles of the key won every time.
            Interrupted: The source could not be read to its end.
        """
        interruptions = 0
        tried: set[str] = set()
        for attempt in range(_ATTEMPTS):
            if attempt:
                # The winner is given time to finish: mostly there is nothing left to do then.
                sleep(uniform(0, min(_LONGEST_BACK_OFF, _BACK_OFF * 2**attempt)))  # noqa: S311 - spreads load
            try:
                outcome = self._attempt(
                    key, tried, force=force, verify=attempt > 0, is_patient=0 < attempt <= _PATIENT
                )
            except (Conflict, Overtaken):
                continue
            except Interrupted:
                interruptions += 1
                if interruptions == _READS:
                    raise
                continue
            if outcome not in {"compressed", "failed"}:  # about these, the record says more
                telemetry.decision(outcome, key, image_id(self._source.name, key), {})
            return outcome
        raise Conflict(f"{key} changed during each of {_ATTEMPTS} attempts")

    def record_failure(self, key: str, failure: Failure) -> Outcome:
        """Give a source a failed record, unless it has been compressed since or has gone.

        Args:
            key: The source key.
            failure: Why the source could not be compressed.

        Raises:
            Conflict: A reconcile of the key won.
            Overtaken: The source changed.
        """
        before = self._look(key, verify=True)
        if not (found := self._source.stat_source(key)):
            return self._remove(before)
        etag, size = found
        if self._known_etag(before) == etag:
            return "unchanged"
        return self._commit_failure(before, etag, size, failure)

    def _attempt(self, key: str, tried: set[str], *, force: bool, verify: bool, is_patient: bool) -> Outcome:
        """Reconcile a key once; `tried` gets the ETag of its source.

        Raises:
            Conflict: Another reconcile won.
            Overtaken: The source changed, or with `is_patient`, it is a version that was not tried before. That version
                has an event of its own, whose reconcile goes first.
        """
        if not self._includes(key) and (etag := self._source.source_etag(key)) is not None:
            return self._leave_out(key, etag)
        before = self._look(key, verify=verify)
        known = None if force else self._known_etag(before)
        try:
            source = self._source.open_source(key, known)
        except NotModified:
            if not before.is_verified and not self._agrees(before):
                tried.add(known or "")  # its objects are wrong: no other reconcile will come for it
                raise Overtaken(key) from None
            return "unchanged"
        except UnreadableError as error:
            if _is_explained(before.record, error) and self._agrees(before):
                return "unreadable"
            failure = Failure(code=error.code, message=str(error))
            return self._commit_failure(before, error.etag, error.size, failure)
        if source is None:
            return self._remove(before)
        if is_patient and source.etag not in tried:
            source.body.close()
            raise Overtaken(key)
        tried.add(source.etag)
        return self._commit(self._compress(source, before), before)

    def _leave_out(self, key: str, etag: str) -> Outcome:
        """Remove what was made of an earlier version of a source that is excluded now."""
        record = self._table.get_record(image_id(self._source.name, key))
        if record and record["sourceETag"] != etag:
            self._compressed.delete_compressed(self._possible_keys(key, record))
            self._table.delete_record(record)
        return "excluded"

    def _look(self, key: str, *, verify: bool) -> Before:
        """Read the record of a key, and with `verify`, the ETags of its compressed objects."""
        record = self._table.get_record(image_id(self._source.name, key))
        possible = self._possible_keys(key, record)
        objects = self._compressed.compressed_etags(possible) if verify else objects_of(record)
        return Before(key, record, possible, objects, verify)

    def _agrees(self, before: Before) -> bool:
        """Return whether the destination bucket has the objects of the record, and no others of its source."""
        return self._compressed.compressed_etags(before.possible) == objects_of(before.record)

    def _known_etag(self, before: Before) -> str | None:
        """Return the ETag of a source that needs no work, if the record and the objects say so."""
        record = before.record
        if (
            not record
            or record["settingsVersion"] != self._settings_version
            or before.objects != objects_of(record)
        ):
            return None
        is_passing = "error" in record and record["error"]["code"] in PASSING_FAILURES
        return None if is_passing else record["sourceETag"]

    def _possible_keys(self, key: str, record: Record | None) -> set[str]:
        # An earlier version of this code may have named the objects of the record in another way.
        keys = possible_keys(key, self._rendition_names) | objects_of(record).keys()
        return {possible for possible in keys if len(possible.encode()) <= LONGEST_KEY}

    @cached_property
    def _rendition_names(self) -> frozenset[str]:
        """The names of all renditions ever: a crash may have left objects of one that the settings no longer have."""
        return self._table.note_renditions({rendition.name for rendition in self._options.renditions})

    def _remove(self, before: Before) -> Outcome:
        self._compressed.delete_compressed(before.possible)
        if before.record:
            self._table.delete_record(before.record)
        if self._source.source_etag(before.key) is not None:
            raise Overtaken(before.key)
        return "deleted" if before.record else "absent"

    def _compress(self, source: SourceObject, before: Before) -> Record:
        """Write the compressed objects and return their record; or return a record with the reason for a failure."""
        record = failed_record(
            self._source.name, source.key, source.etag, source.size, self._settings_version
        )
        try:
            with telemetry.stage("read"):
                data = read_source(source, self._max_source_bytes)
            record["sourceSha256"] = sha256(data).hexdigest()
            with telemetry.stage("compress"):
                compressed = compress(data, self._options)
            main_key = destination_key(source.key, compressed.original_format, compressed.format)
            require_fitting(main_key, *(rendition_key(main_key, each.name) for each in compressed.renditions))
        except (ImageError, RefusedError) as error:
            record["error"] = Failure(code=error.code, message=str(error))
            return record
        except MemoryError:
            record["error"] = Failure(
                code="too-much-memory", message="The image needs more memory than the compress function has."
            )
            return record
        with telemetry.stage("write"):
            self._write(record, compressed, main_key, before.objects)
        return record

    def _write(
        self, record: Record, compressed: Compressed, main_key: str, replaced: Mapping[str, str]
    ) -> None:
        write = self._compressed.write_compressed
        etag = write(main_key, compressed.data, compressed.content_type, replacing=replaced.get(main_key))
        record["status"] = "compressed"
        record.update(describe_compressed(compressed, self._compressed.name, main_key, etag))
        for each in compressed.renditions:
            key = rendition_key(main_key, each.name)
            etag = write(key, each.data, compressed.content_type, replacing=replaced.get(key))
            record["renditions"][each.name] = RenditionRecord(
                destKey=key, etag=etag, sizeCompressed=len(each.data), width=each.width, height=each.height
            )

    def _commit_failure(self, before: Before, etag: str, size: int, failure: Failure) -> Outcome:
        record = failed_record(self._source.name, before.key, etag, size, self._settings_version)
        record["error"] = failure
        return self._commit(record, before)

    def _commit(self, record: Record, before: Before) -> Outcome:
        self._compressed.delete_compressed(before.possible - objects_of(record).keys())
        self._table.put_record(record, replacing=before.record)
        if self._source.source_etag(before.key) != record["sourceETag"]:
            raise Overtaken(before.key)
        telemetry.decision(record["status"], before.key, record["imageId"], record)
        return record["status"]


def _is_explained(record: Record | None, refusal: UnreadableError) -> bool:
    """Return whether the record of a source that is unreadable now can stay: it is an earlier success, or has the reason."""
    if record is None or record["sourceETag"] != refusal.etag:
        return False
    return "error" not in record or record["error"]["code"] == refusal.code
