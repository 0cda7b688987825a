"""What goes to Lambda: Chalice's two zips, stripped of what nothing there reads, with bytecode for a quick start.

Lambda cannot write next to the code, so that every cold start would compile each module anew. Chalice takes a zip
that it finds under the name it would give, so these are made before `chalice deploy` looks.
"""

import json
import shutil
import tempfile
import zipfile
from pathlib import Path

from chalice.deploy.packager import (
    AppOnlyDeploymentPackager,
    DependencyBuilder,
    EmptyPackageError,
    InvalidSourceDistributionNameError,
    LayerDeploymentPackager,
    MissingDependencyError,
    NoSuchPackageError,
    PackageDownloadError,
    UnsupportedPackageError,
)
from chalice.utils import UI, OSUtils

from tools.deploy import bytecode
from tools.deploy.errors import DeployError

_PYTHON = "python3.12"  # Lambda's runtime, and the project's
_UNREAD = {".pyi", ".typed", ".md"}
_WITHOUT_PACKAGES = (
    EmptyPackageError,
    InvalidSourceDistributionNameError,
    MissingDependencyError,
    NoSuchPackageError,
    PackageDownloadError,
    UnsupportedPackageError,
)


def build(project: Path, architecture: str = "x86_64") -> tuple[Path, Path]:
    """Make the app's zip and the layer's, unless they are there, and return their paths.

    Args:
        project: The folder of app.py; caches in its chalicelib are removed.
        architecture: `x86_64` or `arm64`.

    Raises:
        DeployError: A package of requirements.txt cannot be had.
    """
    for cache in sorted((project / "chalicelib").rglob("__pycache__")):
        shutil.rmtree(cache)
    osutils = OSUtils()
    dependencies = DependencyBuilder(osutils, architecture=architecture)
    app = AppOnlyDeploymentPackager(osutils, dependencies, UI(), architecture)
    layer = LayerDeploymentPackager(osutils, dependencies, UI(), architecture)
    return (
        _made(app, project, mounted="/var/task", unread=set(), ours=True),
        _made(layer, project, mounted="/opt", unread=_UNREAD, ours=False),
    )


def _made(
    packager: AppOnlyDeploymentPackager | LayerDeploymentPackager,
    project: Path,
    mounted: str,
    unread: set[str],
    *,
    ours: bool,
) -> Path:
    path = Path(packager.deployment_package_filename(str(project), _PYTHON))
    if not path.is_file():
        try:
            made = Path(packager.create_deployment_package(str(project), _PYTHON))
        except _WITHOUT_PACKAGES as error:
            raise DeployError(_unavailable(error)) from error
        assert made == path, "Chalice looks for what it makes under the same name"
    with zipfile.ZipFile(path) as archive:
        compiled = any(name.endswith(".pyc") for name in archive.namelist())
    if not compiled:
        _rewrite(path, mounted, unread, ours=ours)
    return path


def _unavailable(error: Exception) -> str:
    if isinstance(error, MissingDependencyError):
        return (
            f"No wheel for Lambda was found of {', '.join(sorted(map(str, error.missing)))}: see which versions in "
            "requirements.txt have one for `lambda_architecture`."
        )
    return (
        f"The packages of requirements.txt cannot be had: {error}\n"
        "pip gets them from PyPI, or from PIP_INDEX_URL: see whether it can be reached, and holds these versions."
    )


def _rewrite(path: Path, mounted: str, unread: set[str], *, ours: bool) -> None:
    """Add the bytecode of each module to a zip, and leave out what is not read."""
    finished = path.with_suffix(".part")
    with (
        tempfile.TemporaryDirectory() as name,
        zipfile.ZipFile(path) as before,
        zipfile.ZipFile(finished, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as after,
    ):
        before.extractall(name)
        bytecode.compile_all(Path(name), mounted, bare=ours)
        for entry in before.infolist():
            module = Path(entry.filename)
            if module.suffix in unread:
                continue
            if ours and module.parts[0] == "chalice" and module.suffix == ".py":  # the bytecode alone will do
                _add(after, f"{module}c", Path(name, f"{module}c").read_bytes())
                continue
            data = before.read(entry)
            if ours and module.suffix == ".json":  # the contract, without its indentation
                data = json.dumps(json.loads(data), separators=(",", ":")).encode()
            _add(after, entry.filename, data)
            if module.suffix == ".py":
                cached = module.parent / "__pycache__" / f"{module.stem}.cpython-312.pyc"
                _add(after, str(cached), Path(name, module).with_suffix(".pyc").read_bytes())
    finished.replace(path)  # a build that was interrupted leaves the zip as Chalice made it


def _add(archive: zipfile.ZipFile, name: str, data: bytes) -> None:
    entry = zipfile.ZipInfo(name)  # of 1980, so that the same content gives the same zip
    entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
    entry.compress_type = zipfile.ZIP_DEFLATED
    archive.writestr(entry, data)
