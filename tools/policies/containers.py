"""Dictionaries, lists, tuples and sets, and what their methods do."""

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.policies.values import ANY, KEYS, NOTHING, UNKNOWN, Arguments, Text, Value, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

_METHODS: Final = {name for kind in (deque, dict, frozenset, list, set, tuple) for name in dir(kind)}
_MOVING: Final = {
    "appendleft",
    "clear",
    "extendleft",
    "insert",
    "pop",
    "popitem",
    "popleft",
    "remove",
    "reverse",
    "rotate",
    "sort",
}
"""Methods after which items of a list stand elsewhere."""
_ADDING_ONE: Final = {"add", "append", "appendleft", "insert"}
_READING: Final = {"copy", "count", "index"}


@dataclass(eq=False, slots=True)
class Container(Value):
    """A dictionary, list, tuple or set, made at one place. Its facts are its items, by key or position.

    Attributes:
        is_open: Whether there may be anything under keys that are not known of.
        is_mapping: Whether it is a dictionary.
        written: The keys that it is made with.
        is_emptied: Whether some may be taken out again.
    """

    is_open: bool = False
    is_mapping: bool = False
    written: frozenset[str] = frozenset()
    is_emptied: bool = False

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a method."""
        return frozenset({ContainerMethod(self, name)}) if name in _METHODS else self._else()

    def item(self, key: str | int, analysis: "Analysis") -> Values:
        """Return an item."""
        if key == ANY:
            return self.values(analysis)
        return analysis.facts.get(self, key) | analysis.facts.get(self, ANY) or self._else()

    def elements(self, analysis: "Analysis") -> Values:
        """Return the keys of a dictionary, the items of others."""
        return analysis.facts.get(self, KEYS) | self._else() if self.is_mapping else self.values(analysis)

    def values(self, analysis: "Analysis") -> Values:
        """Return all items."""
        items = [values for key, values in analysis.facts.of(self).items() if key != KEYS]
        return NOTHING.union(*items) | self._else()

    def put(self, keys: Values, values: Values, analysis: "Analysis") -> None:
        """Put items in under keys; those that are not known may be any."""
        analysis.facts.add(self, KEYS, keys)
        known = texts(keys)
        for key in {ANY} if known is None else known:
            analysis.facts.add(self, key, values)

    def extend(self, values: Values, analysis: "Analysis") -> None:
        """Put in the items of others, as `update`, `extend` and `+=` do."""
        for value in values:
            if not self.is_mapping:
                analysis.facts.add(self, ANY, value.elements(analysis))
            elif isinstance(value, Container) and value.is_mapping and not value.is_open:
                for key, held in analysis.facts.of(value).items():
                    analysis.facts.add(self, key, held)
            else:  # pairs, or what nothing is known of
                items = value.elements(analysis)
                self.put(UNKNOWN, items | analysis.elements(items), analysis)

    def shuffle(self, analysis: "Analysis") -> None:
        """Let any item stand at any position, or be missing."""
        if not self.is_mapping:
            analysis.facts.add(self, ANY, self.values(analysis))
        elif not self.is_emptied:
            self.is_emptied = True
            analysis.facts.changed(self)

    def surely_has(self, key: str) -> bool:
        """Tell whether there is an item under a key whenever there is the container."""
        return key in self.written and not self.is_emptied

    def _else(self) -> Values:
        return UNKNOWN if self.is_open else NOTHING


@dataclass(frozen=True, slots=True)
class ContainerMethod(Value):
    """A method of a container."""

    container: Container
    name: str

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return items, after putting in what is passed."""
        held = self.container
        if self.name in {"items", "keys", "values"}:
            return self._view(analysis)
        if self.name in _MOVING:
            held.shuffle(analysis)
        if self.name == "sort":
            return analysis.escape(arguments.all(), by="builtins.sorted")
        if self.name in {"get", "pop"}:
            return analysis.items(frozenset({held}), arguments.get(0) or UNKNOWN) | arguments.get(1)
        if self.name in _READING:
            return frozenset({held}) if self.name == "copy" else UNKNOWN
        self._put(arguments, analysis)
        return held.values(analysis) | analysis.facts.get(held, KEYS) | {held}

    def _put(self, arguments: Arguments, analysis: "Analysis") -> None:
        held = self.container
        if self.name == "update":
            held.extend(arguments.rest.union(*arguments.positional), analysis)
            held.put(UNKNOWN if arguments.more else NOTHING, arguments.more, analysis)
            for name, values in arguments.named.items():
                held.put(frozenset({Text(name)}), values, analysis)
        elif self.name == "setdefault":
            held.put(arguments.get(0), arguments.get(1), analysis)
        elif self.name in _ADDING_ONE:
            analysis.facts.add(held, ANY, arguments.get(int(self.name == "insert")))
        else:
            analysis.facts.add(held, ANY, arguments.all() | analysis.elements(arguments.all()))

    def _view(self, analysis: "Analysis") -> Values:
        views, pair = analysis.container("view"), analysis.container("pair")
        analysis.facts.add(pair, 0, self.container.elements(analysis))
        analysis.facts.add(pair, 1, self.container.values(analysis))
        seen: Values = (
            frozenset({pair})
            if self.name == "items"
            else analysis.facts.get(pair, int(self.name == "values"))
        )
        analysis.facts.add(views, ANY, seen)
        return frozenset({views})
