"""A sweep finds compressed objects that have gone, were replaced or are left over, and totals that are wrong."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from chalicelib import pipeline
from chalicelib.aws.items import add, sum_of
from chalicelib.imaging import Options, Rendition
from tests.fixtures.library import PHOTO, Library

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

WITH_THUMBNAIL = Options(renditions=(Rendition("thumb", 16),))


def drop(library: Library, key: str) -> None:
    library.s3.delete_object(Bucket=library.destination, Key=key)


def replace(library: Library, key: str) -> None:
    library.s3.put_object(Bucket=library.destination, Key=key, Body=b"something else")


@pytest.mark.parametrize("damage", [drop, replace])
@pytest.mark.parametrize("key", ["resized-a.jpg", "thumb/resized-a.rendition.jpg", "b/resized-c.jpg"])
def test_an_object_that_has_gone_or_was_replaced_is_made_again(
    library: Library, key: str, damage: Callable[[Library, str], None]
) -> None:
    library.compress("a.jpg", "b/c.jpg", "d.jpg", data=PHOTO, options=WITH_THUMBNAIL)
    before = library.objects()
    damage(library, key)

    first, second = library.repair(WITH_THUMBNAIL), library.repair(WITH_THUMBNAIL)

    assert (first.damaged, second.requeued) == (1, 0)
    assert library.objects() == before


def test_an_object_that_has_gone_is_made_again_in_the_second_attempt(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.compress("a.jpg", data=PHOTO)
    drop(library, "resized-a.jpg")
    waits: list[float] = []
    monkeypatch.setattr(pipeline, "sleep", waits.append)

    library.repair()

    assert len(waits) == 1


@pytest.mark.parametrize(
    "key",
    [
        "resized-gone.jpg",
        "f/resized-gone.heic.jpg",
        "resized-gone.image.png",
        "thumb/resized-gone.rendition.jpg",
    ],
)
def test_an_object_whose_source_has_gone_is_deleted(library: Library, key: str) -> None:
    library.compress("a.jpg", data=PHOTO, options=WITH_THUMBNAIL)
    before = library.objects()
    replace(library, key)

    reached = library.repair(WITH_THUMBNAIL)

    assert (reached.leftover, reached.seen, library.objects()) == (1, 1, before)


def test_an_object_in_a_format_of_earlier_settings_is_deleted(library: Library) -> None:
    library.compress("a.jpg", data=PHOTO)
    before = library.objects()
    replace(library, "resized-a.jpg.webp")

    assert (library.repair().leftover, library.repair().leftover) == (1, 0)
    assert library.objects() == before


def test_objects_that_are_not_named_like_ours_are_left_alone(library: Library) -> None:
    replace(library, "index.html")
    replace(library, "f/cat.jpg")

    assert library.repair().requeued == 0
    assert len(library.objects()) == 2


def test_few_listings_find_the_objects_of_many_folders(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.compress(
        *(f"{number}/{name}" for number in range(20) for name in ("a", "a.jpg", "z.jpg")), data=PHOTO
    )
    listings: list[str] = []
    listed = library.buckets.compressed.list_compressed

    def counted(after: str) -> dict[str, str]:
        listings.append(after)
        return listed(after)

    monkeypatch.setattr(library.buckets.compressed, "list_compressed", counted)

    assert library.sweep().requeued == 0
    assert len(listings) <= 3


def test_objects_are_found_where_a_listing_ends_before_them(
    s3: "S3Client", library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.compress("a", "ab", "b/a", "b.jpg", data=PHOTO)
    listed = s3.list_objects_v2
    monkeypatch.setattr(s3, "list_objects_v2", lambda **asked: listed(**{**asked, "MaxKeys": 1}))

    assert (library.sweep().requeued, library.sweep().seen) == (0, 4)


def test_wrong_totals_are_corrected_after_a_sweep_that_found_nothing(library: Library) -> None:
    library.compress("a.jpg", data=PHOTO)
    library.compress("b.jpg")
    right = library.table.get_totals(library.source)
    library.table.add_to_totals(library.source, sum_of([library.record("a.jpg")]))

    library.sweep()

    assert library.table.get_totals(library.source) == right


def test_totals_that_change_during_a_sweep_are_left_to_the_next(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.compress("a.jpg", data=PHOTO)
    one = sum_of([library.record("a.jpg")])
    listed = library.buckets.source.list_sources

    def changed_meanwhile(after: str) -> dict[str, str]:
        if not after:
            library.table.add_to_totals(library.source, one)
        return listed(after)

    monkeypatch.setattr(library.buckets.source, "list_sources", changed_meanwhile)

    library.sweep()

    assert library.table.get_totals(library.source) == add(one, one)


def test_what_was_made_of_a_key_that_is_excluded_now_stays_until_its_source_changes(library: Library) -> None:
    library.compress("in/a.jpg", "out/b.jpg", data=PHOTO)

    def included(key: str) -> bool:
        return key.startswith("in/")

    before = library.objects()
    kept = library.repair(includes=included)
    assert (kept.requeued, library.objects()) == (0, before)

    library.put("out/b.jpg", data=PHOTO + b"changed")
    changed, after = library.repair(includes=included), library.repair(includes=included)

    assert (changed.stale, after.requeued) == (1, 0)
    assert library.objects().keys() == {"in/resized-a.jpg"}
    assert library.table.get_totals(library.source)["compressed"] == 1
