"""How the commands end: in words, whatever stops them."""

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
    ParamValidationError,
    PartialCredentialsError,
    ProfileNotFound,
    ReadTimeoutError,
    SSOTokenLoadError,
    TokenRetrievalError,
    UnauthorizedSSOTokenError,
    WaiterError,
)

from tests.unit.deploy.test_refusals import make
from tools.deploy import command, package
from tools.deploy.errors import DeployError, explained


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (ProfileNotFound(profile="nobody"), r"no profile of this machine \(.*nobody.*\): .*list-profiles"),
        (UnauthorizedSSOTokenError(), r"login is over.*: log in again, with `aws sso login`"),
        (SSOTokenLoadError(error_msg="expired"), r"login is over.*: log in again, with `aws sso login`"),
        (TokenRetrievalError(provider="sso", error_msg="expired"), r"login is over.*: log in again"),
        (
            CredentialRetrievalError(provider="process", error_msg="exit 1"),
            r"could be got \(.*exit 1.*profile",
        ),
        (PartialCredentialsError(provider="env", cred_var="AWS_SECRET_ACCESS_KEY"), r"AWS_SECRET_ACCESS_KEY"),
        (
            InvalidRegionError(region_name="us east"),
            r"region has no such name .*us east.*: export AWS_REGION",
        ),
        (EndpointConnectionError(endpoint_url="https://a"), r"could not be reached .*https://a.*: check"),
        (ReadTimeoutError(endpoint_url="https://a"), r"could not be reached .*https://a.*: check"),
        (WaiterError(name="w", reason="Max attempts", last_response={}), r"longer than expected .*run this"),
        (ParamValidationError(report="a\nb"), "AWS's library for Python gave up: .*a b"),
    ],
)
def test_what_stops_a_command_before_aws_answers_is_one_line_with_advice(error: Any, said: str) -> None:
    line = explained(error)
    assert re.search(said, line), line
    assert "\n" not in line


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (DeployError("It cannot be."), "It cannot be."),
        (NoCredentialsError(), explained(NoCredentialsError())),
        (ClientError({"Error": {"Code": "LimitExceeded"}}, "CreateStack"), "CreateStack was refused"),
        (KeyboardInterrupt(), "\nRun it again."),
    ],
)
def test_a_command_ends_in_words(error: BaseException, said: str) -> None:
    with pytest.raises(SystemExit, match=f"^{said}"), command.told("Run it again."):
        raise error


@pytest.mark.parametrize("target", ["deploy", "deploy.destroy"])
@pytest.mark.parametrize("given", ["x", "nan", "-1"])
def test_a_time_between_looks_that_is_none_is_one_line(target: str, given: str) -> None:
    result = make(target, STAGE="dev", POLL_SECONDS=given, AWS_DEFAULT_REGION="us-east-1")
    assert result.stderr == f"POLL_SECONDS is {given!r}, but must be a number from 0 to 60.\n"


def test_policies_of_an_unknown_stage_are_refused_without_credentials() -> None:
    result = make("policies", STAGE="nonsense")
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("config.json has no stage 'nonsense', only dev, local, prod.")


def test_policies_without_a_region_are_one_line_with_advice() -> None:
    result = make("policies", STAGE="dev")
    assert result.returncode == 1
    assert re.fullmatch("No region is set: export AWS_REGION, .*\n", result.stderr)


def test_packages_that_cannot_be_downloaded_are_named_with_what_to_look_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "chalicelib").mkdir()
    (tmp_path / "app.py").touch()
    (tmp_path / "requirements.txt").write_text("nothing==1.0\n")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    with pytest.raises(DeployError, match=r"(?s)requirements\.txt cannot be had: .*nothing.*PIP_INDEX_URL"):
        package.build(tmp_path)
