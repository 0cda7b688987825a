"""Samples, palettes and transparency: what becomes of each pixel."""

import struct
from collections.abc import Callable

import pytest
from PIL import Image, ImageChops

from chalicelib.imaging import Options, compress
from tests.fixtures.drawings import disc, load, photograph, pixel, quarters, save
from tests.fixtures.files import png
from tests.unit.imaging.test_tiff import RGB, tiff

LEVELS = (0x0000, 0x007F, 0x0080, 0x0081, 0x00FF, 0x0100, 0x7F80, 0x8000, 0xFE7E, 0xFF00, 0xFF7F, 0xFFFF)
NEAREST = tuple(round(level / 257) for level in LEVELS)
AS_PNG = Options(output_format="png")
Samples = tuple[int, ...]


def big_endian(*samples: int) -> bytes:
    return struct.pack(f">{len(samples)}H", *samples)


@pytest.mark.parametrize(
    ("colour_type", "samples", "rounded"),
    [
        (0, lambda level: (level,), lambda n: (n, n, n, 255)),
        (2, lambda level: (level, 65535 - level, level), lambda n: (n, 255 - n, n, 255)),
        (4, lambda level: (level, 0xFF7F), lambda n: (n, n, n, 255)),
        (6, lambda level: (level, 0, 65535, 0x8000), lambda n: (n, 0, 255, 128)),
    ],
    ids=["grey", "rgb", "grey and alpha", "rgba"],
)
def test_16_bit_png_is_rounded(
    colour_type: int, samples: Callable[[int], Samples], rounded: Callable[[int], Samples]
) -> None:
    row = b"".join(big_endian(*samples(level)) for level in LEVELS)

    image = load(compress(png((12, 1), 16, colour_type, [row]), AS_PNG).data).convert("RGBA")

    assert [pixel(image, x, 0) for x in range(12)] == [rounded(n) for n in NEAREST]


def test_16_bit_pictures_taller_than_a_strip_are_rounded_throughout() -> None:
    size = (600, 900)
    row = big_endian(*[0x00FF, 0x00FF, 0x00FF] * size[0])

    image = load(compress(png(size, 16, 2, [row] * size[1]), AS_PNG).data).convert("RGB")

    assert image.getextrema() == ((1, 1), (1, 1), (1, 1))


@pytest.mark.parametrize("compression", [None, "tiff_lzw"])
def test_16_bit_grey_tiff_is_rounded(compression: str | None) -> None:
    image = Image.frombytes("I;16", (12, 1), struct.pack("<12H", *LEVELS))

    result = load(compress(save(image, "TIFF", compression=compression), AS_PNG).data).convert("L")

    assert tuple(result.tobytes()) == NEAREST


def test_16_bit_rgb_tiff_is_rounded() -> None:
    rows = b"".join(struct.pack("<3H", level, level, level) for level in LEVELS)

    result = load(compress(tiff(((12, 1), rows, RGB | {258: (16, 16, 16)})), AS_PNG).data).convert("RGB")

    assert [pixel(result, x, 0) for x in range(12)] == [(n, n, n) for n in NEAREST]


@pytest.mark.parametrize(
    ("depth", "colour_type", "row", "key"),
    [
        (8, 2, b"\x01\x02\x03\x01\x02\x04", big_endian(1, 2, 3)),
        (16, 0, big_endian(0x1234, 0x1235), big_endian(0x1234)),
        (
            16,
            2,
            big_endian(0x1234, 0x5678, 0x9ABC, 0x1235, 0x5678, 0x9ABC),
            big_endian(0x1234, 0x5678, 0x9ABC),
        ),
    ],
)
def test_a_key_colour_is_transparent_where_all_of_its_bits_match(
    depth: int, colour_type: int, row: bytes, key: bytes
) -> None:
    data = png((2, 1), depth, colour_type, [row], before=[(b"tRNS", key)])

    image = load(compress(data).data).convert("RGBA")

    assert (pixel(image, 0, 0)[3], pixel(image, 1, 0)[3]) == (0, 255)


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_a_grey_key_colour_is_transparent_at_every_depth(depth: int) -> None:
    row = b"\x80\x00\x00\x00\x00\x00\x00\x00"[: 8 * depth // 8]  # the first sample is the brighter
    key = (b"tRNS", big_endian(0x80 >> 8 - depth))

    image = load(
        compress(png((8, 1), depth, 0, [row], before=[key]), Options(output_format="webp")).data
    ).convert("RGBA")

    assert [pixel(image, x, 0)[3] for x in range(3)] == [0, 255, 255]


def test_transparent_palette_entries_stay_transparent() -> None:
    palette = (b"PLTE", b"\xff\0\0\0\xff\0\0\0\xff")
    data = png((3, 1), 8, 3, [b"\0\1\2"], before=[palette, (b"tRNS", b"\x00\x80")])

    image = load(compress(data).data).convert("RGBA")

    assert [pixel(image, x, 0)[3] for x in range(3)] == [0, 128, 255]


def test_a_palette_picture_is_resized_in_true_colour() -> None:
    stripes = Image.new("P", (400, 8))
    stripes.putpalette([0, 0, 0, 255, 255, 255])
    stripes.putdata([x % 2 for _ in range(8) for x in range(400)])

    image = load(compress(save(stripes, "PNG"), Options(max_width=100, output_format="webp")).data).convert(
        "L"
    )

    assert image.getextrema() == pytest.approx((127, 127), abs=16)


def test_transparent_edges_have_no_dark_fringe() -> None:
    """The disc is red on transparent black: half-transparent edge pixels must stay red."""
    image = load(compress(save(disc((400, 400)), "PNG"), Options(max_width=50)).data).convert("RGBA")

    edge = [p for y in range(50) for x in range(50) if 16 < (p := pixel(image, x, y))[3] < 240]
    assert edge
    assert min(red for red, _, _, _ in edge) >= 250


def test_transparency_on_jpeg_becomes_white() -> None:
    image = load(compress(save(disc(), "PNG"), Options(output_format="jpeg")).data)

    assert pixel(image, 0, 0) == pytest.approx((255, 255, 255), abs=2)


@pytest.mark.parametrize("target", ["webp", "avif", "png"])
def test_transparency_is_kept_where_the_target_can(target: str) -> None:
    image = load(compress(save(disc(), "PNG"), Options(output_format=target)).data).convert("RGBA")  # type: ignore[arg-type]

    assert (pixel(image, 0, 0)[3], pixel(image, 48, 32)[3]) == (0, 255)


@pytest.mark.parametrize(("format_", "mode", "result"), [("JPEG", "L", "L"), ("PNG", "RGBA", "RGB")])
def test_grey_stays_grey_and_an_opaque_alpha_channel_is_dropped(format_: str, mode: str, result: str) -> None:
    data = save(photograph((300, 200), mode), format_)

    assert load(compress(data, Options(max_width=150)).data).mode == result


@pytest.mark.parametrize("format_", ["JPEG", "TIFF"])
def test_cmyk_becomes_rgb(format_: str) -> None:
    image = load(compress(save(Image.new("CMYK", (32, 32), (0, 255, 255, 0)), format_)).data)

    assert pixel(image, 9, 9) == pytest.approx((255, 0, 0), abs=3)


@pytest.mark.parametrize("mode", ["RGB", "RGBA"])
def test_png_colors_reduce_png_to_a_palette(mode: str) -> None:
    original = photograph((200, 150)) if mode == "RGB" else disc((200, 150))

    image = load(compress(save(original, "PNG"), Options(max_width=100, png_colors=16)).data)

    assert image.mode == "P"
    assert len(image.getcolors() or ()) <= 16


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF", "AVIF"])
def test_every_orientation_is_baked_in(format_: str, orientation: int) -> None:
    """Stored so that turning it by its orientation gives the quarters back."""
    undo = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    upright = quarters((96, 64))
    stored = upright.transpose(undo[orientation]) if orientation in undo else upright
    tags = Image.Exif()
    tags[0x0112] = orientation

    compressed = compress(save(stored, format_, exif=tags.tobytes()), AS_PNG)

    image = load(compressed.data).convert("RGB")
    assert (compressed.original_width, compressed.original_height, *image.size) == (96, 64, 96, 64)
    corners = [pixel(image, x, y) for x, y in ((8, 8), (88, 8), (8, 56), (88, 56))]
    expected = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255)]
    assert all(
        corner == pytest.approx(colour, abs=20) for corner, colour in zip(corners, expected, strict=True)
    )


def test_a_turned_picture_is_fitted_as_it_is_seen() -> None:
    tags = Image.Exif()
    tags[0x0112] = 6

    compressed = compress(save(photograph((400, 200)), "JPEG", exif=tags.tobytes()), Options(max_width=50))

    assert (compressed.width, compressed.height) == (50, 100)


@pytest.mark.parametrize("scale", [1, 2, 3, 4, 6, 8, 9])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_jpeg_decoded_at_a_fraction_looks_like_one_decoded_in_full(scale: int, progressive: bool) -> None:
    original = photograph((97 * scale, 61 * scale))
    data = save(original, "JPEG", quality=95, progressive=progressive)

    result = load(compress(data, Options(max_width=97, quality=95, output_format="png")).data).convert("RGB")

    expected = load(data).resize(result.size, Image.Resampling.LANCZOS)
    difference = ImageChops.difference(result, expected).convert("L")
    assert sum(difference.tobytes()) / (97 * 61) < 3
