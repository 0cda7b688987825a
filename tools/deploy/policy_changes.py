"""The difference between a policy and the one that is deployed."""

import json
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tools.policies.stage import Policy


def compare_with_deployed(client: Any, policy: Policy) -> list[str]:
    """Return a line for each action on a resource that a deploy will allow (`+`) or no longer allow (`-`)."""
    before = set(_list_permissions(_read_deployed(client, policy.role)))
    after = set(_list_permissions(json.loads(policy.text())))
    lines = [(line, "+" if line in after else "-") for line in before ^ after]
    return [f"{sign} {policy.role}: {line}" for line, sign in sorted(lines)]


def _read_deployed(client: Any, role: str) -> Any:
    try:
        return client.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except ClientError as error:
        if (
            error.response["Error"]["Code"] == "NoSuchEntity"
        ):  # at the first deploy, the role is missing as well
            return {"Statement": []}
        raise


def _list_permissions(document: Any) -> Iterator[str]:
    for statement in _as_list(document["Statement"]):
        if statement.get("Effect") == "Allow" and statement.keys() <= {"Sid", "Effect", "Action", "Resource"}:
            for action in _as_list(statement["Action"]):
                yield from (f"{action} on {resource}" for resource in _as_list(statement["Resource"]))
        else:  # written by hand
            yield json.dumps(statement)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
