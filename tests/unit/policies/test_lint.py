"""Each policy as a linter of others sees it: actions that exist, resources that fit them, sizes that IAM accepts."""

import json
import warnings
from pathlib import Path
from typing import Any

import pytest

from tools.server import PROJECT

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # it imports pkg_resources, which is deprecated
    from parliament import analyze_policy_string

POLICIES = [
    *sorted((PROJECT / ".chalice").glob("policy-local-*.json")),
    PROJECT / "docs" / "deployer-policy.json",
]

MOST_CHARACTERS = 6_144
"""Of a managed policy, without white space: IAM's quota. A role's own policies may have more."""

ACCEPTED = {
    "RESOURCE_POLICY_PRIVILEGE_ESCALATION": "",  # a deployer is in effect an administrator, see docs/deploying.md
    "UNKNOWN_ACTION": "Unknown action s3:GetBucketAbac",  # newer than the linter's data
}
"""Findings that start with these words are right as they are."""


@pytest.mark.parametrize("path", POLICIES, ids=lambda path: path.name)
def test_linter_finds_nothing_in_a_policy_and_iam_accepts_its_size(path: Path) -> None:
    findings = analyze_policy_string(path.read_text()).findings

    assert [
        finding
        for finding in findings
        if finding.issue not in ACCEPTED or not str(finding.detail).startswith(ACCEPTED[finding.issue])
    ] == []
    assert len(json.dumps(json.loads(path.read_text()), separators=(",", ":"))) <= MOST_CHARACTERS


def test_linter_finds_an_action_that_does_not_exist() -> None:
    statement: Any = {"Effect": "Allow", "Action": "s3:GetObjekt", "Resource": "*"}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})

    assert analyze_policy_string(text).findings
