"""The table: figures, verdicts, and reasons for missing figures."""

from pathlib import Path

import pytest

from bench.imaging.files import Corpus, File
from bench.imaging.measure import Measurements, Peak
from bench.imaging.quality import Point
from bench.imaging.table import Row, Target, fill

PHOTOGRAPH = File("photograph", Path("photograph.jpg"), "jpeg", (4032, 3024))
CPU = {"naive": [1.0], "ours": [0.4], "sharp": [0.5], "floor": [0.5], "sharp-mozjpeg": [0.8], "pyvips": [0.6]}
RENDITIONS = {"ours": [0.4], "ours-256": [0.42], "ours-512": [0.44]}


def rows(missing: dict[str, str]) -> dict[str, Row]:
    files = [PHOTOGRAPH]
    measured = Measurements(
        corpus=Corpus("one photograph", {12: files}, files, files, files, files, files),
        missing=missing,
        cpu_seconds={
            PHOTOGRAPH.name: {name: seconds for name, seconds in CPU.items() if name not in missing},
            "renditions": RENDITIONS,
            "preview": {"preview": [0.002]},
        },
        png_bytes={PHOTOGRAPH.name: {"naive": 1000, "ours": 900}},
        curves={
            "naive jpeg": {PHOTOGRAPH.name: [Point(70, 1000, 70.0)]},
            "ours jpeg": {PHOTOGRAPH.name: [Point(62, 800, 69.0), Point(70, 1000, 71.0)]},
            "ours avif": {PHOTOGRAPH.name: [Point(70, 1000, 71.0)]},
        },
        memory={"naive": Peak(90, 10), "ours": Peak(42, 10), "sharp": Peak(80, 10)},
        application_memory={PHOTOGRAPH.name: Peak(105_000_000, 10_000_000)},
    )
    return {row.title: row for row in fill(measured)}


@pytest.mark.parametrize(
    ("title", "figure"),
    [
        ("CPU, against naive", 0.4),
        ("CPU, against sharp", 0.8),
        ("bytes, PNG, against naive", 0.9),
        ("peak memory above bare, against naive's", 0.4),
        ("peak memory above bare, against sharp's process", 0.4),
        ("peak memory of the whole process, against sharp's", 0.525),
        ("peak memory with boto3 and chalice, MB, up to 100 MP", 105),
        ("bytes at equal SSIMULACRA2, against naive", (0.8 * 1.0) ** 0.5),
        ("SSIMULACRA2 lost at quality 70, against naive", -1),
        ("CPU of a further size, % of the main job", 10),
        ("CPU of placeholder and dominantColor, ms", 2),
    ],
)
def test_figure_follows_from_the_measurements(title: str, figure: float) -> None:
    assert rows({})[title].measured == pytest.approx(figure)


@pytest.mark.parametrize(
    ("title", "reason"),
    [
        ("CPU, against sharp", "sharp is not installed (npm ci)"),
        ("bytes at equal SSIMULACRA2, WebP", "not measured in this run"),
        ("bytes at equal SSIMULACRA2, AVIF", "70.0 is not within 71.0"),
    ],
)
def test_missing_figure_has_a_reason(title: str, reason: str) -> None:
    row = rows({"sharp": "sharp is not installed (npm ci)"})[title]
    assert (row.measured, row.holds) == (None, reason)


@pytest.mark.parametrize(
    ("must", "figure", "verdict"),
    [(0.42, 0.3, "aim"), (0.42, 0.31, "must"), (0.42, 0.42, "must"), (0.42, 0.43, "missed"), (None, 1, "")],
)
def test_verdict_is_the_better_bound_that_is_not_exceeded(
    must: float | None, figure: float, verdict: str
) -> None:
    assert Target("CPU", must, must and 0.30, lambda _: figure).verdict(figure) == verdict
