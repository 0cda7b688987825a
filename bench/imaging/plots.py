"""Two SVG plots, readable on light and dark pages: bytes against quality, and CPU time."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from math import nan
from pathlib import Path
from statistics import fmean, geometric_mean

from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.container import BarContainer
from matplotlib.figure import Figure

from bench.imaging.cpu import ratio
from bench.imaging.measure import Measurements
from bench.imaging.peers import PEERS
from bench.imaging.quality import Point

_LOWEST_SCORE = 50  # photographs below it are not fit to publish
_TITLES = {peer.name: peer.title for peer in PEERS}
_COLOURS = {
    "naive": "#8c959f",
    "ours": "#2da44e",
    "sharp": "#218bff",
    "sharp-mozjpeg": "#a475f9",
    "pyvips": "#e16f24",
    "floor": "#bf8700",
}
_FORMATS = {"jpeg": ("JPEG", "-"), "webp": ("WebP", "--"), "avif": ("AVIF", ":")}


def write(folder: Path, measured: Measurements) -> None:
    """Write `quality.svg` and `cpu.svg`."""
    source = measured.corpus.source
    title = f"SSIMULACRA2 after fitting into 1024 pixels; mean of {source}"
    with _plot(folder / "quality.svg", title) as axes:
        axes.set_xlabel("kB")
        for curve, photographs in measured.curves.items():
            peer, image_format = curve.split()
            format_title, dashes = _FORMATS[image_format]
            label = f"{_TITLES[peer]} {format_title}"
            axes.plot(*_points(photographs.values()), dashes, color=_COLOURS[peer], label=label)
        axes.set_xlim(left=0)
    title = f"CPU time against naive Pillow, JPEG to 1024 pixels; mean of {source}"
    with _plot(folder / "cpu.svg", title) as axes:
        _draw_cpu_times(axes, measured)


@contextmanager
def _plot(path: Path, title: str) -> Iterator[Axes]:
    """Yield the axes of a new plot, and save the plot afterwards."""
    with style.context(Path(__file__).with_suffix(".mplstyle")):
        figure = Figure(layout="constrained")
        axes = figure.add_subplot(title=title)
        yield axes
        figure.legend(loc="outside right upper")
        figure.savefig(path, metadata={"Date": None})


def _points(photographs: Iterable[Sequence[Point]]) -> tuple[list[float], list[float]]:
    """Return the geometric mean of the kilobytes and the mean score at each quality setting."""
    settings = zip(*photographs, strict=True)
    points = [
        (geometric_mean(point.size for point in each) / 1000, fmean(point.score for point in each))
        for each in settings
    ]
    shown = [point for point in points if point[1] >= _LOWEST_SCORE]
    return [size for size, _ in shown], [score for _, score in shown]


def _draw_cpu_times(axes: Axes, measured: Measurements) -> None:
    """Draw a group of bars for each size of photograph, and a bar for each peer in it."""
    groups = {
        f"{megapixels} MP": [measured.cpu_seconds[file.name] for file in files]
        for megapixels, files in measured.corpus.by_megapixels.items()
    }
    heights = {
        peer.name: [
            geometric_mean(ratio(seconds, peer.name, "naive") for seconds in group)
            if all(peer.name in seconds for seconds in group)
            else nan
            for group in groups.values()
        ]
        for peer in PEERS
        if peer.name not in measured.missing
    }
    axes.grouped_bar(
        list(heights.values()),
        tick_labels=list(groups),
        labels=[_TITLES[name] for name in heights],
        colors=[_COLOURS[name] for name in heights],
        group_spacing=0.3,
    )
    for bars in axes.containers:
        assert isinstance(bars, BarContainer)
        axes.bar_label(bars, fmt="%.2f", padding=2, fontsize=7)
