"""Answers: JSON, entity tags, and the headers that every answer of the API has."""

import json
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from chalice.app import Request, Response

from chalicelib import access, problems, settings
from chalicelib.problems import Problem

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
    "Access-Control-Allow-Methods": "GET, POST, DELETE",
    "Access-Control-Allow-Headers": "Authorization, Content-Type, If-None-Match, X-Amz-Date, X-Amz-Security-Token",
    "Access-Control-Max-Age": "3600",
}


def as_json(body: Mapping[str, Any], status: int = 200, headers: Mapping[str, str] | None = None) -> Response:
    """Return an answer that nobody keeps."""
    return Response(
        json.dumps(body, ensure_ascii=False), {"Content-Type": "application/json", **(headers or {})}, status
    )


def tagged(request: Request, text: str, content_type: str, cache_control: str) -> Response:
    """Return an answer with an entity tag, or 304 if the caller has it.

    Args:
        request: Its `If-None-Match` tells what the caller has.
        text: The body.
        content_type: Its media type.
        cache_control: Who may keep it, and for how long.
    """
    # Weak, since API Gateway may compress the body.
    etag = f'W/"{sha256(text.encode()).hexdigest()[:32]}"'
    if _has(request, etag):
        return Response("", {"ETag": etag, "Cache-Control": cache_control}, 304)
    return Response(text, {"Content-Type": content_type, "ETag": etag, "Cache-Control": cache_control})


def complete(request: Request, get_answer: Callable[[Request], Response]) -> Response:
    """Answer a request: refuse it or have it answered, tell problems as such, add what every answer has."""
    try:
        if request.method == "OPTIONS":  # a browser asks whether another site's page may go on to ask
            answer = Response("", dict(_PREFLIGHT), 204)
        else:
            access.require(request)
            answer = problems.of_chalice(get_answer(request))
    except Problem as problem:
        answer = problem.answer()
    answer.headers = {"Cache-Control": "no-store", **SECURITY, **answer.headers, **_cross_origin(request)}
    return answer


def _cross_origin(request: Request) -> dict[str, str]:
    """Return the headers that let a page of another site read the answer, where the settings name that site."""
    allowed = settings.current().api_cors_origins
    if not allowed:
        return {}
    origin = request.headers.get("origin")
    if origin not in allowed:
        return {"Vary": "Origin"}
    return {"Vary": "Origin", "Access-Control-Allow-Origin": origin, **FOR_OTHER_SITES}


def _has(request: Request, etag: str) -> bool:
    """Tell whether `If-None-Match` names an entity tag, by weak comparison (RFC 9110, 13.1.2)."""
    names = [name.strip() for name in request.headers.get("if-none-match", "").split(",")]
    return "*" in names or etag.removeprefix("W/") in {name.removeprefix("W/") for name in names}
