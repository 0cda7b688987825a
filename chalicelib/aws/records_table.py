"""The table of image records. Nothing here scans.

Totals are kept beside the records, in `STATS_SHARDS` items `stats#<bucket>#<nn>`, and change right after a record does:
what is delivered twice, retried or raced counts once, and one request reads them. A transaction of both would cost
twice as much. So a worker that dies between the two leaves the totals wrong by one image, until a sweep corrects them.
One more item, `renditions`, has the names of all renditions that were ever made, so that their objects can be found.
Others hold documents: `breakdown#<bucket>` and `job#<jobId>`.
"""

import json
from collections.abc import Collection, Mapping, Sequence
from itertools import batched
from random import randrange, uniform
from time import sleep
from typing import TYPE_CHECKING, Any, Final, cast

from botocore.exceptions import ClientError

from chalicelib.aws.items import TOTALS, Totals, add, item_of, record_of, sum_of
from chalicelib.aws.ranges import Entries, Range, entries_of, query_arguments
from chalicelib.records import Record

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STATS_SHARDS: Final = 32

_RENDITIONS: Final = "renditions"  # not a UUID, so that no image has it
_ATTEMPTS = 8
_ITEMS_OF_A_BATCH = 100  # DynamoDB's limit


class Conflict(Exception):  # noqa: N818 - the expected outcome of a race
    """The record is no longer at the revision that was read."""


class RecordsTable:
    """The records, by `imageId`, and what the indexes have of them."""

    ARN: Final = "arn:{partition}:dynamodb:{region}:{account}:table/{TABLE_NAME}"

    def __init__(self, client: "DynamoDBClient", name: str) -> None:
        self._client = client
        self._name = name

    def get_record(self, image_id: str) -> Record | None:
        """Return a record as last written, or None."""
        answer = self._client.get_item(
            TableName=self._name, Key={"imageId": {"S": image_id}}, ConsistentRead=True
        )
        item = answer.get("Item")
        return record_of(item) if item and "revision" in item else None

    def get_records(self, image_ids: Sequence[str], attributes: Sequence[str] = ()) -> dict[str, Record]:
        """Return those of many records that exist, by `imageId`; each with only some attributes, if named."""
        records: dict[str, Record] = {}
        projected = _projection(["imageId", *attributes]) if attributes else {}
        for some in batched(image_ids, _ITEMS_OF_A_BATCH):
            items = self._get_items(some, **projected)
            records |= {
                item["imageId"]["S"]: record_of(item) for item in items if attributes or "revision" in item
            }
        return records

    def put_record(self, record: Record, replacing: Record | None) -> None:
        """Write a record over the one that was read.

        Raises:
            Conflict: Another one has been written or deleted since.
        """
        try:
            self._client.put_item(TableName=self._name, Item=item_of(record), **_condition(replacing))
        except ClientError as error:
            _require_own(error, record)
        self.add_to_totals(record["sourceBucket"], add(sum_of([record]), sum_of([replacing]), -1))

    def delete_record(self, record: Record) -> None:
        """Delete a record that was read.

        Raises:
            Conflict: Another one has been written since.
        """
        key = {"imageId": {"S": record["imageId"]}}
        try:
            self._client.delete_item(TableName=self._name, Key=key, **_condition(record))
        except ClientError as error:
            _require_own(error, None)
        self.add_to_totals(record["sourceBucket"], add(sum_of([]), sum_of([record]), -1))

    def note_renditions(self, used: Collection[str]) -> frozenset[str]:
        """Return the names of all renditions that were ever used, after noting those that are used now."""
        key = {"imageId": {"S": _RENDITIONS}}
        item = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item", {})
        noted = frozenset(item.get("names", {}).get("SS", ()))
        if fresh := sorted(set(used) - noted):
            self._client.update_item(
                TableName=self._name,
                Key=key,
                UpdateExpression="ADD #names :fresh",
                ExpressionAttributeNames={"#names": "names"},
                ExpressionAttributeValues={":fresh": {"SS": fresh}},
            )
        return noted.union(used)

    def get_totals(self, bucket: str) -> Totals:
        """Return the sums over all records of a source bucket: one request, however many there are."""
        items = self._get_items([_stats_id(bucket, shard) for shard in range(STATS_SHARDS)])
        return cast("Totals", {name: sum(int(item[name]["N"]) for item in items) for name in TOTALS})

    def get_document(self, name: str) -> dict[str, Any] | None:
        """Return the members of a document that is kept beside the records, or None."""
        key = {"imageId": {"S": name}}
        item = self._client.get_item(TableName=self._name, Key=key, ConsistentRead=True).get("Item")
        return json.loads(item["document"]["S"]) if item else None

    def put_document(self, name: str, document: Mapping[str, Any], expires_at: int | None = None) -> None:
        """Keep a document beside the records, for good or until a second of the Unix epoch. No image has its name."""
        values: dict[str, Any] = {":document": {"S": json.dumps(document)}}
        values |= {":expiresAt": {"N": str(expires_at)}} if expires_at else {}
        self._client.update_item(
            TableName=self._name,
            Key={"imageId": {"S": name}},
            UpdateExpression="SET " + ", ".join(f"{value[1:]} = {value}" for value in values),
            ExpressionAttributeValues=values,
        )

    def query_by_time(self, wanted: Range) -> Entries:
        """Query the index of all records by time."""
        arguments = query_arguments(wanted, "listShard", "listKey")
        answer = self._client.query(TableName=self._name, IndexName="byTime", **arguments)
        return entries_of(answer, "listKey")

    def query_by_kind(self, wanted: Range) -> Entries:
        """Query the index of the records of one format, or of failures, by time."""
        arguments = query_arguments(wanted, "kindShard", "listKey")
        answer = self._client.query(TableName=self._name, IndexName="byKind", **arguments)
        return entries_of(answer, "listKey")

    def query_by_key(self, wanted: Range) -> Entries:
        """Query the index of all records by source key."""
        arguments = query_arguments(wanted, "listShard", "sourceKey")
        answer = self._client.query(TableName=self._name, IndexName="byKey", **arguments)
        return entries_of(answer, "sourceKey")

    def query_by_name(self, wanted: Range) -> Entries:
        """Query the index of all records by file name."""
        arguments = query_arguments(wanted, "listShard", "nameKey")
        answer = self._client.query(TableName=self._name, IndexName="byName", **arguments)
        return entries_of(answer, "nameKey")

    def check_table(self) -> None:
        """Raise unless the table can be read."""
        self.get_record("00000000-0000-0000-0000-000000000000")

    def _get_items(self, image_ids: Sequence[str], **projected: Any) -> list[dict[str, Any]]:
        keys = [{"imageId": {"S": image_id}} for image_id in image_ids]
        asked: Any = {self._name: {"Keys": keys, "ConsistentRead": True, **projected}}
        items: list[dict[str, Any]] = []
        for attempt in range(_ATTEMPTS):
            if attempt:  # DynamoDB leaves out what would exceed its throughput
                sleep(uniform(0, 0.01 * 2**attempt))  # noqa: S311 - spreads load
            answer = self._client.batch_get_item(RequestItems=asked)
            items += answer["Responses"].get(self._name, [])
            asked = answer["UnprocessedKeys"]
            if not asked:
                return items
        error = {"Code": "ProvisionedThroughputExceededException", "Message": "Every attempt left out items"}
        response: Any = {"Error": error, "ResponseMetadata": {"HTTPStatusCode": 400}}
        raise ClientError(response, "BatchGetItem")

    def add_to_totals(self, bucket: str, change: Totals) -> None:
        """Add to the sums over all records of a source bucket."""
        if not any(change.values()):
            return
        shard = randrange(STATS_SHARDS)  # noqa: S311 - spreads load
        self._client.update_item(
            TableName=self._name,
            Key={"imageId": {"S": _stats_id(bucket, shard)}},
            UpdateExpression="ADD " + ", ".join(f"{name} :{name}" for name in TOTALS),
            ExpressionAttributeValues={f":{name}": {"N": str(change[name])} for name in TOTALS},
        )


def _projection(attributes: Sequence[str]) -> dict[str, Any]:
    names = {f"#{number}": name for number, name in enumerate(attributes)}  # some are DynamoDB's own words
    return {"ProjectionExpression": ", ".join(names), "ExpressionAttributeNames": names}


def _stats_id(bucket: str, shard: int) -> str:
    return f"stats#{bucket}#{shard:02}"  # not a UUID, so that no image has it


def _condition(replaced: Record | None) -> Any:
    if replaced is None:
        condition: dict[str, Any] = {"ConditionExpression": "attribute_not_exists(imageId)"}
    else:
        condition = {
            "ConditionExpression": "revision = :revision",
            "ExpressionAttributeValues": {":revision": {"S": replaced["revision"]}},
        }
    return {**condition, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def _require_own(error: ClientError, record: Record | None) -> None:
    """Raise, unless a write was refused because it was made already: the SDK repeats a write whose answer was lost."""
    if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
        raise error
    found: Any = error.response.get("Item", {})
    if record is None or found.get("revision") != {"S": record["revision"]}:
        raise Conflict from error
