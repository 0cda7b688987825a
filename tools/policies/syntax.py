"""What statements of Python do to what is known of values."""

import ast
from copy import copy
from functools import cache

from tools.policies.containers import Container
from tools.policies.definitions import Definitions
from tools.policies.escapes import RAISED, within_reach
from tools.policies.objects import MADE, Class, Function, Instance
from tools.policies.scopes import Scope
from tools.policies.source import bound_names
from tools.policies.values import (
    ANY,
    NOTHING,
    UNKNOWN,
    Arguments,
    Text,
    Value,
    Values,
)


class Syntax(Definitions):
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
            given[each.arg] = arguments.named.get(each.arg, NOTHING)
            if each.arg not in arguments.named or each.arg in arguments.doubtful:
                given[each.arg] |= self._otherwise(function, each.arg, arguments)
        with self._analysis.within(function.scope):
            for each in [*by_position, *declared.kwonlyargs]:
                given[each.arg] = self.refined(given[each.arg], each.annotation)
        if declared.vararg:
            rest = self._analysis.container(f"*{declared.vararg.arg}")
            self._facts.add(rest, ANY, arguments.rest.union(*positional[len(by_position) :]))
            given[declared.vararg.arg] = frozenset({rest})
        if declared.kwarg:
            others = self._analysis.container(f"**{declared.kwarg.arg}", is_mapping=True)
            others.written = frozenset(arguments.named) - arguments.doubtful
            if arguments.more:
                others.put(UNKNOWN, arguments.more, self._analysis)
            for name in sorted(arguments.named.keys() - given.keys()):
                others.put(frozenset({Text(name)}), arguments.named[name], self._analysis)
            given[declared.kwarg.arg] = frozenset({others})
        return given

    def _otherwise(self, function: Function, parameter: str, arguments: Arguments) -> Values:
        return arguments.rest | arguments.more | self._facts.get(function.node, parameter)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            whole = alias.name if alias.asname else alias.name.partition(".")[0]
            with self._at(node):
                self._bind(alias.asname or whole, self._analysis.whole(whole))
                self._analysis.whole(alias.name)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        module = self._analysis.absolute(node.module, node.level)
        for alias in node.names:
            if alias.name == "*":
                with self._at(node):
                    self._analysis.problem("what is imported by * cannot be told")
            else:
                with self._at(node):
                    values = self._analysis.imported(module, alias.name)
                self._bind(alias.asname or alias.name, values)

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
        before, right = self.visit(_loaded(node.target)), self.visit(node.value)
        with self._at(node):
            values = self._augmented(node.op, before, right)
        self._assign(node.target, values)

    def visit_Delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            self.visit(target)
            if isinstance(target, ast.Attribute):  # its property may have a deleter
                self.set_attribute(target, self.visit(target.value), target.attr, NOTHING)
            if isinstance(target, ast.Subscript):
                for owner in self.visit(target.value):
                    if isinstance(owner, Container):
                        owner.shuffle(self._analysis)

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
        methods = (value.of.member(name, value, self._analysis) for name in ("__enter__", "__aenter__"))
        return self._analysis.call(NOTHING.union(*methods) or UNKNOWN, Arguments())

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.type:
            self.visit(node.type)
        if node.name:
            self._bind(node.name, UNKNOWN | self._caught(self.visit(node.type) if node.type else NOTHING))
        self._visit_all(node.body)

    def _caught(self, types: Values) -> Values:
        """Return what a handler may be given: objects of the app's classes that it names, or any that is ever raised."""
        types = self._analysis.elements(types)
        made = (self._facts.get(each.scope, MADE) for each in types if isinstance(each, Class))
        by_library = not all(isinstance(each, Class) for each in types)
        raised = self._facts.get(RAISED, 0) if by_library else NOTHING
        others = (each for each in raised if isinstance(each, Instance) and each.of.shape.is_open)
        return frozenset(others).union(*made)

    def visit_TryStar(self, node: ast.TryStar) -> None:
        with self._at(node):
            if any(handler.name for handler in node.handlers):
                self._analysis.problem("what except* catches is not followed")
        self.generic_visit(node)

    def visit_Raise(self, node: ast.Raise) -> None:
        values = NOTHING.union(*(self.visit(each) for each in (node.exc, node.cause) if each))
        with self._at(node):
            raised = self._analysis.escape(values, by="builtins.raise")
            self._facts.add(RAISED, 0, frozenset(each for each in raised if isinstance(each, Instance)))

    def visit_Match(self, node: ast.Match) -> None:
        subject = self.visit(node.subject)
        for case in node.cases:
            taken = self._taken_apart(subject, case.pattern)
            for name in bound_names(ast.match_case(case.pattern, None, [])):
                self._bind(name, taken)
            self._visit_all([case.guard, *case.body] if case.guard else case.body)

    def _taken_apart(self, subject: Values, pattern: ast.pattern) -> Values:
        """Return what a pattern may take out of a value: anything in it, and attributes that the pattern names."""
        found = frozenset(within_reach(subject, self._analysis, Container, Instance))
        named = [
            name for each in ast.walk(pattern) if isinstance(each, ast.MatchClass) for name in each.kwd_attrs
        ]
        with self._at(pattern):
            return found.union(*(self._analysis.attribute(subject, name) for name in named))


@cache
def _loaded(target: ast.expr) -> ast.expr:
    """Return a target of an assignment as an expression: one tree for each, since what is made is known by its node."""
    loaded = copy(target)
    loaded.ctx = ast.Load()  # type: ignore[attr-defined]
    return loaded
