"""The dead-letter queue: events that failed in every attempt, until `make redrive` puts them through again."""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient


class DeadLetterQueue:
    """The queue of failed events."""

    ARN: Final = "arn:{partition}:sqs:{region}:{account}:{dead_letter_queue}"

    def __init__(self, client: "SQSClient", arn: str) -> None:
        self._client = client
        _, partition, _, region, account, name = arn.split(":")
        domain = "amazonaws.com.cn" if partition == "aws-cn" else "amazonaws.com"
        self._url = f"https://sqs.{region}.{domain}/{account}/{name}"

    def keep_event(self, event: Mapping[str, Any]) -> None:
        """Send an event to the queue."""
        self._client.send_message(QueueUrl=self._url, MessageBody=json.dumps(event))
