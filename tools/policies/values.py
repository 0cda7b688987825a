"""What the analysis knows of a value, and what follows: its attributes, its items, what a call of it gives.

A string is known, or it is not; clients of AWS (`sdk`), code and objects of the app (`objects`) are known by where they
were made; of all else nothing is known. None is no value at all: it is not what a policy is about.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

_TEXT_METHODS: Final = {"lower", "removeprefix", "removesuffix", "replace", "strip", "upper"}


class Value:
    """Anything. What is said here holds for what a kind of value does not say otherwise."""

    __slots__ = ()

    def attribute(self, name: str, analysis: "Analysis") -> "Values":  # noqa: ARG002
        """Return what an attribute may be."""
        return UNKNOWN

    def call(self, arguments: "Arguments", analysis: "Analysis") -> "Values":
        """Return what a call may give."""
        return analysis.escape(arguments.all())

    def item(self, key: "str | int", analysis: "Analysis") -> "Values":  # noqa: ARG002
        """Return what stands at a key or position. What no container is known for stands for its items."""
        return frozenset({self})

    def elements(self, analysis: "Analysis") -> "Values":  # noqa: ARG002
        """Return what iterating gives."""
        return frozenset({self})

    def escaped(self, analysis: "Analysis") -> "Values":  # noqa: ARG002
        """Return what of it a library that is handed it may give back, as far as policies go: code and objects."""
        return NOTHING


Values = frozenset[Value]
NOTHING: Final[Values] = frozenset()
ANY: Final = "*any*"
"""The key of a container's items whose key or position is not known."""
KEYS: Final = "*keys*"
"""The key of the keys of a dictionary."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call.

    Attributes:
        positional: By position, as far as it is known.
        rest: What `*arguments` hold.
        named: By name.
        more: What `**arguments` hold under names that are not known.
        doubtful: The names that may also be missing, since a dictionary of `**arguments` need not have them.
    """

    positional: tuple[Values, ...] = ()
    rest: Values = NOTHING
    named: Mapping[str, Values] = field(default_factory=dict)
    more: Values = NOTHING
    doubtful: frozenset[str] = frozenset()

    def all(self) -> Values:
        """Return what is passed in any way."""
        return NOTHING.union(*self.positional, self.rest, *self.named.values(), self.more)

    def get(self, position: int, name: str = "") -> Values:
        """Return what is passed at a position or by a name."""
        if position < len(self.positional):
            return self.positional[position]
        if name in self.named and name not in self.doubtful:
            return self.named[name]
        return self.named.get(name, NOTHING) | self.rest | self.more


@dataclass(frozen=True, slots=True)
class Unknown(Value):
    """Something of a library, or of the outside."""

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Take care that no client of AWS goes unnoticed."""
        analysis.take_from_stranger(name)
        return UNKNOWN

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Take care that no call of AWS goes unnoticed."""
        analysis.call_stranger(arguments)
        return analysis.escape(arguments.all())


UNKNOWN: Final[Values] = frozenset({Unknown()})


@dataclass(frozen=True, slots=True)
class Library(Value):
    """What a dotted name outside the app stands for."""

    path: str

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what the longer name stands for."""
        analysis.take_from_stranger(name)
        return analysis.named(f"{self.path}.{name}")

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Do what is known of a function, or follow what is passed to it."""
        return analysis.call_library(self.path, arguments)

    def escaped(self, analysis: "Analysis") -> "Values":
        """Have it called."""
        analysis.pass_library(self.path)
        return NOTHING


@dataclass(frozen=True, slots=True)
class Text(Value):
    """A string that is known."""

    text: str

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a method of the string."""
        if name == "value":  # of a member of an Enum, for which the string stands
            return frozenset({self})
        return frozenset({TextMethod(self.text, name)}) if hasattr(str, name) else NOTHING

    def item(self, key: str | int, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return some character."""
        return UNKNOWN

    def elements(self, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return some character."""
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class TextMethod(Value):
    """A method of a known string."""

    text: str
    name: str

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what Python makes of it, where that is known."""
        given = [texts(values) for values in arguments.positional]
        if self.name not in _TEXT_METHODS or None in given or arguments.named or arguments.rest:
            return analysis.escape(arguments.all())
        method = getattr(self.text, self.name)
        return frozenset(Text(method(*each)) for each in product(*(values or () for values in given)))


@dataclass(frozen=True, slots=True)
class Environment(Value):
    """The environment variables of the function: `os.environ`, its methods and `os.getenv`."""

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return one of its methods; `get` and `setdefault` ask for a variable."""
        if name in {"clear", "pop", "popitem", "update"}:
            analysis.problem("environment variables are changed here, which is not followed")
        return frozenset({self}) if name in {"get", "setdefault"} else UNKNOWN

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what `get` gives."""
        asked = texts(arguments.get(0, "key"))
        if asked is None:
            return UNKNOWN
        found = [analysis.environment.get(name) for name in sorted(asked)]
        values = frozenset(Text(value) for value in found if value is not None)
        return values | (arguments.get(1, "default") if None in found else NOTHING)

    def item(self, key: str | int, analysis: "Analysis") -> Values:
        """Return a variable."""
        return self.call(Arguments((frozenset({Text(str(key))}),)), analysis) if key != ANY else UNKNOWN


@dataclass(frozen=True, slots=True)
class Modules(Value):
    """`sys.modules`."""

    def item(self, key: str | int, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Say that it is not followed."""
        analysis.problem("what sys.modules holds is not followed: import the module")
        return UNKNOWN

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return a method that may give a module."""
        return self.item(name, analysis)

    def elements(self, analysis: "Analysis") -> Values:
        """Return names of modules."""
        return self.item(ANY, analysis)


@dataclass(frozen=True, slots=True)
class Context(Value):
    """The second argument of a Lambda handler."""

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return the function's name; nothing else is known."""
        return frozenset({Text(analysis.function_name)}) if name == "function_name" else UNKNOWN


def texts(values: Values) -> frozenset[str] | None:
    """Return the strings that values are; None if there is anything else."""
    found = frozenset(value.text for value in values if isinstance(value, Text))
    return found if len(found) == len(values) else None
