"""Where names are bound: modules, classes, functions."""

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tools.policies.values import UNKNOWN, Value, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


@dataclass(eq=False, slots=True)
class Scope:
    """Where names are bound: a module, a class, or a function as it is called in one way.

    Attributes:
        node: Its code.
        module: The dotted name of its module.
        parent: The scope that its code stands in.
        names: The names that it binds.
        depth: How many objects deep, each made by a method of the one before, this is.
    """

    node: ast.AST
    module: str
    parent: "Scope | None" = None
    names: frozenset[str] = frozenset()
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Module(Value):
    """A module of the app."""

    scope: Scope

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what is bound in it, or a module within it."""
        return analysis.imported(self.scope.module, name)

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where it gets lost."""
        analysis.problem(
            f"the module {self.scope.module} is passed to a library, where it cannot be followed"
        )
        return UNKNOWN
