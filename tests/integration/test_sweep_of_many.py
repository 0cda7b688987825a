"""A sweep of very many orphans, on an index that is made up and a clock that is set by hand."""

from bisect import bisect_left, bisect_right
from itertools import islice
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import sweep
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.items import SHARDS, Totals, partitions, sum_of
from chalicelib.aws.ranges import Entries, Entry, Range
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.comparison import Comparison
from chalicelib.records import Record, image_id
from chalicelib.sweep import Position, Sweep
from tests.fixtures.library import Hands

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Endless(SourceBucket):
    """A bucket whose sources have all gone: asking for one takes time on a clock that is set by hand."""

    def __init__(self, s3: "S3Client", clock: list[float]) -> None:
        super().__init__(s3, "emptied")
        self._clock = clock

    def list_sources(self, after: str) -> dict[str, str]:  # noqa: ARG002
        return {}

    def stat_source(self, key: str) -> None:  # noqa: ARG002
        self._clock[0] += 0.02


class Emptied(CompressedBucket):
    def list_compressed(self, after: str) -> dict[str, str]:  # noqa: ARG002
        return {}


class Recorded(RecordsTable):
    """An index of many records."""

    def __init__(self, bucket: str, number: int) -> None:
        self.looked_at = 0
        self._keys: dict[str, list[str]] = {partition: [] for partition in partitions(bucket)}
        for index in range(number):
            key = f"{index:06}.jpg"
            self._keys[partitions(bucket)[int(image_id(bucket, key)[-4:], 16) % SHARDS]].append(key)

    def get_records(self, image_ids: Any, attributes: Any = ()) -> dict[str, Record]:  # noqa: ARG002
        return {}

    def get_totals(self, bucket: str) -> Totals:  # noqa: ARG002
        return sum_of([])

    def put_document(self, *_: Any) -> None:
        pass

    def query_by_key(self, wanted: Range) -> Entries:
        keys = self._keys[wanted.partition]
        first, end = bisect_left(keys, wanted.low), bisect_right(keys, wanted.high)
        found = keys[first : min(end, first + wanted.limit)]
        self.looked_at += len(found)
        return Entries(
            tuple(Entry(key, "id") for key in found), found[-1] if len(found) == wanted.limit else None
        )


def test_twenty_thousand_orphans_are_many_short_steps_each_of_which_a_sweep_can_go_on_from(
    s3: "S3Client", monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(sweep, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sweep, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    table, hands = Recorded("emptied", 20_000), Hands()
    position, longest = Position(), 0.0
    while not position.done:
        comparing = Comparison(Endless(s3, clock), Emptied(s3, "emptied"), table, "", 1, lambda _: True)
        walk = Sweep(comparing, hands).positions(position)
        for position in islice(walk, 1500):  # noqa: B007 - another process goes on from the last
            longest, clock[0] = max(longest, clock[0]), 0.0

    assert (position.orphaned, position.seen, position.requeued) == (20_000, 20_000, 20_000)
    assert hands.keys == [f"{index:06}.jpg" for index in range(20_000)]
    assert longest < 1, "Lambda's time is looked at between two steps"
    assert table.looked_at < 3 * 20_000
