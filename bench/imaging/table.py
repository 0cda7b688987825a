"""The table: each figure with its bounds. Less is better in every row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, geometric_mean, median

from rich.box import MARKDOWN
from rich.table import Table

from bench.imaging.cpu import ratio
from bench.imaging.files import Corpus, File
from bench.imaging.measure import Measurements, Peak
from bench.imaging.quality import Point, size_at
from bench.imaging.ways import QUALITY

type Find = Callable[[Measurements], float]
"""Finds a figure, or raises MissingError."""


class MissingError(Exception):
    """A figure is unknown. The message gives the reason."""


@dataclass(frozen=True, slots=True)
class Target:
    """A row before it is measured.

    Attributes:
        title: The name of the figure.
        must: The highest acceptable figure; None for a figure without bounds.
        aim: The highest good figure.
        find: Finds the figure.
        form: The format of the figure.
    """

    title: str
    must: float | None
    aim: float | None
    find: Find
    form: str = ".2f"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        target: The figure's name and bounds.
        measured: The figure, if it is known.
        missing: The reason if it is not.
    """

    target: Target
    measured: float | None
    missing: str = ""

    @property
    def verdict(self) -> str:
        """The better bound that holds, `aim` or `must`, or else `missed`; empty without a figure or bounds."""
        if self.measured is None or self.target.must is None or self.target.aim is None:
            return ""
        if self.measured <= self.target.aim:
            return "aim"
        return "must" if self.measured <= self.target.must else "missed"


def fill(measured: Measurements) -> list[Row]:
    """Return all rows."""
    rows = []
    for target in TARGETS:
        try:
            rows.append(Row(target, target.find(measured)))
        except MissingError as error:
            rows.append(Row(target, None, str(error)))
    return rows


def table(rows: Iterable[Row]) -> Table:
    """Return the rows as a table in Markdown."""
    shown = Table("", box=MARKDOWN)
    for name in ("measured", "must", "aim"):
        shown.add_column(name, justify="right")
    shown.add_column("holds")
    for row in rows:
        figure = "-" if row.measured is None else format(row.measured, row.target.form)
        bounds = ("" if bound is None else f"{bound:g}" for bound in (row.target.must, row.target.aim))
        shown.add_row(row.target.title, figure, *bounds, row.missing or row.verdict)
    return shown


def _require(measured: Measurements, *names: str) -> None:
    for name in names:
        if name in measured.missing:
            raise MissingError(measured.missing[name])


def _cpu(choose: Callable[[Corpus], Sequence[File]], against: str) -> Find:
    """Return a function that finds the geometric mean, over files, of the CPU time against a peer."""

    def find(measured: Measurements) -> float:
        _require(measured, "ours", against)
        seconds = [measured.cpu_seconds[file.name] for file in choose(measured.corpus)]
        if not all("ours" in each and against in each for each in seconds):
            raise MissingError("not every file could be compressed")
        return geometric_mean(ratio(each, "ours", against) for each in seconds)

    return find


def _png_bytes(measured: Measurements) -> float:
    _require(measured, "ours")
    sizes = [measured.png_bytes[file.name] for file in measured.corpus.png]
    return geometric_mean(each["ours"] / each["naive"] for each in sizes)


def _memory(against: str, divide: Callable[[Peak, Peak], float]) -> Find:
    """Return a function that divides the peak memory by a peer's peak memory."""

    def find(measured: Measurements) -> float:
        _require(measured, "ours", against)
        if not {"ours", against} <= measured.memory.keys():
            raise MissingError("this system does not provide the peak memory of a process")
        return divide(measured.memory["ours"], measured.memory[against])

    return find


def _application_memory(measured: Measurements) -> float:
    _require(measured, "ours")
    if len(measured.application_memory) < len(measured.corpus.largest):
        raise MissingError("the peak memory is unknown, or boto3 or chalice is not installed")
    return max(peak.whole for peak in measured.application_memory.values()) / 1_000_000


def _points(measured: Measurements, curve: str) -> list[tuple[list[Point], Point]]:
    """Return a curve's points for each photograph, with the naive peer's point at the quality of the table."""
    for each in ("naive jpeg", curve):
        _require(measured, each.split()[0])
        if each not in measured.curves:
            raise MissingError("not in a quick run")
    return [
        (measured.curves[curve][name], _at_quality(points))
        for name, points in measured.curves["naive jpeg"].items()
    ]


def _at_quality(points: Iterable[Point]) -> Point:
    return next(point for point in points if point.quality == QUALITY)


def _equal_score_bytes(curve: str) -> Find:
    """Return a function that finds the mean, over photographs, of the bytes at the naive peer's score."""

    def find(measured: Measurements) -> float:
        ratios = []
        for points, naive in _points(measured, curve):
            size = size_at(points, naive.score)
            if size is None:
                scores = ", ".join(f"{point.score:.1f}" for point in points)
                raise MissingError(f"{naive.score:.1f} is not within {scores}")
            ratios.append(size / naive.size)
        return fmean(ratios)

    return find


def _lost_score(measured: Measurements) -> float:
    pairs = _points(measured, "ours jpeg")
    return fmean(naive.score - _at_quality(points).score for points, naive in pairs)


def _rendition(measured: Measurements) -> float:
    _require(measured, "ours", "ours-256", "ours-512")
    seconds = measured.cpu_seconds["renditions"]
    return 100 * (max(ratio(seconds, name, "ours") for name in ("ours-256", "ours-512")) - 1)


def _preview(measured: Measurements) -> float:
    _require(measured, "ours", "preview")
    return 1000 * median(measured.cpu_seconds["preview"]["preview"])


def _12_mp(corpus: Corpus) -> Sequence[File]:
    return corpus.by_megapixels[12]


def _mixed(corpus: Corpus) -> Sequence[File]:
    return corpus.mixed


def _progressive(corpus: Corpus) -> Sequence[File]:
    return corpus.progressive


def _webp(corpus: Corpus) -> Sequence[File]:
    return corpus.webp


def _png(corpus: Corpus) -> Sequence[File]:
    return corpus.png


TARGETS = (
    Target("CPU, against naive", 0.42, 0.30, _cpu(_12_mp, "naive")),
    Target("CPU, against sharp", 1.0, 0.85, _cpu(_12_mp, "sharp")),
    Target("CPU, against sharp, mixed files", 1.0, 0.80, _cpu(_mixed, "sharp")),
    Target("CPU, against the floor (djpeg | cjpeg)", 1.2, 0.95, _cpu(_12_mp, "floor")),
    Target("CPU, progressive, against naive", 0.60, 0.48, _cpu(_progressive, "naive")),
    Target("CPU, WebP of 2 and 12 MP, against naive", 0.90, 0.80, _cpu(_webp, "naive")),
    Target("CPU, PNG, against naive", 0.65, 0.50, _cpu(_png, "naive")),
    Target("bytes, PNG, against naive", 0.92, 0.88, _png_bytes),
    Target(
        "peak memory above bare, against naive's",
        0.50,
        0.40,
        _memory("naive", lambda ours, naive: ours.above_bare / naive.above_bare),
    ),
    Target(
        "peak memory above bare, against sharp's process",
        0.50,
        0.35,
        _memory("sharp", lambda ours, sharp: ours.above_bare / sharp.whole),
    ),
    Target("peak memory with boto3 and chalice, MB, up to 100 MP", 110, 80, _application_memory, ".0f"),
    Target("bytes at equal SSIMULACRA2, against naive", 0.93, 0.88, _equal_score_bytes("ours jpeg")),
    Target("bytes at equal SSIMULACRA2, WebP", 0.90, 0.87, _equal_score_bytes("ours webp")),
    Target("bytes at equal SSIMULACRA2, AVIF", 0.74, 0.69, _equal_score_bytes("ours avif")),
    Target("SSIMULACRA2 lost at quality 70, against naive", 0, 0, _lost_score, ".2f"),
    Target("CPU of a further size, % of the main job", 15, 15, _rendition, ".1f"),
    Target("CPU of placeholder and dominantColor, ms", 3, 3, _preview, ".1f"),
    Target("CPU, mixed files, against naive", None, None, _cpu(_mixed, "naive")),
    Target("CPU, against sharp with mozjpeg", None, None, _cpu(_12_mp, "sharp-mozjpeg")),
    Target("CPU, against pyvips", None, None, _cpu(_12_mp, "pyvips")),
    Target("CPU, WebP, against sharp", None, None, _cpu(_webp, "sharp")),
    Target("CPU, PNG, against sharp", None, None, _cpu(_png, "sharp")),
    Target(
        "peak memory of the whole process, against sharp's",
        None,
        None,
        _memory("sharp", lambda ours, sharp: ours.whole / sharp.whole),
    ),
    Target("sharp's bytes at equal SSIMULACRA2", None, None, _equal_score_bytes("sharp jpeg")),
    Target("  with mozjpeg", None, None, _equal_score_bytes("sharp-mozjpeg jpeg")),
    Target("  WebP", None, None, _equal_score_bytes("sharp webp")),
    Target("  AVIF", None, None, _equal_score_bytes("sharp avif")),
)
