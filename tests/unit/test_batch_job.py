"""The documented call of S3 Batch Operations, against the SDK's own description of AWS."""

import json
import re
import shlex
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.model import ListShape, Shape, StructureShape
from botocore.validate import ParamValidator

from tools.server import PROJECT

OPERATIONS = (PROJECT / "docs" / "operations.md").read_text()
CONFIG = json.loads((PROJECT / ".chalice" / "config.json").read_text())
JSON_ARGUMENTS = {"Operation", "Manifest", "Report", "AssumeRolePolicyDocument", "PolicyDocument"}


def arguments(service: str, operation: str) -> dict[str, Any]:
    """Return the parameters of a documented command, under the names of the SDK."""
    (command,) = re.findall(rf"^    aws {service} {operation} .*\n(?:      .*\n)*", OPERATIONS, re.MULTILINE)
    words = shlex.split(command.replace("\\\n", " "))[3:]
    found: dict[str, Any] = {}
    while words:
        name = "".join(part.capitalize() for part in words.pop(0).removeprefix("--").split("-"))
        if name == "NoConfirmationRequired":
            found["ConfirmationRequired"] = False
        elif name != "Region":
            value = words.pop(0)
            found[name] = json.loads(value) if name in JSON_ARGUMENTS else value
        else:
            words.pop(0)
    return found


def shape_of(service: str, operation: str) -> Any:
    session = boto3.Session("none", "none", region_name="us-east-1")
    client: Any = session.client(service)  # type: ignore[call-overload]
    return client.meta.service_model.operation_model(operation).input_shape


def strings(value: Any, shape: Shape) -> Iterator[tuple[str, list[str]]]:
    """Yield each string with what AWS allows there, where it is one of a list."""
    if isinstance(shape, StructureShape):
        for name, member in value.items():
            yield from strings(member, shape.members[name])
    elif isinstance(shape, ListShape):
        for member in value:
            yield from strings(member, shape.member)
    elif getattr(shape, "enum", None):
        yield value, list(shape.enum)  # type: ignore[attr-defined]


@pytest.fixture(scope="module")
def job() -> dict[str, Any]:
    return arguments("s3control", "create-job")


def test_the_call_is_one_that_the_sdk_takes(job: dict[str, Any]) -> None:
    shape = shape_of("s3control", "CreateJob")
    given = {**job, "Priority": int(job["Priority"]), "ClientRequestToken": "made by the command line"}

    assert ParamValidator().validate(given, shape).generate_report() == ""
    assert set(shape.required_members) <= given.keys()
    assert [(value, allowed) for value, allowed in strings(given, shape) if value not in allowed] == []


def test_the_call_names_the_deployed_function_and_a_schema_that_it_answers(job: dict[str, Any]) -> None:
    called = job["Operation"]["LambdaInvoke"]

    assert called["FunctionArn"].endswith(":function:imagepress-prod-compress_batch")
    assert "compress_batch" in CONFIG["stages"]["prod"]["lambda_functions"]
    assert called["InvocationSchemaVersion"] == "2.0"


def test_the_role_may_do_just_what_the_call_needs(job: dict[str, Any]) -> None:
    trusted = arguments("iam", "create-role")
    allowed = arguments("iam", "put-role-policy")

    assert job["RoleArn"].endswith(f":role/{trusted['RoleName']}")
    assert trusted["RoleName"] == allowed["RoleName"]
    (trust,) = trusted["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Principal"] == {"Service": "batchoperations.s3.amazonaws.com"}
    resources = {str(each["Action"]): each["Resource"] for each in allowed["PolicyDocument"]["Statement"]}
    manifest = job["Manifest"]["Location"]["ObjectArn"].rpartition("/")[0]
    assert resources == {
        "lambda:InvokeFunction": job["Operation"]["LambdaInvoke"]["FunctionArn"],
        "['s3:GetObject', 's3:GetObjectVersion']": f"{manifest}/*",
        "s3:PutObject": f"{job['Report']['Bucket']}/{job['Report']['Prefix']}/*",
    }
