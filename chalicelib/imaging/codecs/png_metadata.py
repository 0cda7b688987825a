"""What is read from a PNG's metadata before it is dropped: the profile and EXIF. A damaged chunk is left out."""

import re
import zlib

from chalicelib.imaging.codecs.png import chunks, is_sound

_MOST_BYTES = 4 << 20
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
    """Return the ICC profile."""
    for kind, start, end in chunks(data):
        if kind == b"iCCP" and is_sound(data, start, end):
            _, _, compressed = data[start:end].partition(b"\0")
            return _inflate(compressed[1:]) or None
        if kind == b"IDAT":
            break
    return None


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
