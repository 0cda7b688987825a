"""Compare the imaging core with its peers, and write the table, plots and JSON."""

import argparse
import json
import os
import platform
from collections.abc import Iterable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console

from bench.imaging import corpus, plots
from bench.imaging.measure import Measurements, measure
from bench.imaging.peers import BUILD
from bench.imaging.table import Row, fill, table

_PACKAGES = ("Pillow", "cykooz.resizer", "pyvips-binary", "ssimulacra2")


def main() -> None:
    """Measure, print the table, and write JSON and plots to `build/bench`."""
    parser = argparse.ArgumentParser(prog="python -m bench.imaging", description=__doc__)
    parser.add_argument("--photos", type=Path, help="a folder of photographs; the default is drawn pictures")
    parser.add_argument("--quick", action="store_true", help="fewer files and rounds: about three minutes")
    arguments = parser.parse_args()
    BUILD.mkdir(parents=True, exist_ok=True)
    measured = measure(corpus.build(arguments.photos, arguments.quick), arguments.quick)
    rows = fill(measured)
    name = "quick" if arguments.quick else "bench"
    (BUILD / f"{name}.json").write_text(json.dumps(_document(measured, rows), indent=1, default=str) + "\n")
    plots.write(BUILD, measured)
    console = Console(width=200)
    console.print(
        f"Measured on {measured.corpus.source}; 12 MP JPEG to 1024 pixels at quality 70, unless noted."
    )
    console.print(table(rows))


def _document(measured: Measurements, rows: Iterable[Row]) -> dict[str, Any]:
    """Return all measurements, down to the single runs."""
    return {
        "machine": {
            "system": platform.platform(terse=True),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": _versions(),
        },
        "rows": [asdict(row) for row in rows],
        **asdict(measured),
    }


def _versions() -> dict[str, str]:
    found = {package: version(package) for package in _PACKAGES}
    sharp = BUILD / "sharp" / "node_modules" / "sharp" / "package.json"
    if sharp.exists():
        found["sharp"] = json.loads(sharp.read_text())["version"]
    return found


if __name__ == "__main__":
    main()
