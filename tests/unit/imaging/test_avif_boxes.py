"""What AVIF files say about their picture in boxes, and what else they carry."""

import struct

import pytest
from PIL import Image, ImageChops

from chalicelib.imaging import Options, compress
from chalicelib.imaging.codecs import avif, isobmff
from chalicelib.imaging.codecs.isobmff import Box
from tests.fixtures.drawings import load, save
from tests.fixtures.files import box, full_box
from tests.fixtures.refusals import refused

RED, WHITE = (255, 0, 0), (255, 255, 255)


def still(quality: int = 90) -> bytes:
    """A white picture of 300x200 pixels with a red square from (100, 50) to (200, 150)."""
    image = Image.new("RGB", (300, 200), WHITE)
    image.paste(RED, (100, 50, 200, 150))
    return save(image, "AVIF", quality=quality, subsampling="4:4:4")


def clap(width: int, height: int, across: int = 0, down: int = 0, divisor: int = 1) -> bytes:
    numbers = (width, divisor, height, divisor, across, divisor, down, divisor)
    return box(b"clap", struct.pack(">IIIIiIiI", *numbers))


def _index(data: bytes, kind: bytes) -> Box:
    meta = isobmff.find(data, b"meta")
    assert meta
    return next(part for part in isobmff.boxes(data, meta.payload + 4, meta.end) if part.kind == kind)


def with_property(data: bytes, added: bytes, *, essential: bool = True) -> bytes:
    """Give the picture one more property, with one association, and shift where its data is."""
    iprp = _index(data, b"iprp")
    ipco, ipma = isobmff.boxes(data, iprp.payload, iprp.end)
    count = len(list(isobmff.boxes(data, ipco.payload, ipco.end)))
    entry = bytearray(data[ipma.payload + 8 : ipma.end]) + bytes([0x80 * essential | count + 1])
    entry[2] += 1
    properties = box(b"ipco", data[ipco.payload : ipco.end] + added)
    associations = box(b"ipma", data[ipma.payload : ipma.payload + 8] + bytes(entry))
    return _in_meta(data, iprp, box(b"iprp", properties + associations))


def _in_meta(data: bytes, old: Box, new: bytes) -> bytes:
    """Put a box in the place of another one of the index."""
    meta = isobmff.find(data, b"meta")
    assert meta
    growth = len(new) - (old.end - old.start)
    shifted = bytearray(data)
    iloc = _index(data, b"iloc")
    (offset,) = struct.unpack_from(">I", data, iloc.payload + 14)
    struct.pack_into(">I", shifted, iloc.payload + 14, offset + growth)
    struct.pack_into(">I", shifted, meta.start, meta.end - meta.start + growth)
    return bytes(shifted[: old.start] + new + shifted[old.end :])


@pytest.mark.parametrize(
    ("aperture", "size"),
    [
        (clap(100, 100), (100, 100)),
        (clap(200, 200, divisor=2), (100, 100)),
        (clap(60, 40, 20, -30), (60, 40)),
    ],
)
def test_avif_shows_only_its_clean_aperture(aperture: bytes, size: tuple[int, int]) -> None:
    result = compress(with_property(still(), aperture), Options(quality=95))

    assert (result.width, result.height) == size == (result.original_width, result.original_height)
    difference = ImageChops.difference(load(result.data).convert("RGB"), Image.new("RGB", size, RED))
    assert max(difference.tobytes()) < 12


def test_what_an_aperture_cuts_away_is_not_published() -> None:
    source = with_property(still(quality=10), clap(100, 100))

    assert load(compress(source).data).convert("RGB").size == (100, 100)


@pytest.mark.parametrize("aperture", [clap(301, 10), clap(10, 10, 200), clap(0, 10), clap(10, 10, divisor=0)])
def test_an_aperture_beyond_the_picture_is_ignored(aperture: bytes) -> None:
    result = compress(with_property(still(), aperture))

    assert (result.width, result.height) == (300, 200)


def test_a_cut_aperture_is_corrupt() -> None:
    ipma = full_box(b"ipma", struct.pack(">IHBB", 1, 1, 1, 1))
    properties = box(b"iprp", box(b"ipco", box(b"clap", b"\0\0")) + ipma)
    index = full_box(b"meta", full_box(b"pitm", b"\0\1") + properties)

    with refused("corrupt", "index is damaged"):
        avif.crop(box(b"ftyp", b"avif") + index, (10, 10))


@pytest.mark.parametrize("hidden", ["free", "skip", "stray", "property", "index"])
def test_text_in_unused_parts_is_cleared(hidden: str) -> None:
    data = still()
    iprp = _index(data, b"iprp")
    source = {
        "free": data + box(b"free", b"Secret"),
        "skip": data + box(b"skip", b"Secret"),
        "stray": data + box(b"mdat", b"Secret"),
        "property": with_property(data, full_box(b"udes", b"Secret\0"), essential=False),
        "index": _in_meta(data, iprp, data[iprp.start : iprp.end] + box(b"uuid", bytes(16) + b"Secret")),
    }[hidden]
    assert b"Secret" in source

    stripped = avif.strip(source)

    assert b"Secret" not in stripped
    assert load(stripped).convert("RGB").tobytes() == load(data).convert("RGB").tobytes()
