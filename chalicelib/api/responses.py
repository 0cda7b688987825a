"""What every response has: entity tags, security headers, permissions of other sites, problem details."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from hashlib import sha256
from typing import Any, Concatenate, Final, NamedTuple

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError
from chalice.app import Request, Response

from chalicelib import settings, startup, telemetry
from chalicelib.api import auth, problems
from chalicelib.api.problems import Problem
from chalicelib.api.requests import Parameter, Query, parse_query
from chalicelib.aws.s3 import is_throttling

SECURITY: Final[Mapping[str, str]] = {
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
FOR_OTHER_SITES: Final[Mapping[str, str]] = {
    "Access-Control-Expose-Headers": "ETag, Link, Location, Retry-After",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
_PREFLIGHT: Final = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-Match, If-None-Match, X-Amz-Date, X-Amz-Security-Token",
    "Access-Control-Max-Age": "3600",
}
_JSON: Final = "application/json"


class Reply(NamedTuple):
    """What a view returns where its body alone does not say everything.

    Attributes:
        body: Members of a JSON object, or text.
        headers: Further headers.
        status: Instead of the view's.
        cache_control: Instead of the view's; empty where the response must not be kept.
    """

    body: Mapping[str, Any] | str
    headers: Mapping[str, str] = {}
    status: int | None = None
    cache_control: str | None = None


type View[**P] = Callable[Concatenate[Request, P], Response]


def view[**P](
    query: Mapping[str, Parameter] | None,
    status: int = 200,
    content_type: str = _JSON,
    cache_control: str | None = None,
) -> Callable[[Callable[Concatenate[Request, Query, P], Mapping[str, Any] | str | Reply]], View[P]]:
    """Make a view of a function of the request, its parsed query, and the parts of its path.

    Args:
        query: The query parameters; None allows any, and parses none.
        status: The HTTP status.
        content_type: The media type of the body.
        cache_control: Who may keep the response, and for how long; the response then has an entity tag. None means no one.
    """

    def decorate(
        function: Callable[Concatenate[Request, Query, P], Mapping[str, Any] | str | Reply],
    ) -> View[P]:
        @wraps(function)
        def respond(request: Request, /, *path: P.args, **named: P.kwargs) -> Response:
            values = {} if query is None else parse_query(request, query)
            try:
                result = function(request, values, *path, **named)
            except (ClientError, NoConnectionError, HTTPClientError) as error:
                raise _unavailable(error) from error
            reply = result if isinstance(result, Reply) else Reply(result)
            body = reply.body if isinstance(reply.body, str) else to_json(reply.body)
            headers: dict[str, str | list[str]] = {"Content-Type": content_type, **reply.headers}
            caching = cache_control if reply.cache_control is None else reply.cache_control
            if caching:
                etag = entity_tag(body)
                headers |= {"ETag": etag, "Cache-Control": caching}
                if is_named(etag, request.headers.get("if-none-match", "")):
                    # With all headers: browsers replace those that they keep.
                    return Response("", headers, 304)
            return Response(body, headers, reply.status or status)

        return respond

    return decorate


def complete(request: Request, get_response: Callable[[Request], Response]) -> Response:
    """Respond to a request: check the caller, run the view, turn problems into details, add the common headers."""
    caller = ""
    try:
        if request.method == "OPTIONS":  # a browser asks what a page of another site may send
            response = Response("", dict(_PREFLIGHT), 204)
        else:
            caller = auth.require_caller(request)
            response = problems.from_chalice(get_response(request))
    except Problem as problem:
        caller = caller or problem.caller
        response = problem.to_response()
    if request.method in {"DELETE", "POST"} or response.status_code in {401, 403}:
        _audit(request, caller, response.status_code)
    if request.method == "HEAD":
        response.body = ""
    response.headers = {"Cache-Control": "no-store", **SECURITY, **response.headers, **_cross_origin(request)}
    startup.end()
    return response


def _audit(request: Request, caller: str, status: int) -> None:
    """Log a change or a refusal: what was asked for, by whom, and the result; never a token."""
    facts = {
        "route": f"{request.method} {request.context['resourcePath']}",
        "imageId": (request.uri_params or {}).get("image_id"),
        "caller": caller,
        "address": (request.context.get("identity") or {}).get("sourceIp"),
        "status": status,
    }
    telemetry.logger().info("audit", extra=facts)


def _unavailable(error: Exception) -> Exception:
    """Return the problem of an error that will pass; the SDK has already tried again. Return any other error itself."""
    if isinstance(error, ClientError) and not is_throttling(error):
        return error
    telemetry.logger().warning("AWS is busy", exc_info=True)
    return Problem("unavailable", "AWS is busy; try again in a few seconds.", headers={"Retry-After": "3"})


def _cross_origin(request: Request) -> dict[str, str]:
    """Return the headers that let a page of another site read the response, if the settings name that site."""
    allowed = settings.current().api_cors_origins
    if not allowed:
        return {}
    origin = request.headers.get("origin")
    if origin not in allowed:
        return {"Vary": "Origin"}
    return {"Vary": "Origin", "Access-Control-Allow-Origin": origin, **FOR_OTHER_SITES}


def to_json(members: Mapping[str, Any]) -> str:
    """Return a JSON object that ends in a newline, so that a shell's prompt follows it on a new line."""
    return json.dumps(members, ensure_ascii=False) + "\n"


def entity_tag(body: str) -> str:
    """Return the entity tag of a body: weak, since API Gateway may compress the body."""
    return f'W/"{sha256(body.encode()).hexdigest()[:32]}"'


def is_named(etag: str, header: str) -> bool:
    """Return whether `If-None-Match` or `If-Match` names an entity tag, by weak comparison (RFC 9110, 13.1)."""
    names = [name.strip() for name in header.split(",")]
    return "*" in names or etag.removeprefix("W/") in {name.removeprefix("W/") for name in names}
