"""Small Chalice apps, made up for one test each."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from tools.policies.arns import Account
from tools.policies.generator import Project

ACCOUNT = Account("aws", "123456789012", "eu-west-1")
ENVIRONMENT = {"BUCKET": "pictures", "OTHER": "archive", "TABLE": "Records", "TARGET": "app-dev-f"}

Grants = Mapping[str, set[str]]
Follow = Callable[..., Grants]


@pytest.fixture
def project(tmp_path: Path) -> Callable[..., Project]:
    """Write an app: the body of its function `f(event, context)`, other modules, what config.json says besides."""

    def write(
        body: str = "pass", /, modules: Mapping[str, str] | None = None, app: str = "", **config: object
    ) -> Project:
        handler = f"@app.lambda_function()\ndef f(event, context):\n{_indented(body)}"
        files = {
            "app.py": f"{_HEAD}{dedent(app) or handler}",
            "chalicelib/__init__.py": "",
            **(modules or {}),
        }
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(dedent(text))
        names = ["f", "g", "api_handler"]
        functions = {name: {"iam_policy_file": f"policy-{name}.json"} for name in names}
        whole = {
            "app_name": "app",
            "autogen_policy": False,
            "log_retention_in_days": 30,
            "stages": {"dev": {"environment_variables": ENVIRONMENT, "lambda_functions": functions}},
            **config,
        }
        (tmp_path / ".chalice").mkdir(exist_ok=True)
        (tmp_path / ".chalice" / "config.json").write_text(json.dumps(whole))
        return Project(tmp_path)

    return write


@pytest.fixture
def follow(project: Callable[..., Project]) -> Follow:
    """Return what a function of an app is allowed, but for its log: the resources of each action, without prefixes."""

    def followed(body: str = "pass", /, function: str = "f", **rest: object) -> Grants:
        policies = {each.function: each for each in project(body, **rest).policies("dev", ACCOUNT)}
        found: dict[str, set[str]] = {}
        for grant in policies[function].grants:
            if not grant.action.startswith("logs:"):
                found.setdefault(grant.action, set()).add(_short(grant.resource))
        return found

    return followed


_HEAD = """\
import os
import boto3
from chalice import Chalice
app = Chalice(app_name="app")
"""


def _indented(body: str) -> str:
    return "\n".join(f"    {line}" for line in dedent(body).strip().splitlines())


def _short(arn: str) -> str:
    return arn.removeprefix("arn:aws:s3:::").rpartition(":")[2]
