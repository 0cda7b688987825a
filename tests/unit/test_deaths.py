"""What Lambda's invocation records say about a worker: died, too late, or an error of its own."""

from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib import deaths, events, services
from chalicelib.aws.records_table import Conflict
from chalicelib.records import Failure
from tests.fixtures.events import given_up, notification


def invocation(response: Any) -> Any:
    return given_up(notification("a b.jpg"), response)


class Adapters:
    """The events in the dead-letter queue, and the keys that `compress` is to reconcile."""

    def __init__(self) -> None:
        self.waiting: list[Any] = []
        self.requested: list[str] = []
        self.dead_letters = SimpleNamespace(keep_event=self.waiting.append)
        self.compress_function = SimpleNamespace(request_compression=self.requested.append)


@pytest.fixture
def adapters(monkeypatch: pytest.MonkeyPatch) -> Adapters:
    kept = Adapters()
    monkeypatch.setattr(services, "of_functions", lambda: kept)
    return kept


@pytest.fixture
def failures(monkeypatch: pytest.MonkeyPatch) -> dict[str, Failure]:
    """What is recorded, by key."""
    recorded: dict[str, Failure] = {}
    pipeline = SimpleNamespace(record_failure=recorded.__setitem__)
    monkeypatch.setattr(events, "pipeline", lambda: pipeline)
    return recorded


@pytest.mark.parametrize(
    ("kind", "message", "code"),
    [
        ("Runtime.ExitError", "Error: Runtime exited with error: signal: killed", "worker-died"),
        ("Runtime.OutOfMemory", "Error: Out of memory", "worker-died"),
        ("Sandbox.Timedout", "Error: Task timed out after 60.00 seconds", "timed-out"),
        (None, "2026-11-26T10:00:00.000Z 1 Task timed out after 60.06 seconds", "timed-out"),
    ],
)
def test_worker_that_died_leaves_a_failed_record(
    failures: dict[str, Failure], adapters: Adapters, kind: str | None, message: str, code: str
) -> None:
    response = {"errorMessage": f"RequestId: 1 {message}"} | ({"errorType": kind} if kind else {})

    deaths.handle(invocation(response))

    assert failures["a b.jpg"]["code"] == code
    assert "3 attempts" in failures["a b.jpg"]["message"]
    assert len(adapters.waiting) == 1


@pytest.mark.parametrize(
    "response",
    [None, {}, {"errorType": "ExceptionGroup", "errorMessage": "some keys could not be reconciled"}],
)
def test_error_that_a_worker_reported_only_waits_in_the_queue(
    failures: dict[str, Failure], adapters: Adapters, response: Any
) -> None:
    deaths.handle(invocation(response))

    assert failures == {}
    assert adapters.waiting == [invocation(response)]


def test_newer_record_of_another_worker_stays_and_its_objects_are_checked(
    monkeypatch: pytest.MonkeyPatch, adapters: Adapters
) -> None:
    def conflict(*_: object) -> None:
        raise Conflict

    monkeypatch.setattr(events, "pipeline", lambda: SimpleNamespace(record_failure=conflict))

    deaths.handle(invocation({"errorType": "Runtime.ExitError"}))

    assert adapters.requested == ["a b.jpg"]
    assert len(adapters.waiting) == 1
