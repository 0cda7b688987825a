"""The pipeline against the emulator, without events: each key is reconciled by hand."""

from collections.abc import Callable
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError
from PIL import Image

from chalicelib.aws.items import TOTALS
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.source_bucket import SourceObject
from chalicelib.imaging import Options, Rendition
from chalicelib.pipeline import Pipeline
from chalicelib.records import Record, image_id
from tests.fixtures.adapters import Buckets, buckets_of
from tools.local_stack import LocalStack
from tools.pictures import picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SOURCE, DESTINATION = "pipeline-source", "pipeline-destination"
PHOTO = picture(1500, 1000, "JPEG")


@pytest.fixture(scope="module")
def buckets(s3: "S3Client") -> Buckets:
    for name in (SOURCE, DESTINATION):
        s3.create_bucket(Bucket=name)
    return buckets_of(s3, SOURCE, DESTINATION)


@pytest.fixture
def make(buckets: Buckets, table: RecordsTable) -> Callable[..., Pipeline]:
    def made(options: Options | None = None, max_source_bytes: int = 10_000_000) -> Pipeline:
        return Pipeline(*buckets, table, options or Options(), max_source_bytes)

    return made


def test_a_second_reconcile_of_the_same_object_does_nothing(
    s3: "S3Client", make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="twice.jpg", Body=PHOTO)

    assert make().reconcile("twice.jpg") == "compressed"
    assert make().reconcile("twice.jpg") == "unchanged"


def test_other_settings_make_a_record_stale(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="stale.jpg", Body=PHOTO)
    make().reconcile("stale.jpg")

    assert make(Options(max_width=300)).reconcile("stale.jpg") == "compressed"
    record = _record(table, "stale.jpg")
    assert (record["width"], record["height"]) == (300, 200)


def test_another_output_format_leaves_no_object_of_the_former(
    s3: "S3Client", make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="format/a.jpg", Body=PHOTO)
    make().reconcile("format/a.jpg")
    make(Options(output_format="webp")).reconcile("format/a.jpg")

    listed = s3.list_objects_v2(Bucket=DESTINATION, Prefix="format/")["Contents"]
    assert [item["Key"] for item in listed] == ["format/resized-a.jpg.webp"]


def test_a_key_that_never_was_is_absent(make: Callable[..., Pipeline]) -> None:
    assert make().reconcile("never-was.jpg") == "absent"


@pytest.mark.parametrize(
    "key", ["odd/\x01.jpg", "odd/\x0b\x1f.jpg", "odd/\r\n\t.jpg", "odd/\ufffe.jpg", "odd/&<]]>.jpg"]
)
def test_a_key_that_xml_cannot_hold_comes_and_goes_as_any_other(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline], key: str
) -> None:
    s3.put_object(Bucket=SOURCE, Key=key, Body=PHOTO)
    assert make().reconcile(key) == "compressed"
    record = _record(table, key)
    assert record

    s3.delete_object(Bucket=SOURCE, Key=key)
    assert make().reconcile(key) == "deleted"

    with pytest.raises(ClientError, match="404"):
        s3.head_object(Bucket=DESTINATION, Key=record["destKey"])


def test_an_object_over_the_limit_of_bytes_is_refused(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="heavy.jpg", Body=PHOTO)

    assert make(max_source_bytes=1000).reconcile("heavy.jpg") == "failed"
    record = _record(table, "heavy.jpg")
    assert record["error"]["code"] == "too-many-bytes"


def test_nothing_is_read_of_an_object_over_the_limit_of_bytes(
    s3: "S3Client", table: RecordsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket=SOURCE, Key="unread.jpg", Body=PHOTO)

    def read(_: object) -> bytes:
        raise AssertionError("the body was read")

    monkeypatch.setattr(SourceObject, "read_body", read)
    refusing = Pipeline(*buckets_of(s3, SOURCE, DESTINATION), table, Options(), max_source_bytes=1000)

    assert refusing.reconcile("unread.jpg") == "failed"


def test_a_key_too_long_for_its_destination_is_refused(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    key = "k" * 1020 + ".jpg"
    s3.put_object(Bucket=SOURCE, Key=key, Body=PHOTO)

    assert make().reconcile(key) == "failed"
    record = _record(table, key)
    assert record["error"]["code"] == "key-too-long"


class Raced(RecordsTable):
    """A table in which another reconcile writes first, a number of times."""

    def lose(self, times: int, meanwhile: Callable[[], object]) -> None:
        self.times, self.meanwhile = times, meanwhile

    def put_record(self, record: Record, replacing: Record | None) -> None:
        if self.times:
            self.times -= 1
            self.meanwhile()
        super().put_record(record, replacing)


def test_the_loser_of_a_race_compresses_the_newest_source(
    stack: LocalStack, s3: "S3Client", buckets: Buckets, table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="race.jpg", Body=PHOTO)

    def overwritten() -> None:
        s3.put_object(Bucket=SOURCE, Key="race.jpg", Body=picture(100, 80, "JPEG"))
        make().reconcile("race.jpg")

    raced = Raced(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "ImageMetadata")
    raced.lose(1, overwritten)
    Pipeline(*buckets, raced, Options(), 10_000_000).reconcile("race.jpg")

    record = _record(table, "race.jpg")
    stored = s3.head_object(Bucket=DESTINATION, Key="resized-race.jpg")
    assert (record["width"], record["sizeCompressed"]) == (100, stored["ContentLength"])


def test_who_loses_every_race_raises_for_lambda_to_retry(
    stack: LocalStack, s3: "S3Client", buckets: Buckets, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="lost.jpg", Body=PHOTO)
    other_settings = iter(Options(quality=quality) for quality in range(1, 99))
    raced = Raced(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "ImageMetadata")
    raced.lose(99, lambda: make(next(other_settings)).reconcile("lost.jpg"))

    with pytest.raises(Conflict, match=r"lost\.jpg"):
        Pipeline(*buckets, raced, Options(), 10_000_000).reconcile("lost.jpg")


@pytest.mark.parametrize("operation", ["get_item", "put_item", "delete_item"])
def test_errors_of_the_table_raise(
    stack: LocalStack, s3: "S3Client", buckets: Buckets, operation: str
) -> None:
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


def test_errors_of_the_bucket_raise(s3: "S3Client", table: RecordsTable) -> None:
    astray = Pipeline(*buckets_of(s3, "a..b", DESTINATION), table, Options(), 1)

    with pytest.raises(ClientError, match="InvalidBucketName"):
        astray.reconcile("x.jpg")


def test_renditions_are_written_recorded_and_deleted_with_their_source(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="sizes/a.jpg", Body=PHOTO)
    sizes = make(Options(renditions=(Rendition("thumb", 256), Rendition("card", 512))))

    sizes.reconcile("sizes/a.jpg")
    record = _record(table, "sizes/a.jpg")
    thumb = record["renditions"]["thumb"]
    stored = s3.get_object(Bucket=DESTINATION, Key="thumb/sizes/resized-a.rendition.jpg")
    s3.delete_object(Bucket=SOURCE, Key="sizes/a.jpg")
    sizes.reconcile("sizes/a.jpg")

    assert (thumb["destKey"], thumb["width"], thumb["height"], thumb["sizeCompressed"]) == (
        "thumb/sizes/resized-a.rendition.jpg",
        256,
        171,
        stored["ContentLength"],
    )
    assert Image.open(BytesIO(stored["Body"].read())).size == (256, 171)
    assert _keys(s3, "thumb/sizes/", "card/sizes/", "sizes/") == []


def test_a_rendition_no_longer_wanted_goes_when_its_image_is_compressed_again(
    s3: "S3Client", make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="fewer/a.jpg", Body=PHOTO)
    make(Options(renditions=(Rendition("thumb", 256),))).reconcile("fewer/a.jpg")

    make().reconcile("fewer/a.jpg")

    assert _keys(s3, "thumb/fewer/", "fewer/") == ["fewer/resized-a.jpg"]


def test_a_forced_reconcile_compresses_what_is_up_to_date(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="again.jpg", Body=PHOTO)
    make().reconcile("again.jpg")
    before = _record(table, "again.jpg")

    assert make().reconcile("again.jpg", force=True) == "compressed"
    after = _record(table, "again.jpg")
    assert after["resizedAt"] > before["resizedAt"]


def test_a_compressed_object_that_was_lost_is_made_again_at_the_next_event(
    s3: "S3Client", make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="lost/a.jpg", Body=PHOTO)
    make().reconcile("lost/a.jpg")
    s3.delete_object(Bucket=DESTINATION, Key="lost/resized-a.jpg")

    assert make().reconcile("lost/a.jpg") == "compressed"
    assert _keys(s3, "lost/") == ["lost/resized-a.jpg"]


def test_excluded_keys_are_left_alone_until_their_source_goes(
    s3: "S3Client", buckets: Buckets, table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="tmp/a.jpg", Body=PHOTO)
    s3.put_object(Bucket=SOURCE, Key="tmp/known.jpg", Body=PHOTO)
    make().reconcile("tmp/known.jpg")
    excluding = Pipeline(
        *buckets, table, Options(), 10_000_000, includes=lambda key: not key.startswith("tmp/")
    )

    assert excluding.reconcile("tmp/a.jpg") == "excluded"
    s3.delete_object(Bucket=SOURCE, Key="tmp/known.jpg")
    assert excluding.reconcile("tmp/known.jpg") == "deleted"
    assert _keys(s3, "tmp/") == []


def test_a_raised_limit_of_bytes_gives_a_refused_object_another_chance(
    s3: "S3Client", make: Callable[..., Pipeline]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="raised.jpg", Body=PHOTO)

    assert make(max_source_bytes=1000).reconcile("raised.jpg") == "failed"
    assert make().reconcile("raised.jpg") == "compressed"


def test_totals_follow_every_change(
    s3: "S3Client", table: RecordsTable, make: Callable[..., Pipeline]
) -> None:
    def change(reconciled: str) -> dict[str, int]:
        before = table.get_totals(SOURCE)
        make().reconcile(reconciled)
        after = table.get_totals(SOURCE)
        return {name: after[name] - before[name] for name in TOTALS}

    s3.put_object(Bucket=SOURCE, Key="counted.jpg", Body=PHOTO)
    created = change("counted.jpg")
    s3.put_object(Bucket=SOURCE, Key="counted.jpg", Body=b"no image")
    failed = change("counted.jpg")
    s3.delete_object(Bucket=SOURCE, Key="counted.jpg")
    deleted = change("counted.jpg")

    assert (created["compressed"], created["failed"], created["bytesBefore"]) == (1, 0, len(PHOTO))
    assert failed == {
        "compressed": -1,
        "failed": 1,
        "bytesBefore": -len(PHOTO),
        "bytesAfter": -created["bytesAfter"],
    }
    assert deleted == {"compressed": 0, "failed": -1, "bytesBefore": 0, "bytesAfter": 0}


def _record(table: RecordsTable, key: str) -> Record:
    record = table.get_record(image_id(SOURCE, key))
    assert record
    return record


def _keys(s3: "S3Client", *prefixes: str) -> list[str]:
    answers = [s3.list_objects_v2(Bucket=DESTINATION, Prefix=prefix) for prefix in prefixes]
    return [item["Key"] for answer in answers for item in answer.get("Contents", [])]
