from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.imaging.formats import FORMATS as FORMATS_IN
from chalicelib.records import (
    EXTENSIONS,
    content_type_of,
    destination_key,
    image_id,
    possible_keys,
    rendition_key,
    source_key_of,
    timestamp,
)

FORMATS = st.sampled_from(sorted({*EXTENSIONS, "tiff", "heic"}))
PARTS = ["a", "/", ".", ".jpg", ".JPG", ".png", ".heic", ".tiff", ".image", ".rendition", "thumb", "resized-"]
KEYS = st.lists(st.sampled_from([*PARTS, "\n"]), min_size=1, max_size=6).map("".join)


@pytest.mark.parametrize(
    ("key", "before", "after", "expected"),
    [
        ("cat.jpg", "jpeg", "jpeg", "resized-cat.jpg"),
        ("a/b/cat.jpg", "jpeg", "jpeg", "a/b/resized-cat.jpg"),
        ("cat.heic", "heic", "jpeg", "resized-cat.heic.jpg"),
        ("a.png", "png", "webp", "resized-a.png.webp"),
        ("cat", "jpeg", "jpeg", "resized-cat"),
        ("cat", "tiff", "jpeg", "resized-cat.image.jpg"),
        ("cat.heic.jpg", "jpeg", "jpeg", "resized-cat.heic.jpg.jpg"),
        ("cat.rendition.jpg", "jpeg", "jpeg", "resized-cat.rendition.jpg.jpg"),
    ],
)
def test_destination_key_keeps_the_folder_and_names_the_format(
    key: str, before: str, after: str, expected: str
) -> None:
    assert destination_key(key, before, after) == expected


@given(KEYS, FORMATS, st.sampled_from(sorted(EXTENSIONS)), KEYS, FORMATS, st.sampled_from(sorted(EXTENSIONS)))
def test_two_source_keys_never_share_a_destination_key(
    key: str, before: str, after: str, other: str, other_before: str, other_after: str
) -> None:
    if key != other:
        assert destination_key(key, before, after) != destination_key(other, other_before, other_after)


@pytest.mark.parametrize(
    ("main_key", "expected"),
    [
        ("resized-cat.jpg", "thumb/resized-cat.rendition.jpg"),
        ("a/b/resized-cat.heic.jpg", "thumb/a/b/resized-cat.heic.rendition.jpg"),
        ("a.b/resized-cat", "thumb/a.b/resized-cat.rendition"),
    ],
)
def test_rendition_key_keeps_folder_and_extension(main_key: str, expected: str) -> None:
    assert rendition_key(main_key, "thumb") == expected


@given(KEYS, KEYS)
def test_no_key_that_one_source_could_have_is_one_of_another(key: str, other: str) -> None:
    if key != other:
        renditions = ["thumb", "a"]
        assert not possible_keys(key, renditions) & possible_keys(other, renditions)


@given(KEYS)
def test_the_image_and_each_rendition_have_keys_of_their_own(key: str) -> None:
    mains = possible_keys(key, [])
    thumbs, cards = (possible_keys(key, [name]) - mains for name in ("thumb", "card"))

    assert len(mains) == len(thumbs) == len(cards)
    assert not mains & thumbs | mains & cards | thumbs & cards


def test_image_id_follows_from_the_source_alone() -> None:
    assert image_id("uploads", "a/cat.jpg") == str(UUID("f02b73a8-3f1b-5125-9749-8370a3cd00ef"))
    assert image_id("uploads", "a/cat.jpg") != image_id("other", "a/cat.jpg")


def test_timestamps_are_utc_and_sort_as_they_read() -> None:
    noon = datetime(2026, 1, 31, 13, tzinfo=timezone(timedelta(hours=1)))

    assert timestamp(noon) == "2026-01-31T12:00:00.000000Z"
    assert timestamp(noon) < timestamp(datetime(2026, 1, 31, 12, 0, 0, 1, tzinfo=UTC))


@given(st.lists(st.datetimes(timezones=st.just(UTC)), min_size=2, max_size=2, unique=True))
def test_timestamps_of_any_year_sort_as_their_moments_do(moments: list[datetime]) -> None:
    assert sorted(moments) == sorted(moments, key=timestamp)


@pytest.mark.parametrize("known", FORMATS_IN)
def test_media_type_of_a_format_is_the_engines_and_without_a_format_it_is_any_bytes(known: str) -> None:
    assert content_type_of(known) == FORMATS_IN[known].content_type
    assert content_type_of(None) == "application/octet-stream"


@given(KEYS, st.lists(st.sampled_from(["thumb", "card"]), unique=True))
def test_each_object_key_leads_back_to_its_source_key(key: str, renditions: list[str]) -> None:
    assert {source_key_of(each) for each in possible_keys(key, renditions)} == {key}


@pytest.mark.parametrize("key", ["cat.jpg", "a/cat.jpg", "resized-/cat.jpg", "thumb/cat.rendition.jpg"])
def test_object_that_is_not_named_like_ours_leads_to_no_source_key(key: str) -> None:
    assert source_key_of(key) is None
