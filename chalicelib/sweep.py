"""Find what no event will put right, and have it reconciled.

A sweep walks the source bucket and then the destination bucket, one page of keys at a time, and requests the compression
of what differs from the table. Its position is a few words of JSON, so that another process can go on after any key.

Two sweeps may run at once, and one that is retried starts again at the position of its event. Both only request
a compression twice, and the second one changes nothing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from time import monotonic, sleep
from typing import Any, Literal

from botocore.exceptions import ClientError

from chalicelib import services, telemetry
from chalicelib.aws.functions import KEYS_A_SECOND, SECONDS_TO_SPARE, CompressFunction
from chalicelib.aws.items import Totals
from chalicelib.aws.s3 import is_about_the_key
from chalicelib.breakdown import Breakdown, include, totals_of
from chalicelib.comparison import Comparison, Finding, Page
from chalicelib.imaging import fingerprint
from chalicelib.services import Services


@dataclass(frozen=True, slots=True)
class Position:
    """The position of a sweep, and its counts.

    Attributes:
        walk: The bucket whose keys are compared: that of the sources, then that of the compressed objects.
        after_key: All keys of this bucket up to this one have been compared.
        done: Whether all keys have been compared.
        seen: Source keys, and records without a source.
        missing: Source keys without a record.
        stale: Records of another ETag or other settings, or of failures that may have passed.
        damaged: Records with an object that has gone or was replaced.
        orphaned: Records without a source.
        leftover: Objects that no record has.
        requeued: Keys whose compression was requested.
        skipped: Keys for which AWS refused a request, and will refuse it again.
        totals: The sums that the table had at the start of a sweep from the first key.
        counted: The records that were seen, by day, folder and format.
    """

    walk: Literal["sources", "objects"] = "sources"
    after_key: str = ""
    done: bool = False
    seen: int = 0
    missing: int = 0
    stale: int = 0
    damaged: int = 0
    orphaned: int = 0
    leftover: int = 0
    requeued: int = 0
    skipped: int = 0
    totals: Totals | None = None
    counted: Breakdown = field(default_factory=dict)

    def after_request(self, key: str, finding: Finding) -> "Position":
        """Return the position after a key whose compression was requested."""
        found: dict[str, Any] = {finding: asdict(self)[finding] + 1}
        return replace(self, after_key=key, requeued=self.requeued + 1, **found)


class Sweep:
    """Walks both buckets, and requests the compression of what differs from the table."""

    def __init__(
        self,
        comparison: Comparison,
        compress_function: CompressFunction,
        keys_a_second: float = KEYS_A_SECOND,
    ) -> None:
        self._comparison = comparison
        self._compress_function = compress_function
        self._seconds_a_key = 1 / keys_a_second

    def positions(self, position: Position) -> Iterator[Position]:
        """Sweep from a position on. Yield the position after each request and each page; the last is done."""
        if position == Position():
            position = replace(position, totals=self._comparison.totals())
        while not position.done:
            page = self._comparison.compare(position.walk, position.after_key)
            for key in page.keys:
                position = replace(position, seen=position.seen + (position.walk == "sources"))
                try:
                    finding = page.find(key)
                    if finding:
                        self._request(page.source_key(key))
                except ClientError as error:
                    if not is_about_the_key(error):
                        raise
                    telemetry.log_error("the sweep skipped a key", error, key=key)
                    position = replace(position, skipped=position.skipped + 1)
                    continue
                if finding:
                    position = position.after_request(key, finding)
                    yield position
            position = self._after_page(position, page)
            yield position

    def _request(self, key: str) -> None:
        """Request the compression of a key, and wait until the next key is due, so that the pace is never exceeded."""
        started = monotonic()
        self._compress_function.request_compression(key)
        sleep(max(0.0, self._seconds_a_key - (monotonic() - started)))

    def _after_page(self, position: Position, page: Page) -> Position:
        if position.walk == "objects":
            return replace(position, after_key=page.end or "", done=page.end is None)
        counted = include(position.counted, page.records)
        if page.end is not None:
            return replace(position, after_key=page.end, counted=counted)
        if position.totals:
            self._comparison.keep_breakdown(counted)
        if position.totals and not position.requeued and not position.skipped:
            self._comparison.correct_totals(position.totals, totals_of(counted))
        return replace(position, walk="objects", after_key="", counted={})


def of(adapters: Services) -> Sweep:
    """Return the sweep of an app."""
    now = adapters.settings
    comparison = Comparison(
        adapters.source,
        adapters.compressed,
        adapters.table,
        fingerprint(now.options),
        now.max_source_bytes,
        now.includes,
    )
    return Sweep(comparison, adapters.compress_function)


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Sweep from the position of the event, or from the beginning, as far as Lambda's time allows.

    When the time is short, a new invocation of the same function goes on. Returns the position that was reached.
    """
    adapters = services.of_functions()
    position = Position(**event.get("position", {}))
    for position in of(adapters).positions(position):  # noqa: B020 - each follows from the last
        if not position.done and context.get_remaining_time_in_millis() < SECONDS_TO_SPARE * 1000:
            break
    reached = asdict(position)
    if not position.done:
        adapters.sweep_function.start_sweep({"position": reached})
    telemetry.logger().info("swept", extra={"position": reached})
    return reached
