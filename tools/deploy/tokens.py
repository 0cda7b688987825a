"""`make token`: the API's bearer tokens of a stage, in force at once. Only their SHA-256 is stored."""

import os
import secrets
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import Final

import boto3

from chalicelib.settings import Token
from tools.account import current_account, new_session
from tools.chalice_config import read_stage, record_environment, require_stage_name
from tools.deploy import checks, records
from tools.errors import ToolError, exit_on_errors

PROJECT: Final = Path(__file__).parents[2]
VARIABLE: Final = "API_TOKENS"

_UNCERTAIN: Final = "This may be in force or not: `make token STAGE=` lists the tokens that are."

type Change = Callable[[list[Token]], list[Token]]


def needs_tokens(environment: Mapping[str, str]) -> bool:
    """Return whether a stage asks for tokens and has none."""
    return environment.get("API_AUTH", "token") == "token" and not environment.get(VARIABLE)


def make_first_tokens() -> dict[str, str]:
    """Make and show a token that reads and one that writes; return the variable that keeps their digests."""
    tokens = [make_token(role, role) for role in ("read", "write")]
    print("  Callers send `Authorization: Bearer <token>`. The one that writes reads, too.", flush=True)
    return {VARIABLE: _joined(tokens)}


def make_token(name: str, role: str, until: str = "") -> Token:
    """Make a token, and show it before it is in force: otherwise a failure could leave a token in force that is lost.

    Raises:
        ToolError: Name, role or last day are not allowed.
    """
    token = secrets.token_urlsafe(32)
    try:
        made = Token.parse(str(Token(name, role, sha256(token.encode()).hexdigest(), until)))
    except ValueError:
        raise ToolError(
            "NAME must be 1 to 32 lower-case letters, digits and hyphens, ROLE read or write, and UNTIL a day "
            f"such as 2027-01-31; got NAME='{name}', ROLE='{role}', UNTIL='{until}'."
        ) from None
    print(
        f"  A new token. Keep it now: it is not stored and not shown again.\n    {name}  {token}", flush=True
    )
    return made


def with_token(tokens: list[Token], name: str, role: str, until: str) -> list[Token]:
    """Return tokens with a new one, in place of one of this name, whose role it keeps where none is given."""
    roles = {token.name: token.role for token in tokens}
    others = [token for token in tokens if token.name != name]
    return [*others, make_token(name, role or roles.get(name, "read"), until)]


def without_token(tokens: list[Token], name: str) -> list[Token]:
    """Return tokens without the one of a name."""
    others = [token for token in tokens if token.name != name]
    if others == tokens:
        known = ", ".join(token.name for token in tokens)
        raise ToolError(f"REVOKE must be the name of a token; got '{name}'. There are: {known}.")
    return others


def change_tokens(project: Path, session: boto3.Session, name: str, change: Change | None) -> None:
    """Change the tokens of the deployed API function, and then of config.json for later deploys. List them.

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
    tokens = [Token.parse(part) for part in variables.get(VARIABLE, "").split(",") if part]
    if change:
        tokens = change(tokens)
        changed = {VARIABLE: _joined(tokens)}
        try:
            client.update_function_configuration(
                FunctionName=function, Environment={"Variables": variables | changed}
            )
            record_environment(project, name, changed)
            client.get_waiter("function_updated_v2").wait(
                FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
            )
        except BaseException:  # Ctrl-C as well
            print(_UNCERTAIN, file=sys.stderr)
            raise
    print("  In force:")
    for token in tokens:
        print(f"    {token.name:16} {token.role:5} {token.until and f'until {token.until}'}".rstrip())


def _joined(tokens: Iterable[Token]) -> str:
    return ",".join(map(str, tokens))


def main() -> None:
    """List the tokens of STAGE; make the one of NAME, or revoke the one of REVOKE."""
    with exit_on_errors("Stopped."):
        stage = require_stage_name("make token STAGE=dev, with NAME=ci for a new token, or REVOKE=ci.")
        given = {name: os.environ.get(name) or "" for name in ("NAME", "ROLE", "UNTIL", "REVOKE")}
        change: Change | None = None
        if given["NAME"]:
            change = partial(with_token, name=given["NAME"], role=given["ROLE"], until=given["UNTIL"])
        elif given["REVOKE"]:
            change = partial(without_token, name=given["REVOKE"])
        change_tokens(PROJECT, new_session(), stage, change)


if __name__ == "__main__":
    main()
