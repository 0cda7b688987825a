"""Two plots as SVG, legible on a light page and on a dark one: bytes against quality, and CPU time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from pathlib import Path
from statistics import fmean
from xml.sax.saxutils import escape

from bench.imaging.cpu import geometric_mean, ratio
from bench.imaging.measure import Measurements
from bench.imaging.peers import PEERS
from bench.imaging.quality import Point, Way

WIDTH, HEIGHT = 760, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 164, 44, 48  # the margins around the plot

_LOWEST_SCORE = 50  # below it nobody would publish a photograph

_STYLE = """
text { font: 13px system-ui, sans-serif; fill: #24292f }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px }
.axis { stroke: #57606a }
.grid { stroke: #57606a; stroke-opacity: 0.2 }
@media (prefers-color-scheme: dark) { text { fill: #d0d7de } .axis { stroke: #8b949e } }
"""

_TITLES = {peer.name: peer.title for peer in PEERS}
_COLOURS = {
    "naive": "#8c959f",
    "ours": "#2da44e",
    "sharp": "#218bff",
    "sharp-mozjpeg": "#a475f9",
    "pyvips": "#e16f24",
    "floor": "#bf8700",
}
_DASHES = {"jpeg": "", "webp": "6 4", "avif": "2 3"}


@dataclass(frozen=True, slots=True)
class Line:
    """A way's curve: its points are bytes and score."""

    label: str
    colour: str
    dashes: str
    points: Sequence[tuple[float, float]]


def write(folder: Path, measured: Measurements) -> None:
    """Write `quality.svg` and `cpu.svg`."""
    lines = [_line(way, files.values()) for way, files in measured.curves.items()]
    (folder / "quality.svg").write_text(quality(lines, measured.corpus.source))
    (folder / "cpu.svg").write_text(cpu(_groups(measured), measured.corpus.source))


def _line(way: Way, photographs: Iterable[Sequence[Point]]) -> Line:
    """Return a curve over all photographs: at each setting, their mean score and the geometric mean of their bytes."""
    settings = zip(*photographs, strict=True)
    points = [
        (geometric_mean([point.size for point in one]) / 1000, fmean(point.score for point in one))
        for one in settings
    ]
    label = f"{_TITLES[way.peer]} {way.format.upper() if way.format != 'webp' else 'WebP'}"
    shown = [point for point in points if point[1] >= _LOWEST_SCORE]
    return Line(label, _COLOURS[way.peer], _DASHES[way.format], shown)


def _groups(measured: Measurements) -> dict[str, dict[str, float]]:
    """Return, by size of photograph, the CPU time of each peer against the naive way's."""
    groups = {}
    for megapixels, files in measured.corpus.by_megapixels.items():
        seconds = [measured.cpu[file.name] for file in files]
        names = [peer.name for peer in PEERS if all(peer.name in one for one in seconds)]
        groups[f"{megapixels} MP"] = {
            name: geometric_mean([ratio(one, name, "naive") for one in seconds]) for name in names
        }
    return groups


def quality(lines: Sequence[Line], source: str) -> str:
    """Return a plot of scores over bytes."""
    sizes = [size for line in lines for size, _ in line.points]
    scores = [score for line in lines for _, score in line.points]
    most = ceil(max(sizes) / 50) * 50
    low, high = floor(min(scores) / 5) * 5, ceil(max(scores) / 5) * 5
    parts = [_title(f"SSIMULACRA2 over kB, fitted into 1024 pixels; mean of {source}")]
    parts += [_rule(_y(score, low, high), str(score)) for score in range(low, high + 1, 5)]
    parts += [_below(_x(size, most), str(size)) for size in range(0, most + 1, 50 if most <= 400 else 100)]
    for number, line in enumerate(lines):
        path = " ".join(f"{_x(size, most):.1f},{_y(score, low, high):.1f}" for size, score in line.points)
        style = f'stroke="{line.colour}" stroke-dasharray="{line.dashes}" stroke-width="2"'
        legend_y = _TOP + 10 + 20 * number
        parts.append(f'<polyline points="{path}" fill="none" {style}/>')
        parts.append(f'<path d="M{WIDTH - _RIGHT + 8} {legend_y - 4}h22" {style}/>')
        parts.append(_text(WIDTH - _RIGHT + 34, legend_y, line.label, css="small"))
    return _document(parts)


def cpu(groups: dict[str, dict[str, float]], source: str) -> str:
    """Return a plot of bars in groups, against the naive way."""
    highest = ceil(5 * max(value for bars in groups.values() for value in bars.values())) / 5
    parts = [_title(f"CPU time against naive Pillow, JPEG to 1024 pixels; mean of {source}")]
    fifths = [number / 5 for number in range(round(highest * 5) + 1)]
    parts += [_rule(_y(value, 0, highest), f"{value:.1f}") for value in fifths]
    present = [name for name in _TITLES if any(name in bars for bars in groups.values())]
    room = (WIDTH - _LEFT - _RIGHT) / len(groups)
    width = room * 0.86 / len(present)
    for group, (label, bars) in enumerate(groups.items()):
        left = _LEFT + room * (group + 0.07)
        parts.append(_below(left + room * 0.43, label))
        for column, name in enumerate(present):
            if name in bars:
                parts.append(_bar(left + width * column, width, bars[name], highest, _COLOURS[name]))
    for number, name in enumerate(present):
        y = _TOP + 10 + 20 * number
        parts.append(
            f'<rect x="{WIDTH - _RIGHT + 12}" y="{y - 10}" width="12" height="12" fill="{_COLOURS[name]}"/>'
        )
        parts.append(_text(WIDTH - _RIGHT + 30, y, _TITLES[name], css="small"))
    return _document(parts)


def _bar(left: float, width: float, value: float, highest: float, colour: str) -> str:
    top = _y(value, 0, highest)
    bar = (
        f'<rect x="{left + 1:.1f}" y="{top:.1f}" width="{width - 2:.1f}" '
        f'height="{HEIGHT - _BOTTOM - top:.1f}" fill="{colour}"/>'
    )
    figure = f"{value:.2f}".removeprefix("0")
    return bar + _text(left + width / 2, top - 4, figure, css="small", anchor="middle")


def _x(value: float, most: float) -> float:
    return _LEFT + value / most * (WIDTH - _LEFT - _RIGHT)


def _y(value: float, low: float, high: float) -> float:
    return HEIGHT - _BOTTOM - (value - low) / (high - low) * (HEIGHT - _TOP - _BOTTOM)


def _title(text: str) -> str:
    return _text(_LEFT, 22, text, css="title")


def _rule(y: float, label: str) -> str:
    line = f'<path class="grid" d="M{_LEFT} {y:.1f}H{WIDTH - _RIGHT}"/>'
    return line + _text(_LEFT - 8, y + 4, label, anchor="end")


def _below(x: float, label: str) -> str:
    return _text(x, HEIGHT - _BOTTOM + 18, label, anchor="middle")


def _text(x: float, y: float, text: str, css: str = "", anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" class="{css}" text-anchor="{anchor}">{escape(text)}</text>'


def _document(parts: Iterable[str]) -> str:
    axes = f'<path class="axis" fill="none" d="M{_LEFT} {_TOP}V{HEIGHT - _BOTTOM}H{WIDTH - _RIGHT}"/>'
    body = "\n".join([f"<style>{_STYLE}</style>", *parts, axes])
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}">\n{body}\n</svg>\n'
