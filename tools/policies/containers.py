"""Dictionaries, lists, tuples and sets, and what their methods do."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.policies.values import ANY, KEYS, NOTHING, UNKNOWN, Arguments, Value, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


@dataclass(eq=False, slots=True)
class Container(Value):
    """A dictionary, list, tuple or set, made at one place. Its facts are its items, by key or position.

    Attributes:
        is_open: Whether there may be anything under keys that are not known of.
    """

    is_open: bool = False

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a method."""
        return frozenset({ContainerMethod(self, name)})

    def item(self, key: str | int, analysis: "Analysis") -> Values:
        """Return an item."""
        if key == ANY:
            return self.values(analysis)
        found = analysis.facts.get(self, key) | analysis.facts.get(self, ANY)
        return found or (UNKNOWN if self.is_open else NOTHING)

    def elements(self, analysis: "Analysis") -> Values:
        """Return the keys of a dictionary, the items of others."""
        return analysis.facts.get(self, KEYS) or self.values(analysis)

    def values(self, analysis: "Analysis") -> Values:
        """Return all items."""
        items = [values for key, values in analysis.facts.of(self).items() if key != KEYS]
        return NOTHING.union(*items) | (UNKNOWN if self.is_open else NOTHING)

    def put(self, keys: Values, values: Values, analysis: "Analysis") -> None:
        """Put items in under the keys of a dictionary; those that are not known may be any."""
        analysis.facts.add(self, KEYS, keys)
        known = texts(keys)
        for key in {ANY} if known is None else known:
            analysis.facts.add(self, key, values)


@dataclass(frozen=True, slots=True)
class ContainerMethod(Value):
    """A method of a container."""

    container: Container
    name: str

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return items, after putting in what is passed."""
        if self.name in {"items", "values"}:
            views, pair = analysis.container("view"), analysis.container("pair")
            analysis.facts.add(pair, 0, analysis.facts.get(self.container, KEYS))
            analysis.facts.add(pair, 1, self.container.values(analysis))
            seen = frozenset({pair}) if self.name == "items" else self.container.values(analysis)
            analysis.facts.add(views, ANY, seen)
            return frozenset({views})
        if self.name in {"get", "pop"}:
            return analysis.items(frozenset({self.container}), arguments.get(0)) | arguments.get(1)
        analysis.facts.add(self.container, ANY, arguments.all() | analysis.elements(arguments.all()))
        return self.container.values(analysis) | {self.container}
