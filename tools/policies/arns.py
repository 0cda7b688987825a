"""The ARNs of what calls of AWS name: by a name, an ARN or a URL."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

_FUNCTION: Final = re.compile(
    r"(?:arn:(?P<partition>[\w-]+):lambda:(?P<region>[\w-]+):)?(?:(?P<owner>\d+):function:)?(?P<name>[\w-]+)(?::(?P<qualifier>[\w$-]+))?"
)
_QUEUE_HOST: Final = re.compile(r"sqs\.([a-z]+(?:-[a-z]+)+-\d)\.amazonaws\.com(?:\.cn)?")


@dataclass(frozen=True, slots=True)
class Account:
    """Where the resources are: `aws` or another partition, the account's id, and the region."""

    partition: str
    identifier: str
    region: str

    def arn(self, service: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.identifier}:{resource}"


def _bucket(name: str, account: Account) -> str | None:
    is_access_point = name.startswith("arn:") or name.endswith(("-s3alias", ".mrap", "--x-s3", "--ol-s3"))
    return (
        None
        if is_access_point or not re.fullmatch(r"[\w.-]+", name)
        else f"arn:{account.partition}:s3:::{name}"
    )


def table(name: str, account: Account) -> str | None:
    """Return the ARN of a table; None if its name is none."""
    if name.startswith("arn:"):
        return name if re.fullmatch(r"arn:[\w-]+:dynamodb:[\w-]+:\d+:table/[\w.-]+", name) else None
    return account.arn("dynamodb", f"table/{name}") if re.fullmatch(r"[\w.-]+", name) else None


def _function(name: str, account: Account) -> str | None:
    found = _FUNCTION.fullmatch(name)
    if not found or (found["partition"] and not found["owner"]):
        return None
    where = Account(
        found["partition"] or account.partition,
        found["owner"] or account.identifier,
        found["region"] or account.region,
    )
    qualifier = f":{found['qualifier']}" if found["qualifier"] else ""
    return where.arn("lambda", f"function:{found['name']}{qualifier}")


def qualified(arn: str, qualifier: str) -> str | None:
    """Return the ARN of a version or alias of a function; None if the ARN is of another already."""
    function, separator, before = arn.partition(":function:")[2].partition(":")
    if separator:
        return arn if before == qualifier else None
    return f"{arn}:{qualifier}" if function and re.fullmatch(r"[\w$-]+", qualifier) else None


def index(arn: str, name: str) -> str | None:
    """Return the ARN of an index of a table."""
    return f"{arn}/index/{name}" if re.fullmatch(r"[\w.-]+", name) else None


def _queue(url: str, account: Account) -> str | None:
    parts = urlsplit(url)
    host, path = (
        _QUEUE_HOST.fullmatch(parts.hostname or ""),
        re.fullmatch(r"/(?:.*/)?(\d+)/([\w.-]+)", parts.path),
    )
    if not path:
        return None
    return f"arn:{account.partition}:sqs:{host[1] if host else account.region}:{path[1]}:{path[2]}"


def _topic(arn: str, _: Account) -> str | None:
    return arn if re.fullmatch(r"arn:[\w-]+:sns:[\w-]+:\d+:[\w.-]+", arn) else None


NAMED_BY: Final[Mapping[str, str]] = {
    "dynamodb": "TableName",
    "lambda": "FunctionName",
    "s3": "Bucket",
    "sns": "TopicArn",
    "sqs": "QueueUrl",
}
"""The argument that names the resource of a service's methods."""

ARNS: Final[Mapping[str, Callable[[str, Account], str | None]]] = {
    "dynamodb": table,
    "lambda": _function,
    "s3": _bucket,
    "sns": _topic,
    "sqs": _queue,
}
"""By service, what makes the ARN of a resource of what names it; None where it cannot."""
