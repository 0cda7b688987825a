"""What a call of AWS must be allowed: exact actions on exact resources."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from tools.policies import model
from tools.policies.calls import Argument, Call
from tools.policies.errors import PolicyError


@dataclass(frozen=True, slots=True)
class Account:
    """Where the resources are: `aws` or another partition, the account's id, and the region."""

    partition: str
    identifier: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.identifier}:{resource}"


@dataclass(frozen=True, order=True, slots=True)
class Grant:
    """An action that is allowed on a resource."""

    action: str
    resource: str


_ACTIONS: Final[Mapping[tuple[str, str], str]] = {
    ("lambda", "invoke"): "lambda:InvokeFunction",
    ("s3", "delete_objects"): "s3:DeleteObject",
    ("s3", "head_bucket"): "s3:ListBucket",
    ("s3", "list_object_versions"): "s3:ListBucketVersions",
}
"""Actions of methods that Chalice's tables lack, by the service authorization reference."""

_ALSO: Final[Mapping[tuple[str, str], str]] = {
    ("delete_object", "VersionId"): "s3:DeleteObjectVersion",
    ("get_object", "VersionId"): "s3:GetObjectVersion",
    ("head_object", "VersionId"): "s3:GetObjectVersion",
    ("put_object", "ACL"): "s3:PutObjectAcl",
    ("put_object", "IfMatch"): "s3:GetObject",
    ("put_object", "Tagging"): "s3:PutObjectTagging",
}
"""Actions that an argument of a method of S3 needs besides."""

_TELLING_MISSING: Final = {"get_object", "head_object"}
"""Methods of S3 that answer 403 instead of 404 where an object is missing, to who may not list the bucket."""

_TRANSACTION: Final[Mapping[str, str]] = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
"""Actions of the members of DynamoDB's transactions, which have none of their own."""

_NAMED_BY: Final[Mapping[str, str]] = {
    "dynamodb": "TableName",
    "lambda": "FunctionName",
    "s3": "Bucket",
    "sns": "TopicArn",
    "sqs": "QueueUrl",
}
"""The argument that names the resource of a service's methods."""


def grants(call: Call, account: Account) -> Iterator[Grant]:
    """Yield what a call must be allowed.

    Raises:
        PolicyError: The action or the resource cannot be told.
    """
    if call.method in {"transact_get_items", "transact_write_items"}:
        yield from _transaction(call, account)
        return
    for action in _actions(call):
        for resource in _resources(call, account):
            yield Grant(action, _addressed(action, resource))


def _actions(call: Call) -> list[str]:
    own = _ACTIONS.get((call.service, call.method))
    found = [own] if own else model.actions(call.service, call.method)
    if not found:
        known = model.operation(call.service, call.method)
        raise _problem(call, "no action is known for it" if known else "there is no such method")
    if call.service != "s3":
        return found
    found += [
        action for (method, name), action in _ALSO.items() if method == call.method and name in call.arguments
    ]
    return found + ["s3:ListBucket"] * (call.method in _TELLING_MISSING and not call.is_presigned)


def _addressed(action: str, resource: str) -> str:
    """Return what an action addresses: of S3's, those named after objects and uploads of parts, a bucket's objects."""
    service, _, name = action.partition(":")
    of_objects = service == "s3" and ("Object" in name or "Multipart" in name) and "Bucket" not in name
    return f"{resource}/*" if of_objects else resource


def _resources(call: Call, account: Account) -> list[str]:
    if call.method in {"batch_get_item", "batch_write_item"}:
        return [_table(name, account) for name in _keys(call, call.arguments.get("RequestItems"))]
    if call.service not in _NAMED_BY:
        raise _problem(call, f"resources of {call.service} are not known")
    name = _NAMED_BY[call.service]
    resources = [_ARNS[call.service](each, account) for each in _texts(call, name, call.arguments.get(name))]
    if "IndexName" not in call.arguments:
        return resources
    indexes = _texts(call, "IndexName", call.arguments["IndexName"])
    return [f"{resource}/index/{index}" for resource in resources for index in indexes]


def _transaction(call: Call, account: Account) -> Iterator[Grant]:
    for item in _items(call, call.arguments.get("TransactItems")).values():
        for name, member in _items(call, item).items():
            if name not in _TRANSACTION:
                raise _problem(call, "what the transaction does cannot be told")
            for table in _texts(call, "TableName", _items(call, member).get("TableName")):
                yield Grant(_TRANSACTION[str(name)], _table(table, account))


def _items(call: Call, argument: Argument | None) -> dict[str | int, Argument]:
    found = argument.items() if argument else None
    if not found:
        raise _problem(call, "what the transaction does cannot be told")
    return found


def _keys(call: Call, argument: Argument | None) -> list[str]:
    items = argument.items() if argument else None
    names = [key for key in items or () if isinstance(key, str) and key != "*any*"]
    if not items or len(names) < len(items):
        raise _problem(call, "the tables of RequestItems cannot be told")
    return names


def _texts(call: Call, name: str, argument: Argument | None) -> list[str]:
    found = argument.texts() if argument else None
    if found is None:
        raise _problem(call, f"its {name} cannot be told" if argument else f"it has no {name}")
    if "" in found:
        raise _problem(call, f"its {name} may be empty: a variable is not set in config.json")
    return sorted(found)


def _problem(call: Call, why: str) -> PolicyError:
    return PolicyError(f"{call.place}: {call.service}'s {call.method}: {why}")


def _bucket(name: str, account: Account) -> str:
    return name if name.startswith("arn:") else f"arn:{account.partition}:s3:::{name}"


def _table(name: str, account: Account) -> str:
    return name if name.startswith("arn:") else account.arn("dynamodb", f"table/{name}")


def _function(name: str, account: Account) -> str:
    return name if name.startswith("arn:") else account.arn("lambda", f"function:{name}")


def _queue(url: str, account: Account) -> str:
    *_, owner, name = urlsplit(url).path.split("/")
    return f"arn:{account.partition}:sqs:{account.region}:{owner}:{name}"


def _topic(arn: str, _: Account) -> str:
    return arn


_ARNS: Final[Mapping[str, Callable[[str, Account], str]]] = {
    "dynamodb": _table,
    "lambda": _function,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}


def document(allowed: Iterable[Grant]) -> dict[str, object]:
    """Return the policy that allows just these: actions on the same resources of a service together."""
    resources: dict[str, set[str]] = {}
    for grant in allowed:
        resources.setdefault(grant.action, set()).add(grant.resource)
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for action in sorted(resources):
        key = action.partition(":")[0], tuple(sorted(resources[action]))
        together.setdefault(key, []).append(action)
    statements = [
        {"Effect": "Allow", "Action": actions, "Resource": list(addressed)}
        for (_, addressed), actions in together.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}
