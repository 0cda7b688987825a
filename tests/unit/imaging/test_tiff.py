"""TIFF files of every kind of sample: read right, or refused as unsupported."""

import struct

import pytest
from PIL import Image, TiffImagePlugin

from chalicelib.imaging import Options, compress
from tests.fixtures.drawings import load, pixel, save
from tests.fixtures.refusals import refused

PNG = Options(output_format="png")
Tags = dict[int, int | tuple[int, ...]]

BLACK_IS_ZERO: Tags = {258: 16, 262: 1, 277: 1}
RGB: Tags = {258: (8, 8, 8), 262: 2, 277: 3}


def tiff(*pages: tuple[tuple[int, int], bytes, Tags], order: str = "<") -> bytes:
    """A TIFF of pages without compression: their size, rows and tags. Strips begin where the rows do."""
    head = (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8)
    data = head
    for number, ((width, height), rows, tags) in enumerate(pages, 1):
        directory = TiffImagePlugin.ImageFileDirectory_v2(head)
        directory.update({256: width, 257: height, 259: 1, 273: 0, 278: height, 279: len(rows)} | tags)
        page = directory.tobytes(len(data)) + rows + b"\0" * (len(rows) % 2)
        if number < len(pages):
            link = 2 + 12 * len(directory)
            page = page[:link] + struct.pack(order + "I", len(data) + len(page)) + page[link + 4 :]
        data += page
    return data


def grey(data: bytes, count: int) -> list[int]:
    return list(load(compress(data, PNG).data).convert("L").tobytes()[:count])


@pytest.mark.parametrize(
    ("order", "photometric", "levels"),
    [("<", 0, [255, 155, 0]), ("<", 1, [0, 100, 255]), (">", 1, [0, 100, 255])],
)
def test_sixteen_bits_of_grey_run_from_black_or_from_white(
    order: str, photometric: int, levels: list[int]
) -> None:
    rows = struct.pack(order + "3H", 0, 100 * 257, 65_535)

    assert grey(tiff(((3, 1), rows, BLACK_IS_ZERO | {262: photometric}), order=order), 3) == levels


def test_twelve_bits_of_grey_fill_the_whole_range() -> None:
    rows = bytes([0x00, 0x08, 0x00, 0xFF, 0xF0, 0x00])  # 0x000, 0x800, 0xfff and nothing

    assert grey(tiff(((4, 1), rows, BLACK_IS_ZERO | {258: 12})), 3) == [0, 128, 255]


def test_eight_bits_in_separate_planes_are_read() -> None:
    data = tiff(((2, 1), bytes([10, 20, 30, 40, 50, 60]), RGB | {284: 2, 273: (0, 2, 4), 279: (2, 2, 2)}))

    image = load(compress(data, PNG).data).convert("RGB")

    assert [pixel(image, x, 0) for x in range(2)] == [(10, 30, 50), (20, 40, 60)]


@pytest.mark.parametrize(
    ("tags", "named"),
    [
        (BLACK_IS_ZERO | {258: 14}, "14"),
        (BLACK_IS_ZERO | {258: 10}, "10"),
        (BLACK_IS_ZERO | {258: 12, 262: 0}, "pixel mode"),
        (BLACK_IS_ZERO | {258: 24}, "24"),
        (BLACK_IS_ZERO | {258: 8, 339: 2}, "signed"),
        (BLACK_IS_ZERO | {258: 16, 339: 2}, "signed"),
        (BLACK_IS_ZERO | {258: 16, 339: 3}, "floating-point"),
        (BLACK_IS_ZERO | {258: 32, 339: 3}, "floating-point"),
        (BLACK_IS_ZERO | {259: 34887}, "LERC"),
        (BLACK_IS_ZERO | {259: 34712}, "JPEG 2000"),
        (RGB | {259: 33005}, "JPEG 2000"),
        (RGB | {258: (16, 16, 16), 284: 2}, "separate planes"),
        (RGB | {258: (8, 8, 4)}, "4, 8"),
        (RGB | {262: 32844}, "32844"),
        (RGB | {262: 4}, "interpretation 4"),
        (BLACK_IS_ZERO | {262: 32803}, "camera raw"),
        (BLACK_IS_ZERO | {262: 34892}, "camera raw"),
    ],
)
def test_samples_that_would_be_read_wrong_are_unsupported(tags: Tags, named: str) -> None:
    with refused("unsupported", named):
        compress(tiff(((4, 4), bytes(200), tags)))


THUMBNAIL = ((2, 2), bytes([255, 0, 0] * 4), RGB | {254: 1})
OLD_THUMBNAIL = ((2, 2), bytes([255, 0, 0] * 4), RGB | {255: 2})
PAGE = ((4, 3), bytes([0, 0, 255] * 12), RGB | {254: 0})


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("pages", [(THUMBNAIL, PAGE), (OLD_THUMBNAIL, PAGE), (PAGE, THUMBNAIL), (PAGE,)])
def test_a_thumbnail_in_front_is_not_the_picture(
    order: str, pages: tuple[tuple[tuple[int, int], bytes, Tags], ...]
) -> None:
    compressed = compress(tiff(*pages, order=order), PNG)

    assert (compressed.original_width, compressed.original_height) == (4, 3)
    assert pixel(load(compressed.data).convert("RGB"), 0, 0) == (0, 0, 255)


def test_a_file_of_thumbnails_alone_gives_the_first() -> None:
    assert compress(tiff(THUMBNAIL, OLD_THUMBNAIL)).original_width == 2


def test_a_raw_file_does_not_give_its_preview() -> None:
    """DNG and NEF: the first page is a small preview, the raw samples are in a page below it."""
    raw = tiff(((4, 4), bytes(32), BLACK_IS_ZERO | {262: 32803}))
    (directory,) = struct.unpack_from("<I", raw, 4)
    preview = tiff((*THUMBNAIL[:2], RGB | {254: 1, 330: 9999}))
    at = len(preview)
    moved = preview.replace(struct.pack("<I", 9999), struct.pack("<I", at))

    with refused("unsupported", "camera raw"):
        compress(moved + raw[directory:])


def test_pages_that_lead_to_themselves_end() -> None:
    data = bytearray(tiff(PAGE))
    (directory,) = struct.unpack_from("<I", data, 4)
    (count,) = struct.unpack_from("<H", data, directory)
    struct.pack_into("<I", data, directory + 2 + 12 * count, directory)

    assert compress(bytes(data)).original_width == 4


def test_a_big_tiff_is_read() -> None:
    data = save(Image.new("RGB", (5, 4), "navy"), "TIFF", big_tiff=True)

    assert pixel(load(compress(data, PNG).data).convert("RGB"), 0, 0) == (0, 0, 128)
