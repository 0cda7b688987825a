"""Find what no event will put right, and have it reconciled.

A sweep walks the source bucket in S3's order of keys, which is also that of the index `byKey`, so that each page of keys
is compared with the records of the same range: missing (no record), stale (another ETag or other settings), failed for a
reason that may have passed, or orphaned (no source). It holds one page at a time, and where it is is a few words of JSON,
so that it can go on in another process.
"""

import json
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import batched
from time import monotonic, sleep
from typing import Any, Final

import boto3

from chalicelib import aws, options, settings, telemetry
from chalicelib.catalog import FIRST, LAST, Catalog, partitions
from chalicelib.handover import KEYS_AT_ONCE, Handover
from chalicelib.imaging import fingerprint
from chalicelib.metadata import PASSING_FAILURES, Record, image_id
from chalicelib.storage import Buckets

KEYS_A_SECOND: Final = 100
"""Keys handed over at most: about as many seconds of compressing, a tenth of an account's usual concurrency."""

_SECONDS_TO_SPARE = 30
_RECORDS_AT_ONCE = 1000
_COMPARED = ("sourceETag", "settingsVersion", "status", "error", "sizeOriginal")


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sweep is, and what it has seen.

    Attributes:
        after_key: The source key that was seen last.
        done: Whether all has been walked.
        seen: Source keys, and records without one, looked at.
        missing: Source keys without a record.
        stale: Records of another ETag or other settings, or of failures that may have passed.
        orphaned: Records without a source.
        requeued: Keys handed over.
    """

    after_key: str = ""
    done: bool = False
    seen: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0
    requeued: int = 0


class Sweep:
    """The source bucket, the table, and who reconciles what they disagree about."""

    def __init__(
        self,
        buckets: Buckets,
        catalog: Catalog,
        handover: Handover,
        settings_version: str,
        max_source_bytes: int,
        includes: Callable[[str], bool],
        keys_a_second: float = KEYS_A_SECOND,
    ) -> None:
        self._buckets = buckets
        self._catalog = catalog
        self._handover = handover
        self._settings_version = settings_version
        self._max_source_bytes = max_source_bytes
        self._includes = includes
        self._keys_a_second = keys_a_second

    def positions(self, position: Position) -> Iterator[Position]:
        """Walk on from a position, and yield the next after each page, the last of which is done."""
        while not position.done:
            began = monotonic()
            before = position.requeued
            position = self._page(position)
            sleep(max(0.0, (position.requeued - before) / self._keys_a_second - (monotonic() - began)))
            yield position

    def _page(self, position: Position) -> Position:
        page = self._buckets.list_sources(position.after_key)
        last = max(page, key=str.encode, default="")
        etags = {key: etag for key, etag in page.items() if self._includes(key)}
        ids = {key: image_id(self._buckets.source, key) for key in etags}
        records = self._catalog.get_many(list(ids.values()), _COMPARED)
        missing = [key for key in etags if ids[key] not in records]
        stale = [
            key for key in etags if ids[key] in records and self._is_stale(records[ids[key]], etags[key])
        ]
        self._reconcile(missing + stale)
        orphaned = self._reconcile_orphaned(position.after_key, last, page)
        return replace(
            position,
            after_key=last,
            done=not page,
            seen=position.seen + len(page) + orphaned,
            missing=position.missing + len(missing),
            stale=position.stale + len(stale),
            orphaned=position.orphaned + orphaned,
            requeued=position.requeued + len(missing) + len(stale) + orphaned,
        )

    def _reconcile_orphaned(self, after: str, last: str, page: Collection[str]) -> int:
        """Hand over the keys of records in the range of a page that are not on it, and return how many there are.

        Without a page the range is what follows `after`, where no source is left.
        """
        count = 0
        for partition in partitions(self._buckets.source):
            for keys in self._recorded(partition, after, last or LAST):
                # A source that is younger than the page is not on it either.
                orphaned = [key for key in keys if key not in page and not self._buckets.has_source(key)]
                self._reconcile(orphaned)
                count += len(orphaned)
        return count

    def _recorded(self, partition: str, after: str, last: str) -> Iterator[list[str]]:
        """Yield the source keys of records of one partition behind `after`, up to `last`, some at a time."""
        low: str | None = after or FIRST
        while low is not None and low <= last:
            stretch = self._catalog.entries("byKey", partition, (low, last), _RECORDS_AT_ONCE)
            yield [entry.sort_key for entry in stretch.entries if entry.sort_key not in {after, low}]
            low = stretch.end

    def _is_stale(self, record: Record, etag: str) -> bool:
        return (
            record["sourceETag"] != etag
            or record["settingsVersion"] != self._settings_version
            or self._may_succeed_now(record)
        )

    def _may_succeed_now(self, record: Record) -> bool:
        """Tell whether a failure can have passed although neither the object nor the options changed."""
        code = record["error"]["code"] if "error" in record else ""
        if code == "too-many-bytes":
            return record["sizeOriginal"] <= self._max_source_bytes
        return code in PASSING_FAILURES

    def _reconcile(self, keys: list[str]) -> None:
        for some in batched(keys, KEYS_AT_ONCE):
            self._handover.reconcile(some)


def of(now: settings.Settings, session: boto3.Session | None = None) -> Sweep:
    """Return the sweep of an app by its settings."""
    return Sweep(
        Buckets(aws.s3_client(session), now.source_bucket, now.dest_bucket),
        Catalog(aws.dynamodb_client(session), now.table_name),
        Handover(aws.lambda_client(session), now.compress_function, now.source_bucket),
        fingerprint(options.of(now)),
        now.max_source_bytes,
        now.includes,
    )


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Sweep from the position that an event tells, or from the start, as far as Lambda's time allows.

    Where it is short, a new invocation of the same function goes on. Returns the position that was reached.
    """
    position = Position(**event.get("position", {}))
    for position in of(settings.current()).positions(position):  # noqa: B020 - each follows from the last
        if not position.done and context.get_remaining_time_in_millis() < _SECONDS_TO_SPARE * 1000:
            begin(context.function_name, position)
            break
    reached = asdict(position)
    telemetry.logger().info("swept", extra={"position": reached})
    return reached


def begin(function: str, position: Position | None = None) -> None:
    """Have the sweep function sweep, from a position or from the start."""
    event = {"position": asdict(position)} if position else {}
    aws.lambda_client().invoke(
        FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode()
    )
