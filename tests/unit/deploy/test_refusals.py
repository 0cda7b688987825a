"""What is never deployed, and what whoever tries is told."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import boto3
import pytest
from botocore.exceptions import ClientError, NoCredentialsError, NoRegionError
from botocore.stub import Stubber

from tools.deploy import account, config, tokens
from tools.deploy.__main__ import Deployment, parsed
from tools.deploy.destroy import destroy
from tools.deploy.errors import DeployError, explained
from tools.deploy.stack import Stack
from tools.server import PROJECT


def stage(
    environment: Mapping[str, str] | None = None,
    functions: Mapping[str, Any] | None = None,
    name: str = "dev",
) -> config.Stage:
    return config.Stage(name, "imagepress", environment or {}, functions or {})


def make(target: str, **variables: str) -> "subprocess.CompletedProcess[str]":
    """Run a target without a trace of AWS's credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    return subprocess.run(
        [sys.executable, "-m", f"tools.{target}"],
        cwd=PROJECT,
        env={**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("target", ["deploy", "deploy.destroy", "deploy.rotate"])
def test_without_a_stage_one_line_says_how_to_give_it(target: str) -> None:
    result = make(target)
    assert result.returncode == 1
    assert "STAGE=dev" in result.stderr
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize("target", ["deploy", "deploy.destroy"])
def test_without_credentials_one_line_says_what_to_do(target: str) -> None:
    result = make(target, STAGE="dev", AWS_DEFAULT_REGION="us-east-1")
    assert result.returncode == 1
    assert result.stderr.startswith("No AWS credentials were found: ")
    assert len(result.stderr.splitlines()) == 1


def test_aws_region_says_where_to_deploy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_REGION", "eu-central-1")

    assert account.session().region_name == "eu-central-1"


def test_the_local_stage_is_not_destroyed() -> None:
    with pytest.raises(DeployError, match="it ends with `make run`"):
        destroy(PROJECT, boto3.Session("a", "b", region_name="us-east-1"), "local")


def test_without_a_region_one_line_says_what_to_do() -> None:
    result = make("deploy", STAGE="dev", AWS_ACCESS_KEY_ID="a", AWS_SECRET_ACCESS_KEY="b")
    assert (result.returncode, result.stderr) == (1, explained(NoRegionError()) + "\n")


def test_an_unknown_profile_is_one_line() -> None:
    result = make("deploy", STAGE="dev", AWS_PROFILE="nobody")
    assert result.returncode == 1
    assert "nobody" in result.stderr
    assert len(result.stderr.splitlines()) == 1


def test_the_local_stage_is_not_deployed() -> None:
    with pytest.raises(DeployError, match="make run"):
        account.require_deployable(stage(name="local"))


@pytest.mark.parametrize("name", ["dev", "prod"])
def test_an_api_that_anyone_may_call_is_not_deployed(name: str) -> None:
    with pytest.raises(DeployError, match="API_AUTH=none"):
        account.require_deployable(stage({"API_AUTH": "none"}, name=name))


@pytest.mark.parametrize("auth", ["token", "iam", "cognito:arn:aws:cognito-idp:us-east-1:1:userpool/x"])
def test_every_other_way_of_letting_callers_in_is(auth: str) -> None:
    account.require_deployable(stage({"API_AUTH": auth}))


@pytest.mark.parametrize(
    ("identifier", "region"), [("222222222222", "us-east-1"), ("111111111111", "eu-west-1")]
)
def test_one_account_is_not_changed_by_the_records_of_another(
    tmp_path: Path, identifier: str, region: str
) -> None:
    folder = tmp_path / ".chalice" / "deployed"
    folder.mkdir(parents=True)
    resource = {"name": "f", "lambda_arn": "arn:aws:lambda:us-east-1:111111111111:function:f"}
    (folder / "dev.json").write_text(json.dumps({"resources": [resource]}))
    account.require_same_account(tmp_path, stage(), account.Account("111111111111", "us-east-1", "me"))
    with pytest.raises(DeployError, match="account 111111111111 in us-east-1"):
        account.require_same_account(tmp_path, stage(), account.Account(identifier, region, "me"))


@pytest.mark.parametrize(
    ("identifier", "region"), [("222222222222", "us-east-1"), ("111111111111", "eu-west-1")]
)
def test_config_json_tells_where_a_stage_is_as_well(tmp_path: Path, identifier: str, region: str) -> None:
    """As Chalice's record does, which is not there on another machine."""
    there = stage(
        {"DEAD_LETTER_QUEUE_ARN": "arn:aws:sqs:us-east-1:111111111111:imagepress-dev-DeadLetters-1"}
    )
    account.require_same_account(tmp_path, there, account.Account("111111111111", "us-east-1", "me"))
    with pytest.raises(
        DeployError, match=r"account 111111111111 in us-east-1.*a stage of its own"
    ) as refusal:
        account.require_same_account(tmp_path, there, account.Account(identifier, region, "me"))
    assert ".chalice/deployed" not in str(refusal.value)


class _Session:
    """Gives one stubbed client."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def client(self, _service: str) -> Any:
        return self._client


@pytest.mark.parametrize(("limit", "wanted", "fits"), [(10, 1, False), (1000, 900, True), (1000, 901, False)])
def test_a_reservation_that_the_account_cannot_give_is_refused_first(
    limit: int, wanted: int, fits: bool
) -> None:
    client = boto3.client("lambda", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b")
    reserving = stage(functions={"compress": {"reserved_concurrency": wanted}, "api_handler": {}})
    with Stubber(client) as stub:
        stub.add_response("get_account_settings", {"AccountLimit": {"ConcurrentExecutions": limit}})
        session: Any = _Session(client)
        if fits:
            account.require_concurrency(session, reserving)
            return
        with pytest.raises(DeployError, match="reserved_concurrency"):
            account.require_concurrency(session, reserving)


def refused(code: str, message: str = "m") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateChangeSet")


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (NoCredentialsError(), "aws sso login"),
        (refused("ExpiredToken"), "expired"),
        (refused("InvalidClientTokenId"), "does not know these credentials"),
        (refused("AccessDenied", "not authorized"), "may not call CreateChangeSet"),
        (refused("AccessDenied", "not authorized"), "docs/deploying.md"),
        (refused("LimitExceeded", "too many stacks"), "too many stacks"),
    ],
)
def test_errors_of_aws_are_one_line_and_say_what_to_do(error: Any, said: str) -> None:
    line = explained(error)
    assert said in line
    assert "\n" not in line


def stack_in(status: str) -> Stack:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    stub = Stubber(client)
    described = {"StackName": "s", "CreationTime": "2026-01-01", "StackStatus": status}
    stub.add_response("describe_stacks", {"Stacks": [described]}, {"StackName": "s"})
    stub.activate()
    return Stack(client, "s", "Resources: {}", poll_seconds=0)


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_FAILED", "continue the rollback"),
        ("DELETE_FAILED", "delete it"),
    ],
)
def test_a_stack_that_cannot_change_now_is_left_alone_with_advice(status: str, advice: str) -> None:
    with pytest.raises(DeployError, match=f"{status}.*{advice}"):
        stack_in(status).plan({})


@pytest.mark.parametrize("answer", ["403", "404"])
def test_a_bucket_that_may_not_be_looked_at_is_not_taken_for_gone(tmp_path: Path, answer: str) -> None:
    """Else the stack would make another, and its name would overwrite the only record of this one's."""
    shutil.copytree(PROJECT / ".chalice", tmp_path / ".chalice", ignore=shutil.ignore_patterns("deploy*"))
    config.record(tmp_path / ".chalice" / "config.json", "dev", {"SOURCE_BUCKET": "photos"})
    session = boto3.Session("a", "b", region_name="us-east-1")
    deployment = Deployment(tmp_path, session, "dev", {}, dry_run=True)
    with ExitStack() as stubs:
        clients = {name: session.client(name) for name in ("cloudformation", "s3", "sts")}
        stubbed = {name: stubs.enter_context(Stubber(client)) for name, client in clients.items()}
        stubbed["sts"].add_response(
            "get_caller_identity", {"Account": "1" * 12, "Arn": "arn:aws:iam::111111111111:user/me"}
        )
        for _ in range(2 if answer == "404" else 1):
            stubbed["cloudformation"].add_client_error("describe_stacks", "ValidationError", "does not exist")
        stubbed["s3"].add_client_error("head_bucket", answer)
        stubbed["cloudformation"].add_response("validate_template", {})
        deployment.session = cast(
            "boto3.Session", SimpleNamespace(region_name="us-east-1", client=clients.get)
        )
        if answer == "404":
            deployment.infrastructure()
            return
        with pytest.raises(
            DeployError, match=r"photos, which is SOURCE_BUCKET.*s3:ListBucket.*account 1{12}"
        ):
            deployment.infrastructure()


def test_parameters_are_names_and_values() -> None:
    assert parsed("A=1 B=x=y") == {"A": "1", "B": "x=y"}
    assert parsed("") == {}
    with pytest.raises(DeployError, match="Name=value"):
        parsed("SourceVersioning yes")


def test_tokens_do_not_show_themselves_by_accident() -> None:
    made = tokens.new(["read", "write"])
    assert repr(made) == str(made) == "Tokens(read, write)"


def test_every_token_differs_and_has_256_bits() -> None:
    made = [token for _ in range(10) for token in tokens.new(["read", "write"]).by_role.values()]
    assert len(set(made)) == 20
    assert {len(token) for token in made} == {43}


@pytest.mark.parametrize("auth", ["iam", "none", "cognito:arn"])
def test_tokens_are_made_only_where_they_are_asked_for(auth: str) -> None:
    assert tokens.missing({"API_AUTH": auth}) == []
    assert tokens.missing({}) == ["read", "write"]
    assert tokens.missing({"API_READ_TOKEN_SHA256": "0" * 64}) == ["write"]
