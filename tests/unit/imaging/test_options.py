"""Options: their defaults, what is allowed, and their fingerprint."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.imaging import ENGINE_VERSION, Options, Rendition, fingerprint, types


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("max_width", 0, "1 to 16383"),
        ("max_width", 16_384, "1 to 16383"),
        ("max_width", 10.5, "1 to 16383"),
        ("max_height", "100", "1 to 16383"),
        ("max_height", True, "1 to 16383"),
        ("max_height", None, "1 to 16383"),
        ("quality", 70.0, "1 to 100"),
        ("quality", 0, "1 to 100"),
        ("output_format", "gif", "one of original, jpeg, webp, avif, png"),
        ("max_pixels", 0, "at least 1"),
        ("max_frames", 0, "at least 1"),
        ("png_colors", 1, "2 to 256"),
        ("renditions", (Rendition("a", 1), Rendition("a", 2)), "different names"),
    ],
)
def test_a_value_that_is_not_allowed_is_named(name: str, value: Any, allowed: str) -> None:
    with pytest.raises(ValueError, match=f"^{name} must be .*{allowed}.*; got "):
        replace(Options(), **{name: value})


def test_an_error_gives_the_option_what_is_allowed_and_the_value() -> None:
    with pytest.raises(ValueError, match=r"^quality must be a whole number from 1 to 100; got 'ten'$"):
        replace(Options(), quality="ten")  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["", "Thumb", "a/b", "a b", "-a", "a" * 33, "..", "a\n"])
def test_a_rendition_s_name_is_fit_for_a_key(name: str) -> None:
    with pytest.raises(ValueError, match=r"Rendition\.name"):
        Rendition(name, 100)


@pytest.mark.parametrize("size", [0, -5, 16_384])
def test_a_rendition_s_size_is_bounded(size: int) -> None:
    with pytest.raises(ValueError, match=r"Rendition\.size"):
        Rendition("thumb", size)


def test_the_fingerprint_is_short_and_the_same_for_the_same_options() -> None:
    assert fingerprint(Options()) == fingerprint(Options())
    assert len(fingerprint(Options())) == 16


@pytest.mark.parametrize(
    "changed",
    [
        Options(max_width=1),
        Options(max_height=1),
        Options(quality=1),
        Options(output_format="webp"),
        Options(effort="fast"),
        Options(max_pixels=1),
        Options(max_frames=1),
        Options(renditions=(Rendition("thumb", 256),)),
        Options(renditions=(Rendition("thumb", 255),)),
        Options(png_colors=2),
    ],
)
def test_the_fingerprint_changes_with_every_option(changed: Options) -> None:
    assert fingerprint(changed) != fingerprint(Options())


def test_the_fingerprint_changes_with_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint(Options())
    monkeypatch.setattr(types, "ENGINE_VERSION", ENGINE_VERSION + 1)

    assert fingerprint(Options()) != before
