"""config.json is rewritten in place: one stage's environment changes, and not a byte beside it."""

import json
from pathlib import Path

import pytest

from tools.deploy import config
from tools.deploy.errors import DeployError
from tools.local_stack import PROJECT

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


def test_functions_are_named_as_chalice_names_them(path: Path) -> None:
    stage = config.read(path, "dev")
    assert stage.function_name("compress") == "imagepress-dev-compress"
    assert stage.function_name("api_handler") == "imagepress-dev"


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
