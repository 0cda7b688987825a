"""Which account and region a deploy goes to, and whether it may go there."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
from botocore.exceptions import NoRegionError

from tools.deploy import records
from tools.deploy.config import Stage
from tools.deploy.errors import DeployError


@dataclass(frozen=True, slots=True)
class Account:
    """Where a deploy goes to.

    Attributes:
        identifier: The account's id.
        region: The region.
        caller: The ARN of the user or role that deploys.
        partition: `aws`, or another partition of AWS.
    """

    identifier: str
    region: str
    caller: str
    partition: str = "aws"

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.identifier}:{resource}"


def session() -> boto3.Session:
    """Return a session in AWS_REGION, which botocore does not read, or else where its own variables and files say."""
    return boto3.Session(region_name=os.environ.get("AWS_REGION") or None)


def current(session: boto3.Session) -> Account:
    """Return the account that the credentials are of.

    Raises:
        BotoCoreError: There are no credentials, or no region.
        ClientError: AWS does not accept them.
    """
    if not session.region_name:
        raise NoRegionError
    identity = session.client("sts").get_caller_identity()
    partition = identity["Arn"].split(":")[1]
    return Account(identity["Account"], session.region_name, identity["Arn"], partition)


def require_deployable(stage: Stage) -> None:
    """Refuse what must never be reachable from outside.

    Raises:
        DeployError: It is the local stage, or one whose API anyone could call.
    """
    if stage.name == "local":
        raise DeployError("The stage local is for this machine alone: `make run` starts it.")
    if stage.environment.get("API_AUTH", "token") == "none":
        raise DeployError(
            f"The stage {stage.name} has API_AUTH=none in .chalice/config.json: anyone could call its API. "
            "Remove it (token is the default), or set it to token, iam or cognito:<user pool arn>."
        )


def require_same_account(project: Path, stage: Stage, account: Account) -> None:
    """Refuse to change one account's app by the records of another's.

    Raises:
        DeployError: The stage was deployed to another account or region, as Chalice's record or config.json tells.
    """
    recorded = [
        value for resource in records.deployed(project, stage.name).values() for value in resource.values()
    ]
    for value in [*recorded, stage.environment.get("DEAD_LETTER_QUEUE_ARN", "")]:
        found = re.match(r"arn:[a-z-]+:(?:lambda|sqs):([a-z0-9-]+):([0-9]{12}):", str(value))
        if found and found.groups() != (account.region, account.identifier):
            raise DeployError(
                f"The stage {stage.name} was deployed to account {found[2]} in {found[1]}, but these credentials are "
                f"of account {account.identifier} in {account.region}: choose the other AWS_PROFILE and AWS_REGION. "
                "What is to be here as well needs a stage of its own in .chalice/config.json; what is to be here "
                f"instead, that {stage.name} is destroyed there first, with its data (DELETE_DATA=yes)."
            )


def require_concurrency(session: boto3.Session, stage: Stage) -> None:
    """Refuse a reserved concurrency that the account cannot give, before anything is changed.

    Raises:
        DeployError: The account keeps too few executions for it.
    """
    wanted = {name: each["reserved_concurrency"] for name, each in stage.functions.items() if _reserves(each)}
    if not wanted:
        return
    limit = session.client("lambda").get_account_settings()["AccountLimit"]["ConcurrentExecutions"]
    kept_free = min(limit, 100)  # Lambda lets no more than the rest be reserved
    if sum(wanted.values()) > limit - kept_free:
        raise DeployError(
            f"The functions {', '.join(wanted)} reserve {sum(wanted.values())} executions in .chalice/config.json, "
            f"but of this account's {limit} only {limit - kept_free} may be reserved: lower or remove "
            "reserved_concurrency, or ask AWS for a higher quota."
        )


def _reserves(function: Mapping[str, Any]) -> bool:
    return function.get("reserved_concurrency") is not None
