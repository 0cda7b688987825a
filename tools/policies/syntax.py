"""What statements of Python do to what is known of values."""

import ast
from collections.abc import Mapping
from copy import copy
from functools import cache
from typing import Final

from tools.policies.expressions import Expressions
from tools.policies.objects import Class, Function, Instance, Kind, Parent, Scope, Shape
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
_UNMARKED: Final[Mapping[str, Kind]] = {
    "__class_getitem__": "class",
    "__init_subclass__": "class",
    "__new__": "static",
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
        unmarked = (
            _UNMARKED.get(node.name, "plain")
            if isinstance(self._analysis.scope.node, ast.ClassDef)
            else "plain"
        )
        kind: Kind = next((_KINDS[path] for path in sorted(marks & _KINDS.keys())), unmarked)
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
        made = self._analysis.class_(node, self._analysis.scope)
        bases = [self._base(each) - {made} for each in node.bases]
        if made.become(self._shape(node, bases)):
            self._facts.changed(made.scope)
        named = {keyword.arg: self.visit(keyword.value) for keyword in node.keywords}
        with self._at(node):
            if "metaclass" in named or None in named:
                self._analysis.problem("what a metaclass makes of a class cannot be told")
            begun = Parent(made, made).attribute("__init_subclass__", self._analysis)
            self._analysis.call(begun, Arguments(named={name: of for name, of in named.items() if name}))
        with self._analysis.within(made.scope):
            self._visit_all(node.body)
        self._bind(node.name, self._decorated(node, frozenset({made})))

    def _base(self, node: ast.expr) -> Values:
        """Return what a class inherits from at one place: no more than one class of the app."""
        values = self.visit(node)
        classes = [value for value in values if isinstance(value, Class)]
        if not values or len(classes) > 1 or isinstance(node, ast.Starred):
            with self._at(node):
                self._analysis.problem("which class this inherits from cannot be told")
        return values

    def _shape(self, node: ast.ClassDef, bases: list[Values]) -> Shape:
        own = [base for values in bases for base in values if isinstance(base, Class)]
        others = {
            base.path if isinstance(base, Library) else ""
            for values in bases
            for base in values
            if not isinstance(base, Class)
        }
        fields = [name for base in own for name in base.shape.fields]
        if (self._marks(node) | others) & _WITH_FIELDS or fields:
            fields += [each for each in map(_field, node.body) if each]
        return Shape(
            tuple(dict.fromkeys(own)),
            tuple(dict.fromkeys(fields)),
            is_open=bool(others - _WITHOUT_ATTRIBUTES) or any(base.shape.is_open for base in own),
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


def _field(statement: ast.stmt) -> str | None:
    """Return the parameter of a dataclass's constructor that a statement of its body makes."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            no_parameter = value is not None and "init=False" in ast.unparse(value)
            return None if no_parameter or "ClassVar" in ast.unparse(annotation) else name
        case _:
            return None
