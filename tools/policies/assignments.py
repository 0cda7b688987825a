"""What assignments do to what is known of values, and how code is visited."""

import ast
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tools.policies.containers import Container
from tools.policies.objects import Class, Function, Instance, SomeAttribute
from tools.policies.scopes import Module, Scope
from tools.policies.source import global_names
from tools.policies.values import ANY, NOTHING, Arguments, Environment, Text, Value, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


class Assignments(ast.NodeVisitor):
    """Binds names, and sets attributes and items."""

    def __init__(self, analysis: "Analysis") -> None:
        self._analysis = analysis
        self._facts = analysis.facts

    def visit(self, node: ast.AST) -> Values:
        """Return the values of an expression; of a statement there are none."""
        values: Values | None = super().visit(node)
        return NOTHING if values is None else values

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _assign(self, target: ast.expr, values: Values) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name, values)
            case ast.Attribute(value=owner, attr=name):
                self.set_attribute(target, self.visit(owner), name, values)
            case ast.Subscript(value=owner, slice=key):
                self._set_item(target, self.visit(owner), key, values)
            case ast.Starred(value=inner):
                self._assign(inner, values)
            case ast.Tuple(elts=targets) | ast.List(elts=targets):
                self._unpack(targets, values)

    def _unpack(self, targets: list[ast.expr], values: Values) -> None:
        spread = False
        for position, each in enumerate(targets):
            spread = spread or isinstance(each, ast.Starred)
            key: int | str = ANY if spread else position
            self._assign(each, NOTHING.union(*(self._unpacked(value, key) for value in values)))

    def _unpacked(self, value: Value, key: int | str) -> Values:
        is_mapping = isinstance(value, Container) and value.is_mapping
        return value.elements(self._analysis) if is_mapping else value.item(key, self._analysis)

    def set_attribute(self, target: ast.AST, owners: Values, name: str, values: Values) -> None:
        """Set an attribute: of what is not the app's, that passes the value to a library."""
        for owner in owners:
            match owner:
                case Instance():
                    self._facts.add(owner, name, values)
                    with self._at(target):
                        self._set_property(owner, name, values)
                        setter = owner.of.member("__setattr__", owner, self._analysis)
                        self._analysis.call(setter, Arguments((frozenset({Text(name)}), values)))
                case Class(scope=scope) | Module(scope=scope):
                    self._facts.add(scope, name, values)
                case _:
                    self._lose(target, values)

    def _set_property(self, owner: Instance, name: str, values: Values) -> None:
        """Call what a class has under the name, which may be the setter of a property, or an object that sets."""
        for each in owner.of.lineage():
            for function in self._facts.get(each.scope, name):
                if isinstance(function, Function):
                    self._analysis.invoke(function, Arguments((values,)), owner)
                elif isinstance(function, Instance):
                    setter = function.of.member("__set__", function, self._analysis)
                    self._analysis.call(setter, Arguments((frozenset({owner}), values)))

    def _set_item(self, target: ast.expr, owners: Values, key: ast.expr, values: Values) -> None:
        keys = self.visit(key)
        for owner in owners:
            if isinstance(owner, Environment):
                with self._at(target):
                    self._analysis.problem("an environment variable is set here, which is not followed")
            elif isinstance(owner, SomeAttribute):
                with self._at(target):
                    self._analysis.problem("which attribute is set here cannot be told")
            elif not isinstance(owner, Container):
                self._lose(target, values)
            elif isinstance(key, ast.Slice):
                owner.shuffle(self._analysis)
                owner.extend(values, self._analysis)
            elif isinstance(key, ast.Constant) and isinstance(key.value, int):
                self._facts.add(owner, key.value, values)
            else:
                owner.put(keys, values, self._analysis)

    def _lose(self, target: ast.AST, values: Values) -> None:
        with self._at(target):
            self._analysis.escape(values)

    def _bind(self, name: str, values: Values) -> None:
        if scope := self._home(name):
            self._facts.add(scope, name, values)

    def _home(self, name: str) -> Scope | None:
        """Return the scope that a name which is used here is bound in."""
        here = self._analysis.scope
        is_global = name in global_names(here.node)
        scope: Scope | None = here
        while scope is not None:
            is_seen = scope is here or not isinstance(scope.node, ast.ClassDef)
            if is_seen and name in scope.names and (scope.parent is None or not is_global):
                return scope
            scope = scope.parent
        return None

    @contextmanager
    def _at(self, node: ast.AST) -> Iterator[None]:
        before = self._analysis.node
        self._analysis.node = node
        try:
            yield
        finally:
            self._analysis.node = before
