"""Quality by SSIMULACRA2, and bytes at equal quality."""

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


class UnreachedError(Exception):
    """A curve does not reach a score."""


@dataclass(frozen=True, slots=True)
class Point:
    """One encoding of a picture: its bytes, and its score (100 is identical, 70 high, 50 medium)."""

    quality: int
    size: int
    score: float


type Curves = dict[str, dict[str, list[Point]]]
"""Points by "peer format", such as "sharp webp", and by the name of the file."""


def measure_curves(
    running: Mapping[str, Session], settings: Mapping[str, Sequence[int]], files: Sequence[File]
) -> Curves:
    """Return the points of the curves whose quality settings are given."""
    with TemporaryDirectory() as folder, ProcessPoolExecutor() as pool:
        waiting: list[tuple[str, str, int, int, Future[float]]] = []
        for file in files:
            for curve, qualities in settings.items():
                peer, image_format = curve.split()
                for quality in qualities:
                    result = Path(folder, f"{len(waiting)}.{image_format}")
                    size = running[peer].run(file.path, image_format, quality, save=result).size
                    score = pool.submit(_score, file.path, result)
                    waiting.append((curve, file.name, quality, size, score))
        curves: Curves = {curve: {file.name: [] for file in files} for curve in settings}
        for curve, name, quality, size, score in waiting:
            curves[curve][name].append(Point(quality, size, score.result()))
    return curves


def _score(source: Path, result: Path) -> float:
    """Return the SSIMULACRA2 of a result. It is up to a point below libjxl's, for all peers alike."""
    from ssimulacra2 import compute_ssimulacra2

    with Image.open(result) as image:
        size = image.size
    return float(compute_ssimulacra2(BytesIO(_reference(source, size)), result))


@lru_cache(maxsize=4)
def _reference(source: Path, size: tuple[int, int]) -> bytes:
    """Return the ideal result as PNG: decoded in full, upright, and scaled with Lanczos."""
    with Image.open(source) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    buffer = BytesIO()
    image.resize(size, Resampling.LANCZOS).save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def size_at(points: Sequence[Point], wanted: float) -> float:
    """Return the bytes at which a curve reaches a score.

    Between two points, the logarithm of the bytes is taken to be linear in the score.

    Raises:
        UnreachedError: All points are above or below the score.
    """
    ordered = sorted(points, key=lambda point: point.score)
    for low, high in pairwise(ordered):
        if low.score <= wanted <= high.score:
            if high.score == low.score:
                return min(low.size, high.size)
            part = (wanted - low.score) / (high.score - low.score)
            return exp((1 - part) * log(low.size) + part * log(high.size))
    scores = ", ".join(f"{point.score:.1f}" for point in ordered)
    raise UnreachedError(f"{wanted:.1f} is not within {scores}")
