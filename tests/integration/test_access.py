"""Who may call which route, for every route that the app has."""

import hmac
import json
import os
from collections.abc import Callable
from hashlib import sha256
from hmac import compare_digest
from typing import Any

import pytest

from chalicelib.api import auth
from chalicelib.settings import SettingsError
from tests.fixtures.events import proxied
from tests.fixtures.processes import python
from tests.integration.conftest import Api, body

READ, WRITE, ENDED = "token-that-reads", "token-that-writes", "token-that-has-ended"
POOL = "arn:aws:cognito-idp:eu-west-1:123456789012:userpool/eu-west-1_a"
MISSING = "00000000-0000-0000-0000-000000000000"

ROUTES = {
    "GET /": "public",
    "GET /web/{version}/{name}": "public",
    "GET /openapi.json": "public",
    "GET /health": "read",
    "GET /stats": "read",
    "GET /images": "read",
    "GET /images/by-key": "read",
    "GET /images/{image_id}": "read",
    "GET /images/{image_id}/file": "read",
    "DELETE /images/{image_id}": "write",
    "POST /images/{image_id}/reprocess": "write",
    "POST /jobs": "write",
    "GET /jobs/{job_id}": "read",
    "POST /uploads": "write",
}
ROUTES |= {route.replace("GET", "HEAD"): role for route, role in ROUTES.items()}


def digest(token: str) -> str:
    return sha256(token.encode()).hexdigest()


CREDENTIALS = {
    "none": None,
    "empty": "",
    "wrong": "Bearer wrong",
    "a digest": f"Bearer {digest(WRITE)}",
    "another scheme": f"Basic {WRITE}",
    "without a scheme": WRITE,
    "not ASCII": "Bearer t\u00f6ken",
    "ended": f"Bearer {ENDED}",
    "read": f"Bearer {READ}",
    "write": f"bearer  {WRITE}",
}


TOKENS = {
    "API_AUTH": "token",
    "API_TOKENS": f"web=read:{digest(READ)},ci=write:{digest(WRITE)}:2100-01-31,old=write:{digest(ENDED)}:2026-11-01",
}


@pytest.fixture
def tokens(api: Api, with_settings: Callable[..., None]) -> Api:
    with_settings(**TOKENS)
    return api


def test_the_table_above_has_every_route(api: Api) -> None:
    import app

    assert ROUTES.keys() == {
        f"{method} {path}" for path, methods in app.app.routes.items() for method in methods
    }


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("credentials", CREDENTIALS)
def test_each_route_accepts_only_authorised_callers(tokens: Api, route: str, credentials: str) -> None:
    method, path = route.split()
    for name, given in {"image_id": MISSING, "version": "0", "name": "x.js"}.items():
        path = path.replace(f"{{{name}}}", given)
    value = CREDENTIALS[credentials]

    answer = tokens.request(method, path, {"Authorization": value} if value is not None else None)

    if ROUTES[route] == "public" or credentials == "write" or (credentials == ROUTES[route] == "read"):
        assert answer.status_code not in {401, 403, 500}
    elif credentials == "read":
        assert (answer.status_code, body(answer)["code"]) == (403, "forbidden")
    else:
        assert answer.status_code == 401
        assert method == "HEAD" or body(answer)["code"] == "unauthorized"
        assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("token", [READ, WRITE, "wrong"])
def test_tokens_are_compared_in_constant_time_and_all_whichever_fits(
    tokens: Api, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    compared: list[tuple[str, str]] = []

    def compare(given: str, expected: str) -> bool:
        compared.append((given, expected))
        return compare_digest(given, expected)

    monkeypatch.setattr(hmac, "compare_digest", compare)
    tokens.request("GET", "/openapi.json")
    tokens.request("GET", "/stats", {"Authorization": f"Bearer {token}"})

    assert compared == [(digest(token), digest(each)) for each in (READ, WRITE, ENDED)]


def test_a_token_that_has_ended_or_may_only_read_is_named(tokens: Api) -> None:
    ended = tokens.request("GET", "/stats", {"Authorization": f"Bearer {ENDED}"})
    reading = tokens.request("DELETE", f"/images/{MISSING}", {"Authorization": f"Bearer {READ}"})

    assert body(ended)["detail"] == "The token old ended after 2026-11-01; use another one."
    assert body(reading)["detail"] == "The token web may only read; use one that may also write."


@pytest.mark.parametrize("token", ["", " ", "x"])
def test_every_caller_is_refused_without_tokens(
    api: Api, with_settings: Callable[..., None], token: str
) -> None:
    with_settings(API_AUTH="token", API_TOKENS="")

    assert api.request("GET", "/stats", {"Authorization": f"Bearer {token}"}).status_code == 401


@pytest.mark.parametrize(
    ("auth", "context"),
    [
        ("iam", {"identity": {"userArn": "arn:aws:iam::123456789012:user/a"}}),
        (f"cognito:{POOL}", {"authorizer": {"claims": {"sub": "a"}}}),
    ],
)
def test_only_whom_api_gateway_identified_is_let_in(
    api: Api, with_settings: Callable[..., None], auth: str, context: dict[str, Any]
) -> None:
    import app

    with_settings(API_AUTH=auth)

    assert api.get("/stats").status_code == 401
    assert api.get("/openapi.json").status_code == 200
    assert app.app(proxied("GET", "/stats", **context), None)["statusCode"] == 200


@pytest.mark.parametrize(
    ("auth", "kind"), [("iam", "IAMAuthorizer"), (f"cognito:{POOL}", "CognitoUserPoolAuthorizer")]
)
def test_api_gateway_checks_before_every_route_that_is_not_public(auth: str, kind: str) -> None:
    code = (
        "import app, json; print(json.dumps({f'{m} {p}': type(r.authorizer).__name__ "
        "for p, ms in app.app.routes.items() for m, r in ms.items()}))"
    )
    result = python("-c", code, environment=os.environ | {"API_AUTH": auth})

    expected = {route: "NoneType" if who == "public" else kind for route, who in ROUTES.items()}
    assert json.loads(result.stdout) == expected


def test_an_open_api_is_refused_where_aws_is_not_emulated(
    with_settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch
) -> None:
    with_settings(API_AUTH="none")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)

    with pytest.raises(SettingsError, match="API_AUTH must not be 'none'"):
        auth.make_authorizer()


def test_change_and_refusal_are_logged_with_their_caller_but_without_a_token(
    tokens: Api, caplog: pytest.LogCaptureFixture
) -> None:
    for token in (READ, WRITE, "wrong"):
        tokens.request("DELETE", f"/images/{MISSING}", {"Authorization": f"Bearer {token}"})
        tokens.request("GET", "/stats", {"Authorization": f"Bearer {token}"})

    audited = [vars(line) for line in caplog.records if line.message == "audit"]
    assert [(line["route"], line["caller"], line["status"]) for line in audited] == [
        ("DELETE /images/{image_id}", "the token web", 403),
        ("DELETE /images/{image_id}", "the token ci", 404),
        ("DELETE /images/{image_id}", "", 401),
        ("GET /stats", "", 401),
    ]
    assert not [line for line in caplog.records if READ in str(vars(line)) or WRITE in str(vars(line))]
