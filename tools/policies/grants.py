"""What a call of AWS must be allowed: exact actions on exact resources."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from tools.policies import model, s3
from tools.policies.arns import ARNS, NAMED_BY, Account, index, qualified, table
from tools.policies.calls import Argument, Call
from tools.policies.errors import PolicyError


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

_NEEDING_MORE: Final = {"KmsKeyId", "SSEKMSKeyId", "Tags", "tags"}
"""Arguments of any method that need permissions on other things."""

_REFUSED: Final[Mapping[tuple[str, str], str]] = {
    ("s3", name): "what a copy needs depends on the tags of its source: read and write the object"
    for name in ("copy", "copy_object", "upload_part_copy")
}
"""Methods whose needs depend on what is stored."""

_TRANSACTION: Final[Mapping[str, str]] = {
    "ConditionCheck": "dynamodb:ConditionCheckItem",
    "Delete": "dynamodb:DeleteItem",
    "Get": "dynamodb:GetItem",
    "Put": "dynamodb:PutItem",
    "Update": "dynamodb:UpdateItem",
}
"""Actions of the members of DynamoDB's transactions, which have none of their own."""


def grants(call: Call, account: Account) -> Iterator[Grant]:
    """Yield what a call must be allowed.

    Raises:
        PolicyError: The action or the resource cannot be told.
    """
    if call.region:
        account = replace(account, region=call.region)
    if call.method in {"transact_get_items", "transact_write_items"}:
        yield from _transaction(call, account)
        return
    for action in _actions(call):
        for resource in _resources(call, account):
            yield Grant(action, _addressed(action, resource))


def _actions(call: Call) -> list[str]:
    own = _ACTIONS.get((call.service, call.method))
    found = [own] if own else model.actions(call.service, call.method)
    if why := _REFUSED.get((call.service, call.method)):
        raise _problem(call, why)
    if not found:
        known = model.operation(call.service, call.method)
        raise _problem(call, "no action is known for it" if known else "there is no such method")
    if unknown := call.arguments.keys() & _NEEDING_MORE:
        raise _problem(call, f"what its {min(unknown)} needs is not known")
    try:
        return list(s3.actions(call, found)) if call.service == "s3" else found
    except s3.UnknownNeedError as error:
        raise _problem(call, str(error)) from error


def _addressed(action: str, resource: str) -> str:
    """Return what an action addresses: of S3's, those named after objects and uploads of parts, a bucket's objects."""
    service, _, name = action.partition(":")
    of_objects = service == "s3" and ("Object" in name or "Multipart" in name) and "Bucket" not in name
    return f"{resource}/*" if of_objects else resource


def _resources(call: Call, account: Account) -> list[str]:
    if call.method in {"batch_get_item", "batch_write_item"}:
        return [_table(call, name, account) for name in _keys(call, call.arguments.get("RequestItems"))]
    if call.service not in NAMED_BY:
        raise _problem(call, f"resources of {call.service} are not known")
    name = NAMED_BY[call.service]
    texts = _texts(call, name, call.arguments.get(name))
    resources = [_known(call, name, text, ARNS[call.service](text, account)) for text in texts]
    for part in {"IndexName", "Qualifier"} & call.arguments.keys():
        resources = list(_parts(call, part, resources))
    return resources


def _parts(call: Call, name: str, wholes: list[str]) -> Iterator[str]:
    """Yield the indexes of tables, or versions of functions, that an argument names; also the wholes, if it may not."""
    for whole in wholes:
        for text in _texts(call, name, call.arguments[name]):
            arn = qualified(whole, text) if name == "Qualifier" else index(whole, text)
            yield _known(call, name, text, arn)
        if not call.arguments[name].is_sure:
            yield whole


def _table(call: Call, name: str, account: Account) -> str:
    return _known(call, "table", name, table(name, account))


def _known(call: Call, name: str, text: str, arn: str | None) -> str:
    if arn is None:
        raise _problem(call, f"the ARN of its {name} {text!r} is not known")
    return arn


def _transaction(call: Call, account: Account) -> Iterator[Grant]:
    for item in _items(call, call.arguments.get("TransactItems")).values():
        for name, member in _items(call, item).items():
            if name not in _TRANSACTION:
                raise _problem(call, "what the transaction does cannot be told")
            for each in _texts(call, "TableName", _items(call, member).get("TableName")):
                yield Grant(_TRANSACTION[str(name)], _table(call, each, account))


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
