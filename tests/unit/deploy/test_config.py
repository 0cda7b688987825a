"""config.json is rewritten in place: one stage's environment changes, and not a byte beside it."""

import json
from pathlib import Path
from typing import Any

import pytest

from tools import stages
from tools.deploy import config
from tools.deploy.errors import DeployError
from tools.server import PROJECT

SHIPPED = (PROJECT / ".chalice" / "config.json").read_text()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    copy = tmp_path / "config.json"
    copy.write_text(SHIPPED)
    return copy


def test_a_recorded_variable_is_read_again(path: Path) -> None:
    config.record(path, "dev", {"SOURCE_BUCKET": 'odd "name"'})
    assert config.read(path, "dev").environment["SOURCE_BUCKET"] == 'odd "name"'


def test_other_stages_keep_their_bytes(path: Path) -> None:
    config.record(path, "prod", {"SOURCE_BUCKET": "a"})
    text = path.read_text()
    untouched = text[: text.index('"prod"')]
    assert untouched == SHIPPED[: SHIPPED.index('"prod"')]
    assert text.endswith(SHIPPED[SHIPPED.index('"lambda_functions"', SHIPPED.index('"prod"')) :])


def test_recording_the_same_again_changes_nothing(path: Path) -> None:
    config.record(path, "dev", {"SOURCE_BUCKET": "a", "TABLE_NAME": "t"})
    before = path.read_text()
    assert config.record(path, "dev", {"SOURCE_BUCKET": "a", "TABLE_NAME": "t"}) == []
    assert path.read_text() == before


def test_variables_that_exist_keep_their_place_and_value(path: Path) -> None:
    before = list(config.read(path, "dev").environment.items())
    config.record(path, "dev", {"SOURCE_BUCKET": "a"})
    assert list(config.read(path, "dev").environment.items()) == [*before, ("SOURCE_BUCKET", "a")]


def test_an_empty_value_removes_a_variable(path: Path) -> None:
    config.record(path, "dev", {"SOURCE_BUCKET": "a"})
    assert config.record(path, "dev", {"SOURCE_BUCKET": ""}) == ["SOURCE_BUCKET: a -> (none)"]
    assert "SOURCE_BUCKET" not in config.read(path, "dev").environment


def test_an_environment_may_be_empty() -> None:
    text = '{"stages": {"a": {"environment_variables": {}, "b": 1}}}'
    assert json.loads(config.with_environment(text, "a", {"X": "1"})) == {
        "stages": {"a": {"environment_variables": {"X": "1"}, "b": 1}}
    }


def test_names_within_values_are_not_mistaken_for_members() -> None:
    text = '{"x": "\\"stages\\": {", "stages": {"a": {"environment_variables": {"Y": "{"}}}}'
    changed = json.loads(config.with_environment(text, "a", {"Z": "}"}))
    assert changed == {"x": '"stages": {', "stages": {"a": {"environment_variables": {"Z": "}"}}}}


def test_an_unknown_stage_is_named_beside_those_there_are(path: Path) -> None:
    with pytest.raises(DeployError, match="no stage 'staging', only dev, local, prod"):
        config.read(path, "staging")


def test_a_file_that_is_no_json_is_told_with_the_place(path: Path) -> None:
    path.write_text('{\n  "stages": {,}\n}')
    with pytest.raises(DeployError, match=r"/config\.json is no JSON, at line 2, column 14"):
        config.read(path, "dev")


def test_the_tools_that_operate_a_stage_tell_so_too(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text("{")
    monkeypatch.setattr(stages, "CONFIG", path)
    with pytest.raises(stages.StageError, match=r"/config\.json is no JSON"):
        stages.chosen()


@pytest.mark.parametrize(
    "limits", [{"rate": 5}, {"burst": "100"}, {"burst": 0}, {"requests_per_second": True}, 50]
)
def test_limits_that_are_none_are_named_with_what_may_stand_there(path: Path, limits: Any) -> None:
    path.write_text(json.dumps(json.loads(SHIPPED) | {"throttling": limits}))
    with pytest.raises(DeployError, match=r'"throttling" of the stage dev is .*"requests_per_second": 50'):
        config.read(path, "dev")


def test_limits_of_a_stage_are_read(path: Path) -> None:
    path.write_text(json.dumps(json.loads(SHIPPED) | {"throttling": {"burst": 7}}))
    stage = config.read(path, "dev")
    assert (stage.requests_per_second, stage.burst) == (50, 7)


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_settings_are_valid_before_the_stack_has_named_its_resources(path: Path, name: str) -> None:
    config.require_valid_settings(config.read(path, name), {})


@pytest.mark.parametrize(
    ("variable", "value", "told"),
    [
        ("API_AUTH", "tokn", "API_AUTH must be token, .*; got 'tokn'"),
        ("MAX_WIDTH", "abc", "MAX_WIDTH must be a whole number from 1 to 16383; got 'abc'"),
        ("MAX_WIDTH", "", "MAX_WIDTH must be .*; got ''"),
        ("MAX_WIDTH", 800, "MAX_WIDTH must be a string in quotes; got 800"),
        ("COMPRESS_FUNCTION", "", "COMPRESS_FUNCTION is not set"),
        ("SOURCE_BUCKET", "a.b.c", "SOURCE_BUCKET must be .*; got 'a.b.c'"),
    ],
)
def test_settings_that_the_app_would_refuse_are_refused_first(
    path: Path, variable: str, value: Any, told: str
) -> None:
    whole = json.loads(SHIPPED)
    whole["stages"]["dev"]["environment_variables"][variable] = value
    path.write_text(json.dumps(whole))
    with pytest.raises(DeployError, match=f"^The settings of dev in .chalice/config.json: {told}"):
        config.require_valid_settings(config.read(path, "dev"), {})


def test_a_name_that_the_app_would_refuse_is_not_given_to_the_stack(path: Path) -> None:
    with pytest.raises(DeployError, match=r"SOURCE_BUCKET must be .*; got 'a\.b\.c'"):
        config.require_valid_settings(config.read(path, "dev"), {"SOURCE_BUCKET": "a.b.c"})


def test_functions_are_named_as_chalice_names_them(path: Path) -> None:
    stage = config.read(path, "dev")
    assert stage.function_name("compress") == "imagepress-dev-compress"
    assert stage.function_name("api_handler") == "imagepress-dev"


def test_the_api_s_log_has_the_name_that_lambda_gives_it_and_that_which_chalice_does(path: Path) -> None:
    groups = config.read(path, "dev").log_groups()
    assert {"/aws/lambda/imagepress-dev", "/aws/lambda/imagepress-dev-api_handler"} < set(groups)
    assert "/aws/lambda/imagepress-dev-compress" in groups
    assert len(groups) == len(set(groups)) == 6


@pytest.mark.parametrize(
    ("everywhere", "stage", "function", "reserved"),
    [(None, None, None, None), (3, None, None, 3), (3, 2, None, 2), (3, 2, 1, 1)],
)
def test_concurrency_is_reserved_as_chalice_reads_it(
    tmp_path: Path, everywhere: int | None, stage: int | None, function: int | None, reserved: int | None
) -> None:
    def setting(value: int | None) -> dict[str, int]:
        return {} if value is None else {"reserved_concurrency": value}

    functions = {"compress": setting(function)}
    stages = {"dev": {"lambda_functions": functions, **setting(stage)}}
    (tmp_path / "config.json").write_text(
        json.dumps({"app_name": "imagepress", "stages": stages, **setting(everywhere)})
    )

    read = config.read(tmp_path / "config.json", "dev")

    assert read.functions["compress"]["reserved_concurrency"] == reserved
