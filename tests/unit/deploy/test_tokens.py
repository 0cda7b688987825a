"""New tokens: none is ever in force that was not shown."""

import json
import re
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from tools.deploy.tokens import make_tokens, rotate

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:imagepress-dev"


class Aws:
    """A session of an account with one function, and each of its clients; updating the function fails."""

    region_name = "us-east-1"

    def __init__(self, failure: BaseException) -> None:
        self.variables = {"API_READ_TOKEN_SHA256": "old", "API_WRITE_TOKEN_SHA256": "old"}
        self._failure = failure

    def client(self, _: str) -> "Aws":
        return self

    def get_caller_identity(self) -> dict[str, str]:
        return {"Account": "111111111111", "Arn": "arn:aws:iam::111111111111:user/me"}

    def get_function_configuration(self, **_: Any) -> dict[str, Any]:
        return {"Environment": {"Variables": self.variables}}

    def update_function_configuration(self, **given: Any) -> None:
        self.variables = given["Environment"]["Variables"]
        raise self._failure


@pytest.fixture
def project(tmp_path: Path) -> Path:
    stage = {"environment_variables": {"API_AUTH": "token"}}
    deployed = {"resources": [{"name": "api_handler", "lambda_arn": FUNCTION}]}
    (tmp_path / ".chalice" / "deployed").mkdir(parents=True)
    (tmp_path / ".chalice" / "config.json").write_text(
        json.dumps({"app_name": "imagepress", "stages": {"dev": stage}})
    )
    (tmp_path / ".chalice" / "deployed" / "dev.json").write_text(json.dumps(deployed))
    return tmp_path


def digests(shown: str) -> set[str]:
    return {sha256(token.encode()).hexdigest() for token in re.findall(r" (\S{43})$", shown, re.MULTILINE)}


@pytest.mark.parametrize("failure", [KeyboardInterrupt(), RuntimeError()])
def test_tokens_that_may_be_in_force_after_a_failure_have_been_shown(
    project: Path, capsys: pytest.CaptureFixture[str], failure: BaseException
) -> None:
    aws: Any = Aws(failure)
    with pytest.raises(type(failure)):
        rotate(project, aws, "dev", ["read", "write"])
    printed = capsys.readouterr()
    assert digests(printed.out) == set(aws.variables.values())
    assert "run this again" in printed.err
    assert "They are in force" not in printed.out


def test_every_token_differs_and_has_256_bits(capsys: pytest.CaptureFixture[str]) -> None:
    made = {digest for _ in range(10) for digest in make_tokens(["read", "write"]).values()}
    assert made == digests(capsys.readouterr().out)
    assert len(made) == 20
