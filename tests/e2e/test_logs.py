"""What the deployed functions write to their logs, and what they never do."""

import base64
import json
import re
from typing import Any

import pytest
from mypy_boto3_lambda import LambdaClient

from chalicelib.records import Record
from tests.conftest import Deployed, eventually
from tests.fixtures.events import proxied
from tools.local_stack import LocalStack
from tools.pictures import picture

PHOTO = picture(300, 200, "JPEG")
GOOD, BAD = "logs/a photo.jpg", "logs/words.jpg"
TOKEN = "a-bearer-token-that-a-caller-sends"
SIGNED = re.compile(r"X-Amz-(Signature|Credential|Security-Token)|AWSAccessKeyId|Signature=", re.IGNORECASE)
CREDENTIAL = re.compile(r"(AKIA|ASIA)[0-9A-Z]{16}|aws_secret|aws_session|Authorization|Bearer", re.IGNORECASE)


class Logs:
    """The log lines of a function."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def text(self, function: str) -> str:
        pages = self._client.get_paginator("filter_log_events").paginate(
            logGroupName=f"/aws/lambda/{function}"
        )
        return "\n".join(event["message"] for page in pages for event in page["events"])

    def json(self, function: str) -> list[dict[str, Any]]:
        """Return the lines that are JSON; Lambda itself writes others."""
        return [json.loads(line) for line in self.text(function).splitlines() if line.startswith("{")]


@pytest.fixture(scope="module")
def logs(stack: LocalStack) -> Logs:
    return Logs(stack.session.client("logs", endpoint_url=stack.endpoint))


@pytest.fixture(scope="module")
def record(deployed: Deployed) -> Record:
    return deployed.upload(GOOD, PHOTO)


@pytest.fixture(scope="module")
def failed(deployed: Deployed) -> Record:
    return deployed.upload(BAD, b"SECRETWORDS, not an image")


def _decisions(logs: Logs, image_id: str) -> list[dict[str, Any]]:
    lines = logs.json("imagepress-local-compress")
    return [line for line in lines if line.get("imageId") == image_id]


def _metrics(logs: Logs) -> dict[str, dict[str, Any]]:
    """Return, of each metric in CloudWatch's embedded format, the last line that carries it."""
    lines = [line for line in logs.json("imagepress-local-compress") if "_aws" in line]
    return {
        metric["Name"]: line | {"Unit": metric["Unit"]}
        for line in lines
        for metric in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
    }


def test_a_decision_is_one_line_with_key_and_request(logs: Logs, record: Record) -> None:
    (line,) = eventually(lambda: _decisions(logs, record["imageId"]))

    assert (line["message"], line["key"]) == ("compressed", GOOD)
    assert (line["service"], line["level"]) == ("imagepress", "INFO")
    assert (line["sizeOriginal"], line["sizeCompressed"]) == (len(PHOTO), record["sizeCompressed"])
    assert re.fullmatch(r"[0-9a-f-]{36}", line["request_id"])
    assert isinstance(line["cold_start"], bool)


def test_a_failure_is_one_line_with_its_code(logs: Logs, failed: Record) -> None:
    (line,) = eventually(lambda: _decisions(logs, failed["imageId"]))

    assert (line["message"], line["key"], line["code"]) == ("failed", BAD, "not-an-image")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("Images", "Count"),
        ("BytesIn", "Bytes"),
        ("BytesOut", "Bytes"),
        ("Failures", "Count"),
        ("FailuresByCode", "Count"),
        ("readMilliseconds", "Milliseconds"),
        ("compressMilliseconds", "Milliseconds"),
        ("writeMilliseconds", "Milliseconds"),
    ],
)
def test_cloudwatch_finds_a_metric_in_the_log(
    logs: Logs, record: Record, failed: Record, name: str, unit: str
) -> None:
    line = eventually(lambda: _metrics(logs).get(name))

    values = line[name] if isinstance(line[name], list) else [line[name]]
    assert line["Unit"] == unit
    assert line["_aws"]["CloudWatchMetrics"][0]["Namespace"] == line["service"] == "imagepress"
    assert all(value > 0 for value in values)


def test_an_event_that_cannot_be_read_is_logged_with_its_traceback(
    logs: Logs, functions: LambdaClient
) -> None:
    answer = functions.invoke(FunctionName="imagepress-local-compress", Payload=b'{"Records": [{}]}')

    assert answer["FunctionError"]
    eventually(lambda: "KeyError" in logs.text("imagepress-local-compress"))


def test_no_url_no_credential_and_no_content_is_ever_logged(
    logs: Logs, functions: LambdaClient, deployed: Deployed, record: Record, failed: Record
) -> None:
    route, headers = "/images/{image_id}/file", {"Authorization": f"Bearer {TOKEN}"}
    event = proxied("GET", route, image_id=record["imageId"], headers=headers)
    answer = functions.invoke(FunctionName="imagepress-local", Payload=json.dumps(event).encode())
    signed = json.loads(answer["Payload"].read())
    assert SIGNED.search(signed["headers"]["Location"]), "the API signed a URL"
    functions.invoke(FunctionName="imagepress-local-sweep", Payload=b"{}")
    eventually(lambda: _decisions(logs, record["imageId"]) and _decisions(logs, failed["imageId"]))
    eventually(lambda: "swept" in logs.text("imagepress-local-sweep"))
    compressed = deployed.compressed(record["destKey"])
    contents = [base64.b64encode(data[300:360]).decode() for data in (PHOTO, compressed)]

    for name in ("imagepress-local", "imagepress-local-compress", "imagepress-local-sweep"):
        text = logs.text(name)
        assert not SIGNED.search(text), name
        assert not CREDENTIAL.search(text), name
        for secret in (TOKEN, "SECRETWORDS", record["placeholder"], *contents):
            assert secret not in text, name
