"""`make policies`: write the policies of STAGE, `local` unless given; with CHECK=1, only compare them."""

import difflib
import os
import sys
from pathlib import Path

from tools.account import Account, current_account, new_session
from tools.chalice_config import read_stage
from tools.errors import exit_on_errors
from tools.policies.stage import Policy, policies

PROJECT = Path(__file__).parents[2]
LOCAL = Account("000000000000", "us-east-1", "the emulated AWS of `make run`")


def compare_with_file(project: Path, policy: Policy) -> list[str]:
    """Return the lines of a unified diff from a policy's file to the policy; none if they agree."""
    path = project / ".chalice" / policy.file
    before = path.read_text().splitlines() if path.is_file() else []
    return list(difflib.unified_diff(before, policy.text().splitlines(), path.name, "generated", lineterm=""))


def main() -> None:
    """Write or check the policies of a stage."""
    stage, only_check = os.environ.get("STAGE") or "local", bool(os.environ.get("CHECK"))
    with exit_on_errors("Stopped: no policy was written."):
        read_stage(PROJECT, stage)  # an unknown stage is refused before AWS is called
        where = LOCAL if stage == "local" else current_account(new_session())
        found = policies(PROJECT, stage, where)
    changes = [line for policy in found for line in compare_with_file(PROJECT, policy)]
    print("\n".join(changes or [f"The policies of {stage} are what its code needs."]))
    if only_check:
        sys.exit(1 if changes else 0)
    for policy in found:
        (PROJECT / ".chalice" / policy.file).write_text(policy.text())


if __name__ == "__main__":
    main()
