"""The model has no time: a worker that waits only lets others run, as any call of AWS does."""

from contextlib import nullcontext
from itertools import product
from unittest.mock import Mock

import pytest

from chalicelib import pipeline, telemetry
from tests.model.agreement import compress_once, compressed
from tests.model.schedule import CONTENTS, SETTINGS


@pytest.fixture(autouse=True)
def _compress_each_content_once(monkeypatch: pytest.MonkeyPatch) -> None:
    # Coverage does not trace the tests, but it traces this: the modules of the formats are imported here.
    for data, options in product(CONTENTS, SETTINGS):
        compressed(data, options)
    monkeypatch.setattr(pipeline, "compress", compress_once)


@pytest.fixture(autouse=True)
def _wait_for_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "sleep", lambda _: None)


@pytest.fixture(autouse=True)
def _log_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telemetry, "stage", lambda _: nullcontext())
    monkeypatch.setattr(telemetry, "decision", lambda *_: None)
    monkeypatch.setattr(telemetry, "logger", Mock)
