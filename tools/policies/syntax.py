"""What statements of Python do to what is known of values."""

import ast
from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Final

from tools.policies.expressions import Expressions
from tools.policies.objects import Class, Function, Instance, Kind, Scope
from tools.policies.registering import Registering
from tools.policies.source import bound_names
from tools.policies.values import (
    ANY,
    NOTHING,
    UNKNOWN,
    Arguments,
    Library,
    Unknown,
    Value,
    Values,
)

_KINDS: Final[Mapping[str, Kind]] = {
    "builtins.classmethod": "class",
    "builtins.property": "property",
    "builtins.staticmethod": "static",
    "functools.cached_property": "property",
}
_WITH_FIELDS: Final = {"dataclasses.dataclass", "typing.NamedTuple", "typing.TypedDict"}
_HARMLESS: Final = ("abc.", "builtins.", "contextlib.", "dataclasses.", "enum.", "functools.", "typing.")
_PASSIVE: Final = ("abc.", "builtins.", "collections.abc.", "enum.", "typing.")  # bases that call no method
_WITHOUT_ATTRIBUTES: Final = {
    "abc.ABC",
    "builtins.object",
    "typing.Generic",
    "typing.NamedTuple",
    "typing.Protocol",
}


class Syntax(Expressions):
    """Visits code: what is visited as an expression gives its values."""

    def run(self, scope: Scope) -> None:
        """Visit the body of a module or function."""
        if isinstance(scope.node, ast.Lambda):
            self._facts.add(scope, self.RETURNED, self.visit(scope.node.body))
        elif isinstance(scope.node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            self._visit_all(scope.node.body)

    def parameters(
        self, function: Function, arguments: Arguments, receiver: Instance | Class | None
    ) -> dict[str, Values]:
        """Return the values of a function's parameters, by name, of a call with these arguments."""
        declared = function.node.args
        by_position = [*declared.posonlyargs, *declared.args]
        positional = ((frozenset({receiver}),) if receiver else ()) + arguments.positional
        given = dict(zip((each.arg for each in by_position), positional, strict=False))
        for each in [*by_position[len(positional) :], *declared.kwonlyargs]:
            given[each.arg] = arguments.named.get(each.arg, self._otherwise(function, each.arg, arguments))
        with self._analysis.within(function.scope):
            for each in [*by_position, *declared.kwonlyargs]:
                given[each.arg] = self.refined(given[each.arg], each.annotation)
        if declared.vararg:
            rest = self._analysis.container(f"*{declared.vararg.arg}")
            self._facts.add(rest, ANY, arguments.rest.union(*positional[len(by_position) :]))
            given[declared.vararg.arg] = frozenset({rest})
        if declared.kwarg:
            others = self._analysis.container(f"**{declared.kwarg.arg}")
            self._facts.add(others, ANY, arguments.more)
            for name in arguments.named.keys() - given.keys():
                self._facts.add(others, name, arguments.named[name])
            given[declared.kwarg.arg] = frozenset({others})
        return given

    def _otherwise(self, function: Function, parameter: str, arguments: Arguments) -> Values:
        return arguments.rest | arguments.more | self._facts.get(function.node, parameter)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            self._bind(alias.asname or whole, self._imported(whole))
            if self._analysis.is_own(alias.name):
                self._analysis.module(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._analysis.absolute(node.module, node.level)
        for alias in node.names:
            if alias.name == "*":
                with self._at(node):
                    self._analysis.problem("what is imported by * cannot be told")
            else:
                self._bind(alias.asname or alias.name, self._analysis.imported(module, alias.name))

    def _imported(self, module: str) -> Values:
        return (
            frozenset({self._analysis.module(module)})
            if self._analysis.is_own(module)
            else self._analysis.named(module)
        )

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self._keep_defaults(node)
        marks = self._marks(node)
        kind: Kind = next((_KINDS[path] for path in sorted(marks & _KINDS.keys())), "plain")
        function = Function(node, self._analysis.scope, kind)
        self._bind(node.name, self._decorated(node, frozenset({function})))

    def _marks(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> set[str]:
        """Return the dotted names of decorators of libraries."""
        bare = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        return {value.path for each in bare for value in self.visit(each) if isinstance(value, Library)}

    def _decorated(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, values: Values
    ) -> Values:
        """Return what decorators make of a function or class: the app's are called, a library's may call it."""
        for each in reversed(node.decorator_list):
            bare = self.visit(each.func if isinstance(each, ast.Call) else each)
            if all(isinstance(value, Library) and value.path.startswith(_HARMLESS) for value in bare):
                continue
            with self._at(each):
                made = self._analysis.call(self.visit(each), Arguments((values,)))
            values = (
                frozenset(value for value in made if not isinstance(value, Registering | Unknown)) or values
            )
        return values

    visit_AsyncFunctionDef = visit_FunctionDef

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        bases = NOTHING.union(*(self.visit(each) for each in node.bases))
        marks = self._marks(node)
        made = self._analysis.class_(node, lambda: self._class(node, bases, marks))
        with self._at(node):
            if {keyword.arg for keyword in node.keywords} & {"metaclass"}:
                self._analysis.problem("what a metaclass makes of a class cannot be told")
            for base in made.bases:
                self._analysis.escape(base.member("__init_subclass__", made, self._analysis))
        with self._analysis.within(made.scope):
            self._visit_all(node.body)
        self._bind(node.name, self._decorated(node, frozenset({made})))

    def _class(self, node: ast.ClassDef, bases: Values, marks: set[str]) -> Class:
        here = self._analysis.scope
        own = tuple(base for base in bases if isinstance(base, Class))
        others = {base.path if isinstance(base, Library) else "" for base in bases if base not in own}
        fields = [name for base in own for name in base.fields]
        if (marks | others) & _WITH_FIELDS or fields:
            fields += [
                each.target.id
                for each in node.body
                if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
            ]
        return Class(
            Scope(node, here.module, here, bound_names(node), depth=here.depth),
            own,
            tuple(dict.fromkeys(fields)),
            is_open=bool(others - _WITHOUT_ATTRIBUTES) or any(base.is_open for base in own),
            is_called_back=any(not path.startswith(_PASSIVE) for path in others),
        )

    def visit_Return(self, node: ast.Return) -> None:
        if node.value:
            annotation = getattr(self._analysis.scope.node, "returns", None)
            self._facts.add(
                self._analysis.scope, self.RETURNED, self.refined(self.visit(node.value), annotation)
            )

    def visit_Assign(self, node: ast.Assign) -> None:
        values = self.visit(node.value)
        for target in node.targets:
            self._assign(target, values)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value:
            self._assign(node.target, self.refined(self.visit(node.value), node.annotation))

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        before = self.visit(_loaded(node.target))
        self._assign(node.target, self._combined(node.op, before, self.visit(node.value)))

    def visit_TypeAlias(self, node: ast.TypeAlias) -> None:
        self._assign(node.name, self.visit(node.value))

    def visit_For(self, node: ast.For | ast.AsyncFor) -> None:
        self._assign(node.target, self._analysis.elements(self.visit(node.iter)))
        self._visit_all([*node.body, *node.orelse])

    visit_AsyncFor = visit_For

    def visit_With(self, node: ast.With | ast.AsyncWith) -> None:
        for item in node.items:
            values = self.visit(item.context_expr)
            if item.optional_vars:
                with self._at(item.context_expr):
                    entered = [self._entered(value) for value in values]
                self._assign(item.optional_vars, NOTHING.union(*entered))
        self._visit_all(node.body)

    visit_AsyncWith = visit_With

    def _entered(self, value: Value) -> Values:
        if not isinstance(value, Instance):
            return frozenset({value})
        return self._analysis.call(value.attribute("__enter__", self._analysis), Arguments())

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.visit(node.type)
        if node.name:
            self._bind(node.name, UNKNOWN)
        self._visit_all(node.body)

    def visit_Raise(self, node: ast.Raise) -> None:
        with self._at(node):
            self._analysis.escape(self.visit(node.exc) if node.exc else NOTHING)

    def visit_Match(self, node: ast.Match) -> None:
        subject = self.visit(node.subject)
        for case in node.cases:
            for name in bound_names(ast.match_case(case.pattern, None, [])):
                self._bind(name, self._taken_apart(subject))
            self._visit_all([case.guard, *case.body] if case.guard else case.body)

    def _taken_apart(self, subject: Values) -> Values:
        """Return what a pattern may take out of a value."""
        for each in subject:
            if isinstance(each, Instance):
                self._analysis.escape(frozenset({each}))
        return subject | self._analysis.elements(subject) | UNKNOWN


@cache
def _loaded(target: ast.expr) -> ast.expr:
    """Return a target of an assignment as an expression: one tree for each, since what is made is known by its node."""
    loaded = copy(target)
    loaded.ctx = ast.Load()  # type: ignore[attr-defined]
    return loaded
