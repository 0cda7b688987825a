"""What Lambda's invocation records say about a worker: died, too late, or an error of its own."""

from typing import Any

import pytest

from chalicelib import deaths, events, services
from chalicelib.aws.records_table import Conflict
from chalicelib.records import Failure
from tests.fixtures.events import given_up, notification


class Pipeline:
    """Keeps what would be recorded."""

    def __init__(self, error: Exception | None = None) -> None:
        self.failures: dict[str, Failure] = {}
        self._error = error

    def record_failure(self, key: str, failure: Failure) -> None:
        if self._error:
            raise self._error
        self.failures[key] = failure


class Adapters:
    """Keep the events for the dead-letter queue, and the keys for the compress function."""

    def __init__(self) -> None:
        self.dead_letters = self.compress_function = self
        self.events: list[Any] = []
        self.requested: list[str] = []

    def keep_event(self, event: Any) -> None:
        self.events.append(event)

    def request_compression(self, key: str) -> None:
        self.requested.append(key)


def invocation(response: Any) -> Any:
    return given_up(notification("a b.jpg"), response)


@pytest.fixture
def queue(monkeypatch: pytest.MonkeyPatch) -> Adapters:
    adapters = Adapters()
    monkeypatch.setattr(services, "of_functions", lambda: adapters)
    return adapters


@pytest.fixture
def pipeline(monkeypatch: pytest.MonkeyPatch) -> Pipeline:
    pipeline = Pipeline()
    monkeypatch.setattr(events, "pipeline", lambda: pipeline)
    return pipeline


@pytest.mark.parametrize(
    ("response", "code"),
    [
        (
            {
                "errorType": "Runtime.ExitError",
                "errorMessage": "RequestId: 1 Error: Runtime exited with error: signal: killed",
            },
            "worker-died",
        ),
        (
            {"errorType": "Runtime.OutOfMemory", "errorMessage": "RequestId: 1 Error: Out of memory"},
            "worker-died",
        ),
        (
            {
                "errorType": "Sandbox.Timedout",
                "errorMessage": "RequestId: 1 Error: Task timed out after 60.00 seconds",
            },
            "timed-out",
        ),
        ({"errorMessage": "2026-11-26T10:00:00.000Z 1 Task timed out after 60.06 seconds"}, "timed-out"),
    ],
)
def test_worker_that_died_leaves_a_failed_record(
    pipeline: Pipeline, queue: Adapters, response: Any, code: str
) -> None:
    deaths.handle(invocation(response))

    assert pipeline.failures["a b.jpg"]["code"] == code
    assert "3 attempts" in pipeline.failures["a b.jpg"]["message"]
    assert len(queue.events) == 1


@pytest.mark.parametrize(
    "response",
    [None, {}, {"errorType": "ExceptionGroup", "errorMessage": "some keys could not be reconciled"}],
)
def test_error_that_a_worker_reported_only_waits_in_the_queue(
    pipeline: Pipeline, queue: Adapters, response: Any
) -> None:
    deaths.handle(invocation(response))

    assert pipeline.failures == {}
    assert queue.events == [invocation(response)]


def test_newer_record_of_another_worker_stays_and_its_objects_are_checked(
    monkeypatch: pytest.MonkeyPatch, queue: Adapters
) -> None:
    monkeypatch.setattr(events, "pipeline", lambda: Pipeline(Conflict()))

    deaths.handle(invocation({"errorType": "Runtime.ExitError"}))

    assert queue.requested == ["a b.jpg"]
    assert len(queue.events) == 1
