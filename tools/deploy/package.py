"""What goes to Lambda: Chalice's two zips, stripped of what nothing there reads, with bytecode for a quick start.

Lambda cannot write next to the code, so that every cold start would compile each module anew. Chalice takes a zip
that it finds under the name it would give, so these are made before `chalice deploy` looks.
"""

import py_compile
import shutil
import tempfile
import zipfile
from pathlib import Path

from chalice.deploy.packager import (
    AppOnlyDeploymentPackager,
    DependencyBuilder,
    LayerDeploymentPackager,
)
from chalice.utils import UI, OSUtils

_PYTHON = "python3.12"  # Lambda's runtime, and the project's
_UNREAD = {".pyi", ".typed", ".md"}


def build(project: Path, architecture: str = "x86_64") -> tuple[Path, Path]:
    """Make the app's zip and the layer's, unless they are there, and return their paths.

    Args:
        project: The folder of app.py; caches in its chalicelib are removed.
        architecture: `x86_64` or `arm64`.
    """
    for cache in sorted((project / "chalicelib").rglob("__pycache__")):
        shutil.rmtree(cache)
    osutils = OSUtils()
    dependencies = DependencyBuilder(osutils, architecture=architecture)
    app = AppOnlyDeploymentPackager(osutils, dependencies, UI(), architecture)
    layer = LayerDeploymentPackager(osutils, dependencies, UI(), architecture)
    return (
        _made(app, project, mounted="/var/task", unread=set()),
        _made(layer, project, mounted="/opt", unread=_UNREAD),
    )


def _made(
    packager: AppOnlyDeploymentPackager | LayerDeploymentPackager,
    project: Path,
    mounted: str,
    unread: set[str],
) -> Path:
    path = Path(packager.deployment_package_filename(str(project), _PYTHON))
    if not path.is_file():
        made = Path(packager.create_deployment_package(str(project), _PYTHON))
        assert made == path, "Chalice looks for what it makes under the same name"
    with zipfile.ZipFile(path) as archive:
        compiled = any(name.endswith(".pyc") for name in archive.namelist())
    if not compiled:
        _rewrite(path, mounted, unread)
    return path


def _rewrite(path: Path, mounted: str, unread: set[str]) -> None:
    """Add the bytecode of each module to a zip, and leave out what is not read."""
    finished = path.with_suffix(".part")
    with (
        zipfile.ZipFile(path) as before,
        zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        for entry in before.infolist():
            if Path(entry.filename).suffix in unread:
                continue
            data = before.read(entry)
            _add(after, entry.filename, data)
            if entry.filename.endswith(".py"):
                cached = (
                    Path(entry.filename).parent
                    / "__pycache__"
                    / f"{Path(entry.filename).stem}.cpython-312.pyc"
                )
                _add(after, str(cached), _bytecode(data, f"{mounted}/{entry.filename}"))
    finished.replace(path)  # a build that was interrupted leaves the zip as Chalice made it


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # of 1980, so that the same content gives the same zip
    entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)


def _bytecode(source: bytes, shown_as: str) -> bytes:
    """Compile a module to bytecode that is taken without a look at its source, which cannot change in a zip."""
    with tempfile.TemporaryDirectory() as folder:
        module, compiled = Path(folder, "module.py"), Path(folder, "module.pyc")
        module.write_bytes(source)
        py_compile.compile(
            str(module),
            str(compiled),
            dfile=shown_as,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        return compiled.read_bytes()
