"""Query parameters and JSON bodies, checked.

Each fault is a problem that names the parameter, what is allowed, and the value.
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from chalice.app import MultiDict, Request

from chalicelib.api.problems import Problem, bad_parameter, quote
from chalicelib.records import timestamp

IMAGE_ID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_JSON_TYPE = r"application/(?:[a-z0-9.-]+\+)?json"
_TIME = r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?"


class Parameter(NamedTuple):
    """A query parameter: how its value is parsed, which rule that enforces, and its default."""

    parse: Callable[[str], Any]
    rule: str
    default: Any = None


type Query = Mapping[str, Any]
"""The value of each query parameter that a route declares."""


def whole_number(lowest: int, highest: int, default: int) -> Parameter:
    """Declare a number in digits."""

    def parse(value: str) -> int:
        if not (
            value.isascii() and value.isdecimal() and len(value) < 10 and lowest <= int(value) <= highest
        ):
            raise ValueError
        return int(value)

    return Parameter(parse, f"must be a whole number from {lowest} to {highest}", default)


def one_of(allowed: Collection[str]) -> Parameter:
    """Declare one of some strings, without a default."""

    def parse(value: str) -> str:
        if value not in allowed:
            raise ValueError
        return value

    return Parameter(parse, f"must be one of {', '.join(allowed)}")


def flag(*, default: bool = False) -> Parameter:
    """Declare `true` or `false`."""
    return Parameter(_parse_flag, "must be true or false", default)


def text(longest: int | None = None) -> Parameter:
    """Declare a string, of a number of bytes at most."""

    def parse(value: str) -> str:
        if longest is not None and len(value.encode()) > longest:
            raise ValueError
        return value

    return Parameter(parse, f"must not be longer than {longest} bytes")


def identifiers(most: int) -> Parameter:
    """Declare image IDs, separated by commas."""

    def parse(value: str) -> list[str]:
        found = list(dict.fromkeys(identifier.strip().lower() for identifier in value.split(",")))
        if len(found) > most or not all(map(IMAGE_ID.fullmatch, found)):
            raise ValueError
        return found

    return Parameter(parse, f"must be from 1 to {most} image IDs, separated by commas")


def time() -> Parameter:
    """Declare a date, or a date and time; its value is a timestamp like the records', and without an offset in UTC."""
    return Parameter(_parse_time, "must be a date or time such as 2026-01-31 or 2026-01-31T12:00:00Z")


def parse_query(request: Request, parameters: Mapping[str, Parameter]) -> dict[str, Any]:
    """Return the values of some query parameters: those of a request, or their defaults.

    `_` is ignored: JavaScript libraries send it to get around caches.

    Raises:
        Problem: A parameter is unknown, given twice, or not allowed.
    """
    given = request.query_params or MultiDict({})
    values = {name: parameter.default for name, parameter in parameters.items()}
    for name in given.keys() - {"_"}:
        _require_known(name, parameters)
        if len(given.getlist(name)) > 1:
            raise bad_parameter(name, "must be given only once")
        try:
            values[name] = parameters[name].parse(given[name])
        except (ValueError, OverflowError):
            hint = "; write + as %2B" if parameters[name].parse is _parse_time and " " in given[name] else ""
            raise bad_parameter(name, parameters[name].rule, given[name], hint) from None
    return values


def parse_body(request: Request, names: Collection[str]) -> Mapping[str, Any]:
    """Return the members of the JSON object that is the body of a request, all known, without those that are null.

    Raises:
        Problem: The body is not a JSON object, or has an unknown member.
    """
    content_type = request.headers.get("content-type", "application/json")
    if not re.fullmatch(_JSON_TYPE, content_type.partition(";")[0].strip(), re.IGNORECASE):
        raise Problem(
            "unsupported-media-type", f"Content-Type must be application/json; got {quote(content_type)}"
        )
    try:
        body = json.loads(request.raw_body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Problem("bad-body", f"The body must be a JSON object with members {', '.join(sorted(names))}.")
    for name in body:
        _require_known(name, names)
    return {name: value for name, value in body.items() if value is not None}


def _require_known(name: str, names: Collection[str]) -> None:
    if name not in names:
        known = f"the parameters are {', '.join(sorted(names))}" if names else "the route has no parameters"
        raise Problem("unknown-parameter", f"{quote(name)} is not a parameter; {known}", parameter=name[:100])


def _parse_flag(value: str) -> bool:
    if value.lower() not in {"true", "false"}:
        raise ValueError
    return value.lower() == "true"


def _parse_time(value: str) -> str:
    # Python accepts more of ISO 8601 than RFC 3339 and the contract: weeks, and dates without hyphens.
    if not re.fullmatch(_TIME, value, re.ASCII | re.IGNORECASE):
        raise ValueError
    given = datetime.fromisoformat(value)
    return timestamp(given if given.tzinfo else given.replace(tzinfo=UTC))
