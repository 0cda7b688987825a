"""A worker may die before or after any call that it makes: the retry leaves no trace of it."""

from dataclasses import dataclass

import pytest

from chalicelib.aws.records_table import RecordsTable
from chalicelib.imaging import Options
from chalicelib.pipeline import Before, Pipeline
from chalicelib.records import objects_of
from tests.fixtures.adapters import buckets_of
from tests.model.agreement import Broken, require_agreement
from tests.model.aws import DESTINATION, S3, SOURCE, TABLE, DynamoDB, World
from tests.model.schedule import CONTENTS, SETTINGS, Crash

KEY = "a.jpg"
PHOTO, OTHER, PNG, TEXT = CONTENTS[0], CONTENTS[1], CONTENTS[2], CONTENTS[-1]
PLAIN, THUMB, WEBP = SETTINGS


@dataclass
class Clock:
    """Counts the steps before and after each call, and strikes at one of them, if it comes."""

    strikes_at: int = -1
    steps: int = 0

    def __call__(self) -> None:
        self.steps += 1
        if self.steps - 1 == self.strikes_at:
            raise Crash


@dataclass(frozen=True)
class Change:
    """A source and its options as they were, reconciled, and as they are now; None means that the source is missing."""

    before: bytes | None
    after: bytes | None
    options_before: Options = PLAIN
    options: Options = PLAIN

    def world(self) -> World:
        world = World()
        _put(world, self.before)
        _reconcile(world, self.options_before, Clock())
        _put(world, self.after)
        return world


CHANGES = {
    "created": Change(None, PHOTO),
    "created with a rendition": Change(None, PHOTO, THUMB, THUMB),
    "created bad": Change(None, TEXT),
    "overwritten": Change(PHOTO, OTHER),
    "overwritten in another format": Change(PHOTO, PNG, WEBP, WEBP),
    "overwritten with text": Change(PHOTO, TEXT, THUMB, THUMB),
    "text overwritten": Change(TEXT, PHOTO),
    "deleted": Change(PHOTO, None, THUMB, THUMB),
    "bad one deleted": Change(TEXT, None),
    "stale": Change(PHOTO, PHOTO, PLAIN, WEBP),
    "fewer renditions": Change(PHOTO, PHOTO, THUMB, PLAIN),
    "up to date": Change(PHOTO, PHOTO),
}


def _put(world: World, data: bytes | None) -> None:
    world.objects[SOURCE] = {} if data is None else {KEY: data}


def _reconcile(world: World, options: Options, clock: Clock) -> None:
    buckets = buckets_of(S3(world, clock), SOURCE, DESTINATION)  # type: ignore[arg-type]
    table = RecordsTable(DynamoDB(world, clock), TABLE)  # type: ignore[arg-type]
    Pipeline(*buckets, table, options, 1_000_000).reconcile(KEY)


def _steps(change: Change) -> int:
    """Return how often a reconcile could die that does not: before and after each call."""
    clock = Clock()
    _reconcile(change.world(), change.options, clock)
    return clock.steps


def _die(world: World, options: Options, step: int) -> None:
    with pytest.raises(Crash):
        _reconcile(world, options, Clock(step))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_retry_mends_a_crash_at_any_moment(change: Change) -> None:
    steps = _steps(change)
    assert steps >= 4, "at least the record is read, and the source"
    for step in range(steps):
        world = change.world()
        _die(world, change.options, step)
        _reconcile(world, change.options, Clock())
        require_agreement(world, change.options)


@pytest.mark.parametrize("after", [None, OTHER, PNG, TEXT], ids=["deleted", "replaced", "png", "text"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_crash_left_goes_although_the_source_has_changed_since(
    change: Change, after: bytes | None
) -> None:
    for step in range(_steps(change)):
        world = change.world()
        _die(world, change.options, step)
        _put(world, after)
        _reconcile(world, change.options, Clock())
        require_agreement(world, change.options)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_crash_left_goes_although_the_source_is_again_what_it_was(change: Change) -> None:
    for step in range(_steps(change)):
        world = change.world()
        _die(world, change.options, step)
        _put(world, change.before)
        _reconcile(world, change.options, Clock())
        require_agreement(world, change.options)


def test_objects_are_compared_by_more_than_their_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what a crash wrote over the object of a source that was then put back would stay."""

    def agrees(pipeline: Pipeline, before: Before) -> bool:
        found = pipeline._compressed.compressed_etags(before.possible)
        return found.keys() == objects_of(before.record).keys()

    monkeypatch.setattr(Pipeline, "_agrees", agrees)
    with pytest.raises(Broken):
        test_what_a_crash_left_goes_although_the_source_is_again_what_it_was(CHANGES["overwritten"])


@pytest.mark.parametrize("options", SETTINGS, ids=["plain", "thumb", "webp and card"])
@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_what_a_crash_left_goes_although_the_settings_have_changed_since(
    change: Change, options: Options
) -> None:
    for step in range(_steps(change)):
        world = change.world()
        _die(world, change.options, step)
        _reconcile(world, options, Clock())
        require_agreement(world, options)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_retry_may_crash_as_well(change: Change) -> None:
    for first in range(_steps(change)):
        world = change.world()
        _die(world, change.options, first)
        second = 0
        while _dies(world, change.options, second):
            second += 1
        require_agreement(world, change.options)


def _dies(world: World, options: Options, step: int) -> bool:
    """Reconcile what the crash before left, and return whether it reached that call."""
    try:
        _reconcile(world, options, Clock(step))
    except Crash:
        return True
    return False
