"""What becomes of a stack: which change set it gets, and how a failure is reported."""

import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import ANY, Stubber

from tools.deploy.stack import ChangeSet, Stack
from tools.deploy.steps import Deployment
from tools.errors import ToolError
from tools.server import PROJECT

NAME = "imagepress-dev"
TEMPLATE = """
Parameters:
  Tls: {Type: String}
Resources:
  Table: {Type: "AWS::DynamoDB::Table", Properties: {TableName: !If [Named, !Ref Name, !Ref "AWS::NoValue"]}}
"""


@pytest.fixture
def cloudformation() -> Iterator[Stubber]:
    client = boto3.client(
        "cloudformation", region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    with Stubber(client) as stub:
        yield stub
        stub.assert_no_pending_responses()


def stack(stub: Stubber) -> Stack:
    client: Any = stub.client
    return Stack(client, NAME, TEMPLATE)


def describe(stub: Stubber, *statuses: str, parameters: Any = ()) -> None:
    """Answer so many looks at the stack with these statuses; with an empty status, that it does not exist."""
    for status in statuses:
        described = {"StackName": NAME, "StackId": "arn", "CreationTime": "2026-01-01", "StackStatus": status}
        if status:
            stub.add_response("describe_stacks", {"Stacks": [described | {"Parameters": [*parameters]}]})
        else:
            stub.add_client_error("describe_stacks", "ValidationError", f"Stack {NAME} does not exist")


def event(logical: str, status: str, reason: str = "") -> dict[str, str]:
    return {
        "StackId": "arn",
        "EventId": f"{logical} {status}",
        "StackName": NAME,
        "Timestamp": "2026-01-01",
        "LogicalResourceId": logical,
        "ResourceStatus": status,
        "ResourceStatusReason": reason,
    }


def test_a_change_that_is_rolled_back_fails_with_the_reasons_of_this_change_only(
    cloudformation: Stubber,
) -> None:
    events = [
        event(NAME, "UPDATE_ROLLBACK_COMPLETE"),
        event("Queue", "UPDATE_FAILED", "cancelled"),
        event("Table", "UPDATE_FAILED", "too many indexes"),
        event(NAME, "UPDATE_IN_PROGRESS"),
        event("Dashboard", "UPDATE_FAILED", "of an earlier change"),
    ]
    cloudformation.add_response("execute_change_set", {})
    describe(cloudformation, "UPDATE_ROLLBACK_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
    cloudformation.add_response("describe_stack_events", {"StackEvents": events})
    message = r"ended in UPDATE_ROLLBACK_COMPLETE\. Table: too many indexes; Queue: cancelled$"
    with pytest.raises(ToolError, match=message):
        stack(cloudformation).apply(ChangeSet("id", "UPDATE", []))


def answer_change_set(stub: Stubber, asked: dict[str, Any], **described: Any) -> None:
    stub.add_response("create_change_set", {"Id": "arn:change-set"}, asked)
    stub.add_response("describe_change_set", described)


def test_a_new_stack_takes_up_resources_by_a_fixed_name(cloudformation: Stubber) -> None:
    """CloudFormation imports no resource whose name is a parameter."""
    templates: list[str] = []
    given: Any = cloudformation.client
    given.meta.events.register(
        "provide-client-params.cloudformation.CreateChangeSet",
        lambda params, **_: templates.append(params["TemplateBody"]),
    )
    describe(cloudformation, "", "", "")
    asked: dict[str, Any] = dict.fromkeys(("ChangeSetName", "TemplateBody", "Tags"), ANY)
    asked |= {"StackName": NAME, "ChangeSetType": "CREATE", "Parameters": []}
    answer_change_set(
        cloudformation,
        asked | {"ImportExistingResources": True, "DisableValidation": True},
        Status="CREATE_COMPLETE",
        Changes=[],
    )
    cloudformation.add_response("describe_change_set", {"Changes": []})
    assert stack(cloudformation).plan({}, {"Table": "images"}) == ChangeSet("arn:change-set", "CREATE", [])
    (template,) = templates
    assert json.loads(template)["Resources"]["Table"]["Properties"] == {"TableName": "images"}


@pytest.mark.parametrize(
    ("reason", "message"),
    [
        ("The submitted information didn't contain changes.", None),
        ("Bad value.", "refuses the template: Bad value."),
    ],
)
def test_parameters_keep_their_values_and_only_a_difference_is_a_change(
    cloudformation: Stubber, reason: str, message: str | None
) -> None:
    previous = [{"ParameterKey": name, "ParameterValue": "x"} for name in ("Tls", "Removed")]
    describe(cloudformation, "UPDATE_COMPLETE", "UPDATE_COMPLETE")
    describe(cloudformation, "UPDATE_COMPLETE", parameters=previous)
    asked: dict[str, Any] = dict.fromkeys(("ChangeSetName", "Tags"), ANY)
    asked |= {"StackName": NAME, "ChangeSetType": "UPDATE", "TemplateBody": TEMPLATE}
    asked |= {"Parameters": [{"ParameterKey": "Tls", "UsePreviousValue": True}]}
    asked |= {"ImportExistingResources": False, "DisableValidation": False}
    answer_change_set(cloudformation, asked, Status="FAILED", StatusReason=reason)
    cloudformation.add_response("delete_change_set", {})
    if message is None:
        assert stack(cloudformation).plan({}, {}) is None
        return
    with pytest.raises(ToolError, match=message):
        stack(cloudformation).plan({}, {})


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        ("UPDATE_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "wait"),
        ("UPDATE_ROLLBACK_FAILED", "continue the rollback"),
        ("DELETE_FAILED", "delete it"),
    ],
)
def test_a_stack_that_cannot_change_now_is_left_alone_with_advice(
    cloudformation: Stubber, status: str, advice: str
) -> None:
    describe(cloudformation, status)
    with pytest.raises(ToolError, match=f"{status}.*{advice}"):
        stack(cloudformation).plan({}, {})


@pytest.mark.parametrize("status", ["ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"])
def test_a_stack_whose_creation_failed_is_deleted_first_but_not_in_a_dry_run(
    cloudformation: Stubber, status: str
) -> None:
    session: Any = SimpleNamespace(client=lambda _: cloudformation.client)
    describe(cloudformation, status)
    Deployment(PROJECT, session, "dev", {}, dry_run=True).change_infrastructure()

    describe(cloudformation, status, status)
    cloudformation.add_response("delete_stack", {})
    describe(cloudformation, "DELETE_COMPLETE", "", "UPDATE_IN_PROGRESS")  # the last one ends the test
    with pytest.raises(ToolError, match="is being changed"):
        Deployment(PROJECT, session, "dev", {}).change_infrastructure()


@pytest.mark.parametrize("template", ["Parameters: [", "Parameters: {A: 1, A: 2}"])
def test_a_template_that_cannot_be_read_is_refused(cloudformation: Stubber, template: str) -> None:
    client: Any = cloudformation.client
    describe(cloudformation, "", "", "")
    with pytest.raises(ToolError, match="must be YAML of CloudFormation"):
        Stack(client, NAME, template).plan({}, {})
