"""What is wrong with a range of keys: sources against their records and objects, and objects against their records.

S3 lists both buckets in the order of UTF-8, which is also that of the index `byKey`. So each page of sources is compared
with the records of the same range: missing (no record), stale (another ETag or other settings, or a failure that may
have passed), damaged (an object has gone or was replaced) or orphaned (no source). Each page of objects is compared
with the records of their sources: an object that no record vouches for is left over.
"""

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from chalicelib import telemetry
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.items import Totals, add, partitions
from chalicelib.aws.ranges import FIRST, LAST, Range
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.breakdown import Breakdown, document_name
from chalicelib.records import PASSING_FAILURES, Record, image_id, objects_of, source_key_of, timestamp

Finding = Literal["missing", "stale", "damaged", "orphaned", "leftover"]

# Of each partition and page: that of 1,000 sources that all have records has about 250 in each.
_ENTRIES_AT_ONCE = 400
_OBJECTS = ("destKey", "destETag", "renditions")
_COUNTED = ("sourceKey", "status", "format", "resizedAt", "sizeOriginal", "sizeCompressed")
_COMPARED = ("sourceETag", "settingsVersion", "error", *_OBJECTS, *_COUNTED)


@dataclass(frozen=True, slots=True)
class Page:
    """A range of keys of one bucket.

    Attributes:
        keys: The keys to compare, in order.
        find: Returns what is wrong with a key, or None.
        source_key: Returns the source key of a key with a finding.
        end: The last key of the range; None for the last range.
        records: The records of the range's sources, to be counted.
    """

    keys: list[str]
    find: Callable[[str], Finding | None]
    source_key: Callable[[str], str]
    end: str | None
    records: Collection[Record]


class Comparison:
    """Compares both buckets with the table, as much at once as one listing has."""

    def __init__(
        self,
        source: SourceBucket,
        compressed: CompressedBucket,
        table: RecordsTable,
        settings_version: str,
        max_source_bytes: int,
        includes: Callable[[str], bool],
    ) -> None:
        self._source = source
        self._compressed = compressed
        self._table = table
        self._settings_version = settings_version
        self._max_source_bytes = max_source_bytes
        self._includes = includes

    def totals(self) -> Totals:
        """Return the sums that the table keeps."""
        return self._table.get_totals(self._source.name)

    def keep_breakdown(self, breakdown: Breakdown) -> None:
        """Keep what the records were counted as."""
        counted = {"groups": breakdown, "countedAt": timestamp(datetime.now(UTC))}
        self._table.put_document(document_name(self._source.name), counted)

    def correct_totals(self, before: Totals, summed: Totals) -> None:
        """Add to the totals what they lack, unless they changed while the records were summed."""
        if before != summed and self.totals() == before:
            telemetry.logger().warning("totals corrected", extra={"before": before, "after": summed})
            self._table.add_to_totals(self._source.name, add(summed, before, -1))

    def compare(self, walk: Literal["sources", "objects"], after: str) -> Page:
        """Compare up to 1,000 keys of one bucket that follow a key."""
        return self._objects(after) if walk == "objects" else self._sources(after)

    def _sources(self, after: str) -> Page:
        """Compare the sources after a key, and the records in the same range.

        Where there are more records than sources, the range ends early, so that a page never grows.
        """
        sources = self._source.list_sources(after)
        end = max(sources, default=LAST)
        recorded: set[str] = set()
        for partition in partitions(self._source.name):
            found = self._table.query_by_key(Range(partition, after or FIRST, end, _ENTRIES_AT_ONCE))
            recorded.update(entry.sort_key for entry in found.entries)
            end = end if found.end is None else found.end
        etags = {key: etag for key, etag in sources.items() if key <= end}
        records = self._records([key for key in etags if self._includes(key) or key in recorded], _COMPARED)
        stored = self._stored({key for record in records.values() for key in objects_of(record)})

        def find(key: str) -> Finding | None:
            if key not in etags:
                # A source that was created after the page was listed is not in the page.
                return None if self._source.stat_source(key) else "orphaned"
            if key not in records:
                return "missing" if self._includes(key) else None
            record = records[key]
            if not self._includes(key):
                return "stale" if record["sourceETag"] != etags[key] else None
            if self._is_stale(record, etags[key]):
                return "stale"
            return None if objects_of(record).items() <= stored.items() else "damaged"

        keys = sorted(etags.keys() | {key for key in recorded if after < key <= end})
        return Page(keys, find, str, None if end == LAST else end, records.values())

    def _objects(self, after: str) -> Page:
        """Compare the objects of the destination bucket after a key."""
        objects = self._compressed.list_compressed(after)
        sources = {key: source for key in objects if (source := source_key_of(key)) is not None}
        records = self._records(list(set(sources.values())), _OBJECTS)

        def find(key: str) -> Finding | None:
            source = sources[key]
            if source in records and key in objects_of(records[source]):
                return None
            if not self._includes(source) and self._source.stat_source(source):
                return None
            return "leftover"

        return Page(list(sources), find, sources.__getitem__, max(objects, default=None), ())

    def _records(self, keys: list[str], attributes: Sequence[str]) -> dict[str, Record]:
        ids = {image_id(self._source.name, key): key for key in keys}
        found = self._table.get_records(list(ids), attributes)
        return {ids[identifier]: record for identifier, record in found.items()}

    def _stored(self, keys: Set[str]) -> Mapping[str, str]:
        """Return the ETags of those objects that exist, by as few listings as their places in the bucket allow."""
        stored: dict[str, str] = {}
        listed = ""  # everything up to this key has been looked for
        for key in sorted(keys):
            after = max(listed, key[:-1])
            while listed < key:
                page = self._compressed.list_compressed(after)
                stored |= {found: etag for found, etag in page.items() if found in keys}
                after = listed = max(page, default=LAST)
        return stored

    def _is_stale(self, record: Record, etag: str) -> bool:
        return (
            record["sourceETag"] != etag
            or record["settingsVersion"] != self._settings_version
            or self._may_succeed_now(record)
        )

    def _may_succeed_now(self, record: Record) -> bool:
        """Return whether the cause of a failure can have gone, although neither the object nor the options changed."""
        code = record["error"]["code"] if "error" in record else ""
        if code == "too-many-bytes":
            return record["sizeOriginal"] <= self._max_source_bytes
        return code in PASSING_FAILURES
