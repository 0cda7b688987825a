"""What is refused, and how an answer says so: problem details as of RFC 9457."""

import json
from collections.abc import Mapping
from typing import Final, NamedTuple

from chalice.app import ChaliceUnhandledError, Response

CONTENT_TYPE: Final = "application/problem+json"


class Kind(NamedTuple):
    """A kind of problem: the HTTP status, and a title that is the same for all of its kind."""

    status: int
    title: str


KINDS: Final = {
    "bad-parameter": Kind(400, "A parameter has a value that is not allowed."),
    "unknown-parameter": Kind(400, "There is no such parameter."),
    "bad-body": Kind(400, "The body is not what this route takes."),
    "unauthorized": Kind(401, "The request does not say who is calling."),
    "forbidden": Kind(403, "The caller may not do this."),
    "no-such-image": Kind(404, "There is no such image."),
    "no-file": Kind(404, "The image has no such file."),
    "no-such-page": Kind(404, "There is no such page."),
    "method-not-allowed": Kind(405, "The route does not take this method."),
    "already-exists": Kind(409, "There is such an object already."),
    "unsupported-media-type": Kind(415, "The body is of a type that this route does not take."),
    "internal-error": Kind(500, "The request failed for a reason that is not the caller's."),
    "unavailable": Kind(503, "AWS does not answer as it should at the moment."),
}
"""Every problem that an answer may tell of, by its code."""

_OF_STATUS: Final = {kind.status: code for code, kind in KINDS.items() if kind.status in {405, 415}}


class Problem(ChaliceUnhandledError):  # noqa: N818 - an answer; Chalice hands it on to the middleware
    """A request is refused, or fails.

    Attributes:
        code: One of `KINDS`.
        parameter: The query parameter or the body's member at fault, if it is one.
        headers: What the answer has beside the usual headers.
    """

    def __init__(
        self,
        code: str,
        detail: str,
        parameter: str | None = None,
        headers: Mapping[str, str | list[str]] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.parameter = parameter
        self.headers = dict(headers or {})

    def answer(self) -> Response:
        """Return the answer that tells of it."""
        kind = KINDS[self.code]
        body = {
            "type": f"urn:imagepress:problem:{self.code}",
            "title": kind.title,
            "status": kind.status,
            "detail": str(self),
            "code": self.code,
        }
        named = {"parameter": self.parameter} if self.parameter is not None else {}
        return Response(json.dumps(body | named), {"Content-Type": CONTENT_TYPE, **self.headers}, kind.status)


def bad_parameter(name: str, fault: str) -> Problem:
    """Return the problem of a parameter or member whose value is not allowed; `name: fault` is its detail."""
    return Problem("bad-parameter", f"{name}: {fault}", parameter=name)


def of_chalice(answer: Response) -> Response:
    """Return the problem details that say what an answer of Chalice's own does; any other answer as it is."""
    if not isinstance(answer.body, dict) or "Code" not in answer.body:
        return answer
    code = _OF_STATUS.get(answer.status_code, "internal-error")
    detail = str(answer.body["Message"])
    if code == "unsupported-media-type":
        detail += "; send application/json"
    return Problem(code, detail, headers=answer.headers).answer()
