"""An audit succeeds only when every package was checked and none is vulnerable."""

import pytest

from tools.audit import UNCHECKED, VULNERABLE, verdict

CLEAN = {"name": "clean", "version": "1", "vulns": []}
SKIPPED = {"name": "skipped", "skip_reason": "not found"}
BAD = {"name": "bad", "version": "1", "vulns": [{"id": "CVE-1", "fix_versions": ["2"]}]}
HOPELESS = {"name": "hopeless", "version": "1", "vulns": [{"id": "CVE-2", "fix_versions": []}]}


@pytest.mark.parametrize(
    ("dependencies", "status", "said"),
    [
        ([CLEAN], 0, "None of 1 packages"),
        ([CLEAN, SKIPPED], UNCHECKED, "1 of 2 packages could not be checked"),
        ([], UNCHECKED, "Nothing was checked"),
        ([CLEAN, BAD], VULNERABLE, "bad 1: CVE-1, fixed in 2"),
        ([HOPELESS], VULNERABLE, "CVE-2, fixed in no version yet"),
        ([BAD, SKIPPED], VULNERABLE, "skipped"),
    ],
)
def test_the_verdict(dependencies: list[dict[str, object]], status: int, said: str) -> None:
    found, lines = verdict(dependencies)
    assert found == status
    assert said in "\n".join(lines)
