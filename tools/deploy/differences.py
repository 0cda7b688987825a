"""How a policy differs from the one that is deployed."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError

from tools.policies.stage import Policy


def with_deployed(client: Any, policy: Policy) -> list[str]:
    """Return a line for each action on each resource that a deploy will allow (`+`) or no longer allow (`-`)."""
    before = set(_allowed(_deployed(client, policy.role)))
    after = {_line(grant.action, grant.resource) for grant in policy.grants}
    lines = [("-", line) for line in before - after] + [("+", line) for line in after - before]
    return [f"{sign} {policy.role}: {line}" for sign, line in sorted(lines, key=lambda each: each[::-1])]


def _deployed(client: Any, role: str) -> Mapping[str, Any]:
    try:
        document: Mapping[str, Any] = client.get_role_policy(RoleName=role, PolicyName=role)["PolicyDocument"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchEntity":  # neither is the role, at the first deploy
            return {"Statement": []}
        raise
    return document


def _allowed(document: Mapping[str, Any]) -> Iterator[str]:
    for statement in _several(document["Statement"]):
        if statement.get("Effect") == "Allow" and statement.keys() <= {"Sid", "Effect", "Action", "Resource"}:
            for action in _several(statement["Action"]):
                yield from (_line(action, resource) for resource in _several(statement["Resource"]))
        else:  # written by hand: whatever it says goes
            yield json.dumps(statement)


def _line(action: str, resource: str) -> str:
    return f"{action} on {resource}"


def _several(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
