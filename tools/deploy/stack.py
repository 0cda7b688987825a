"""A CloudFormation stack, changed by change sets."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal

from botocore.exceptions import ClientError, WaiterError
from cfnlint.decode.cfn_yaml import CfnParseError, loads
from yaml import YAMLError

from tools.errors import ToolError

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_SIGNS: Final = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "<"}
_NAME_PROPERTIES: Final = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName"}
_WAIT: Final[Any] = {"Delay": 2, "MaxAttempts": 900}  # seconds, and looks: half an hour
_STARTED: Final = {"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS", "DELETE_IN_PROGRESS"}


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that waits to be executed.

    Attributes:
        identifier: Its ARN.
        kind: Whether it creates or updates the stack.
        changes: A line for each resource.
    """

    identifier: str
    kind: Literal["CREATE", "UPDATE"]
    changes: list[str]


class Stack:
    """One stack.

    Args:
        client: A CloudFormation client.
        name: The stack's name.
        template: The text of its template.
    """

    def __init__(self, client: "CloudFormationClient", name: str, template: str) -> None:
        self._client = client
        self.name = name
        self._template = template

    def exists(self) -> bool:
        """Return whether the stack was created; one with a change set alone was not."""
        return self._status() not in {"", "REVIEW_IN_PROGRESS"}

    def is_half_created(self) -> bool:
        """Return whether the creation failed, so that the stack can only be deleted."""
        return self._status() in {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"}

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs, none if it does not exist."""
        return {output["OutputKey"]: output["OutputValue"] for output in self._describe().get("Outputs", [])}

    def plan(self, parameters: Mapping[str, str], names: Mapping[str, str]) -> ChangeSet | None:
        """Make a change set from the template; None if the stack is up to date already.

        Args:
            parameters: The parameters to set. Others keep the value that they were last given.
            names: Names of buckets and tables by their logical names in the template. A new stack takes up those
                that exist.

        Raises:
            ToolError: The stack cannot be changed now, or CloudFormation refuses the template.
        """
        self._require_changeable()
        kind: Literal["CREATE", "UPDATE"] = "UPDATE" if self.exists() else "CREATE"
        given: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
        previous = {each["ParameterKey"] for each in self._describe().get("Parameters", [])}
        unchanged = previous & set(_parse(self._template)["Parameters"]) - set(parameters)
        given += [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(unchanged)]
        identifier = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"deploy-{time.time_ns()}",  # one left by a deploy that was killed is not in the way
            ChangeSetType=kind,
            TemplateBody=_with_names(self._template, names) if kind == "CREATE" else self._template,
            Parameters=given,
            Tags=[{"Key": "app", "Value": self.name}],
            ImportExistingResources=kind == "CREATE",
            DisableValidation=kind == "CREATE"
            and bool(names),  # it could take a bucket to import for a conflict
        )["Id"]
        waiter = self._client.get_waiter("change_set_create_complete")
        try:
            waiter.wait(ChangeSetName=identifier, StackName=self.name, WaiterConfig=_WAIT)
        except WaiterError as error:
            self._client.delete_change_set(ChangeSetName=identifier, StackName=self.name)
            reason = error.last_response.get("StatusReason", "")
            if "didn't contain changes" in reason or "No updates" in reason:
                return None
            raise ToolError(f"CloudFormation refuses the template: {reason}") from error
        found = self._client.describe_change_set(ChangeSetName=identifier, StackName=self.name)
        changes = [_format_change(change["ResourceChange"]) for change in found["Changes"]]
        return ChangeSet(identifier, kind, changes)

    def apply(self, change_set: ChangeSet) -> None:
        """Execute a change set.

        Raises:
            ToolError: A resource failed; CloudFormation has restored the stack.
        """
        self._client.execute_change_set(ChangeSetName=change_set.identifier, StackName=self.name)
        created = change_set.kind == "CREATE"
        waiter = self._client.get_waiter("stack_create_complete" if created else "stack_update_complete")
        self._wait(waiter, self.name)

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set, and the empty stack that a first one makes."""
        self._client.delete_change_set(ChangeSetName=change_set.identifier, StackName=self.name)
        if change_set.kind == "CREATE":
            self.delete()

    def delete(self) -> None:
        """Delete the stack; resources with data are retained.

        Raises:
            ToolError: A resource could not be deleted.
        """
        if described := self._describe():
            self._client.delete_stack(StackName=self.name)
            self._wait(self._client.get_waiter("stack_delete_complete"), described["StackId"])

    def _wait(self, waiter: Any, identifier: str) -> None:
        try:
            waiter.wait(StackName=identifier, WaiterConfig=_WAIT)
        except WaiterError as error:
            raise ToolError(
                f"The stack {self.name} ended in {self._status()}. {'; '.join(self._failures(identifier))}"
            ) from error

    def _failures(self, identifier: str) -> list[str]:
        """Return the failures of the last operation, first things first."""
        failures: list[str] = []
        for event in self._client.describe_stack_events(StackName=identifier)["StackEvents"]:
            status = event["ResourceStatus"]
            if event["LogicalResourceId"] == self.name and status in _STARTED:
                break
            if status.endswith("FAILED"):
                failures.insert(
                    0, f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', status)}"
                )
        return failures

    def _describe(self) -> Any:
        """Return the description of the stack, empty if it does not exist."""
        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return {}
            raise

    def _status(self) -> str:
        status: str = self._describe().get("StackStatus", "")
        return status

    def _require_changeable(self) -> None:
        status = self._status()
        if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
            raise ToolError(f"The stack {self.name} is being changed ({status}): wait, and run this again.")
        if status.endswith("_FAILED"):
            raise ToolError(
                f"The stack {self.name} is in {status}: open it in the CloudFormation console, "
                "continue the rollback or delete it, and run this again."
            )


def _parse(text: str) -> Any:
    try:
        return loads(text)
    except (YAMLError, CfnParseError) as error:
        raise ToolError(f"The template of the stack must be YAML of CloudFormation: {error}") from error


def _with_names(text: str, names: Mapping[str, str]) -> str:
    """Return a template whose resources have fixed names: CloudFormation imports no resource named by a parameter."""
    template = _parse(text)
    for logical, name in names.items():
        resource = template["Resources"][logical]
        resource["Properties"][_NAME_PROPERTIES[resource["Type"]]] = name
    return json.dumps(template)


def _format_change(change: Any) -> str:
    replaced = " (REPLACED)" if change.get("Replacement") == "True" else ""
    sign = _SIGNS.get(change["Action"], change["Action"])
    return f"{sign} {change['LogicalResourceId']} ({change['ResourceType']}){replaced}"
