"""The pipeline against the emulator, without events: each key is reconciled by hand."""

from collections.abc import Callable
from io import BytesIO
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_s3 import S3Client
from PIL import Image

from chalicelib import pipeline
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.items import TOTALS
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.source_bucket import SourceObject
from chalicelib.imaging import Options, Rendition
from chalicelib.pipeline import Outcome, Pipeline
from chalicelib.records import Record, image_id
from tests.fixtures.adapters import buckets_of
from tools.local_stack import LocalStack
from tools.pictures import picture

SOURCE, DESTINATION = "pipeline-source", "pipeline-destination"
PHOTO = picture(600, 400, "JPEG")
WITH_THUMB = Options(renditions=(Rendition("thumb", 256),))


class Photos:
    """A source bucket, and what a pipeline makes of it."""

    def __init__(self, s3: S3Client, table: RecordsTable) -> None:
        self.s3 = s3
        self.table = table

    def pipeline(self, options: Options, most: int = 10_000_000, **more: Any) -> Pipeline:
        return Pipeline(*buckets_of(self.s3, SOURCE, DESTINATION), self.table, options, most, **more)

    def put(self, key: str, data: bytes = PHOTO) -> None:
        self.s3.put_object(Bucket=SOURCE, Key=key, Body=data)

    def delete(self, key: str) -> None:
        self.s3.delete_object(Bucket=SOURCE, Key=key)

    def reconcile(self, key: str, options: Options | None = None, most: int = 10_000_000) -> Outcome:
        return self.pipeline(options or Options(), most).reconcile(key)

    def record(self, key: str) -> Record:
        record = self.table.get_record(image_id(SOURCE, key))
        assert record
        return record

    def compressed_keys(self, *prefixes: str) -> list[str]:
        answers = [self.s3.list_objects_v2(Bucket=DESTINATION, Prefix=prefix) for prefix in prefixes]
        return [item["Key"] for answer in answers for item in answer.get("Contents", [])]


@pytest.fixture(scope="module")
def photos(s3: S3Client, table: RecordsTable) -> Photos:
    for name in (SOURCE, DESTINATION):
        s3.create_bucket(Bucket=name)
    return Photos(s3, table)


def test_a_second_reconcile_of_the_same_object_does_nothing(photos: Photos) -> None:
    photos.put("twice.jpg")

    assert photos.reconcile("twice.jpg") == "compressed"
    assert photos.reconcile("twice.jpg") == "unchanged"


def test_other_settings_make_a_record_stale(photos: Photos) -> None:
    photos.put("stale.jpg")
    photos.reconcile("stale.jpg")

    assert photos.reconcile("stale.jpg", Options(max_width=300)) == "compressed"
    assert (photos.record("stale.jpg")["width"], photos.record("stale.jpg")["height"]) == (300, 200)


def test_another_output_format_leaves_no_object_of_the_former(photos: Photos) -> None:
    photos.put("format/a.jpg")
    photos.reconcile("format/a.jpg")
    photos.reconcile("format/a.jpg", Options(output_format="webp"))

    assert photos.compressed_keys("format/") == ["format/resized-a.jpg.webp"]


def test_a_key_that_never_was_is_absent(photos: Photos) -> None:
    assert photos.reconcile("never-was.jpg") == "absent"


@pytest.mark.parametrize(
    "key", ["odd/\x01.jpg", "odd/\x0b\x1f.jpg", "odd/\r\n\t.jpg", "odd/\ufffe.jpg", "odd/&<]]>.jpg"]
)
def test_a_key_that_xml_cannot_hold_comes_and_goes_as_any_other(photos: Photos, key: str) -> None:
    photos.put(key)
    assert photos.reconcile(key) == "compressed"
    made = photos.record(key)["destKey"]

    photos.delete(key)
    assert photos.reconcile(key) == "deleted"

    with pytest.raises(ClientError, match="404"):
        photos.s3.head_object(Bucket=DESTINATION, Key=made)


def test_an_object_over_the_limit_of_bytes_is_refused_unread_until_the_limit_is_raised(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos.put("heavy.jpg")

    def read(_: object) -> bytes:
        raise AssertionError("the body was read")

    with monkeypatch.context() as patch:
        patch.setattr(SourceObject, "read_body", read)
        assert photos.reconcile("heavy.jpg", most=1000) == "failed"
    assert photos.record("heavy.jpg")["error"]["code"] == "too-many-bytes"
    assert photos.reconcile("heavy.jpg") == "compressed"


def test_a_key_too_long_for_its_destination_is_refused(photos: Photos) -> None:
    key = "k" * 1020 + ".jpg"
    photos.put(key)

    assert photos.reconcile(key) == "failed"
    assert photos.record(key)["error"]["code"] == "key-too-long"


class Raced(RecordsTable):
    """A table in which another reconcile writes first, a number of times."""

    def lose(self, times: int, meanwhile: Callable[[], object]) -> None:
        self.times, self.meanwhile = times, meanwhile

    def put_record(self, record: Record, replacing: Record | None) -> None:
        if self.times:
            self.times -= 1
            self.meanwhile()
        super().put_record(record, replacing)


@pytest.fixture
def raced(stack: LocalStack) -> Raced:
    return Raced(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "ImageMetadata")


def test_the_loser_of_a_race_compresses_the_newest_source(photos: Photos, raced: Raced) -> None:
    photos.put("race.jpg")

    def overwritten() -> None:
        photos.put("race.jpg", picture(100, 80, "JPEG"))
        photos.reconcile("race.jpg")

    raced.lose(1, overwritten)
    Photos(photos.s3, raced).reconcile("race.jpg")

    record = photos.record("race.jpg")
    stored = photos.s3.head_object(Bucket=DESTINATION, Key="resized-race.jpg")
    assert (record["width"], record["sizeCompressed"]) == (100, stored["ContentLength"])


def test_who_loses_every_race_raises_for_lambda_to_retry(photos: Photos, raced: Raced) -> None:
    photos.put("lost.jpg")
    other_settings = iter(Options(quality=quality) for quality in range(1, 99))
    raced.lose(99, lambda: photos.reconcile("lost.jpg", next(other_settings)))

    with pytest.raises(Conflict, match=r"lost\.jpg"):
        Photos(photos.s3, raced).reconcile("lost.jpg")


@pytest.mark.parametrize("operation", ["get_item", "put_item", "delete_item"])
def test_errors_of_the_table_raise(stack: LocalStack, operation: str) -> None:
    client = stack.session.client("dynamodb", endpoint_url=stack.endpoint)
    missing = RecordsTable(client, "NoSuchTable")
    named = {"imageId": image_id("a", "b"), "sourceBucket": "a", "sourceKey": "b"}
    record: Any = {**named, "resizedAt": "", "status": "failed", "revision": "1"}
    calls: dict[str, Callable[[], object]] = {
        "get_item": lambda: missing.get_record("x"),
        "put_item": lambda: missing.put_record(record, None),
        "delete_item": lambda: missing.delete_record(record),
    }

    with pytest.raises(ClientError, match="ResourceNotFound"):
        calls[operation]()


def test_errors_of_the_bucket_raise(s3: S3Client, table: RecordsTable) -> None:
    astray = Pipeline(*buckets_of(s3, "a..b", DESTINATION), table, Options(), 1)

    with pytest.raises(ClientError, match="InvalidBucketName"):
        astray.reconcile("x.jpg")


def test_renditions_are_written_recorded_and_deleted_with_their_source(photos: Photos) -> None:
    photos.put("sizes/a.jpg")
    sizes = Options(renditions=(Rendition("thumb", 256), Rendition("card", 512)))

    photos.reconcile("sizes/a.jpg", sizes)
    thumb = photos.record("sizes/a.jpg")["renditions"]["thumb"]
    stored = photos.s3.get_object(Bucket=DESTINATION, Key="thumb/sizes/resized-a.rendition.jpg")
    photos.delete("sizes/a.jpg")
    photos.reconcile("sizes/a.jpg", sizes)

    assert (thumb["destKey"], thumb["width"], thumb["height"], thumb["sizeCompressed"]) == (
        "thumb/sizes/resized-a.rendition.jpg",
        256,
        171,
        stored["ContentLength"],
    )
    assert Image.open(BytesIO(stored["Body"].read())).size == (256, 171)
    assert photos.compressed_keys("thumb/sizes/", "card/sizes/", "sizes/") == []


def test_a_rendition_no_longer_wanted_goes_when_its_image_is_compressed_again(photos: Photos) -> None:
    photos.put("fewer/a.jpg")
    photos.reconcile("fewer/a.jpg", WITH_THUMB)

    photos.reconcile("fewer/a.jpg")

    assert photos.compressed_keys("thumb/fewer/", "fewer/") == ["fewer/resized-a.jpg"]


def test_a_forced_reconcile_compresses_what_is_up_to_date(photos: Photos) -> None:
    photos.put("again.jpg")
    photos.reconcile("again.jpg")
    before = photos.record("again.jpg")

    assert photos.pipeline(Options()).reconcile("again.jpg", force=True) == "compressed"
    assert photos.record("again.jpg")["resizedAt"] > before["resizedAt"]


def test_a_compressed_object_that_was_lost_is_made_again_at_the_next_event(photos: Photos) -> None:
    photos.put("lost/a.jpg")
    photos.reconcile("lost/a.jpg")
    photos.s3.delete_object(Bucket=DESTINATION, Key="lost/resized-a.jpg")

    assert photos.reconcile("lost/a.jpg") == "compressed"
    assert photos.compressed_keys("lost/") == ["lost/resized-a.jpg"]


def test_excluded_keys_are_left_alone_until_their_source_goes(photos: Photos) -> None:
    photos.put("tmp/a.jpg")
    photos.put("tmp/known.jpg")
    photos.reconcile("tmp/known.jpg")
    excluding = photos.pipeline(Options(), includes=lambda key: not key.startswith("tmp/"))

    assert excluding.reconcile("tmp/a.jpg") == "excluded"
    photos.delete("tmp/known.jpg")
    assert excluding.reconcile("tmp/known.jpg") == "deleted"
    assert photos.compressed_keys("tmp/") == []


def test_totals_follow_every_change(photos: Photos) -> None:
    def change() -> dict[str, int]:
        before = photos.table.get_totals(SOURCE)
        photos.reconcile("counted.jpg")
        after = photos.table.get_totals(SOURCE)
        return {name: after[name] - before[name] for name in TOTALS}

    photos.put("counted.jpg")
    created = change()
    photos.put("counted.jpg", b"no image")
    failed = change()
    photos.delete("counted.jpg")
    deleted = change()

    assert (created["compressed"], created["failed"], created["bytesBefore"]) == (1, 0, len(PHOTO))
    assert failed == {
        "compressed": -1,
        "failed": 1,
        "bytesBefore": -len(PHOTO),
        "bytesAfter": -created["bytesAfter"],
    }
    assert deleted == {"compressed": 0, "failed": -1, "bytesBefore": 0, "bytesAfter": 0}


def test_an_image_that_fills_the_memory_gets_a_failed_record(
    photos: Photos, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: Any) -> Any:
        raise MemoryError

    monkeypatch.setattr(pipeline, "compress", full)
    photos.put("memory/full.jpg")

    assert photos.reconcile("memory/full.jpg") == "failed"
    assert photos.record("memory/full.jpg")["error"]["code"] == "too-much-memory"


def test_objects_that_s3_does_not_delete_are_an_error_that_names_one() -> None:
    errors = [{"Key": "resized-a.jpg", "Code": "InternalError", "Message": "We encountered an error"}]
    client: Any = SimpleNamespace(delete_objects=lambda **_: {"Errors": errors})

    with pytest.raises(ClientError, match=r"InternalError.*resized-a\.jpg"):
        CompressedBucket(client, DESTINATION).delete_compressed(["resized-a.jpg"])
