"""What statements and expressions of Python do to what is known of values."""

import ast
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from functools import cache
from itertools import product
from typing import TYPE_CHECKING, Final

from tools.policies.source import bound_names
from tools.policies.values import (
    ANY,
    KEYS,
    NOTHING,
    UNKNOWN,
    Arguments,
    ChaliceApp,
    Class,
    Client,
    ClientType,
    Container,
    Function,
    Instance,
    Kind,
    Library,
    Module,
    Scope,
    Text,
    Unknown,
    Value,
    Values,
    named,
    texts,
)

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

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


class Syntax(ast.NodeVisitor):
    """Visits code: what is visited as an expression gives its values."""

    RETURNED: Final = "*returned*"

    def __init__(self, analysis: "Analysis") -> None:
        self._analysis = analysis
        self._facts = analysis.facts

    def run(self, scope: Scope) -> None:
        """Visit the body of a module or function."""
        if isinstance(scope.node, ast.Lambda):
            self._facts.add(scope, self.RETURNED, self.visit(scope.node.body))
        elif isinstance(scope.node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef):
            self._visit_all(scope.node.body)

    def visit(self, node: ast.AST) -> Values:
        """Return the values of an expression; of a statement there are none."""
        values: Values | None = super().visit(node)
        return NOTHING if values is None else values

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

    # Statements

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
        return frozenset({self._analysis.module(module)}) if self._analysis.is_own(module) else named(module)

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
                frozenset(value for value in made if not isinstance(value, ChaliceApp | Unknown)) or values
            )
        return values

    visit_AsyncFunctionDef = visit_FunctionDef

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

    def visit_Yield(self, node: ast.Yield) -> Values:
        if node.value:
            self._facts.add(self._analysis.scope, self.RETURNED, self.visit(node.value))
        return UNKNOWN

    def visit_YieldFrom(self, node: ast.YieldFrom) -> Values:
        values = self.visit(node.value)
        self._facts.add(self._analysis.scope, self.RETURNED, self._analysis.elements(values))
        return values

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

    def visit_NamedExpr(self, node: ast.NamedExpr) -> Values:
        values = self.visit(node.value)
        self._assign(node.target, values)
        return values

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

    # Expressions

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
        return values if node.format_spec is None and node.conversion == -1 else UNKNOWN

    def visit_Name(self, node: ast.Name) -> Values:
        scope: Scope | None = self._analysis.scope
        while scope is not None:
            own = scope is self._analysis.scope or not isinstance(scope.node, ast.ClassDef)
            if own and node.id in scope.names:
                return self._facts.get(scope, node.id)
            scope = scope.parent
        return named(f"builtins.{node.id}")

    def visit_Attribute(self, node: ast.Attribute) -> Values:
        values = self.visit(node.value)
        with self._at(node):
            return self._analysis.attribute(values, node.attr)

    def visit_Subscript(self, node: ast.Subscript) -> Values:
        values = self.visit(node.value)
        if frozenset({Library("typing.Literal")}) == values:
            return self._members(node.slice)
        if isinstance(node.slice, ast.Slice):
            self.visit(node.slice)
            return values
        with self._at(node):
            return self._item(values, node.slice)

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

    def visit_BinOp(self, node: ast.BinOp) -> Values:
        return self._combined(node.op, self.visit(node.left), self.visit(node.right))

    def _combined(self, operator: ast.operator, left: Values, right: Values) -> Values:
        if isinstance(operator, ast.BitOr) or all(isinstance(value, Container) for value in left | right):
            return left | right
        known = texts(left), texts(right)
        if isinstance(operator, ast.Add) and known[0] is not None and known[1] is not None:
            return frozenset(Text(before + after) for before, after in product(known[0], known[1]))
        return frozenset(value for value in left | right if not isinstance(value, Text)) | UNKNOWN

    def visit_BoolOp(self, node: ast.BoolOp) -> Values:
        return NOTHING.union(*(self.visit(each) for each in node.values))

    def visit_IfExp(self, node: ast.IfExp) -> Values:
        self.visit(node.test)
        return self.visit(node.body) | self.visit(node.orelse)

    def visit_Dict(self, node: ast.Dict) -> Values:
        made = self._container(node)
        for key, item in zip(node.keys, node.values, strict=True):
            values = self.visit(item)
            if key is None:
                self._merge(made, values)
            elif isinstance(key, ast.Constant) and isinstance(key.value, int):
                self._facts.add(made, key.value, values)
            else:
                made.put(self.visit(key), values, self._analysis)
        return frozenset({made})

    def _merge(self, made: Container, values: Values) -> None:
        for value in values:
            if isinstance(value, Container):
                for key, held in self._facts.of(value).items():
                    self._facts.add(made, key, held)
            else:
                self._facts.add(made, ANY, value.elements(self._analysis))

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
        made = self._container(node)
        made.put(self.visit(node.key), self.visit(node.value), self._analysis)
        return frozenset({made})

    def _generate(self, generators: Iterable[ast.comprehension]) -> None:
        for each in generators:
            self._assign(each.target, self._analysis.elements(self.visit(each.iter)))
            self._visit_all(each.ifs)

    def visit_Starred(self, node: ast.Starred) -> Values:
        return self.visit(node.value)

    def visit_Await(self, node: ast.Await) -> Values:
        return self.visit(node.value)

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
        for keyword in node.keywords:
            values = self.visit(keyword.value)
            if keyword.arg:
                by_name[keyword.arg] = values
            else:
                more |= self._spread(values, by_name)
        return Arguments(tuple(positional), rest, by_name, more)

    def _spread(self, values: Values, into: dict[str, Values]) -> Values:
        """Put the items of `**values` to the named arguments, and return those without a known name."""
        unnamed = NOTHING
        for value in values:
            if not isinstance(value, Container):
                unnamed |= value.elements(self._analysis)
                continue
            for key, held in self._facts.of(value).items():
                if key == ANY or value.is_open:
                    unnamed |= held
                elif isinstance(key, str) and key != KEYS:
                    into[key] = into.get(key, NOTHING) | held
        return unnamed

    def generic_visit(self, node: ast.AST) -> Values:
        """Visit what is within; nothing is known of the result of any other expression."""
        for child in ast.iter_child_nodes(node):
            self.visit(child)
        return UNKNOWN

    # What they have in common

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _assign(self, target: ast.expr, values: Values) -> None:
        match target:
            case ast.Name(id=name):
                self._bind(name, values)
            case ast.Attribute(value=owner, attr=name):
                self._set_attribute(target, self.visit(owner), name, values)
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
            self._assign(each, NOTHING.union(*(value.item(key, self._analysis) for value in values)))

    def _set_attribute(self, target: ast.expr, owners: Values, name: str, values: Values) -> None:
        for owner in owners:
            match owner:
                case Instance():
                    self._facts.add(owner, name, values)
                    with self._at(target):
                        self._set_property(owner, name, values)
                case Class(scope=scope) | Module(scope=scope):
                    self._facts.add(scope, name, values)
                case _:
                    self._lose(target, values)

    def _set_property(self, owner: Instance, name: str, values: Values) -> None:
        """Call what a class has under the name, which may be the setter of a property."""
        for each in owner.of.lineage():
            for function in self._facts.get(each.scope, name):
                if isinstance(function, Function):
                    self._analysis.invoke(function, Arguments((values,)), owner)

    def _set_item(self, target: ast.expr, owners: Values, key: ast.expr, values: Values) -> None:
        keys = self.visit(key)
        for owner in owners:
            if not isinstance(owner, Container):
                self._lose(target, values)
            elif isinstance(key, ast.Constant) and isinstance(key.value, int):
                self._facts.add(owner, key.value, values)
            else:
                owner.put(keys, values, self._analysis)

    def _lose(self, target: ast.expr, values: Values) -> None:
        with self._at(target):
            self._analysis.escape(values)

    def _bind(self, name: str, values: Values) -> None:
        scope: Scope | None = self._analysis.scope
        while scope is not None and name not in scope.names:  # declared global or nonlocal
            scope = scope.parent
        if scope is not None:
            self._facts.add(scope, name, values)

    def refined(self, values: Values, annotation: ast.expr | None) -> Values:
        """Return values, of which an annotation tells what the others do not: a client, or strings of a Literal."""
        if annotation is None or not values & UNKNOWN:
            return values
        types = self.visit(_written_out(annotation))
        better: set[Value] = {Client(each.service) for each in types if isinstance(each, ClientType)}
        better |= {each for each in types if isinstance(each, Text)}
        return (values - UNKNOWN) | better if better else values

    def _container(self, node: ast.AST) -> Container:
        with self._at(node):
            return self._analysis.container()

    @contextmanager
    def _at(self, node: ast.AST) -> Iterator[None]:
        before = self._analysis.node
        self._analysis.node = node
        try:
            yield
        finally:
            self._analysis.node = before


@cache
def _loaded(target: ast.expr) -> ast.expr:
    """Return a target of an assignment as an expression: one tree for each, since what is made is known by its node."""
    loaded = copy(target)
    loaded.ctx = ast.Load()  # type: ignore[attr-defined]
    return loaded


@cache
def _written_out(annotation: ast.expr) -> ast.expr:
    """Return an annotation that is written as a string as the expression in it."""
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        return ast.copy_location(ast.parse(annotation.value, mode="eval").body, annotation)
    return annotation
