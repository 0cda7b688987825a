"""Records as items of the table, with their places in its indexes and their share of the totals.

Every record has a place in three indexes. Their partition keys are spread over `SHARDS` values, so that no partition
takes all writes ("write sharding" in DynamoDB's developer guide):

    byTime   listShard = "<bucket>#3"        listKey   = "<resizedAt>#<imageId>"
    byKind   kindShard = "<bucket>#png#3"    listKey   of one format, or of the images that "failed"
    byKey    listShard                       sourceKey
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Literal, TypedDict, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.records import Record

SHARDS: Final = 4
TOTALS: Final = ("compressed", "failed", "bytesBefore", "bytesAfter")

_INDEX_ATTRIBUTES = ("listShard", "kindShard", "listKey")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Totals(TypedDict):
    """Sums over all records: how many of each status; bytes before and after, of the compressed ones."""

    compressed: int
    failed: int
    bytesBefore: int
    bytesAfter: int


def item_of(record: Record) -> dict[str, Any]:
    """Return the item of a record, with its places in the indexes."""
    return {name: _serialize(value) for name, value in {**record, **_places(record)}.items()}


def list_key(record: Record) -> str:
    """Return the sort key of a record in the listing: by time, then by id."""
    return f"{record['resizedAt']}#{record['imageId']}"


def partitions(bucket: str, kind: str | None = None) -> list[str]:
    """Return the values of a sharded partition key for a source bucket; `kind` is for the index `byKind` alone."""
    return [_partition(bucket, kind, shard) for shard in range(SHARDS)]


def _partition(bucket: str, kind: str | None, shard: int) -> str:
    return f"{bucket}#{kind}#{shard}" if kind else f"{bucket}#{shard}"


def _places(record: Record) -> dict[str, str]:
    bucket, shard = record["sourceBucket"], int(record["imageId"][-4:], 16) % SHARDS
    return {
        "listShard": _partition(bucket, None, shard),
        "kindShard": _partition(bucket, record.get("format", record["status"]), shard),
        "listKey": list_key(record),
    }


def sum_of(records: Iterable[Record]) -> Totals:
    """Return what some records make of the totals."""
    totals = Totals(compressed=0, failed=0, bytesBefore=0, bytesAfter=0)
    for record in records:
        totals[record["status"]] += 1
        if record["status"] == "compressed":
            totals["bytesBefore"] += record["sizeOriginal"]
            totals["bytesAfter"] += record["sizeCompressed"]
    return totals


def add(some: Totals, others: Totals, sign: Literal[1, -1] = 1) -> Totals:
    """Return the sum of totals, or with the sign -1, their difference."""
    return cast("Totals", {name: some[name] + sign * others[name] for name in TOTALS})


def difference(before: Record | None, after: Record | None) -> Totals:
    """Return what a write of a record adds to the totals."""
    return add(sum_of([after] if after else []), sum_of([before] if before else []), -1)


def record_of(item: dict[str, Any]) -> Record:
    """Return the record of an item."""
    record = {
        name: _whole(_deserialize(value)) for name, value in item.items() if name not in _INDEX_ATTRIBUTES
    }
    return cast("Record", record)


def _whole(value: Any) -> Any:
    """Turn the decimals of a deserialized attribute into integers; a record holds no other numbers."""
    if isinstance(value, Decimal):
        return int(value)
    if isinstance(value, dict):
        return {name: _whole(inner) for name, inner in value.items()}
    return value
