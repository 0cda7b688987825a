"""The table of image records.

Listing never scans. Every record carries its place in three indexes, whose partition keys are spread over
`SHARDS` values so that no partition takes all writes ("write sharding" in DynamoDB's developer guide):

    byTime   listShard = "<bucket>#3"        listKey   = "<resizedAt>#<imageId>"
    byKind   kindShard = "<bucket>#png#3"    listKey   of one format, or of those that "failed"
    byKey    listShard                       sourceKey

Totals are kept beside the records, in `STATS_SHARDS` items `stats#<bucket>#<nn>` of their own, which a record's write
changes in the same transaction: exact whatever is delivered twice, retried or raced, and read by one request.
One more item, `renditions`, names all renditions that were ever made, so that their objects can be found.

How pages are made of the indexes is `listing`'s.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched
from random import randrange, uniform
from time import sleep
from typing import TYPE_CHECKING, Any, Final, Literal, TypedDict, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from chalicelib.metadata import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Index = Literal["byTime", "byKind", "byKey"]

FIRST: Final = "\x00"
"""What no sort key is below."""

LAST: Final = "\U0010ffff"
"""What no sort key is above: the last character in UTF-8's order, which is DynamoDB's and Python's."""

SHARDS: Final = 4
STATS_SHARDS: Final = 32
TOTALS: Final = ("compressed", "failed", "bytesBefore", "bytesAfter")

_RENDITIONS: Final = "renditions"  # no UUID, so that it is no image's
_ATTEMPTS = 8
_ITEMS_OF_A_BATCH = 100  # DynamoDB's limit
_LOST = {"ConditionalCheckFailed", "TransactionConflict"}
_BUSY = {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded"}

_INDEX_KEYS: Final[Mapping[Index, tuple[str, str]]] = {
    "byTime": ("listShard", "listKey"),
    "byKind": ("kindShard", "listKey"),
    "byKey": ("listShard", "sourceKey"),
}
_INDEX_ATTRIBUTES = ("listShard", "kindShard", "listKey")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


class Totals(TypedDict):
    """Sums over all records: how many of each status; bytes before and after, of the compressed ones."""

    compressed: int
    failed: int
    bytesBefore: int
    bytesAfter: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A record's place in an index: its sort key there, and its `imageId`."""

    sort_key: str
    image_id: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Entries of one partition in the index's order.

    Attributes:
        entries: Those that were looked at and passed the filter.
        end: The sort key of the last that was looked at, None if there are no more.
    """

    entries: tuple[Entry, ...]
    end: str | None


class Conflict(Exception):  # noqa: N818 - the expected outcome of a race
    """The record is no longer at the revision that was read."""


class Catalog:
    """The records, by `imageId` and newest first. Errors of AWS are raised as they come."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._dynamodb = client
        self._table = table

    def get(self, image_id: str) -> Record | None:
        """Return a record as last written, or None."""
        answer = self._dynamodb.get_item(
            TableName=self._table, Key={"imageId": {"S": image_id}}, ConsistentRead=True
        )
        item = answer.get("Item")
        return _record(item) if item and "revision" in item else None

    def put(self, record: Record, replacing: Record | None) -> None:
        """Write a record over the one that was read.

        Raises:
            Conflict: Another one has been written or deleted since.
        """
        put = {"TableName": self._table, "Item": item_of(record), **_condition(replacing)}
        self._write({"Put": put}, record["sourceBucket"], difference(replacing, record))

    def delete(self, record: Record) -> None:
        """Delete a record that was read.

        Raises:
            Conflict: Another one has been written since.
        """
        delete = {
            "TableName": self._table,
            "Key": {"imageId": {"S": record["imageId"]}},
            **_condition(record),
        }
        self._write({"Delete": delete}, record["sourceBucket"], difference(record, None))

    def rendition_names(self, used: Collection[str]) -> frozenset[str]:
        """Return the names of all renditions that were ever used, after noting those that are used now."""
        key = {"imageId": {"S": _RENDITIONS}}
        item = self._dynamodb.get_item(TableName=self._table, Key=key, ConsistentRead=True).get("Item", {})
        noted = frozenset(item.get("names", {}).get("SS", ()))
        if fresh := sorted(set(used) - noted):
            self._dynamodb.update_item(
                TableName=self._table,
                Key=key,
                UpdateExpression="ADD #names :fresh",
                ExpressionAttributeNames={"#names": "names"},
                ExpressionAttributeValues={":fresh": {"SS": fresh}},
            )
        return noted.union(used)

    def totals(self, bucket: str) -> Totals:
        """Return the sums over all records of a source bucket: one request, however many there are."""
        items = self._batch([_stats_id(bucket, shard) for shard in range(STATS_SHARDS)])
        return cast("Totals", {name: sum(int(item[name]["N"]) for item in items) for name in TOTALS})

    def _batch(self, image_ids: Sequence[str], **projected: Any) -> list[dict[str, Any]]:
        keys = [{"imageId": {"S": image_id}} for image_id in image_ids]
        asked: Any = {self._table: {"Keys": keys, "ConsistentRead": True, **projected}}
        items: list[dict[str, Any]] = []
        for attempt in range(_ATTEMPTS):
            if attempt:  # DynamoDB leaves out what would exceed its throughput
                _back_off(attempt - 1)
            answer = self._dynamodb.batch_get_item(RequestItems=asked)
            items += answer["Responses"].get(self._table, [])
            asked = answer["UnprocessedKeys"]
            if not asked:
                return items
        raise _throttled("BatchGetItem")

    def _write(self, write: Any, bucket: str, change: Totals) -> None:
        """Write a record, and in the same transaction what it changes in the totals.

        Any of the totals' items will do, so that one which another transaction holds is left for the next.
        """
        for attempt in range(_ATTEMPTS):
            try:
                self._dynamodb.transact_write_items(TransactItems=[write, self._stats_update(bucket, change)])
            except ClientError as error:
                record_reason, stats_reason = _cancellation(error)
                if record_reason in _LOST:
                    raise Conflict from error
                if not {record_reason, stats_reason} & _BUSY or attempt + 1 == _ATTEMPTS:
                    raise
                _back_off(attempt)
            else:
                return

    def _stats_update(self, bucket: str, change: Totals) -> Any:
        shard = randrange(STATS_SHARDS)  # noqa: S311 - spreads load
        return {
            "Update": {
                "TableName": self._table,
                "Key": {"imageId": {"S": _stats_id(bucket, shard)}},
                "UpdateExpression": "ADD " + ", ".join(f"{name} :{name}" for name in TOTALS),
                "ExpressionAttributeValues": {f":{name}": {"N": str(change[name])} for name in TOTALS},
            }
        }

    def get_many(self, image_ids: Sequence[str], attributes: Sequence[str] = ()) -> dict[str, Record]:
        """Return those of many records that there are, by `imageId`; of each no more than some attributes, if named."""
        records: dict[str, Record] = {}
        projected = _projection(["imageId", *attributes]) if attributes else {}
        for some in batched(image_ids, _ITEMS_OF_A_BATCH):
            records |= {item["imageId"]["S"]: _record(item) for item in self._batch(some, **projected)}
        return records

    def entries(
        self,
        index: Index,
        partition: str,
        between: tuple[str, str],
        limit: int,
        *,
        descending: bool = False,
        equal: Mapping[str, str] | None = None,
        since: str | None = None,
        until: str | None = None,
    ) -> Stretch:
        """Look at up to `limit` entries of one partition, by one Query.

        Args:
            index: Which index.
            partition: The value of its partition key.
            between: The lowest and the highest sort key, both included; the lowest is not above the highest.
            limit: Entries to look at, whether they pass the filter or not.
            descending: From the highest sort key down.
            equal: Attributes of the index that must have these values.
            since: Entries with a list key below this one do not pass.
            until: Neither do those with a list key of this or above.
        """
        shard, sort = _INDEX_KEYS[index]
        names = {"#shard": shard, "#sort": sort}
        values = {":shard": partition, ":low": between[0], ":high": between[1]}
        conditions = []
        for number, (name, value) in enumerate((equal or {}).items()):
            names[f"#equal{number}"] = name
            values[f":equal{number}"] = value
            conditions.append(f"#equal{number} = :equal{number}")
        for placeholder, comparison, bound in ((":since", ">=", since), (":until", "<", until)):
            if bound is not None:
                values[placeholder] = bound
                conditions.append(f"listKey {comparison} {placeholder}")
        filtering: Any = {"FilterExpression": " AND ".join(conditions)} if conditions else {}
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression="#shard = :shard AND #sort BETWEEN :low AND :high",
            ExpressionAttributeNames=names,
            ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
            ScanIndexForward=not descending,
            Limit=limit,
            **filtering,
        )
        last = answer.get("LastEvaluatedKey")
        return Stretch(
            tuple(Entry(item[sort]["S"], item["imageId"]["S"]) for item in answer["Items"]),
            end=last[sort]["S"] if last else None,
        )

    def check(self) -> None:
        """Raise unless the table can be read."""
        self.get("00000000-0000-0000-0000-000000000000")


def item_of(record: Record) -> dict[str, Any]:
    """Return a record as the table keeps it: with its places in the indexes."""
    return {name: _serialize(value) for name, value in {**record, **_places(record)}.items()}


def _projection(attributes: Sequence[str]) -> dict[str, Any]:
    names = {f"#{number}": name for number, name in enumerate(attributes)}  # some are DynamoDB's own words
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def list_key(record: Record) -> str:
    """Return where a record stands in the listing: by time, then by id."""
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


def difference(before: Record | None, after: Record | None) -> Totals:
    """Return what a write of a record adds to the totals."""
    old, new = _counted(before), _counted(after)
    return cast("Totals", {name: new[name] - old[name] for name in TOTALS})


def _counted(record: Record | None) -> Totals:
    if record is None:
        return Totals(compressed=0, failed=0, bytesBefore=0, bytesAfter=0)
    if record["status"] == "failed":
        return Totals(compressed=0, failed=1, bytesBefore=0, bytesAfter=0)
    return Totals(
        compressed=1, failed=0, bytesBefore=record["sizeOriginal"], bytesAfter=record["sizeCompressed"]
    )


def _stats_id(bucket: str, shard: int) -> str:
    return f"stats#{bucket}#{shard:02}"  # no UUID, so that it is no image's


def _condition(replaced: Record | None) -> Any:
    if replaced is None:
        return {"ConditionExpression": "attribute_not_exists(imageId)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": {"S": replaced["revision"]}},
    }


def _back_off(attempt: int) -> None:
    sleep(uniform(0, 0.02 * 2**attempt))  # noqa: S311 - spreads load


def _throttled(operation: str) -> ClientError:
    code = "ProvisionedThroughputExceededException"
    error = {"Code": code, "Message": "Items were left out of every attempt"}
    response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
    return ClientError(response, operation)


def _cancellation(error: ClientError) -> tuple[str, str]:
    """Return why DynamoDB cancelled a transaction: the reason of the record, and that of the totals."""
    if error.response["Error"]["Code"] != "TransactionCanceledException":
        return "", ""
    reasons = cast("list[dict[str, str]]", error.response["CancellationReasons"])
    return reasons[0]["Code"], reasons[1]["Code"]


def _record(item: dict[str, Any]) -> Record:
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
