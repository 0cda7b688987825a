"""Whatever happens, each source object ends with exactly its compressed objects and its record.

Uploads, overwrites, deletes, duplicate, late and reordered events, and crashes before and after every single AWS call,
interleaved in thousands of ways.
"""

from collections.abc import Callable
from typing import Any

import pytest

from chalicelib import pipeline
from chalicelib.catalog import Catalog, difference
from chalicelib.metadata import Record, objects_of
from chalicelib.pipeline import Outcome, Pipeline
from chalicelib.storage import Buckets, SourceObject
from tests.model.aws import etag_of
from tests.model.schedule import Broken, Schedule, compress_once

SCHEDULES = 6000


@pytest.fixture(autouse=True)
def _compress_each_content_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline, "compress", compress_once)


@pytest.mark.parametrize("share", range(4))
def test_objects_records_and_totals_end_as_the_sources_stand(share: int) -> None:
    for seed in range(share, SCHEDULES, 4):
        try:
            Schedule(seed).run()
        except Broken as error:
            raise AssertionError(f"schedule {seed}: {error}") from error


class Unconditional(Buckets):
    """Writes over whatever stands there."""

    def write(self, key: str, data: bytes, content_type: str, replacing: str | None) -> str:  # noqa: ARG002
        self._s3.put_object(Bucket=self.destination, Key=key, Body=data)
        return etag_of(data)


class NotLookingAgain(Buckets):
    """Believes that the source is still what it was when it was read."""

    def open_source(self, key: str, unless_etag: str | None) -> SourceObject | None:
        source = super().open_source(key, unless_etag)
        self.seen = source.etag if source else None
        return source

    def source_etag(self, key: str) -> str | None:  # noqa: ARG002
        return self.seen


class UnconditionalPut(Catalog):
    """Writes a record over whichever is there."""

    def _write(self, write: Any, change: Any) -> None:
        write.get("Put", {}).pop("ConditionExpression", None)
        super()._write(write, change)


class UnconditionalDelete(Catalog):
    """Deletes a record whoever wrote it."""

    def delete(self, record: Record) -> None:
        delete = {"TableName": self._table, "Key": {"imageId": {"S": record["imageId"]}}}
        self._write({"Delete": delete}, difference(record, None))


class NotVerifying(Pipeline):
    """Believes that objects stand as the record says."""

    def _stands(self, record: Record | None, possible: set[str]) -> bool:  # noqa: ARG002
        return True


class Littering(Pipeline):
    """Knows no keys but those of the record."""

    def _possible_keys(self, key: str, record: Record | None) -> set[str]:  # noqa: ARG002
        return set(objects_of(record))


class AlwaysTrusting(Pipeline):
    """Does not look at what stands after losing a race."""

    def _attempt(self, key: str, *, force: bool, trusting: bool) -> Outcome:  # noqa: ARG002
        return super()._attempt(key, force=force, trusting=True)


@pytest.mark.parametrize(
    "without",
    [
        {"buckets": Unconditional},
        {"buckets": NotLookingAgain},
        {"catalog": UnconditionalPut},
        {"catalog": UnconditionalDelete},
        {"make": NotVerifying},
        {"make": Littering},
        {"make": AlwaysTrusting},
    ],
    ids=lambda without: next(iter(without.values())).__name__,
)
def test_no_safeguard_can_be_spared(without: dict[str, Callable[..., Any]]) -> None:
    with pytest.raises(Broken):
        _run_all(**without)


def _run_all(**without: Callable[..., Any]) -> None:
    for seed in range(SCHEDULES):
        Schedule(seed, **without).run()
