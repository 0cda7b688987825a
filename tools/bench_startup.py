"""`make bench-startup`: the size of what goes to Lambda, and what a cold start costs against the least it could.

Each function starts from the very zips, in a fresh process that has nothing else but what Lambda's runtime brings.
Its floor imports just what it must: Chalice, the AWS clients, and for images Pillow and the resizer.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tools.deploy.package import build

PROJECT = Path(__file__).parent.parent
_ROUNDS = 15
_RUNTIME = ["boto3", "botocore", "jmespath", "s3transfer", "dateutil", "urllib3", "six"]
_CLIENTS = "import boto3; boto3.client('s3'); boto3.client('dynamodb')"
_ENVIRONMENT = {
    "SOURCE_BUCKET": "source-image",
    "DEST_BUCKET": "resized-image",
    "TABLE_NAME": "ImageMetadata",
    "COMPRESS_FUNCTION": "imagepress-local-compress",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "none",
    "AWS_SECRET_ACCESS_KEY": "none",
    "PYTHONDONTWRITEBYTECODE": "1",
}


@dataclass(frozen=True, slots=True)
class Function:
    """A Lambda function: the code of its cold start, and the code of its floor."""

    start: str
    floor: str


FUNCTIONS = {
    "compress": Function(
        "import app; from chalicelib import pipeline; pipeline.current()",
        f"import chalice.app; {_CLIENTS}; import PIL.Image, PIL.JpegImagePlugin, cykooz_resizer",
    ),
    "api": Function(
        "import app; from chalicelib import api, aws; aws.s3_client(); aws.dynamodb_client()",
        f"import chalice.app; {_CLIENTS}",
    ),
}


@contextmanager
def lambda_like(app: Path, layer: Path) -> Iterator[dict[str, str]]:
    """Unpack the zips beside the packages of Lambda's runtime; give the environment of a process there."""
    with tempfile.TemporaryDirectory(prefix="imagepress-") as name:
        folder = Path(name)
        with zipfile.ZipFile(app) as archive:
            archive.extractall(folder / "task")
        with zipfile.ZipFile(layer) as archive:
            archive.extractall(folder / "opt")
        (folder / "runtime").mkdir()
        for package in _RUNTIME:
            spec = find_spec(package)
            assert spec is not None and spec.origin is not None, f"{package} comes with boto3"  # noqa: PT018
            origin = Path(spec.origin)
            source = origin.parent if origin.name == "__init__.py" else origin
            (folder / "runtime" / source.name).symlink_to(source)
        site = folder / "opt" / "python" / "lib" / "python3.12" / "site-packages"
        paths = [folder / "task", site, folder / "runtime"]
        yield _ENVIRONMENT | {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(map(str, paths))}


def started(code: str, environment: Mapping[str, str], answer: str = "time.process_time()") -> str:
    """Run code in a fresh process, without any other package of this machine; return what an expression gives."""
    command = [sys.executable, "-S", "-c", f"{code}; import sys, time; print({answer})"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"`{code}` failed:\n{result.stderr}")
    return result.stdout.strip()


def measured(environment: Mapping[str, str], rounds: int = _ROUNDS) -> dict[str, tuple[float, float]]:
    """Return each function's cold start and floor in CPU milliseconds: medians of interleaved runs."""
    codes = {
        (name, part): getattr(each, part) for name, each in FUNCTIONS.items() for part in ("start", "floor")
    }
    times: dict[tuple[str, str], list[float]] = {key: [] for key in codes}
    for _ in range(rounds):
        for key, code in codes.items():
            times[key].append(float(started(code, environment)) * 1000)
    median = {key: statistics.median(values) for key, values in times.items()}
    return {name: (median[name, "start"], median[name, "floor"]) for name in FUNCTIONS}


def main() -> None:
    """Build, measure, and show."""
    console = Console()
    app, layer = build(PROJECT)
    sizes = Table("zip", "bytes")
    for label, path in {"app": app, "layer": layer}.items():
        sizes.add_row(label, f"{path.stat().st_size:,}")
    console.print(sizes)
    with lambda_like(app, layer) as environment:
        results = measured(environment)
    table = Table("function", "cold start, CPU ms", "floor, CPU ms", "above")
    for name, (start, floor) in results.items():
        table.add_row(name, f"{start:.0f}", f"{floor:.0f}", f"{start / floor - 1:.0%}")
    console.print(table)


if __name__ == "__main__":
    main()
