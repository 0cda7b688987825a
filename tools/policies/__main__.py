"""`make policies`: write the policies of STAGE, `local` unless given; with `--check`, only compare them."""

import argparse
import os
import sys
from pathlib import Path

from tools.deploy import account, command, config
from tools.policies import differences, generator
from tools.policies.errors import PolicyError
from tools.policies.generator import Policy, Project

PROJECT = Path(__file__).parents[2]


def _policies(project: Project, stage: str) -> list[Policy]:
    """Return the policies of a stage, which has to be one before AWS is asked where it is.

    Raises:
        DeployError: config.json has no such stage.
        BotoCoreError: There are no credentials, or no region.
        ClientError: AWS does not accept them.
    """
    config.read(PROJECT / ".chalice" / "config.json", stage)
    where = project.emulated.get(stage)
    if where is None:
        session = account.session()
        where = account.of_arns(session, account.current(session))
    return project.policies(stage, where)


def main() -> None:
    """Write or check the policies of a stage."""
    parser = argparse.ArgumentParser(prog="python -m tools.policies", description=__doc__)
    parser.add_argument("stage", nargs="?", default=os.environ.get("STAGE") or "local")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file differs")
    given = parser.parse_args()
    with command.told("Stopped: no policy was written."):
        try:
            project = generator.read(PROJECT)
            policies = _policies(project, given.stage)
        except PolicyError as error:
            sys.exit(str(error))
    changes = [line for policy in policies for line in differences.with_file(PROJECT, policy)]
    print("\n".join(changes or [f"The policies of {given.stage} are what its code needs."]))
    if given.check:
        sys.exit(1 if changes else 0)
    project.write(policies)


if __name__ == "__main__":
    main()
