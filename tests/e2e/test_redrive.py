"""`make redrive` on the queue of the deployed functions: what it puts through, what it leaves, when it ends."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError
from mypy_boto3_lambda import LambdaClient
from mypy_boto3_sqs import SQSClient

from tests.conftest import DESTINATION, SOURCE, TABLE, Deployed, eventually
from tests.fixtures.events import SCHEDULED
from tools import redrive
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.redrive import count_waiting, redrive_events
from tools.stages import Stage


class Queue:
    """The queue of failed events, with messages as Lambda writes them."""

    def __init__(self, client: SQSClient, url: str) -> None:
        self.client = client
        self.url = url

    def send(self, body: str) -> None:
        self.client.send_message(QueueUrl=self.url, MessageBody=body)

    def fail(self, function: str, event: Any, **more: Any) -> None:
        context = {"functionArn": arn(function)}
        self.send(json.dumps({"requestContext": context, "requestPayload": event, **more}))

    def held(self) -> int:
        """Return how many messages there are, including those in flight."""
        names: Any = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
        found = self.client.get_queue_attributes(QueueUrl=self.url, AttributeNames=names)["Attributes"]
        return sum(int(number) for number in found.values())


class Lambda:
    """Takes events and keeps them; or does something else each time."""

    def __init__(self, otherwise: Any = None) -> None:
        self.events: list[tuple[str, Any]] = []
        self._otherwise = otherwise

    def invoke(self, FunctionName: str, InvocationType: str, Payload: bytes) -> None:  # noqa: N803
        assert InvocationType == "Event"
        self.events.append((FunctionName, json.loads(Payload)))
        if self._otherwise:
            self._otherwise()


def arn(function: str) -> str:
    return f"arn:aws:lambda:us-east-1:000000000000:function:{function}:$LATEST"


def record(key: str) -> Any:
    return {"s3": {"bucket": {"name": SOURCE}, "object": {"key": key}}}


@pytest.fixture
def queue(stack: LocalStack, dead_letters: str) -> Queue:
    return Queue(stack.session.client("sqs", endpoint_url=stack.endpoint), dead_letters)


def at(stage: Stage, queue: Queue, functions: Lambda) -> Stage:
    """Return the stage with the real queue and another Lambda."""
    session: Any = SimpleNamespace(client={"sqs": queue.client, "lambda": functions}.__getitem__)
    return replace(stage, session=session)


@pytest.fixture
def make_redrive(
    stage: Stage, queue: Queue, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[[Lambda], str]:
    """`make redrive` with another Lambda; return what it prints."""

    def made(functions: Lambda) -> str:
        monkeypatch.setattr(redrive, "choose_stage", lambda: at(stage, queue, functions))
        redrive.main()
        return capsys.readouterr().out

    return made


def test_an_event_that_used_up_its_retries_waits_in_the_queue_and_is_put_through_again(
    deployed: Deployed, functions: LambdaClient, stage: Stage, make_redrive: Callable[[Lambda], str]
) -> None:
    name = "imagepress-local-compress"
    variables = functions.get_function_configuration(FunctionName=name)["Environment"]["Variables"]
    functions.update_function_configuration(
        FunctionName=name, Environment={"Variables": {**variables, "TABLE_NAME": "NoSuchTable"}}
    )
    try:
        deployed.s3.put_object(Bucket=SOURCE, Key="letters/a.jpg", Body=picture(64, 48, "JPEG"))
        eventually(lambda: count_waiting(stage))
    finally:
        functions.update_function_configuration(FunctionName=name, Environment={"Variables": variables})
    assert variables["TABLE_NAME"] == TABLE

    assert list(redrive_events(stage)) == ["redriven"]
    eventually(lambda: deployed.record("letters/a.jpg"))
    assert deployed.s3.head_object(Bucket=DESTINATION, Key="letters/resized-a.jpg")
    assert count_waiting(stage) == 0
    assert re.search(r"(?s)100%.*^0 failed events put through again\.$", make_redrive(Lambda()), re.MULTILINE)


def test_each_event_goes_to_the_function_that_failed_and_its_keys_are_parted(
    stage: Stage, queue: Queue
) -> None:
    functions = Lambda()
    both = {"Records": [record("a.jpg"), record("b.jpg")]}
    for name, event in {"compress": both, "sweep": {"run": "1"}, "sweep_daily": SCHEDULED}.items():
        queue.fail(f"imagepress-local-{name}", event)

    assert list(redrive_events(at(stage, queue, functions))) == ["redriven"] * 3

    assert sorted(functions.events, key=str) == [
        ("imagepress-local-compress", {"Records": [record("a.jpg")]}),
        ("imagepress-local-compress", {"Records": [record("b.jpg")]}),
        ("imagepress-local-sweep", {"run": "1"}),
        ("imagepress-local-sweep_daily", SCHEDULED),
    ]
    assert queue.held() == 0


def test_events_that_fail_meanwhile_are_left_for_the_next_time(
    make_redrive: Callable[[Lambda], str], queue: Queue
) -> None:
    event = {"Records": [record("a.jpg")]}
    for _ in range(3):
        queue.fail("imagepress-local-compress", event)
    functions = Lambda(lambda: queue.fail("imagepress-local-compress", event))  # each comes back at once

    printed = make_redrive(functions)

    assert (len(functions.events), queue.held()) == (3, 3)
    assert "3 failed events put through again." in printed
    assert re.search(r"[123] events? failed meanwhile: left for the next time\.", printed)


@pytest.mark.parametrize(
    "body",
    [
        "junk",
        "[]",
        '"text"',
        '{"requestPayload": {}}',
        json.dumps({"requestContext": {"functionArn": arn("imagepress-prod-sweep")}, "requestPayload": {}}),
        json.dumps({"requestContext": {"functionArn": "short"}, "requestPayload": {}}),
        json.dumps(
            {"requestContext": {"functionArn": arn("imagepress-local-sweep")}, "requestPayload": None}
        ),
    ],
)
def test_foreign_message_is_left_and_reported(
    make_redrive: Callable[[Lambda], str], queue: Queue, body: str
) -> None:
    functions = Lambda()
    queue.send(body)
    queue.fail("imagepress-local-sweep", {})

    printed = make_redrive(functions)

    assert (functions.events, queue.held()) == ([("imagepress-local-sweep", {})], 1)
    assert (
        "1 failed event put through again.\n1 message left in the queue: no failed event of local." in printed
    )
    assert "100%" in printed


def refuse() -> None:
    raise ClientError({"Error": {"Code": "TooManyRequestsException", "Message": "later"}}, "Invoke")


def stop() -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize(
    ("happens", "message"), [(refuse, "TooManyRequestsException"), (stop, "Run it again")]
)
def test_an_event_stays_when_lambda_does_not_accept_it_or_the_redrive_is_stopped(
    make_redrive: Callable[[Lambda], str], queue: Queue, happens: Callable[[], None], message: str
) -> None:
    queue.fail("imagepress-local-compress", {"Records": [record("a.jpg")]})

    with pytest.raises(SystemExit, match=message):
        make_redrive(Lambda(happens))

    assert queue.held() == 1


def test_dead_compressions_are_forced_and_dead_sweeps_go_on(stage: Stage, queue: Queue) -> None:
    late = {"errorType": "Sandbox.Timedout", "errorMessage": "Task timed out after 60.00 seconds"}
    position = {"position": {"after_key": "a.jpg"}}
    queue.fail("imagepress-local-compress", {"Records": [record("a.jpg")]}, responsePayload=late)
    queue.fail("imagepress-local-sweep", position, responsePayload=late)
    functions = Lambda()

    assert list(redrive_events(at(stage, queue, functions))) == ["redriven", "redriven"]

    assert dict(functions.events) == {
        "imagepress-local-compress": {"Records": [{**record("a.jpg"), "force": True}]},
        "imagepress-local-sweep": position,
    }
