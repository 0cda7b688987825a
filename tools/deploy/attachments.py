"""What Chalice leaves out: how often a failed event is retried and where it ends, and the API's request limits."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_lambda import LambdaClient

ASYNCHRONOUS: Final = ("compress", "sweep", "sweep_daily")
"""Functions that are handed events without anybody waiting for an answer. Their policies take it from pyproject.toml."""

_RETRIES = 2
_AGE_SECONDS = 6 * 3600


def retry_events(client: "LambdaClient", prefix: str, queue_arn: str) -> Iterator[str]:
    """Have Lambda try failed events again, and hand them to a queue when it gives up. Yields what was set.

    Args:
        client: Of Lambda.
        prefix: What the functions' names begin with, such as `imagepress-dev-`.
        queue_arn: The ARN of the queue.
    """
    for function in ASYNCHRONOUS:
        client.put_function_event_invoke_config(
            FunctionName=prefix + function,
            MaximumRetryAttempts=_RETRIES,
            MaximumEventAgeInSeconds=_AGE_SECONDS,
            DestinationConfig={"OnFailure": {"Destination": queue_arn}},
        )
        yield f"{prefix}{function}: {_RETRIES} retries within {_AGE_SECONDS // 3600} hours, then {queue_arn}"


def allow_continuing(client: "LambdaClient", function: str) -> str:
    """Let a function invoke itself as often as it must, where Lambda would take that for an endless loop."""
    client.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")
    return f"{function}: may go on in a new invocation"


def limit_requests(client: "APIGatewayClient", api: str, stage: str, per_second: int, burst: int) -> str:
    """Bound the requests of all callers together; more are answered with 429. Returns what was set."""
    client.update_stage(
        restApiId=api,
        stageName=stage,
        patchOperations=[
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(per_second)},
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
        ],
    )
    return f"API {api}: {per_second} requests a second, {burst} at once"
