"""Which keys an event names, and what happens where one of them fails."""

import signal
from contextlib import suppress
from time import sleep
from typing import Any

import pytest

from chalicelib import events
from chalicelib.pipeline import Outcome, Pipeline
from chalicelib.records import Failure


class Reconciling(Pipeline):
    """Keeps the keys that it is asked to reconcile; of `bad.jpg` it fails."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def reconcile(self, key: str, *, force: bool = False) -> Outcome:  # noqa: ARG002
        if key == "bad.jpg":
            raise ConnectionResetError("the connection was reset")
        self.asked.append(key)
        return "compressed"


def minute() -> int:
    return 60_000


@pytest.fixture
def reconciling(monkeypatch: pytest.MonkeyPatch) -> Reconciling:
    it = Reconciling()
    monkeypatch.setattr(events, "pipeline", lambda: it)
    return it


def named(key: str) -> dict[str, Any]:
    return {"s3": {"bucket": {"name": "source-image"}, "object": {"key": key}}}


def test_one_bad_key_of_an_event_does_not_stop_the_others(
    reconciling: Reconciling, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        events.reconcile_event({"Records": [named("bad.jpg"), named("good+one.jpg")]}, minute)

    assert [type(error) for error in caught.value.exceptions] == [ConnectionResetError]
    assert reconciling.asked == ["good one.jpg"]
    (line,) = caplog.records
    assert (line.levelname, vars(line)["key"]) == ("ERROR", "bad.jpg")
    assert "the connection was reset" in caplog.text


@pytest.mark.parametrize(
    "record", [{}, {"s3": None}, {"s3": {"bucket": {"name": "source-image"}, "object": {"key": None}}}]
)
def test_a_record_that_names_no_object_does_not_stop_the_others(
    reconciling: Reconciling, record: dict[str, Any]
) -> None:
    with pytest.raises(ExceptionGroup, match="some keys") as caught:
        events.reconcile_event({"Records": [record, named("good.jpg")]}, minute)

    assert "has no object key" in str(caught.value.exceptions[0])
    assert reconciling.asked == ["good.jpg"]


class Endless(Reconciling):
    """Takes for ever, in steps that return to Python, as a decoder with an error handler of its own."""

    def __init__(self) -> None:
        self.failures: dict[str, str] = {}

    def reconcile(self, key: str, *, force: bool = False) -> Outcome:  # noqa: ARG002
        while True:
            with suppress(Exception):
                sleep(0.01)

    def record_failure(self, key: str, failure: Failure) -> Outcome:
        self.failures[key] = failure["code"]
        return "failed"


def test_key_that_takes_too_long_gets_a_failed_record_before_lambda_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    endless = Endless()
    monkeypatch.setattr(events, "pipeline", lambda: endless)

    events.reconcile_event({"Records": [named("a.jpg")]}, lambda: 5_050)

    assert endless.failures == {"a.jpg": "timed-out"}


def test_work_in_time_is_not_interrupted_later(reconciling: Reconciling) -> None:
    events.reconcile_event({"Records": [named("a.jpg")]}, lambda: 5_050)

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
