"""Find what no event will put right, and have it reconciled.

A sweep walks the source bucket and asks the table about each page of keys: missing (no record), stale (another ETag or
other settings) or failed for a reason that may have passed. Then it walks the table, by the index that lists it, and
asks the source bucket about each record: orphaned (no source). Both walks hold one page at a time, and where they are
is a few words of JSON, so that a sweep can go on in another process.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from itertools import batched
from time import monotonic, sleep
from typing import Any, Final, Self

import boto3

from chalicelib import aws, options, settings, telemetry
from chalicelib.catalog import Catalog
from chalicelib.handover import KEYS_AT_ONCE, Handover
from chalicelib.imaging import fingerprint
from chalicelib.metadata import PASSING_FAILURES, Record, image_id, timestamp
from chalicelib.storage import Buckets

KEYS_A_SECOND: Final = 100
"""Keys handed over at most: about as many seconds of compressing, a tenth of an account's usual concurrency."""

_SECONDS_TO_SPARE = 30


@dataclass(frozen=True, slots=True)
class Position:
    """Where a sweep is, and what it has seen.

    Attributes:
        until: Records younger than this are not looked at: the sweep itself makes them.
        after_key: The source key that was seen last.
        shard: The shard of the table that is walked, None while the bucket is.
        after_record: The list key that was seen last in it.
        done: Whether all has been walked.
        seen: Source keys and records looked at.
        missing: Source keys without a record.
        stale: Records of another ETag or other settings, or of failures that may have passed.
        orphaned: Records without a source.
        requeued: Keys handed over.
    """

    until: str
    after_key: str = ""
    shard: int | None = None
    after_record: str = ""
    done: bool = False
    seen: int = 0
    missing: int = 0
    stale: int = 0
    orphaned: int = 0
    requeued: int = 0

    @classmethod
    def start(cls, now: datetime) -> Self:
        """Return the position of a sweep that begins now."""
        return cls(until=timestamp(now))


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
            position = self._sources(position) if position.shard is None else self._records(position)
            sleep(max(0.0, (position.requeued - before) / self._keys_a_second - (monotonic() - began)))
            yield position

    def _sources(self, position: Position) -> Position:
        page = self._buckets.list_sources(position.after_key)
        if not page:
            return replace(position, shard=0)
        etags = {key: etag for key, etag in page.items() if self._includes(key)}
        ids = {key: image_id(self._buckets.source, key) for key in etags}
        records = self._catalog.get_many(list(ids.values()))
        missing = [key for key in etags if ids[key] not in records]
        stale = [key for key in etags if key not in missing and self._is_stale(records[ids[key]], etags[key])]
        self._reconcile(missing + stale)
        return replace(
            position,
            after_key=max(page, key=str.encode),
            seen=position.seen + len(page),
            missing=position.missing + len(missing),
            stale=position.stale + len(stale),
            requeued=position.requeued + len(missing) + len(stale),
        )

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

    def _records(self, position: Position) -> Position:
        assert position.shard is not None
        places = self._catalog.places(position.shard, position.after_record, position.until)
        if not places:
            following = position.shard + 1
            return replace(position, shard=following, after_record="", done=following == self._catalog.shards)
        keys = [key for bucket, key in places.values() if bucket == self._buckets.source]
        orphaned = [key for key in keys if self._buckets.source_etag(key) is None]
        self._reconcile(orphaned)
        return replace(
            position,
            after_record=max(places),
            seen=position.seen + len(places),
            orphaned=position.orphaned + len(orphaned),
            requeued=position.requeued + len(orphaned),
        )

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
    position = Position(**event["position"]) if "position" in event else Position.start(datetime.now(UTC))
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
