"""The app's code as a graph: which function, method and class refers to which others.

A name leads to its definition, through the imports of its module. An attribute leads to every method of that
bare name, whatever the object is. So the graph may have an edge too many, but none too few: `calls.check` refuses
code that would hide a name. `chalicelib.imaging` is left out: it gets bytes and returns bytes.
"""

import ast
from collections import defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tools.errors import ToolError

BODY: Final = "<module>"
"""The name of what a module runs when it is imported, its constants included."""

type Key = tuple[str, str]
"""A module and a name in it: `function`, `Class`, `Class.method` or `BODY`."""


class PolicyError(ToolError):
    """The policies cannot be generated. Each line says where, why and what to do."""


class Unit(NamedTuple):
    """A piece of code that is reached as a whole, its module, and the class that it is in, if any."""

    module: str
    node: ast.AST
    owner: ast.ClassDef | None = None


class Program:
    """app.py and chalicelib, parsed and indexed.

    Attributes:
        trees: The code of each module, by its dotted name.
        units: The definition that each key names.
        methods: The keys of all methods of a bare name.
    """

    def __init__(self, folder: Path) -> None:
        found = [folder / "app.py", *sorted(folder.glob("chalicelib/**/*.py"))]
        paths = [path for each in found if "imaging" not in (path := each.relative_to(folder)).parts]
        self._files = {".".join(path.with_suffix("").parts).removesuffix(".__init__"): path for path in paths}
        self.trees = {name: ast.parse((folder / path).read_text()) for name, path in self._files.items()}
        self.units: dict[Key, list[Unit]] = defaultdict(list)
        self.methods: dict[str, set[Key]] = defaultdict(set)
        self._imports = {name: dict(self._imported(tree)) for name, tree in self.trees.items()}
        for module, tree in self.trees.items():
            for node in tree.body:
                self._index(module, node)

    def place(self, module: str, node: ast.AST) -> str:
        """Return file and line of some code."""
        return f"{self._files[module]}:{getattr(node, 'lineno', 1)}"

    def reach(self, starts: Iterable[Key]) -> list[Unit]:
        """Return all units that can run when some keys are used."""
        seen: set[Key] = set()
        todo = list(starts)
        while todo:
            key = todo.pop()
            if key in seen or key not in self.units:
                continue
            seen.add(key)
            todo.append((key[0], BODY))
            for unit in self.units[key]:
                todo += self._references(unit)
        return [unit for key in seen for unit in self.units[key]]

    def target(self, module: str, node: ast.AST) -> Key | None:
        """Return the definition of a name, or of an attribute of an imported module; None for other code."""
        if isinstance(node, ast.Attribute):
            owner = self._imports[module].get(ast.unparse(node.value))
            return self._defined((owner, node.attr)) if isinstance(owner, str) else None
        return self._defined((module, node.id)) if isinstance(node, ast.Name) else None

    def _defined(self, key: Key) -> Key:
        """Follow a name through the modules that import it from one another, to where it is defined."""
        while key not in self.units and isinstance(found := self._imports.get(key[0], {}).get(key[1]), tuple):
            key = found
        return key

    def _references(self, unit: Unit) -> Iterator[Key]:
        for node in ast.walk(unit.node):
            if found := self.target(unit.module, node):
                yield found
            if isinstance(node, ast.Attribute):
                yield from self.methods.get(node.attr, ())
            if isinstance(node, ast.ImportFrom):  # importing a module runs its body
                yield from ((f"{node.module}.{each.name}", BODY) for each in node.names)
                yield f"{node.module}", BODY

    def _index(self, module: str, node: ast.stmt) -> None:
        body = self.units[module, BODY]
        match node:
            case ast.FunctionDef(name=name):
                self.units[module, name].append(Unit(module, node))
                body += [Unit(module, decorator) for decorator in node.decorator_list]
            case ast.ClassDef():
                self._index_class(module, node)
            case ast.If(test=ast.Name(id="TYPE_CHECKING")):
                pass
            case _:
                body.append(Unit(module, node))

    def _index_class(self, module: str, node: ast.ClassDef) -> None:
        # A library may call any method of a class that is derived from a class of its own.
        is_foreign = any(self.target(module, base) not in self.units for base in node.bases)
        for part in [*node.body, *node.bases, *node.decorator_list]:
            unit = Unit(module, part, node)
            if isinstance(part, ast.FunctionDef) and not part.name.startswith("__"):
                key = (module, f"{node.name}.{part.name}")
                self.units[key].append(unit)
                self.methods[part.name].add(key)
                if not is_foreign:
                    continue
            self.units[module, node.name].append(unit)

    def _imported(self, tree: ast.Module) -> Iterator[tuple[str, str | Key]]:
        """Yield the definition of each imported name: a module of the app, or a name in a module."""
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom):
                for each in node.names:
                    whole = f"{node.module}.{each.name}"
                    yield (
                        each.asname or each.name,
                        whole if whole in self._files else (f"{node.module}", each.name),
                    )
