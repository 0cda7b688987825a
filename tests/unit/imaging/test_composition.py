"""How the frames of a GIF or APNG are put together: as browsers do, whatever Pillow would make of them."""

import struct
import zlib

import pytest

from chalicelib.imaging import Options, compress
from chalicelib.imaging.animation import compose
from chalicelib.imaging.source import open_source
from tests.fixtures.drawings import Size, load, pixel
from tests.fixtures.files import gif, gif_frame, gif_loop, png_of
from tests.fixtures.refusals import refused

RED, GREEN, BLUE, CLEAR = (255, 0, 0, 255), (0, 255, 0, 255), (0, 0, 255, 255), (0, 0, 0, 0)
Colour = tuple[int, int, int, int]


def seen(data: bytes, *places: Size) -> list[list[tuple[int, ...]]]:
    """Return the colours at some places in each frame; what is transparent has no colour."""
    composed = [frame.image.convert("RGBA") for frame in compose(open_source(data, Options()))]
    colours = [[pixel(image, *place) for place in places] for image in composed]
    return [[colour if colour[3] else CLEAR for colour in each] for each in colours]


# GIF: a red canvas, a green frame in its middle, a blue one in its corner


@pytest.mark.parametrize(("disposal", "left"), [(0, GREEN), (1, GREEN), (2, CLEAR), (3, RED)])
def test_a_gif_frame_is_kept_cleared_or_undone(disposal: int, left: Colour) -> None:
    data = gif(
        (16, 12),
        gif_loop(0),
        gif_frame((0, 0, 16, 12), 1, disposal=1),
        gif_frame((4, 4, 8, 4), 2, disposal=disposal, transparent=0),
        gif_frame((0, 0, 2, 2), 3),
    )

    assert seen(data, (0, 0), (5, 5)) == [[RED, RED], [RED, GREEN], [BLUE, left]]


def test_a_cleared_frame_leaves_no_key_colour() -> None:
    """The first frame is opaque, so a decoder could fill its area with a colour instead of clearing it."""
    data = gif((8, 8), gif_loop(0), gif_frame((0, 0, 8, 8), 1, disposal=2), gif_frame((0, 0, 2, 2), 2))

    assert seen(data, (0, 0), (5, 5)) == [[RED, RED], [GREEN, CLEAR]]


def test_a_gif_frame_outside_the_screen_is_cut_off() -> None:
    data = gif((8, 8), gif_loop(0), gif_frame((0, 0, 8, 8), 1), gif_frame((6, 6, 9, 9), 2))

    far = gif((8, 8), gif_loop(0), gif_frame((0, 0, 8, 8), 1), gif_frame((65_000, 65_000, 2, 2), 2))

    assert seen(data, (0, 0), (7, 7)) == [[RED, RED], [RED, GREEN]]
    assert seen(far, (7, 7)) == [[RED], [RED]]
    compressed = compress(data, Options(output_format="webp"))
    assert (compressed.original_width, compressed.original_height) == load(compressed.data).size == (8, 8)


def test_bytes_between_the_blocks_of_a_gif_are_skipped() -> None:
    data = gif((8, 8), gif_loop(0), gif_frame((0, 0, 8, 8), 1), b"\x00\x80", gif_frame((0, 0, 2, 2), 2))

    assert seen(data, (0, 0)) == [[RED], [GREEN]]


def test_a_gif_without_a_screen_is_as_large_as_its_first_frame() -> None:
    assert seen(gif((0, 0), gif_frame((0, 0, 3, 2), 1)), (2, 1)) == [[RED]]


def test_a_gif_without_a_frame_is_truncated() -> None:
    with refused("truncated"):
        compress(gif((8, 8)))


# APNG


def control(
    number: int, box: tuple[int, int, int, int], *, disposal: int = 0, over: bool = False
) -> tuple[bytes, bytes]:
    left, top, width, height = box
    return b"fcTL", struct.pack(">5I2H2B", number, width, height, left, top, 1, 10, disposal, over)


def pixels(size: Size, colour: Colour) -> bytes:
    return zlib.compress((b"\0" + bytes(colour) * size[0]) * size[1])


def apng(size: Size, count: int, *chunks: tuple[bytes, bytes]) -> bytes:
    return png_of(size, 8, 6, (b"acTL", struct.pack(">II", count, 0)), *chunks)


def after(colour: Colour, *chunks: tuple[bytes, bytes], frames: int = 2) -> bytes:
    """An APNG of 4 by 4 pixels, whose first frame has one colour."""
    return apng((4, 4), frames, control(0, (0, 0, 4, 4)), (b"IDAT", pixels((4, 4), colour)), *chunks)


def second(number: int, size: Size, colour: Colour) -> tuple[bytes, bytes]:
    return b"fdAT", struct.pack(">I", number) + pixels(size, colour)


def test_half_a_colour_over_an_opaque_one_is_mixed_with_it() -> None:
    data = after((200, 0, 0, 255), control(1, (0, 0, 2, 2), over=True), second(2, (2, 2), (0, 0, 200, 128)))

    first, mixed = seen(data, (0, 0), (3, 3))

    assert first == [(200, 0, 0, 255)] * 2
    assert mixed == [(100, 0, 100, 255), (200, 0, 0, 255)]


def test_an_apng_frame_that_replaces_can_make_transparent() -> None:
    data = after(RED, control(1, (0, 0, 2, 2)), second(2, (2, 2), CLEAR))

    assert seen(data, (0, 0), (3, 3)) == [[RED, RED], [CLEAR, RED]]


@pytest.mark.parametrize(("disposal", "left"), [(0, GREEN), (1, CLEAR), (2, RED)])
def test_an_apng_frame_is_kept_cleared_or_undone(disposal: int, left: Colour) -> None:
    data = after(
        RED,
        control(1, (2, 2, 2, 2), disposal=disposal),
        second(2, (2, 2), GREEN),
        control(3, (0, 0, 1, 1)),
        second(4, (1, 1), BLUE),
        frames=3,
    )

    assert seen(data, (0, 0), (3, 3)) == [[RED, RED], [RED, GREEN], [BLUE, left]]


def test_a_default_image_without_a_frame_header_is_not_shown() -> None:
    data = apng(
        (4, 4),
        2,
        (b"IDAT", pixels((4, 4), RED)),
        control(0, (2, 2, 2, 2), over=True),
        second(1, (2, 2), GREEN),
        control(2, (0, 0, 1, 1)),
        second(3, (1, 1), BLUE),
    )

    assert seen(data, (0, 0), (1, 1), (3, 3)) == [[CLEAR, CLEAR, GREEN], [BLUE, CLEAR, GREEN]]


@pytest.mark.parametrize("box", [(3, 0, 2, 1), (0, 0, 0, 1), (0, 2, 1, 3), (0xFFFFFFFF, 0, 1, 1)])
def test_an_apng_frame_beyond_the_canvas_is_corrupt(box: tuple[int, int, int, int]) -> None:
    data = after(RED, control(1, box), second(2, (2, 1), RED))

    with refused("corrupt", "beyond the canvas"):
        compress(data)


def test_an_apng_with_fewer_frames_than_it_announces_is_truncated() -> None:
    with refused("truncated", "1 of its 2 frames"):
        compress(after(RED))
