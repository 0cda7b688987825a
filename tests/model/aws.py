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

    objects: dict[str, dict[str, bytes]] = field(default_factory=lambda: {SOURCE: {}, DESTINATION: {}})
    items: dict[str, dict[str, Any]] = field(default_factory=dict)
    on_write: Callable[[str, bytes | None, bytes], None] = lambda *_: None
    on_record: Callable[[Any, Any], None] = lambda *_: None


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

    def update_item(
        self, *, Key: Mapping[str, Any], ExpressionAttributeValues: Mapping[str, Any], **_: Any
    ) -> Any:
        with self:
            item = self._world.items.setdefault(Key["imageId"]["S"], {**Key, "names": {"SS": []}})
            added = ExpressionAttributeValues[":fresh"]["SS"]
            item["names"] = {"SS": sorted({*item["names"]["SS"], *added})}
            return {}

    def transact_write_items(self, *, TransactItems: list[Any]) -> Any:
        with self:
            for each in TransactItems:
                if not self._holds(each):
                    reasons = [
                        {"Code": "None" if self._holds(one) else "ConditionalCheckFailed"}
                        for one in TransactItems
                    ]
                    raise refusal(
                        "TransactionCanceledException", "TransactWriteItems", CancellationReasons=reasons
                    )
            for each in TransactItems:
                self._apply(each)
            return {}

    def _holds(self, write: Mapping[str, Any]) -> bool:
        (operation,) = write.values()
        return _holds(operation, self._world.items.get(_identifier(operation)))

    def _apply(self, write: Mapping[str, Any]) -> None:
        if "Update" in write:
            self._add(write["Update"])
        elif "Put" in write:
            item = write["Put"]["Item"]
            self._world.on_record(self._world.items.get(_identifier(write["Put"])), item)
            self._world.items[_identifier(write["Put"])] = item
        else:
            self._world.items.pop(_identifier(write["Delete"]), None)

    def _add(self, update: Mapping[str, Any]) -> None:
        totals = self._world.items.setdefault(update["Key"]["imageId"]["S"], dict(update["Key"]))
        for name, value in update["ExpressionAttributeValues"].items():
            before = int(totals.get(name[1:], {"N": "0"})["N"])
            totals[name[1:]] = {"N": str(before + int(value["N"]))}


def _identifier(operation: Mapping[str, Any]) -> str:
    identifier: str = (operation.get("Item") or operation["Key"])["imageId"]["S"]
    return identifier


def _holds(operation: Mapping[str, Any], there: Mapping[str, Any] | None) -> bool:
    condition = operation.get("ConditionExpression")
    if condition is None:
        return True
    if condition == "attribute_not_exists(imageId)":
        return there is None
    assert condition == "revision = :revision", f"the model does not know {condition!r}"
    return there is not None and there["revision"] == operation["ExpressionAttributeValues"][":revision"]
