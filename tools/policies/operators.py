"""What operators give: of strings and containers, and of objects by their special methods."""

import ast
from collections.abc import Mapping
from itertools import product
from typing import Final

from tools.policies.assignments import Assignments
from tools.policies.containers import Container
from tools.policies.objects import Instance
from tools.policies.values import ANY, NOTHING, UNKNOWN, Arguments, Text, Values, texts

_BINARY: Final[Mapping[type[ast.operator], str]] = {
    ast.Add: "add",
    ast.BitAnd: "and",
    ast.BitOr: "or",
    ast.BitXor: "xor",
    ast.Div: "truediv",
    ast.FloorDiv: "floordiv",
    ast.LShift: "lshift",
    ast.MatMult: "matmul",
    ast.Mod: "mod",
    ast.Mult: "mul",
    ast.Pow: "pow",
    ast.RShift: "rshift",
    ast.Sub: "sub",
}
_COMPARISONS: Final[Mapping[type[ast.cmpop], tuple[str, str]]] = {
    ast.Eq: ("__eq__", "__eq__"),
    ast.Gt: ("__gt__", "__lt__"),
    ast.GtE: ("__ge__", "__le__"),
    ast.In: ("", "__contains__"),
    ast.Lt: ("__lt__", "__gt__"),
    ast.LtE: ("__le__", "__ge__"),
    ast.NotEq: ("__ne__", "__ne__"),
    ast.NotIn: ("", "__contains__"),
}
"""By operator, the methods of the left and of the right side, of which either may be asked."""
_UNARY: Final[Mapping[type[ast.unaryop], str]] = {
    ast.Invert: "__invert__",
    ast.UAdd: "__pos__",
    ast.USub: "__neg__",
}


class Operators(Assignments):
    """Visits operators, which gives what they make."""

    def visit_BinOp(self, node: ast.BinOp) -> Values:
        left, right = self.visit(node.left), self.visit(node.right)
        with self._at(node):
            return self._operated(node.op, left, right)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> Values:
        operand = self.visit(node.operand)
        with self._at(node):
            return UNKNOWN | self._asked(operand, _UNARY.get(type(node.op), "__bool__"))

    def visit_Compare(self, node: ast.Compare) -> Values:
        found = UNKNOWN
        left = self.visit(node.left)
        for operator, comparator in zip(node.ops, node.comparators, strict=True):
            right = self.visit(comparator)
            of_left, of_right = _COMPARISONS.get(type(operator), ("", ""))
            with self._at(node):
                found |= self._asked(left, of_left, right) | self._asked(right, of_right, left)
            left = right
        return found

    def _augmented(self, operator: ast.operator, before: Values, right: Values) -> Values:
        """Return what `+=` and the like leave: containers change in place."""
        containers = frozenset(value for value in before if isinstance(value, Container))
        for each in containers:
            if isinstance(each, Container):
                each.extend(right, self._analysis)
        others = before - containers
        changed = self._asked(others, f"__i{_BINARY[type(operator)]}__", right)
        return containers | changed | (self._operated(operator, others, right) if others else NOTHING)

    def _operated(self, operator: ast.operator, left: Values, right: Values) -> Values:
        name = _BINARY[type(operator)]
        asked = self._asked(left, f"__{name}__", right) | self._asked(right, f"__r{name}__", left)
        if asked:
            left, right = (
                frozenset(each for each in side if not isinstance(each, Instance)) for side in (left, right)
            )
        return asked | self._combined(operator, left, right)

    def _combined(self, operator: ast.operator, left: Values, right: Values) -> Values:
        both = left | right
        if isinstance(operator, ast.BitOr):
            return both
        if both and all(isinstance(value, Container) for value in both):
            made = self._analysis.container("operator")
            self._facts.add(made, ANY, self._analysis.elements(both))
            return frozenset({made})
        known = texts(left), texts(right)
        if isinstance(operator, ast.Add) and known[0] is not None and known[1] is not None:
            return frozenset(Text(before + after) for before, after in product(known[0], known[1]))
        return frozenset(value for value in both if not isinstance(value, Text)) | UNKNOWN

    def _asked(self, values: Values, method: str, *others: Values) -> Values:
        """Return what a special method of objects among the values returns."""
        found = NOTHING
        for value in values:
            if isinstance(value, Instance):
                special = value.of.member(method, value, self._analysis)
                found |= self._analysis.call(special, Arguments(others))
        return found
