"""The gallery's page and files as the app serves them."""

import re

import pytest

from tests.fixtures.events import proxied
from tests.integration.conftest import Api
from tools.local_stack import LocalStack


@pytest.mark.parametrize(
    ("path", "base"),
    [("/", "/"), ("/api/", "/api/"), ("/api", "/api/"), ('/"><x>/', "/&quot;&gt;&lt;x&gt;/")],
)
def test_the_page_finds_its_files_wherever_the_api_is_mounted(api: Api, path: str, base: str) -> None:
    import app

    text = app.app(proxied("GET", "/", path=path), None)["body"]

    assert f'<base href="{base}">' in text
    assert "{{" not in text


def test_the_page_may_reach_the_api_and_the_buckets_and_nothing_else(api: Api, stack: LocalStack) -> None:
    policy = dict(part.split(" ", 1) for part in api.get("/").headers["Content-Security-Policy"].split("; "))

    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert policy["connect-src"] == f"'self' {stack.endpoint}"
    assert policy["img-src"] == f"'self' data: {stack.endpoint}"
    assert policy["form-action"] == policy["frame-ancestors"] == "'none'"


def test_the_page_is_asked_about_each_time_and_its_files_never_again(api: Api) -> None:
    page = api.get("/")
    path = re.search(r"web/\w+/[a-z-]+\.css", page.body.decode())
    assert path
    style = api.get(f"/{path[0]}")

    assert page.headers["Cache-Control"] == "no-cache"
    again = api.request("GET", "/", {"If-None-Match": page.headers["ETag"]})
    assert again.status_code == 304
    # A browser replaces the headers that it has kept by those of a 304.
    assert again.headers["Content-Security-Policy"] == page.headers["Content-Security-Policy"]
    assert (style.status_code, style.headers["Content-Type"]) == (200, "text/css; charset=utf-8")
    assert style.headers["Cache-Control"] == "public, max-age=31536000, immutable"


def test_a_file_of_another_version_is_404(api: Api) -> None:
    assert api.get("/web/0123456789abcdef/app.js").status_code == 404
