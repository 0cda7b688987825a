"""The answers that API Gateway makes itself: to whom it refuses, to too many requests, when a function fails."""

from typing import TYPE_CHECKING, Final

from chalicelib.api.responses import FOR_OTHER_SITES, SECURITY

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.literals import GatewayResponseTypeType

_ANSWERS: Final[tuple["GatewayResponseTypeType", ...]] = ("DEFAULT_4XX", "DEFAULT_5XX")


def complete_answers(client: "APIGatewayClient", api: str, stage: str, origins: "Collection[str]") -> str:
    """Give API Gateway's own answers the headers that the app's have. Returns what was set.

    Args:
        client: An API Gateway client.
        api: The REST API.
        stage: Its stage, which is deployed anew.
        origins: Of other sites whose pages may call the API. Each may read such an answer, and any other site as well:
            its headers cannot follow the request, and it says no more than that the request was refused.
    """
    headers = headers_of(origins)
    for answer in _ANSWERS:
        client.put_gateway_response(
            restApiId=api,
            responseType=answer,
            responseParameters={
                f"gatewayresponse.header.{name}": f"'{value}'" for name, value in headers.items()
            },
        )
    client.create_deployment(restApiId=api, stageName=stage)
    return f"API {api}: {len(headers)} headers on the answers that API Gateway makes itself"


def headers_of(origins: "Collection[str]") -> "Mapping[str, str]":
    """Return the headers of API Gateway's own answers; none has a quote in it, which API Gateway does not take."""
    headers = {**SECURITY, "Content-Security-Policy": "sandbox", "Cache-Control": "no-store"}
    return headers | {**FOR_OTHER_SITES, "Access-Control-Allow-Origin": "*"} if origins else headers
