"""`make redrive STAGE=`: put the events that ended in the dead-letter queue through again.

A message is deleted only once Lambda has accepted its event, so that it may be interrupted at any time: at worst
an event is put through twice, which changes nothing. Events that fail while it runs wait for the next time, so that
it ends.
"""

import json
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

from tools.deploy.attachments import ASYNCHRONOUS
from tools.stages import Stage, StageError, chosen

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Outcome = Literal["redriven", "foreign", "later"]


def main() -> None:
    """Put all through, with a progress bar."""
    outcomes: list[Outcome] = []
    try:
        stage = chosen()
        with Progress() as progress:
            task = progress.add_task(f"Redriving {stage.name}", total=waiting(stage))
            for outcome in redriven(stage):
                outcomes.append(outcome)
                progress.advance(task)
            progress.update(task, total=max(1, len(outcomes)), completed=max(1, len(outcomes)))
    except (StageError, ClientError, BotoCoreError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on.")
    print(f"{_some(outcomes.count('redriven'), 'failed event')} put through again.")
    if foreign := outcomes.count("foreign"):
        print(f"{_some(foreign, 'message')} left in the queue: no failed event of {stage.name}.")
    if later := outcomes.count("later"):
        print(f"{_some(later, 'event')} failed meanwhile: left for the next time.")


def _some(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def waiting(stage: Stage) -> int:
    """Return how many messages wait, about."""
    client, url = _queue(stage)
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def redriven(stage: Stage) -> Iterator[Outcome]:
    """Put all events through that had failed when it began, and yield what became of each message.

    It ends when the queue hands out none that had: others may come without end.
    """
    client, url = _queue(stage)
    functions: LambdaClient = stage.session.client("lambda")
    began = time.time() * 1000
    left: set[str] = set()  # these come back after a minute
    outcomes: list[Outcome] = ["redriven"]
    while outcomes and set(outcomes) != {"later"}:
        outcomes = []
        for message in _received(client, url):
            if message["MessageId"] in left:
                continue
            outcome = _outcome(stage, functions, message, began)
            if outcome == "redriven":
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            else:
                left.add(message["MessageId"])
            outcomes.append(outcome)
            yield outcome


def _received(client: "SQSClient", url: str) -> "list[MessageTypeDef]":
    answer = client.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1, MessageSystemAttributeNames=["SentTimestamp"]
    )
    return answer.get("Messages", [])


def _outcome(stage: Stage, functions: "LambdaClient", message: "MessageTypeDef", began: float) -> Outcome:
    """Put the event of a message through, if it is one that is to be."""
    if int(message["Attributes"]["SentTimestamp"]) > began:
        return "later"
    failed = _failed(stage, message["Body"])
    if failed is None:
        return "foreign"
    function, event = failed
    for each in _parted(event):
        functions.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(each).encode())
    return "redriven"


def _failed(stage: Stage, body: str) -> tuple[str, Any] | None:
    """Return the function of the stage that failed and its event, of a message that Lambda wrote; None of any other."""
    try:
        message = json.loads(body)
        function, event = message["requestContext"]["functionArn"].split(":")[6], message["requestPayload"]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    return (function, event) if function in _functions(stage) and isinstance(event, dict) else None


def _functions(stage: Stage) -> set[str]:
    prefix = stage.settings.compress_function.removesuffix("compress")
    return {prefix + name for name in ASYNCHRONOUS}


def _parted(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an event for each record of one of S3's, so that a key which ends its worker takes no other with it."""
    records = event.get("Records")
    return [{"Records": [record]} for record in records] if isinstance(records, list) else [event]


def _queue(stage: Stage) -> "tuple[SQSClient, str]":
    client = stage.session.client("sqs")
    return client, client.get_queue_url(QueueName=stage.dead_letter_queue)["QueueUrl"]


if __name__ == "__main__":
    main()
