"""`make token`: new bearer tokens for the API of a stage, in force at once. Only their SHA-256 is stored."""

import os
import secrets
import sys
from collections.abc import Iterable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Final

import boto3

from tools.account import current_account, new_session
from tools.chalice_config import read_stage, record_environment, require_stage_name
from tools.deploy import checks, records
from tools.errors import ToolError, exit_on_errors

PROJECT: Final = Path(__file__).parents[2]
DIGESTS: Final = {"read": "API_READ_TOKEN_SHA256", "write": "API_WRITE_TOKEN_SHA256"}
"""The variable of each role's digest; the write token reads, too."""

_UNCERTAIN: Final = (
    "The tokens above or the earlier ones may be in force: run this again, and keep the tokens that it shows."
)


def list_missing_roles(environment: Mapping[str, str]) -> list[str]:
    """Return the roles that need a token and have none."""
    if environment.get("API_AUTH", "token") != "token":
        return []
    return [role for role, variable in DIGESTS.items() if not environment.get(variable)]


def make_tokens(roles: Iterable[str]) -> dict[str, str]:
    """Make a token for each role, show the tokens, and return their digests by variable.

    The tokens are shown before they are put in force: otherwise a failure could leave a token in force that is lost.
    """
    print("  The API's new tokens. Keep them now: they are not stored and not shown again.")
    digests = {}
    for role in roles:
        token = secrets.token_urlsafe(32)
        print(f"    {role:5}  {token}")
        digests[DIGESTS[role]] = sha256(token.encode()).hexdigest()
    print("  Callers send `Authorization: Bearer <token>`. The write token reads, too.", flush=True)
    return digests


def rotate(project: Path, session: boto3.Session, name: str, roles: Iterable[str]) -> None:
    """Replace tokens in the deployed API function, then in config.json for later deploys.

    Raises:
        ToolError: The stage does not use tokens, or has not been deployed.
    """
    stage = read_stage(project, name)
    checks.require_deployable(stage)
    if stage.auth != "token":
        raise ToolError(f"The stage {name} uses API_AUTH={stage.auth}, which has no tokens.")
    checks.require_same_account(project, stage, current_account(session))
    deployed = records.read_deployed(project, name)
    if "api_handler" not in deployed:
        raise ToolError(f"The stage {name} is not deployed: `make deploy STAGE={name}` makes its tokens.")
    client = session.client("lambda")
    function = deployed["api_handler"]["lambda_arn"]
    variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    digests = make_tokens(roles)
    try:
        client.update_function_configuration(
            FunctionName=function, Environment={"Variables": variables | digests}
        )
        record_environment(project, name, digests)
        client.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except BaseException:  # Ctrl-C as well
        print(_UNCERTAIN, file=sys.stderr)
        raise
    print("  They are in force. The earlier ones are refused.")


def main() -> None:
    """Replace both tokens of STAGE, or only the token of ROLE."""
    with exit_on_errors("Stopped."):
        stage = require_stage_name("make token STAGE=dev, with ROLE=read or ROLE=write for one token.")
        role = os.environ.get("ROLE") or ""
        if role and role not in DIGESTS:
            raise ToolError(f"ROLE must be {' or '.join(DIGESTS)}; got '{role}'.")
        rotate(PROJECT, new_session(), stage, [role] if role else DIGESTS)


if __name__ == "__main__":
    main()
