"""Hand keys to the compress function, by asynchronous invocation in the shape of S3's event notifications.

Lambda queues, retries and paces them, and keeps in the dead-letter queue what fails.
"""

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient

KEYS_AT_ONCE = 10
"""Keys of one invocation: each takes about a second at worst, and the function has sixty."""


class Handover:
    """Invokes the compress function. Errors of AWS are raised as they come."""

    def __init__(self, client: "LambdaClient", function: str, bucket: str) -> None:
        self._lambda = client
        self._function = function
        self._bucket = bucket

    def reconcile(self, keys: Iterable[str], *, force: bool = False) -> None:
        """Have up to `KEYS_AT_ONCE` keys of the source bucket reconciled, even if up to date where `force` says so."""
        records = [
            {
                "eventSource": "imagepress",
                "force": force,
                "s3": {"bucket": {"name": self._bucket}, "object": {"key": quote_plus(key)}},
            }
            for key in keys
        ]
        payload = json.dumps({"Records": records}).encode()
        self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
