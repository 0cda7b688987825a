"""Who may call which route.

With `API_AUTH` = `token`, the app itself compares bearer tokens. With `iam` and `cognito`, API Gateway refuses
other callers, and the app makes sure that it did. Every route that is not listed as public needs a caller. Every
request that could change something needs a caller with permission to write.
"""

import hmac
import os
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from chalice.app import Authorizer, CognitoUserPoolAuthorizer, IAMAuthorizer, Request

from chalicelib import settings
from chalicelib.api.problems import Problem, quote
from chalicelib.settings import SettingsError, Token

_LOCAL_URL = r"https?://(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?"

PUBLIC: Final = frozenset({"/", "/web/{version}/{name}", "/openapi.json"})
"""Resource paths without data of the owner: the page, its files, the contract."""


def make_authorizer() -> Authorizer | None:
    """Return what API Gateway checks before a route that is not public.

    Raises:
        SettingsError: `API_AUTH` is `none` on AWS itself, where anyone could call the API.
    """
    auth = settings.current().api_auth
    if auth == "iam":
        return IAMAuthorizer()
    if auth.startswith("cognito:"):
        return CognitoUserPoolAuthorizer("users", provider_arns=[auth.removeprefix("cognito:")])
    if auth == "none" and "AWS_ENDPOINT_URL" not in os.environ:
        raise SettingsError(
            "API_AUTH must not be 'none' unless AWS is emulated (AWS_ENDPOINT_URL): anyone could call the API"
        )
    return None


def require_caller(request: Request) -> str:
    """Refuse a request that its caller may not make; return who is calling, for the log.

    Raises:
        Problem: `unauthorized` without a caller, `forbidden` for a caller who may only read.
    """
    now = settings.current()
    if request.context["resourcePath"] in PUBLIC:
        return "anyone"
    if now.api_auth == "none":
        _require_local(request)
        return "this machine"
    if now.api_auth == "token":
        return _require_token(request, now.api_tokens)
    identity = request.context.get("identity") or {}
    claims = (request.context.get("authorizer") or {}).get("claims") or {}
    if caller := identity.get("userArn") or claims.get("sub"):
        return str(caller)
    raise Problem("unauthorized", "API Gateway did not pass on who is calling.")


def _require_local(request: Request) -> None:
    """Refuse what a page of another site sends, also under a name of its own that leads here (DNS rebinding).

    Without `API_AUTH`, each program on this machine may call the API. A page that its owner visits may not.
    """
    origin = request.headers.get("origin")
    if origin in settings.current().api_cors_origins:
        return
    host = request.headers.get("host")
    for name, url in (("Host", host and f"http://{host}"), ("Origin", origin)):
        if url and not re.fullmatch(_LOCAL_URL, url):
            raise Problem(
                "forbidden", f"{name} must be of this machine unless API_AUTH is set; got {quote(url)}"
            )


def _require_token(request: Request, tokens: tuple[Token, ...]) -> str:
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    digest = sha256(given.strip().encode()).hexdigest()
    # All are compared, each in constant time, so that the response time reveals nothing.
    found = [token for token in tokens if hmac.compare_digest(digest, token.digest)]
    if scheme.lower() != "bearer" or not found:
        raise _unauthorized("The request needs a valid token, in the header `Authorization: Bearer <token>`.")
    token = found[0]
    caller = f"the token {token.name}"
    if token.until and datetime.now(UTC).date().isoformat() > token.until:
        raise _unauthorized(f"The token {token.name} ended after {token.until}; use another one.", caller)
    if token.role != "write" and request.method not in {"GET", "HEAD"}:
        detail = f"The token {token.name} may only read; use one that may also write."
        raise Problem("forbidden", detail, caller=caller)
    return caller


def _unauthorized(detail: str, caller: str = "") -> Problem:
    # API Gateway renames the header.
    headers: dict[str, str | list[str]] = {"WWW-Authenticate": 'Bearer realm="imagepress"'}
    return Problem("unauthorized", detail, headers=headers, caller=caller)
