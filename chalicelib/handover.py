"""Hand keys to the compress function, by asynchronous invocation in the shape of S3's event notifications.

Lambda queues, retries and paces them, and keeps in the dead-letter queue what fails. Each event names one key, so that
a key which ends its worker each time takes no other with it.
"""

import json
from typing import TYPE_CHECKING
from urllib.parse import quote_plus

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient


class Handover:
    """Invokes the compress function. Errors of AWS are raised as they come."""

    def __init__(self, client: "LambdaClient", function: str, bucket: str) -> None:
        self._lambda = client
        self._function = function
        self._bucket = bucket

    def reconcile(self, key: str, *, force: bool = False) -> None:
        """Have a key of the source bucket reconciled, even if it is up to date where `force` says so."""
        record = {
            "eventSource": "imagepress",
            "force": force,
            "s3": {"bucket": {"name": self._bucket}, "object": {"key": quote_plus(key)}},
        }
        payload = json.dumps({"Records": [record]}).encode()
        self._lambda.invoke(FunctionName=self._function, InvocationType="Event", Payload=payload)
