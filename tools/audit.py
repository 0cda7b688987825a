"""`make audit`: known vulnerabilities of every pinned package.

pip-audit calls a package that its service does not answer for "skipped" and succeeds; here that counts as a failure.
"""

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).parent.parent
_FILES = ["requirements.txt", "tools/requirements.txt", "bench/requirements.txt"]
VULNERABLE, UNCHECKED = 1, 2


def verdict(dependencies: Sequence[Mapping[str, Any]]) -> tuple[int, list[str]]:
    """Return the exit status and what to print.

    Args:
        dependencies: As pip-audit's JSON lists them: `name`, and `version` and `vulns`, or `skip_reason`.
    """
    found = [
        f"{each['name']} {each['version']}: {vulnerability['id']}, fixed in {_fixed(vulnerability)}"
        for each in dependencies
        for vulnerability in each.get("vulns", [])
    ]
    unchecked = [each["name"] for each in dependencies if "skip_reason" in each]
    if unchecked:
        found.append(
            f"{len(unchecked)} of {len(dependencies)} packages could not be checked, since the advisory service "
            f"gave no answer for them: {', '.join(unchecked)}"
        )
    if any(each.get("vulns") for each in dependencies):
        return VULNERABLE, found
    if unchecked or not dependencies:
        return UNCHECKED, found or ["Nothing was checked."]
    return 0, [f"None of {len(dependencies)} packages has a known vulnerability."]


def _fixed(vulnerability: Mapping[str, Any]) -> str:
    return ", ".join(vulnerability["fix_versions"]) or "no version yet"


def main() -> None:
    """Ask for each file, and exit with 0 only if every package was checked and none is vulnerable."""
    dependencies: list[Mapping[str, Any]] = []
    for file in _FILES:
        command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", file]
        result = subprocess.run(
            [*command, "--format", "json", "--progress-spinner", "off"],
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        try:
            dependencies += json.loads(result.stdout)["dependencies"]
        except json.JSONDecodeError:
            last = (result.stderr.strip() or "no answer").splitlines()[-1]
            print(f"{file} could not be checked: {last}")
            sys.exit(UNCHECKED)
    status, lines = verdict(dependencies)
    print("\n".join(lines))
    sys.exit(status)


if __name__ == "__main__":
    main()
