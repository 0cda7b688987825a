"""A CloudFormation stack, changed by change sets and watched while it changes."""

import json
import time
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from tools.deploy.errors import DeployError
from tools.deploy.template import parsed

if TYPE_CHECKING:
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudformation.type_defs import ParameterTypeDef

_NEW = {"REVIEW_IN_PROGRESS"}  # a change set was made, and nothing else
_FAILED_CREATION = {"ROLLBACK_COMPLETE", "CREATE_FAILED", "ROLLBACK_FAILED"}
_SIGNS = {"Add": "+", "Modify": "~", "Remove": "-", "Import": "<"}
_IDENTIFIERS = {"AWS::S3::Bucket": "BucketName", "AWS::DynamoDB::Table": "TableName"}
_LONGEST_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change set that waits to be executed.

    Attributes:
        identifier: Its ARN.
        changes: A line for each resource.
    """

    identifier: str
    changes: list[str]


class Stack:
    """One stack.

    Args:
        client: A CloudFormation client.
        name: The stack's name.
        template: The text of its template.
        say: Takes a line for whoever watches.
        poll_seconds: Time between looks at what is going on.
    """

    def __init__(
        self,
        client: "CloudFormationClient",
        name: str,
        template: str,
        say: Callable[[str], None] = print,
        poll_seconds: float = 2,
    ) -> None:
        self._client = client
        self.name = name
        self._template = template
        self._say = say
        self._poll_seconds = poll_seconds
        self._events_of = name

    def status(self) -> str | None:
        """Return the stack's status, None if it does not exist."""
        described = self._described()
        return described["StackStatus"] if described else None

    def exists(self) -> bool:
        """Return whether the stack was ever completed."""
        return self.status() not in {None, *_NEW, *_FAILED_CREATION}

    def outputs(self) -> dict[str, str]:
        """Return the stack's outputs, none if it does not exist."""
        described = self._described() or {}
        return {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", [])}

    def parameters(self) -> dict[str, str]:
        """Return the parameters that the stack was last given."""
        described = self._described() or {}
        return {each["ParameterKey"]: each["ParameterValue"] for each in described.get("Parameters", [])}

    def check(self, parameters: Mapping[str, str]) -> None:
        """Hold parameters against the template, before anything is changed.

        Raises:
            DeployError: The template has no such parameter, or it may not have this value.
        """
        declared = parsed(self._template)["Parameters"]
        for name, value in parameters.items():
            if name not in declared:
                raise DeployError(
                    f"The stack has no parameter {name!r}; it has {', '.join(sorted(declared))}."
                )
            allowed = declared[name].get("AllowedValues", [value])
            if value not in allowed:
                raise DeployError(f"The parameter {name} is {value!r}, but must be {' or '.join(allowed)}.")

    def resources(self, kept: Container[str] = ()) -> list[str]:
        """Let CloudFormation validate the template, and return a line for each of its resources that is not kept."""
        self._client.validate_template(TemplateBody=self._template)
        declared = parsed(self._template)["Resources"].items()
        return [f"+ {name} ({resource['Type']})" for name, resource in sorted(declared) if name not in kept]

    def plan(self, parameters: Mapping[str, str]) -> ChangeSet | None:
        """Make a change set from the template; None if the stack is up to date already.

        Args:
            parameters: Those to set; others keep the value that they were last given.

        Raises:
            DeployError: The stack cannot be changed now, or the template is refused.
        """
        status = self._ready()
        creating = status is None or status in _NEW
        given: list[ParameterTypeDef] = [
            {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
        ]
        if not creating:
            unchanged = self._declared() & set(self.parameters()) - set(parameters)
            given += [{"ParameterKey": name, "UsePreviousValue": True} for name in sorted(unchanged)]
        answer = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"deploy-{time.time_ns()}",  # one left by a deploy that was killed is not in the way
            ChangeSetType="CREATE" if creating else "UPDATE",
            TemplateBody=self._template,
            Parameters=given,
            Tags=[{"Key": "app", "Value": self.name}],
        )
        return self._awaited(answer["Id"])

    def adopt(self, kept: Mapping[str, str], parameters: Mapping[str, str]) -> None:
        """Create the stack from resources that exist already; `plan` and `apply` then add the others.

        Args:
            kept: The names of the resources by the logical names that the template gives them.
            parameters: The template's parameters; they name what is kept.

        Raises:
            DeployError: CloudFormation does not take them.
        """
        self._ready()
        whole = parsed(self._template)
        resources = {logical: _by_itself(whole["Resources"][logical]) for logical in kept}
        whole |= {"Resources": resources, "Outputs": {}}
        answer = self._client.create_change_set(
            StackName=self.name,
            ChangeSetName=f"adopt-{time.time_ns()}",
            ChangeSetType="IMPORT",
            TemplateBody=json.dumps({section: value for section, value in whole.items() if value}),
            Parameters=[
                {"ParameterKey": name, "ParameterValue": value} for name, value in parameters.items()
            ],
            ResourcesToImport=[
                {
                    "ResourceType": resource["Type"],
                    "LogicalResourceId": logical,
                    "ResourceIdentifier": {_IDENTIFIERS[resource["Type"]]: kept[logical]},
                }
                for logical, resource in resources.items()
            ],
        )
        change_set = self._awaited(answer["Id"])
        assert change_set is not None, "an import is a change"
        self.apply(change_set)

    def apply(self, change_set: ChangeSet) -> None:
        """Execute a change set, and show each resource as it changes.

        Raises:
            DeployError: A resource failed; CloudFormation has put the stack back as it was.
        """
        seen = {event["EventId"] for event in self._events()}
        self._client.execute_change_set(ChangeSetName=change_set.identifier, StackName=self.name)
        self._watch(seen, {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})

    def discard(self, change_set: ChangeSet) -> None:
        """Delete a change set that is not wanted."""
        self._client.delete_change_set(ChangeSetName=change_set.identifier, StackName=self.name)

    def delete(self) -> None:
        """Delete the stack, and show each resource as it goes; those with data are retained.

        Raises:
            DeployError: A resource could not be deleted.
        """
        described = self._described()
        if described is None:
            return
        self._events_of = described["StackId"]  # by its ARN, events can be read when the stack is gone
        seen = {event["EventId"] for event in self._events()}
        self._client.delete_stack(StackName=self.name)
        self._watch(seen, {"DELETE_COMPLETE"})
        self._events_of = self.name

    def _described(self) -> Any:
        try:
            return self._client.describe_stacks(StackName=self.name)["Stacks"][0]
        except ClientError as error:
            if "does not exist" in str(error):
                return None
            raise

    def _declared(self) -> set[str]:
        validated = self._client.validate_template(TemplateBody=self._template)
        return {parameter["ParameterKey"] for parameter in validated["Parameters"]}

    def _ready(self) -> str | None:
        status = self.status()
        if status in _FAILED_CREATION:
            self._say(f"  The stack {self.name} was never completed ({status}): deleting what is left of it.")
            self.delete()
            return None
        if status and status not in _NEW and status.endswith("_IN_PROGRESS"):
            raise DeployError(f"The stack {self.name} is being changed ({status}): wait, and run this again.")
        if status and status.endswith("_FAILED"):
            raise DeployError(
                f"The stack {self.name} is in {status}: open it in the CloudFormation console, "
                "choose to continue the rollback or delete it, and run this again."
            )
        return status

    def _awaited(self, identifier: str) -> ChangeSet | None:
        """Wait until CloudFormation has compared; a comparison without difference counts as failed there."""
        while True:
            found = self._client.describe_change_set(ChangeSetName=identifier, StackName=self.name)
            if found["Status"] == "CREATE_COMPLETE":
                changes = [_line(change["ResourceChange"]) for change in found["Changes"]]
                return ChangeSet(identifier, changes)
            if found["Status"] == "FAILED":
                self._client.delete_change_set(ChangeSetName=identifier, StackName=self.name)
                reason = found.get("StatusReason", "")
                if "didn't contain changes" in reason or "No updates" in reason:
                    return None
                raise DeployError(f"CloudFormation refuses the template: {reason}")
            time.sleep(self._poll_seconds)

    def _events(self) -> list[Any]:
        paginator = self._client.get_paginator("describe_stack_events")
        try:
            pages = paginator.paginate(StackName=self._events_of)
            return [event for page in pages for event in page["StackEvents"]]
        except ClientError as error:
            if "does not exist" in str(error):
                return []
            raise

    def _watch(self, seen: set[str], good: set[str]) -> None:
        """Say every new event, oldest first, until the stack itself has come to rest."""
        failures: list[str] = []
        told = ""  # the status that the stack's own last event of this time told
        deadline = time.monotonic() + _LONGEST_SECONDS
        while time.monotonic() < deadline:
            status = self.status() or "DELETE_COMPLETE"
            for event in [event for event in reversed(self._events()) if event["EventId"] not in seen]:
                seen.add(event["EventId"])
                failures += self._told(event)
                if event["LogicalResourceId"] == self.name:
                    told = event["ResourceStatus"]
            # The status may be that of last time for a moment, and the last event may come between it and the events:
            # the two have to agree, whenever each was seen.
            if status == told and not status.endswith("_IN_PROGRESS"):
                if status in good:
                    return
                raise DeployError(f"The stack {self.name} ended in {status}. {'; '.join(failures)}")
            time.sleep(self._poll_seconds)
        raise DeployError(
            f"The stack {self.name} still changes after {_LONGEST_SECONDS} s: see its events, run this again."
        )

    def _told(self, event: Any) -> list[str]:
        """Say an event of a resource; return its reason if it is a failure."""
        status = event["ResourceStatus"]
        reason = event.get("ResourceStatusReason", "")
        failed = [f"{event['LogicalResourceId']}: {reason}"] if status.endswith("FAILED") else []
        if event["LogicalResourceId"] == self.name or status.endswith("IN_PROGRESS"):
            return failed
        self._say(
            f"  {status.lower().replace('_', ' '):18} {event['LogicalResourceId']} ({event['ResourceType']})"
        )
        return failed


def _by_itself(resource: Mapping[str, Any]) -> dict[str, Any]:
    """Return a resource for a template that lacks what it otherwise waits for."""
    return {name: value for name, value in resource.items() if name not in {"DependsOn", "Metadata"}}


def _line(change: Any) -> str:
    replaced = " (REPLACED)" if change.get("Replacement") == "True" else ""
    sign = _SIGNS.get(change["Action"], change["Action"])
    return f"{sign} {change['LogicalResourceId']} ({change['ResourceType']}){replaced}"
