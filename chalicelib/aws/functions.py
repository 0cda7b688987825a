"""The Lambda functions that the app invokes, always asynchronously.

Lambda queues, retries and paces these events, and moves what fails to the dead-letter queue.
"""

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


KEYS_A_SECOND: Final = 100
"""Requested by a sweep or a job at most: about as many seconds of compression, a tenth of an account's usual concurrency."""

SECONDS_TO_SPARE: Final = 30
"""Of the time of the function that sweeps, when another invocation goes on."""


class CompressFunction:
    """The function that compresses what it is sent, in the shape of S3's event notifications.

    Each event names one key, so that a key that kills its worker each time affects no other key.
    """

    ARN: Final = "arn:{partition}:lambda:{region}:{account}:function:{COMPRESS_FUNCTION}"

    def __init__(self, client: "LambdaClient", name: str, source_bucket: str) -> None:
        self._client = client
        self._name = name
        self._source_bucket = source_bucket

    def request_compression(self, key: str, *, force: bool = False) -> None:
        """Have a key of the source bucket reconciled; with `force`, even if its record is up to date."""
        record = {
            "eventSource": "imagepress",
            "force": force,
            "s3": {"bucket": {"name": self._source_bucket}, "object": {"key": quote_plus(key)}},
        }
        payload = json.dumps({"Records": [record]}).encode()
        self._client.invoke(FunctionName=self._name, InvocationType="Event", Payload=payload)


class SweepFunction:
    """The function that sweeps, and does bulk jobs."""

    ARN: Final = "arn:{partition}:lambda:{region}:{account}:function:{stage_name}-sweep"

    def __init__(self, client: "LambdaClient", name: str) -> None:
        self._client = client
        self._name = name

    def start_sweep(self, event: Mapping[str, Any]) -> None:
        """Have a sweep go on from a `position`, or a bulk `job` be done; an empty event sweeps from the beginning."""
        payload = json.dumps(event).encode()
        self._client.invoke(FunctionName=self._name, InvocationType="Event", Payload=payload)
