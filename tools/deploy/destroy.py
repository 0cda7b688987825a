"""`make destroy`: delete the app and the stack of a stage; DELETE_DATA=yes deletes buckets, table and logs as well."""

import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.exceptions import ClientError
from rich.progress import Progress

from chalicelib.aws.s3 import fits_xml
from tools.account import current_account, new_session
from tools.chalice_config import StageConfig, read_stage, record_environment, require_stage_name
from tools.deploy import checks, records
from tools.deploy.stack import Stack
from tools.deploy.steps import RECORDED, VARIABLES, open_stack, run_chalice
from tools.deploy.tokens import VARIABLE
from tools.errors import ToolError, exit_on_errors

PROJECT: Final = Path(__file__).parents[2]
_GONE: Final = {"NoSuchBucket", "404", "ResourceNotFoundException"}
_HALF_DELETED: Final = (
    "If Chalice stops because something is deleted already, run `make deploy` first, which makes it again."
)
_DELETED_AT_ONCE: Final = 1000  # S3's limit for one request


@dataclass(frozen=True, slots=True)
class Stores:
    """The names of what holds data; empty where there is none. Logs hold the keys of objects."""

    buckets: list[str]
    table: str
    log_groups: Sequence[str] = ()


def destroy(project: Path, session: boto3.Session, name: str) -> Stores:
    """Delete the app and the stack, and return what is left and holds data.

    Raises:
        ToolError: Chalice or CloudFormation failed, or Chalice has no record of what it deployed.
    """
    stage = read_stage(project, name)
    if name == "local":
        raise ToolError("The stage local is for this machine only: it ends with `make run`.")
    checks.require_same_account(project, stage, current_account(session))
    records.require_complete(project, session, stage)
    stack = open_stack(project, session, stage)
    stores = _find_stores(stage, stack)
    print("[1/2] The app (chalice delete)", flush=True)
    if records.read_deployed(project, name):
        try:
            run_chalice(project, "delete", name, session.region_name)
        except ToolError as error:
            raise ToolError(f"{error} {_HALF_DELETED}") from error
        records.record_path(project, name).unlink(missing_ok=True)
    for group in stage.log_groups():  # Chalice has just removed their retention
        with _ignore_missing():
            session.client("logs").put_retention_policy(
                logGroupName=group, retentionInDays=stage.log_retention_in_days
            )
    print(f"[2/2] The stack {stack.name}", flush=True)
    stack.delete()
    return stores


def delete_data(session: boto3.Session, stores: Stores) -> None:
    """Delete the buckets with every version of every object, the table, and the logs."""
    for bucket in stores.buckets:
        with _ignore_missing():
            _delete_bucket(session.client("s3"), bucket)
        print(f"  deleted {bucket}")
    if stores.table:
        client = session.client("dynamodb")
        with _ignore_missing():
            client.update_table(TableName=stores.table, DeletionProtectionEnabled=False)
            client.get_waiter("table_exists").wait(TableName=stores.table)
            client.delete_table(TableName=stores.table)
        print(f"  deleted {stores.table}")
    for group in stores.log_groups:
        with _ignore_missing():
            session.client("logs").delete_log_group(logGroupName=group)
            print(f"  deleted {group}")


def _find_stores(stage: StageConfig, stack: Stack) -> Stores:
    """Return the names in the stack's outputs, or, after an earlier run, in config.json."""
    recorded = {output: stage.environment.get(variable, "") for output, variable in VARIABLES.items()}
    named = stack.outputs() or recorded
    buckets = [named[each] for each in ("SourceBucket", "DestBucket") if named.get(each)]
    return Stores(buckets, named.get("Table", ""), stage.log_groups())


def _delete_bucket(client: Any, bucket: str) -> None:
    with Progress() as progress:
        task = progress.add_task(f"  emptying {bucket}", total=None)
        for batch in batched(_list_versions(client, bucket), _DELETED_AT_ONCE):
            _delete_versions(client, bucket, batch)
            progress.advance(task, len(batch))
    client.delete_bucket(Bucket=bucket)


def _list_versions(client: Any, bucket: str) -> Iterator[dict[str, str]]:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in page.get("Versions", []) + page.get("DeleteMarkers", []):
            yield {"Key": each["Key"], "VersionId": each["VersionId"]}


def _delete_versions(client: Any, bucket: str, versions: Sequence[dict[str, str]]) -> None:
    together = []
    for version in versions:
        if fits_xml(version["Key"]):
            together.append(version)
        else:
            client.delete_object(Bucket=bucket, **version)
    if together:
        answer = client.delete_objects(Bucket=bucket, Delete={"Objects": together, "Quiet": True})
        for failed in answer.get("Errors", []):
            raise ToolError(
                f"The object '{failed['Key']}' in {bucket} cannot be deleted: {failed['Message']}"
            )


@contextmanager
def _ignore_missing() -> Iterator[None]:
    try:
        yield
    except ClientError as error:
        if error.response["Error"]["Code"] not in _GONE:
            raise


def _require_confirmation(stage: str, confirmed: str) -> None:
    if not confirmed and sys.stdin.isatty():
        confirmed = input(f"This deletes every image and record of {stage} for good. Type its name: ").strip()
    if confirmed != stage:
        raise ToolError(f"Nothing was deleted. To delete the data of {stage}, confirm with CONFIRM={stage}.")


def main() -> None:
    """Destroy STAGE."""
    with exit_on_errors(f"Stopped. Run it again to continue. {_HALF_DELETED}"):
        stage = require_stage_name("make destroy STAGE=dev.")
        with_data = os.environ.get("DELETE_DATA") == "yes"
        if with_data:
            _require_confirmation(stage, os.environ.get("CONFIRM", ""))
        session = new_session()
        stores = destroy(PROJECT, session, stage)
        if with_data:
            delete_data(session, stores)
            record_environment(PROJECT, stage, dict.fromkeys([*RECORDED.values(), VARIABLE], ""))
            return
    kept = ", ".join(name for name in [*stores.buckets, stores.table] if name) or "nothing"
    print(
        f"Kept: {kept}; the logs expire. `make deploy STAGE={stage}` uses them again. DELETE_DATA=yes deletes them."
    )


if __name__ == "__main__":
    main()
