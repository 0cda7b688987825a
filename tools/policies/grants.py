"""What a call of AWS must be allowed: exact actions on exact resources."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from tools.policies.calls import Call
from tools.policies.program import PolicyError


class Grant(NamedTuple):
    """An action that is allowed on a resource."""

    action: str
    resource: str


# The action of each operation, and what follows the adapter's ARN: `/*` for the objects of a bucket.
_ACTIONS: Final[Mapping[str, tuple[tuple[str, str], ...]]] = {
    "dynamodb.batch_get_item": (("dynamodb:BatchGetItem", ""),),
    "dynamodb.delete_item": (("dynamodb:DeleteItem", ""),),
    "dynamodb.get_item": (("dynamodb:GetItem", ""),),
    "dynamodb.put_item": (("dynamodb:PutItem", ""),),
    "dynamodb.query": (("dynamodb:Query", "/index/{IndexName}"),),
    "dynamodb.update_item": (("dynamodb:UpdateItem", ""),),
    "lambda.invoke": (("lambda:InvokeFunction", ""),),
    "s3.delete_object": (("s3:DeleteObject", "/*"),),
    "s3.delete_objects": (("s3:DeleteObject", "/*"),),
    # Without s3:ListBucket, S3 answers 403 instead of 404 where there is no object.
    "s3.get_object": (("s3:GetObject", "/*"), ("s3:ListBucket", "")),
    "s3.head_bucket": (("s3:ListBucket", ""),),
    "s3.head_object": (("s3:GetObject", "/*"), ("s3:ListBucket", "")),
    "s3.list_objects_v2": (("s3:ListBucket", ""),),
    "s3.put_object": (("s3:PutObject", "/*"),),
    "sqs.send_message": (("sqs:SendMessage", ""),),
}

# Arguments that need further permissions, which the table above lacks.
_NEEDING_MORE: Final = {
    *("ACL", "GrantFullControl", "GrantRead", "GrantReadACP", "GrantWriteACP", "SSEKMSKeyId", "Tagging"),
    *("ObjectLockLegalHoldStatus", "ObjectLockMode", "ObjectLockRetainUntilDate", "Qualifier", "VersionId"),
}


def grants(call: Call, variables: Mapping[str, str]) -> Iterator[Grant]:
    """Yield what a call must be allowed, or raise PolicyError where that is not known.

    Args:
        call: The call.
        variables: The values of the placeholders of the ARN.
    """
    for name in sorted(_NEEDING_MORE & call.arguments.keys()):
        raise PolicyError(f"{call.place}: what {name} needs is not known; add it to tools/policies/grants.py")
    arn = filled(call.arn, variables, call.place)
    for action, suffix in _actions(call):
        index = call.constant("IndexName")
        if "{IndexName}" in suffix and index is None:
            raise PolicyError(f"{call.place}: write the IndexName of each query as a string")
        yield Grant(action, arn + suffix.format(IndexName=index))


def filled(arn: str, variables: Mapping[str, str], place: str) -> str:
    """Return an ARN with its placeholders filled in."""
    try:
        return arn.format_map(variables)
    except KeyError as error:
        raise PolicyError(f"{place}: {error.args[0]} is not set; set it in .chalice/config.json") from error


def _actions(call: Call) -> Iterator[tuple[str, str]]:
    name = f"{call.service}.{call.operation}"
    if name not in _ACTIONS:
        raise PolicyError(
            f"{call.place}: the action of {name} is not known; add it to tools/policies/grants.py"
        )
    # A presigned request needs no s3:ListBucket: to its sender, 403 and 404 are the same.
    yield from _ACTIONS[name][:1] if call.is_presigned else _ACTIONS[name]
    if name == "s3.put_object" and call.arguments.keys() & {"IfMatch", None}:
        yield "s3:GetObject", "/*"  # S3 compares the ETag only for a caller that may read the object


def document(allowed: Iterable[Grant]) -> dict[str, object]:
    """Return the policy that allows just these: actions on the same resources together."""
    resources: dict[str, list[str]] = {}
    for action, resource in sorted(allowed):
        resources.setdefault(action, []).append(resource)
    actions: dict[tuple[str, ...], list[str]] = {}
    for action, addressed in resources.items():
        actions.setdefault(tuple(addressed), []).append(action)
    statements = [{"Effect": "Allow", "Action": of, "Resource": list(on)} for on, of in actions.items()]
    return {"Version": "2012-10-17", "Statement": statements}
