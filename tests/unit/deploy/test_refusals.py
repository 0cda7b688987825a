"""What is never deployed, and the messages of the refusals."""

import json
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from tools.account import Account, new_session
from tools.chalice_config import StageConfig
from tools.deploy import checks, tokens
from tools.deploy.__main__ import parse_parameters
from tools.deploy.destroy import destroy
from tools.errors import ToolError
from tools.server import PROJECT

HERE = Account("111111111111", "us-east-1", "me")


def stage(
    environment: Mapping[str, str] | None = None,
    functions: Mapping[str, Any] | None = None,
    name: str = "dev",
) -> StageConfig:
    return StageConfig(name, "imagepress", environment or {}, functions or {})


def test_aws_region_decides_where_to_deploy_and_throttled_calls_are_repeated(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    for variable in ("AWS_RETRY_MODE", "AWS_MAX_ATTEMPTS"):
        monkeypatch.setenv(variable, "")  # so that it is restored afterwards
        monkeypatch.delenv(variable)
    client = new_session().client("apigateway")
    assert client.meta.region_name == "eu-central-1"
    retries: Any = client.meta.config.retries  # type: ignore[attr-defined]
    assert (retries["mode"], retries["total_max_attempts"]) == ("standard", 10)


def test_the_local_stage_is_neither_deployed_nor_destroyed() -> None:
    with pytest.raises(ToolError, match="`make run` starts it"):
        checks.require_deployable(stage(name="local"))
    with pytest.raises(ToolError, match="it ends with `make run`"):
        destroy(PROJECT, boto3.Session("a", "b", region_name="us-east-1"), "local")


@pytest.mark.parametrize("auth", ["token", "iam", "cognito:arn:aws:cognito-idp:us-east-1:1:userpool/x"])
def test_only_an_api_that_anyone_may_call_is_not_deployed(auth: str) -> None:
    checks.require_deployable(stage({"API_AUTH": auth}))
    with pytest.raises(ToolError, match="API_AUTH=none"):
        checks.require_deployable(stage({"API_AUTH": "none"}))


@pytest.mark.parametrize(
    "there", [Account("222222222222", "us-east-1", "me"), Account("111111111111", "eu-west-1", "me")]
)
@pytest.mark.parametrize("recorded_by", ["Chalice", "config.json"])
def test_one_account_is_not_changed_by_the_records_of_another(
    tmp_path: Path, recorded_by: str, there: Account
) -> None:
    environment = {}
    if recorded_by == "Chalice":
        folder = tmp_path / ".chalice" / "deployed"
        folder.mkdir(parents=True)
        resource = {"name": "f", "lambda_arn": "arn:aws:lambda:us-east-1:111111111111:function:f"}
        (folder / "dev.json").write_text(json.dumps({"resources": [resource]}))
    else:
        environment = {
            "DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:111111111111:imagepress-dev-DeadLetters"
        }
    checks.require_same_account(tmp_path, stage(environment), HERE)
    with pytest.raises(ToolError, match=r"account 111111111111 in us-east-1.*add a stage"):
        checks.require_same_account(tmp_path, stage(environment), there)


@pytest.mark.parametrize(
    ("unreserved", "own", "wanted", "fits"),
    [(10, 0, 1, False), (1000, 0, 900, True), (1000, 0, 901, False), (100, 5, 5, True), (100, 5, 6, False)],
)
def test_a_reservation_that_the_account_cannot_give_is_refused_first(
    unreserved: int, own: int, wanted: int, fits: bool
) -> None:
    """All reservations of the account count, except those that this stage has already."""
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    reserving = stage(functions={"compress": {"reserved_concurrency": wanted}, "api_handler": {}})
    session: Any = SimpleNamespace(client=lambda _: client)
    with Stubber(client) as stub:
        limits: Any = {"AccountLimit": {"UnreservedConcurrentExecutions": unreserved}}
        stub.add_response("get_account_settings", limits)
        stub.add_response("get_function_concurrency", {"ReservedConcurrentExecutions": own})
        stub.add_client_error("get_function_concurrency", "ResourceNotFoundException")
        if fits:
            checks.require_concurrency(session, reserving)
            return
        with pytest.raises(ToolError, match=f"reserve {wanted} executions.*lower or remove"):
            checks.require_concurrency(session, reserving)


def test_parameters_are_names_and_values() -> None:
    assert parse_parameters("A=1 B=x=y") == {"A": "1", "B": "x=y"}
    assert parse_parameters("") == {}
    with pytest.raises(ToolError, match=r"must be Name=value, .*; got 'SourceVersioning yes'"):
        parse_parameters("SourceVersioning yes")


@pytest.mark.parametrize("auth", ["iam", "none", "cognito:arn"])
def test_tokens_are_made_only_where_they_are_used(auth: str) -> None:
    assert not tokens.needs_tokens({"API_AUTH": auth})
    assert tokens.needs_tokens({})
    assert not tokens.needs_tokens({"API_TOKENS": "web=read:..."})
