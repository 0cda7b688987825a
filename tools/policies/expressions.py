"""What expressions of Python give, of what is known of values."""

import ast
import builtins
from collections.abc import Iterable
from functools import cache
from itertools import product
from typing import Final

from tools.policies.containers import Container
from tools.policies.escapes import RAISED
from tools.policies.objects import Function
from tools.policies.operators import Operators
from tools.policies.sdk import Client, ClientType
from tools.policies.values import ANY, KEYS, NOTHING, UNKNOWN, Arguments, Library, Text, Value, Values, texts

_OF_EVERY_MODULE: Final = {"__file__", "__path__"}  # beside those that builtins has too, as a module


class Expressions(Operators):
    """Visits expressions, which gives their values."""

    RETURNED: Final = "*returned*"
    _is_in_annotation = False

    def visit_Constant(self, node: ast.Constant) -> Values:
        if node.value is None:
            return NOTHING
        return frozenset({Text(node.value)}) if isinstance(node.value, str) else UNKNOWN

    def visit_JoinedStr(self, node: ast.JoinedStr) -> Values:
        parts = [self._part(each) for each in node.values]
        known = [texts(part) for part in parts]
        if None in known:
            return UNKNOWN
        return frozenset(Text("".join(each)) for each in product(*(part or () for part in known)))

    def _part(self, node: ast.expr) -> Values:
        if not isinstance(node, ast.FormattedValue):
            return self.visit(node)
        values = self.visit(node.value)
        if node.format_spec:
            self.visit(node.format_spec)
        return values if node.format_spec is None and node.conversion == -1 else UNKNOWN

    def visit_Name(self, node: ast.Name) -> Values:
        if scope := self._home(node.id):
            return self._facts.get(scope, node.id)
        if not (hasattr(builtins, node.id) or node.id in _OF_EVERY_MODULE or self._is_in_annotation):
            with self._at(node):
                self._analysis.problem(f"{node.id} is bound nowhere")
        return self._analysis.named(f"builtins.{node.id}")

    def visit_Attribute(self, node: ast.Attribute) -> Values:
        values = self.visit(node.value)
        if node.attr in {"__cause__", "__context__"}:
            return UNKNOWN | self._facts.get(RAISED, 0)
        with self._at(node):
            return self._analysis.attribute(values, node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> Values:
        values = self.visit(node.value)
        if frozenset({Library("typing.Literal")}) == values:
            return self._members(node.slice)
        if isinstance(node.slice, ast.Slice):
            self.visit(node.slice)
            with self._at(node):
                return self._sliced(values, node.slice)
        with self._at(node):
            return self._item(values, node.slice)

    def _sliced(self, values: Values, part: ast.Slice) -> Values:
        """Return parts of strings, where bounds are written out, and of lists, whose items then stand elsewhere."""
        try:
            bounds = [
                ast.literal_eval(each) if each else None for each in (part.lower, part.upper, part.step)
            ]
        except ValueError:
            bounds = []
        found: set[Value] = set()
        for value in values:
            if isinstance(value, Container):
                made = self._analysis.container("slice")
                self._facts.add(made, ANY, value.values(self._analysis))
                found.add(made)
            elif isinstance(value, Text):
                found |= {Text(value.text[slice(*bounds)])} if bounds else UNKNOWN
            else:
                found |= value.item(ANY, self._analysis)
        return frozenset(found)

    def _members(self, node: ast.expr) -> Values:
        """Return what a Literal may be, for which it stands."""
        return NOTHING.union(
            *(self.visit(each) for each in (node.elts if isinstance(node, ast.Tuple) else [node]))
        )

    def _item(self, values: Values, key: ast.expr) -> Values:
        match key:
            case ast.Constant(value=int(position)):
                return NOTHING.union(*(value.item(position, self._analysis) for value in values))
            case _:
                return self._analysis.items(values, self.visit(key))

    def visit_BoolOp(self, node: ast.BoolOp) -> Values:
        return NOTHING.union(*(self.visit(each) for each in node.values))

    def visit_IfExp(self, node: ast.IfExp) -> Values:
        self.visit(node.test)
        return self.visit(node.body) | self.visit(node.orelse)

    def visit_Dict(self, node: ast.Dict) -> Values:
        made = self._container(node, is_mapping=True)
        written = {each.value for each in node.keys if isinstance(each, ast.Constant)}
        made.written = frozenset(each for each in written if isinstance(each, str))
        for key, item in zip(node.keys, node.values, strict=True):
            values = self.visit(item)
            if key is None:
                made.extend(values, self._analysis)
            elif isinstance(key, ast.Constant) and isinstance(key.value, int):
                self._facts.add(made, key.value, values)
            else:
                made.put(self.visit(key), values, self._analysis)
        return frozenset({made})

    def visit_List(self, node: ast.List | ast.Tuple) -> Values:
        made = self._container(node)
        spread = False
        for position, item in enumerate(node.elts):
            spread = spread or isinstance(item, ast.Starred)
            values = self.visit(item)
            held = self._analysis.elements(values) if isinstance(item, ast.Starred) else values
            self._facts.add(made, ANY if spread else position, held)
        return frozenset({made})

    visit_Tuple = visit_List

    def visit_Set(self, node: ast.Set) -> Values:
        made = self._container(node)
        for item in node.elts:
            self._facts.add(made, ANY, self.visit(item))
        return frozenset({made})

    def visit_ListComp(self, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Values:
        self._generate(node.generators)
        made = self._container(node)
        self._facts.add(made, ANY, self.visit(node.elt))
        return frozenset({made})

    visit_SetComp = visit_GeneratorExp = visit_ListComp

    def visit_DictComp(self, node: ast.DictComp) -> Values:
        self._generate(node.generators)
        made = self._container(node, is_mapping=True)
        made.put(self.visit(node.key), self.visit(node.value), self._analysis)
        return frozenset({made})

    def _generate(self, generators: Iterable[ast.comprehension]) -> None:
        for each in generators:
            self._assign(each.target, self._analysis.elements(self.visit(each.iter)))
            self._visit_all(each.ifs)

    def visit_Lambda(self, node: ast.Lambda) -> Values:
        self._keep_defaults(node)
        return frozenset({Function(node, self._analysis.scope)})

    def _keep_defaults(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
        positional = [*node.args.posonlyargs, *node.args.args]
        with_default = positional[len(positional) - len(node.args.defaults) :]
        defaults = [*zip(with_default, node.args.defaults, strict=True)]
        for each, default in [*defaults, *zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)]:
            if default is not None:
                self._facts.add(node, each.arg, self.visit(default))

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Values:
        values = self.visit(node.value)
        self._assign(node.target, values)
        return values

    def visit_Yield(self, node: ast.Yield) -> Values:
        if node.value:
            self._facts.add(self._analysis.scope, self.RETURNED, self.visit(node.value))
        return UNKNOWN

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Values:
        values = self.visit(node.value)
        self._facts.add(self._analysis.scope, self.RETURNED, self._analysis.elements(values))
        return values

    def visit_Starred(self, node: ast.Starred) -> Values:
        return self.visit(node.value)

    def visit_Await(self, node: ast.Await) -> Values:
        values = self.visit(node.value)
        with self._at(node):
            return values | self._asked(values, "__await__")

    def visit_Call(self, node: ast.Call) -> Values:
        callees = self.visit(node.func)
        arguments = self._arguments(node)
        with self._at(node):
            if not callees:
                self._analysis.problem(f"nothing is known of {ast.unparse(node.func)}, which is called here")
            return self._analysis.call(callees, arguments)

    def _arguments(self, node: ast.Call) -> Arguments:
        spread = next(
            (at for at, each in enumerate(node.args) if isinstance(each, ast.Starred)), len(node.args)
        )
        positional = [self.visit(each) for each in node.args[:spread]]
        rest = more = NOTHING
        for each in node.args[spread:]:
            values = self.visit(each)
            rest |= self._analysis.elements(values) if isinstance(each, ast.Starred) else values
        by_name: dict[str, Values] = {}
        doubtful: set[str] = set()
        for keyword in node.keywords:
            values = self.visit(keyword.value)
            if keyword.arg:
                by_name[keyword.arg] = values
            else:
                more |= self._spread(values, by_name, doubtful)
        return Arguments(tuple(positional), rest, by_name, more, frozenset(doubtful))

    def _spread(self, values: Values, into: dict[str, Values], doubtful: set[str]) -> Values:
        """Put the items of `**values` to the named arguments, and return those without a known name."""
        unnamed = NOTHING
        for value in values:
            if not isinstance(value, Container) or value.is_open:
                unnamed |= value.elements(self._analysis)
                continue
            for key, held in self._facts.of(value).items():
                if key == ANY:
                    unnamed |= held
                elif isinstance(key, str) and key != KEYS:
                    into[key] = into.get(key, NOTHING) | held
                    if len(values) > 1 or not value.surely_has(key):
                        doubtful.add(key)
        return unnamed

    def generic_visit(self, node: ast.AST) -> Values:
        """Visit what is within; nothing is known of the result of any other expression."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        return UNKNOWN

    def refined(self, values: Values, annotation: ast.expr | None) -> Values:
        """Return values, of which an annotation tells what the others do not: a client, or strings of a Literal."""
        if annotation is None or not values & UNKNOWN:
            return values
        self._is_in_annotation = True  # where a type parameter may stand that the code does not see
        types = self.visit(_written_out(annotation))
        self._is_in_annotation = False
        better: set[Value] = {Client(each.service) for each in types if isinstance(each, ClientType)}
        better |= {each for each in types if isinstance(each, Text)}
        return (values - UNKNOWN) | better if better else values

    def _container(self, node: ast.AST, *, is_mapping: bool = False) -> Container:
        with self._at(node):
            return self._analysis.container(is_mapping=is_mapping)


@cache
def _written_out(annotation: ast.expr) -> ast.expr:
    """Return an annotation that is written as a string as the expression in it."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.copy_location(ast.parse(annotation.value, mode="eval").body, annotation)
    return annotation
