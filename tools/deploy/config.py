"""A stage in .chalice/config.json: read it, and rewrite its environment without touching the rest of the file."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chalicelib.settings import Settings, SettingsError
from tools.deploy.errors import DeployError

# What the stack will name, in names that the settings allow, for the settings to be checked before there is a stack.
_NOT_YET = {"SOURCE_BUCKET": "source-not-yet", "DEST_BUCKET": "dest-not-yet", "TABLE_NAME": "not-yet"}
_THROTTLING = {"requests_per_second", "burst"}
_DECODER = json.JSONDecoder()
_SPACE = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Stage:
    """One stage as config.json describes it.

    Attributes:
        name: `dev` or `prod`.
        app: The app's name; part of every function's name.
        environment: Its `environment_variables`.
        functions: The keys of its `lambda_functions`, with what each sets.
        architecture: `lambda_architecture`: `x86_64` or `arm64`.
        requests_per_second: API Gateway's limit over all callers, `throttling.requests_per_second`.
        burst: How many requests may come at once, `throttling.burst`.
        log_retention_in_days: How long a line of a log is kept, `log_retention_in_days`.
    """

    name: str
    app: str
    environment: Mapping[str, str]
    functions: Mapping[str, Mapping[str, Any]]
    architecture: str = "x86_64"
    requests_per_second: int = 50
    burst: int = 100
    log_retention_in_days: int = 30

    def function_name(self, function: str) -> str:
        """Return the name on AWS of one of the functions; Chalice gives the API's no suffix."""
        suffix = "" if function == "api_handler" else f"-{function}"
        return f"{self.app}-{self.name}{suffix}"

    def log_groups(self) -> list[str]:
        """Return the log groups of its functions: those that Lambda writes to, and those that Chalice makes.

        They differ for the API, whose group Chalice does name with a suffix.
        """
        names = {self.function_name(function) for function in self.functions}
        names |= {f"{self.app}-{self.name}-{function}" for function in self.functions}
        return [f"/aws/lambda/{name}" for name in sorted(names)]


def read(path: Path, stage: str) -> Stage:
    """Return a stage.

    Raises:
        DeployError: The file is no JSON, has no such stage, or limits requests by what is no limit.
    """
    whole = loaded(path)
    stages = whole["stages"]
    if stage not in stages:
        raise DeployError(f"{path.name} has no stage {stage!r}, only {', '.join(sorted(stages))}.")
    chosen = stages[stage]
    # As Chalice reads it: set for a stage or for all, it is reserved for each function.
    reserved = chosen.get("reserved_concurrency", whole.get("reserved_concurrency"))
    functions = chosen.get("lambda_functions", {})
    return Stage(
        name=stage,
        app=whole["app_name"],
        environment=chosen.get("environment_variables", {}),
        functions={name: {"reserved_concurrency": reserved, **each} for name, each in functions.items()},
        architecture=chosen.get("lambda_architecture", whole.get("lambda_architecture", "x86_64")),
        log_retention_in_days=chosen.get("log_retention_in_days", whole.get("log_retention_in_days", 30)),
        **_throttling(chosen.get("throttling", whole.get("throttling", {})), stage),
    )


def loaded(path: Path) -> Any:
    """Return what a file of JSON holds.

    Raises:
        DeployError: It is no JSON; the message says where.
    """
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise DeployError(
            f"{path} is no JSON, at line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error


def _throttling(limits: Any, stage: str) -> Mapping[str, int]:
    named: dict[str, int] = limits if isinstance(limits, dict) else {"": 0}
    if named.keys() <= _THROTTLING and all(type(value) is int and value > 0 for value in named.values()):
        return named
    raise DeployError(
        f'"throttling" of the stage {stage} is {json.dumps(limits)} in .chalice/config.json, but must be such as '
        '{"requests_per_second": 50, "burst": 100}, each a whole number from 1.'
    )


def require_valid_settings(stage: Stage, named: Mapping[str, str]) -> None:
    """Refuse settings that the app itself would refuse, before anything is changed.

    Args:
        stage: Whose environment it is.
        named: Variables to be: what the stack is asked to name so.

    Raises:
        DeployError: A variable has a value that is not allowed.
    """
    given = dict(stage.environment) | dict(named)
    not_yet = {name: value for name, value in _NOT_YET.items() if not given.get(name)}
    try:
        for name, value in given.items():
            if not isinstance(value, str):
                raise SettingsError(f"{name} must be a string in quotes; got {json.dumps(value)}")
        Settings.from_environment(given | not_yet)
    except SettingsError as error:
        raise DeployError(f"The settings of {stage.name} in .chalice/config.json: {error}.") from error


def record(path: Path, stage: str, environment: Mapping[str, str]) -> list[str]:
    """Set and remove variables of a stage, and return what changed, a line each. An empty value removes.

    Everything else in the file stays as it is, byte by byte.
    """
    before = dict(read(path, stage).environment)
    after = {name: value for name, value in (before | dict(environment)).items() if value}
    changes = [
        f"{name}: {before.get(name, '(none)')} -> {after.get(name, '(none)')}"
        for name in environment
        if before.get(name) != after.get(name)
    ]
    if changes:
        path.write_text(with_environment(path.read_text(), stage, after))
    return changes


def with_environment(text: str, stage: str, environment: Mapping[str, str]) -> str:
    """Return the text of config.json with the environment of a stage replaced."""
    start, end = _span(text, ["stages", stage, "environment_variables"])
    line = text[text.rfind("\n", 0, start) + 1 :]
    indent = line[: len(line) - len(line.lstrip())]
    members = [f"{indent}  {json.dumps(name)}: {json.dumps(value)}" for name, value in environment.items()]
    return text[:start] + "{\n" + ",\n".join(members) + f"\n{indent}}}" + text[end:]


def _span(text: str, path: Sequence[str]) -> tuple[int, int]:
    """Return where the value at a path of names begins and ends."""
    start, end = 0, len(text)
    for name in path:
        start, end = _member(text, start, name)
    return start, end


def _member(text: str, start: int, name: str) -> tuple[int, int]:
    position = _skip(text, start, "{")
    while text[position] != "}":
        key, position = _DECODER.raw_decode(text, position)
        value = _skip(text, position, ":")
        _, end = _DECODER.raw_decode(text, value)
        if key == name:
            return value, end
        position = _skip(text, end, ",")
    raise DeployError(f"config.json lacks {name!r}.")


def _skip(text: str, position: int, separator: str) -> int:
    while text[position] in _SPACE + separator:
        position += 1
    return position
