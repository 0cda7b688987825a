"""A stage as .chalice/config.json describes it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tools.errors import ToolError

FAILURE_DESTINATIONS: Final[Mapping[str, str]] = {"compress": "record_failure"}
"""Functions whose failed events Lambda sends to another function, instead of the dead-letter queue."""


@dataclass(frozen=True, slots=True)
class StageConfig:
    """One stage of config.json.

    Attributes:
        name: `dev` or `prod`.
        app: The app's name; part of every function's name.
        environment: Its `environment_variables`.
        functions: Its `lambda_functions`: the settings of each function by its key.
        architecture: `lambda_architecture`: `x86_64` or `arm64`.
        requests_per_second: API Gateway's limit over all callers, `throttling.requests_per_second`.
        burst: How many requests may come at once, `throttling.burst`.
        log_retention_in_days: How long a line of a log is kept.
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
        """Return the name on AWS of one of the functions; Chalice gives the API's function no suffix."""
        suffix = "" if function == "api_handler" else f"-{function}"
        return f"{self.app}-{self.name}{suffix}"

    def log_groups(self) -> list[str]:
        """Return the log groups that Lambda writes to."""
        return [f"/aws/lambda/{self.function_name(function)}" for function in sorted(self.functions)]

    @property
    def auth(self) -> str:
        """How the API knows its callers."""
        return self.environment.get("API_AUTH", "token")


def require_stage_name(usage: str) -> str:
    """Return STAGE.

    Raises:
        ToolError: It is not set.
    """
    if not (name := os.environ.get("STAGE")):
        raise ToolError(f"STAGE is not set. Name the stage: {usage}")
    return name


def read_stage(project: Path, name: str) -> StageConfig:
    """Return a stage.

    Raises:
        ToolError: The file is not JSON, has no such stage, or has limits of requests that are not valid.
    """
    whole = read_json(config_path(project))
    stages = whole["stages"]
    if name not in stages:
        raise ToolError(f"STAGE must be one of {', '.join(sorted(stages))}; got '{name}'.")
    settings = {**whole, **stages[name]}  # as in Chalice, a stage's settings come before those of the app
    reserved = settings.get("reserved_concurrency")
    functions = stages[name].get("lambda_functions", {})
    return StageConfig(
        name=name,
        app=whole["app_name"],
        environment=stages[name].get("environment_variables", {}),
        functions={key: {"reserved_concurrency": reserved, **each} for key, each in functions.items()},
        architecture=settings.get("lambda_architecture", "x86_64"),
        log_retention_in_days=settings.get("log_retention_in_days", 30),
        **_throttling(settings.get("throttling", {}), name),
    )


def record_environment(project: Path, name: str, variables: Mapping[str, str]) -> list[str]:
    """Set variables of a stage, remove those whose value is empty, and return a line for each change."""
    path = config_path(project)
    whole = read_json(path)
    before = whole["stages"][name].get("environment_variables", {})
    after = {variable: value for variable, value in {**before, **variables}.items() if value}
    whole["stages"][name]["environment_variables"] = after
    path.write_text(json.dumps(whole, indent=2, ensure_ascii=False) + "\n")
    return [
        f"{variable}: {before.get(variable, '(none)')} -> {after.get(variable, '(none)')}"
        for variable in variables
        if before.get(variable) != after.get(variable)
    ]


def read_json(path: Path) -> Any:
    """Return the content of a JSON file.

    Raises:
        ToolError: It is not JSON; the message says where.
    """
    try:
        return json.loads(path.read_text())
    except json.JSONDecodeError as error:
        raise ToolError(
            f"{path} must be JSON; line {error.lineno}, column {error.colno}: {error.msg}."
        ) from error


def config_path(project: Path) -> Path:
    """Return the path of config.json."""
    return project / ".chalice" / "config.json"


def _throttling(limits: Any, stage: str) -> Mapping[str, int]:
    known: dict[str, int] = limits if isinstance(limits, dict) else {"": 0}
    if known.keys() <= {"requests_per_second", "burst"} and all(
        type(limit) is int and limit > 0 for limit in known.values()
    ):
        return known
    raise ToolError(
        f'"throttling" of the stage {stage} in .chalice/config.json must be whole numbers from 1, for example '
        f'{{"requests_per_second": 50, "burst": 100}}; got {json.dumps(limits)}.'
    )
