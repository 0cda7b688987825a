"""What Lambda gets of a module: the same behaviour and tracebacks that can be read, in fewer bytes."""

import importlib.util
import marshal
from pathlib import Path

import pytest

from tests.fixtures.processes import Result, python
from tools.deploy.bytecode import compile_all
from tools.server import PROJECT

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


def compiled(folder: Path, source: str = MODULE, *, bare: bool = True) -> Path:
    (folder / "sub").mkdir()
    (folder / "sub" / "module.py").write_text(source)
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
    ("docstring", "bare", "kept"),
    [
        ("module.__doc__", True, False),
        ("module.documented.__doc__", True, False),
        ("module.Point.__doc__", True, False),
        ("module.__doc__", False, True),
        ("module.documented.__doc__", False, True),
        ("module.Point.__doc__", False, True),
    ],
)
def test_docstrings_are_left_out_only_if_asked(
    tmp_path: Path, docstring: str, bare: bool, kept: bool
) -> None:
    result = run(compiled(tmp_path, bare=bare), f"print({docstring})")
    assert result.returncode == 0, result.stderr
    assert ("About" in result.stdout) == kept


@pytest.mark.parametrize(
    ("bare", "annotations"), [(True, "{}"), (False, "{'x': <class 'int'>, 'return': <class 'float'>}")]
)
def test_annotations_of_functions_are_left_out_only_if_asked(
    tmp_path: Path, bare: bool, annotations: str
) -> None:
    assert (
        run(compiled(tmp_path, bare=bare), "print(module.fail.__annotations__)").stdout.strip() == annotations
    )


def test_a_dataclass_keeps_its_fields_and_makes_up_no_docstring(tmp_path: Path) -> None:
    result = run(compiled(tmp_path), "print(repr(module.Point(x=1)), repr(module.Point.__doc__))")
    assert result.stdout.strip() == "Point(x=1) ' '"


def test_bytecode_is_taken_although_its_source_looks_newer(tmp_path: Path) -> None:
    flags = compiled(tmp_path).read_bytes()[:8]
    assert flags == importlib.util.MAGIC_NUMBER + b"\x01\0\0\0"


def test_it_is_smaller_than_python_s_own(tmp_path: Path) -> None:
    source = (PROJECT / "chalicelib" / "pipeline.py").read_text()
    own = marshal.dumps(compile(source, "/var/task/sub/module.py", "exec"))
    assert compiled(tmp_path, source).stat().st_size < 0.85 * len(own)
