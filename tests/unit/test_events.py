"""Which keys an event names, and what happens where one of them fails."""

import signal
from contextlib import suppress
from time import sleep
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import events
from chalicelib.records import Failure


def minute() -> int:
    return 60_000


@pytest.fixture
def reconciled(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The keys that have been reconciled; of `bad.jpg` it fails."""
    keys: list[str] = []

    def reconcile(key: str, *, force: bool) -> None:
        if key == "bad.jpg":
            raise ConnectionResetError("the connection was reset")
        keys.append(key)

    monkeypatch.setattr(events, "pipeline", lambda: SimpleNamespace(reconcile=reconcile))
    return keys


def named(key: str) -> dict[str, Any]:
    return {"s3": {"bucket": {"name": "source-image"}, "object": {"key": key}}}


def test_one_bad_key_of_an_event_does_not_stop_the_others(
    reconciled: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(ExceptionGroup) as caught:
        events.reconcile_event({"Records": [named("bad.jpg"), named("good+one.jpg")]}, minute)

    assert [type(error) for error in caught.value.exceptions] == [ConnectionResetError]
    assert reconciled == ["good one.jpg"]
    (line,) = caplog.records
    assert (line.levelname, vars(line)["key"]) == ("ERROR", "bad.jpg")
    assert "the connection was reset" in caplog.text


@pytest.mark.parametrize(
    "record", [{}, {"s3": None}, {"s3": {"bucket": {"name": "source-image"}, "object": {"key": None}}}]
)
def test_a_record_that_names_no_object_does_not_stop_the_others(
    reconciled: list[str], record: dict[str, Any]
) -> None:
    with pytest.raises(ExceptionGroup, match="some keys") as caught:
        events.reconcile_event({"Records": [record, named("good.jpg")]}, minute)

    assert "has no object key" in str(caught.value.exceptions[0])
    assert reconciled == ["good.jpg"]


def test_key_that_takes_too_long_gets_a_failed_record_before_lambda_ends_the_worker(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    failures: dict[str, Failure] = {}

    def take_for_ever(key: str, *, force: bool) -> None:
        while True:  # in steps that return to Python, as a decoder with an error handler of its own
            with suppress(Exception):
                sleep(0.01)

    pipeline = SimpleNamespace(reconcile=take_for_ever, record_failure=failures.__setitem__)
    monkeypatch.setattr(events, "pipeline", lambda: pipeline)

    events.reconcile_event({"Records": [named("a.jpg")]}, lambda: 5_050)

    assert failures["a.jpg"]["code"] == "timed-out"


def test_work_in_time_is_not_interrupted_later(reconciled: list[str]) -> None:
    events.reconcile_event({"Records": [named("a.jpg")]}, lambda: 5_050)

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
