"""What is set beside Chalice: log groups, retries, and headers of API Gateway's own responses."""

import json
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.api.problems import KINDS
from chalicelib.api.responses import SECURITY
from tools.deploy.attachments import ASYNCHRONOUS, complete_gateway_responses, gateway_headers, retry_events
from tools.deploy.steps import Deployment
from tools.server import PROJECT

SESSION = boto3.Session("a", "b", region_name="us-east-1")


@pytest.mark.parametrize(("origins", "readers"), [([], None), (["https://shop.example"], "*")])
def test_headers_are_the_app_s_and_name_other_sites_only_where_the_settings_do(
    origins: list[str], readers: str | None
) -> None:
    headers = gateway_headers(origins)

    assert headers.keys() >= SECURITY.keys()
    assert headers.get("Access-Control-Allow-Origin") == readers
    assert [value for value in headers.values() if "'" in value] == [], "API Gateway puts quotes around each"


def test_retries_are_set_when_the_update_of_a_function_has_ended() -> None:
    """During an update, Lambda refuses other changes."""
    client = Mock()
    client.get_function.return_value = {"Configuration": {"FunctionArn": "arn:of:record_failure"}}

    done = list(retry_events(client, "imagepress-dev-", "arn:aws:sqs:us-east-1:1:q"))

    assert [line.rpartition(":")[2] for line in done] == ["record_failure", "q", "q", "q"]
    steps = ["get_waiter().wait", "put_function_event_invoke_config"]
    assert [name for name, _, _ in client.mock_calls if name in steps] == steps * len(ASYNCHRONOUS)


def test_each_function_gets_its_own_log_group_but_the_api() -> None:
    """Chalice takes the group of sweep_daily for the group of sweep. The stack makes the group of the API."""
    client = SESSION.client("logs")
    session: Any = SimpleNamespace(client=lambda _: client)
    with Stubber(client) as stub:
        for function in ("compress", "record_failure", "sweep"):
            stub.add_response(
                "create_log_group", {}, {"logGroupName": f"/aws/lambda/imagepress-dev-{function}"}
            )
        stub.add_client_error("create_log_group", "ResourceAlreadyExistsException")  # of sweep_daily
        Deployment(PROJECT, session, "dev", {})._make_log_groups()
        stub.assert_no_pending_responses()


def test_own_responses_of_api_gateway_are_problem_details() -> None:
    client = SESSION.client("apigateway")
    put: dict[str, Any] = {}
    fake: Any = SimpleNamespace(
        put_gateway_response=lambda **given: put.__setitem__(given["responseType"], given),
        create_deployment=lambda **_: None,
    )
    complete_gateway_responses(fake, "api", "api", [], signs=False)

    known = set(client.meta.service_model.shape_for("GatewayResponseType").metadata["enum"])
    assert known >= put.keys()
    for given in put.values():
        problem = json.loads(given["responseTemplates"]["application/json"])
        assert str(problem["status"]) == given["statusCode"]
        assert problem["code"] in KINDS
    unknown_route = json.loads(put["MISSING_AUTHENTICATION_TOKEN"]["responseTemplates"]["application/json"])
    assert (unknown_route["status"], unknown_route["code"]) == (404, "no-such-route")

    complete_gateway_responses(fake, "api", "api", [], signs=True)
    assert put["MISSING_AUTHENTICATION_TOKEN"]["statusCode"] == "401"
