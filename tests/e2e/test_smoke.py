"""`make smoke` uses an API once through every public interface, and leaves nothing behind."""

import pytest

from tests.conftest import SOURCE, Deployed
from tests.e2e.conftest import WRITES
from tools.errors import ToolError
from tools.local_stack import LocalStack
from tools.smoke import check


@pytest.mark.parametrize("token", ["", WRITES])
def test_every_step_is_shown_and_nothing_is_left(
    stack: LocalStack, deployed: Deployed, private: str, token: str
) -> None:
    lines: list[str] = []

    check(private if token else stack.api, token, lines.append)

    steps = [line.partition(":")[0] for line in lines]
    assert steps == ["health", "uploaded", "compressed", "fetched", "listed", "deleted"]
    assert "Contents" not in deployed.s3.list_objects_v2(Bucket=SOURCE, Prefix="smoke/")


def test_refusal_is_shown_with_its_reason(private: str) -> None:
    with pytest.raises(ToolError, match=r"401 .*needs a valid token"):
        check(private, "wrong", print)
