"""Watching a stack change, in the orders in which AWS may tell of it."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import pytest

from tools.deploy import stack
from tools.deploy.errors import DeployError
from tools.deploy.stack import ChangeSet, Stack

NAME = "imagepress-dev"


TEMPLATE = """
Resources:
  Table: {Type: "AWS::DynamoDB::Table", DependsOn: [Queue], Metadata: {DependsOn: [!Ref Queue]}}
  Queue: {Type: "AWS::SQS::Queue"}
"""


class CloudFormation:
    """Answers with the statuses and events given, a look each; the last ones for ever."""

    def __init__(self, statuses: Sequence[str], events: Sequence[Sequence[str]]) -> None:
        self._statuses = _lasting(statuses)
        self._events = _lasting([[], *events])  # nothing has happened before the change begins

    def describe_stacks(self, **_: Any) -> dict[str, Any]:
        return {"Stacks": [{"StackStatus": next(self._statuses), "StackId": "arn"}]}

    def create_change_set(self, **given: Any) -> dict[str, str]:
        self.created = given
        return {"Id": "change-set"}

    def describe_change_set(self, **_: Any) -> dict[str, Any]:
        return {"Status": "CREATE_COMPLETE", "Changes": []}

    def execute_change_set(self, **_: Any) -> None: ...

    def get_paginator(self, _: str) -> "CloudFormation":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"StackEvents": [_event(status) for status in reversed(next(self._events))]}]


def _lasting[T](values: Sequence[T]) -> Iterator[T]:
    yield from values
    while True:
        yield values[-1]


def _event(status: str) -> dict[str, str]:
    return {
        "EventId": status,
        "LogicalResourceId": NAME,
        "ResourceType": "AWS::CloudFormation::Stack",
        "ResourceStatus": status,
    }


def apply(monkeypatch: pytest.MonkeyPatch, statuses: Sequence[str], events: Sequence[Sequence[str]]) -> None:
    monkeypatch.setattr(stack, "_LONGEST_SECONDS", 0.2)
    client: Any = CloudFormation(statuses, events)
    Stack(client, NAME, "Resources: {}", poll_seconds=0).apply(ChangeSet("id", []))


def test_a_change_is_over_although_its_last_event_came_after_the_status_was_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    statuses = ["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]
    apply(monkeypatch, statuses, [["UPDATE_IN_PROGRESS", "UPDATE_COMPLETE"]])


def test_a_change_is_not_over_as_long_as_the_status_is_that_of_last_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with pytest.raises(DeployError, match="still changes"):
        apply(monkeypatch, ["UPDATE_COMPLETE"], [["UPDATE_IN_PROGRESS"]])


def test_a_change_that_was_rolled_back_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    events = ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"]
    with pytest.raises(DeployError, match="ended in UPDATE_ROLLBACK_COMPLETE"):
        apply(monkeypatch, ["UPDATE_IN_PROGRESS", "UPDATE_ROLLBACK_COMPLETE"], [events])


def test_what_was_kept_is_taken_up_without_what_it_otherwise_waits_for() -> None:
    """Since CloudFormation refuses a template that depends on a resource that it lacks."""
    statuses = ["REVIEW_IN_PROGRESS", "IMPORT_COMPLETE"]
    client = CloudFormation(statuses, [["IMPORT_COMPLETE"]])
    given: Any = client
    Stack(given, NAME, TEMPLATE, poll_seconds=0).adopt({"Table": "images"}, {})
    assert json.loads(client.created["TemplateBody"]) == {
        "Resources": {"Table": {"Type": "AWS::DynamoDB::Table"}}
    }
