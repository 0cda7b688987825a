"""What is left of a picture: SSIMULACRA2, and bytes where it is equal."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from io import BytesIO
from itertools import pairwise
from math import exp, log
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageOps
from PIL.Image import Resampling

from bench.imaging.files import File
from bench.imaging.peers import Session


@dataclass(frozen=True, slots=True)
class Way:
    """A peer that writes a format.

    Attributes:
        peer: Its name.
        format: What it writes.
    """

    peer: str
    format: str


@dataclass(frozen=True, slots=True)
class Point:
    """One encoding of a picture: its bytes, and its score (100 is identical, 70 high, 50 medium)."""

    quality: int
    size: int
    score: float


def curves(
    running: Mapping[str, Session], settings: Mapping[Way, Sequence[int]], files: Sequence[File]
) -> dict[Way, dict[str, list[Point]]]:
    """Return, by way and by the name of the file, what each of the way's quality settings gives."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        waiting: list[tuple[Way, str, int, int, Future[float]]] = []
        every = [(way, quality) for way, qualities in settings.items() for quality in qualities]
        for file in files:
            for way, quality in every:
                result = Path(folder, f"{len(waiting)}.{way.format}")
                run = running[way.peer].run(file.path, way.format, quality, save=result)
                waiting.append((way, file.name, quality, run.size, pool.submit(_score, file.path, result)))
        points: dict[Way, dict[str, list[Point]]] = {
            way: {file.name: [] for file in files} for way in settings
        }
        for way, name, quality, size, future in waiting:
            points[way][name].append(Point(quality, size, future.result()))
    return points


def _score(source: Path, result: Path) -> float:
    """Return the SSIMULACRA2 of a result: up to a point below what libjxl's own formulas give, for all alike."""
    from ssimulacra2 import compute_ssimulacra2

    with Image.open(result) as image:
        size = image.size
    return float(compute_ssimulacra2(BytesIO(_reference(source, size)), result))


@lru_cache(maxsize=4)
def _reference(source: Path, size: tuple[int, int]) -> bytes:
    """Return what a result should look like, as PNG: decoded in full, upright, and scaled with Lanczos."""
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    buffer = BytesIO()
    image.resize(size, Resampling.LANCZOS).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def size_at(points: Sequence[Point], wanted: float) -> float | None:
    """Return the bytes at which a way reaches a score, or None if its points lie all above or below it.

    Between two points, the logarithm of the bytes is taken to be linear in the score.
    """
    ordered = sorted(points, key=lambda point: point.score)
    for low, high in pairwise(ordered):
        if low.score <= wanted <= high.score:
            if high.score == low.score:
                return float(min(low.size, high.size))
            part = (wanted - low.score) / (high.score - low.score)
            return exp((1 - part) * log(low.size) + part * log(high.size))
    return None
