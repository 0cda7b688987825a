"""What Lambda gets of a module: the same behaviour and tracebacks that can be read, in fewer bytes."""

import importlib.util
from pathlib import Path

import pytest

from tests.fixtures.processes import Result, python
from tools.deploy.bytecode import compile_all

MODULE = '''"""About the module."""

from dataclasses import dataclass


@dataclass
class Point:
    """About the class."""

    x: int


def documented() -> None:
    """About the function."""


def fail(x: int) -> float:
    """About failing."""
    assert x, "asserts stay"
    return 1 / x
'''


def compiled(folder: Path, *, bare: bool = True) -> Path:
    (folder / "sub").mkdir()
    (folder / "sub" / "module.py").write_text(MODULE)
    compile_all(folder, "/var/task", bare=bare)
    return folder / "sub" / "module.pyc"


def run(path: Path, code: str) -> Result:
    """Run code in a fresh Python that has the bytecode as `module`, and no source."""
    (path.parent / "module.py").unlink()
    return python("-c", f"import module; {code}", folder=path.parent)


def test_a_traceback_names_file_and_line_as_they_are_on_lambda(tmp_path: Path) -> None:
    result = run(compiled(tmp_path), "module.fail(0)")
    assert 'File "/var/task/sub/module.py", line 19, in fail' in result.stderr
    assert "AssertionError: asserts stay" in result.stderr


@pytest.mark.parametrize(
    ("bare", "documented"),
    [(True, "None None  "), (False, "About the module. About the function. About the class.")],
)
def test_docstrings_and_annotations_of_functions_are_left_out_only_if_asked(
    tmp_path: Path, bare: bool, documented: str
) -> None:
    code = (
        "print(module.__doc__, module.documented.__doc__, module.Point.__doc__, module.fail.__annotations__)"
    )

    printed = run(compiled(tmp_path, bare=bare), code).stdout

    annotated = "{}" if bare else "{'x': <class 'int'>, 'return': <class 'float'>}"
    assert printed == f"{documented} {annotated}\n"


def test_a_dataclass_keeps_its_fields(tmp_path: Path) -> None:
    assert run(compiled(tmp_path), "print(module.Point(x=1))").stdout.strip() == "Point(x=1)"


def test_bytecode_is_taken_although_its_source_looks_newer(tmp_path: Path) -> None:
    flags = compiled(tmp_path).read_bytes()[:8]
    assert flags == importlib.util.MAGIC_NUMBER + b"\x01\0\0\0"
