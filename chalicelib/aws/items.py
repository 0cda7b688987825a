"""Records as items of the table, with their places in its indexes and their share of the totals.

Every record has a place in these indexes. Their partition keys are spread over `SHARDS` values, so that no partition
takes all writes ("write sharding" in DynamoDB's developer guide):

    byTime   listShard = "<bucket>#3"        listKey   = "<resizedAt>#<imageId>"
    byKind   kindShard = "<bucket>#png#3"    listKey   of one format, or of the images that "failed"; not of JPEG
    byKey    listShard                       sourceKey
    byName   listShard                       nameKey   = "<file name in small letters>/<imageId>"
"""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final, Literal, TypedDict, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from chalicelib.records import Record

SHARDS: Final = 4
TOTALS: Final = ("compressed", "failed", "bytesBefore", "bytesAfter")

COMMON_KIND: Final = "jpeg"
"""The kind without entries in `byKind`, which would cost most images a write: there are few others to skip in `byTime`."""

_INDEX_ATTRIBUTES = ("listShard", "kindShard", "listKey", "nameKey")
_LONGEST_NAME: Final = 900  # bytes; with the image's id, it fits into a sort key
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


def name_key(name: str) -> str:
    """Return the beginning of the sort key in `byName` of the images whose file name begins with `name`."""
    return name.casefold().encode()[:_LONGEST_NAME].decode(errors="ignore")


def _places(record: Record) -> dict[str, str]:
    bucket, shard = record["sourceBucket"], int(record["imageId"][-4:], 16) % SHARDS
    kind = record.get("format", record["status"])
    file_name = record["sourceKey"].rpartition("/")[2]
    return {
        "listShard": _partition(bucket, None, shard),
        "listKey": list_key(record),
        "nameKey": f"{name_key(file_name)}/{record['imageId']}",
    } | ({} if kind == COMMON_KIND else {"kindShard": _partition(bucket, kind, shard)})


def sum_of(records: Iterable[Record | None]) -> Totals:
    """Return what some records make of the totals; None is for a record that does not exist."""
    totals = Totals(compressed=0, failed=0, bytesBefore=0, bytesAfter=0)
    for record in filter(None, records):
        totals[record["status"]] += 1
        if record["status"] == "compressed":
            totals["bytesBefore"] += record["sizeOriginal"]
            totals["bytesAfter"] += record["sizeCompressed"]
    return totals


def add(some: Totals, others: Totals, sign: Literal[1, -1] = 1) -> Totals:
    """Return the sum of totals, or with the sign -1, their difference."""
    return cast("Totals", {name: some[name] + sign * others[name] for name in TOTALS})


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
