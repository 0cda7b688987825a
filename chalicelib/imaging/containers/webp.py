"""WebP files as RIFF chunks (RFC 9649, section 2)."""

import struct
from collections.abc import Iterator

from chalicelib.imaging.types import ImageError

_PICTURE = (b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF")
_FRAME = (b"VP8 ", b"VP8L", b"ALPH")
_ANIMATION, _ALPHA = 0x02, 0x10
_FRAME_HEADER = 16


def chunks(data: bytes, position: int = 12, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield each chunk's type and where its payload begins and ends."""
    end = min(len(data), 8 + int.from_bytes(data[4:8], "little")) if end is None else end
    while position + 8 <= end:
        kind, length = struct.unpack_from("<4sI", data, position)
        start = position + 8
        if start + length > len(data):
            raise ImageError("truncated", "a WebP chunk reaches beyond the file")
        yield kind, start, start + length
        position = start + length + length % 2


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk, padded to an even length."""
    return kind + struct.pack("<I", len(payload)) + payload + b"\0" * (len(payload) % 2)


def file(*pieces: bytes) -> bytes:
    """Return a WebP file of the given chunks."""
    body = b"".join(pieces)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WEBP" + body


def extended_header(width: int, height: int, *, alpha: bool, animated: bool) -> bytes:
    """Return a VP8X chunk that announces no metadata."""
    flags = _ALPHA * alpha + _ANIMATION * animated
    sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return chunk(b"VP8X", struct.pack("<I", flags) + sides)


def canvas(data: bytes) -> tuple[int, int]:
    """Return width and height as the first chunk tells them.

    Raises:
        ImageError: That chunk is none that a WebP file begins with.
    """
    kind, body = data[12:16], data[20:30]
    if len(body) == 10:
        if kind == b"VP8X":
            return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
        if kind == b"VP8L":
            bits = int.from_bytes(body[1:5], "little")
            return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
        if kind == b"VP8 ":
            return int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF
    raise ImageError("corrupt", "the WebP header is missing")


def count_frames(data: bytes) -> int:
    """Return how many frames the animation has; 1 for a still image."""
    return max(1, sum(kind == b"ANMF" for kind, _, _ in chunks(data)))


def is_lossless(data: bytes) -> bool:
    """Return whether a still image is coded without loss."""
    return any(kind == b"VP8L" for kind, _, _ in chunks(data))


def picture(data: bytes, position: int = 12, end: int | None = None) -> bytes:
    """Return the chunks that hold a single frame's pixels and alpha."""
    return b"".join(
        chunk(kind, data[start:stop]) for kind, start, stop in chunks(data, position, end) if kind in _FRAME
    )


def strip(data: bytes) -> bytes:
    """Return the file with no chunk but those of the picture, and flags that tell so."""
    pieces = []
    for kind, start, end in chunks(data):
        payload = data[start:end]
        if kind == b"VP8X":
            payload = bytes([payload[0] & (_ALPHA | _ANIMATION), 0, 0, 0]) + payload[4:10]
        elif kind == b"ANMF":
            payload = payload[:_FRAME_HEADER] + picture(data, start + _FRAME_HEADER, end)
        if kind in _PICTURE:
            pieces.append(chunk(kind, payload))
    return file(*pieces)
