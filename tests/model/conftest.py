"""The model has no time: a worker that waits only lets others run, as any call of AWS does."""

import pytest

from chalicelib import pipeline


@pytest.fixture(autouse=True)
def _wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "sleep", lambda _: None)
