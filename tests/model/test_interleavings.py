"""Whatever happens, each source object ends with exactly its compressed objects and its record.

Uploads, overwrites, deletes, duplicate, late and reordered events, and crashes before and after every single AWS call,
interleaved in thousands of ways.
"""

from collections.abc import Callable, Collection
from typing import Any

import pytest

from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.items import Totals, add, item_of, sum_of
from chalicelib.aws.ranges import LAST
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.s3 import Overtaken
from chalicelib.aws.source_bucket import Interrupted, SourceBucket, SourceObject
from chalicelib.comparison import Comparison, Page
from chalicelib.pipeline import Before, Outcome, Pipeline
from chalicelib.records import Record, objects_of
from tests.model.agreement import Broken
from tests.model.aws import etag_of
from tests.model.schedule import Schedule

SCHEDULES = 5000
pytestmark = pytest.mark.no_cover  # tracing would double the time; the other tests run the same lines


@pytest.mark.parametrize("share", range(4))
def test_objects_records_and_totals_end_as_the_sources_stand(share: int) -> None:
    for seed in range(share, SCHEDULES, 4):
        try:
            Schedule(seed).run()
        except Broken as error:
            raise AssertionError(f"schedule {seed}: {error}") from error


class Unconditional(CompressedBucket):
    """Overwrites any object."""

    def write_compressed(self, key: str, data: bytes, content_type: str, replacing: str | None) -> str:  # noqa: ARG002
        self._client.put_object(Bucket=self.name, Key=key, Body=data)
        return etag_of(data)


class UnconditionalPut(RecordsTable):
    """Overwrites any record."""

    def put_record(self, record: Record, replacing: Record | None) -> None:
        self._client.put_item(TableName=self._name, Item=item_of(record))
        self.add_to_totals(record["sourceBucket"], add(sum_of([record]), sum_of([replacing]), -1))


class UnconditionalDelete(RecordsTable):
    """Deletes a record without a condition."""

    def delete_record(self, record: Record) -> None:
        self._client.delete_item(TableName=self._name, Key={"imageId": {"S": record["imageId"]}})
        self.add_to_totals(record["sourceBucket"], add(sum_of([]), sum_of([record]), -1))


class RepeatedRevision(RecordsTable):
    """Cannot distinguish two writes of a record."""

    def put_record(self, record: Record, replacing: Record | None) -> None:
        super().put_record({**record, "revision": "1"}, replacing)


class NotCounting(RecordsTable):
    """Leaves the totals to the sweep."""

    def add_to_totals(self, bucket: str, change: Totals) -> None: ...


class NotCorrecting(Comparison):
    """Leaves the totals as they are."""

    def correct_totals(self, before: Totals, summed: Totals) -> None: ...


class NotComparingObjects(Comparison):
    """Believes that the objects are as the records say."""

    def _is_stale(self, record: Record, etag: str) -> bool:
        record.pop("destKey", None)  # so that its objects are not compared
        return super()._is_stale(record, etag)


class NotWalkingObjects(Comparison):
    """Believes that each object has a record."""

    def _objects(self, after: str) -> Page:
        return super()._objects(LAST if after == "" else after)


class DeletingUnseen(SourceBucket):
    """Deletes whatever the key has."""

    def delete_source(self, key: str, if_etag: str | None = None) -> None:  # noqa: ARG002
        super().delete_source(key)


class NotLookingAfterWriting(Pipeline):
    """Believes that the source is still what it was when it was read."""

    def _commit(self, record: Record, before: Before) -> Outcome:
        try:
            return super()._commit(record, before)
        except Overtaken:
            return record["status"]


class NotLookingAfterRemoving(Pipeline):
    """Believes that the source is still gone."""

    def _remove(self, before: Before) -> Outcome:
        try:
            return super()._remove(before)
        except Overtaken:
            return "deleted"


class LookingLate(Pipeline):
    """Reads the destination bucket after the source."""

    def _compress(self, source: SourceObject, before: Before) -> Record:
        now = self._compressed.compressed_etags(self._possible_keys(source.key, None))
        return super()._compress(source, before._replace(objects=now))


class GivingUp(Pipeline):
    """Takes the loss of a race for the end of the work."""

    def reconcile(self, key: str, *, force: bool = False) -> Outcome:
        try:
            return self._attempt(key, set(), force=force, verify=False, is_patient=False)
        except (Conflict, Overtaken, Interrupted):
            return "unchanged"


class IgnoringSettings(Pipeline):
    """Takes a record of other settings for up to date."""

    def _known_etag(self, before: Before) -> str | None:
        if before.record is None or before.objects != objects_of(before.record):
            return None
        return before.record["sourceETag"]


class LeavingFormerObjects(Pipeline):
    """Deletes nothing but what its own record replaces."""

    def _commit(self, record: Record, before: Before) -> Outcome:
        return super()._commit(record, before._replace(possible=set(objects_of(record))))


class NotVerifying(Pipeline):
    """Believes that the objects are as the record says."""

    def _agrees(self, before: Before) -> bool:  # noqa: ARG002
        return True


class ForgettingRenditions(RecordsTable):
    """Knows the renditions of its own settings alone."""

    def note_renditions(self, used: Collection[str]) -> frozenset[str]:
        return frozenset(used)


class Littering(Pipeline):
    """Knows no keys but those of the record."""

    def _possible_keys(self, key: str, record: Record | None) -> set[str]:  # noqa: ARG002
        return set(objects_of(record))


class AlwaysTrusting(Pipeline):
    """Does not read again after losing a race."""

    def _attempt(self, key: str, tried: set[str], **how: bool) -> Outcome:
        return super()._attempt(key, tried, **{**how, "verify": False})


@pytest.mark.parametrize(
    "without",
    [
        {"compressed": Unconditional},
        {"table": UnconditionalPut},
        {"table": UnconditionalDelete},
        {"table": RepeatedRevision},
        {"table": NotCounting},
        {"compare": NotCorrecting},
        {"compare": NotComparingObjects},
        {"compare": NotWalkingObjects},
        {"source": DeletingUnseen},
        {"make": NotLookingAfterWriting},
        {"make": NotLookingAfterRemoving},
        {"make": LookingLate},
        {"make": GivingUp},
        {"make": IgnoringSettings},
        {"make": LeavingFormerObjects},
        {"make": NotVerifying},
        {"table": ForgettingRenditions},
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
