"""What a deploy refuses before it changes anything."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib.settings import Settings, SettingsError
from tools.account import Account
from tools.chalice_config import StageConfig
from tools.deploy import records
from tools.errors import ToolError

# Valid names for what the stack will name, so that settings can be checked before there is a stack.
_PLACEHOLDERS: Final = {
    "SOURCE_BUCKET": "source-not-yet",
    "DEST_BUCKET": "dest-not-yet",
    "TABLE_NAME": "not-yet",
}
_NOT_RESERVABLE: Final = 100  # Lambda keeps so many executions for functions that reserve none


def require_deployable(stage: StageConfig) -> None:
    """Refuse what must never be reachable from outside.

    Raises:
        ToolError: It is the local stage, or a stage whose API anyone could call.
    """
    if stage.name == "local":
        raise ToolError("The stage local is for this machine only: `make run` starts it.")
    if stage.auth == "none":
        raise ToolError(
            f"The stage {stage.name} has API_AUTH=none in .chalice/config.json: anyone could call its API. "
            "Remove it (token is the default), or set it to token, iam or cognito:<user pool arn>."
        )


def require_valid_settings(stage: StageConfig, names: Mapping[str, str]) -> None:
    """Refuse settings that the app would refuse.

    Args:
        stage: The stage.
        names: Names that are given to the stack in this deploy, by their variable.

    Raises:
        ToolError: A setting is not valid; the message says which and why.
    """
    given: dict[str, Any] = {**stage.environment, **names}
    placeholders = {name: value for name, value in _PLACEHOLDERS.items() if not given.get(name)}
    try:
        for name, value in given.items():
            if not isinstance(value, str):
                raise SettingsError(f"{name} must be a string in quotes; got {json.dumps(value)}")
        Settings.from_environment(given | placeholders)
    except SettingsError as error:
        raise ToolError(f"The settings of {stage.name} in .chalice/config.json: {error}.") from error


def require_same_account(project: Path, stage: StageConfig, account: Account) -> None:
    """Refuse to change one account's app by the records of another's.

    Raises:
        ToolError: Chalice's record or config.json names another account or region.
    """
    recorded = json.dumps([records.read_deployed(project, stage.name), dict(stage.environment)])
    for region, identifier in re.findall(r'"arn:[a-z-]+:(?:lambda|sqs):([a-z0-9-]+):([0-9]{12}):', recorded):
        if (region, identifier) != (account.region, account.identifier):
            raise ToolError(
                f"The stage {stage.name} was deployed to account {identifier} in {region}, but these credentials "
                f"belong to account {account.identifier} in {account.region}: choose the other AWS_PROFILE and "
                "AWS_REGION. To deploy here as well, add a stage to .chalice/config.json. To move the stage, "
                "destroy it there first, with its data (DELETE_DATA=yes)."
            )


def require_concurrency(session: boto3.Session, stage: StageConfig) -> None:
    """Refuse a reserved concurrency that the account cannot give.

    Raises:
        ToolError: All functions of the account leave too few executions for it.
    """
    wanted = {name: each.get("reserved_concurrency") or 0 for name, each in stage.functions.items()}
    if not any(wanted.values()):
        return
    client = session.client("lambda")
    limits = client.get_account_settings()["AccountLimit"]
    unreserved = limits["UnreservedConcurrentExecutions"]
    for name in stage.functions:  # what this stage has reserved already is not lost to it
        try:
            found = client.get_function_concurrency(FunctionName=stage.function_name(name))
            unreserved += found.get("ReservedConcurrentExecutions", 0)
        except client.exceptions.ResourceNotFoundException:
            continue
    available = max(unreserved - _NOT_RESERVABLE, 0)
    if sum(wanted.values()) > available:
        raise ToolError(
            f"The functions {', '.join(name for name, number in wanted.items() if number)} reserve "
            f"{sum(wanted.values())} executions in .chalice/config.json, but this account can reserve only "
            f"{available}: lower or remove reserved_concurrency, or ask AWS for a higher quota."
        )
