"""A sweep page by page: on a bucket of its own, beside the deployed compress function."""

import json
import os
from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from botocore.exceptions import ClientError

from chalicelib import comparison, settings, sweep
from chalicelib.aws.functions import CompressFunction
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.imaging import Options
from chalicelib.pipeline import Pipeline
from chalicelib.records import Record, image_id
from chalicelib.sweep import Position, Sweep
from tests.conftest import SOURCE, Deployed, eventually
from tests.fixtures.library import PHOTO, Compressing, Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def test_every_key_of_a_bucket_of_several_pages_is_seen_once(library: Library) -> None:
    keys = sorted((f"{number:04}-\u00e9\U0001f600.jpg" for number in range(1005)), key=str.encode)
    library.put(*keys)

    reached = library.sweep()

    assert (reached.seen, reached.missing, reached.requeued) == (1005, 1005, 1005)
    assert library.hands.keys == keys


@pytest.mark.parametrize(
    "key", ["\U0010ffff.jpg", "\U0010ffff" * 250 + ".jpg", "\U0010ffff" * 256, "z\U0010ffff\U0010ffff.jpg"]
)
def test_sweep_ends_whatever_the_last_key_is(library: Library, key: str) -> None:
    library.compress("a.jpg", key)

    first = library.sweep()
    library.delete(key)
    second = library.sweep()

    assert (first.seen, first.requeued) == (2, 0)
    assert (second.seen, second.orphaned, library.hands.keys) == (2, 1, [key])


def test_empty_page_with_a_continuation_is_not_the_end(
    s3: "S3Client", library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.put("a.jpg")
    listed = s3.list_objects_v2

    def hidden_at_first(**asked: Any) -> Any:
        if "ContinuationToken" in asked:
            return listed(Bucket=asked["Bucket"])
        answer = listed(**asked)
        is_first = asked.get("StartAfter") == ""
        return {"IsTruncated": True, "NextContinuationToken": "more"} if is_first else answer

    monkeypatch.setattr(s3, "list_objects_v2", hidden_at_first)

    assert library.sweep().missing == 1


def test_key_that_aws_refuses_is_skipped_and_counted(library: Library) -> None:
    library.put("a.jpg", "b.jpg", "c.jpg")
    request = library.hands.request_compression

    def refuse_one(key: str, *, force: bool = False) -> None:
        if key == "b.jpg":
            error: Any = {"Error": {"Code": "InvalidRequest"}, "ResponseMetadata": {"HTTPStatusCode": 400}}
            raise ClientError(error, "Invoke")
        request(key, force=force)

    library.hands.request_compression = refuse_one  # type: ignore[method-assign]

    reached = library.sweep()

    assert (reached.seen, reached.skipped, library.hands.keys) == (3, 1, ["a.jpg", "c.jpg"])


def test_only_other_settings_make_a_record_stale(library: Library) -> None:
    library.compress("a.jpg", "b.jpg", data=PHOTO)

    assert library.sweep().requeued == 0
    assert library.sweep(Options(quality=60)).stale == 2
    assert library.hands.keys == ["a.jpg", "b.jpg"]


def test_a_changed_quality_has_every_image_compressed_again(library: Library) -> None:
    keys = ("a.jpg", "b.jpg")
    library.compress(*keys, data=PHOTO)
    before = [library.record(key)["sizeCompressed"] for key in keys]
    lower = settings.Settings.from_environment({**os.environ, "QUALITY": "30"}).options
    hands = Compressing(Pipeline(*library.buckets, library.table, lower, 1_000_000))

    first, second = (library.sweep(lower, hands=hands) for _ in range(2))

    assert (first.stale, second.stale) == (2, 0)
    for size, key in zip(before, keys, strict=True):
        stored = library.s3.head_object(Bucket=library.destination, Key=f"resized-{key}")["ContentLength"]
        assert stored == library.record(key)["sizeCompressed"] < size


def test_an_excluded_prefix_is_not_handed_over(library: Library) -> None:
    library.put("in/a.jpg", "out/b.jpg")

    library.sweep(includes=lambda key: key.startswith("in/"))

    assert library.hands.keys == ["in/a.jpg"]


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
    library: Library, code: str, limit: int, again: bool
) -> None:
    library.compress("a.jpg")
    failed = library.record("a.jpg")
    changed = {**failed, "error": {"code": code, "message": ""}, "revision": "2"}
    library.table.put_record(cast("Record", changed), replacing=failed)

    assert library.sweep(max_source_bytes=limit).stale == again


def test_records_of_another_source_bucket_are_spared(library: Library, s3: "S3Client") -> None:
    foreign = Library(s3, library.table)
    for each in (foreign, library):
        each.compress("gone.jpg")
        each.delete("gone.jpg")

    assert (library.sweep().orphaned, library.hands.keys) == (1, ["gone.jpg"])
    assert foreign.record("gone.jpg")


@pytest.mark.parametrize("number", [0, 1, 3])
def test_orphans_are_found_before_between_and_behind_the_sources_that_are_left(
    library: Library, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    monkeypatch.setattr(comparison, "_ENTRIES_AT_ONCE", 2)
    keys = [f"{letter}-\u00e9\U0001f600.jpg" for letter in "abcdefghijk"]
    gone = [key for key in keys if key not in keys[4 : 4 + number]]
    library.compress(*keys)
    library.delete(*gone)

    reached = library.sweep()

    assert (reached.orphaned, reached.seen, sorted(library.hands.keys)) == (len(gone), len(keys), gone)


def test_a_source_that_came_after_its_page_was_listed_is_not_an_orphan(
    library: Library, s3: "S3Client"
) -> None:
    library.compress("a.jpg")

    class Late(SourceBucket):
        def list_sources(self, after: str) -> dict[str, str]:  # noqa: ARG002
            return {}

    assert library.sweep(source=Late(s3, library.source)).orphaned == 0
    assert library.hands.keys == []


def test_a_longer_key_that_begins_alike_is_not_a_record_s_source(library: Library) -> None:
    library.compress("a.jpg")
    library.delete("a.jpg")
    library.put("a.jpg.bak")

    assert library.sweep(includes=lambda key: key == "a.jpg").orphaned == 1
    assert library.hands.keys == ["a.jpg"]


def test_no_key_is_handed_over_before_its_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, times = [0.0], []
    monkeypatch.setattr(sweep, "monotonic", lambda: clock[0])
    monkeypatch.setattr(sweep, "sleep", lambda seconds: clock.__setitem__(0, clock[0] + seconds))
    library.put(*(f"{number}.jpg" for number in range(4)))

    class Slow(CompressFunction):
        """Takes three seconds for the first key, and none for the others."""

        def __init__(self) -> None:
            pass

        def request_compression(self, key: str, *, force: bool = False) -> None:  # noqa: ARG002
            times.append(clock[0])
            clock[0] += 3 if key == "0.jpg" else 0

    list(Sweep(library.comparison(), Slow(), keys_a_second=0.5).positions(Position()))

    assert times == [0, 3, 5, 7]  # what was late is not caught up with


def test_each_key_is_handed_over_in_an_event_of_its_own() -> None:
    sent: list[Any] = []
    client: Any = SimpleNamespace(invoke=lambda **call: sent.append(call))

    for key in ("a.jpg", "b c.jpg"):
        CompressFunction(client, "compress", "source").request_compression(key)

    keys = [[each["s3"]["object"]["key"] for each in json.loads(call["Payload"])["Records"]] for call in sent]
    assert keys == [["a.jpg"], ["b+c.jpg"]]


def _context(milliseconds: int = 900_000) -> Any:
    return SimpleNamespace(get_remaining_time_in_millis=lambda: milliseconds)


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
