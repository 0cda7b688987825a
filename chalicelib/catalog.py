"""The table of image records.

Listing never scans. Every record carries its place in two indexes, whose partition keys are spread over
`SHARDS` values so that no partition takes all writes ("write sharding" in DynamoDB's developer guide):

    byTime      listShard    = "3"          listKey = "<resizedAt>#<imageId>"
    byStatus    statusShard  = "failed#3"   listKey

A page asks each shard for as many records as it may need and merges them by `listKey`.
"""

from heapq import merge
from itertools import islice
from typing import TYPE_CHECKING, Any, Final, cast

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from botocore.exceptions import ClientError

from chalicelib.metadata import Record, Status

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SHARDS: Final = 4

_INDEX_ATTRIBUTES = ("listShard", "statusShard", "listKey")
_serialize = TypeSerializer().serialize
_deserialize = TypeDeserializer().deserialize


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
        return _record(item) if item else None

    def put(self, record: Record, replacing: Record | None) -> None:
        """Write a record over the one that was read.

        Raises:
            Conflict: Another one has been written or deleted since.
        """
        shard = int(record["imageId"][-4:], 16) % SHARDS
        item = {
            **record,
            "listShard": str(shard),
            "statusShard": f"{record['status']}#{shard}",
            "listKey": list_key(record),
        }
        try:
            self._dynamodb.put_item(
                TableName=self._table,
                Item={name: _serialize(value) for name, value in item.items()},
                **_condition(replacing),
            )
        except ClientError as error:
            raise _conflict_or(error) from error

    def delete(self, record: Record) -> None:
        """Delete a record that was read.

        Raises:
            Conflict: Another one has been written since.
        """
        try:
            self._dynamodb.delete_item(
                TableName=self._table, Key={"imageId": {"S": record["imageId"]}}, **_condition(record)
            )
        except ClientError as error:
            raise _conflict_or(error) from error

    def page(self, limit: int, before: str | None, status: Status | None) -> list[Record]:
        """Return up to `limit` records, newest first, older than the list key `before`."""
        shards = [self._shard(shard, limit, before, status) for shard in range(SHARDS)]
        return list(islice(merge(*shards, key=list_key, reverse=True), limit))

    def check(self) -> None:
        """Raise unless the table can be read."""
        self.get("00000000-0000-0000-0000-000000000000")

    def _shard(self, shard: int, limit: int, before: str | None, status: Status | None) -> list[Record]:
        index, attribute, value = (
            ("byStatus", "statusShard", f"{status}#{shard}")
            if status
            else ("byTime", "listShard", str(shard))
        )
        condition = "#shard = :shard" + (" AND listKey < :before" if before else "")
        values = {":shard": {"S": value}} | ({":before": {"S": before}} if before else {})
        answer = self._dynamodb.query(
            TableName=self._table,
            IndexName=index,
            KeyConditionExpression=condition,
            ExpressionAttributeNames={"#shard": attribute},
            ExpressionAttributeValues=cast("Any", values),
            ScanIndexForward=False,
            Limit=limit,
        )
        return [_record(item) for item in answer["Items"]]


def list_key(record: Record) -> str:
    """Return where a record stands in the listing: by time, then by id."""
    return f"{record['resizedAt']}#{record['imageId']}"


def _condition(replaced: Record | None) -> Any:
    if replaced is None:
        return {"ConditionExpression": "attribute_not_exists(imageId)"}
    return {
        "ConditionExpression": "revision = :revision",
        "ExpressionAttributeValues": {":revision": {"N": str(replaced["revision"])}},
    }


def _conflict_or(error: ClientError) -> Exception:
    code = error.response["Error"]["Code"]
    return Conflict() if code == "ConditionalCheckFailedException" else error


def _record(item: dict[str, Any]) -> Record:
    record = {name: _deserialize(value) for name, value in item.items() if name not in _INDEX_ATTRIBUTES}
    whole = {name: int(value) for name, value in record.items() if "N" in item[name]}
    return cast("Record", {**record, **whole})
