"""What Chalice leaves out: retries of failed events, request limits, and headers of API Gateway's own responses."""

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING, Final

from chalicelib.api.problems import CONTENT_TYPE, KINDS, Problem
from chalicelib.api.responses import FOR_OTHER_SITES, SECURITY
from tools.chalice_config import FAILURE_DESTINATIONS

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType
    from mypy_boto3_lambda import LambdaClient

ASYNCHRONOUS: Final = ("compress", "record_failure", "sweep", "sweep_daily")
"""Functions whose callers do not wait for a response."""

_RETRIES: Final = 2
_AGE_SECONDS: Final = 6 * 3600
_GATEWAY_PROBLEMS: Final[dict["GatewayResponseTypeType", str]] = {
    "DEFAULT_4XX": "bad-request",
    "DEFAULT_5XX": "gateway-error",
    "ACCESS_DENIED": "forbidden",
    "EXPIRED_TOKEN": "unauthorized",
    "INVALID_SIGNATURE": "unauthorized",
    "MISSING_AUTHENTICATION_TOKEN": "no-such-route",
    "QUOTA_EXCEEDED": "too-many-requests",
    "REQUEST_TOO_LARGE": "too-large",
    "RESOURCE_NOT_FOUND": "no-such-route",
    "THROTTLED": "too-many-requests",
    "UNAUTHORIZED": "unauthorized",
}
"""The problem that each of API Gateway's own responses gets. By default, an unknown route misses a token."""


def retry_events(client: "LambdaClient", prefix: str, queue_arn: str) -> Iterator[str]:
    """Have Lambda retry failed events, and send them to a queue when it gives up. Yields what was set.

    Args:
        client: A Lambda client.
        prefix: The functions' names without their endings, for example `imagepress-dev-`.
        queue_arn: The ARN of the queue.
    """
    for function in ASYNCHRONOUS:
        name = prefix + function
        client.get_waiter("function_updated_v2").wait(FunctionName=name)  # until then, Lambda refuses changes
        destination = queue_arn
        if taker := FAILURE_DESTINATIONS.get(function):
            destination = client.get_function(FunctionName=prefix + taker)["Configuration"]["FunctionArn"]
        client.put_function_event_invoke_config(
            FunctionName=name,
            MaximumRetryAttempts=_RETRIES,
            MaximumEventAgeInSeconds=_AGE_SECONDS,
            DestinationConfig={"OnFailure": {"Destination": destination}},
        )
        yield f"{name}: {_RETRIES} retries within {_AGE_SECONDS // 3600} hours, then {destination}"


def allow_recursion(client: "LambdaClient", function: str) -> str:
    """Let a function invoke itself any number of times; Lambda would stop it as an endless loop. Returns what was set."""
    client.put_function_recursion_config(FunctionName=function, RecursiveLoop="Allow")
    return f"{function}: may continue in a new invocation"


def complete_gateway_responses(
    client: "APIGatewayClient", api: str, stage: str, origins: Collection[str], *, signs: bool
) -> str:
    """Make API Gateway's own responses problem details, with the headers of the app's responses. Returns what was set.

    Args:
        client: An API Gateway client.
        api: The REST API.
        stage: Its stage, which is deployed anew.
        origins: Other sites whose pages may call the API. Then every site may read these responses, since their headers
            cannot depend on the request. They say only that a request was refused.
        signs: Whether callers sign their requests (`API_AUTH` is `iam`): then a missing token is a missing signature.
    """
    headers = gateway_headers(origins)
    parameters = {f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()}
    signing: dict[GatewayResponseTypeType, str] = {"MISSING_AUTHENTICATION_TOKEN": "unauthorized"}
    for response, code in (_GATEWAY_PROBLEMS | (signing if signs else {})).items():
        problem = Problem(code, KINDS[code].title).to_response()
        client.put_gateway_response(
            restApiId=api,
            responseType=response,
            statusCode=str(problem.status_code),
            responseParameters=parameters,
            responseTemplates={"application/json": str(problem.body)},
        )
    client.create_deployment(restApiId=api, stageName=stage)
    return f"API {api}: API Gateway's own responses are problem details"


def gateway_headers(origins: Collection[str]) -> Mapping[str, str]:
    """Return the headers of API Gateway's own responses; none has a quote in it, which API Gateway refuses."""
    headers = {
        **SECURITY,
        "Content-Security-Policy": "sandbox",
        "Cache-Control": "no-store",
        "Content-Type": CONTENT_TYPE,
    }
    return headers | {**FOR_OTHER_SITES, "Access-Control-Allow-Origin": "*"} if origins else headers


def limit_requests(client: "APIGatewayClient", api: str, stage: str, per_second: int, burst: int) -> str:
    """Limit the requests of all callers together; API Gateway answers others with 429. Returns what was set."""
    client.update_stage(
        restApiId=api,
        stageName=stage,
        patchOperations=[
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": str(per_second)},
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": str(burst)},
        ],
    )
    return f"API {api}: {per_second} requests a second, {burst} at once"
