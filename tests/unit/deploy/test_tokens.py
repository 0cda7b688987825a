"""New tokens: none is ever in force that was not shown."""

import json
import re
from functools import partial
from hashlib import sha256
from pathlib import Path
from unittest.mock import Mock

import pytest

from tools.deploy.tokens import change_tokens, make_token, with_token

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:imagepress-dev"


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
    session = Mock(region_name="us-east-1")
    aws = session.client.return_value
    aws.get_caller_identity.return_value = {
        "Account": "111111111111",
        "Arn": "arn:aws:iam::111111111111:user/me",
    }
    aws.get_function_configuration.return_value = {"Environment": {"Variables": {}}}
    aws.update_function_configuration.side_effect = failure
    with pytest.raises(type(failure)):
        change_tokens(project, session, "dev", partial(with_token, name="ci", role="", until=""))
    printed = capsys.readouterr()
    sent = aws.update_function_configuration.call_args.kwargs["Environment"]["Variables"]
    assert digests(printed.out) == {sent["API_TOKENS"].removeprefix("ci=read:")}
    assert "lists the tokens that are" in printed.err
    assert "In force" not in printed.out


def test_every_token_differs_and_has_256_bits(capsys: pytest.CaptureFixture[str]) -> None:
    made = {make_token("ci", "read").digest for _ in range(10)}
    assert made == digests(capsys.readouterr().out)
    assert len(made) == 10
