"""Calls of AWS, as the code makes them: which method of which client, with which arguments, and where."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.policies import model
from tools.policies.containers import Container
from tools.policies.facts import Facts
from tools.policies.sdk import Deferred
from tools.policies.values import KEYS, NOTHING, UNKNOWN, Arguments, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


class Argument:
    """An argument of a call of AWS, as far as it is known."""

    def __init__(self, values: Values, facts: Facts) -> None:
        self._values = values
        self._facts = facts

    def texts(self) -> frozenset[str] | None:
        """Return the strings that it may be; None if it may be anything else."""
        return texts(self._values) or None

    def items(self) -> "dict[str | int, Argument] | None":
        """Return the items of the container that it is, by key or position; None if it may be anything else."""
        if not self._values or any(not isinstance(value, Container) for value in self._values):
            return None
        found: defaultdict[str | int, Values] = defaultdict(lambda: NOTHING)
        for container in self._values:
            for key, values in self._facts.of(container).items():
                found[key] |= values
        return {key: Argument(values, self._facts) for key, values in found.items() if key != KEYS}


@dataclass(frozen=True, slots=True)
class Call:
    """A call of AWS.

    Attributes:
        service: As botocore names it.
        method: Of the client.
        arguments: By name.
        place: File and line.
        is_presigned: Whether it is made later, by whoever has the URL.
    """

    service: str
    method: str
    arguments: Mapping[str, Argument]
    place: str
    is_presigned: bool = False


def called(service: str, method: str, arguments: Arguments, analysis: "Analysis") -> Values:
    """Note a call of a client's method, and return what is known of its answer."""
    if special := _SPECIAL.get(method):
        return special(service, arguments, analysis)
    if arguments.more:
        analysis.problem(f"what is passed to {method} by ** cannot be told")
    by_position = dict(zip(model.parameters(service, method), arguments.positional, strict=False))
    _note(service, method, {**by_position, **arguments.named}, analysis)
    return _leftover(arguments, analysis)


def _paginator(service: str, arguments: Arguments, analysis: "Analysis") -> Values:
    operations = texts(arguments.get(0, "operation_name"))
    if not operations:
        analysis.problem("what this paginator lists cannot be told")
    return frozenset(Deferred(service, "paginate", operation) for operation in operations or ())


def _waiter(service: str, arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(0, "waiter_name")) or frozenset()
    methods = [model.waited_for(service, name) for name in sorted(names)]
    if not methods or None in methods:
        analysis.problem("what this waiter waits for cannot be told")
    return frozenset(Deferred(service, "wait", method) for method in methods if method)


def _presigned_url(service: str, arguments: Arguments, analysis: "Analysis") -> Values:
    methods = texts(arguments.get(0, "ClientMethod"))
    parameters = Argument(arguments.get(1, "Params"), analysis.facts).items()
    if not methods or parameters is None:
        analysis.problem("what this URL is for cannot be told")
    known = {str(name): argument for name, argument in (parameters or {}).items()}
    for method in methods or ():
        analysis.note(Call(service, method, known, analysis.place(), is_presigned=True))
    return UNKNOWN


def _presigned_post(service: str, arguments: Arguments, analysis: "Analysis") -> Values:
    _note(service, "put_object", {"Bucket": arguments.get(0, "Bucket")}, analysis, is_presigned=True)
    return UNKNOWN


_SPECIAL: Final[Mapping[str, Callable[[str, Arguments, "Analysis"], Values]]] = {
    "generate_presigned_post": _presigned_post,
    "generate_presigned_url": _presigned_url,
    "get_paginator": _paginator,
    "get_waiter": _waiter,
}


def _note(
    service: str,
    method: str,
    arguments: Mapping[str, Values],
    analysis: "Analysis",
    *,
    is_presigned: bool = False,
) -> None:
    known = {name: Argument(values, analysis.facts) for name, values in arguments.items()}
    analysis.note(Call(service, method, known, analysis.place(), is_presigned))


def _leftover(arguments: Arguments, analysis: "Analysis") -> Values:
    """Return an answer, of which only that is known which DynamoDB leaves of a batch for another request."""
    answer = analysis.container("answer", is_mapping=True, is_open=True)
    if "RequestItems" in arguments.named:
        for name in ("UnprocessedKeys", "UnprocessedItems"):
            analysis.facts.add(answer, name, arguments.named["RequestItems"])
    return frozenset({answer})
