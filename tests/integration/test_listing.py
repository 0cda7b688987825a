"""Lists of images through the routes."""

import base64
from typing import Any, cast
from uuid import UUID, uuid4

import pytest

from chalicelib.api.representations import srcset
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, image_id
from tests.conftest import SOURCE, Deployed
from tests.integration.conftest import Api, body
from tools.pictures import picture


def test_images_of_a_bucket_that_is_no_longer_the_source_are_not_listed(
    api: Api, table: RecordsTable
) -> None:
    table.put_record(_of_another_bucket(api), replacing=None)

    listed = body(api.get("/images", limit="100"))["images"]

    assert {image["sourceBucket"] for image in listed} == {SOURCE}


def _of_another_bucket(api: Api) -> Record:
    record = {**api.record("api/one.jpg"), "revision": uuid4().hex, "sourceBucket": "another"}
    return cast("Record", {**record, "imageId": image_id("another", f"{uuid4()}")})


def test_images_are_listed_newest_first(api: Api) -> None:
    times = [image["resizedAt"] for image in body(api.get("/images"))["images"]]

    assert len(times) >= 4
    assert times == sorted(times, reverse=True)


def test_pages_follow_one_another_by_cursor_and_by_link(api: Api) -> None:
    page = api.get("/images", limit="1", prefix="api/t", status="compressed")
    link = page.headers["Link"]

    following = api.get("/images" + link[1 : link.index(">")])

    assert link.endswith('>; rel="next"')
    assert body(page)["images"][0]["sourceKey"] == "api/three & four.jpg"
    assert body(following)["images"][0]["sourceKey"] == "api/two.png"
    assert body(following) == body(
        api.get("/images", limit="1", prefix="api/t", status="compressed", cursor=body(page)["nextCursor"])
    )


def test_the_last_page_has_no_link(api: Api) -> None:
    page = api.get("/images", prefix="api/one")

    assert body(page)["nextCursor"] is None
    assert "Link" not in page.headers


def test_a_folder_is_listed_by_time(api: Api, deployed: Deployed) -> None:
    folder = f"timed-{uuid4().hex}/"
    for name in ("b.png", "a.png", "c.png"):
        deployed.upload(folder + name, picture(64, 48, "PNG"))

    def names(**query: str) -> str:
        images = body(api.get("/images", prefix=folder, **query))["images"]
        return "".join(image["sourceKey"][-5] for image in images)

    assert [names(), names(order="newest"), names(order="oldest")] == ["abc", "cab", "bac"]


def test_images_are_found_by_the_start_of_their_file_name_in_any_folder_and_case(
    api: Api, deployed: Deployed
) -> None:
    start = f"Fr{uuid4().hex[:8]}"
    keys = [f"{start}.png", f"named/{start}iends.PNG", f"named/deeper/{start.upper()}.png"]
    for key in (*keys, f"named/un{start}.png", f"{start}/other.png"):
        deployed.upload(key, picture(64, 48, "PNG"))

    found = body(api.get("/images", name=start.lower(), format="png"))["images"]

    assert {image["sourceKey"] for image in found} == {*keys}
    with_prefix = api.get("/images", name="a", prefix="b")
    assert body(with_prefix)["detail"] == "name must be given without prefix; got 'a'"
    by_time = api.get("/images", name="a", order="newest")
    assert body(by_time)["detail"] == "order must be name where name is given; got 'newest'"


def test_a_listing_has_failures_of_one_code(api: Api, deployed: Deployed) -> None:
    folder = f"codes-{uuid4().hex}"
    deployed.upload(f"{folder}/text.jpg", b"not an image")
    deployed.upload(f"{folder}/cut.png", picture(64, 48, "PNG")[:60])
    code = api.record(f"{folder}/text.jpg")["error"]["code"]

    for order in ({"prefix": folder}, {}):
        images = body(api.get("/images", code=code, limit="100", **order))["images"]
        assert f"{folder}/text.jpg" in {image["sourceKey"] for image in images}
        assert {image["error"]["code"] for image in images} == {code}
    assert body(api.get("/images", code=code, status="compressed"))["images"] == []


def test_a_listing_with_urls_has_the_sizes_of_an_image_ready_for_html(api: Api) -> None:
    (image,) = body(api.get("/images", prefix="api/one", urls="true"))["images"]

    assert image["srcset"] == f"{image['urls']['compressed']} {image['width']}w"


def test_srcset_has_the_width_of_each_rendition() -> None:
    record: Any = {"width": 1024, "renditions": {"thumb": {"width": 256}}}

    assert srcset(record, {"compressed": "/a", "thumb": "/b"}) == {"srcset": "/a 1024w, /b 256w"}
    assert srcset(cast("Record", {}), {}) == {}


def test_a_listing_has_urls_where_asked_to(api: Api) -> None:
    (image,) = body(api.get("/images", prefix="api/one", urls="true"))["images"]

    assert image["urls"].keys() == {"compressed", "original"}


def _forged(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ({"limit": "0"}, "limit"),
        ({"limit": "101"}, "limit"),
        ({"limit": "ten"}, "limit"),
        ({"limit": "١٢"}, "limit"),
        ({"status": "done"}, "status"),
        ({"format": "bmp"}, "format"),
        ({"order": "size"}, "order"),
        ({"order": "newest", "name": "a"}, "order"),
        ({"since": "yesterday"}, "since"),
        ({"since": "2026-W05"}, "since"),
        ({"since": "20260131"}, "since"),
        ({"until": "0001-01-01T00:00:00+14:00"}, "until"),
        ({"prefix": "é" * 513}, "prefix"),
        ({"urls": "1"}, "urls"),
        ({"cursor": "!"}, "cursor"),
        ({"cursor": "x"}, "cursor"),
        ({"cursor": _forged("forged")}, "cursor"),
        ({"cursor": _forged("newest:2026")}, "cursor"),
        ({"cursor": _forged("name:a.jpg")}, "cursor"),
        ({"cursor": _forged("name:" + "a" * 1025), "order": "name"}, "cursor"),
        ({"cursor": _forged("name:"), "order": "name"}, "cursor"),
        ({"colour": "red"}, "colour"),
        ({"key": "a", "limit": "3"}, "key"),
        ({"ids": "none"}, "ids"),
        ({"ids": ",".join(str(UUID(int=number)) for number in range(101))}, "ids"),
    ],
)
def test_a_bad_parameter_is_400_and_named(api: Api, query: dict[str, str], named: str) -> None:
    answer = api.get("/images", **query)

    assert (answer.status_code, body(answer)["parameter"]) == (400, named)
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_ids_list_those_images_in_their_order_without_those_that_do_not_exist(api: Api) -> None:
    two, one = (api.record(key)["imageId"] for key in ("api/two.png", "api/one.jpg"))

    page = body(api.get("/images", ids=f"{two.upper()}, {UUID(int=0)},{one},{two}"))

    assert ([image["imageId"] for image in page["images"]], page["nextCursor"]) == ([two, one], None)


def test_a_parameter_given_twice_is_400_and_named(api: Api) -> None:
    answer = api.get("/images?limit=1&limit=2")

    assert (answer.status_code, body(answer)["parameter"]) == (400, "limit")


def test_a_cursor_beyond_the_range_ends_the_listing(api: Api) -> None:
    cursor = _forged("newest:2020-01-01T00:00:00.000000Z#00000000-0000-0000-0000-000000000000")

    answer = api.get("/images", cursor=cursor, since="2021-01-01")

    assert body(answer) == {"images": [], "nextCursor": None}


@pytest.fixture
def listed_many(deployed: Deployed) -> list[str]:
    keys = [f"bytes/{number}.jpg" for number in range(6)]
    for key in keys:
        deployed.upload(key, picture(64, 48, "JPEG"))
    return keys


def test_page_that_lambda_could_not_return_ends_early_with_a_cursor(
    api: Api, listed_many: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from chalicelib.api import views

    monkeypatch.setattr(views, "_MOST_BYTES", 4000)
    seen: list[str] = []
    cursor: dict[str, str] = {}
    while True:
        page = body(api.get("/images", prefix="bytes/", limit="100", urls="true", **cursor))
        assert len(page["images"]) < len(listed_many)
        seen += [image["sourceKey"] for image in page["images"]]
        if page["nextCursor"] is None:
            break
        cursor = {"cursor": page["nextCursor"]}

    assert seen == listed_many
