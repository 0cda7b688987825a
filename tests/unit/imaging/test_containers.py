"""Files taken apart: what the pieces are, and what is done with damaged ones."""

import struct
from collections.abc import Callable

import pytest
from PIL import Image

from chalicelib.imaging.codecs import gif, isobmff, jpeg, jpeg2000, png, webp
from chalicelib.imaging.frames import changed
from tests.fixtures.drawings import photograph, save
from tests.fixtures.files import gif as gif_file
from tests.fixtures.files import gif_frame, gif_loop, riff
from tests.fixtures.refusals import refused

# JPEG


def scans(data: bytes) -> list[tuple[int, int, int, int]]:
    headers = [
        jpeg.scan_header(data, payload, end)
        for marker, _, payload, end in jpeg.segments(data)
        if marker == 0xDA
    ]
    return [(scan.components[0], scan.first, scan.previous_bit, scan.bit) for scan in headers]


# libjpeg's own (`jpeg_simple_progression`): component, first coefficient, previous bit, bit.
LIBJPEG_SCRIPT = [
    (1, 0, 0, 1),
    (1, 1, 0, 2),
    (3, 1, 0, 1),
    (2, 1, 0, 1),
    (1, 6, 0, 2),
    (1, 1, 2, 1),
    (1, 0, 1, 0),
    (3, 1, 1, 0),
    (2, 1, 1, 0),
    (1, 1, 1, 0),
]


def test_the_scans_of_a_progressive_jpeg() -> None:
    data = save(photograph(), "JPEG", progressive=True)

    assert jpeg.count_scans(data) == len(LIBJPEG_SCRIPT)
    assert scans(data) == LIBJPEG_SCRIPT


@pytest.mark.parametrize(
    ("scale", "left_out"),
    [
        (1, []),
        (2, [(1, 1, 1, 0)]),
        (4, [(3, 1, 1, 0), (2, 1, 1, 0), (1, 1, 1, 0)]),
        (8, [scan for scan in LIBJPEG_SCRIPT if scan[1] > 0]),
    ],
)
def test_scans_that_are_invisible_at_a_scale_are_left_out(
    scale: int, left_out: list[tuple[int, int, int, int]]
) -> None:
    shortened = jpeg.for_scale(save(photograph(), "JPEG", progressive=True), scale)

    assert scans(shortened) == [scan for scan in LIBJPEG_SCRIPT if scan not in left_out]


def test_a_baseline_jpeg_has_one_scan_that_is_never_left_out() -> None:
    data = save(photograph(), "JPEG")

    assert jpeg.for_scale(data, 8) == data


def test_restart_markers_are_part_of_a_scan() -> None:
    data = save(photograph(), "JPEG", restart_marker_rows=1)

    assert b"\xff\xd0" in data
    assert jpeg.count_scans(data) == 1
    assert jpeg.strip(data) == data


@pytest.mark.parametrize("skipped", [b"\xff\xff\xff", b"\xff\x01"], ids=["fill bytes", "without a length"])
def test_fill_bytes_and_markers_without_a_length_are_skipped(skipped: bytes) -> None:
    data = save(photograph(), "JPEG")

    assert jpeg.strip(data[:2] + skipped + data[2:]) == data


# PNG


@pytest.mark.parametrize(
    ("control", "frames"), [(b"\0\0\0\7\0\0\0\0", 7), (b"\0\0\0\0\0\0\0\0", 1), (b"\0\0\0\7", 1)]
)
def test_the_frames_that_an_apng_announces(control: bytes, frames: int) -> None:
    data = save(photograph(), "PNG")

    assert png.count_frames(data[:33] + png.chunk(b"acTL", control) + data[33:]) == frames


# WebP


@pytest.mark.parametrize("lossless", [False, True])
def test_the_size_of_a_simple_webp(lossless: bool) -> None:
    assert webp.canvas(save(photograph((33, 21)), "WEBP", lossless=lossless)) == (33, 21)


def test_the_size_of_an_extended_webp() -> None:
    assert webp.canvas(webp.file(webp.extended_header((70_000, 3)))) == (70_000, 3)


# GIF


def test_the_blocks_of_a_gif() -> None:
    data = gif_file((9, 9), gif_loop(0), gif_frame((0, 0, 9, 9), 1), b"!\xfe\x02hi\0")

    assert [kind for kind, _, _ in gif.blocks(data)] == ["header", "loop", "control", "image", "other"]


# ISO base media files


def boxes(data: bytes) -> list[isobmff.Box]:
    return list(isobmff.boxes(data))


def test_boxes_of_every_size_field() -> None:
    wide = struct.pack(">I4sQ", 1, b"wide", 20) + b"1234"
    last = struct.pack(">I4s", 0, b"last") + b"to the end"
    data = isobmff.box(b"free", b"12") + wide + last

    found = [(b.kind, data[b.payload : b.end]) for b in boxes(data)]

    assert found == [(b"free", b"12"), (b"wide", b"1234"), (b"last", b"to the end")]


# JPEG 2000


def test_how_often_a_jpeg2000_can_be_halved() -> None:
    assert jpeg2000.resolutions(save(photograph(), "JPEG2000", num_resolutions=4)) == 3
    assert jpeg2000.resolutions(save(photograph(), "JPEG2000", no_jp2=True, num_resolutions=1)) == 0


@pytest.mark.parametrize("data", [b"", b"\xff\x4f\xff\x51", b"\xff\x4f\xff\x51\0\0\xff\x90" + bytes(20)])
def test_a_codestream_that_does_not_tell_cannot_be_halved(data: bytes) -> None:
    assert jpeg2000.resolutions(data) == 0


# What changes between two frames


def test_what_changes_between_two_pictures() -> None:
    before = Image.new("RGB", (20, 10))
    after = before.copy()
    after.paste((1, 0, 0), (4, 3, 9, 7))

    assert changed(before, after) == (4, 3, 9, 7)
    assert changed(None, after) == (0, 0, 20, 10)
    assert changed(after, after) == (0, 0, 1, 1)
    assert changed(before, after.convert("RGBA")) == (4, 3, 9, 7)


def test_a_change_of_alpha_alone_is_a_change() -> None:
    before = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    after = Image.new("RGBA", (20, 10), (0, 0, 0, 255))

    assert changed(before, after) == (0, 0, 20, 10)


# Damage

GIF = gif_file((9, 9), gif_loop(0), gif_frame((0, 0, 9, 9), 1))


@pytest.mark.parametrize(
    ("read", "code", "data"),
    [
        *((scans, "corrupt", b"\xff\xd8\xff\xda" + header + b"\xff\xd9") for header in (b"\0\2", b"\0\3\4")),
        (scans, "corrupt", b"\xff\xd8\xff\xda\0\6\1\1\0\0\xff\xd9"),
        (scans, "corrupt", b"\xff\xd8\xff\xda\0\6\0\1\x3f\0\xff\xd9"),
        *((jpeg.strip, "truncated", b"\xff\xd8\xff\xe1" + length) for length in (b"\xff\xff", b"\0\1", b"")),
        (png.strip, "truncated", save(photograph(), "PNG")[:-20]),
        (png.header, "corrupt", png.SIGNATURE + b"\0\0\0\x0dIDAT" + bytes(20)),
        *(
            (webp.canvas, "corrupt", webp.file(part))
            for part in (b"", riff(b"ALPH", bytes(10)), riff(b"VP8 ", b""))
        ),
        *((gif.measure, "truncated", GIF[:length]) for length in (5, 12, 40, 60)),
        *(
            (boxes, "truncated", struct.pack(">I4s", size, b"free") + b"1234")
            for size in (2, 7, 100, 0xFFFFFFFF)
        ),
    ],
)
def test_a_part_that_is_too_short_or_reaches_beyond_the_file_is_refused(
    read: Callable[[bytes], object], code: str, data: bytes
) -> None:
    with refused(code):
        read(data)
