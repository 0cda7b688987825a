"""`make deploy`: one stage of imagepress on AWS, created or updated."""

import os
from pathlib import Path

from tools.account import new_session
from tools.chalice_config import require_stage_name
from tools.deploy import records
from tools.deploy.steps import Deployment
from tools.errors import ToolError, exit_on_errors

PROJECT = Path(__file__).parents[2]


def parse_parameters(text: str) -> dict[str, str]:
    """Return the stack's parameters from `Name=value Name=value`.

    Raises:
        ToolError: The text has another form.
    """
    pairs = [word.partition("=") for word in text.split()]
    if any(not sign for _, sign, _ in pairs):
        raise ToolError(f"PARAMETERS must be Name=value, with spaces between several; got '{text}'.")
    return {name: value for name, _, value in pairs}


def main() -> None:
    """Deploy STAGE."""
    with exit_on_errors("Stopped. Run it again to continue: every step may be repeated."):
        stage = require_stage_name("make deploy STAGE=dev, or STAGE=prod.")
        parameters = parse_parameters(os.environ.get("PARAMETERS", ""))
        dry_run = os.environ.get("DRY_RUN", "") not in {"", "0", "no"}
        deployment = Deployment(PROJECT, new_session(), stage, parameters, dry_run=dry_run)
        deployment.run()
    if dry_run:
        print("Nothing was changed.")
        return
    api = records.read_deployed(PROJECT, stage)["rest_api"]["rest_api_url"]
    print(f"Deployed.\n  upload to  s3://{deployment.stage.environment['SOURCE_BUCKET']}\n  API        {api}")


if __name__ == "__main__":
    main()
