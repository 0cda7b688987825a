"""Changes respect what their caller saw: `If-Match`, uploads of new keys, many uploads of one key."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
import urllib3
from mypy_boto3_s3 import S3Client

from chalicelib import pipeline, services
from chalicelib.aws.records_table import RecordsTable
from chalicelib.imaging import Compressed, Options, compress
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from tests.conftest import SOURCE, Deployed, eventually
from tests.fixtures.adapters import buckets_of
from tests.integration.conftest import Api, body
from tools.local_stack import LocalStack
from tools.pictures import picture

PHOTO, OTHER = picture(320, 200, "JPEG"), picture(200, 320, "JPEG")
CHANGES = [("DELETE", ""), ("POST", "/reprocess")]


@pytest.mark.parametrize(("method", "suffix"), CHANGES)
@pytest.mark.parametrize("query", ["", "?urls=true"])
def test_change_is_made_if_the_image_is_as_its_caller_saw_it(
    api: Api, deployed: Deployed, method: str, suffix: str, query: str
) -> None:
    path = f"/images/{deployed.upload(f'if/{uuid4().hex}.jpg', PHOTO)['imageId']}"
    etag = api.get(path + query).headers["ETag"]

    assert api.request(method, path + suffix, {"If-Match": etag}).status_code == 202


@pytest.mark.parametrize(("method", "suffix"), CHANGES)
def test_change_is_refused_if_the_image_has_changed(
    api: Api, deployed: Deployed, method: str, suffix: str
) -> None:
    key = f"if/{uuid4().hex}.jpg"
    path = f"/images/{deployed.upload(key, PHOTO)['imageId']}"
    etag = api.get(path).headers["ETag"]
    deployed.upload(key, OTHER)

    answer = api.request(method, path + suffix, {"If-Match": etag})

    assert (answer.status_code, body(answer)["code"]) == (412, "precondition-failed")
    assert deployed.record(key)


def test_delete_with_a_star_needs_only_that_the_image_exists(api: Api, deployed: Deployed) -> None:
    path = f"/images/{deployed.upload(f'if/{uuid4().hex}.jpg', PHOTO)['imageId']}"

    assert api.request("DELETE", path, {"If-Match": "*"}).status_code == 202


def test_response_with_urls_is_never_304(api: Api, deployed: Deployed) -> None:
    path = f"/images/{deployed.upload(f'if/{uuid4().hex}.jpg', PHOTO)['imageId']}?urls=true"
    etag = api.get(path).headers["ETag"]

    assert api.request("GET", path, {"If-None-Match": etag}).status_code == 200


@pytest.mark.parametrize(("size", "replace"), [(None, False), (len(PHOTO), True)])
def test_put_is_offered_only_for_a_new_key_of_known_size(api: Api, size: int | None, replace: bool) -> None:
    upload = {"key": "put/none.jpg", "contentType": "image/jpeg", "size": size, "replace": replace}

    assert "put" not in body(api.post("/uploads", upload))


def test_second_put_of_a_new_key_is_refused_by_s3(api: Api, deployed: Deployed) -> None:
    key = f"put/{uuid4().hex}.jpg"
    upload = {"key": key, "contentType": "image/jpeg", "size": len(PHOTO)}
    puts = [body(api.post("/uploads", upload))["put"] for _ in range(2)]

    statuses = [urllib3.request("PUT", put["url"], body=PHOTO, headers=put["headers"]).status for put in puts]

    assert statuses == [200, 412]
    assert eventually(lambda: deployed.record(key))["status"] == "compressed"


def test_upload_names_the_address_of_its_image(api: Api) -> None:
    answer = api.post("/uploads", {"key": "put/location.jpg", "contentType": "image/jpeg"})

    assert answer.headers["Location"] == f"images/{body(answer)['imageId']}"


@pytest.mark.parametrize("key", ["../a.jpg", "a/../b.jpg", "a/./b.jpg", ".", "./a.jpg", "a/.."])
def test_key_that_no_url_can_have_fails_with_the_reason(
    s3: S3Client, table: RecordsTable, deployed: Deployed, key: str
) -> None:
    s3.put_object(Bucket=SOURCE, Key=key, Body=PHOTO)

    assert eventually(lambda: deployed.record(key))["error"]["code"] == "unservable-key"


def test_many_uploads_of_one_key_end_right_with_little_wasted_work(
    stack: LocalStack, s3: S3Client, table: RecordsTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, destination = (f"hot-{name}" for name in ("source", "destination"))
    for bucket in (source, destination):
        s3.create_bucket(Bucket=bucket)
    pictures = [picture(64 + number, 48, "JPEG") for number in range(40)]
    compressions: list[int] = []

    def counted(data: bytes, options: Options) -> Compressed:
        compressions.append(threading.get_ident())
        return compress(data, options)

    monkeypatch.setattr(pipeline, "compress", counted)
    monkeypatch.setattr(pipeline, "sleep", time.sleep)  # here the rivals are real

    def put_and_reconcile(data: bytes) -> None:
        s3.put_object(Bucket=source, Key="hot.jpg", Body=data)
        Pipeline(*buckets_of(s3, source, destination), table, Options(), 10**7).reconcile("hot.jpg")

    with ThreadPoolExecutor(10) as pool:
        list(pool.map(put_and_reconcile, pictures))

    record = table.get_record(image_id(source, "hot.jpg"))
    assert record is not None
    assert record["sourceETag"] == s3.head_object(Bucket=source, Key="hot.jpg")["ETag"]
    assert len(compressions) <= 1.5 * len(pictures)


def test_image_is_pending_until_it_is_compressed(
    api: Api, s3: S3Client, with_settings: Callable[..., None]
) -> None:
    s3.create_bucket(Bucket="pending-source")
    s3.put_object(Bucket="pending-source", Key="new.jpg", Body=PHOTO)
    with_settings(SOURCE_BUCKET="pending-source", EXCLUDE_PREFIXES="out/")
    services.of_api.cache_clear()

    image = body(api.get("/images/by-key", key="new.jpg"))
    missing, excluded = (api.get("/images/by-key", key=key).status_code for key in ("gone.jpg", "out/a.jpg"))
    services.of_api.cache_clear()

    assert (image["status"], image["sizeOriginal"]) == ("pending", len(PHOTO))
    assert (missing, excluded) == (404, 404)


def test_image_whose_source_was_replaced_is_pending(
    api: Api, deployed: Deployed, table: RecordsTable
) -> None:
    key = f"pending/{uuid4().hex}.jpg"
    record = deployed.upload(key, PHOTO)
    table.put_record({**record, "sourceETag": '"earlier"', "revision": "1"}, replacing=record)

    image = body(api.get(f"/images/{record['imageId']}"))

    assert (image["status"], image["width"]) == ("pending", record["width"])
