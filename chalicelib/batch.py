"""S3 Batch Operations: AWS's own engine sends the keys of a manifest, up to billions, one task each.

The shapes of event and result are from "Invoking AWS Lambda functions" in the S3 user guide, of both invocation
schemas: 1.0 names the bucket by `s3BucketArn`, 2.0 by `s3Bucket`.
"""

from collections.abc import Mapping
from typing import Any, Literal, TypedDict
from urllib.parse import unquote_plus

from chalicelib import events, services, telemetry
from chalicelib.aws.records_table import RecordsTable
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id

ResultCode = Literal["Succeeded", "TemporaryFailure", "PermanentFailure"]

_LONGEST_RESULT = 1024  # characters


class Result(TypedDict):
    """The result of a task, as the job's completion report lists it."""

    taskId: str
    resultCode: ResultCode
    resultString: str


def handle(event: Mapping[str, Any]) -> dict[str, Any]:
    """Handle an invocation by S3 Batch Operations."""
    adapters = services.of_functions()
    return reconcile_tasks(event, events.pipeline(), adapters.table, adapters.settings.source_bucket)


def reconcile_tasks(
    event: Mapping[str, Any], reconciler: Pipeline, table: RecordsTable, bucket: str
) -> dict[str, Any]:
    """Reconcile the key of each task, and return the result of each.

    A bad image is a permanent failure, so that the report names it; its record says the same. What Lambda would
    retry is a temporary one, which S3 Batch Operations retries.
    """
    return {
        "invocationSchemaVersion": event["invocationSchemaVersion"],
        "treatMissingKeysAs": "TemporaryFailure",
        "invocationId": event["invocationId"],
        "results": [_result(task, reconciler, table, bucket) for task in event["tasks"]],
    }


def _result(task: Mapping[str, Any], reconciler: Pipeline, table: RecordsTable, bucket: str) -> Result:
    code, text = _reconciled(task, reconciler, table, bucket)
    return Result(taskId=task["taskId"], resultCode=code, resultString=text[:_LONGEST_RESULT])


def _reconciled(
    task: Mapping[str, Any], reconciler: Pipeline, table: RecordsTable, bucket: str
) -> tuple[ResultCode, str]:
    named = task.get("s3Bucket") or (task.get("s3BucketArn") or "").rpartition(":")[2]
    if named != bucket:
        return "PermanentFailure", f"bucket: {named} is not the source bucket {bucket}"
    if not task.get("s3Key"):
        return "PermanentFailure", "key: the task has no key"
    key = unquote_plus(task["s3Key"])
    try:
        outcome = reconciler.reconcile(key)
        record = table.get_record(image_id(bucket, key))
    except Exception as error:  # the other tasks go on, and S3 tries this one again
        telemetry.log_error("could not be reconciled", error, key=key)
        return "TemporaryFailure", f"{type(error).__name__}: {error}"
    if outcome in {"failed", "unchanged", "unreadable"} and record and "error" in record:
        return "PermanentFailure", f"{record['error']['code']}: {record['error']['message']}"
    if outcome == "unreadable":
        return (
            "PermanentFailure",
            "unreadable: S3 does not return the object; the earlier compressed image is kept",
        )
    if outcome == "absent":
        return "PermanentFailure", "absent: the object does not exist"
    return "Succeeded", outcome
