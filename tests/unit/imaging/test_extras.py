"""Renditions, placeholders and dominant colours."""

import base64
import sys

import pytest
from PIL import Image

from chalicelib.imaging import Options, Rendition, compress
from chalicelib.imaging.codecs import png
from chalicelib.imaging.formats import sniff
from chalicelib.imaging.placeholder import dominant_color, placeholder, preview
from tests.fixtures.drawings import disc, load, noise, photograph, pixel, quarters, save
from tests.fixtures.processes import python

RENDITIONS = (Rendition("thumb", 32), Rendition("card", 80), Rendition("huge", 1000))


def test_renditions_come_in_order_and_fit_into_their_squares() -> None:
    compressed = compress(save(photograph((400, 300)), "JPEG"), Options(max_width=100, renditions=RENDITIONS))

    sizes = [(r.name, r.width, r.height) for r in compressed.renditions]
    assert sizes == [("thumb", 32, 24), ("card", 80, 60), ("huge", 400, 300)]
    for rendition in compressed.renditions:
        assert load(rendition.data).size == (rendition.width, rendition.height)


@pytest.mark.parametrize("target", ["original", "jpeg", "webp", "avif", "png"])
def test_renditions_have_the_format_of_the_result(target: str) -> None:
    options = Options(output_format=target, renditions=RENDITIONS)  # type: ignore[arg-type]

    compressed = compress(save(quarters((200, 100)), "TIFF"), options)

    assert {sniff(r.data).name for r in compressed.renditions} == {compressed.format}


def test_renditions_are_made_where_the_original_s_pixels_are_kept() -> None:
    data = save(photograph((200, 150)), "JPEG", quality=10, optimize=True)

    (rendition,) = compress(data, Options(renditions=(Rendition("thumb", 20),))).renditions

    assert load(rendition.data).size == (20, 15)


def test_renditions_do_not_change_the_result() -> None:
    data = save(photograph((400, 300)), "PNG")

    assert (
        compress(data, Options(max_width=50, renditions=RENDITIONS)).data
        == compress(data, Options(max_width=50)).data
    )


def test_a_placeholder_is_a_short_data_uri_of_the_same_look() -> None:
    uri = compress(save(quarters((800, 600)), "PNG")).placeholder

    kind, encoded = uri.split(";base64,")
    image = load(base64.b64decode(encoded)).convert("RGB")
    assert kind == "data:image/webp"
    assert len(uri) <= 400
    assert image.size == (16, 12)
    assert pixel(image, 2, 2) == pytest.approx((255, 0, 0), abs=40)


@pytest.mark.parametrize("size", [(1, 1), (3, 1000), (1000, 3), (16, 16), (33, 31)])
@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_a_placeholder_is_never_longer_than_400_characters(size: tuple[int, int], mode: str) -> None:
    assert len(placeholder(preview(noise(size, mode)))) <= 400


def test_a_placeholder_is_transparent_where_the_image_is() -> None:
    uri = placeholder(preview(disc((320, 320))))

    image = load(base64.b64decode(uri.split(",")[1])).convert("RGBA")
    assert (pixel(image, 0, 0)[3], pixel(image, 8, 8)[3]) == (0, 255)


def test_the_dominant_colour_is_that_of_the_most_pixels() -> None:
    image = Image.new("RGB", (300, 300), (200, 30, 40))
    image.paste((0, 0, 250), (0, 0, 300, 100))

    assert dominant_color(preview(image)) == "#c81e28"


def test_transparent_pixels_have_no_colour_and_an_image_of_them_is_white() -> None:
    image = Image.new("RGBA", (64, 64), (0, 0, 0, 0))
    assert dominant_color(preview(image)) == "#ffffff"

    image.paste((10, 200, 30, 255), (0, 0, 64, 8))
    assert dominant_color(preview(image)) == "#0ac81e"


TIMING = """
import time
from chalicelib.imaging.placeholder import dominant_color, placeholder, preview
from tests.fixtures.drawings import photograph

image = photograph((1024, 768))

def once():
    started = time.process_time()
    small = preview(image)
    placeholder(small), dominant_color(small)
    return time.process_time() - started

print(min(once() for _ in range(20)))
"""


def test_both_together_take_less_than_three_milliseconds() -> None:
    """In a process of its own, where nothing traces it."""
    assert float(python("-c", TIMING).stdout) < 0.003


def test_png_is_written_without_oxipng(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "oxipng", None)
    original = photograph((300, 200))

    compressed = compress(save(original, "PNG"), Options(max_width=150))

    assert load(compressed.data).size == (150, 100)
    assert load(png.encode(original, Options())).tobytes() == original.tobytes()
    assert load(png.encode(original, Options(png_colors=8))).mode == "P"


@pytest.mark.parametrize("mode", ["L", "RGB", "RGBA"])
def test_png_is_lossless_with_oxipng(mode: str) -> None:
    original = disc() if mode == "RGBA" else photograph(mode=mode)

    decoded = load(png.encode(original, Options())).convert(mode)

    assert (
        decoded.convert("RGBa" if mode == "RGBA" else mode).tobytes()
        == original.convert("RGBa" if mode == "RGBA" else mode).tobytes()
    )
