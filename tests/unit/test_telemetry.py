"""What a pipeline reports to CloudWatch, read from the lines that Lambda's log would get."""

import json
import logging
from itertools import count
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import telemetry

RECORD = {
    "sizeOriginal": 1000,
    "sizeCompressed": 400,
    "format": "jpeg",
    "originalFormat": "jpeg",
}
CONTEXT = SimpleNamespace(aws_request_id="request-1")


@pytest.fixture(autouse=True)
def _fresh_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "_invocations", count())
    monkeypatch.delitem(logging.Logger.manager.loggerDict, telemetry.SERVICE, raising=False)
    telemetry.logger.cache_clear()
    telemetry.metrics().clear_metrics()  # which all instances share
    telemetry.metrics.cache_clear()


def _lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def _metrics(lines: list[dict[str, Any]]) -> dict[str, Any]:
    return {name: value for line in lines if "_aws" in line for name, value in line.items()}


def test_only_the_first_line_is_of_a_cold_start_and_without_metrics_nothing_else_is_written(
    capsys: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        telemetry.handler(CONTEXT, lambda: telemetry.decision("unchanged", "a.jpg", "id-1", {}))

    written = capsys.readouterr()
    lines = [json.loads(line) for line in written.out.splitlines()]
    assert [(line["message"], line["cold_start"]) for line in lines] == [
        ("unchanged", True),
        ("unchanged", False),
    ]
    assert written.err == ""


def test_a_failure_counts_under_its_code(capsys: pytest.CaptureFixture[str]) -> None:
    error = {"code": "corrupt", "message": "no pixels"}

    telemetry.handler(CONTEXT, lambda: telemetry.decision("failed", "a.jpg", "id-1", {"error": error}))

    lines = _lines(capsys)
    assert _metrics(lines)["Failures"] == [1.0]
    assert [line["code"] for line in lines if "FailuresByCode" in line] == ["corrupt"]


def test_metrics_are_written_even_if_the_work_fails(capsys: pytest.CaptureFixture[str]) -> None:
    def work() -> None:
        with telemetry.stage("compress"):
            telemetry.decision("compressed", "a.jpg", "id-1", RECORD)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        telemetry.handler(CONTEXT, work)

    counted = _metrics(_lines(capsys))
    assert (counted["Images"], counted["BytesIn"], counted["BytesOut"]) == ([1.0], [1000.0], [400.0])
    assert counted["compressMilliseconds"][0] >= 0
