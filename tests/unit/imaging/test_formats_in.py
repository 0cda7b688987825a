"""Every format that is read, detected by its bytes alone."""

import struct

import oxipng
import pytest
from PIL import Image, ImageChops

from chalicelib.imaging import ImageError, Options, compress
from chalicelib.imaging.decode import decode
from chalicelib.imaging.source import open_source
from tests.fixtures.drawings import disc, load, photograph, pixel, quarters, save
from tests.fixtures.files import every_format, heic, png
from tests.fixtures.refusals import refused

KINDS = {
    "jpeg": ("jpeg", "progressive", "cmyk"),
    "png": ("png", "palette", "apng"),
    "webp": ("webp", "lossless", "animated"),
    "gif": ("gif",),
    "avif": ("avif", "avis"),
    "tiff": ("tiff", "tiff16"),
    "bmp": ("bmp",),
    "jpeg2000": ("jpeg2000",),
    "heic": ("heic",),
}


@pytest.mark.parametrize(("format_", "name"), [(each, name) for each in KINDS for name in KINDS[each]])
def test_a_format_that_browsers_show_stays_and_another_becomes_jpeg(format_: str, name: str) -> None:
    compressed = compress(every_format(photograph())[name])

    result = format_ if format_ in ("jpeg", "png", "webp", "gif", "avif") else "jpeg"
    assert (compressed.original_format, compressed.format) == (format_, result)
    assert load(compressed.data).size == (compressed.width, compressed.height)


@pytest.mark.parametrize("format_", ["TIFF", "JPEG2000"])
def test_another_format_with_transparency_becomes_png(format_: str) -> None:
    assert compress(save(disc(), format_)).content_type == "image/png"


def test_opaque_alpha_channel_is_not_transparency() -> None:
    assert compress(save(photograph(mode="RGBA"), "TIFF")).format == "jpeg"


@pytest.mark.parametrize(
    ("format_", "size"), [("JPEG2000", (100, 50)), ("JPEG", (100, 50)), ("PNG", (800, 400))]
)
def test_only_as_many_pixels_are_decoded_as_serve(format_: str, size: tuple[int, int]) -> None:
    source = open_source(save(quarters((800, 400)), format_), Options())

    image, box = decode(source, (80, 40))

    assert (image.size, box or (0, 0, *image.size)) == (size, (0, 0, *size))


@pytest.mark.parametrize("size", [(400, 400), (401, 403), (403, 399), (406, 401), (64, 65)])
def test_a_jpeg2000_of_any_size_can_be_reduced(size: tuple[int, int]) -> None:
    data = save(photograph(size), "JPEG2000")

    result = load(compress(data, Options(max_width=16, output_format="png")).data).convert("RGB")

    expected = photograph(size).resize(result.size, Image.Resampling.LANCZOS)
    difference = ImageChops.difference(result, expected)
    assert sum(difference.tobytes()) / len(difference.tobytes()) < 4


def test_a_tiff_of_many_pages_gives_its_first() -> None:
    data = save(
        Image.new("RGB", (20, 10), "red"), "TIFF", save_all=True, append_images=[Image.new("RGB", (9, 9))]
    )

    assert pixel(load(compress(data).data), 5, 5) == pytest.approx((254, 0, 0), abs=3)


def test_an_mpo_gives_its_first_picture_alone() -> None:
    data = save(
        Image.new("RGB", (40, 30), "red"), "MPO", save_all=True, append_images=[Image.new("RGB", (40, 30))]
    )

    compressed = compress(data)

    assert (compressed.original_format, compressed.data.count(b"\xff\xd8\xff")) == ("jpeg", 1)


def test_heic_is_read() -> None:
    image = load(compress(heic(), Options(output_format="png")).data).convert("RGB")

    assert pixel(image, 60, 4) == pytest.approx((244, 20, 40), abs=16)


def test_heic_with_another_major_brand_is_found_by_its_compatible_brands() -> None:
    data = heic().replace(b"ftypheic", b"ftypmif1", 1)

    assert compress(data).original_format == "heic"


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_grey_png_of_every_depth(depth: int) -> None:
    row = bytes([0b10101010]) * (16 * depth // 8)  # half of the samples are brighter

    image = load(compress(png((16, 4), depth, 0, [row] * 4), Options(output_format="png")).data)

    expected = {1: (255, 0), 2: (170, 170), 4: (170, 170), 8: (170, 170)}[depth]
    grey = image.convert("L")
    assert (grey.getpixel((0, 0)), grey.getpixel((1, 0))) == expected


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_palette_png_of_every_depth(depth: int) -> None:
    palette = (b"PLTE", b"\x10\x20\x30" * (1 << depth))
    data = png((16, 4), depth, 3, [bytes(16 * depth // 8)] * 4, before=[palette])

    assert pixel(load(compress(data).data).convert("RGB"), 0, 0) == (16, 32, 48)


def test_interlaced_png() -> None:
    original = photograph((21, 13))

    interlaced = oxipng.optimize_from_memory(
        save(original, "PNG"), interlace=oxipng.Interlacing.Adam7, force=True
    )
    assert load(interlaced).info["interlace"] == 1

    result = load(compress(interlaced).data).convert("RGB")

    assert ImageChops.difference(original, result).getbbox() is None


@pytest.mark.parametrize(
    ("start", "code"),
    [
        (b"", "not-an-image"),
        (b"plain text, long enough to be looked at", "not-an-image"),
        (bytes(64), "not-an-image"),
        (b"8BPS" + bytes(60), "unsupported"),
        (b"%PDF-1.7" + bytes(60), "unsupported"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "unsupported"),
        (b"\xef\xbb\xbf<svg/>", "unsupported"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<!-- by hand -->\n<svg/>", "unsupported"),
        (b"<!DOCTYPE svg PUBLIC '-//W3C//DTD SVG 1.1//EN' 'svg11.dtd'>\n<svg/>", "unsupported"),
        (b"<!DOCTYPE svg [<!ENTITY a 'b'>]><svg:svg/>", "unsupported"),
        ("<?xml version='1.0'?><svg/>".encode("utf-16"), "unsupported"),
        (b"<??>" * 1000 + b"<html/>", "not-an-image"),
        (b"<!---->" * 500 + b"<!DOCTYPE [" + b"]" * 500, "not-an-image"),
        (b"<!DOCTYPE html><html><svg/></html>", "not-an-image"),
        (b"<?xml version='1.0'?><feed/>", "not-an-image"),
        (b"IIU\0" + bytes(60), "unsupported"),
        (b"FUJIFILMCCD-RAW " + bytes(60), "unsupported"),
        (b"\0\0\0\x18ftypcrx " + bytes(60), "unsupported"),
        (b"\xff\x0a" + bytes(60), "unsupported"),
        (b"\0\0\1\0" + bytes(60), "unsupported"),
        (b"\0\0\0\x18ftypmp42" + bytes(60), "unsupported"),
        (b"RIFF" + bytes(4) + b"WAVE" + bytes(60), "not-an-image"),
    ],
)
def test_file_that_is_not_an_image_is_refused_with_a_reason(start: bytes, code: str) -> None:
    with refused(code):
        compress(start)


def test_a_decoder_for_another_format_never_runs() -> None:
    """A PNG's signature leads to the PNG decoder, though the rest is a GIF."""
    with pytest.raises(ImageError, match="PNG"):
        compress(b"\x89PNG\r\n\x1a\n" + save(quarters(), "GIF"))


@pytest.mark.parametrize("kind", [b"Exi\x80", b"\xff\xff\xff\xff", b"mi\xc3e"])
def test_a_heic_with_an_item_whose_type_is_not_text_is_corrupt(kind: bytes) -> None:
    with refused("corrupt", "not text"):
        compress(heic(items=[(3, kind, b"what it holds")]))


@pytest.mark.parametrize(("alpha", "format_"), [([0, 0], "jpeg"), ([0, 255], "png")])
def test_a_bmp_whose_alpha_is_all_zero_is_opaque(alpha: list[int], format_: str) -> None:
    rows = b"".join(bytes([30, 30, 200, level]) for level in alpha)
    header = struct.pack("<IiiHHIIiiII", 108, 2, 1, 1, 32, 3, 8, 2835, 2835, 0, 0)
    masks = struct.pack("<4I", 0xFF0000, 0xFF00, 0xFF, 0xFF000000) + b"BGRs" + bytes(48)
    head = b"BM" + struct.pack("<IHHI", 14 + 108 + 8, 0, 0, 14 + 108)

    compressed = compress(head + header + masks + rows)

    assert compressed.format == format_
    assert pixel(load(compressed.data).convert("RGB"), 1, 0) == pytest.approx((200, 30, 30), abs=3)


@pytest.mark.parametrize(
    ("frame", "named"), [(b"\xff\xc1\x00\x11\x0c", "got 12"), (b"\xff\xc5\x00\x11\x08", "hierarchical")]
)
def test_a_jpeg_of_twelve_bits_or_of_a_hierarchy_is_unsupported(frame: bytes, named: str) -> None:
    data = save(photograph(), "JPEG")
    assert b"\xff\xc0\x00\x11\x08" in data

    with refused("unsupported", named):
        compress(data.replace(b"\xff\xc0\x00\x11\x08", frame))
