"""The routes of app.py through Chalice's test client, on the emulated table and buckets."""

import base64
import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
from chalice.test import Client, HTTPResponse
from PIL import Image

from tests.conftest import Deployed
from tools.local_stack import LocalStack
from tools.pictures import picture

KEYS = ["api/one.jpg", "api/two.png", "api/three & four.jpg"]


@pytest.fixture(scope="module")
def client(stack: LocalStack, deployed: Deployed) -> Iterator[Client]:
    import app

    for key in KEYS:
        deployed.upload(key, picture(320, 200, "PNG" if key.endswith("png") else "JPEG"))
    deployed.upload("api/text.jpg", b"no image at all")
    with Client(app.app, stage_name="local") as client:
        yield client


def get(client: Client, path: str, **query: str) -> HTTPResponse:
    return client.http.get(f"{path}?{urlencode(query)}" if query else path)


def body(response: HTTPResponse) -> Any:
    return json.loads(response.body)


def record_of(client: Client, key: str) -> Any:
    return body(get(client, "/images", key=key))


def test_images_are_listed_newest_first(client: Client) -> None:
    times = [image["resizedAt"] for image in body(get(client, "/images"))["images"]]

    assert len(times) >= 4
    assert times == sorted(times, reverse=True)


def test_pages_follow_one_another_without_gap_or_repetition(client: Client) -> None:
    whole = [image["imageId"] for image in body(get(client, "/images", limit="100"))["images"]]

    paged: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = body(get(client, "/images", limit="1", **cursor))
        paged += [image["imageId"] for image in page["images"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}

    assert paged == whole


def test_a_status_lists_its_images_alone(client: Client) -> None:
    failed = body(get(client, "/images", status="failed"))["images"]

    assert "api/text.jpg" in {image["sourceKey"] for image in failed}
    assert {image["status"] for image in failed} == {"failed"}


def test_an_image_is_found_by_its_key_and_by_its_id(client: Client) -> None:
    found = record_of(client, "api/three & four.jpg")

    assert found["sourceKey"] == "api/three & four.jpg"
    assert body(get(client, f"/images/{found['imageId']}")) == found


@pytest.mark.parametrize(
    ("variant", "size"),
    [({}, None), ({"variant": "compressed"}, None), ({"variant": "original"}, "sizeOriginal")],
)
def test_file_redirects_to_the_bytes(client: Client, variant: dict[str, str], size: str | None) -> None:
    record = record_of(client, "api/one.jpg")

    answer = get(client, f"/images/{record['imageId']}/file", **variant)

    assert answer.status_code == 302
    with urlopen(answer.headers["Location"]) as file:
        data = file.read()
    assert len(data) == record[size or "sizeCompressed"]
    assert Image.open(BytesIO(data)).size == (320, 200)


def test_a_failed_image_has_no_compressed_file_but_its_original(client: Client) -> None:
    record = record_of(client, "api/text.jpg")

    assert body(get(client, f"/images/{record['imageId']}/file"))["code"] == "no-file"
    assert get(client, f"/images/{record['imageId']}/file", variant="original").status_code == 302


@pytest.mark.parametrize("path", ["/images/none", "/images/none/file", "/images?key=none"])
def test_what_is_not_there_is_404(client: Client, path: str) -> None:
    answer = client.http.get(path)

    assert (answer.status_code, body(answer)["code"]) == (404, "no-such-image")


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"status": "done"}, "status"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": base64.urlsafe_b64encode(b"forged").decode()}, "cursor"),
        ({"colour": "red"}, "colour"),
        ({"key": "a", "limit": "3"}, "key"),
    ],
)
def test_a_bad_parameter_is_400_and_named(client: Client, query: dict[str, str], named: str) -> None:
    answer = get(client, "/images", **query)

    assert answer.status_code == 400
    assert body(answer)["message"].startswith(f"{named}:")


def test_an_unknown_variant_is_400(client: Client) -> None:
    record = record_of(client, "api/one.jpg")

    answer = get(client, f"/images/{record['imageId']}/file", variant="huge")

    assert answer.status_code == 400
    assert body(answer)["message"].startswith("variant:")


def test_health_is_ok_while_table_and_buckets_answer(client: Client) -> None:
    answer = get(client, "/health")

    assert (answer.status_code, body(answer)) == (200, {"status": "ok", "table": "ok", "buckets": "ok"})


def test_health_is_503_where_the_table_is_missing(
    client: Client, stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib import api
    from chalicelib.catalog import Catalog

    missing = Catalog(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "NoSuchTable")
    monkeypatch.setattr(api, "_catalog", lambda: missing)

    answer = get(client, "/health")

    assert (answer.status_code, body(answer)["status"]) == (503, "unavailable")


def test_an_event_reaches_the_pipeline(client: Client, deployed: Deployed) -> None:
    record = deployed.record("api/two.png")
    assert record
    deployed.catalog.delete(record)
    event = client.events.generate_s3_event("source-image", "api/two.png")

    client.lambda_.invoke("compress", event)

    assert record_of(client, "api/two.png")["status"] == "compressed"


def test_the_same_answers_come_over_http(client: Client, stack: LocalStack) -> None:
    with urlopen(f"{stack.api}/images?key=api/one.jpg") as answer:
        assert json.load(answer) == record_of(client, "api/one.jpg")
