"""JPEG 2000 files of more than 8 bits, and with a profile."""

import struct

import pytest
from PIL import Image

from chalicelib.imaging import Options, compress
from chalicelib.imaging.codecs import jpeg2000
from tests.fixtures import icc
from tests.fixtures.drawings import load, photograph, pixel, save
from tests.fixtures.files import box
from tests.fixtures.refusals import refused

PNG = Options(output_format="png")
# 64 by 64 white pixels of three samples of 16 bits, without loss: the headers, and a tile of a few bytes.
WHITE = bytes.fromhex(
    "ff4fff51002f0000000000400000004000000000000000000000004000000040000000000000000000030f01010f01010f0101"
    "ff52000c00000001010304040001ff5c000d40808888908888908888 90ff90000a0000000000220001ff93"
    "cffc301414005caf878080808080808080808080ffd9"
)


def with_bits(data: bytes, bits: int) -> bytes:
    """Claim another number of bits a sample: the levels stay, but they are counted from the middle of the range."""
    result = bytearray(data)
    for component in range(3):
        result[42 + 3 * component] = bits - 1
    return bytes(result)


@pytest.mark.parametrize("width", [16, 64])
def test_white_of_sixteen_bits_stays_white(width: int) -> None:
    compressed = compress(WHITE, Options(output_format="png", max_width=width))

    assert load(compressed.data).convert("RGB").getextrema() == ((255, 255),) * 3


@pytest.mark.parametrize("bits", [9, 10, 12])
def test_levels_of_more_than_eight_bits_are_scaled(bits: int) -> None:
    original = photograph((64, 48))
    data = with_bits(save(original, "JPEG2000", no_jp2=True, mct=0, irreversible=False), bits)

    result = load(compress(data, PNG).data).convert("RGB")

    middle, highest = 1 << bits - 1, (1 << bits) - 1
    for place in ((0, 0), (20, 30), (63, 47)):
        expected = [(level - 128 + middle) * 255 / highest for level in pixel(original, *place)]
        assert pixel(result, *place) == pytest.approx(expected, abs=1)


def test_black_of_more_than_eight_bits_stays_black() -> None:
    """Eight bits whose lowest level is the lowest of nine bits, too: what is 0 is not taken for white."""
    data = with_bits(save(photograph((64, 48)), "JPEG2000", no_jp2=True, mct=0), 9)

    assert load(compress(data, PNG).data).convert("RGB").getchannel("R").histogram()[255] == 0


def test_colours_of_more_than_eight_bits_with_loss_are_unsupported() -> None:
    data = with_bits(save(photograph((64, 48)), "JPEG2000", no_jp2=True, irreversible=True), 12)

    with refused("unsupported", "8 bits"):
        compress(data)


def test_grey_of_sixteen_bits_is_read() -> None:
    data = save(Image.new("I;16", (32, 32), 40_000), "JPEG2000")

    assert load(compress(data, PNG).data).convert("L").getextrema() == (156, 156)


def test_a_profile_is_converted() -> None:
    data = save(Image.new("RGB", (32, 32), (200, 30, 30)), "JPEG2000")
    old = data.index(b"colr") - 4
    end = old + int.from_bytes(data[old : old + 4])
    profile = box(b"colr", b"\2\0\0" + icc.display_p3())
    header = data.index(b"jp2h") - 4
    length = struct.pack(">I", int.from_bytes(data[header : header + 4]) + len(profile) - (end - old))
    data = data[:header] + length + data[header + 4 : old] + profile + data[end:]

    assert jpeg2000.profile(data) == icc.display_p3()
    red, green, _ = pixel(load(compress(data, PNG).data).convert("RGB"), 9, 9)
    assert red > 210
    assert green < 15
