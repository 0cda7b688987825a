"""`make policies`: write the policies of STAGE, `local` unless given; with CHECK=1, only compare them."""

import difflib
import os
import sys
from pathlib import Path

from tools.deploy import account, command, config
from tools.policies.program import PolicyError
from tools.policies.stage import Policy, policies

PROJECT = Path(__file__).parents[2]
LOCAL = account.Account("000000000000", "us-east-1", "the emulated AWS of `make run`")


def differences(project: Path, policy: Policy) -> list[str]:
    """Return the lines of a unified diff from a policy's file to the policy; none if they agree."""
    path = project / ".chalice" / policy.file
    before = path.read_text() if path.is_file() else ""
    lines = before.splitlines(), policy.text().splitlines()
    return list(difflib.unified_diff(*lines, path.name, "generated", lineterm=""))


def main() -> None:
    """Write or check the policies of a stage."""
    stage, only_check = os.environ.get("STAGE") or "local", bool(os.environ.get("CHECK"))
    with command.told("Stopped: no policy was written."):
        try:
            config.read(PROJECT / ".chalice" / "config.json", stage)  # before AWS is asked
            where = LOCAL if stage == "local" else account.current(account.session())
            found = policies(PROJECT, stage, where)
        except PolicyError as error:
            sys.exit(str(error))
    changes = [line for policy in found for line in differences(PROJECT, policy)]
    print("\n".join(changes or [f"The policies of {stage} are what its code needs."]))
    if only_check:
        sys.exit(1 if changes else 0)
    for policy in found:
        (PROJECT / ".chalice" / policy.file).write_text(policy.text())


if __name__ == "__main__":
    main()
