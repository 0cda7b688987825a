"""What the code of the app makes: modules, functions, classes, their objects, containers."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tools.policies.values import ANY, KEYS, NOTHING, UNKNOWN, Arguments, Value, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


@dataclass(eq=False, slots=True)
class Scope:
    """Where names are bound: a module, a class, or a function as it is called in one way.

    Attributes:
        node: Its code.
        module: The dotted name of its module.
        parent: The scope that its code stands in.
        names: The names that it binds.
        owner: The object or class that a method is called on.
        depth: How many objects deep, each made by a method of the one before, this is.
    """

    node: ast.AST
    module: str
    parent: "Scope | None" = None
    names: frozenset[str] = frozenset()
    owner: "Instance | Class | None" = None
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Module(Value):
    """A module of the app."""

    scope: Scope

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what is bound in it, or a module within it."""
        return analysis.imported(self.scope.module, name)

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where it gets lost."""
        analysis.problem(
            f"the module {self.scope.module} is passed to a library, where it cannot be followed"
        )
        return UNKNOWN


Kind = Literal["plain", "static", "class", "property"]


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function or lambda of the app, and the scope that it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    kind: Kind = "plain"

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what it returns."""
        return analysis.invoke(self, arguments)

    def escaped(self, analysis: "Analysis") -> Values:
        """Return what it returns to a library that calls it."""
        return analysis.invoke(self, Arguments(rest=UNKNOWN, more=UNKNOWN)) | {self}


@dataclass(eq=False, slots=True)
class Class(Value):
    """A class of the app.

    Attributes:
        scope: Its body's; what is bound there are its attributes.
        bases: Classes of the app that it inherits from.
        fields: Parameters of a constructor that is not written out, as a dataclass's.
        is_open: Whether it also inherits from a library, which may give it any attribute.
        is_called_back: Whether that library may call its methods.
    """

    scope: Scope
    bases: "tuple[Class, ...]" = ()
    fields: tuple[str, ...] = ()
    is_open: bool = False
    is_called_back: bool = False

    def lineage(self) -> "Iterator[Class]":
        """Yield it and its ancestors, nearest first."""
        yield self
        for base in self.bases:
            yield from base.lineage()

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return an attribute of the class."""
        return self.member(name, self, analysis, unbound=True) or (UNKNOWN if self.is_open else NOTHING)

    def member(
        self, name: str, receiver: "Instance | Class", analysis: "Analysis", *, unbound: bool = False
    ) -> Values:
        """Return what the class or the nearest ancestor that has it binds to a name, as the receiver sees it."""
        for each in self.lineage():
            if found := analysis.facts.get(each.scope, name):
                return NOTHING.union(*(_bound(value, receiver, analysis, unbound) for value in found))
        return NOTHING

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return a new object."""
        return analysis.instantiate(self, arguments)

    def escaped(self, analysis: "Analysis") -> Values:
        """Return an object that a library makes of it."""
        return self.call(Arguments(rest=UNKNOWN, more=UNKNOWN), analysis) | {self}


def _bound(value: Value, receiver: "Instance | Class", analysis: "Analysis", unbound: bool) -> Values:
    if isinstance(value, Instance) and (getter := value.of.member("__get__", value, analysis)):
        return analysis.call(getter, Arguments((frozenset({receiver}), UNKNOWN)))
    if not isinstance(value, Function) or value.kind == "static":
        return frozenset({value})
    if value.kind == "class":
        return frozenset({Bound(value, receiver.of if isinstance(receiver, Instance) else receiver)})
    if unbound:
        return frozenset({value})
    method = Bound(value, receiver)
    return method.call(Arguments(), analysis) if value.kind == "property" else frozenset({method})


@dataclass(eq=False, slots=True)
class Instance(Value):
    """An object of a class of the app, made at one place. Its facts are its attributes, or items."""

    of: Class
    depth: int = 0

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return its own attribute, or its class's."""
        if name == "__class__":
            return frozenset({self.of})
        found = analysis.facts.get(self, name) | self.of.member(name, self, analysis)
        if not found:
            found = analysis.call(self.of.member("__getattr__", self, analysis), Arguments((UNKNOWN,)))
        if found or not self.of.is_open:
            return found or (frozenset({SomeAttribute(self)}) if name.startswith("__") else NOTHING)
        if analysis.holds_client(self):
            analysis.problem(
                f"{name!r} is inherited from a library, which could call AWS through this object"
            )
        return UNKNOWN

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what `__call__` returns; what a library inherits may be called too."""
        passed = analysis.escape(arguments.all()) if self.of.is_open else NOTHING
        return analysis.call(self.of.member("__call__", self, analysis), arguments) | passed

    def item(self, key: str | int, analysis: "Analysis") -> Values:
        """Return what `__getitem__` returns, or of a TypedDict the item; or it may stand for its container."""
        getter = self.of.member("__getitem__", self, analysis)
        found = analysis.call(getter, Arguments((UNKNOWN,))) | analysis.facts.get(self, key)
        return found | {self} | (UNKNOWN if self.of.is_open else NOTHING)

    def elements(self, analysis: "Analysis") -> Values:
        """Return what `__iter__` gives; or it may stand for its container."""
        methods = self.of.member("__iter__", self, analysis) | self.of.member("__next__", self, analysis)
        return analysis.call(methods, Arguments()) | {self} | (UNKNOWN if self.of.is_open else NOTHING)

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where a client gets lost with it."""
        if analysis.holds_client(self):
            name = getattr(self.of.scope.node, "name", "")
            analysis.problem(
                f"a {name}, which holds a client, is passed to a library here, where it cannot be followed"
            )
        return frozenset({self})


@dataclass(frozen=True, slots=True)
class SomeAttribute(Value):
    """An attribute of an object, class or module whose name is not known: no harm is done unless it is called."""

    owner: Instance | Class | Module

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Say that what is called is not known."""
        analysis.problem("what getattr returns is called here, but which attribute that is cannot be told")
        return analysis.escape(arguments.all())

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where a client may get lost with it."""
        return self.owner.escaped(analysis)


@dataclass(frozen=True, slots=True)
class Bound(Value):
    """A method of an object or of a class."""

    function: Function
    receiver: Instance | Class

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what the method returns."""
        return analysis.invoke(self.function, arguments, self.receiver)

    def escaped(self, analysis: "Analysis") -> Values:
        """Return what it returns to a library that calls it."""
        return self.call(Arguments(rest=UNKNOWN, more=UNKNOWN), analysis) | {self}


@dataclass(frozen=True, slots=True)
class Parent(Value):
    """`super()`: an object as the ancestors of a class see it."""

    of: Class
    receiver: Instance | Class

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what the nearest ancestor binds."""
        found = [base.member(name, self.receiver, analysis) for base in self.of.bases]
        return next((values for values in found if values), UNKNOWN)


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
