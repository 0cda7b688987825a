"""Tasks of S3 Batch Operations that cannot be done, answered one by one."""

from typing import Any
from uuid import uuid4

import pytest

from chalicelib import batch
from chalicelib.aws.records_table import RecordsTable
from chalicelib.imaging import Options
from chalicelib.pipeline import Pipeline
from tests.conftest import DESTINATION, SOURCE
from tests.fixtures.adapters import buckets_of
from tools.local_stack import LocalStack


@pytest.fixture
def reconciler(stack: LocalStack) -> Pipeline:
    s3 = stack.session.client("s3", endpoint_url=stack.endpoint)
    dynamodb = stack.session.client("dynamodb", endpoint_url=stack.endpoint)
    return Pipeline(
        *buckets_of(s3, SOURCE, DESTINATION), RecordsTable(dynamodb, "NoSuchTable"), Options(), 10**6
    )


def answered(reconciler: Pipeline, table: RecordsTable, *tasks: dict[str, Any]) -> list[tuple[str, str]]:
    numbered = [{"taskId": str(number), "s3Bucket": SOURCE, **task} for number, task in enumerate(tasks)]
    event = {"invocationSchemaVersion": "2.0", "invocationId": "1", "tasks": numbered}
    answer = batch.reconcile_tasks(event, reconciler, table, SOURCE)
    assert [result["taskId"] for result in answer["results"]] == [task["taskId"] for task in numbered]
    return [(result["resultCode"], result["resultString"]) for result in answer["results"]]


def test_what_aws_refuses_is_to_be_tried_again_and_logged_with_its_key(
    reconciler: Pipeline, table: RecordsTable, caplog: pytest.LogCaptureFixture
) -> None:
    key = f"batch/{uuid4().hex}.jpg"

    ((code, text),) = answered(reconciler, table, {"s3Key": key})

    assert code == "TemporaryFailure"
    assert "ResourceNotFoundException" in text
    (line,) = caplog.records
    assert (line.levelname, vars(line)["key"]) == ("ERROR", key)


@pytest.mark.parametrize("task", [{}, {"s3Key": None}, {"s3Key": ""}])
def test_a_task_without_a_key_does_not_stop_the_others(
    reconciler: Pipeline, table: RecordsTable, task: dict[str, Any]
) -> None:
    results = answered(reconciler, table, task, {"s3Key": "another.jpg", "s3Bucket": "elsewhere"})

    assert results[0] == ("PermanentFailure", "key: the task has no key")
    assert results[1][1].startswith("bucket: elsewhere ")


def test_a_task_without_a_bucket_does_not_stop_the_others(reconciler: Pipeline, table: RecordsTable) -> None:
    results = answered(reconciler, table, {"s3Bucket": None, "s3BucketArn": None, "s3Key": "a.jpg"})

    assert results[0][0] == "PermanentFailure"
