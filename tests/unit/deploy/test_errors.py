"""Commands end in one line that says what to do, whatever stops them."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import (
    ClientError,
    CredentialRetrievalError,
    EndpointConnectionError,
    InvalidRegionError,
    NoCredentialsError,
    NoRegionError,
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
    WaiterError,
)

from tests.fixtures.processes import Result, python
from tools.deploy import package
from tools.errors import ToolError, exit_on_errors, explain_error


def refusal(code: str, message: str = "m") -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "CreateChangeSet")


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (NoRegionError(), r"^No region is set .*: export AWS_REGION"),
        (NoCredentialsError(), r"^No AWS credentials were found .*: export AWS_PROFILE, .*aws sso login"),
        (ProfileNotFound(profile="absent"), r"unknown profile \(.*absent.*\): .*list-profiles"),
        (UnauthorizedSSOTokenError(), r"login has expired .*: log in again, with `aws sso login`"),
        (SSOTokenLoadError(error_msg="expired"), r"login has expired .*: log in again"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), r"login has expired .*: log in again"),
        (
            CredentialRetrievalError(provider="process", error_msg="exit 1"),
            r"cannot be read \(.*exit 1.*profile",
        ),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), r"AWS_SECRET_ACCESS_KEY"),
        (InvalidRegionError(region_name="us east"), r"region is not valid .*us east.*: export AWS_REGION"),
        (EndpointConnectionError(endpoint_url="https://a"), r"cannot be reached .*https://a.*: check"),
        (ReadTimeoutError(endpoint_url="https://a"), r"cannot be reached .*https://a.*: check"),
        (WaiterError(name="w", reason="Max attempts", last_response={}), r"longer than expected .*run this"),
        (ParamValidationError(report="a\nb"), "AWS's library for Python failed: .*a b"),
        (refusal("ExpiredToken"), "have expired: log in again"),
        (refusal("InvalidClientTokenId"), "does not know these credentials"),
        (refusal("AccessDenied", "no"), r"may not call CreateChangeSet \(no\).*docs/deploying\.md"),
        (
            refusal("LimitExceeded", "too many stacks"),
            r"refused CreateChangeSet \(LimitExceeded\): too many stacks",
        ),
    ],
)
def test_an_error_of_aws_is_one_line_with_advice(error: Any, message: str) -> None:
    line = explain_error(error)
    assert re.search(message, line), line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (ToolError("It cannot be."), "It cannot be."),
        (NoRegionError(), "No region is set"),
        (refusal("LimitExceeded"), "AWS refused CreateChangeSet"),
        (KeyboardInterrupt(), "\nRun it again."),
    ],
)
def test_a_command_ends_with_a_message(error: BaseException, message: str) -> None:
    with pytest.raises(SystemExit, match=f"^{message}"), exit_on_errors("Run it again."):
        raise error


def run(tool: str, **variables: str) -> Result:
    """Run a tool without any AWS credentials."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    environment = {**kept, **nothing, "AWS_EC2_METADATA_DISABLED": "true", **variables}
    return python("-m", f"tools.{tool}", environment=environment)


KEYS = {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}


@pytest.mark.parametrize(
    ("tool", "variables", "message"),
    [
        ("deploy", {}, "STAGE is not set. .*STAGE=dev"),
        ("deploy.destroy", {}, "STAGE is not set. .*STAGE=dev"),
        ("deploy.tokens", {}, "STAGE is not set. .*STAGE=dev"),
        ("deploy", {"STAGE": "dev", "AWS_REGION": "us-east-1"}, "No AWS credentials were found"),
        ("deploy.destroy", {"STAGE": "dev", "AWS_REGION": "us-east-1"}, "No AWS credentials were found"),
        ("deploy", {"STAGE": "dev", **KEYS}, "No region is set"),
        (
            "deploy",
            {"STAGE": "dev", "AWS_PROFILE": "absent"},
            "AWS_PROFILE names an unknown profile .*absent",
        ),
        ("policies", {"STAGE": "nonsense"}, "STAGE must be one of dev, local, prod; got 'nonsense'"),
        ("policies", {"STAGE": "dev"}, "No region is set"),
    ],
)
def test_a_tool_that_lacks_something_says_so_in_one_line(
    tool: str, variables: dict[str, str], message: str
) -> None:
    result = run(tool, **variables)
    assert (result.returncode, len(result.stderr.splitlines())) == (1, 1), result.stderr
    assert re.match(message, result.stderr), result.stderr


def test_packages_that_cannot_be_downloaded_are_named_with_what_to_check(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "app.py").touch()
    (tmp_path / "requirements.txt").write_text("nothing==1.0\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(ToolError, match=r"(?s)requirements\.txt .*nothing.*PIP_INDEX_URL"):
        package.build(tmp_path)
