"""`POST /uploads`, and what S3 then makes of the form."""

from collections.abc import Callable
from typing import Any

import pytest
import urllib3

from tests.conftest import SOURCE, Deployed, eventually
from tests.integration.conftest import Api, body
from tools.pictures import picture

PHOTO = picture(320, 200, "JPEG")


def asked(key: Any = "up/cat.jpg", **others: Any) -> dict[str, Any]:
    return {"key": key, "contentType": "image/jpeg", **others}


def send(form: Any, data: bytes = PHOTO, /, **fields: str) -> urllib3.BaseHTTPResponse:
    parts: dict[str, Any] = {**form["fields"], **fields, "file": ("any name.exe", data)}
    return urllib3.request("POST", form["url"], fields=parts)


@pytest.mark.parametrize(
    "key",
    [
        "up/cat.jpg",
        "up/newer than Python's Unicode \U0001fae9.jpg",
        "up/käse & 🧀 +%20.jpg",
        "up/" + "long" * 200 + ".jpg",
    ],
)
def test_what_a_form_uploads_is_compressed(api: Api, deployed: Deployed, key: str) -> None:
    answer = api.post("/uploads", asked(key, size=len(PHOTO)))

    assert answer.status_code == 201
    assert send(body(answer)).status == 201
    record = eventually(lambda: deployed.record(key))
    assert record["imageId"] == body(answer)["imageId"]
    assert (record["status"], record["sizeOriginal"]) == ("compressed", len(PHOTO))
    assert deployed.s3.head_object(Bucket=SOURCE, Key=key)["ContentType"] == "image/jpeg"


@pytest.mark.parametrize(
    ("size", "fields", "status"),
    [
        (None, {"key": "up/yours.jpg"}, 403),
        (None, {"Content-Type": "text/html"}, 403),
        (10, {}, 400),
    ],
)
def test_a_form_takes_no_other_key_type_or_size(
    api: Api, deployed: Deployed, size: int | None, fields: dict[str, str], status: int
) -> None:
    form = body(api.post("/uploads", asked("up/mine.jpg", size=size)))

    assert send(form, **fields).status == status
    assert _keys(deployed, "up/mine") == _keys(deployed, "up/yours") == []


def test_a_form_without_a_size_takes_no_more_than_the_app_does(
    api: Api, deployed: Deployed, with_settings: Callable[..., None]
) -> None:
    with_settings(MAX_SOURCE_BYTES="100")
    form = body(api.post("/uploads", asked("up/large.jpg")))

    assert send(form).status == 400
    assert _keys(deployed, "up/large") == []


def test_a_form_whose_signature_is_another_s_is_refused(api: Api, deployed: Deployed) -> None:
    form, other = (body(api.post("/uploads", asked(f"up/{name}.jpg"))) for name in ("a", "b"))

    assert send(form, **{"x-amz-signature": other["fields"]["x-amz-signature"]}).status == 403
    assert send(form, policy=other["fields"]["policy"]).status == 403
    assert _keys(deployed, "up/a") == _keys(deployed, "up/b") == []


@pytest.mark.parametrize(
    "key",
    [
        None,
        7,
        "",
        "/cat.jpg",
        "a//cat.jpg",
        "a/",
        ".",
        "../cat.jpg",
        "a/../cat.jpg",
        "a/./cat.jpg",
        "a\ncat.jpg",
        "a\u0000.jpg",
        "a\u007f.jpg",
        "a\u0085.jpg",
        "a\uffff.jpg",
        "\ud800.jpg",
        "${filename}",
        "a/${filename}",
        "k" * 1017,
        "é" * 510,
    ],
)
def test_a_key_that_is_not_fit_for_an_upload_is_400_and_named(api: Api, key: Any) -> None:
    answer = api.post("/uploads", asked(key))

    assert (answer.status_code, body(answer)["parameter"]) == (400, "key")


@pytest.mark.parametrize(
    ("named", "value"),
    [
        ("contentType", "text/html"),
        ("contentType", "image/svg+xml"),
        ("contentType", "image/x-adobe-dng"),
        ("contentType", "IMAGE/JPEG"),
        ("contentType", "image/jpeg; charset=x"),
        ("contentType", "image/jpeg\r\nX-Evil: 1"),
        ("contentType", None),
        ("size", 0),
        ("size", 100_000_001),
        ("size", 1.5),
        ("size", True),
        ("replace", "yes"),
        ("acl", "public-read"),
    ],
)
def test_a_member_that_is_wrong_is_400_and_named_with_what_is_accepted(
    api: Api, named: str, value: Any
) -> None:
    answer = api.post("/uploads", asked() | {named: value})

    assert (answer.status_code, body(answer)["parameter"]) == (400, named)
    assert named != "contentType" or "image/jpeg, image/png" in body(answer)["detail"]


@pytest.mark.parametrize("content_type", ["image/jpg", "image/heif", "image/x-ms-bmp", "image/jp2"])
def test_a_type_is_accepted_under_each_of_its_names(api: Api, content_type: str) -> None:
    assert api.post("/uploads", asked("up/named.bin", contentType=content_type)).status_code == 201


def test_a_member_whose_name_is_half_a_character_is_400_in_an_answer_that_can_be_sent(api: Api) -> None:
    answer = api.client.http.post(
        "/uploads", headers={"Content-Type": "application/json"}, body=b'{"\\ud800": 1}'
    )

    assert answer.status_code == 400
    assert answer.body.isascii()


@pytest.mark.parametrize("data", [b"", b"[]", b"7", b"{", b"\xff", b"[" * 100_000])
def test_body_that_is_not_an_object_is_400(api: Api, data: bytes) -> None:
    answer = api.client.http.post("/uploads", headers={"Content-Type": "application/json"}, body=data)

    assert (answer.status_code, body(answer)["code"]) == (400, "bad-body")


def test_a_key_that_is_left_alone_is_not_uploaded(api: Api, with_settings: Callable[..., None]) -> None:
    with_settings(EXCLUDE_PREFIXES="private/")

    answer = api.post("/uploads", asked("private/cat.jpg"))

    assert (answer.status_code, body(answer)["parameter"]) == (400, "key")


def _keys(deployed: Deployed, prefix: str) -> list[str]:
    listed = deployed.s3.list_objects_v2(Bucket=SOURCE, Prefix=prefix).get("Contents", [])
    return [item["Key"] for item in listed]
