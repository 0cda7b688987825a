"""PNG files as chunks (PNG, third edition, section 5; APNG is part of it)."""

import struct
import zlib
from collections.abc import Iterator

from chalicelib.imaging.types import ImageError

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# What the picture itself is made of. Colour chunks are not among them: the pixels are sRGB by then.
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"IDAT")


def chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's type and where its payload begins and ends, up to and without IEND."""
    position = len(SIGNATURE)
    while position + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, position)
        start = position + 8
        if kind == b"IEND":
            return
        if start + length + 4 > len(data):
            raise ImageError("truncated", "a PNG chunk reaches beyond the file")
        yield kind, start, start + length
        position = start + length + 4


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I4s", len(payload), kind) + payload + struct.pack(">I", zlib.crc32(kind + payload))


def header(data: bytes) -> tuple[int, int, int, int]:
    """Return width, height, bits a sample and colour type.

    Raises:
        ImageError: The file does not begin with its header.
    """
    if len(data) < 33 or data[12:16] != b"IHDR":
        raise ImageError("corrupt", "the PNG header is missing")
    width, height, depth, colour_type = struct.unpack_from(">IIBB", data, 16)
    return width, height, depth, colour_type


def count_frames(data: bytes) -> int:
    """Return how many frames the animation has; 1 for a still image."""
    for kind, start, end in chunks(data):
        if kind == b"acTL" and end - start >= 8:
            return max(1, int.from_bytes(data[start : start + 4]))
        if kind == b"IDAT":
            break
    return 1


def strip(data: bytes) -> bytes:
    """Return the file with no chunk but those of the picture, and nothing after its end."""
    pieces = [SIGNATURE]
    pieces += [data[start - 8 : end + 4] for kind, start, end in chunks(data) if kind in _PICTURE]
    return b"".join([*pieces, chunk(b"IEND", b"")])
