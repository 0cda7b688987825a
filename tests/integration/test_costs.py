"""The quantities of docs/deploying.md, "What it costs": requests of one reconcile, and DynamoDB's units of one record."""

from collections import Counter
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalicelib.aws import clients
from chalicelib.aws.items import item_of
from chalicelib.aws.records_table import RecordsTable
from chalicelib.imaging import Options, Rendition
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from tests.fixtures.adapters import buckets_of
from tools.local_stack import LocalStack
from tools.pictures import picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SOURCE, DESTINATION, TABLE = "costs-source", "costs-destination", "ImageMetadata"
PHOTO = picture(2000, 1500, "JPEG")


@pytest.fixture(scope="module", autouse=True)
def _buckets(s3: "S3Client") -> None:
    for name in (SOURCE, DESTINATION):
        s3.create_bucket(Bucket=name)


@pytest.fixture
def requests() -> Counter[str]:
    return Counter()


@pytest.fixture
def reconcile(stack: LocalStack, requests: Counter[str]) -> Callable[..., str]:
    """Reconcile a key, and count what is sent."""

    def count(event_name: str, **_: Any) -> None:
        requests[event_name.rpartition(".")[2]] += 1

    def reconciled(key: str, options: Options | None = None) -> str:
        session = boto3.Session("test", "test", region_name="us-east-1")
        s3, dynamodb = clients.s3_client(session=session), clients.dynamodb_client(session=session)
        buckets = buckets_of(s3, SOURCE, DESTINATION)
        pipeline = Pipeline(*buckets, RecordsTable(dynamodb, TABLE), options or Options(), 10**8)
        pipeline.reconcile("absent.jpg")  # each process asks once for the names of renditions
        s3.meta.events.register("before-send.s3", count)
        dynamodb.meta.events.register("before-send.dynamodb", count)
        return pipeline.reconcile(key)

    return reconciled


def test_a_new_image_takes_seven_requests(
    s3: "S3Client", reconcile: Callable[..., str], requests: Counter[str]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="new.jpg", Body=PHOTO)

    assert reconcile("new.jpg") == "compressed"
    assert requests == dict.fromkeys(
        ["GetItem", "GetObject", "PutObject", "DeleteObjects", "PutItem", "UpdateItem", "HeadObject"], 1
    )


def test_each_rendition_takes_one_more(
    s3: "S3Client", reconcile: Callable[..., str], requests: Counter[str]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="sizes.jpg", Body=PHOTO)

    reconcile("sizes.jpg", Options(renditions=(Rendition("thumb", 256), Rendition("card", 512))))

    assert requests["PutObject"] == 3
    assert requests.total() == 9


def test_a_bad_image_takes_no_write_of_an_object(
    s3: "S3Client", reconcile: Callable[..., str], requests: Counter[str]
) -> None:
    s3.put_object(Bucket=SOURCE, Key="bad.jpg", Body=b"no image")

    assert reconcile("bad.jpg") == "failed"
    assert requests == dict.fromkeys(
        ["GetItem", "GetObject", "DeleteObjects", "PutItem", "UpdateItem", "HeadObject"], 1
    )


def test_a_record_takes_one_write_unit_mostly_and_each_index_entry_one(
    s3: "S3Client", table: RecordsTable, reconcile: Callable[..., str]
) -> None:
    key = "albums/2026/summer/IMG_0001.jpg"
    s3.put_object(Bucket=SOURCE, Key=key, Body=PHOTO)
    reconcile(key)
    record = table.get_record(image_id(SOURCE, key))
    assert record

    item = item_of({**record, "placeholder": "x" * 400})  # the longest that there is

    assert _bytes(item_of(record)) <= 1024 < _bytes(item) <= 2048
    for index in (
        {"listShard", "listKey", "imageId", "status", "format", "sourceKey"},
        {"listShard", "sourceKey", "imageId", "status", "format", "listKey"},
        {"listShard", "nameKey", "imageId", "status", "format", "listKey"},
    ):
        assert _bytes({name: item[name] for name in index}) <= 1024


def _bytes(item: dict[str, Any]) -> int:
    """Return an item's size as DynamoDB counts it: names and values in UTF-8, and some bytes for each nesting."""
    return sum(len(name.encode()) + _value_bytes(value) for name, value in item.items())


def _value_bytes(value: dict[str, Any]) -> int:
    ((kind, content),) = value.items()
    if kind == "M":
        return 3 + _bytes(content) + len(content)
    return len(str(content).encode())
