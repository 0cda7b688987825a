"""What was measured, for people (a table) and for programs (JSON)."""

import json
import os
import platform
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from bench.imaging.measure import Measurements
from bench.imaging.peers import BUILD
from bench.imaging.rows import Row

_PACKAGES = ("Pillow", "cykooz.resizer", "pyvips-binary", "ssimulacra2")


def table(rows: Sequence[Row]) -> str:
    """Return the rows as text, also readable as Markdown."""
    lines = [("", "measured", "must", "aim", "holds"), ("---", "---:", "---:", "---:", "---")]
    lines += [_cells(row) for row in rows]
    widths = [max(len(line[column]) for line in lines) for column in range(5)]
    return "\n".join("| " + " | ".join(_aligned(line, widths)) + " |" for line in lines)


def _cells(row: Row) -> tuple[str, str, str, str, str]:
    form = row.target.form.format
    must, aim = ("" if bound is None else f"{bound:g}" for bound in (row.target.must, row.target.aim))
    if row.measured is None:
        return row.target.title, "-", must, aim, row.missing
    return row.target.title, form(row.measured), must, aim, row.verdict


def _aligned(line: Sequence[str], widths: Sequence[int]) -> list[str]:
    return [
        cell.ljust(width) if column in {0, 4} else cell.rjust(width)
        for column, (cell, width) in enumerate(zip(line, widths, strict=True))
    ]


def write_json(path: Path, measured: Measurements, rows: Sequence[Row]) -> None:
    """Write everything that was measured, down to the single runs."""
    document = {
        "corpus": measured.corpus.source,
        "machine": {
            "system": platform.platform(terse=True),
            "processor": platform.machine(),
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "packages": _versions(),
        },
        "missing": measured.missing,
        "rows": [_row(row) for row in rows],
        "cpu_seconds": measured.cpu,
        "png_bytes": measured.sizes,
        "curves": [
            {
                "peer": way.peer,
                "format": way.format,
                "photographs": {name: [asdict(point) for point in points] for name, points in files.items()},
            }
            for way, files in measured.curves.items()
        ],
        "memory": {name: asdict(peak) for name, peak in measured.memory.items()},
        "application_memory": {name: asdict(peak) for name, peak in measured.application.items()},
    }
    path.write_text(json.dumps(document, indent=1) + "\n")


def _row(row: Row) -> dict[str, Any]:
    return {
        "title": row.target.title.strip(),
        "measured": row.measured,
        "must": row.target.must,
        "aim": row.target.aim,
        "holds": row.verdict or None,
        "missing": row.missing or None,
    }


def _versions() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    sharp = BUILD / "sharp" / "node_modules" / "sharp" / "package.json"
    if sharp.exists():
        found["sharp"] = json.loads(sharp.read_text())["version"]
    return found
