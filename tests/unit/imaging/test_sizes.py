"""Fitting and resizing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageChops

from chalicelib.imaging import resize as resizing
from chalicelib.imaging.resize import fit, resize
from tests.fixtures.drawings import disc, photograph, pixel

sides = st.integers(1, 16_383)


@given(sides, sides, sides, sides)
def test_what_fits_is_within_its_bounds_and_keeps_its_aspect_within_a_pixel(
    width: int, height: int, right: int, bottom: int
) -> None:
    fitted = fit((width, height), (right, bottom))

    scale = min(1, right / width, bottom / height)
    assert 1 <= fitted[0] <= min(width, right)
    assert 1 <= fitted[1] <= min(height, bottom)
    assert abs(fitted[0] - width * scale) < 1
    assert abs(fitted[1] - height * scale) < 1
    assert fit(fitted, (right, bottom)) == fitted


@pytest.mark.parametrize(
    ("size", "bounds", "expected"),
    [
        ((4000, 3000), (1024, 1024), (1024, 768)),
        ((3000, 4000), (1024, 1024), (768, 1024)),
        ((4000, 3000), (1024, 100), (133, 100)),
        ((100, 100), (1024, 1024), (100, 100)),
        ((10_000, 1), (100, 100), (100, 1)),
        ((1, 1), (1, 1), (1, 1)),
    ],
)
def test_sizes_that_fit(size: tuple[int, int], bounds: tuple[int, int], expected: tuple[int, int]) -> None:
    assert fit(size, bounds) == expected


def test_the_same_size_is_the_same_image() -> None:
    image = photograph()

    assert resize(image, image.size) is image


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA", "CMYK"])
@pytest.mark.parametrize("resampling", [Image.Resampling.LANCZOS, Image.Resampling.BICUBIC])
def test_pillow_s_own_filter_gives_the_same_picture(
    mode: str, resampling: Image.Resampling, monkeypatch: pytest.MonkeyPatch
) -> None:
    image = disc((240, 180)) if mode == "RGBA" else photograph((240, 180), mode)
    box = (3, 2.5, 230.5, 171)
    quick = resize(image, (51, 37), box, resampling)
    monkeypatch.setattr(resizing, "Resizer", None)

    slow = resize(image, (51, 37), box, resampling)

    assert (quick.size, quick.mode) == (slow.size, slow.mode) == ((51, 37), mode)
    compared = "RGBa" if mode == "RGBA" else mode  # rounded alpha makes colours beneath it differ
    difference = ImageChops.difference(quick.convert(compared), slow.convert(compared))
    assert max(difference.tobytes()) <= (8 if mode == "RGBA" else 3)


def test_a_box_is_stretched_to_the_whole_result() -> None:
    image = Image.new("RGB", (100, 100), "red")
    image.paste("blue", (50, 0, 100, 100))

    assert pixel(resize(image, (40, 40), (0, 0, 50, 100)), 35, 20) == (255, 0, 0)
