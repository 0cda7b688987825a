"""The model has no time: a worker that waits only lets others run, as any call of AWS does."""

from contextlib import nullcontext

import pytest

from chalicelib import pipeline, telemetry


@pytest.fixture(autouse=True)
def _wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "sleep", lambda _: None)


@pytest.fixture(autouse=True)
def _log_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "stage", lambda _: nullcontext())
    monkeypatch.setattr(telemetry, "decision", lambda *_: None)
