"""A sweep page by page: on a bucket of its own, beside the deployed compress function."""

import os
from collections.abc import Callable
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from chalice.test import Client

from chalicelib import options, settings, sweep
from chalicelib.catalog import Catalog
from chalicelib.handover import Handover
from chalicelib.imaging import Options, fingerprint
from chalicelib.metadata import Record, image_id
from chalicelib.pipeline import Pipeline
from chalicelib.storage import Buckets
from chalicelib.sweep import Position, Sweep
from tests.conftest import SOURCE, Deployed, eventually
from tools.pictures import picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

PHOTO = picture(64, 48, "JPEG")
OPTIONS = Options()


class Hands(Handover):
    """Keeps the keys that are handed over; Lambda itself is met in the tests of the deployed functions."""

    def __init__(self) -> None:
        self.keys: list[str] = []

    def reconcile(self, keys: Any, *, force: bool = False) -> None:  # noqa: ARG002
        self.keys += keys


class Compressing(Handover):
    """Compresses what is handed over, at once."""

    def __init__(self, reconciler: Pipeline) -> None:
        self._pipeline = reconciler

    def reconcile(self, keys: Any, *, force: bool = False) -> None:
        for key in keys:
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
        return Buckets(s3, source, destination)

    return made


@pytest.fixture
def of(catalog: Catalog, hands: Hands) -> Callable[..., Sweep]:
    def made(buckets: Buckets, options: Options = OPTIONS, **changed: Any) -> Sweep:
        arguments: dict[str, Any] = {"includes": lambda _: True, "max_source_bytes": 1_000_000, **changed}
        return Sweep(buckets, catalog, hands, fingerprint(options), **arguments)

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
        s3.put_object(Bucket=buckets.source, Key=key, Body=b"no image")

    reached = _swept(of(buckets, keys_a_second=1e9))

    assert (reached.seen, reached.missing, reached.requeued) == (1005, 1005, 1005)
    assert hands.keys == keys


def test_what_agrees_is_left_alone_and_other_settings_make_everything_stale(
    s3: "S3Client",
    catalog: Catalog,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    buckets = pairs("stale")
    for key in ("a.jpg", "b.jpg"):
        s3.put_object(Bucket=buckets.source, Key=key, Body=PHOTO)
        Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile(key)

    assert _swept(of(buckets)).requeued == 0
    assert _swept(of(buckets, Options(quality=60))).stale == 2
    assert hands.keys == ["a.jpg", "b.jpg"]


def test_a_changed_quality_has_every_image_compressed_again(
    s3: "S3Client", catalog: Catalog, pairs: Callable[[str], Buckets]
) -> None:
    buckets, keys = pairs("quality"), ("a.jpg", "b.jpg")
    for key in keys:
        s3.put_object(Bucket=buckets.source, Key=key, Body=PHOTO)
        Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile(key)
    before = [_sized(catalog, buckets, key) for key in keys]
    lower = options.of(settings.Settings.from_environment({**os.environ, "QUALITY": "30"}))
    hands = Compressing(Pipeline(buckets, catalog, lower, 1_000_000))
    swept = Sweep(buckets, catalog, hands, fingerprint(lower), 1_000_000, lambda _: True)

    first, second = _swept(swept), _swept(swept)

    assert (first.stale, second.stale) == (2, 0)
    for size, key in zip(before, keys, strict=True):
        stored = s3.head_object(Bucket=buckets.destination, Key=f"resized-{key}")["ContentLength"]
        assert stored == _sized(catalog, buckets, key) < size


def _sized(catalog: Catalog, buckets: Buckets, key: str) -> int:
    record = catalog.get(image_id(buckets.source, key))
    assert record
    return record["sizeCompressed"]


def test_an_excluded_prefix_is_not_handed_over(
    s3: "S3Client", pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("excluded")
    for key in ("in/a.jpg", "out/b.jpg"):
        s3.put_object(Bucket=buckets.source, Key=key, Body=PHOTO)

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
    catalog: Catalog,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    code: str,
    limit: int,
    again: bool,
) -> None:
    buckets = pairs(f"{code}-{limit}")
    s3.put_object(Bucket=buckets.source, Key="a.jpg", Body=b"no image at all")
    Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile("a.jpg")
    failed = catalog.get(image_id(buckets.source, "a.jpg"))
    assert failed
    changed = {**failed, "error": {"code": code, "message": ""}, "revision": "2"}
    catalog.put(cast("Record", changed), replacing=failed)

    assert _swept(of(buckets, max_source_bytes=limit)).stale == again


def test_a_record_without_a_source_is_orphaned(
    catalog: Catalog, deployed: Deployed, of: Callable[..., Sweep], hands: Hands, s3: "S3Client"
) -> None:
    record = deployed.upload("sweeping/there.jpg", PHOTO)
    lost = cast("Record", {**record, "sourceKey": "sweeping/lost.jpg", "imageId": image_id("", "lost")})
    catalog.put(lost, replacing=None)
    now = settings.current()

    assert _swept(of(Buckets(s3, now.source_bucket, now.dest_bucket))).done
    assert "sweeping/lost.jpg" in hands.keys
    assert "sweeping/there.jpg" not in hands.keys
    catalog.delete(lost)


def test_records_of_another_source_bucket_are_spared(
    s3: "S3Client",
    catalog: Catalog,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
) -> None:
    foreign, own = pairs("foreign"), pairs("own")
    for buckets in (foreign, own):
        s3.put_object(Bucket=buckets.source, Key="gone.jpg", Body=PHOTO)
        Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile("gone.jpg")
        s3.delete_object(Bucket=buckets.source, Key="gone.jpg")

    assert (_swept(of(own)).orphaned, hands.keys) == (1, ["gone.jpg"])
    assert catalog.get(image_id(foreign.source, "gone.jpg"))


@pytest.mark.parametrize("number", [0, 1, 3])
def test_orphans_are_found_before_between_and_behind_the_sources_that_are_left(
    s3: "S3Client",
    catalog: Catalog,
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    hands: Hands,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
) -> None:
    monkeypatch.setattr(sweep, "_RECORDS_AT_ONCE", 2)
    buckets = pairs(f"orphans-{number}")
    keys = [f"{letter}-\u00e9\U0001f600.jpg" for letter in "abcdefghijk"]
    for key in keys:
        s3.put_object(Bucket=buckets.source, Key=key, Body=b"no image")
        Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile(key)
    kept = keys[4 : 4 + number]
    gone = [key for key in keys if key not in kept]
    for key in gone:
        s3.delete_object(Bucket=buckets.source, Key=key)

    reached = _swept(of(buckets))

    assert (reached.orphaned, reached.seen, sorted(hands.keys)) == (len(gone), len(keys), gone)


def test_a_source_that_came_after_its_page_was_listed_is_no_orphan(
    s3: "S3Client", catalog: Catalog, pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("late")
    s3.put_object(Bucket=buckets.source, Key="a.jpg", Body=PHOTO)
    Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile("a.jpg")

    class Late(Buckets):
        def list_sources(self, after: str) -> dict[str, str]:  # noqa: ARG002
            return {}

    assert _swept(of(Late(s3, buckets.source, buckets.destination))).orphaned == 0
    assert hands.keys == []


def test_a_longer_key_that_begins_alike_is_not_a_record_s_source(
    s3: "S3Client", catalog: Catalog, pairs: Callable[[str], Buckets], of: Callable[..., Sweep], hands: Hands
) -> None:
    buckets = pairs("alike")
    s3.put_object(Bucket=buckets.source, Key="a.jpg", Body=PHOTO)
    Pipeline(buckets, catalog, OPTIONS, 1_000_000).reconcile("a.jpg")
    s3.delete_object(Bucket=buckets.source, Key="a.jpg")
    s3.put_object(Bucket=buckets.source, Key="a.jpg.bak", Body=PHOTO)

    assert _swept(of(buckets, includes=lambda key: key == "a.jpg")).orphaned == 1
    assert hands.keys == ["a.jpg"]


def test_handing_over_is_paced(
    s3: "S3Client",
    pairs: Callable[[str], Buckets],
    of: Callable[..., Sweep],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    buckets = pairs("paced")
    for number in range(5):
        s3.put_object(Bucket=buckets.source, Key=f"{number}.jpg", Body=PHOTO)
    pauses: list[float] = []
    monkeypatch.setattr(sweep, "sleep", pauses.append)

    _swept(of(buckets, keys_a_second=0.01))

    assert max(pauses) == pytest.approx(500, abs=5)


def test_a_sweep_that_runs_out_of_time_goes_on_in_a_new_invocation(
    deployed: Deployed, catalog: Catalog
) -> None:
    record = deployed.upload("sweeping/there.jpg", PHOTO)
    key = "\U0001f600 orphan.jpg"  # behind the first page
    orphan = cast("Record", {**record, "sourceKey": key, "imageId": image_id(SOURCE, key)})
    catalog.put(orphan, replacing=None)
    out_of_time = SimpleNamespace(
        get_remaining_time_in_millis=lambda: 0, function_name="imagepress-local-sweep"
    )

    reached = sweep.handle({}, out_of_time)  # as far as the source bucket's first page

    assert not reached["done"]
    eventually(lambda: deployed.record(key) is None)


def test_the_daily_schedule_begins_one(deployed: Deployed, catalog: Catalog) -> None:
    import app

    catalog.delete(deployed.upload("sweeping/daily.jpg", PHOTO))

    with Client(app.app, stage_name="local") as client:
        client.lambda_.invoke("sweep_daily", client.events.generate_cw_event("aws.events", "", {}, []))

    eventually(lambda: deployed.record("sweeping/daily.jpg"))
