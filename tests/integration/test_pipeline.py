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
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.source_bucket import SourceObject
from chalicelib.imaging import Options, Rendition
from chalicelib.pipeline import Outcome
from chalicelib.records import Record
from tests.conftest import TABLE
from tests.fixtures.library import OPTIONS, PHOTO, Library
from tools.local_stack import LocalStack
from tools.pictures import picture


class Photos(Library):
    """A library of photographs, each of which is reconciled by hand."""

    def put(self, *keys: str, data: bytes = PHOTO) -> None:
        super().put(*keys, data=data)

    def reconcile(self, key: str, options: Options = OPTIONS, **changed: Any) -> Outcome:
        return self.pipeline(options, **changed).reconcile(key)


@pytest.fixture
def photos(s3: S3Client, table: RecordsTable) -> Photos:
    return Photos(s3, table)


def test_a_second_reconcile_of_the_same_object_does_nothing(photos: Photos) -> None:
    photos.put("twice.jpg")

    assert photos.reconcile("twice.jpg") == "compressed"
    assert photos.reconcile("twice.jpg") == "unchanged"


def test_another_output_format_leaves_no_object_of_the_former(photos: Photos) -> None:
    photos.put("format/a.jpg")
    photos.reconcile("format/a.jpg")
    photos.reconcile("format/a.jpg", Options(output_format="webp"))

    assert photos.objects().keys() == {"format/resized-a.jpg.webp"}


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
        photos.s3.head_object(Bucket=photos.destination, Key=made)


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
    """A table in which another reconcile always writes first."""

    meanwhile: Callable[[], object]

    def put_record(self, record: Record, replacing: Record | None) -> None:
        self.meanwhile()
        super().put_record(record, replacing)


def test_who_loses_every_race_raises_for_lambda_to_retry(photos: Photos, stack: LocalStack) -> None:
    photos.put("lost.jpg")
    other_settings = iter(Options(quality=quality) for quality in range(1, 99))
    raced = Raced(stack.session.client("dynamodb", endpoint_url=stack.endpoint), TABLE)
    raced.meanwhile = lambda: photos.reconcile("lost.jpg", next(other_settings))

    with pytest.raises(Conflict, match=r"lost\.jpg"):
        photos.reconcile("lost.jpg", table=raced)


def test_renditions_are_written_recorded_and_deleted_with_their_source(photos: Photos) -> None:
    photos.put("sizes/a.jpg", data=picture(600, 400, "JPEG"))
    sizes = Options(renditions=(Rendition("thumb", 256), Rendition("card", 512)))

    photos.reconcile("sizes/a.jpg", sizes)
    thumb, stored = photos.record("sizes/a.jpg")["renditions"]["thumb"], photos.objects()
    photos.delete("sizes/a.jpg")
    photos.reconcile("sizes/a.jpg", sizes)

    made = stored["thumb/sizes/resized-a.rendition.jpg"]
    assert (thumb["destKey"], thumb["sizeCompressed"]) == ("thumb/sizes/resized-a.rendition.jpg", len(made))
    assert Image.open(BytesIO(made)).size == (thumb["width"], thumb["height"]) == (256, 171)
    assert photos.objects() == {}


def test_excluded_keys_are_left_alone_until_their_source_goes(photos: Photos) -> None:
    photos.put("tmp/a.jpg", "tmp/known.jpg")
    photos.reconcile("tmp/known.jpg")

    def included(key: str) -> bool:
        return not key.startswith("tmp/")

    assert photos.reconcile("tmp/a.jpg", includes=included) == "excluded"
    photos.delete("tmp/known.jpg")
    assert photos.reconcile("tmp/known.jpg", includes=included) == "deleted"
    assert photos.objects() == {}


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
        CompressedBucket(client, "destination").delete_compressed(["resized-a.jpg"])
