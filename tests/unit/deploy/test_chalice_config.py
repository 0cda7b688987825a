"""config.json is read as Chalice reads it, and rewritten with one stage's environment changed."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from tools import stages
from tools.chalice_config import config_path, read_stage, record_environment
from tools.deploy import checks
from tools.errors import ToolError
from tools.server import PROJECT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".chalice").mkdir()
    shutil.copy(config_path(PROJECT), config_path(tmp_path))
    return tmp_path


def change(project: Path, **members: Any) -> None:
    """Set members of config.json."""
    path = config_path(project)
    path.write_text(json.dumps(json.loads(path.read_text()) | members))


def test_only_the_recorded_variable_changes_in_the_file(project: Path) -> None:
    before = config_path(project).read_text().splitlines()
    record_environment(project, "dev", {"API_AUTH": "iam"})
    after = config_path(project).read_text().splitlines()
    assert [line for line in after if line not in before] == ['        "API_AUTH": "iam"']
    assert len(after) == len(before)


def test_recorded_variables_are_read_again_after_those_that_exist(project: Path) -> None:
    before = list(read_stage(project, "dev").environment.items())
    recorded = ("SOURCE_BUCKET", 'odd "n\u00e4me"')
    assert record_environment(project, "dev", dict([recorded])) == [f"SOURCE_BUCKET: (none) -> {recorded[1]}"]
    assert record_environment(project, "dev", dict([recorded])) == []
    assert list(read_stage(project, "dev").environment.items()) == [*before, recorded]


def test_every_tool_says_where_the_file_is_not_json(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config_path(project).write_text('{\n  "stages": {,}\n}')
    monkeypatch.setattr(stages, "PROJECT", project)
    for read in (lambda: read_stage(project, "dev"), stages.choose_stage):
        with pytest.raises(ToolError, match=r"/config\.json must be JSON; line 2, column 14: "):
            read()


@pytest.mark.parametrize(
    "limits", [{"rate": 5}, {"burst": "100"}, {"burst": 0}, {"requests_per_second": True}, 50]
)
def test_limits_that_are_not_valid_are_refused_with_an_example(project: Path, limits: Any) -> None:
    change(project, throttling=limits)
    with pytest.raises(ToolError, match=r'"throttling" of the stage dev .*"requests_per_second": 50.*; got '):
        read_stage(project, "dev")


def test_limits_are_read(project: Path) -> None:
    change(project, throttling={"burst": 7})
    stage = read_stage(project, "dev")
    assert (stage.requests_per_second, stage.burst) == (50, 7)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_settings_are_valid_before_the_stack_has_named_its_resources(project: Path, name: str) -> None:
    checks.require_valid_settings(read_stage(project, name), {})


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("API_AUTH", "tokn", "API_AUTH must be token, .*; got 'tokn'"),
        ("MAX_WIDTH", "abc", "MAX_WIDTH must be a whole number from 1 to 16383; got 'abc'"),
        ("MAX_WIDTH", 800, "MAX_WIDTH must be a string in quotes; got 800"),
        ("COMPRESS_FUNCTION", "", "COMPRESS_FUNCTION is not set"),
    ],
)
def test_settings_that_the_app_would_refuse_are_refused_first(
    project: Path, variable: str, value: Any, message: str
) -> None:
    whole = json.loads(config_path(project).read_text())
    whole["stages"]["dev"]["environment_variables"][variable] = value
    change(project, **whole)
    with pytest.raises(ToolError, match=f"^The settings of dev in .chalice/config.json: {message}"):
        checks.require_valid_settings(read_stage(project, "dev"), {})


@pytest.mark.parametrize(
    ("everywhere", "stage", "function", "reserved"),
    [(None, None, None, None), (3, None, None, 3), (3, 2, None, 2), (3, 2, 1, 1)],
)
def test_concurrency_is_reserved_as_chalice_reads_it(
    project: Path, everywhere: int | None, stage: int | None, function: int | None, reserved: int | None
) -> None:
    def setting(value: int | None) -> dict[str, int]:
        return {} if value is None else {"reserved_concurrency": value}

    stages = {"dev": {"lambda_functions": {"compress": setting(function)}, **setting(stage)}}
    change(project, stages=stages, **setting(everywhere))
    assert read_stage(project, "dev").functions["compress"]["reserved_concurrency"] == reserved
