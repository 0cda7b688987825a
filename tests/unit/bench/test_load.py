"""The plan and the report of a load."""

from pathlib import Path

import pytest

from bench import load
from bench.load import Plan, Report
from tools.errors import ToolError


def test_default_is_a_thousand_uploads_four_at_a_time() -> None:
    assert Plan.of({}) == Plan(number=1000, concurrency=4, kill=False)
    assert Plan.of({"N": "24", "CONCURRENCY": "2", "KILL": "yes"}) == Plan(24, 2, kill=True)


@pytest.mark.parametrize(
    ("variable", "value", "allowed"),
    [
        ("N", "many", "from 1 to 100000"),
        ("N", "0", "from 1 to 100000"),
        ("CONCURRENCY", "-1", "from 1 to 64"),
        ("CONCURRENCY", "65", "from 1 to 64"),
        ("KILL", "maybe", "yes or no"),
    ],
)
def test_refused_value_is_named_with_the_allowed_values(variable: str, value: str, allowed: str) -> None:
    with pytest.raises(ToolError, match=f"^{variable} must be .*{allowed}.*; got '{value}'"):
        Plan.of({variable: value})


def test_workers_cannot_be_killed_without_proc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(load, "_PROCESSES", tmp_path / "none")
    with pytest.raises(ToolError, match="/proc"):
        Plan.of({"KILL": "yes"})


def test_percentiles_leave_out_late_uploads() -> None:
    waits = [float(number) for number in range(1, 101)]
    rows = dict(Report(Plan(101, 4, kill=True), 10, waits, 150_400_000, 3, 1, 2, 0).rows())
    assert (rows["upload to record, p50"], rows["upload to record, p99"]) == ("51.00 s", "100.00 s")
    assert (rows["throughput"], rows["later than 60 s"]) == ("10.1 a second", "1")
    assert rows["peak memory of a worker"] == "150 MB"


def test_report_of_late_uploads_has_no_percentiles() -> None:
    rows = dict(Report(Plan(1, 1, kill=False), 60, [], None, 0, 0, 0, 1).rows())
    assert rows["upload to record, p50"] == "every upload was late"
    assert rows["lost"] == "1"
