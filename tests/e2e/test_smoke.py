"""`make smoke` uses an API once through every public interface, and leaves nothing behind."""

from collections.abc import Iterator
from hashlib import sha256

import pytest

from tests.conftest import SOURCE, Deployed
from tools.errors import ToolError
from tools.local_stack import LocalStack, served_with
from tools.smoke import check


@pytest.fixture(scope="module")
def with_token(stack: LocalStack) -> Iterator[str]:
    digest = sha256(b"secret").hexdigest()
    with served_with(stack, {"API_AUTH": "token", "API_WRITE_TOKEN_SHA256": digest}) as api:
        yield api


@pytest.mark.parametrize("token", ["", "secret"])
def test_every_step_is_shown_and_nothing_is_left(
    stack: LocalStack, deployed: Deployed, with_token: str, token: str
) -> None:
    lines: list[str] = []

    check(with_token if token else stack.api, token, lines.append)

    steps = [line.partition(":")[0] for line in lines]
    assert steps == ["health", "uploaded", "compressed", "fetched", "listed", "deleted"]
    assert "Contents" not in deployed.s3.list_objects_v2(Bucket=SOURCE, Prefix="smoke/")


def test_refusal_is_shown_with_its_reason(with_token: str) -> None:
    with pytest.raises(ToolError, match=r"401 .*needs a valid token"):
        check(with_token, "wrong", print)
