"""`make token`: new tokens for the API of a stage, in force at once; the old ones are refused from then on."""

import os
import sys
from pathlib import Path

import boto3

from tools.deploy import account, command, config, records, tokens
from tools.deploy.errors import DeployError

PROJECT = Path(__file__).parents[2]
_UNCERTAIN = "The tokens above may be in force, or those before: run this again, and keep the tokens that it shows then."


def rotate(project: Path, session: boto3.Session, name: str, roles: list[str]) -> None:
    """Replace tokens in the deployed API function, then in config.json for deploys to come.

    They are shown before they are put in force, so that none is ever in force that nobody has seen.

    Raises:
        DeployError: The stage does not use tokens, or has not been deployed.
    """
    path = project / ".chalice" / "config.json"
    stage = config.read(path, name)
    account.require_deployable(stage)
    if stage.environment.get("API_AUTH", "token") != "token":
        raise DeployError(f"The stage {name} has API_AUTH={stage.environment['API_AUTH']}: it has no tokens.")
    where = account.current(session)
    account.require_same_account(project, stage, where)
    deployed = records.deployed(project, name)
    if "api_handler" not in deployed:
        raise DeployError(f"The stage {name} is not deployed: `make deploy STAGE={name}` makes its tokens.")
    made = tokens.new(roles)
    client = session.client("lambda")
    function = deployed["api_handler"]["lambda_arn"]
    variables = client.get_function_configuration(FunctionName=function)["Environment"]["Variables"]
    print(made.shown(), flush=True)
    try:
        client.update_function_configuration(
            FunctionName=function, Environment={"Variables": variables | made.digests()}
        )
        config.record(path, name, made.digests())
        client.get_waiter("function_updated_v2").wait(
            FunctionName=function, WaiterConfig={"Delay": 1, "MaxAttempts": 120}
        )
    except BaseException:  # Ctrl-C as well
        print(_UNCERTAIN, file=sys.stderr)
        raise
    print("  They are in force: those before are refused from now on.")


def main() -> None:
    """Rotate the tokens of STAGE, or only that of ROLE."""
    with command.told("Stopped."):
        stage, role = os.environ.get("STAGE") or "", os.environ.get("ROLE") or ""
        if not stage:
            raise DeployError(
                "Say which stage: make token STAGE=dev, and ROLE=read or ROLE=write for one alone."
            )
        if role and role not in tokens.DIGESTS:
            raise DeployError(f"ROLE is {role!r}, but must be {' or '.join(tokens.DIGESTS)}.")
        rotate(PROJECT, account.session(), stage, [role] if role else list(tokens.DIGESTS))


if __name__ == "__main__":
    main()
