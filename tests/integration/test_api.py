"""Records and files through the routes."""

import json
import re
from typing import Any
from unittest.mock import Mock

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from chalicelib import services
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import image_id
from tests.conftest import SOURCE, Deployed, eventually
from tests.integration.conftest import Api, body
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.server import PROJECT

CONTRACT = PROJECT / "chalicelib" / "api" / "openapi.json"
MISSING = "00000000-0000-0000-0000-000000000000"


def test_record_hides_attributes_of_storage(api: Api) -> None:
    hidden = {"revision", "destETag", "listShard", "kindShard", "listKey", "nameKey"}

    assert hidden.isdisjoint(api.record("api/one.jpg"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/images/none"),
        ("GET", "/images/none/file"),
        ("GET", "/images?key=none"),
        ("GET", "/images/stats%2303"),
        ("GET", f"/images/{MISSING}"),
        ("DELETE", f"/images/{MISSING}"),
        ("POST", f"/images/{MISSING}/reprocess"),
    ],
)
def test_what_is_not_there_is_404(api: Api, method: str, path: str) -> None:
    answer = api.request(method, path)

    assert (answer.status_code, body(answer)["code"]) == (404, "no-such-image")


def test_a_key_that_no_image_has_is_named(api: Api) -> None:
    assert body(api.get("/images", key="nights/none.jpg"))["detail"].endswith("'nights/none.jpg'.")


def test_a_record_has_an_entity_tag_that_saves_fetching_it_again(api: Api) -> None:
    path = f"/images/{api.record('api/one.jpg')['imageId']}"
    tag = api.get(path).headers["ETag"]

    again = api.request("GET", path, {"If-None-Match": f'"another", {tag}'})

    assert re.fullmatch(r'W/"[0-9a-f]{32}"', tag)
    assert (again.status_code, again.body, again.headers["ETag"]) == (304, b"", tag)


def test_delete_of_an_image_whose_source_is_gone_takes_its_record_along(
    api: Api, deployed: Deployed, table: RecordsTable
) -> None:
    record = deployed.upload("api/orphan.jpg", picture(40, 30, "JPEG"))
    deployed.delete("api/orphan.jpg")
    table.put_record(record, replacing=None)

    assert api.request("DELETE", f"/images/{record['imageId']}").status_code == 202

    eventually(lambda: deployed.record("api/orphan.jpg") is None)


@pytest.mark.parametrize(
    ("method", "path"), [("GET", ""), ("GET", "/file"), ("DELETE", ""), ("POST", "/reprocess")]
)
def test_a_record_of_a_former_source_bucket_does_nothing_to_today_s_object_of_that_key(
    api: Api, deployed: Deployed, method: str, path: str
) -> None:
    record = deployed.upload("api/same-key.jpg", picture(40, 30, "JPEG"))
    former: Any = {**record, "sourceBucket": "former", "imageId": image_id("former", f"{method}{path}")}
    deployed.table.put_record(former, replacing=None)

    answer = api.request(method, f"/images/{former['imageId']}{path}")

    assert (answer.status_code, body(answer)["code"]) == (404, "no-such-image")
    assert deployed.s3.head_object(Bucket=SOURCE, Key="api/same-key.jpg")
    deployed.table.delete_record(former)


def test_stats_count_images_failures_and_bytes_of_todays_source_bucket(api: Api, deployed: Deployed) -> None:
    before = body(api.get("/stats"))
    record = deployed.upload("api/counted.jpg", picture(400, 300, "JPEG"))
    deployed.upload("api/counted.txt", b"words")
    former: Any = {**record, "sourceBucket": "former", "imageId": image_id("former", "moved.jpg")}
    deployed.table.put_record(former, replacing=None)

    after = body(api.get("/stats"))

    assert {name: after[name] - before[name] for name in after} == {
        "images": 1,
        "failures": 1,
        "bytesBefore": record["sizeOriginal"],
        "bytesAfter": record["sizeCompressed"],
        "bytesSaved": record["sizeOriginal"] - record["sizeCompressed"],
    }
    deployed.table.delete_record(former)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        (method.upper(), path)
        for path, methods in json.loads(CONTRACT.read_text())["paths"].items()
        for method in methods
        if method in {"get", "post", "delete"} and path not in {"/", "/web/{version}/{name}"}
    ],
)
def test_every_route_names_a_parameter_that_it_does_not_know(api: Api, method: str, path: str) -> None:
    answer = api.request(method, f"{path.replace('{imageId}', 'none')}?colour=red")

    assert (answer.status_code, body(answer)["parameter"]) == (400, "colour")


def test_health_is_503_where_the_table_is_missing(
    api: Api, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    missing = RecordsTable(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "NoSuchTable")
    monkeypatch.setattr(services.of_api(), "table", missing)

    answer = api.get("/health")

    assert (answer.status_code, body(answer)["status"]) == (503, "unavailable")


def refused(code: str, status: int) -> ClientError:
    response: Any = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, "GetItem")


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (refused("ThrottlingException", 400), 503, "unavailable"),
        (refused("InternalServerError", 500), 503, "unavailable"),
        (EndpointConnectionError(endpoint_url="http://nowhere"), 503, "unavailable"),
        (refused("AccessDeniedException", 400), 500, "internal-error"),
    ],
)
def test_what_aws_refuses_is_a_problem_that_says_whether_to_try_again(
    api: Api, monkeypatch: pytest.MonkeyPatch, error: Exception, status: int, code: str
) -> None:
    monkeypatch.setattr(RecordsTable, "get_record", Mock(side_effect=error))

    answer = api.get(f"/images/{MISSING}")

    assert (answer.status_code, body(answer)["code"]) == (status, code)
    assert ("Retry-After" in answer.headers) == (status == 503)
