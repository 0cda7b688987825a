"""The table: each figure with its bounds. Less is better in every row."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import fmean, geometric_mean, median

from rich.box import MARKDOWN
from rich.table import Table

from bench.imaging.cpu import ratio
from bench.imaging.files import File
from bench.imaging.measure import Measurements
from bench.imaging.quality import Point, UnreachedError, size_at
from bench.imaging.ways import QUALITY

_NAIVE = "naive jpeg"


@dataclass(frozen=True, slots=True)
class Target:
    """A row before it is measured: its name, its bounds, and the function that finds its figure.

    A figure must not exceed `must`, and should not exceed `aim`.
    """

    title: str
    must: float | None
    aim: float | None
    find: Callable[[Measurements], float]

    def verdict(self, figure: float) -> str:
        """Return the better bound that holds, `aim` or `must`, or else `missed`; empty without bounds."""
        if self.must is None or self.aim is None:
            return ""
        if figure <= self.aim:
            return "aim"
        return "must" if figure <= self.must else "missed"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table. `holds` is the verdict, or the reason for a missing figure."""

    title: str
    measured: float | None
    must: float | None
    aim: float | None
    holds: str


def fill(measured: Measurements) -> list[Row]:
    """Return all rows."""
    return [_row(target, measured) for target in TARGETS]


def _row(target: Target, measured: Measurements) -> Row:
    figure = None
    try:
        figure = target.find(measured)
        holds = target.verdict(figure)
    except KeyError as error:
        peer = str(error.args[0]).split()[0]
        holds = measured.missing.get(peer, "not measured in this run")
    except UnreachedError as error:
        holds = str(error)
    return Row(target.title, figure, target.must, target.aim, holds)


def table(rows: Iterable[Row]) -> Table:
    """Return the rows as a table in Markdown."""
    shown = Table("", box=MARKDOWN)
    for name in ("measured", "must", "aim"):
        shown.add_column(name, justify="right")
    shown.add_column("holds")
    for row in rows:
        figure = "-" if row.measured is None else f"{row.measured:.3g}"
        bounds = ("" if bound is None else f"{bound:g}" for bound in (row.must, row.aim))
        shown.add_row(row.title, figure, *bounds, row.holds)
    return shown


# The functions below raise KeyError with the name of a peer or a curve that is missing.


def _cpu(measured: Measurements, files: Iterable[File], against: str) -> float:
    """Return the geometric mean, over files, of the CPU time against a peer."""
    return geometric_mean(ratio(measured.cpu_seconds[file.name], "ours", against) for file in files)


def _png_bytes(measured: Measurements) -> float:
    sizes = (measured.png_bytes[file.name] for file in measured.corpus.png)
    return geometric_mean(each["ours"] / each["naive"] for each in sizes)


def _application_memory(measured: Measurements) -> float:
    return max(measured.application_memory[file.name].whole for file in measured.corpus.largest) / 1_000_000


def _at_quality(points: Iterable[Point]) -> Point:
    return next(point for point in points if point.quality == QUALITY)


def _equal_score_bytes(measured: Measurements, curve: str) -> float:
    """Return the mean, over photographs, of the bytes at the naive peer's score."""
    ratios = []
    for name, points in measured.curves[curve].items():
        naive = _at_quality(measured.curves[_NAIVE][name])
        ratios.append(size_at(points, naive.score) / naive.size)
    return fmean(ratios)


def _lost_score(measured: Measurements) -> float:
    naive, ours = measured.curves[_NAIVE], measured.curves["ours jpeg"]
    return fmean(_at_quality(naive[name]).score - _at_quality(ours[name]).score for name in naive)


def _rendition(measured: Measurements) -> float:
    seconds = measured.cpu_seconds["renditions"]
    return 100 * (max(ratio(seconds, name, "ours") for name in ("ours-256", "ours-512")) - 1)


def _preview(measured: Measurements) -> float:
    return 1000 * median(measured.cpu_seconds["preview"]["preview"])


TARGETS = (
    Target("CPU, against naive", 0.42, 0.30, lambda m: _cpu(m, m.corpus.photographs, "naive")),
    Target("CPU, against sharp", 1.0, 0.85, lambda m: _cpu(m, m.corpus.photographs, "sharp")),
    Target("CPU, against sharp, mixed files", 1.0, 0.80, lambda m: _cpu(m, m.corpus.mixed, "sharp")),
    Target(
        "CPU, against the floor (djpeg | cjpeg)", 1.2, 0.95, lambda m: _cpu(m, m.corpus.photographs, "floor")
    ),
    Target("CPU, progressive, against naive", 0.60, 0.48, lambda m: _cpu(m, m.corpus.progressive, "naive")),
    Target("CPU, WebP of 2 and 12 MP, against naive", 0.90, 0.80, lambda m: _cpu(m, m.corpus.webp, "naive")),
    Target("CPU, PNG, against naive", 0.65, 0.50, lambda m: _cpu(m, m.corpus.png, "naive")),
    Target("bytes, PNG, against naive", 0.92, 0.88, _png_bytes),
    Target(
        "peak memory above bare, against naive's",
        0.50,
        0.40,
        lambda m: m.memory["ours"].above_bare / m.memory["naive"].above_bare,
    ),
    Target(
        "peak memory above bare, against sharp's process",
        0.50,
        0.35,
        lambda m: m.memory["ours"].above_bare / m.memory["sharp"].whole,
    ),
    Target("peak memory with boto3 and chalice, MB, up to 100 MP", 110, 80, _application_memory),
    Target(
        "bytes at equal SSIMULACRA2, against naive", 0.93, 0.88, lambda m: _equal_score_bytes(m, "ours jpeg")
    ),
    Target("bytes at equal SSIMULACRA2, WebP", 0.90, 0.87, lambda m: _equal_score_bytes(m, "ours webp")),
    Target("bytes at equal SSIMULACRA2, AVIF", 0.74, 0.69, lambda m: _equal_score_bytes(m, "ours avif")),
    Target("SSIMULACRA2 lost at quality 70, against naive", 0, 0, _lost_score),
    Target("CPU of a further size, % of the main job", 15, 15, _rendition),
    Target("CPU of placeholder and dominantColor, ms", 3, 3, _preview),
    Target("CPU, mixed files, against naive", None, None, lambda m: _cpu(m, m.corpus.mixed, "naive")),
    Target(
        "CPU, against sharp with mozjpeg",
        None,
        None,
        lambda m: _cpu(m, m.corpus.photographs, "sharp-mozjpeg"),
    ),
    Target("CPU, against pyvips", None, None, lambda m: _cpu(m, m.corpus.photographs, "pyvips")),
    Target("CPU, WebP, against sharp", None, None, lambda m: _cpu(m, m.corpus.webp, "sharp")),
    Target("CPU, PNG, against sharp", None, None, lambda m: _cpu(m, m.corpus.png, "sharp")),
    Target(
        "peak memory of the whole process, against sharp's",
        None,
        None,
        lambda m: m.memory["ours"].whole / m.memory["sharp"].whole,
    ),
    Target("sharp's bytes at equal SSIMULACRA2", None, None, lambda m: _equal_score_bytes(m, "sharp jpeg")),
    Target("  with mozjpeg", None, None, lambda m: _equal_score_bytes(m, "sharp-mozjpeg jpeg")),
    Target("  WebP", None, None, lambda m: _equal_score_bytes(m, "sharp webp")),
    Target("  AVIF", None, None, lambda m: _equal_score_bytes(m, "sharp avif")),
)
