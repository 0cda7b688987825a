"""A sweep page by page: on a bucket of its own, beside the deployed compress function."""

import json
import os
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from itertools import islice
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError
from chalice.test import Client

from chalicelib import options, settings, sweep
from chalicelib.aws.functions import CompressFunction
from chalicelib.aws.items import SHARDS, partitions
from chalicelib.aws.records_table import Entries, Entry, Range, RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.imaging import Options, fingerprint
from chalicelib.pipeline import Pipeline
from chalicelib.records import Record, image_id
from chalicelib.sweep import Position, Sweep
from tests.conftest import SOURCE, Deployed, eventually
from tests.fixtures.adapters import Buckets, buckets_of
from tools.pictures import picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PHOTO = picture(64, 48, "JPEG")
OPTIONS = Options()


class Hands(CompressFunction):
    """Keeps the keys that are handed over; Lambda itself is met in the tests of the deployed functions."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def request_compression(self, key: str, *, force: bool = False) -> None:  # noqa: ARG002
        self.keys.append(key)


class Compressing(CompressFunction):
    """Compresses what is handed over, at once."""

    def __init__(self, reconciler: Pipeline) -> None:
        self._pipeline = reconciler

    def request_compression(self, key: str, *, force: bool = False) -> None:
        self._pipeline.reconcile(key, force=force)


@pytest.fixture
def hands() -> Hands:
    return Hands()


@pytest.fixture(scope="module")
def pairs(s3: "S3Client") -> Callable[[str], Buckets]:
    def made(name: str) -> Buckets:
        source, destination = f"sweep-{name}-source", f"sweep-{name}-destination"
        for bucket in (source, destination):
            s3.create_bucket(Bucket=bucket)
        return buckets_of(s3, source, destination)

    return made


@pytest.fixture
def of(table: RecordsTable, hands: Hands) -> Callable[..., Sweep]:
    def made(buckets: Buckets, options: Options = OPTIONS, **changed: Any) -> Sweep:
        arguments: dict[str, Any] = {"includes": lambda _: True, "max_source_bytes": 1_000_000, **changed}
        return Sweep(buckets.source, table, hands, fingerprint(options), **arguments)

    return made


def _swept(sweep: Sweep) -> Position:
    *_, reached = sweep.positions(Position())
    return reached


def test_every_key_of_a_bucket_of_several_pages_is_seen_once(
    s3: "S3Client", pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("pages")
    keys = sorted((f"{number:04}-\u00e9\U0001f600.jpg" for number in range(1005)), key=str.encode)
    for key in keys:
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=b"no image")

    reached = _swept(of(buckets, keys_a_second=1e9))

    assert (reached.seen, reached.missing, reached.requeued) == (1005, 1005, 1005)
    assert hands.keys == keys


@pytest.mark.parametrize(
    "key", ["\U0010ffff.jpg", "\U0010ffff" * 250 + ".jpg", "\U0010ffff" * 256, "z\U0010ffff\U0010ffff.jpg"]
)
def test_sweep_ends_whatever_the_last_key_is(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
    key: str,
) -> None:
    buckets = pairs(f"highest-{len(key)}")
    for each in ("a.jpg", key):
        s3.put_object(Bucket=buckets.source.name, Key=each, Body=b"no image")
        Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile(each)

    first = _swept(of(buckets))
    s3.delete_object(Bucket=buckets.source.name, Key=key)
    second = _swept(of(buckets))

    assert (first.seen, first.requeued) == (2, 0)
    assert (second.seen, second.orphaned, hands.keys) == (2, 1, [key])


def test_empty_page_with_a_continuation_is_not_the_end(
    s3: "S3Client", pairs: Callable[[str], Buckets], of: Callable[..., Sweep], monkeypatch: pytest.MonkeyPatch
) -> None:
    buckets = pairs("truncated")
    s3.put_object(Bucket=buckets.source.name, Key="a.jpg", Body=b"no image")
    listed = s3.list_objects_v2

    def hidden_at_first(**asked: Any) -> Any:
        if "ContinuationToken" in asked:
            return listed(Bucket=asked["Bucket"])
        answer = listed(**asked)
        is_first = asked.get("StartAfter") == ""
        return {"IsTruncated": True, "NextContinuationToken": "more"} if is_first else answer

    monkeypatch.setattr(s3, "list_objects_v2", hidden_at_first)

    assert _swept(of(buckets)).missing == 1


def test_key_that_aws_refuses_is_skipped_and_counted(
    s3: "S3Client", pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("refused")
    for key in ("a.jpg", "b.jpg", "c.jpg"):
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=b"no image")
    request = hands.request_compression

    def refuse_one(key: str, *, force: bool = False) -> None:
        if key == "b.jpg":
            error: Any = {"Error": {"Code": "InvalidRequest"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "Invoke")
        request(key, force=force)

    hands.request_compression = refuse_one  # type: ignore[method-assign]

    reached = _swept(of(buckets))

    assert (reached.seen, reached.skipped, hands.keys) == (3, 1, ["a.jpg", "c.jpg"])


def test_what_agrees_is_left_alone_and_other_settings_make_everything_stale(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    buckets = pairs("stale")
    for key in ("a.jpg", "b.jpg"):
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=PHOTO)
        Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile(key)

    assert _swept(of(buckets)).requeued == 0
    assert _swept(of(buckets, Options(quality=60))).stale == 2
    assert hands.keys == ["a.jpg", "b.jpg"]


def test_a_changed_quality_has_every_image_compressed_again(
    s3: "S3Client", table: RecordsTable, pairs: Callable[[str], Buckets]
) -> None:
    buckets, keys = pairs("quality"), ("a.jpg", "b.jpg")
    for key in keys:
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=PHOTO)
        Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile(key)
    before = [_sized(table, buckets, key) for key in keys]
    lower = options.of(settings.Settings.from_environment({**os.environ, "QUALITY": "30"}))
    hands = Compressing(Pipeline(*buckets, table, lower, 1_000_000))
    swept = Sweep(buckets.source, table, hands, fingerprint(lower), 1_000_000, lambda _: True)

    first, second = _swept(swept), _swept(swept)

    assert (first.stale, second.stale) == (2, 0)
    for size, key in zip(before, keys, strict=True):
        stored = s3.head_object(Bucket=buckets.compressed.name, Key=f"resized-{key}")["ContentLength"]
        assert stored == _sized(table, buckets, key) < size


def _sized(table: RecordsTable, buckets: Buckets, key: str) -> int:
    record = table.get_record(image_id(buckets.source.name, key))
    assert record
    return record["sizeCompressed"]


def test_an_excluded_prefix_is_not_handed_over(
    s3: "S3Client", pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("excluded")
    for key in ("in/a.jpg", "out/b.jpg"):
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=PHOTO)

    _swept(of(buckets, includes=lambda key: key.startswith("in/")))

    assert hands.keys == ["in/a.jpg"]


@pytest.mark.parametrize(
    ("code", "limit", "again"),
    [
        ("archived", 1_000_000, True),
        ("encrypted", 1_000_000, True),
        ("corrupt", 1_000_000, False),
        ("too-many-bytes", 1_000_000, True),
        ("too-many-bytes", 10, False),
    ],
)
def test_a_failure_that_may_have_passed_is_tried_again(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    code: str,
    limit: int,
    again: bool,
) -> None:
    buckets = pairs(f"{code}-{limit}")
    s3.put_object(Bucket=buckets.source.name, Key="a.jpg", Body=b"no image at all")
    Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile("a.jpg")
    failed = table.get_record(image_id(buckets.source.name, "a.jpg"))
    assert failed
    changed = {**failed, "error": {"code": code, "message": ""}, "revision": "2"}
    table.put_record(cast("Record", changed), replacing=failed)

    assert _swept(of(buckets, max_source_bytes=limit)).stale == again


def test_a_record_without_a_source_is_orphaned(
    table: RecordsTable, deployed: Deployed, of: Callable[..., Sweep], hands: Hands, s3: "S3Client"
) -> None:
    record = deployed.upload("sweeping/there.jpg", PHOTO)
    lost = cast("Record", {**record, "sourceKey": "sweeping/lost.jpg", "imageId": image_id("", "lost")})
    table.put_record(lost, replacing=None)
    now = settings.current()

    assert _swept(of(buckets_of(s3, now.source_bucket, now.dest_bucket))).done
    assert "sweeping/lost.jpg" in hands.keys
    assert "sweeping/there.jpg" not in hands.keys
    table.delete_record(lost)


def test_records_of_another_source_bucket_are_spared(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    foreign, own = pairs("foreign"), pairs("own")
    for buckets in (foreign, own):
        s3.put_object(Bucket=buckets.source.name, Key="gone.jpg", Body=PHOTO)
        Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile("gone.jpg")
        s3.delete_object(Bucket=buckets.source.name, Key="gone.jpg")

    assert (_swept(of(own)).orphaned, hands.keys) == (1, ["gone.jpg"])
    assert table.get_record(image_id(foreign.source.name, "gone.jpg"))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_orphans_are_found_before_between_and_behind_the_sources_that_are_left(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    monkeypatch.setattr(sweep, "_ENTRIES_AT_ONCE", 2)
    buckets = pairs(f"orphans-{number}")
    keys = [f"{letter}-\u00e9\U0001f600.jpg" for letter in "abcdefghijk"]
    for key in keys:
        s3.put_object(Bucket=buckets.source.name, Key=key, Body=b"no image")
        Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile(key)
    kept = keys[4 : 4 + number]
    gone = [key for key in keys if key not in kept]
    for key in gone:
        s3.delete_object(Bucket=buckets.source.name, Key=key)

    reached = _swept(of(buckets))

    assert (reached.orphaned, reached.seen, sorted(hands.keys)) == (len(gone), len(keys), gone)


def test_a_source_that_came_after_its_page_was_listed_is_no_orphan(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    buckets = pairs("late")
    s3.put_object(Bucket=buckets.source.name, Key="a.jpg", Body=PHOTO)
    Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile("a.jpg")

    class Late(SourceBucket):
        def list_sources(self, after: str) -> dict[str, str]:  # noqa: ARG002
            return {}

    assert _swept(of(buckets_of(s3, "x", "y")._replace(source=Late(s3, buckets.source.name)))).orphaned == 0
    assert hands.keys == []


def test_a_longer_key_that_begins_alike_is_not_a_record_s_source(
    s3: "S3Client",
    table: RecordsTable,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    buckets = pairs("alike")
    s3.put_object(Bucket=buckets.source.name, Key="a.jpg", Body=PHOTO)
    Pipeline(*buckets, table, OPTIONS, 1_000_000).reconcile("a.jpg")
    s3.delete_object(Bucket=buckets.source.name, Key="a.jpg")
    s3.put_object(Bucket=buckets.source.name, Key="a.jpg.bak", Body=PHOTO)

    assert _swept(of(buckets, includes=lambda key: key == "a.jpg")).orphaned == 1
    assert hands.keys == ["a.jpg"]


class Endless(SourceBucket):
    """A bucket whose sources have all gone: asking for one takes time on a clock that is set by hand."""

    def __init__(self, s3: "S3Client", clock: list[float]) -> None:
        super().__init__(s3, "emptied")
        self._clock = clock

    def list_sources(self, after: str) -> dict[str, str]:  # noqa: ARG002
        return {}

    def has_source(self, key: str) -> bool:  # noqa: ARG002
        self._clock[0] += 0.02
        return False


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

    def query_by_key(self, wanted: Range) -> Entries:
        keys = self._keys[wanted.partition]
        first, end = bisect_left(keys, wanted.low), bisect_right(keys, wanted.high)
        found = keys[first : min(end, first + wanted.limit)]
        self.looked_at += len(found)
        return Entries(
            tuple(Entry(key, "id") for key in found), found[-1] if len(found) == wanted.limit else None
        )


def test_twenty_thousand_orphans_are_many_short_steps_each_of_which_a_sweep_can_go_on_from(
    s3: "S3Client", hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [0.0]
    monkeypatch.setattr(sweep, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sweep, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    table = Recorded("emptied", 20_000)
    position, longest = Position(), 0.0
    while not position.done:
        walk = Sweep(Endless(s3, clock), table, hands, "", 1, lambda _: True).positions(position)
        for position in islice(walk, 1500):  # noqa: B007 - another process goes on from the last
            longest, clock[0] = max(longest, clock[0]), 0.0

    assert (position.orphaned, position.seen, position.requeued) == (20_000, 20_000, 20_000)
    assert hands.keys == [f"{index:06}.jpg" for index in range(20_000)]
    assert longest < 1, "Lambda's time is looked at between two steps"
    assert table.looked_at < 3 * 20_000


def test_no_key_is_handed_over_before_its_time(
    s3: "S3Client", pairs: Callable[[str], Buckets], table: RecordsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, times = [0.0], []
    monkeypatch.setattr(sweep, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sweep, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    buckets = pairs("paced")
    for number in range(4):
        s3.put_object(Bucket=buckets.source.name, Key=f"{number}.jpg", Body=PHOTO)

    class Slow(CompressFunction):
        """Takes three seconds for the first key, and none for the others."""

        def __init__(self) -> None:
            pass

        def request_compression(self, key: str, *, force: bool = False) -> None:  # noqa: ARG002
            times.append(clock[0])
            clock[0] += 3 if key == "0.jpg" else 0

    _swept(Sweep(buckets.source, table, Slow(), "", 1, lambda _: True, keys_a_second=0.5))

    assert times == [0, 3, 5, 7]  # what was late is not caught up with


def test_each_key_is_handed_over_in_an_event_of_its_own() -> None:
    sent: list[Any] = []
    client: Any = SimpleNamespace(invoke=lambda **call: sent.append(call))

    for key in ("a.jpg", "b c.jpg"):
        CompressFunction(client, "compress", "source").request_compression(key)

    keys = [[each["s3"]["object"]["key"] for each in json.loads(call["Payload"])["Records"]] for call in sent]
    assert keys == [["a.jpg"], ["b+c.jpg"]]


def _context(milliseconds: int = 900_000) -> Any:
    return SimpleNamespace(
        get_remaining_time_in_millis=lambda: milliseconds,
    )


def test_a_sweep_goes_on_from_the_position_of_its_event(
    deployed: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[Position] = []

    def watched(_: Sweep, position: Position) -> Iterator[Position]:
        started.append(position)
        yield Position(done=True)

    monkeypatch.setattr(Sweep, "positions", watched)
    sweep.handle({}, _context())
    sweep.handle({"position": {"after_key": "m", "seen": 5}}, _context())

    assert started == [Position(), Position(after_key="m", seen=5)]


def test_a_sweep_that_runs_out_of_time_goes_on_in_a_new_invocation(
    deployed: Deployed, table: RecordsTable
) -> None:
    record = deployed.upload("sweeping/there.jpg", PHOTO)
    key = "\U0001f600 orphan.jpg"  # behind the first page
    orphan = cast("Record", {**record, "sourceKey": key, "imageId": image_id(SOURCE, key)})
    table.put_record(orphan, replacing=None)

    reached = sweep.handle({}, _context(milliseconds=0))

    assert not reached["done"]
    eventually(lambda: deployed.record(key) is None)


def test_the_daily_schedule_begins_one(deployed: Deployed, table: RecordsTable) -> None:
    import app

    table.delete_record(deployed.upload("sweeping/daily.jpg", PHOTO))

    with Client(app.app, stage_name="tests") as client:
        client.lambda_.invoke("sweep_daily", client.events.generate_cw_event("aws.events", "", {}, []))

    eventually(lambda: deployed.record("sweeping/daily.jpg"))
