"""Run a Lambda function over what is known of its values instead of the values, and note its calls of AWS.

Every statement that can be reached from the handler is looked at, both branches of an `if` and the body of a loop once; a
name stands for everything that is ever bound to it. Looking goes on until nothing new is learnt. A function is looked at
anew for each object that it is a method of, and for each combination of known strings that it is called with.
"""

import ast
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from tools.policies import calls, construction, escapes, library, strangers
from tools.policies.containers import Container
from tools.policies.facts import Facts
from tools.policies.objects import Class, Function, Instance
from tools.policies.scopes import Module, Scope
from tools.policies.sdk import Client
from tools.policies.source import ENTRY, PACKAGES, Source, bound_names
from tools.policies.syntax import Syntax
from tools.policies.values import ANY, NOTHING, UNKNOWN, Arguments, Context, Text, Values, texts

_DEPTH: Final = 6  # objects made by methods of objects made by methods: deeper ones are taken for one
_VARIANTS: Final = 200  # combinations of strings in calls of a function: further ones are taken for one


@dataclass(frozen=True, slots=True)
class Handler:
    """A function of app.py that Lambda calls: a pure one with an event and a context, others as Chalice does."""

    name: str
    is_pure: bool = False


class Analysis:
    """Follows the code of one Lambda function.

    Args:
        source: The app.
        environment: The function's environment variables.
        function_name: Its name on AWS.

    Attributes:
        scope: Whose code is being looked at.
        node: What is being looked at in it.
    """

    def __init__(self, source: Source, environment: Mapping[str, str], function_name: str) -> None:
        self.environment = environment
        self.function_name = function_name
        self.facts = Facts()
        self.scope = Scope(ast.Module([], []), ENTRY)
        self.node: ast.AST = self.scope.node
        self._source = source
        self._syntax = Syntax(self)
        self._made: dict[tuple[object, ...], Any] = {}
        self._variants: defaultdict[ast.AST, set[object]] = defaultdict(set)
        self._calls: defaultdict[Scope, list[calls.Call]] = defaultdict(list)
        self._problems: defaultdict[Scope, dict[str, None]] = defaultdict(dict)
        self._leads_to: defaultdict[Scope, dict[Scope, None]] = defaultdict(dict)

    def run(self, handlers: Iterable[Handler]) -> tuple[list[calls.Call], list[str]]:
        """Return the calls of AWS that handlers may make, and what could not be followed, as `file:line: why`."""
        start, entries = self.scope, list(handlers)
        self.facts.stale[start] = None
        while self.facts.stale:
            scope = next(iter(self.facts.stale))
            del self.facts.stale[scope]
            self._calls[scope].clear()
            self._problems[scope].clear()
            self._leads_to[scope].clear()
            with self.within(scope):
                self.facts.reader = scope
                if scope is start:
                    self._enter(entries)
                else:
                    self._syntax.run(scope)
        reached = self._reachable(start)
        calls = [call for scope in reached for call in self._calls[scope]]
        return calls, sorted({text for scope in reached for text in self._problems[scope]})

    def _reachable(self, start: Scope) -> dict[Scope, None]:
        """Return where the last look at each scope leads; an earlier one may have known too little of arguments."""
        found = {start: None}
        left = [start]
        while left:
            following = self._leads_to[left.pop()]
            left += [scope for scope in following if scope not in found]
            found |= following
        return found

    def _enter(self, handlers: Iterable[Handler]) -> None:
        for handler in handlers:
            given = (UNKNOWN, frozenset({Context()})) if handler.is_pure else ()
            function = self.imported(ENTRY, handler.name)
            if not function:
                self.problem(f"nothing is known of {handler.name}, which Lambda calls")
            self.call(function, Arguments(given, rest=UNKNOWN))

    @contextmanager
    def within(self, scope: Scope) -> Iterator[None]:
        """Look at the code of another scope for a while."""
        before = self.scope
        self.scope = scope
        try:
            yield
        finally:
            self.scope = before

    # What values may do

    def problem(self, text: str) -> None:
        """Note what cannot be followed."""
        assert self.facts.reader is not None, "code is being looked at"
        self._problems[self.facts.reader][f"{self.place()}: {text}"] = None

    def note(self, call: calls.Call) -> None:
        """Note a call of AWS."""
        assert self.facts.reader is not None, "code is being looked at"
        self._calls[self.facts.reader].append(call)

    def place(self) -> str:
        """Return where the code is that is being looked at, as `app.py:12`."""
        return self._source.place(self.scope.module, self.node)

    def call(self, values: Values, arguments: Arguments) -> Values:
        """Return what calling any of the values may give."""
        return NOTHING.union(*(value.call(arguments, self) for value in values))

    def attribute(self, values: Values, name: str) -> Values:
        """Return what an attribute of any of the values may be."""
        return NOTHING.union(*(value.attribute(name, self) for value in values))

    def items(self, values: Values, keys: Values) -> Values:
        """Return what may stand at any of the keys of any of the values."""
        known = texts(keys)
        found: Iterable[str | int] = {ANY} if known is None else known
        return NOTHING.union(*(value.item(key, self) for value in values for key in found))

    def elements(self, values: Values) -> Values:
        """Return what iterating over any of the values may give."""
        return NOTHING.union(*(value.elements(self) for value in values))

    def named(self, path: str) -> Values:
        """Return what a dotted name outside the app stands for."""
        return library.named(path)

    def call_library(self, path: str, arguments: Arguments) -> Values:
        """Return what calling such a name may give."""
        return library.call(path, arguments, self)

    def pass_library(self, path: str) -> None:
        """Pass such a name to a library."""
        library.escaped(path, self)

    def take_from_stranger(self, name: str) -> None:
        """Take an attribute of what nothing is known of."""
        strangers.taken(name, self)

    def call_stranger(self, arguments: Arguments) -> None:
        """Call what nothing is known of."""
        strangers.called(arguments, self)

    def call_client(self, client: Client, method: str, arguments: Arguments) -> Values:
        """Note a call of AWS, and return what is known of its answer."""
        return calls.called(client, method, arguments, self)

    def escape(self, values: Values, *, by: str = "") -> Values:
        """Pass values to a library, which may call what is code, and give it or its results back."""
        return escapes.escape(values, self, by=by)

    def holds_client(self, owner: Instance) -> bool:
        """Tell whether AWS can be called through anything that an object holds."""
        return escapes.holds_client(owner, self)

    def set_attribute(self, owners: Values, name: str, values: Values) -> None:
        """Set an attribute."""
        self._syntax.set_attribute(self.node, owners, name, values)

    def refined(self, values: Values, annotation: ast.expr | None) -> Values:
        """Return values, of which an annotation tells what the code does not."""
        return self._syntax.refined(values, annotation)

    # What is made of code

    def container(self, purpose: str = "", *, is_mapping: bool = False, is_open: bool = False) -> Container:
        """Return the container that is made here."""
        key = "container", self.node, self.scope, purpose
        made: Container = self._one(key, lambda: Container(is_open, is_mapping))
        return made

    def invoke(
        self, function: Function, arguments: Arguments, receiver: Instance | Class | None = None
    ) -> Values:
        """Have a function looked at with these arguments, and return what it may return, as far as that is known."""
        given = self._syntax.parameters(function, arguments, receiver)
        scope = self._variant(function, given, receiver)
        for name, values in given.items():
            self.facts.add(scope, name, values)
        return self.facts.get(scope, self._syntax.RETURNED)

    def instantiate(self, of: Class, arguments: Arguments) -> Values:
        """Return the object that a call of a class makes here. Special methods, such as `__exit__`, count as called."""
        shallow = self.scope if self.scope.depth < _DEPTH else None
        made: Instance = self._one(
            ("instance", self.node, shallow, of), lambda: Instance(of, self.scope.depth + 1)
        )
        return construction.construct(made, arguments, self)

    def imported(self, module: str, name: str) -> Values:
        """Return what `from module import name` binds."""
        inner = f"{module}.{name}"
        if self._source.module(module) is None:
            return self.whole(inner) if self._source.module(inner) else self.outside(inner)
        here = self.module(module).scope
        bound = self.facts.get(here, name)
        if not bound and self._source.module(inner):
            return frozenset({self.module(inner)})
        return bound or self.call(self.facts.get(here, "__getattr__"), Arguments((frozenset({Text(name)}),)))

    def whole(self, module: str) -> Values:
        """Return what a module's dotted name stands for."""
        return frozenset({self.module(module)}) if self.is_own(module) else self.outside(module)

    def outside(self, path: str) -> Values:
        """Return what a dotted name stands for that should not be the app's."""
        if path.partition(".")[0] in PACKAGES:
            self.problem(f"the app has no {path}")
        return self.named(path)

    def is_own(self, module: str) -> bool:
        """Tell whether a module is the app's."""
        return self._source.module(module) is not None

    def absolute(self, module: str | None, level: int) -> str:
        """Return the full name of a module that is imported here by a name that may be relative."""
        if not level:
            return module or ""
        here = self.scope.module.split(".")
        package = here[: len(here) - level + self._source.is_package(self.scope.module)]
        return ".".join([*package, module] if module else package)

    def module(self, name: str) -> Module:
        """Return a module of the app, and have its code looked at."""
        tree = self._source.module(name)
        assert tree is not None, f"{name} is a module of the app"
        return Module(self._reached(("module", name), lambda: Scope(tree, name, names=bound_names(tree))))

    def class_(self, node: ast.ClassDef, scope: Scope) -> Class:
        """Return the class that is defined in a scope."""
        found: Class = self._one(
            ("class", node, scope),
            lambda: Class(Scope(node, scope.module, scope, bound_names(node), depth=scope.depth)),
        )
        return found

    def _variant(
        self, function: Function, given: Mapping[str, Values], receiver: Instance | Class | None
    ) -> Scope:
        """Return the scope of a function as it is called in this way."""
        node = function.node
        strings = frozenset((name, values) for name, values in given.items() if texts(values))
        if strings not in self._variants[node] and len(self._variants[node]) >= _VARIANTS:
            strings = frozenset()
        self._variants[node].add(strings)
        depth = receiver.depth if isinstance(receiver, Instance) else function.scope.depth
        return self._reached(
            ("call", node, function.scope, receiver, strings),
            lambda: Scope(node, function.scope.module, function.scope, bound_names(node), depth),
        )

    def _reached(self, key: tuple[object, ...], make: Callable[[], Scope]) -> Scope:
        is_new = key not in self._made
        scope: Scope = self._one(key, make)
        if is_new:
            self.facts.stale[scope] = None
        if self.facts.reader is not None:
            self._leads_to[self.facts.reader][scope] = None
        return scope

    def _one(self, key: tuple[object, ...], make: Callable[[], Any]) -> Any:
        if key not in self._made:
            self._made[key] = make()
        return self._made[key]
