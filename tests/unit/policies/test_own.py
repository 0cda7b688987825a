"""The policies in .chalice are what the code needs."""

import json
import subprocess
import sys

import pytest

from tools.deploy.attachments import ASYNCHRONOUS
from tools.local_stack import PROJECT
from tools.policies import differences, generator

STAGES = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]


def test_the_local_stage_s_policies_are_those_that_the_code_needs() -> None:
    project = generator.read(PROJECT)
    policies = project.policies("local", project.emulated["local"])
    changes = [line for policy in policies for line in differences.with_file(PROJECT, policy)]
    assert changes == [], "run `make policies`"


def test_every_function_has_a_file_of_its_own_in_every_stage() -> None:
    project = generator.read(PROJECT)
    functions = {each.function for each in project.policies("local", project.emulated["local"])}
    for name, stage in STAGES.items():
        files = {function: of["iam_policy_file"] for function, of in stage["lambda_functions"].items()}
        assert files.keys() == functions
        assert len(set(files.values())) == len(files)
        assert all(f"-{name}-" in file for file in files.values())


def test_whose_failed_events_are_kept_is_known_to_the_policies_too() -> None:
    project = generator.read(PROJECT)
    assert project.on_failure == dict.fromkeys(ASYNCHRONOUS, "DEAD_LETTER_QUEUE_ARN")


def test_no_policy_has_a_wildcard_but_for_what_a_bucket_or_a_log_holds() -> None:
    project = generator.read(PROJECT)
    for policy in project.policies("local", project.emulated["local"]):
        for grant in policy.grants:
            whole = grant.resource.removesuffix("/*") if grant.action.startswith("s3:") else grant.resource
            assert "*" not in grant.action + whole.removesuffix(":*")


@pytest.mark.parametrize("arguments", [["local", "--check"], ["--check"]])
def test_the_command_line_checks(arguments: list[str]) -> None:
    result = subprocess.run(
        [sys.executable, "-m", "tools.policies", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (result.returncode, result.stdout) == (0, "The policies of local are what its code needs.\n")
