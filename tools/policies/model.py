"""What botocore and Chalice know of services: methods, operations, waiters, and the actions that operations need."""

import inspect
from collections.abc import Mapping
from functools import cache
from typing import Any, Final, cast

import boto3
from botocore import xform_name
from chalice.policy import load_api_policy_actions, load_custom_policy_actions

SERVICES: Final = ("dynamodb", "lambda", "s3", "sns", "sqs")
_ADDED: Final = {
    *("upload_file", "upload_fileobj", "download_file", "download_fileobj"),
    *("generate_presigned_post", "generate_presigned_url", "get_paginator", "get_waiter"),
}
"""Methods that boto3 adds to operations."""


@cache
def _client(service: str) -> Any:
    return cast("Any", boto3.Session("none", "none", region_name="us-east-1")).client(service)


def operation(service: str, method: str) -> str | None:
    """Return the operation that a method of a client calls; None if there is none."""
    found: str | None = _client(service).meta.method_to_api_mapping.get(method)
    return found


def parameters(service: str, method: str) -> list[str]:
    """Return the parameters by position of a method that boto3 adds to botocore's, such as `upload_file`."""
    function = getattr(_client(service), method, None)
    found = inspect.signature(function).parameters.values() if inspect.ismethod(function) else ()
    return [each.name for each in found if each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]


def waited_for(service: str, waiter: str) -> str | None:
    """Return the method that a waiter calls; None if there is no such waiter."""
    client = _client(service)
    found = client.get_waiter(waiter).config.operation if waiter in client.waiter_names else None
    return xform_name(found) if found else None


@cache
def methods() -> frozenset[str]:
    """Return the names of the methods of clients of those services that policies are mostly about."""
    session = cast("Any", boto3.Session("none", "none", region_name="us-east-1"))._session  # noqa: SLF001 - no client is needed
    operations = [name for each in SERVICES for name in session.get_service_model(each).operation_names]
    return frozenset(map(xform_name, operations)) | _ADDED


@cache
def _actions() -> Mapping[str, Mapping[str, str]]:
    return load_api_policy_actions()


@cache
def _transfer_actions() -> Mapping[str, Mapping[str, list[str]]]:
    return load_custom_policy_actions()


def actions(service: str, method: str) -> list[str]:
    """Return the IAM actions that a method needs by Chalice's tables; none if they do not have it."""
    of_operation = _actions().get(service, {}).get(operation(service, method) or "")
    return [of_operation] if of_operation else list(_transfer_actions().get(service, {}).get(method, []))
