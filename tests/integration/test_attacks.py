"""What hostile callers send: each is refused with the right status, and leaves no trace."""

import http.client
import json
from typing import Any
from urllib.parse import quote

import pytest

from chalicelib import events
from chalicelib.api import page
from tests.conftest import DESTINATION, SOURCE, TABLE, Deployed
from tests.integration.conftest import Api
from tools.local_stack import LocalStack
from tools.pictures import picture

INJECTED = "x\r\nX-Evil: yes\r\n\r\n<script>"


def call(stack: LocalStack, method: str, target: str, headers: dict[str, str] | None = None) -> Any:
    """Send a request target as it is, which no well-behaved client would."""
    connection = http.client.HTTPConnection(stack.api.removeprefix("http://"), timeout=60)
    try:
        connection.putrequest(method, target, skip_host=headers is not None and "Host" in headers)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        answer.text = answer.read().decode(errors="replace")  # type: ignore[attr-defined]
        return answer
    finally:
        connection.close()


@pytest.mark.parametrize(
    "name",
    [
        "../../app.py",
        "%2e%2e/api.py",
        "....//api.py",
        "..%2f..%2fapp.py",
        "index.html",
        "%00",
        "app.js%00.css",
        ".",
    ],
)
def test_a_path_leads_to_no_file_but_the_page_s_own(api: Api, stack: LocalStack, name: str) -> None:
    answer = call(stack, "GET", f"/web/{page.version()}/{name}")

    assert answer.status == 404
    assert "import" not in answer.text


@pytest.mark.parametrize(
    "identifier",
    ["..%2f..%2fetc%2fpasswd", "%00", "%ff", f"stats%23{SOURCE}%2300", "renditions", "a%0d%0ab", "*", "'"],
)
@pytest.mark.parametrize(
    ("method", "rest"), [("GET", ""), ("GET", "/file"), ("DELETE", ""), ("POST", "/reprocess")]
)
def test_malformed_identifier_is_404_and_changes_nothing(
    api: Api, stack: LocalStack, deployed: Deployed, identifier: str, method: str, rest: str
) -> None:
    before = _everything(deployed)

    assert call(stack, method, f"/images/{identifier}{rest}").status == 404

    assert _everything(deployed) == before


def _everything(deployed: Deployed) -> list[str]:
    """Return what is stored: each object's ETag and each item of the table."""
    objects = [
        f"{item['Key']} {item['ETag']}"
        for bucket in (SOURCE, DESTINATION)
        for item in deployed.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
    ]
    items = deployed.table._client.scan(TableName=TABLE)["Items"]
    return sorted([*objects, *(json.dumps(item, sort_keys=True) for item in items)])


@pytest.mark.parametrize(
    ("route", "parameter", "status"),
    [
        ("/images", "prefix", 200),  # of which there are no images
        ("/images", "key", 404),
        ("/images", "cursor", 400),
        ("/images", "status", 400),
        ("/images", "since", 400),
        ("/images", "X-Evil", 400),
        ("/stats", "prefix", 400),
        ("/stats", "X-Evil", 400),
    ],
)
def test_no_parameter_becomes_a_header(
    api: Api, stack: LocalStack, route: str, parameter: str, status: int
) -> None:
    answer = call(stack, "GET", f"{route}?{parameter}={quote(INJECTED)}")

    assert "X-Evil" not in answer.headers
    assert answer.status == status
    assert answer.headers["Content-Type"] in {"application/json", "application/problem+json"}


def test_the_link_to_the_next_page_has_no_line_end(api: Api, deployed: Deployed) -> None:
    prefix = "attack/\r\nX-Evil: yes/"
    for key in (f"{prefix}a.jpg", f"{prefix}b.jpg"):
        deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=b"words")
        # Not by the deployed function: the emulator's IAM takes no resource with a line end for one of `bucket/*`.
        assert events.pipeline().reconcile(key) == "failed"

    answer = api.get("/images", prefix=prefix, limit="1")

    assert answer.status_code == 200
    assert not {"\r", "\n"} & set(answer.headers["Link"])


def test_an_endless_query_is_refused_and_the_api_goes_on(api: Api, stack: LocalStack) -> None:
    try:
        status = call(stack, "GET", "/images?prefix=" + "a" * 10_000_000).status
    except (ConnectionError, http.client.HTTPException):  # refused before it was read
        status = 414

    assert status == 414
    assert call(stack, "GET", "/images").status == 200


def test_the_page_believes_no_header_about_where_it_is(api: Api, stack: LocalStack) -> None:
    answer = call(stack, "GET", "/", {"Host": "evil.example", "X-Forwarded-Host": "evil.example"})

    assert answer.status == 200
    assert "evil.example" not in answer.text + str(answer.headers)


@pytest.mark.parametrize("bucket", ["another-bucket", DESTINATION])
def test_an_event_of_another_bucket_is_left_alone(stack: LocalStack, deployed: Deployed, bucket: str) -> None:
    key = f"attack/of-{bucket}.jpg"
    # As if it had not been compressed: the event could have that done.
    deployed.table.delete_record(deployed.upload(key, picture(64, 48, "JPEG")))
    deployed.s3.delete_object(Bucket=DESTINATION, Key=f"attack/resized-of-{bucket}.jpg")

    _compress(stack, bucket, key)

    assert deployed.record(key) is None
    assert deployed.compressed_keys(f"attack/resized-of-{bucket}") == []
    _compress(stack, SOURCE, key)
    assert deployed.record(key), "the same event of the source bucket does"


def _compress(stack: LocalStack, bucket: str, key: str) -> None:
    """Send an event to the deployed function, and wait until it is dealt with."""
    event = {"Records": [{"s3": {"bucket": {"name": bucket}, "object": {"key": key}}}]}
    functions = stack.session.client("lambda", endpoint_url=stack.endpoint)
    answer = functions.invoke(FunctionName="imagepress-local-compress", Payload=json.dumps(event).encode())
    assert not answer.get("FunctionError")
