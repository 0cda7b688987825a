"""Who may call which route.

By `API_AUTH`: with `token`, the app itself compares bearer tokens; with `iam` and `cognito`, API Gateway lets nobody
else through, and the app makes sure that it did. A route that is not listed as public needs a caller, and a
request that could change something needs one who may write.
"""

import hmac
import os
from hashlib import sha256
from typing import Final

from chalice.app import Authorizer, CognitoUserPoolAuthorizer, IAMAuthorizer, Request

from chalicelib import settings
from chalicelib.problems import Problem
from chalicelib.settings import SettingsError

PUBLIC: Final = frozenset({"/", "/web/{version}/{name}", "/openapi.json"})
"""Resource paths that hold nothing of anybody's: the page, its files, the contract."""


def authorizer() -> Authorizer | None:
    """Return what API Gateway is to check before a route that is not public.

    Raises:
        SettingsError: `API_AUTH` is `none` although this is no emulator: anyone could call the API.
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


def require(request: Request) -> None:
    """Refuse a request whose caller may not make it.

    Raises:
        Problem: `unauthorized` for want of a caller, `forbidden` for one who may only read.
    """
    now = settings.current()
    if request.context["resourcePath"] in PUBLIC or now.api_auth == "none":
        return
    if now.api_auth == "token":
        _require_token(request, now.api_read_token_sha256, now.api_write_token_sha256)
    elif not _was_let_through(request):
        raise Problem("unauthorized", "API Gateway has not said who is calling.")


def _require_token(request: Request, read_digest: str, write_digest: str) -> None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    given = sha256(token.strip().encode()).hexdigest()
    # Both are compared, each in constant time, so that the time tells nothing.
    reads, writes = (hmac.compare_digest(given, digest) for digest in (read_digest, write_digest))
    if scheme.lower() != "bearer" or not (reads or writes):
        raise Problem(
            "unauthorized",
            "The request needs a valid token, in the header `Authorization: Bearer <token>`.",
            headers={"WWW-Authenticate": 'Bearer realm="imagepress"'},  # which API Gateway renames
        )
    if not writes and request.method != "GET":
        raise Problem("forbidden", "This token may only read; changing something needs the one that writes.")


def _was_let_through(request: Request) -> bool:
    identity = request.context.get("identity") or {}
    claims = (request.context.get("authorizer") or {}).get("claims") or {}
    return bool(identity.get("userArn") or claims.get("sub"))
