"""The app's zip and the layer's zip, with bytecode for a quick start and without what Lambda does not read.

Lambda cannot write next to the code, so every cold start would compile each module again. Chalice uses a zip
that it finds under the name that it would choose, so these are made before `chalice deploy`.
"""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import Final

from chalice.deploy import packager
from chalice.utils import UI, OSUtils

from tools.deploy import bytecode
from tools.errors import ToolError

_PYTHON: Final = "python3.12"  # Lambda's runtime, and the project's
_UNREAD: Final = {".pyi", ".typed", ".md"}
_PACKAGE_ERRORS: Final = (
    packager.EmptyPackageError,
    packager.InvalidSourceDistributionNameError,
    packager.NoSuchPackageError,
    packager.PackageDownloadError,
    packager.UnsupportedPackageError,
)


def build(project: Path, architecture: str = "x86_64") -> tuple[Path, Path]:
    """Make the app's zip and the layer's, unless they exist, and return their paths.

    Args:
        project: The folder of app.py; caches in its chalicelib are removed.
        architecture: `x86_64` or `arm64`.

    Raises:
        ToolError: A package of requirements.txt cannot be downloaded.
    """
    for cache in sorted((project / "chalicelib").rglob("__pycache__")):
        shutil.rmtree(cache)
    osutils = OSUtils()
    dependencies = packager.DependencyBuilder(osutils, architecture=architecture)
    app = packager.AppOnlyDeploymentPackager(osutils, dependencies, UI(), architecture)
    layer = packager.LayerDeploymentPackager(osutils, dependencies, UI(), architecture)
    return _make(app, project, is_app=True), _make(layer, project, is_app=False)


def _make(
    maker: packager.AppOnlyDeploymentPackager | packager.LayerDeploymentPackager,
    project: Path,
    *,
    is_app: bool,
) -> Path:
    path = Path(maker.deployment_package_filename(str(project), _PYTHON))
    if not path.is_file():
        try:
            made = maker.create_deployment_package(str(project), _PYTHON)
        except packager.MissingDependencyError as error:
            raise ToolError(
                f"No wheel for Lambda was found for {', '.join(sorted(map(str, error.missing)))}: choose versions in "
                "requirements.txt that have a wheel for `lambda_architecture`."
            ) from error
        except _PACKAGE_ERRORS as error:
            raise ToolError(
                f"The packages of requirements.txt cannot be downloaded: {error}\n"
                "Check that PyPI, or PIP_INDEX_URL, can be reached and has these versions."
            ) from error
        assert Path(made) == path, "Chalice looks for the zip under the name that it gives"
    with zipfile.ZipFile(path) as archive:
        is_compiled = any(name.endswith(".pyc") for name in archive.namelist())
    if not is_compiled:
        _rewrite(path, is_app=is_app)
    return path


def _rewrite(path: Path, *, is_app: bool) -> None:
    """Add the bytecode of each module to a zip, and leave out what is not read."""
    finished = path.with_suffix(".part")
    with (
        tempfile.TemporaryDirectory() as name,
        zipfile.ZipFile(path) as before,
        zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        before.extractall(name)
        bytecode.compile_all(Path(name), "/var/task" if is_app else "/opt", bare=is_app)
        for entry in before.infolist():
            file = Path(entry.filename)
            if file.suffix in _UNREAD and not is_app:
                continue
            if is_app and file.parts[0] == "chalice" and file.suffix == ".py":  # its bytecode is enough
                _add(after, f"{file}c", Path(name, f"{file}c").read_bytes())
                continue
            data = before.read(entry)
            if is_app and file.suffix == ".json":  # the contract, without its indentation
                data = json.dumps(json.loads(data), separators=(",", ":")).encode()
            _add(after, entry.filename, data)
            if file.suffix == ".py":
                cached = file.parent / "__pycache__" / f"{file.stem}.cpython-312.pyc"
                _add(after, str(cached), Path(name, f"{file}c").read_bytes())
    finished.replace(path)  # an interrupted build leaves the zip as Chalice made it


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # dated 1980, so that the same content gives the same zip
    entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
