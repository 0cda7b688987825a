"""`make redrive STAGE=`: put the events that ended in the dead-letter queue through again.

A message is deleted only once Lambda has accepted its event, so that it may be interrupted at any time: at worst
an event is put through twice, which changes nothing.
"""

import json
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from botocore.exceptions import BotoCoreError, ClientError
from rich.progress import Progress

from tools.stages import Stage, StageError, chosen

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


def main() -> None:
    """Put all through, with a progress bar."""
    try:
        stage = chosen()
        with Progress() as progress:
            task = progress.add_task(f"Redriving {stage.name}", total=waiting(stage))
            for _ in redriven(stage):
                progress.advance(task)
            count = int(progress.tasks[0].completed)
    except (StageError, ClientError, BotoCoreError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("\nStopped. Run it again to go on.")
    print(f"{count} failed events put through again.")


def waiting(stage: Stage) -> int:
    """Return how many messages wait, about."""
    client, url = _queue(stage)
    attributes = client.get_queue_attributes(QueueUrl=url, AttributeNames=["ApproximateNumberOfMessages"])
    return int(attributes["Attributes"]["ApproximateNumberOfMessages"])


def redriven(stage: Stage) -> Iterator[str]:
    """Put events through until the queue is empty, and yield each message's id."""
    client, url = _queue(stage)
    functions = stage.session.client("lambda")
    while messages := client.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=1).get(
        "Messages"
    ):
        for message in messages:
            event = _event(message["Body"])
            if event is None:
                print(f"Message {message['MessageId']} is none of Lambda's: left in the queue.")
                continue
            functions.invoke(
                FunctionName=stage.settings.compress_function,
                InvocationType="Event",
                Payload=json.dumps(event).encode(),
            )
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            yield message["MessageId"]


def _event(body: str) -> Any:
    """Return the event that failed, of a message that Lambda wrote; None of any other."""
    try:
        return json.loads(body)["requestPayload"]
    except (ValueError, TypeError, KeyError):
        return None


def _queue(stage: Stage) -> "tuple[SQSClient, str]":
    client = stage.session.client("sqs")
    return client, client.get_queue_url(QueueName=stage.dead_letter_queue)["QueueUrl"]


if __name__ == "__main__":
    main()
