"""`make destroy`: take the app and the stack away; buckets and table stay unless DELETE_DATA=yes."""

import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import batched
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import ClientError
from rich.progress import Progress

from chalicelib.aws.s3 import fits_xml
from tools.deploy import account, command, config, records
from tools.deploy.__main__ import PROJECT, RECORDED, VARIABLES, chalice
from tools.deploy.errors import DeployError
from tools.deploy.stack import Stack

_GONE = {"NoSuchBucket", "404", "ResourceNotFoundException"}
_HALF_DELETED = "If Chalice stops at what is gone already, `make deploy` first makes the stage whole again."
_DELETED_AT_ONCE = 1000  # S3's limit for one request


@dataclass(frozen=True, slots=True)
class Stores:
    """The names of what holds data; empty where there is none. Logs hold the keys of objects."""

    buckets: list[str]
    table: str
    log_groups: Sequence[str] = ()


def destroy(project: Path, session: boto3.Session, name: str, poll_seconds: float = 2) -> Stores:
    """Take away the app and the stack, and return what is left and holds data.

    Raises:
        DeployError: Chalice or CloudFormation could not, or Chalice has no record of what it deployed.
    """
    stage = config.read(project / ".chalice" / "config.json", name)
    if name == "local":
        raise DeployError("The stage local is for this machine alone: it ends with `make run`.")
    account.require_same_account(project, stage, account.current(session))
    records.require_complete(project, session, stage)
    template = (project / ".chalice" / "infrastructure.yaml").read_text()
    stack = Stack(
        session.client("cloudformation"), f"{stage.app}-{name}", template, poll_seconds=poll_seconds
    )
    stores = _stores(stage, stack)
    print("[1/2] The app (chalice delete)", flush=True)
    if records.deployed(project, name):
        try:
            chalice(project, "delete", name, session.region_name)
        except DeployError as error:
            raise DeployError(f"{error} {_HALF_DELETED}") from error
        records.forget(project, name)
    _let_expire(session.client("logs"), stage)
    print(f"[2/2] The stack {stack.name}", flush=True)
    stack.delete()
    return stores


def delete_data(session: boto3.Session, stores: Stores) -> None:
    """Delete the buckets with every version of every object, the table, and the logs."""
    for bucket in stores.buckets:
        try:
            _delete_bucket(session.client("s3"), bucket)
        except ClientError as error:
            _unless_gone(error)
        print(f"  deleted {bucket}")
    if stores.table:
        try:
            _delete_table(session.client("dynamodb"), stores.table)
        except ClientError as error:
            _unless_gone(error)
        print(f"  deleted {stores.table}")
    for group in stores.log_groups:
        try:
            session.client("logs").delete_log_group(logGroupName=group)
            print(f"  deleted {group}")
        except ClientError as error:
            _unless_gone(error)


def _stores(stage: config.Stage, stack: Stack) -> Stores:
    """Ask the stack for the names; what an earlier run kept is in config.json."""
    named = stack.outputs() or {
        output: stage.environment.get(variable, "") for output, variable in VARIABLES.items()
    }
    return Stores(
        [named[each] for each in ("SourceBucket", "DestBucket") if named.get(each)],
        named.get("Table", ""),
        stage.log_groups(),
    )


def _let_expire(client: Any, stage: config.Stage) -> None:
    """Have the logs go by themselves in time: Chalice leaves them for ever, with the names of the images."""
    for group in stage.log_groups():
        try:
            client.put_retention_policy(logGroupName=group, retentionInDays=stage.log_retention_in_days)
        except ClientError as error:
            _unless_gone(error)


def _delete_bucket(client: Any, bucket: str) -> None:
    with Progress() as progress:
        task = progress.add_task(f"  emptying {bucket}", total=None)
        for batch in batched(_versions(client, bucket), _DELETED_AT_ONCE):
            _delete_versions(client, bucket, batch)
            progress.advance(task, len(batch))
    client.delete_bucket(Bucket=bucket)


def _delete_versions(client: Any, bucket: str, versions: Sequence[dict[str, str]]) -> None:
    for version in versions:
        if not fits_xml(version["Key"]):
            client.delete_object(Bucket=bucket, **version)
    together = [version for version in versions if fits_xml(version["Key"])]
    if not together:
        return
    answer = client.delete_objects(Bucket=bucket, Delete={"Objects": together, "Quiet": True})
    if failed := answer.get("Errors"):
        raise DeployError(f"{failed[0]['Key']!r} in {bucket} cannot be deleted: {failed[0]['Message']}")


def _versions(client: Any, bucket: str) -> Iterator[dict[str, str]]:
    for page in client.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for each in page.get("Versions", []) + page.get("DeleteMarkers", []):
            yield {"Key": each["Key"], "VersionId": each["VersionId"]}


def _delete_table(client: Any, table: str) -> None:
    client.update_table(TableName=table, DeletionProtectionEnabled=False)
    client.get_waiter("table_exists").wait(TableName=table)
    client.delete_table(TableName=table)


def _unless_gone(error: ClientError) -> None:
    if error.response["Error"]["Code"] not in _GONE:
        raise error


def _confirm(stage: str, confirmed: str) -> None:
    """Make sure that whoever runs this means this stage's data.

    Raises:
        DeployError: They did not name it.
    """
    if not confirmed and sys.stdin.isatty():
        confirmed = input(f"This deletes every image and record of {stage} for good. Type its name: ").strip()
    if confirmed != stage:
        raise DeployError(
            f"Nothing was deleted. To delete the data of {stage}, confirm with CONFIRM={stage}."
        )


def main() -> None:
    """Destroy STAGE."""
    with command.told(f"Stopped. Run it again to go on. {_HALF_DELETED}"):
        stage = os.environ.get("STAGE") or ""
        if not stage:
            raise DeployError("Say which stage: make destroy STAGE=dev.")
        with_data = os.environ.get("DELETE_DATA") == "yes"
        if with_data:
            _confirm(stage, os.environ.get("CONFIRM", ""))
        session = account.session()
        stores = destroy(PROJECT, session, stage, command.poll_seconds())
        if with_data:
            delete_data(session, stores)
            emptied = dict.fromkeys(
                [*RECORDED.values(), "API_READ_TOKEN_SHA256", "API_WRITE_TOKEN_SHA256"], ""
            )
            config.record(PROJECT / ".chalice" / "config.json", stage, emptied)
            return
    kept = ", ".join(name for name in [*stores.buckets, stores.table] if name) or "nothing"
    print(
        f"Kept: {kept}; the logs go by themselves. `make deploy STAGE={stage}` takes them up again; DELETE_DATA=yes deletes them."
    )


if __name__ == "__main__":
    main()
