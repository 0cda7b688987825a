"""What definitions of functions and classes make, their decorators included."""

import ast
from collections.abc import Mapping
from typing import Final

from tools.policies.expressions import Expressions
from tools.policies.objects import Class, Function, Kind, Parent, Shape
from tools.policies.registering import Registering
from tools.policies.values import NOTHING, Arguments, Library, Unknown, Values

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


class Definitions(Expressions):
    """Visits definitions, and binds what they make."""

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
        """Return the dotted names of decorators of libraries; an empty one, where it is not known."""
        bare = [each.func if isinstance(each, ast.Call) else each for each in node.decorator_list]
        values = NOTHING.union(*(self.visit(each) for each in bare))
        return {
            value.path if isinstance(value, Library) else ""
            for value in values
            if isinstance(value, Library | Unknown)
        }

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
        marks = self._marks(node)
        if (marks | others) & _WITH_FIELDS or fields:
            fields += [each for each in map(_field, node.body) if each]
        return Shape(
            tuple(dict.fromkeys(own)),
            tuple(dict.fromkeys(fields)),
            is_open=bool(others - _WITHOUT_ATTRIBUTES)
            or any(not path.startswith(_HARMLESS) for path in marks)
            or any(base.shape.is_open for base in own),
            is_called_back=any(not path.startswith(_PASSIVE) for path in others),
            is_enum=any(path.startswith("enum.") for path in others)
            or any(base.shape.is_enum for base in own),
        )


def _field(statement: ast.stmt) -> str | None:
    """Return the parameter of a dataclass's constructor that a statement of its body makes."""
    match statement:
        case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
            no_parameter = value is not None and "init=False" in ast.unparse(value)
            return None if no_parameter or "ClassVar" in ast.unparse(annotation) else name
        case _:
            return None
