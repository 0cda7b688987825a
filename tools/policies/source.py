"""The code of a Chalice app: app.py and chalicelib, as syntax trees."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
ENTRY = "app"
PACKAGES = (ENTRY, "chalicelib")  # what Chalice puts into the zip
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)


@dataclass(slots=True)
class Source:
    """The modules of the app in a folder, each parsed when it is asked for."""

    folder: Path
    _trees: dict[str, ast.Module | None] = field(default_factory=dict)

    def module(self, name: str) -> ast.Module | None:
        """Return the tree of a module by its dotted name; None if it is not the app's."""
        if name not in self._trees:
            path = self.path(name)
            self._trees[name] = ast.parse(path.read_text(), str(path)) if path else None
        return self._trees[name]

    def path(self, name: str) -> Path | None:
        """Return the file of a module."""
        if name.partition(".")[0] not in PACKAGES:
            return None
        stem = self.folder.joinpath(*name.split("."))
        return next(
            (path for path in (stem.with_suffix(".py"), stem / "__init__.py") if path.is_file()), None
        )

    def is_package(self, name: str) -> bool:
        """Tell whether a module is a package, whose `__init__.py` relative imports start from."""
        path = self.path(name)
        return path is not None and path.name == "__init__.py"

    def place(self, module: str, node: ast.AST) -> str:
        """Return where a node stands, as `chalicelib/storage.py:52`."""
        path = self.path(module)
        assert path is not None, f"{module} was read from a file"
        return f"{path.relative_to(self.folder)}:{getattr(node, 'lineno', 1)}"


def own_nodes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield the nodes of a scope, without those of the scopes within it."""
    for child in ast.iter_child_nodes(node):
        yield child
        if not isinstance(child, _SCOPES):
            yield from own_nodes(child)


@cache
def global_names(node: ast.AST) -> frozenset[str]:
    """Return the names that a class or function declares to be its module's; of a module, those that any declares."""
    nodes = ast.walk(node) if isinstance(node, ast.Module) else own_nodes(node)
    return frozenset(name for each in nodes if isinstance(each, ast.Global) for name in each.names)


@cache
def bound_names(node: ast.AST) -> frozenset[str]:
    """Return the names that a module, class or function binds. A comprehension's count as its function's."""
    if isinstance(node, ast.Module):
        return _bound_names(node) | global_names(node)
    return _bound_names(node)


def _bound_names(node: ast.AST) -> frozenset[str]:
    names: set[str] = set()
    elsewhere: set[str] = set()
    for each in own_nodes(node):
        match each:
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                names.add(name)
            case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
                names |= {alias.asname or alias.name.partition(".")[0] for alias in aliases}
            case ast.Global(names=others) | ast.Nonlocal(names=others):
                elsewhere |= set(others)
            case ast.alias():
                pass
            case ast.MatchMapping(rest=name):
                names |= {name} if name else set()
            case _:  # functions, classes, handlers, patterns, type parameters
                names |= {name for name in [getattr(each, "name", None)] if isinstance(name, str)}
    return frozenset(names - elsewhere)
