"""The sizes of the zips for Lambda, and the cost of cold starts. `make bench SECTIONS=startup` prints them.

Each function starts from its zips, in a fresh process that has no other packages than Lambda's runtime. It does
everything that its first invocation does before its first request to AWS, and `compress` also compresses a tiny
photograph. Its floor only imports what it needs: Chalice, the AWS clients, Powertools for the log, and for images
Pillow and the resizer. A second floor holds the garbage collector back, as the functions do (`chalicelib.startup`).
"""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from tools.deploy.package import build
from tools.pictures import picture
from tools.server import PROJECT

MOST_BYTES = {"app": 400_000, "layer": 25_000_000}
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
    """The code of a Lambda function's cold start, and the code of its floor."""

    start: str
    floor: str


def _floor(*services: str, more: str = "") -> str:
    clients = (f"boto3.client({service!r})" for service in services)
    return "; ".join(["import boto3, chalice.app", *clients, *filter(None, [more])])


_TELEMETRY = "from chalicelib import telemetry; telemetry.logger(); telemetry.metrics()"
_COMPRESS = (
    f"events.pipeline(); {_TELEMETRY}; from chalicelib.imaging import compress; import os; "
    "compress(open(os.environ['PHOTO'], 'rb').read())"
)
_LOG = "from aws_lambda_powertools import Logger, Metrics; Logger(service='x'); Metrics(namespace='x', service='x')"
_COMPRESS_FLOOR = _floor(
    "s3", "dynamodb", more=f"{_LOG}; import PIL.Image, PIL.JpegImagePlugin, cykooz_resizer"
)

FUNCTIONS = {
    "api": Function(
        "import app; from chalicelib import services; from chalicelib.api import responses, views; services.of_api().source; services.of_api().table",
        _floor("s3", "dynamodb"),
    ),
    "compress": Function(f"import app; from chalicelib import events; {_COMPRESS}", _COMPRESS_FLOOR),
    "sweep": Function(
        f"import app; from chalicelib import services, sweep; sweep.of(services.of_functions()); {_TELEMETRY}",
        _floor("s3", "dynamodb", "lambda", more=_LOG),
    ),
    "sweep_daily": Function(
        "import app; from chalicelib import services; services.of_functions().sweep_function",
        _floor("lambda"),
    ),
}


@contextmanager
def lambda_like(app: Path, layer: Path, more: Iterable[str] = ()) -> Iterator[dict[str, str]]:
    """Unpack the zips next to the packages of Lambda's runtime, and yield the environment of a process there.

    Args:
        app: The zip of the app.
        layer: The zip of the layer.
        more: Modules that the process needs beside those.
    """
    with TemporaryDirectory(prefix="imagepress-") as name:
        folder = Path(name)
        for path, target in ((app, "task"), (layer, "opt")):
            with zipfile.ZipFile(path) as archive:
                archive.extractall(folder / target)
        (folder / "runtime").mkdir()
        for package in [*_RUNTIME, *more]:
            spec = find_spec(package)
            assert spec, f"{package} is not installed"
            source = Path(*spec.submodule_search_locations or [str(spec.origin)])
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
    """Run code in a fresh process without this machine's packages, and return the value of an expression."""
    command = [sys.executable, "-S", "-c", f"{code}; import sys, time; print({answer})"]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if result.returncode:
        raise RuntimeError(f"`{code}` failed:\n{result.stderr}")
    return result.stdout.strip()


def _measure(environment: Mapping[str, str]) -> dict[str, list[float]]:
    """Return, by function, the CPU milliseconds of its start, its floor, and its floor without the collector.

    The runs are interleaved. The quickest run of each counts, because other load can only add to it.
    """
    codes = {
        name: (each.start, each.floor, f"import gc; gc.disable(); {each.floor}")
        for name, each in FUNCTIONS.items()
    }
    quickest = {name: [float("inf")] * 3 for name in codes}
    for _, name, part in product(range(_ROUNDS), codes, range(3)):
        milliseconds = 1000 * float(started(codes[name][part], environment))
        quickest[name][part] = min(quickest[name][part], milliseconds)
    return quickest


def main() -> None:
    """Build, measure, and print; exit with 1 if a bound is exceeded."""
    app, layer = build(PROJECT)
    excesses = []
    sizes = Table("zip", "bytes", "at most")
    for (label, most), path in zip(MOST_BYTES.items(), (app, layer), strict=True):
        size = path.stat().st_size
        sizes.add_row(label, f"{size:,}", f"{most:,}")
        if size > most:
            excesses.append(f"the {label}'s zip")
    Console().print(sizes)
    with lambda_like(app, layer) as environment:
        costs = _measure(environment)
    table = Table("function", "cold start, CPU ms", "floor", "above", "floor without collector", "above")
    for name, (start, *floors) in costs.items():
        cells = (cell for floor in floors for cell in (f"{floor:.0f}", f"{start / floor - 1:.0%}"))
        table.add_row(name, f"{start:.0f}", *cells)
        if start / floors[0] - 1 > MOST_ABOVE_FLOOR:
            excesses.append(f"the start of {name}")
    Console().print(table)
    if excesses:
        sys.exit(f"Beyond its bound: {', '.join(excesses)}.")


if __name__ == "__main__":
    main()
