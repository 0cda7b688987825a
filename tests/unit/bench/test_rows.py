"""The table: what holds, and what could not be measured."""

from pathlib import Path

import pytest

from bench.imaging.files import Corpus, File
from bench.imaging.measure import Measurements
from bench.imaging.memory import Peak
from bench.imaging.quality import Point, Way
from bench.imaging.report import table
from bench.imaging.rows import MissingError, Row, Target, fill

PHOTOGRAPH = File("photograph", Path("photograph.jpg"), "jpeg", (4032, 3024))


def measurements(missing: dict[str, str]) -> Measurements:
    present = {name: seconds for name, seconds in CPU.items() if name not in missing}
    files = [PHOTOGRAPH]
    return Measurements(
        corpus=Corpus("one photograph", {12: files}, files, files, files, files, files),
        missing=missing,
        cpu={PHOTOGRAPH.name: present, "renditions": RENDITIONS, "preview": {"preview": [0.002]}},
        sizes={PHOTOGRAPH.name: {"naive": 1000, "ours": 900}},
        curves={
            Way("naive", "jpeg"): {PHOTOGRAPH.name: [Point(70, 1000, 70.0)]},
            Way("ours", "jpeg"): {PHOTOGRAPH.name: [Point(62, 800, 69.0), Point(70, 1000, 71.0)]},
        },
        memory={
            name: Peak(whole=whole, bare=10) for name, whole in (("naive", 90), ("ours", 42), ("sharp", 80))
        },
        application={PHOTOGRAPH.name: Peak(whole=105_000_000, bare=10_000_000)},
    )


CPU = {"naive": [1.0], "ours": [0.4], "sharp": [0.5], "floor": [0.5], "sharp-mozjpeg": [0.8], "pyvips": [0.6]}
RENDITIONS = {"ours": [0.4], "ours-256": [0.42], "ours-512": [0.44]}


def measured(rows: list[Row], title: str) -> Row:
    return next(row for row in rows if row.target.title == title)


@pytest.mark.parametrize(
    ("title", "figure"),
    [
        ("CPU, against naive", 0.4),
        ("CPU, against sharp", 0.8),
        ("peak memory above bare, against naive's", 0.4),
        ("peak memory above bare, against sharp's process", 0.4),
        ("peak memory with boto3 and chalice, MB, up to 100 MP", 105),
        ("bytes at equal SSIMULACRA2, against naive", (0.8 * 1.0) ** 0.5),
        ("SSIMULACRA2 lost at quality 70, against naive", -1),
        ("CPU of a further size, % of the main job", 10),
        ("CPU of placeholder and dominantColor, ms", 2),
    ],
)
def test_figures_follow_from_what_was_measured(title: str, figure: float) -> None:
    assert measured(fill(measurements({})), title).measured == pytest.approx(figure)


def test_a_peer_that_is_missing_leaves_its_rows_and_the_reason() -> None:
    rows = fill(measurements({"sharp": "sharp is not installed (npm ci)"}))
    assert measured(rows, "CPU, against sharp").measured is None
    assert "sharp is not installed (npm ci)" in table(rows)
    assert measured(rows, "CPU, against naive").measured == pytest.approx(0.4)


def test_a_score_outside_a_curve_is_told_rather_than_guessed() -> None:
    row = measured(fill(measurements({})), "bytes at equal SSIMULACRA2, WebP")
    assert row.measured is None
    assert row.missing == "not in a quick run"


@pytest.mark.parametrize(
    ("figure", "verdict"), [(0.3, "aim"), (0.31, "must"), (0.42, "must"), (0.43, "missed")]
)
def test_a_bound_that_is_met_exactly_holds(figure: float, verdict: str) -> None:
    assert Row(Target("CPU", 0.42, 0.30, lambda _: figure), figure).verdict == verdict


def test_nothing_is_held_against_a_row_without_bounds() -> None:
    assert Row(Target("CPU", None, None, lambda _: 1.0), 1.0).verdict == ""


def test_a_missing_figure_is_no_verdict() -> None:
    def find(_: Measurements) -> float:
        raise MissingError("it rains")

    assert Row(Target("CPU", 1, 1, find), None, "it rains").verdict == ""
