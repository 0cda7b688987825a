"""What is read from a PNG's metadata before it is dropped: the profile and EXIF. A damaged chunk is left out."""

import re
import struct
import zlib

from chalicelib.imaging.cicp import Point, profile_of_codes, profile_of_gamma
from chalicelib.imaging.codecs.png import chunks, is_sound

_MOST_BYTES = 4 << 20
_COLOURS = (b"cICP", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_TEXTS = (b"tEXt", b"zTXt", b"iTXt")
# How ImageMagick and exiftool write EXIF into texts: a name, a length, and hexadecimal digits.
_RAW_PROFILE = re.compile(rb"\s*(?:exif|APP1)\s+\d+\s+([0-9a-fA-F\s]+)\0?\s*")


def exif(data: bytes) -> bytes:
    """Return the EXIF block, wherever it is, or nothing."""
    found = b""
    for kind, start, end in chunks(data):
        if kind == b"eXIf" and is_sound(data, start, end):
            return data[start:end]
        if kind in _TEXTS and data.startswith(b"Raw profile type ", start) and is_sound(data, start, end):
            found = found or _raw_profile(data[start:end], is_compressed=kind == b"zTXt")
    return found


def profile(data: bytes) -> bytes | None:
    """Return the ICC profile, or one for the colours that cICP, gAMA and cHRM describe; the first of these counts.

    Raises:
        ImageError: The colours are of high dynamic range.
    """
    found: dict[bytes, bytes] = {}
    for kind, start, end in chunks(data):
        if kind == b"IDAT":
            break
        if kind in _COLOURS and is_sound(data, start, end):
            found.setdefault(kind, data[start:end])
    if len(codes := found.get(b"cICP", b"")) == 4:
        return profile_of_codes(codes[0], codes[1])
    if b"iCCP" in found:
        _, _, compressed = found[b"iCCP"].partition(b"\0")
        return _inflate(compressed[1:]) or None
    if b"sRGB" in found:
        return None
    gamma, points = found.get(b"gAMA", b""), found.get(b"cHRM", b"")
    exponent = int.from_bytes(gamma) / 100_000 if len(gamma) == 4 else 0
    return profile_of_gamma(exponent or None, _points(points) if len(points) == 32 else None)


def _points(chunk: bytes) -> tuple[Point, Point, Point, Point]:
    values = [value / 100_000 for value in struct.unpack(">8I", chunk)]
    white, red, green, blue = zip(values[::2], values[1::2], strict=True)
    return red, green, blue, white


def _raw_profile(text: bytes, *, is_compressed: bool) -> bytes:
    keyword, _, body = text.partition(b"\0")
    if keyword not in (b"Raw profile type exif", b"Raw profile type APP1"):
        return b""
    match = _RAW_PROFILE.fullmatch(_inflate(body[1:]) if is_compressed else body.lstrip(b"\0"))
    digits = b"".join(match[1].split()) if match else b""
    return bytes.fromhex(digits[: len(digits) & ~1].decode())


def _inflate(compressed: bytes) -> bytes:
    """Return what was compressed, or nothing where it is damaged or far too long."""
    try:
        inflated = zlib.decompressobj().decompress(compressed, _MOST_BYTES + 1)
    except zlib.error:
        return b""
    return inflated if len(inflated) <= _MOST_BYTES else b""
