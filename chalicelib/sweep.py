"""Find what no event will put right, and have it reconciled.

A sweep walks the source bucket in S3's order of keys, which is also that of the index `byKey`. So each page of keys is
compared with the records of the same range: missing (no record), stale (another ETag or other settings), failed for a
reason that may have passed, or orphaned (no source). A sweep holds one page at a time. Its position is a few words of
JSON, so that another process can go on after any key.

Two sweeps may run at once, and one that is retried starts again at the position of its event. Both only request
a compression twice, and the second one changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from time import monotonic, sleep
from typing import Any, Final, Literal

from botocore.exceptions import ClientError

from chalicelib import options, services, telemetry
from chalicelib.aws.functions import CompressFunction
from chalicelib.aws.items import partitions
from chalicelib.aws.records_table import FIRST, LAST, Range, RecordsTable
from chalicelib.aws.s3 import is_throttling
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.imaging import fingerprint
from chalicelib.records import PASSING_FAILURES, Record, image_id
from chalicelib.services import Services

KEYS_A_SECOND: Final = 100
"""At most so many keys a second: about as many seconds of compression, a tenth of an account's usual concurrency."""

Finding = Literal["missing", "stale", "orphaned"]

_SECONDS_TO_SPARE = 30
# Of each partition and page: that of 1,000 sources that all have records has about 250 in each.
_ENTRIES_AT_ONCE = 400
_COMPARED = ("sourceETag", "settingsVersion", "status", "error", "sizeOriginal")


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a sweep, and its counts.

    Attributes:
        after_key: All keys up to this one have been compared.
        done: Whether all keys have been compared.
        seen: Source keys, and records without a source.
        missing: Source keys without a record.
        stale: Records of another ETag or other settings, or of failures that may have passed.
        orphaned: Records without a source.
        requeued: Keys whose compression was requested.
        skipped: Keys for which AWS refused a request, and will refuse it again.
    """

    after_key: str = ""
    done: bool = False
    seen: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0
    requeued: int = 0
    skipped: int = 0

    def after_request(self, key: str, finding: Finding, seen: int) -> "Position":
        """Return the position after a key whose compression was requested, the last of so many keys that were compared."""
        return replace(
            self,
            after_key=key,
            seen=self.seen + seen,
            missing=self.missing + (finding == "missing"),
            stale=self.stale + (finding == "stale"),
            orphaned=self.orphaned + (finding == "orphaned"),
            requeued=self.requeued + 1,
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """Everything about a range of keys.

    Attributes:
        etags: The ETags of the sources, by key.
        records: The records of these sources, by key.
        recorded: Keys in the index, with or without a source.
        end: The last key of the range; None for the last range.
    """

    etags: Mapping[str, str]
    records: Mapping[str, Record]
    recorded: frozenset[str]
    end: str | None


class Sweep:
    """Compares the source bucket with the table, and requests the compression of what differs."""

    def __init__(
        self,
        source: SourceBucket,
        table: RecordsTable,
        compress_function: CompressFunction,
        settings_version: str,
        max_source_bytes: int,
        includes: Callable[[str], bool],
        keys_a_second: float = KEYS_A_SECOND,
    ) -> None:
        self._source = source
        self._table = table
        self._compress_function = compress_function
        self._settings_version = settings_version
        self._max_source_bytes = max_source_bytes
        self._includes = includes
        self._seconds_a_key = 1 / keys_a_second

    def positions(self, position: Position) -> Iterator[Position]:
        """Sweep from a position on. Yield the position after each request and each page; the last is done."""
        while not position.done:
            page = self._page(position.after_key)
            seen = 0
            for key in sorted(page.etags.keys() | page.recorded):
                seen += 1
                try:
                    finding = self._finding(key, page)
                    if finding:
                        self._request(key)
                except ClientError as error:
                    if not _is_about_the_key(error):
                        raise
                    telemetry.log_error("the sweep skipped a key", error, key=key)
                    position = replace(position, skipped=position.skipped + 1)
                    continue
                if finding:
                    position, seen = position.after_request(key, finding, seen), 0
                    yield position
            is_last = page.end is None
            position = replace(position, after_key=page.end or "", done=is_last, seen=position.seen + seen)
            yield position

    def _page(self, after: str) -> _Page:
        """Return the sources after a key, as many as a listing has, and the keys of the index in the same range.

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
        return _Page(
            etags,
            self._records([key for key in etags if self._includes(key)]),
            frozenset(key for key in recorded if after < key <= end),
            None if end == LAST else end,
        )

    def _records(self, keys: list[str]) -> dict[str, Record]:
        ids = {image_id(self._source.name, key): key for key in keys}
        found = self._table.get_records(list(ids), _COMPARED)
        return {ids[identifier]: record for identifier, record in found.items()}

    def _finding(self, key: str, page: _Page) -> Finding | None:
        if key not in page.etags:
            # A source that was created after the page was listed is not in the page.
            return None if self._source.has_source(key) else "orphaned"
        if not self._includes(key):
            return None
        if key not in page.records:
            return "missing"
        return "stale" if self._is_stale(page.records[key], page.etags[key]) else None

    def _request(self, key: str) -> None:
        """Request the compression of a key, and wait until the next key is due, so that the pace is never exceeded."""
        started = monotonic()
        self._compress_function.request_compression(key)
        sleep(max(0.0, self._seconds_a_key - (monotonic() - started)))

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


def _is_about_the_key(error: ClientError) -> bool:
    """Return whether AWS will refuse each request for this key, but not for others."""
    return error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 400 and not is_throttling(
        error
    )


def of(adapters: Services) -> Sweep:
    """Return the sweep of an app."""
    now = adapters.settings
    return Sweep(
        adapters.source,
        adapters.table,
        adapters.compress_function,
        fingerprint(options.of(now)),
        now.max_source_bytes,
        now.includes,
    )


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Sweep from the position of the event, or from the beginning, as far as Lambda's time allows.

    When the time is short, a new invocation of the same function goes on. Returns the position that was reached.
    """
    adapters = services.of_functions()
    position = Position(**event.get("position", {}))
    for position in of(adapters).positions(position):  # noqa: B020 - each follows from the last
        if not position.done and context.get_remaining_time_in_millis() < _SECONDS_TO_SPARE * 1000:
            break
    reached = asdict(position)
    if not position.done:
        adapters.sweep_function.start_sweep(reached)
    telemetry.logger().info("swept", extra={"position": reached})
    return reached
