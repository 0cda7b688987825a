"""What the code of the app makes: modules, functions, classes, their objects, containers."""

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from tools.policies.scopes import Module, Scope
from tools.policies.values import ANY, NOTHING, UNKNOWN, Arguments, Text, Value, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


_ITERATING: Final = ("__iter__", "__next__", "__aiter__", "__anext__")
_NOT_OPERATORS: Final = {"__class_getitem__", "__init__", "__init_subclass__", "__new__", "__post_init__"}
_RUNNING: Final = {"__call__", "__func__", "__wrapped__"}
_DESCRIBING: Final = {"__doc__", "__module__", "__name__", "__qualname__"}
_REACHING_ATTRIBUTES: Final = {"__delattr__", "__dict__", "__getattr__", "__getattribute__", "__setattr__"}
"""What every object has by which any attribute can be reached."""
MADE: Final = "*made*"
"""The key of the objects of a class."""

Kind = Literal["plain", "static", "class", "property"]


@dataclass(frozen=True, slots=True)
class Function(Value):
    """A function or lambda of the app, and the scope that it was defined in."""

    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    scope: Scope
    kind: Kind = "plain"

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return the function again where an attribute is what it runs; nothing is known of others."""
        return frozenset({self}) if name in _RUNNING else analysis.attribute(UNKNOWN, name)

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what it returns; a method that is called through its class is one of its first argument."""
        is_method = self.kind == "plain" and isinstance(self.scope.node, ast.ClassDef)
        if not is_method or not arguments.positional:
            return analysis.invoke(self, arguments)
        first, *others = arguments.positional
        receivers = [value for value in first if isinstance(value, Instance)]
        rest = replace(arguments, positional=tuple(others))
        found = NOTHING.union(*(analysis.invoke(self, rest, each) for each in receivers))
        unclear = first.difference(receivers)
        if unclear or not receivers:
            found |= analysis.invoke(self, replace(arguments, positional=(unclear, *others)))
        return found

    def escaped(self, analysis: "Analysis") -> Values:
        """Return what it returns to a library that calls it: a method, of the objects that there are."""
        anything = Arguments(rest=UNKNOWN, more=UNKNOWN)
        node, around = self.scope.node, self.scope.parent
        if self.kind == "static" or not isinstance(node, ast.ClassDef) or around is None:
            return analysis.invoke(self, anything) | {self}
        receivers: list[Instance | Class] = [analysis.class_(node, around)]
        if self.kind != "class":
            made = analysis.facts.get(self.scope, MADE)
            receivers = [value for value in made if isinstance(value, Instance)]
        return NOTHING.union(*(analysis.invoke(self, anything, each) for each in receivers)) | {self}


@dataclass(frozen=True, slots=True)
class Shape:
    """What a class inherits.

    Attributes:
        bases: Classes of the app.
        fields: Parameters of a constructor that is not written out, as a dataclass's.
        is_open: Whether it also inherits from a library, which may give it any attribute.
        is_called_back: Whether that library may call its methods.
        is_enum: Whether its attributes are objects of it.
    """

    bases: "tuple[Class, ...]" = ()
    fields: tuple[str, ...] = ()
    is_open: bool = False
    is_called_back: bool = False
    is_enum: bool = False


@dataclass(eq=False, slots=True)
class Class(Value):
    """A class of the app. What is bound in its scope, which is its body's, are its attributes."""

    scope: Scope
    shape: Shape = field(default_factory=Shape)

    @property
    def bases(self) -> "tuple[Class, ...]":
        """Classes of the app that it inherits from, but for itself, where it takes the name of one."""
        return self.shape.bases

    def become(self, shape: "Shape") -> bool:
        """Learn what it inherits, and tell whether that is new."""
        before, self.shape = self.shape, shape
        return before != shape

    def lineage(self) -> "list[Class]":
        """Return it and its ancestors in the order that Python looks through them."""
        return [self, *_merged([*(base.lineage() for base in self.bases), list(self.bases)])]

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return an attribute of the class."""
        if name in _DESCRIBING:
            return UNKNOWN
        if name == "__dict__":
            return frozenset({SomeAttribute(self)})
        found = self.member(name, self, analysis, unbound=True)
        if self.shape.is_enum and any(not isinstance(value, Text | Function | Class) for value in found):
            found |= analysis.instantiate(self, Arguments())  # a member
        return found or (UNKNOWN if self.shape.is_open else NOTHING)

    def item(self, key: str | int, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return what `__class_getitem__` returns, or itself with a type parameter."""
        return analysis.call(self.member("__class_getitem__", self, analysis), Arguments((UNKNOWN,))) | {self}

    def member(
        self, name: str, receiver: "Instance | Class", analysis: "Analysis", *, unbound: bool = False
    ) -> Values:
        """Return what the class or the nearest ancestor that has it binds to a name, as the receiver sees it."""
        return _nearest(self.lineage(), name, receiver, analysis, unbound=unbound)

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return a new object."""
        return analysis.instantiate(self, arguments)

    def escaped(self, analysis: "Analysis") -> Values:
        """Return an object that a library makes of it."""
        return self.call(Arguments(rest=UNKNOWN, more=UNKNOWN), analysis) | {self}


def _merged(orders: list[list[Class]]) -> Iterator[Class]:
    """Yield the classes of several orders in one that keeps to all of them (C3)."""
    while orders := [each for each in orders if each]:
        heads = (each[0] for each in orders if not any(each[0] in other[1:] for other in orders))
        head = next(heads, orders[0][0])
        yield head
        orders = [[each for each in order if each is not head] for order in orders]


def _nearest(
    lineage: Sequence[Class],
    name: str,
    receiver: "Instance | Class",
    analysis: "Analysis",
    *,
    unbound: bool = False,
) -> Values:
    for each in lineage:
        if found := analysis.facts.get(each.scope, name):
            return NOTHING.union(*(_bound(value, receiver, analysis, unbound) for value in found))
    return NOTHING


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
        if name in _DESCRIBING:
            return UNKNOWN
        found = analysis.facts.get(self, name) | self.of.member(name, self, analysis)
        found |= analysis.call(self.of.member("__getattribute__", self, analysis), Arguments((UNKNOWN,)))
        if not found:
            found = analysis.call(self.of.member("__getattr__", self, analysis), Arguments((UNKNOWN,)))
        if found or not self.of.shape.is_open:
            return found or (frozenset({SomeAttribute(self)}) if name.startswith("__") else NOTHING)
        if analysis.holds_client(self):
            analysis.problem(
                f"{name!r} is inherited from a library, which could call AWS through this object"
            )
        return UNKNOWN

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return what `__call__` returns; what a library inherits may be called too."""
        passed = analysis.escape(arguments.all()) if self.of.shape.is_open else NOTHING
        return analysis.call(self.of.member("__call__", self, analysis), arguments) | passed

    def item(self, key: str | int, analysis: "Analysis") -> Values:
        """Return what `__getitem__` returns, or of a TypedDict the item; or it may stand for its container."""
        getters = (self.of.member(name, self, analysis) for name in ("__getitem__", "__missing__"))
        found = analysis.call(NOTHING.union(*getters), Arguments((UNKNOWN,))) | analysis.facts.get(self, key)
        fields = self.of.shape.fields  # of a NamedTuple, which have positions
        for name in (
            fields[key : key + 1] if isinstance(key, int) and key >= 0 else fields if key == ANY else ()
        ):
            found |= analysis.facts.get(self, name)
        return found | {self} | (UNKNOWN if self.of.shape.is_open else NOTHING)

    def elements(self, analysis: "Analysis") -> Values:
        """Return what `__iter__` gives; or it may stand for its container."""
        methods = (self.of.member(name, self, analysis) for name in _ITERATING)
        return analysis.call(NOTHING.union(*methods), Arguments()) | self.item(ANY, analysis)

    def escaped(self, analysis: "Analysis") -> Values:
        """Return it, and what operators on it give; say where a client gets lost with it."""
        if analysis.holds_client(self):
            name = getattr(self.of.scope.node, "name", "")
            analysis.problem(
                f"a {name}, which holds a client, is passed to a library here, where it cannot be followed"
            )
        names = {name for each in self.of.lineage() for name in each.scope.names if name.startswith("__")}
        methods = (self.of.member(name, self, analysis) for name in sorted(names - _NOT_OPERATORS))
        code = (value for method in methods for value in method if isinstance(value, Bound))
        return frozenset({self}).union(*(value.escaped(analysis) for value in code))


@dataclass(frozen=True, slots=True)
class SomeAttribute(Value):
    """An attribute of an object, class or module whose name is not known: no harm is done unless it is called."""

    owner: Instance | Class | Module

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return it again: what is called of it is not known either."""
        return frozenset({self})

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Say that what is called is not known."""
        analysis.problem("an attribute is called here, but which it is cannot be told")
        return analysis.escape(arguments.all())

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where a client may get lost with it."""
        return self.owner.escaped(analysis)


@dataclass(frozen=True, slots=True)
class Bound(Value):
    """A method of an object or of a class."""

    function: Function
    receiver: Instance | Class

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return an attribute of its function; `__call__` is the method itself."""
        if name == "__self__":
            return frozenset({self.receiver})
        return frozenset({self}) if name == "__call__" else self.function.attribute(name, analysis)

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
        """Return what the nearest of the receiver's ancestors binds that come after the class."""
        whole = (self.receiver.of if isinstance(self.receiver, Instance) else self.receiver).lineage()
        after = whole if self.of in whole else self.of.lineage()
        found = _nearest(after[after.index(self.of) + 1 :], name, self.receiver, analysis)
        if not found and name in _REACHING_ATTRIBUTES:
            return frozenset({SomeAttribute(self.receiver)})
        return found or analysis.attribute(UNKNOWN, name)
