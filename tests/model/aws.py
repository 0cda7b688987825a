"""S3 and DynamoDB in memory, as far as the pipeline uses them, stopping before and after each call.

Conditional requests behave as S3 and DynamoDB document them; `tests/integration/test_model_contract.py` compares them with the emulator.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import md5
from io import BytesIO
from typing import Any

from botocore.exceptions import ClientError
from botocore.response import StreamingBody

SOURCE, DESTINATION, TABLE = "source", "destination", "table"

Stop = Callable[[], None]


@dataclass
class World:
    """What is stored: objects by bucket and key, items by partition key."""

    on_write: Callable[[str, bytes | None, bytes], None] = lambda *_: None
    on_record: Callable[[Any, Any], None] = lambda *_: None
    on_deletion: Callable[[str, bytes], None] = lambda *_: None
    objects: dict[str, dict[str, bytes]] = field(default_factory=lambda: {SOURCE: {}, DESTINATION: {}})
    items: dict[str, dict[str, Any]] = field(default_factory=dict)

    def listed(self, bucket: str) -> list[dict[str, Any]]:
        return [
            {"Key": key, "ETag": etag_of(data), "Size": len(data)}
            for key, data in sorted(self.objects[bucket].items())
        ]


def etag_of(data: bytes) -> str:
    return f'"{md5(data).hexdigest()}"'


def refusal(code: str, operation: str, **more: Any) -> ClientError:
    response: Any = {"Error": {"Code": code, "Message": code}, **more}
    return ClientError(response, operation)


class Client:
    """Entered for each call."""

    def __init__(self, world: World, stop: Stop) -> None:
        self._world = world
        self._stop = stop

    def __enter__(self) -> None:
        self._stop()

    def __exit__(self, *_: object) -> None:
        self._stop()


class S3(Client):
    def get_object(self, *, Bucket: str, Key: str, IfNoneMatch: str | None = None) -> Any:
        with self:
            data = self._world.objects[Bucket].get(Key)
            if data is None:
                raise refusal("NoSuchKey", "GetObject")
            if etag_of(data) == IfNoneMatch:
                raise refusal("304", "GetObject")
            body = StreamingBody(BytesIO(data), len(data))
            return {"ETag": etag_of(data), "ContentLength": len(data), "Body": body}

    def head_object(self, *, Bucket: str, Key: str) -> Any:
        with self:
            data = self._world.objects[Bucket].get(Key)
            if data is None:
                raise refusal("404", "HeadObject")
            return {"ETag": etag_of(data), "ContentLength": len(data)}

    def put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: bytes,
        IfMatch: str | None = None,
        IfNoneMatch: str | None = None,
        **_: Any,
    ) -> Any:
        with self:
            there = self._world.objects[Bucket].get(Key)
            if IfMatch is not None and there is None:
                raise refusal("NoSuchKey", "PutObject")
            if IfMatch is not None and there is not None and etag_of(there) != IfMatch:
                raise refusal("PreconditionFailed", "PutObject")
            if IfNoneMatch == "*" and there is not None:
                raise refusal("PreconditionFailed", "PutObject")
            self._world.on_write(Key, there, Body)
            self._world.objects[Bucket][Key] = Body
            return {"ETag": etag_of(Body)}

    def list_objects_v2(
        self, *, Bucket: str, StartAfter: str = "", Prefix: str = "", MaxKeys: int = 2
    ) -> Any:
        """List few objects at once, so that there are several pages."""
        with self:
            found = [
                each
                for each in self._world.listed(Bucket)
                if each["Key"] > StartAfter and each["Key"].startswith(Prefix)
            ]
            return {"Contents": found[:MaxKeys], "IsTruncated": len(found) > MaxKeys}

    def delete_object(self, *, Bucket: str, Key: str, IfMatch: str | None = None) -> Any:
        with self:
            there = self._world.objects[Bucket].get(Key)
            if IfMatch is not None and there is not None and etag_of(there) != IfMatch:
                raise refusal("PreconditionFailed", "DeleteObject")
            if there is not None:
                self._world.on_deletion(Key, there)
            self._world.objects[Bucket].pop(Key, None)
            return {}

    def delete_objects(self, *, Bucket: str, Delete: Mapping[str, Any]) -> Any:
        with self:
            for each in Delete["Objects"]:
                self._world.objects[Bucket].pop(each["Key"], None)
            return {}


class DynamoDB(Client):
    def get_item(self, *, Key: Mapping[str, Any], **_: Any) -> Any:
        with self:
            item = self._world.items.get(Key["imageId"]["S"])
            return {"Item": item} if item else {}

    def batch_get_item(self, *, RequestItems: Mapping[str, Any]) -> Any:
        with self:
            ((table, asked),) = RequestItems.items()
            found = [self._world.items.get(key["imageId"]["S"]) for key in asked["Keys"]]
            return {"Responses": {table: [item for item in found if item]}, "UnprocessedKeys": {}}

    def query(
        self, *, IndexName: str, ExpressionAttributeValues: Mapping[str, Any], Limit: int, **_: Any
    ) -> Any:
        assert IndexName == "byKey", f"the model does not know {IndexName}"
        with self:
            shard, low, high = (ExpressionAttributeValues[name]["S"] for name in (":shard", ":low", ":high"))
            found = [
                item
                for item in self._world.items.values()
                if item.get("listShard") == {"S": shard} and low <= item["sourceKey"]["S"] <= high
            ]
            found.sort(key=lambda item: item["sourceKey"]["S"])
            last = {"LastEvaluatedKey": found[Limit - 1]} if len(found) > Limit else {}
            return {"Items": found[:Limit], **last}

    def update_item(
        self, *, Key: Mapping[str, Any], ExpressionAttributeValues: Mapping[str, Any], **_: Any
    ) -> Any:
        with self:
            item = self._world.items.setdefault(Key["imageId"]["S"], dict(Key))
            for name, value in ExpressionAttributeValues.items():
                if "S" in value:
                    item[name[1:]] = value
                elif name == ":fresh":
                    item["names"] = {"SS": sorted({*item.get("names", {"SS": []})["SS"], *value["SS"]})}
                else:
                    item[name[1:]] = {"N": str(int(item.get(name[1:], {"N": "0"})["N"]) + int(value["N"]))}
            return {}

    def put_item(self, *, Item: dict[str, Any], **condition: Any) -> Any:
        with self:
            there = self._require(Item, "PutItem", **condition)
            self._world.on_record(there, Item)
            self._world.items[Item["imageId"]["S"]] = Item
            return {}

    def delete_item(self, *, Key: Mapping[str, Any], **condition: Any) -> Any:
        with self:
            self._require(Key, "DeleteItem", **condition)
            self._world.items.pop(Key["imageId"]["S"], None)
            return {}

    def _require(
        self,
        key: Mapping[str, Any],
        operation: str,
        ConditionExpression: str | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        **_: Any,
    ) -> dict[str, Any] | None:
        """Return the item that is there, if the condition holds for it."""
        there = self._world.items.get(key["imageId"]["S"])
        if ConditionExpression == "attribute_not_exists(imageId)":
            holds = there is None
        elif ConditionExpression == "revision = :revision":
            values = ExpressionAttributeValues or {}
            holds = there is not None and there["revision"] == values[":revision"]
        else:
            assert ConditionExpression is None, f"the model does not know {ConditionExpression!r}"
            holds = True
        if not holds:
            raise refusal("ConditionalCheckFailedException", operation, **({"Item": there} if there else {}))
        return there
