"""S3 Batch Operations' events, word for word as "Invoking AWS Lambda functions" in the S3 user guide shows them."""

import json
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib import batch
from chalicelib.aws.records_table import RecordsTable
from chalicelib.imaging import Options
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from tests.fixtures.adapters import Buckets, buckets_of
from tools.pictures import picture

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

SCHEMA_1 = """
{
    "invocationSchemaVersion": "1.0",
    "invocationId": "YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
    "job": {
        "id": "f3cc4f60-61f6-4a2b-8a21-d07600c373ce"
    },
    "tasks": [
        {
            "taskId": "dGFza2lkZ29lc2hlcmUK",
            "s3Key": "customerImage1.jpg",
            "s3VersionId": "1",
            "s3BucketArn": "arn:aws:s3:us-east-1:0123456788:amzn-s3-demo-bucket"
        }
    ]
}
"""
SCHEMA_2 = """
{
    "invocationSchemaVersion": "2.0",
    "invocationId": "YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
    "job": {
        "id": "f3cc4f60-61f6-4a2b-8a21-d07600c373ce",
        "userArguments": {
            "k1": "v1",
            "k2": "v2"
        }
    },
    "tasks": [
        {
            "taskId": "dGFza2lkZ29lc2hlcmUK",
            "s3Key": "customerImage1.jpg",
            "s3VersionId": "jbo9_jhdPEyB4RrmOxWS0kU0EoNrU_oI",
            "s3Bucket": "amzn-s3-demo-bucket"
        }
    ]
}
"""
BUCKET = "amzn-s3-demo-bucket"


@pytest.fixture(scope="module")
def buckets(s3: "S3Client") -> Buckets:
    for name in (BUCKET, "amzn-s3-demo-destination"):
        s3.create_bucket(Bucket=name)
    return buckets_of(s3, BUCKET, "amzn-s3-demo-destination")


def answered(text: str, buckets: Buckets, table: RecordsTable) -> dict[str, Any]:
    return batch.reconcile_tasks(json.loads(text), Pipeline(*buckets, table, Options(), 10**6), table, BUCKET)


@pytest.mark.parametrize(("version", "text"), [("1.0", SCHEMA_1), ("2.0", SCHEMA_2)])
def test_a_documented_event_is_answered_as_it_is_documented(
    s3: "S3Client", table: RecordsTable, buckets: Buckets, version: str, text: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key="customerImage1.jpg", Body=picture(64, 48, "JPEG", int(version[0])))

    assert answered(text, buckets, table) == {
        "invocationSchemaVersion": version,
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": "YXNkbGZqYWRmaiBhc2RmdW9hZHNmZGpmaGFzbGtkaGZza2RmaAo",
        "results": [
            {"taskId": "dGFza2lkZ29lc2hlcmUK", "resultCode": "Succeeded", "resultString": "compressed"}
        ],
    }
    record = table.get_record(image_id(BUCKET, "customerImage1.jpg"))
    assert record
    assert s3.head_object(Bucket=buckets.compressed.name, Key=record["destKey"])["ETag"] == record["destETag"]


@pytest.mark.parametrize("text", [SCHEMA_1, SCHEMA_2])
def test_a_documented_event_of_what_is_no_image_fails_for_good(
    s3: "S3Client", table: RecordsTable, buckets: Buckets, text: str
) -> None:
    s3.put_object(Bucket=BUCKET, Key="customerImage1.jpg", Body=b"words")

    (result,) = answered(text, buckets, table)["results"]

    assert result["resultCode"] == "PermanentFailure"
    assert result["resultString"].startswith("not-an-image: ")
