"""Bytecode for Lambda, smaller than Python would make it: no columns of each instruction, and no docstrings.

Tracebacks still name file, line and source text. Only a process of `python -X no_debug_ranges` leaves columns out, so
that this file is run as one: FOLDER MOUNTED [--without-docstrings].
"""

import ast
import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path

_UNCHECKED_HASH = 0b01  # flags of PEP 552: taken without a look at the source, which cannot change in a zip


def compile_all(folder: Path, mounted: str, *, without_docstrings: bool) -> None:
    """Write the bytecode of each module below a folder beside it, as `name.pyc`.

    Args:
        folder: Where the modules are.
        mounted: Where the folder will be on Lambda: tracebacks show it.
        without_docstrings: Leave them out; only for modules that are known not to read their own.
    """
    command = [sys.executable, "-X", "no_debug_ranges", __file__, str(folder), mounted]
    subprocess.run([*command, "--without-docstrings"] if without_docstrings else command, check=True)


def bytecode(source: bytes, shown_as: str, *, without_docstrings: bool) -> bytes:
    """Return the content of a `.pyc` of this Python."""
    tree = ast.parse(source, shown_as)
    if without_docstrings:
        _drop_docstrings(tree)
    code = marshal.dumps(compile(tree, shown_as, "exec", dont_inherit=True))
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little")
    return head + importlib.util.source_hash(source) + code


def _drop_docstrings(tree: ast.Module) -> None:
    """Drop those of modules and functions; dataclasses would make up for theirs at run time, which costs more."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(node):
            node.body[0] = ast.copy_location(ast.Pass(), node.body[0])


def _main(folder: Path, mounted: str, *options: str) -> None:
    for path in sorted(folder.rglob("*.py")):
        shown_as = f"{mounted}/{path.relative_to(folder).as_posix()}"
        without = "--without-docstrings" in options
        path.with_suffix(".pyc").write_bytes(
            bytecode(path.read_bytes(), shown_as, without_docstrings=without)
        )


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])
