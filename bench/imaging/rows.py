"""The table: what is asked for, and what was measured. Less is better in every row."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean, median

from bench.imaging.cpu import geometric_mean, ratio
from bench.imaging.files import File
from bench.imaging.measure import Measurements
from bench.imaging.peers import QUALITY
from bench.imaging.quality import Point, Way, size_at

MEGABYTE = 1_000_000


class MissingError(Exception):
    """There is no figure. The message says why."""


@dataclass(frozen=True, slots=True)
class Target:
    """A row before it is measured.

    Attributes:
        title: What is measured.
        must: What the figure must not exceed.
        aim: What it should not.
        find: Finds it, or raises MissingError.
        form: How it is written.
    """

    title: str
    must: float | None
    aim: float | None
    find: Callable[[Measurements], float]
    form: str = "{:.2f}"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table.

    Attributes:
        target: What is asked for.
        measured: The figure, if there is one.
        missing: If there is none, why.
    """

    target: Target
    measured: float | None
    missing: str = ""

    @property
    def verdict(self) -> str:
        """`aim` or `must` when that holds, else `missed`; nothing where nothing is asked for, or known."""
        if self.measured is None or self.target.must is None or self.target.aim is None:
            return ""
        if self.measured <= self.target.aim:
            return "aim"
        return "must" if self.measured <= self.target.must else "missed"


def fill(measurements: Measurements) -> list[Row]:
    """Return all rows."""
    return [_row(target, measurements) for target in TARGETS]


def _row(target: Target, measurements: Measurements) -> Row:
    try:
        return Row(target, target.find(measurements))
    except MissingError as error:
        return Row(target, None, str(error))


def _cpu(
    choose: Callable[[Measurements], Sequence[File]], against: str, name: str = "ours"
) -> Callable[[Measurements], float]:
    """Return what finds the geometric mean, over files, of the CPU time against a peer."""

    def find(measured: Measurements) -> float:
        _require(measured, name, against)
        seconds = [measured.cpu[file.name] for file in choose(measured)]
        usable = [one for one in seconds if name in one and against in one]
        if len(usable) < len(seconds):
            raise MissingError("not every file could be compressed")
        return geometric_mean([ratio(one, name, against) for one in usable])

    return find


def _require(measured: Measurements, *names: str) -> None:
    for name in names:
        if name in measured.missing:
            raise MissingError(measured.missing[name])


def _png_bytes(measured: Measurements) -> float:
    _require(measured, "ours")
    sizes = [measured.sizes[file.name] for file in measured.corpus.png]
    return geometric_mean([one["ours"] / one["naive"] for one in sizes])


def _memory(against: str, *, whole: bool) -> Callable[[Measurements], float]:
    """Return what finds the peak above the bare interpreter, against another's, or against its `whole`."""

    def find(measured: Measurements) -> float:
        _require(measured, "ours", against)
        try:
            ours, theirs = measured.memory["ours"], measured.memory[against]
        except KeyError as error:
            raise MissingError("this system doesn't tell the peak of a process") from error
        return ours.above_bare / (theirs.whole if whole else theirs.above_bare)

    return find


def _whole_process(against: str) -> Callable[[Measurements], float]:
    def find(measured: Measurements) -> float:
        _memory(against, whole=True)(measured)
        return measured.memory["ours"].whole / measured.memory[against].whole

    return find


def _application(measured: Measurements) -> float:
    _require(measured, "ours")
    if len(measured.application) < len(measured.corpus.largest):
        raise MissingError("boto3 or chalice is not installed, or the system doesn't tell")
    return max(peak.whole for peak in measured.application.values()) / MEGABYTE


def _at_quality(points: Iterable[Point]) -> Point:
    return next(point for point in points if point.quality == QUALITY)


def _points(measured: Measurements, way: Way) -> list[tuple[list[Point], Point]]:
    """Return, by photograph, a way's points, and what the naive way has at the quality setting."""
    naive = Way("naive", "jpeg")
    for one in (naive, way):
        _require(measured, one.peer)
        if one not in measured.curves:
            raise MissingError("not in a quick run")
    return [
        (measured.curves[way][name], _at_quality(points)) for name, points in measured.curves[naive].items()
    ]


def _equal_score_bytes(way: Way) -> Callable[[Measurements], float]:
    """Return what finds the mean, over photographs, of the bytes at the naive way's score."""

    def find(measured: Measurements) -> float:
        ratios = []
        for points, naive in _points(measured, way):
            size = size_at(points, naive.score)
            if size is None:
                scores = ", ".join(f"{point.score:.1f}" for point in points)
                raise MissingError(f"{naive.score:.1f} is not within {scores}")
            ratios.append(size / naive.size)
        return fmean(ratios)

    return find


def _lost_score(measured: Measurements) -> float:
    pairs = _points(measured, Way("ours", "jpeg"))
    return fmean(naive.score - _at_quality(points).score for points, naive in pairs)


def _rendition(measured: Measurements) -> float:
    _require(measured, "ours", "ours-256", "ours-512")
    seconds = measured.cpu["renditions"]
    return 100 * (max(ratio(seconds, name, "ours") for name in ("ours-256", "ours-512")) - 1)


def _preview(measured: Measurements) -> float:
    _require(measured, "ours", "preview")
    return 1000 * median(measured.cpu["preview"]["preview"])


def _12_mp(measured: Measurements) -> Sequence[File]:
    return measured.corpus.by_megapixels[12]


def _mixed(measured: Measurements) -> Sequence[File]:
    return measured.corpus.mixed


TARGETS = (
    Target("CPU, against naive", 0.42, 0.30, _cpu(_12_mp, "naive")),
    Target("CPU, against sharp", 1.0, 0.85, _cpu(_12_mp, "sharp")),
    Target("CPU, against sharp, mixed files", 1.0, 0.80, _cpu(_mixed, "sharp")),
    Target("CPU, against the floor (djpeg | cjpeg)", 1.2, 0.95, _cpu(_12_mp, "floor")),
    Target("CPU, progressive, against naive", 0.60, 0.48, _cpu(lambda m: m.corpus.progressive, "naive")),
    Target("CPU, WebP of 2 and 12 MP, against naive", 0.90, 0.80, _cpu(lambda m: m.corpus.webp, "naive")),
    Target("CPU, PNG, against naive", 0.65, 0.50, _cpu(lambda m: m.corpus.png, "naive")),
    Target("bytes, PNG, against naive", 0.92, 0.88, _png_bytes),
    Target("peak memory above bare, against naive's", 0.50, 0.40, _memory("naive", whole=False)),
    Target("peak memory above bare, against sharp's process", 0.50, 0.35, _memory("sharp", whole=True)),
    Target("peak memory with boto3 and chalice, MB, up to 100 MP", 110, 80, _application, "{:.0f}"),
    Target("bytes at equal SSIMULACRA2, against naive", 0.93, 0.88, _equal_score_bytes(Way("ours", "jpeg"))),
    Target("bytes at equal SSIMULACRA2, WebP", 0.90, 0.87, _equal_score_bytes(Way("ours", "webp"))),
    Target("bytes at equal SSIMULACRA2, AVIF", 0.74, 0.69, _equal_score_bytes(Way("ours", "avif"))),
    Target("SSIMULACRA2 lost at quality 70, against naive", 0, 0, _lost_score, "{:.2f}"),
    Target("CPU of a further size, % of the main job", 15, 15, _rendition, "{:.1f}"),
    Target("CPU of placeholder and dominantColor, ms", 3, 3, _preview, "{:.1f}"),
    Target("CPU, mixed files, against naive", None, None, _cpu(_mixed, "naive")),
    Target("CPU, against sharp with mozjpeg", None, None, _cpu(_12_mp, "sharp-mozjpeg")),
    Target("CPU, against pyvips", None, None, _cpu(_12_mp, "pyvips")),
    Target("CPU, WebP, against sharp", None, None, _cpu(lambda m: m.corpus.webp, "sharp")),
    Target("CPU, PNG, against sharp", None, None, _cpu(lambda m: m.corpus.png, "sharp")),
    Target("peak memory of the whole process, against sharp's", None, None, _whole_process("sharp")),
    Target("sharp's bytes at equal SSIMULACRA2", None, None, _equal_score_bytes(Way("sharp", "jpeg"))),
    Target("  with mozjpeg", None, None, _equal_score_bytes(Way("sharp-mozjpeg", "jpeg"))),
    Target("  WebP", None, None, _equal_score_bytes(Way("sharp", "webp"))),
    Target("  AVIF", None, None, _equal_score_bytes(Way("sharp", "avif"))),
)
