"""Palettes are made for a sample of the pixels, so that their time does not grow with the picture."""

from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageStat

from chalicelib.imaging.codecs.palette import reduce_colors
from tests.fixtures.drawings import noise


@pytest.mark.parametrize("refined", [True, False])
def test_palette_is_made_for_a_bounded_number_of_pixels(
    monkeypatch: pytest.MonkeyPatch, refined: bool
) -> None:
    image = noise((1000, 500))
    sizes: list[tuple[int, int]] = []
    quantize: Callable[..., Image.Image] = Image.Image.quantize

    def counted(self: Image.Image, *arguments: Any, **named: Any) -> Image.Image:
        if named.get("palette") is None:
            sizes.append(self.size)
        return quantize(self, *arguments, **named)

    monkeypatch.setattr(Image.Image, "quantize", counted)

    reduced = reduce_colors(image, 64, 10_000, refined=refined)

    assert [width * height for width, height in sizes] <= [10_100]
    assert len(reduced.getcolors() or ()) <= 64


@pytest.mark.parametrize("refined", [True, False])
def test_sampled_palette_is_about_as_good_as_one_of_all_pixels(refined: bool) -> None:
    image = noise((600, 400))

    errors = [
        sum(ImageStat.Stat(ImageChops.difference(image, each.convert("RGB"))).mean)
        for each in (
            reduce_colors(image, 128, 20_000, refined=refined),
            image.quantize(128, Image.Quantize.MEDIANCUT),
        )
    ]

    assert errors[0] <= 1.1 * errors[1]


def test_few_colours_stay_as_they_are() -> None:
    image = Image.new("RGB", (50, 50), (1, 2, 3))
    image.putpixel((0, 0), (9, 8, 7))

    assert (
        ImageChops.difference(reduce_colors(image, 2, 10, refined=True).convert("RGB"), image).getbbox()
        is None
    )
