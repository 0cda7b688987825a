"""Results fit into the bounds, have no more bytes where the size stays, and no pixels are coded twice in vain."""

import pytest
from PIL import Image

from chalicelib.imaging import Options, compress
from tests.fixtures import icc
from tests.fixtures.drawings import load, photograph, quarters, save
from tests.fixtures.exif import exif
from tests.fixtures.files import icc_segments, jpeg_with


def test_a_jpeg_coded_coarsely_before_keeps_its_pixels() -> None:
    data = save(photograph((300, 200)), "JPEG", quality=40)

    assert load(compress(data).data).tobytes() == load(data).tobytes()


def test_a_jpeg_coded_finely_is_coded_again() -> None:
    data = save(photograph((300, 200)), "JPEG", quality=95)

    assert len(compress(data).data) < len(data) / 2


@pytest.mark.parametrize("format_", ["PNG", "WEBP", "GIF"])
def test_a_picture_that_costs_fewer_bytes_in_full_size_is_still_fitted(format_: str) -> None:
    """A flat picture is a few bytes at any size: the bounds count for more than the bytes."""
    data = save(Image.new("P" if format_ == "GIF" else "RGB", (1625, 1300)), format_)

    compressed = compress(data)

    assert load(compressed.data).size == (compressed.width, compressed.height) == (1024, 819)


def test_a_chequerboard_of_single_pixels_is_fitted() -> None:
    """It costs little in a palette, and much once it is resized."""
    board = Image.new("P", (128, 128))
    board.putpalette([0, 0, 0, 255, 255, 255])
    board.putdata([(x + y) % 2 for y in range(128) for x in range(128)])
    data = save(board, "PNG", optimize=True, bits=1)

    assert load(compress(data, Options(max_width=101)).data).size == (101, 101)


def test_a_palette_png_that_grows_in_true_colour_is_given_a_palette_again() -> None:
    data = save(photograph((240, 180)).quantize(250), "PNG", optimize=True)

    compressed = compress(data, Options(max_width=200))

    assert (compressed.width, load(compressed.data).mode) == (200, "P")
    assert len(compressed.data) < len(data)


@pytest.mark.parametrize("quality", [5, 30, 70])
def test_a_turned_jpeg_is_never_larger(quality: int) -> None:
    """Its pixels cannot be kept as they are: they are coded more coarsely instead."""
    data = jpeg_with(
        save(photograph((96, 64)), "JPEG", quality=quality), (0xE1, exif(orientation=6, gps=False))
    )

    compressed = compress(data, Options(quality=95))

    assert len(compressed.data) <= len(data)
    assert (compressed.width, compressed.height) == (64, 96)


def test_a_jpeg_with_another_profile_is_converted_and_never_larger() -> None:
    data = jpeg_with(save(photograph((96, 64)), "JPEG", quality=10), *icc_segments(icc.adobe_rgb()))

    assert len(compress(data, Options(quality=95)).data) <= len(data)


@pytest.mark.parametrize("target", ["jpeg", "webp", "avif"])
def test_a_lower_quality_is_smaller(target: str) -> None:
    data = save(photograph((400, 300)), "JPEG", quality=98)
    sizes = [
        len(compress(data, Options(quality=quality, output_format=target)).data)  # type: ignore[arg-type]
        for quality in (10, 30, 50, 70, 90)
    ]

    assert sizes == sorted(set(sizes))


def test_a_picture_of_few_colours_becomes_a_webp_without_loss() -> None:
    data = save(quarters(), "PNG")

    result = load(compress(data, Options(output_format="webp")).data)

    assert result.convert("RGB").tobytes() == quarters().tobytes()
