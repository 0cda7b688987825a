"""The resolution at which JPEG keeps colours."""

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageFont, ImageStat
from PIL.JpegImagePlugin import get_sampling

from chalicelib.imaging import Options, compress
from tests.fixtures.drawings import load, save
from tools.pictures import picture

FULL, HALVED = 0, 2


def text(foreground: str, background: str) -> Image.Image:
    image = Image.new("RGB", (640, 480), background)
    font = ImageFont.load_default(20)
    for top in range(10, 460, 30):
        ImageDraw.Draw(image).text((10, top), "The quick brown fox jumps over it " * 2, foreground, font)
    return image


def jpeg(image: Image.Image, quality: int = 70) -> Image.Image:
    return load(compress(save(image, "PNG"), Options(output_format="jpeg", quality=quality)).data)


def photo() -> Image.Image:
    return load(picture(640, 480, "PNG")).convert("RGB")


@pytest.mark.parametrize(
    "colours", [("red", "white"), ("blue", "white"), ("red", "black"), ("blue", "yellow")]
)
def test_coloured_text_keeps_the_full_resolution_of_its_colours(colours: tuple[str, str]) -> None:
    image = text(*colours)

    result = jpeg(image)

    assert get_sampling(result) == FULL
    naive = load(save(image, "JPEG", quality=70, subsampling="4:2:0"))
    assert _error(result, image) < 0.8 * _error(naive, image)


def _error(result: Image.Image, image: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(result.convert("RGB"), image)).rms)


def test_photographs_and_black_text_have_chroma_halved() -> None:
    assert get_sampling(jpeg(photo())) == HALVED
    assert get_sampling(jpeg(text("black", "white"))) == HALVED


@pytest.mark.parametrize(("quality", "sampling"), [(89, HALVED), (90, FULL), (100, FULL)])
def test_high_qualities_keep_the_full_resolution_of_colours(quality: int, sampling: int) -> None:
    assert get_sampling(jpeg(photo(), quality)) == sampling
