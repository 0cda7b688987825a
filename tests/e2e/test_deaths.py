"""An image that ends its worker each time: a failed record, one dead letter, and a sweep that leaves it alone."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.comparison import Comparison
from chalicelib.sweep import Position, Sweep
from tests.conftest import DESTINATION, SOURCE, Deployed, eventually
from tests.fixtures.adapters import buckets_of
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.redrive import redrive_events
from tools.stages import choose_stage

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

COMPRESS = "imagepress-local-compress"
HEAVY = picture(5000, 4500, "PNG")


@pytest.fixture
def functions(stack: LocalStack) -> "LambdaClient":
    return stack.session.client("lambda", endpoint_url=stack.endpoint)


@pytest.fixture
def too_little_time(functions: "LambdaClient") -> Iterator[None]:
    functions.update_function_configuration(FunctionName=COMPRESS, Timeout=1)
    yield
    functions.update_function_configuration(FunctionName=COMPRESS, Timeout=60)


@pytest.fixture
def dead(stack: LocalStack, deployed: Deployed, too_little_time: None) -> Any:
    sqs = stack.session.client("sqs", endpoint_url=stack.endpoint)
    sqs.purge_queue(QueueUrl=sqs.get_queue_url(QueueName="imagepress-local-dead-letters")["QueueUrl"])
    deployed.s3.put_object(Bucket=SOURCE, Key="deaths/heavy.png", Body=HEAVY)
    return eventually(lambda: deployed.record("deaths/heavy.png"))


def test_image_that_takes_too_long_is_recorded_swept_over_and_redriven(
    stack: LocalStack,
    deployed: Deployed,
    functions: "LambdaClient",
    dead: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert (dead["status"], dead["error"]["code"]) == ("failed", "timed-out")
    assert "attempts" in dead["error"]["message"]

    requested: list[str] = []
    request: Any = SimpleNamespace(request_compression=requested.append)
    buckets = buckets_of(deployed.s3, SOURCE, DESTINATION)
    comparison = Comparison(*buckets, deployed.table, dead["settingsVersion"], 10**9, lambda _: True)
    *_, swept = Sweep(comparison, request, 1e9).positions(Position(after_key="deaths/h"))
    assert swept.seen >= 1
    assert "deaths/heavy.png" not in requested

    functions.update_function_configuration(FunctionName=COMPRESS, Timeout=60)
    monkeypatch.setenv("AWS_PORT", stack.endpoint.rpartition(":")[2])
    monkeypatch.setenv("STAGE", "local")
    outcomes = eventually(lambda: list(redrive_events(choose_stage())))

    assert outcomes == ["redriven"]
    eventually(lambda: (record := deployed.record("deaths/heavy.png")) and record["status"] == "compressed")
