"""Bytecode for Lambda, smaller than Python would make it.

It lacks the columns of each instruction. The app's own modules also lack docstrings and the annotations of functions.
Tracebacks still name file, line and source text. Only `python -X no_debug_ranges` leaves out columns, so this file
is run as a process: FOLDER MOUNTED [--bare].
"""

import ast
import importlib.util
import marshal
import subprocess
import sys
from pathlib import Path

_UNCHECKED_HASH = 0b01  # flags of PEP 552: Python does not check the source, which cannot change in a zip


def compile_all(folder: Path, mounted: str, *, bare: bool) -> None:
    """Write the bytecode of each module below a folder beside it, as `name.pyc`.

    Args:
        folder: Where the modules are.
        mounted: Where the folder will be on Lambda: tracebacks show it.
        bare: Leave out docstrings and annotations of functions; only for modules that do not read their own.
    """
    command = [sys.executable, "-X", "no_debug_ranges", __file__, str(folder), mounted]
    subprocess.run([*command, "--bare"] if bare else command, check=True)


def compile_source(source: bytes, shown_as: str, *, bare: bool) -> bytes:
    """Return the content of a `.pyc` of this Python."""
    tree = ast.parse(source, shown_as)
    if bare:
        _strip(tree)
    code = marshal.dumps(compile(tree, shown_as, "exec", dont_inherit=True))
    head = importlib.util.MAGIC_NUMBER + _UNCHECKED_HASH.to_bytes(4, "little")
    return head + importlib.util.source_hash(source) + code


def _strip(tree: ast.Module) -> None:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            # A class keeps a blank docstring: a dataclass without one would make one at run time.
            blank = ast.Expr(ast.Constant(" ")) if isinstance(node, ast.ClassDef) else ast.Pass()
            node.body[0] = ast.fix_missing_locations(ast.copy_location(blank, node.body[0]))
        elif isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.FunctionDef):
            node.returns = None


def _main(folder: Path, mounted: str, *options: str) -> None:
    for path in sorted(folder.rglob("*.py")):
        shown_as = f"{mounted}/{path.relative_to(folder).as_posix()}"
        bare = "--bare" in options
        path.with_suffix(".pyc").write_bytes(compile_source(path.read_bytes(), shown_as, bare=bare))


if __name__ == "__main__":
    _main(Path(sys.argv[1]), *sys.argv[2:])
