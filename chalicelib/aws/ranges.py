"""Ranges of the table's indexes: which entries a query reads, and what it returned."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.records import LONGEST_KEY

FIRST: Final = "\x00"
"""The lowest sort key."""

_HIGHEST = ("", "\x7f", "\u07ff", "\uffff", "\U0010ffff")  # the highest character of so many bytes of UTF-8


def highest_key(prefix: str) -> str:
    """Return the highest sort key with a prefix, in the order of UTF-8, which is DynamoDB's, S3's and Python's."""
    fours, rest = divmod(LONGEST_KEY - len(prefix.encode()), 4)
    return prefix + fours * _HIGHEST[4] + _HIGHEST[rest]


LAST: Final = highest_key("")
"""The highest sort key."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A record's entry in an index: its sort key there, and its `imageId`."""

    sort_key: str
    image_id: str


@dataclass(frozen=True, slots=True)
class Range:
    """Which entries of one partition a query reads.

    Attributes:
        partition: The value of the index's partition key.
        low: The lowest sort key, included; not above `high`.
        high: The highest sort key, included.
        limit: How many entries to read, whether they pass the filter or not.
        descending: Whether to read from the highest sort key down.
        equal: Attributes of the index that must have these values.
        since: Entries with a list key below this one do not pass.
        until: Entries with this list key or a higher one do not pass.
        prefix: Entries with a source key that does not begin like this do not pass.
    """

    partition: str
    low: str
    high: str
    limit: int
    descending: bool = False
    equal: Mapping[str, str] | None = None
    since: str | None = None
    until: str | None = None
    prefix: str | None = None


@dataclass(frozen=True, slots=True)
class Entries:
    """What a query read of one partition, in the index's order.

    Attributes:
        entries: Those that passed the filter.
        end: The sort key of the last entry that was read; None if there are no more.
    """

    entries: tuple[Entry, ...]
    end: str | None


def query_arguments(wanted: Range, partition_key: str, sort_key: str) -> Any:
    """Return the arguments of a query, apart from table and index."""
    names = {"#shard": partition_key, "#sort": sort_key}
    values = {":shard": wanted.partition, ":low": wanted.low, ":high": wanted.high}
    conditions = []
    for number, (name, value) in enumerate((wanted.equal or {}).items()):
        names[f"#equal{number}"] = name
        values[f":equal{number}"] = value
        conditions.append(f"#equal{number} = :equal{number}")
    for placeholder, comparison, bound in ((":since", ">=", wanted.since), (":until", "<", wanted.until)):
        if bound is not None:
            values[placeholder] = bound
            conditions.append(f"listKey {comparison} {placeholder}")
    if wanted.prefix:
        values[":prefix"] = wanted.prefix
        conditions.append("begins_with(sourceKey, :prefix)")
    arguments: dict[str, Any] = {
        "KeyConditionExpression": "#shard = :shard AND #sort BETWEEN :low AND :high",
        "ExpressionAttributeNames": names,
        "ExpressionAttributeValues": {name: {"S": value} for name, value in values.items()},
        "ScanIndexForward": not wanted.descending,
        "Limit": wanted.limit,
    }
    if conditions:
        arguments["FilterExpression"] = " AND ".join(conditions)
    return arguments


def entries_of(answer: Mapping[str, Any], sort_key: str) -> Entries:
    """Return the entries of a query's answer."""
    last = answer.get("LastEvaluatedKey")
    return Entries(
        tuple(Entry(item[sort_key]["S"], item["imageId"]["S"]) for item in answer["Items"]),
        end=last[sort_key]["S"] if last else None,
    )
