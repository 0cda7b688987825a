"""What a request says, checked: query parameters and the members of a JSON body.

Each fault is a problem that names the parameter, its value and what is allowed.
"""

import json
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from chalice.app import Request

from chalicelib.metadata import timestamp
from chalicelib.problems import Problem, bad_parameter

_MOMENT = re.compile(
    r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)?)?", re.ASCII | re.IGNORECASE
)
_SHOWN = 100  # characters of a value that is not allowed


def query(request: Request, names: Collection[str]) -> Mapping[str, str]:
    """Return the query parameters of a request, each given once and known.

    Raises:
        Problem: One is unknown, or given twice.
    """
    given = request.query_params
    if given is None:
        return {}
    for name in given:
        _require_known(name, names)
        if len(given.getlist(name)) > 1:
            raise bad_parameter(name, "is given more than once")
    return dict(given)


def members(request: Request, names: Collection[str]) -> Mapping[str, Any]:
    """Return the members of the JSON object that is the body of a request, all known.

    Raises:
        Problem: The body is no JSON object, or has an unknown member.
    """
    try:
        body = json.loads(request.raw_body)
    except (ValueError, RecursionError):
        body = None
    if not isinstance(body, dict):
        raise Problem("bad-body", f"The body must be a JSON object; it may have {', '.join(sorted(names))}.")
    for name in body:
        _require_known(name, names)
    return body


def whole_number(name: str, value: str, lowest: int, highest: int) -> int:
    """Return a number that is written in digits."""
    if not re.fullmatch(r"[0-9]{1,9}", value, re.ASCII) or not lowest <= int(value) <= highest:
        raise bad_parameter(name, f"{shown(value)} is no whole number from {lowest} to {highest}")
    return int(value)


def one_of[T: str](name: str, value: str | None, allowed: Collection[T]) -> T | None:
    """Return a value that is one of those allowed; None as it is."""
    if value is None:
        return None
    for each in allowed:
        if each == value:
            return each
    raise bad_parameter(name, f"{shown(value)} is none of {', '.join(allowed)}")


def flag(name: str, value: str) -> bool:
    """Return whether a value is `true`; the only other one is `false`."""
    if value not in {"true", "false"}:
        raise bad_parameter(name, f"{shown(value)} is neither true nor false")
    return value == "true"


def moment(name: str, value: str | None) -> str | None:
    """Return a date, or a date and time, as a timestamp like the records'; without an offset it is UTC."""
    if value is None:
        return None
    try:
        # Python takes more of ISO 8601 than RFC 3339 and the contract have: weeks, and dates without hyphens.
        given = datetime.fromisoformat(value) if _MOMENT.fullmatch(value) else None
        if given:
            return timestamp(given if given.tzinfo else given.replace(tzinfo=UTC))
    except (ValueError, OverflowError):
        pass
    raise bad_parameter(name, f"{shown(value)} is no date or time such as 2026-01-31 or 2026-01-31T12:00:00Z")


def shown(value: Any) -> str:
    """Return a value as a message quotes it: with escapes, and not at any length."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def _require_known(name: str, names: Collection[str]) -> None:
    if name not in names:
        known = f"only {', '.join(sorted(names))}" if names else "and no other either"
        raise Problem(
            "unknown-parameter",
            f"{shown(name)}: there is no such parameter, {known}",
            parameter=name[:_SHOWN],
        )
