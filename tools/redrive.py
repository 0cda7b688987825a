"""`make redrive STAGE=`: put the events that ended in the dead-letter queue through again.

A message is deleted only once Lambda has accepted its event, so an interruption does no harm: at worst
an event is put through twice, which changes nothing. Events that fail during a run wait for the next one, so that
the run ends.
"""

import json
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from rich.progress import Progress

from chalicelib.deaths import is_death
from tools.deploy.attachments import ASYNCHRONOUS
from tools.errors import exit_on_errors
from tools.stages import Stage, choose_stage

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageTypeDef

Outcome = Literal["redriven", "foreign", "later"]


def main() -> None:
    """Redrive all events, with a progress bar."""
    outcomes: list[Outcome] = []
    with exit_on_errors("Stopped. Run it again to continue."):
        stage = choose_stage()
        with Progress() as progress:
            task = progress.add_task(f"Redriving {stage.name}", total=count_waiting(stage))
            for outcome in redrive_events(stage):
                outcomes.append(outcome)
                progress.advance(task)
            progress.update(task, total=max(1, len(outcomes)), completed=max(1, len(outcomes)))
        print(f"{_format_count(outcomes.count('redriven'), 'failed event')} put through again.")
        if foreign := outcomes.count("foreign"):
            print(f"{_format_count(foreign, 'message')} left in the queue: no failed event of {stage.name}.")
        if later := outcomes.count("later"):
            print(f"{_format_count(later, 'event')} failed meanwhile: left for the next time.")


def _format_count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def count_waiting(stage: Stage) -> int:
    """Return about how many messages wait."""
    client, url = _find_queue(stage)
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def redrive_events(stage: Stage) -> Iterator[Outcome]:
    """Put through all events that failed before this call, and yield what became of each message.

    It ends when a batch of the queue holds only messages that came later: there may be no end of them.
    """
    client, url = _find_queue(stage)
    start = time.time() * 1000
    left: set[str] = set()  # these come back after a minute
    outcomes: list[Outcome] = ["redriven"]
    while outcomes and set(outcomes) != {"later"}:
        outcomes = []
        answer = client.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
        )
        for message in answer.get("Messages", []):
            if message["MessageId"] in left:
                continue
            outcome = _redrive(stage, message, start)
            if outcome == "redriven":
                client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            else:
                left.add(message["MessageId"])
            outcomes.append(outcome)
            yield outcome


def _redrive(stage: Stage, message: "MessageTypeDef", start: float) -> Outcome:
    if int(message["Attributes"]["SentTimestamp"]) > start:
        return "later"
    failed = _parse_failure(stage, message["Body"])
    if failed is None:
        return "foreign"
    function, event = failed
    client = stage.session.client("lambda")
    for each in _split_records(event):
        client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(each).encode())
    return "redriven"


def _parse_failure(stage: Stage, body: str) -> tuple[str, Any] | None:
    """Return the failed function and its event; None if Lambda did not write the message for this stage."""
    try:
        message = json.loads(body)
        function, event = message["requestContext"]["functionArn"].split(":")[6], message["requestPayload"]
    except (ValueError, TypeError, KeyError, AttributeError, IndexError):
        return None
    prefix = stage.settings.compress_function.removesuffix("compress")
    if function not in {prefix + name for name in ASYNCHRONOUS} or not isinstance(event, dict):
        return None
    if function == stage.settings.compress_function and is_death(message):
        # Its failed record has the current ETag, so that only a forced event compresses the image again.
        event = {"Records": [{**record, "force": True} for record in event["Records"]]}
    return function, event


def _split_records(event: dict[str, Any]) -> list[dict[str, Any]]:
    """Return an event for each record of an S3 event, so that a key that ends its worker does not affect others."""
    records = event.get("Records")
    return [{"Records": [record]} for record in records] if isinstance(records, list) else [event]


def _find_queue(stage: Stage) -> "tuple[SQSClient, str]":
    client = stage.session.client("sqs")
    return client, client.get_queue_url(QueueName=stage.dead_letter_queue)["QueueUrl"]


if __name__ == "__main__":
    main()
