"""What other people's HTTP clients send is accepted, and what they get back is usable."""

import gzip
import json
import subprocess
from pathlib import Path
from shutil import which
from urllib.parse import quote

import pytest

from tests.conftest import SOURCE, Deployed, eventually
from tools.local_stack import LocalStack
from tools.pictures import picture


def run(*command: str, cwd: Path | None = None) -> str:
    if which(command[0]) is None:
        pytest.skip(f"{command[0]} is not installed")
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def image(deployed: Deployed) -> str:
    """The ID of an image whose name is not ASCII."""
    return deployed.upload("clients/käse & brot.jpg", picture(320, 200, "JPEG"))["imageId"]


@pytest.fixture(scope="module")
def reprocessed(deployed: Deployed) -> str:
    """The ID of an image that is compressed again and again, so that its record changes."""
    return deployed.upload("clients/again.jpg", picture(64, 48, "JPEG"))["imageId"]


def curl(*arguments: str) -> str:
    return run("curl", "--silent", *arguments)


def status(*arguments: str) -> str:
    return curl("--output", "/dev/null", "--write-out", "%{http_code}", *arguments)


@pytest.mark.parametrize(
    "content_type", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", "x", ""]
)
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_request_without_a_body_may_have_any_content_type(
    stack: LocalStack, reprocessed: str, content_type: str, method: str
) -> None:
    path = f"/images/{reprocessed}/reprocess" if method == "POST" else "/images"
    way = {"GET": ["--get"], "HEAD": ["--head"], "POST": ["--data", ""]}[method]

    found = status(*way, "--header", f"Content-Type: {content_type}", stack.api + path)

    assert found == ("202" if method == "POST" else "200")


def test_head_has_the_headers_of_get_and_no_body(stack: LocalStack, image: str) -> None:
    url = f"{stack.api}/images/{image}"
    head = curl("--head", url)
    get = curl("--include", url)

    etag = next(line for line in get.splitlines() if line.startswith("ETag"))
    assert head.startswith("HTTP/1.1 200")
    assert etag in head
    assert head.endswith("\n\n")
    assert status("--head", f"{url}/file") == "302"


@pytest.mark.parametrize("path", ["/nope", "/images/a/b/c", "/favicon.ico"])
def test_unknown_route_is_a_problem(stack: LocalStack, path: str) -> None:
    problem = json.loads(curl(stack.api + path))

    assert (problem["status"], problem["code"]) == (404, "no-such-route")


def test_null_members_of_a_body_count_as_absent(stack: LocalStack) -> None:
    upload = {"key": "clients/new.jpg", "contentType": "image/jpeg", "size": None, "replace": None}

    assert status("--json", json.dumps(upload), f"{stack.api}/uploads") == "201"


@pytest.mark.parametrize(
    ("content_type", "expected"),
    [
        ("application/json", "201"),
        ("Application/JSON; charset=UTF-8", "201"),
        ("application/vnd.api+json", "201"),
        ("application/x-www-form-urlencoded", "415"),
    ],
)
def test_body_must_be_json_by_its_content_type(stack: LocalStack, content_type: str, expected: str) -> None:
    upload = json.dumps({"key": "clients/new.jpg", "contentType": "image/jpeg"})

    assert (
        status("--header", f"Content-Type: {content_type}", "--data", upload, f"{stack.api}/uploads")
        == expected
    )


@pytest.mark.parametrize(
    "query", ["_=1732612345", "urls=True", "limit=20&urls=false&_=1", "urls=FALSE&redirect=&x"]
)
def test_cache_buster_and_capitalised_flags_are_accepted(stack: LocalStack, query: str) -> None:
    assert status(f"{stack.api}/images?{query}") == ("400" if "redirect" in query else "200")


def test_image_is_found_by_its_key_in_both_forms_with_every_default_and_by_its_id_in_capitals(
    stack: LocalStack, image: str
) -> None:
    key = quote("clients/käse & brot.jpg")
    defaults = "limit=20&urls=false"

    found = (f"/images/by-key?key={key}", f"/images?key={key}", f"/images?key={key}&{defaults}")
    for path in (*found, f"/images/{image.upper()}"):
        assert json.loads(curl(stack.api + path))["imageId"] == image


def test_batch_of_ids_is_found_in_its_order(stack: LocalStack, deployed: Deployed, image: str) -> None:
    other = deployed.upload("clients/b.jpg", picture(64, 48, "JPEG"))["imageId"]
    missing = "00000000-0000-0000-0000-000000000000"

    page = json.loads(curl(f"{stack.api}/images?ids={other},{missing},{image.upper()},{other}"))

    assert [each["imageId"] for each in page["images"]] == [other, image]
    assert page["nextCursor"] is None


def test_unescaped_plus_in_a_time_says_what_to_write(stack: LocalStack) -> None:
    answer = curl(f"{stack.api}/images?since=2026-01-31T12:00:00+01:00")

    assert json.loads(answer)["detail"].endswith("got '2026-01-31T12:00:00 01:00'; write + as %2B")


def test_list_that_has_not_changed_is_304(stack: LocalStack, image: str) -> None:
    url = f"{stack.api}/images?prefix=clients/k"
    headers = curl("--head", url)
    etag = next(line.split(" ")[1] for line in headers.splitlines() if line.startswith("ETag"))

    assert status("--header", f"If-None-Match: {etag}", url) == "304"


@pytest.mark.parametrize(
    "command",
    [
        ["curl", "--silent", "--location", "--remote-name", "--remote-header-name"],
        ["wget", "--quiet", "--content-disposition"],
    ],
)
def test_download_saves_under_the_name_of_the_file(
    stack: LocalStack, image: str, tmp_path: Path, command: list[str]
) -> None:
    run(*command, f"{stack.api}/images/{image}/file?download=true", cwd=tmp_path)

    (saved,) = tmp_path.iterdir()
    assert saved.name in {"resized-käse & brot.jpg", "resized-k_se & brot.jpg"}


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "identity, gzip"])
def test_source_with_a_content_encoding_is_decoded(deployed: Deployed, encoding: str) -> None:
    key = f"clients/{quote(encoding, safe='')}.png"
    data = gzip.compress(picture(64, 48, "PNG"), mtime=0)
    deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=data, ContentEncoding=encoding)

    record = eventually(lambda: deployed.record(key))

    assert (record["status"], record["originalFormat"]) == ("compressed", "png")
    assert deployed.compressed(record["destKey"]).startswith(b"\x89PNG")


def test_source_that_is_not_encoded_as_it_says_is_compressed(deployed: Deployed) -> None:
    key = "clients/plain.jpg"
    deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=picture(64, 48, "JPEG"), ContentEncoding="gzip")

    assert eventually(lambda: deployed.record(key))["status"] == "compressed"


@pytest.mark.parametrize(
    ("encoding", "data", "code"),
    [
        ("br", b"any", "unsupported"),
        ("gzip", gzip.compress(picture(64, 48, "PNG"), mtime=0)[:40], "corrupt"),
        ("gzip", gzip.compress(bytes(101_000_000), mtime=0), "too-many-bytes"),
    ],
    ids=["unsupported", "corrupt", "too-many-bytes"],  # the bytes differ from worker to worker
)
def test_source_whose_encoding_cannot_be_undone_fails_with_the_reason(
    deployed: Deployed, encoding: str, data: bytes, code: str
) -> None:
    key = f"clients/{code}.jpg"
    deployed.s3.put_object(Bucket=SOURCE, Key=key, Body=data, ContentEncoding=encoding)

    assert eventually(lambda: deployed.record(key))["error"]["code"] == code


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("Host: evil.example", "403"),
        ("Host: 127.0.0.1.evil.example", "403"),
        ("Origin: https://evil.example", "403"),
        ("Origin: null", "403"),
        ("Origin: http://localhost.evil.example", "403"),
        ("Host: localhost", "200"),
        ("Host: [::1]:8000", "200"),
        ("Origin: http://localhost:3000", "200"),
    ],
)
def test_only_pages_of_this_machine_can_use_the_local_api(
    stack: LocalStack, header: str, expected: str
) -> None:
    assert status("--header", header, f"{stack.api}/images") == expected
