"""PNG files with large, damaged or unusually placed metadata: the picture is read, and its orientation applied."""

import struct
import time
import zlib

import pytest
from PIL import Image

from chalicelib.imaging import Options, compress
from tests.fixtures import icc
from tests.fixtures.drawings import load, photograph, pixel, save
from tests.fixtures.exif import exif
from tests.fixtures.files import png, png_chunk, png_with
from tests.fixtures.refusals import refused

TURNED = exif(orientation=6)
SIZE = (96, 64)


def raw_profile(name: bytes = b"exif") -> bytes:
    """EXIF as ImageMagick writes it into a text."""
    block = b"Exif\0\0" + TURNED.removeprefix(b"Exif\0\0")
    digits = block.hex().encode()
    lines = b"\n".join(digits[at : at + 72] for at in range(0, len(digits), 72))
    return b"\n" + name + b"\n" + str(len(block)).rjust(8).encode() + b"\n" + lines + b"\n"


def size_of(data: bytes) -> tuple[int, int]:
    compressed = compress(data)
    assert load(compressed.data).size == (compressed.width, compressed.height)
    return compressed.width, compressed.height


def after_pixels(data: bytes, *chunks: tuple[bytes, bytes]) -> bytes:
    end = data.rindex(b"IEND") - 4
    return data[:end] + b"".join(png_chunk(kind, payload) for kind, payload in chunks) + data[end:]


@pytest.mark.parametrize("prefix", [b"", b"Exif\0\0"])
@pytest.mark.parametrize("place", [png_with, after_pixels])
def test_exif_is_applied_wherever_it_is(place: type, prefix: bytes) -> None:
    block = prefix + TURNED.removeprefix(b"Exif\0\0")

    assert size_of(place(save(photograph(SIZE), "PNG"), (b"eXIf", block))) == (64, 96)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"tEXt", b"Raw profile type exif\0" + raw_profile()),
        (b"tEXt", b"Raw profile type APP1\0" + raw_profile(b"APP1")),
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(raw_profile())),
        (b"zTXt", b"Raw profile type APP1\0\0" + zlib.compress(raw_profile())),
    ],
)
def test_exif_in_a_text_is_applied(kind: bytes, payload: bytes) -> None:
    assert size_of(png_with(save(photograph(SIZE), "PNG"), (kind, payload))) == (64, 96)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"tEXt", b"Raw profile type exif\0\nexif\n  4\nzzzz\n"),
        (b"zTXt", b"Raw profile type exif\0\0not compressed"),
        (b"tEXt", b"Raw profile type 8bim\0" + raw_profile()),
        (b"eXIf", b"nothing"),
    ],
)
def test_damaged_or_foreign_exif_is_left_out(kind: bytes, payload: bytes) -> None:
    assert size_of(png_with(save(photograph(SIZE), "PNG"), (kind, payload))) == SIZE


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(64 << 20), 9)),
        (b"zTXt", b"Raw profile type exif\0\0" + zlib.compress(bytes(64 << 20), 9)),
        (b"iCCP", b"name\0\0" + zlib.compress(bytes(64 << 20), 9)),
        (b"iTXt", b"XML:com.adobe.xmp\0\1\0\0\0" + zlib.compress(b"x" * 3_000_000)),
        (b"tEXt", b"Comment\0" + b"x" * 1_500_000),
        (b"iCCP", b"name\0\0" + zlib.compress(bytes(1_200_000))),
        (b"tEXt", b""),
        (b"pHYs", b"short"),
    ],
)
def test_large_or_damaged_metadata_is_left_out(kind: bytes, payload: bytes) -> None:
    original = photograph(SIZE)
    started = time.process_time()

    result = load(compress(png_with(save(original, "PNG"), (kind, payload))).data)

    assert result.convert("RGB").tobytes() == original.tobytes()
    assert time.process_time() - started < 1, "it is not even unpacked"


@pytest.mark.parametrize("kind", [b"pHYs", b"tEXt", b"iCCP", b"gAMA", b"tIME", b"eXIf", b"tRNS"])
def test_a_chunk_with_a_wrong_checksum_is_left_out(kind: bytes) -> None:
    original = photograph(SIZE)
    payload = {b"iCCP": b"P3\0\0" + zlib.compress(icc.display_p3()), b"eXIf": TURNED}.get(kind, bytes(9))
    data = png_with(save(original, "PNG"), (kind, payload))
    at = data.index(kind) + 4 + len(payload)
    damaged = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]

    result = load(compress(damaged).data)

    assert result.convert("RGB").tobytes() == original.tobytes()


@pytest.mark.parametrize("kind", [b"IHDR", b"IDAT"])
def test_a_wrong_checksum_of_the_picture_itself_is_corrupt(kind: bytes) -> None:
    data = save(photograph(SIZE), "PNG")
    at = data.index(kind)
    end = at + 4 + int.from_bytes(data[at - 4 : at])

    with refused("corrupt"):
        compress(data[:end] + bytes([data[end] ^ 1]) + data[end + 1 :])


def test_a_profile_of_more_than_a_megabyte_is_converted() -> None:
    profile = icc.display_p3() + bytes(1_200_000)
    profile = struct.pack(">I", len(profile)) + profile[4:]
    data = png_with(
        save(Image.new("RGB", (64, 64), (200, 30, 30)), "PNG"), (b"iCCP", b"P3\0\0" + zlib.compress(profile))
    )

    assert pixel(load(compress(data, Options(output_format="png")).data).convert("RGB"), 0, 0)[0] > 210


def test_the_variant_for_ios_is_unsupported() -> None:
    data = png((4, 4), 8, 2, [bytes(12)] * 4)

    with refused("unsupported", "CgBI"):
        compress(data[:8] + png_chunk(b"CgBI", bytes(4)) + data[8:])
