"""What every answer has: security headers, problems of one shape, and nothing for other sites unless they are named."""

import os
from collections.abc import Callable
from typing import Any

import pytest

from tests.fixtures.processes import python
from tests.integration.conftest import Api, body

SITE = "https://shop.example"
PATHS = ["/", "/openapi.json", "/images", "/stats", "/images/none", "/images?limit=0", "/web/0/none.js"]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_has_the_security_headers(api: Api, path: str) -> None:
    headers = api.get(path).headers

    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert headers["Cache-Control"]


def test_records_are_cached_only_by_their_caller(api: Api) -> None:
    record = api.record("api/one.jpg")

    assert api.get("/images").headers["Cache-Control"] == "private, no-cache"
    assert api.get("/stats").headers["Cache-Control"] == "no-store"
    assert api.get(f"/images/{record['imageId']}").headers["Cache-Control"] == "private, no-cache"
    assert api.get(f"/images/{record['imageId']}/file").headers["Cache-Control"] == "private, max-age=240"


@pytest.mark.parametrize(
    ("method", "path", "headers", "status", "code"),
    [
        ("PUT", "/images", {}, 405, "method-not-allowed"),
        ("POST", "/uploads", {"Content-Type": "text/plain"}, 415, "unsupported-media-type"),
        ("POST", "/uploads", {"Content-Type": "application/json"}, 400, "bad-body"),
        ("GET", "/images/none", {}, 404, "no-such-image"),
    ],
)
def test_refusal_is_a_problem_document(
    api: Api, method: str, path: str, headers: dict[str, str], status: int, code: str
) -> None:
    answer = api.request(method, path, headers)

    assert answer.headers["Content-Type"] == "application/problem+json"
    problem = body(answer)
    assert (answer.status_code, problem["status"], problem["code"]) == (status, status, code)
    assert problem["type"] == f"urn:imagepress:problem:{code}"
    assert problem["title"]
    assert problem["detail"]


def test_internal_error_hides_its_details(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    from chalicelib.api import service

    def broken(*_: Any) -> Any:
        raise RuntimeError("secret")

    monkeypatch.setattr(service, "get_stats", broken)

    answer = api.get("/stats")

    assert (answer.status_code, body(answer)["code"]) == (500, "internal-error")
    assert b"secret" not in answer.body


def test_other_sites_get_no_cors_headers_by_default(api: Api) -> None:
    headers = api.request("GET", "/images", {"Origin": SITE}).headers

    assert not [name for name in headers if name.startswith("Access-Control-")]


@pytest.fixture
def shop(api: Api, with_settings: Callable[..., None]) -> Api:
    with_settings(API_CORS_ORIGINS=f"{SITE},http://localhost:3000")
    return api


@pytest.mark.parametrize("path", ["/images", "/images/none", "/images?limit=0"])
def test_a_site_that_the_settings_name_may_read_the_answers(shop: Api, path: str) -> None:
    headers = shop.request("GET", path, {"Origin": SITE}).headers

    assert headers["Access-Control-Allow-Origin"] == SITE
    assert headers["Vary"] == "Origin"
    assert "ETag" in headers["Access-Control-Expose-Headers"]


@pytest.mark.parametrize("origin", ["https://evil.example", f"{SITE}.evil.example", "null", "*"])
def test_another_site_may_not(shop: Api, origin: str) -> None:
    headers = shop.request("GET", "/images", {"Origin": origin}).headers

    assert "Access-Control-Allow-Origin" not in headers
    assert headers["Vary"] == "Origin"


ASKED_FIRST = f"""
import app
from chalice.test import Client

with Client(app.app, stage_name="tests") as client:
    for path, methods in app.app.routes.items():
        assert methods["OPTIONS"].authorizer is None, path
        answer = client.http.options(path.replace("{{", "").replace("}}", ""), headers={{"Origin": "{SITE}"}})
        assert answer.status_code == 204, answer.status_code
        assert answer.headers["Access-Control-Allow-Origin"] == "{SITE}"
        assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
"""


def test_preflight_lists_what_a_browser_may_send(api: Api) -> None:
    environment = os.environ | {"API_CORS_ORIGINS": SITE, "API_AUTH": "iam"}

    result = python("-c", ASKED_FIRST, environment=environment)

    assert result.returncode == 0, result.stderr
