"""The size of what goes to Lambda, and what a cold start costs against the least it could: `make bench` shows it.

Each function starts from the very zips, in a fresh process that has nothing else but what Lambda's runtime brings, and
does all that its first invocation does before it asks AWS for anything; `compress` compresses a tiny photograph too.
Its floor imports just what it must: Chalice, the AWS clients, Powertools for the log, and for images Pillow and the
resizer; as Python starts, and with the garbage collector held back as the functions hold it (`chalicelib.startup`).
"""

import os
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
from tools.pictures import picture

PROJECT = Path(__file__).parent.parent
MOST_BYTES = {"app": 300_000, "layer": 25_000_000}
MOST_ABOVE_FLOOR = 0.15
_ROUNDS = 15
_RUNTIME = ["boto3", "botocore", "jmespath", "s3transfer", "dateutil", "urllib3", "six"]
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

    @property
    def floor_without_collector(self) -> str:
        """The same floor, but for the collector."""
        return f"import gc; gc.disable(); {self.floor}"


@dataclass(frozen=True, slots=True)
class Costs:
    """What a function's cold start and its floors cost, in CPU milliseconds."""

    start: float
    floor: float
    floor_without_collector: float

    def above(self) -> float:
        """Return by what share of its floor the start is above it."""
        return self.start / self.floor - 1

    def above_without_collector(self) -> float:
        """Return the same of the floor without the collector."""
        return self.start / self.floor_without_collector - 1


def _floor(*services: str, more: tuple[str, ...] = ()) -> str:
    clients = (f"boto3.client({service!r})" for service in services)
    return "; ".join(["import boto3, chalice.app", *clients, *more])


_TELLING = "from chalicelib import telemetry; telemetry.logger(); telemetry.metrics()"
_LOG = "from aws_lambda_powertools import Logger, Metrics; Logger(service='x'); Metrics(namespace='x', service='x')"
_IMAGES = "import PIL.Image, PIL.JpegImagePlugin, cykooz_resizer"
_COMPRESSING = (
    "from chalicelib.imaging import compress; import os; compress(open(os.environ['PHOTO'], 'rb').read())"
)

FUNCTIONS = {
    "api": Function(
        "import app; from chalicelib import answers, api, aws; aws.s3_client(); aws.dynamodb_client()",
        _floor("s3", "dynamodb"),
    ),
    "compress": Function(
        f"import app; from chalicelib import pipeline; pipeline.current(); {_TELLING}; {_COMPRESSING}",
        _floor("s3", "dynamodb", more=(_LOG, _IMAGES)),
    ),
    "compress_batch": Function(
        f"import app; from chalicelib import batch, pipeline; pipeline.current(); {_TELLING}; {_COMPRESSING}",
        _floor("s3", "dynamodb", more=(_LOG, _IMAGES)),
    ),
    "sweep": Function(
        f"import app; from chalicelib import settings, sweep; sweep.of(settings.current()); {_TELLING}",
        _floor("s3", "dynamodb", "lambda", more=(_LOG,)),
    ),
    "sweep_daily": Function(
        "import app; from chalicelib import aws, sweep; aws.lambda_client()",
        _floor("lambda"),
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
        (folder / "photo.jpg").write_bytes(picture(64, 48, "JPEG"))
        site = folder / "opt" / "python" / "lib" / "python3.12" / "site-packages"
        paths = [folder / "task", site, folder / "runtime"]
        yield _ENVIRONMENT | {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(map(str, paths)),
            "PHOTO": str(folder / "photo.jpg"),
        }


def started(code: str, environment: Mapping[str, str], answer: str = "time.process_time()") -> str:
    """Run code in a fresh process, without any other package of this machine; return what an expression gives."""
    command = [sys.executable, "-S", "-c", f"{code}; import sys, time; print({answer})"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"`{code}` failed:\n{result.stderr}")
    return result.stdout.strip()


def measured(environment: Mapping[str, str], rounds: int = _ROUNDS) -> dict[str, Costs]:
    """Return what each function's cold start costs, and its floors.

    Runs are interleaved, and the quickest of each counts: whatever else the machine does can only add.
    """
    parts = ("start", "floor", "floor_without_collector")
    codes = {(name, part): getattr(each, part) for name, each in FUNCTIONS.items() for part in parts}
    times: dict[tuple[str, str], list[float]] = {key: [] for key in codes}
    for _ in range(rounds):
        for key, code in codes.items():
            times[key].append(float(started(code, environment)) * 1000)
    return {name: Costs(*(min(times[name, part]) for part in parts)) for name in FUNCTIONS}


def main() -> None:
    """Build, measure, and show; end with status 1 if a bound is exceeded."""
    console = Console()
    app, layer = build(PROJECT)
    zips = {"app": app, "layer": layer}
    sizes = Table("zip", "bytes", "at most")
    for label, path in zips.items():
        sizes.add_row(label, f"{path.stat().st_size:,}", f"{MOST_BYTES[label]:,}")
    console.print(sizes)
    with lambda_like(app, layer) as environment:
        results = measured(environment)
    table = Table("function", "cold start, CPU ms", "floor", "above", "floor without collector", "above")
    for name, costs in results.items():
        table.add_row(
            name,
            f"{costs.start:.0f}",
            f"{costs.floor:.0f}",
            f"{costs.above():.0%}",
            f"{costs.floor_without_collector:.0f}",
            f"{costs.above_without_collector():.0%}",
        )
    console.print(table)
    excesses = [
        f"the {label}'s zip" for label, path in zips.items() if path.stat().st_size > MOST_BYTES[label]
    ]
    excesses += [
        f"the start of {name}" for name, costs in results.items() if costs.above() > MOST_ABOVE_FLOOR
    ]
    if excesses:
        sys.exit(f"Beyond its bound: {', '.join(excesses)}.")


if __name__ == "__main__":
    main()
