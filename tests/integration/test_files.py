"""The files of images through the routes: redirects, URLs, types and names."""

from collections.abc import Callable
from io import BytesIO
from urllib.request import urlopen

import pytest
from PIL import Image

from tests.conftest import SOURCE, Deployed, eventually
from tests.integration.conftest import Api, body
from tools.pictures import picture


@pytest.mark.parametrize(
    ("variant", "size"),
    [({}, None), ({"variant": "compressed"}, None), ({"variant": "original"}, "sizeOriginal")],
)
def test_file_redirects_to_the_bytes(api: Api, variant: dict[str, str], size: str | None) -> None:
    record = api.record("api/one.jpg")

    answer = api.get(f"/images/{record['imageId']}/file", **variant)

    assert answer.status_code == 302
    with urlopen(answer.headers["Location"]) as file:
        data = file.read()
    assert len(data) == record[size or "sizeCompressed"]
    assert Image.open(BytesIO(data)).size == (320, 200)


def test_a_download_has_the_file_s_name(api: Api) -> None:
    record = api.record("api/three & four.jpg")
    query = {"redirect": "false", "download": "true"}

    with urlopen(body(api.get(f"/images/{record['imageId']}/file", **query))["url"]) as file:
        disposition = file.headers["Content-Disposition"]

    assert disposition == (
        "attachment; filename=\"resized-three & four.jpg\"; filename*=UTF-8''resized-three%20%26%20four.jpg"
    )


@pytest.mark.parametrize(
    ("data", "content_type", "disposition"),
    [
        (picture(32, 32, "PNG"), "image/png", "inline;"),
        (b"<html><script>alert(1)</script></html>", "application/octet-stream", "attachment;"),
    ],
)
def test_original_has_its_real_type_whatever_its_uploader_declared(
    api: Api, deployed: Deployed, data: bytes, content_type: str, disposition: str
) -> None:
    key = f"api/declared-{disposition}.png"
    deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=data, ContentType="text/html")
    eventually(lambda: deployed.record(key))

    record = body(api.get("/images", key=key, urls="true"))

    with urlopen(record["urls"]["original"]) as file:
        assert file.headers["Content-Type"] == content_type
        assert file.headers["Content-Disposition"].startswith(disposition)


def test_a_failed_image_has_no_compressed_file_but_its_original(api: Api) -> None:
    record = api.record("api/text.jpg")

    answer = api.get(f"/images/{record['imageId']}/file")

    assert (answer.status_code, body(answer)["code"]) == (404, "no-file")
    assert record["error"]["message"] in body(answer)["detail"]
    assert api.get(f"/images/{record['imageId']}/file", variant="original").status_code == 302


def test_a_rendition_that_the_settings_got_since_is_to_be_made_by_reprocessing(
    api: Api, with_settings: Callable[..., None]
) -> None:
    record = api.record("api/one.jpg")
    with_settings(RENDITIONS="card=32")

    answer = api.get(f"/images/{record['imageId']}/file", variant="card")

    assert (answer.status_code, body(answer)["code"]) == (404, "no-file")
    assert "Reprocess" in body(answer)["detail"]


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"variant": "huge"}, "variant"),
        ({"download": "yes"}, "download"),
        ({"redirect": "0"}, "redirect"),
        ({"size": "1"}, "size"),
    ],
)
def test_a_bad_parameter_of_a_file_is_400_and_named(api: Api, query: dict[str, str], named: str) -> None:
    record = api.record("api/one.jpg")

    answer = api.get(f"/images/{record['imageId']}/file", **query)

    assert (answer.status_code, body(answer)["parameter"]) == (400, named)
