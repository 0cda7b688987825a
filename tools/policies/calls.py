"""Calls of AWS, as the code makes them: which method of which client, with which arguments, and where."""

from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.policies import model
from tools.policies.containers import Container
from tools.policies.facts import Facts
from tools.policies.sdk import Client, Deferred
from tools.policies.values import KEYS, NOTHING, UNKNOWN, Arguments, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


_USED: Final = {"Body", "Callback", "Fileobj"}
"""Arguments of objects that boto3 reads from, writes to, or calls."""


class Argument:
    """An argument of a call of AWS, as far as it is known.

    Attributes:
        is_sure: Whether it is passed at all, whenever the call is made.
    """

    def __init__(self, values: Values, facts: Facts, *, is_sure: bool = True) -> None:
        self._values = values
        self._facts = facts
        self.is_sure = is_sure

    @property
    def is_none(self) -> bool:
        """Whether it is no more than None."""
        return not self._values

    @property
    def is_mapping(self) -> bool:
        """Whether it is a dictionary, if it is any container."""
        return any(isinstance(value, Container) and value.is_mapping for value in self._values)

    def each(self) -> "list[Argument]":
        """Return what it may be one by one."""
        return [Argument(frozenset({value}), self._facts) for value in self._values]

    def texts(self) -> frozenset[str] | None:
        """Return the strings that it may be; None if it may be anything else."""
        return texts(self._values) or None

    def items(self) -> "dict[str | int, Argument] | None":
        """Return the items of the container that it is, by key or position; None if it may be anything else."""
        containers = [value for value in self._values if isinstance(value, Container) and not value.is_open]
        if not containers or len(containers) < len(self._values):
            return None
        found: defaultdict[str | int, Values] = defaultdict(lambda: NOTHING)
        for container in containers:
            for key, values in self._facts.of(container).items():
                found[key] |= values
        sure = {key for key in found if all(container.surely_has(str(key)) for container in containers)}
        return {
            key: Argument(values, self._facts, is_sure=key in sure)
            for key, values in found.items()
            if key != KEYS
        }


@dataclass(frozen=True, slots=True)
class Call:
    """A call of AWS.

    Attributes:
        service: As botocore names it.
        method: Of the client.
        arguments: By name.
        place: File and line.
        region: Of the client, if it has one of its own.
        is_presigned: Whether it is made later, by whoever has the URL.
    """

    service: str
    method: str
    arguments: Mapping[str, Argument]
    place: str
    region: str | None = None
    is_presigned: bool = False


def called(client: Client, method: str, arguments: Arguments, analysis: "Analysis") -> Values:
    """Note a call of a client's method, and return what is known of its answer."""
    if special := _SPECIAL.get(method):
        return special(client, arguments, analysis)
    if arguments.more or arguments.rest:
        analysis.problem(f"what is passed to {method} by * or ** cannot be told")
    parameters = model.parameters(client.service, method)
    by_position = dict(zip(parameters, arguments.positional, strict=False))
    named = {**by_position, **arguments.named}
    for name in _USED & named.keys():
        analysis.escape(named[name])
    known = {
        name: Argument(values, analysis.facts, is_sure=name not in arguments.doubtful)
        for name, values in named.items()
    }
    analysis.note(Call(client.service, method, known, analysis.place(), client.region))
    return _leftover(arguments, analysis)


def _paginator(client: Client, arguments: Arguments, analysis: "Analysis") -> Values:
    operations = texts(arguments.get(0, "operation_name"))
    if not operations:
        analysis.problem("what this paginator lists cannot be told")
    return frozenset(Deferred(client, "paginate", operation) for operation in operations or ())


def _waiter(client: Client, arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(0, "waiter_name")) or frozenset()
    methods = [model.waited_for(client.service, name) for name in sorted(names)]
    if not methods or None in methods:
        analysis.problem("what this waiter waits for cannot be told")
    return frozenset(Deferred(client, "wait", method) for method in methods if method)


def _presigned_url(client: Client, arguments: Arguments, analysis: "Analysis") -> Values:
    methods = texts(arguments.get(0, "ClientMethod"))
    parameters = Argument(arguments.get(1, "Params"), analysis.facts).items()
    if not methods or parameters is None:
        analysis.problem("what this URL is for cannot be told")
    known = {str(name): argument for name, argument in (parameters or {}).items()}
    for method in methods or ():
        analysis.note(Call(client.service, method, known, analysis.place(), client.region, is_presigned=True))
    return UNKNOWN


def _presigned_post(client: Client, arguments: Arguments, analysis: "Analysis") -> Values:
    parameters = model.parameters(client.service, "generate_presigned_post")
    given = {name: arguments.get(at, name) for at, name in enumerate(parameters) if name != "ExpiresIn"}
    known = {name: Argument(values, analysis.facts) for name, values in given.items()}
    analysis.note(
        Call(client.service, "put_object", known, analysis.place(), client.region, is_presigned=True)
    )
    return UNKNOWN


def _nothing(_: Client, arguments: Arguments, analysis: "Analysis") -> Values:
    return analysis.escape(arguments.all())


_SPECIAL: Final[Mapping[str, Callable[[Client, Arguments, "Analysis"], Values]]] = {
    "can_paginate": _nothing,
    "close": _nothing,
    "generate_presigned_post": _presigned_post,
    "generate_presigned_url": _presigned_url,
    "get_paginator": _paginator,
    "get_waiter": _waiter,
}


def _leftover(arguments: Arguments, analysis: "Analysis") -> Values:
    """Return an answer, of which only that is known which DynamoDB leaves of a batch for another request."""
    answer = analysis.container("answer", is_mapping=True, is_open=True)
    if "RequestItems" in arguments.named:
        for name in ("UnprocessedKeys", "UnprocessedItems"):
            analysis.facts.add(answer, name, arguments.named["RequestItems"])
    return frozenset({answer})
