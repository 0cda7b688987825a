"""Problem details (RFC 9457): why a request is refused or failed."""

import json
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from chalice.app import ChaliceUnhandledError, Response

CONTENT_TYPE: Final = "application/problem+json"

_MOST_QUOTED = 100  # characters


class Kind(NamedTuple):
    """A kind of problem: its HTTP status, and a title that is the same for all problems of the kind."""

    status: int
    title: str


KINDS: Final = {
    "bad-parameter": Kind(400, "A parameter has a value that is not allowed."),
    "unknown-parameter": Kind(400, "The route does not have this parameter."),
    "bad-body": Kind(400, "The body is not allowed here."),
    "unauthorized": Kind(401, "The request does not say who is calling."),
    "forbidden": Kind(403, "The caller is not allowed to do this."),
    "no-such-image": Kind(404, "The image does not exist."),
    "no-such-job": Kind(404, "The job does not exist."),
    "no-file": Kind(404, "The image does not have this file."),
    "no-such-route": Kind(404, "The API does not have this route."),
    "no-such-page": Kind(404, "The page does not exist."),
    "method-not-allowed": Kind(405, "The route does not allow this method."),
    "precondition-failed": Kind(412, "The image has changed."),
    "already-exists": Kind(409, "The object already exists."),
    "unsupported-media-type": Kind(415, "The route does not accept this type of body."),
    "bad-request": Kind(400, "API Gateway does not accept the request."),
    "too-large": Kind(413, "The body is larger than API Gateway accepts."),
    "too-many-requests": Kind(429, "All callers together make too many requests; try again later."),
    "gateway-error": Kind(502, "API Gateway got no usable response in time; try again."),
    "internal-error": Kind(500, "The request failed, and the caller is not the reason."),
    "unavailable": Kind(503, "AWS does not respond as it should; try again later."),
}
"""Every kind of problem in a response, by its code."""


class Problem(ChaliceUnhandledError):  # noqa: N818 - a response; Chalice passes it on to the middleware
    """A request is refused, or fails.

    Attributes:
        code: One of `KINDS`.
        parameter: The query parameter or the member of the body that is wrong, if there is one.
        headers: Further headers of the response.
        caller: Who is refused, for the log, if that is known.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        parameter: str | None = None,
        headers: Mapping[str, str | list[str]] | None = None,
        caller: str = "",
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.parameter = parameter
        self.headers = dict(headers or {})
        self.caller = caller

    def to_response(self) -> Response:
        """Return the problem details."""
        kind = KINDS[self.code]
        body = {
            "type": f"urn:imagepress:problem:{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": str(self),
            "code": self.code,
        }
        named = {"parameter": self.parameter} if self.parameter is not None else {}
        return Response(
            json.dumps(body | named) + "\n", {"Content-Type": CONTENT_TYPE, **self.headers}, kind.status
        )


def bad_parameter(name: str, rule: str, value: Any = None, hint: str = "") -> Problem:
    """Return the problem of a parameter or member that breaks a rule: `limit must be ...; got 'ten'`."""
    got = f"; got {quote(value)}" if value is not None else ""
    return Problem("bad-parameter", f"{name} {rule}{got}{hint}", parameter=name)


def quote(value: Any) -> str:
    """Return a value of a request for a message: as JSON, a string in single quotes, long ones cut."""
    text = json.dumps(value, ensure_ascii=False)
    if isinstance(value, str):
        text = f"'{text[1:-1]}'" if text[1:-1].isprintable() else f"'{json.dumps(value)[1:-1]}'"
    return text if len(text) <= _MOST_QUOTED else f"{text[:_MOST_QUOTED]}..."


def from_chalice(response: Response) -> Response:
    """Return the problem details for an error response of Chalice itself; any other response unchanged."""
    if not isinstance(response.body, dict) or "Code" not in response.body:
        return response
    code = "method-not-allowed" if response.status_code == 405 else "internal-error"
    return Problem(code, str(response.body["Message"]), headers=response.headers).to_response()
