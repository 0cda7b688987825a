"""GIF files as blocks (GIF89a specification, CompuServe 1990)."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.imaging.types import ImageError

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
# Bytes before the colour table and code of an image, and before the data of an extension.
_HEADS = {_IMAGE: 10, _EXTENSION: 2}
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")


@dataclass(frozen=True, slots=True)
class Block:
    """An extension, an image or the header.

    Attributes:
        kind: `header`, `control`, `loop`, `image` or `other`.
        start: Where it begins.
        end: Where it ends.
    """

    kind: str
    start: int
    end: int


def _table_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def blocks(data: bytes) -> Iterator[Block]:
    """Yield the blocks up to the trailer, or to what is no block.

    Raises:
        ImageError: A block is cut off.
    """
    if len(data) < 13:
        raise ImageError("truncated", "the GIF header is cut off")
    position = 13 + _table_size(data[10])
    yield Block("header", 0, position)
    while position < len(data) and data[position] in _HEADS:
        head = _HEADS[data[position]]
        if position + head > len(data):
            raise ImageError("truncated", "a GIF block is cut off")
        if data[position] == _IMAGE:
            kind, body = "image", position + head + _table_size(data[position + 9]) + 1
        else:
            kind, body = _extension_kind(data, position), position + head
        end = _after_sub_blocks(data, body)
        yield Block(kind, position, end)
        position = end


def _extension_kind(data: bytes, position: int) -> str:
    label = data[position + 1]
    if label == _GRAPHIC_CONTROL:
        return "control"
    if label == _APPLICATION and data[position + 3 : position + 14] in _LOOPING:
        return "loop"
    return "other"


def _after_sub_blocks(data: bytes, position: int) -> int:
    while position < len(data):
        if data[position] == 0:
            return position + 1
        position += 1 + data[position]
    raise ImageError("truncated", "a GIF block is cut off")


def canvas(data: bytes) -> tuple[int, int]:
    """Return width and height that hold the screen and every frame: decoders enlarge the screen to fit."""
    width, height = struct.unpack_from("<HH", data, 6) if len(data) >= 10 else (0, 0)
    for block in blocks(data):
        if block.kind == "image":
            x, y, frame_width, frame_height = struct.unpack_from("<4H", data, block.start + 1)
            width, height = max(width, x + frame_width), max(height, y + frame_height)
    return width, height


def count_frames(data: bytes) -> int:
    """Return how many frames there are, 1 or more."""
    return max(1, sum(block.kind == "image" for block in blocks(data)))


def plays(data: bytes) -> int:
    """Return how often the animation plays, 0 for ever: the file tells how often it repeats."""
    for block in blocks(data):
        if block.kind == "loop":
            repeats = int.from_bytes(data[block.start + 16 : block.start + 18], "little")
            return repeats + 1 if repeats else 0
    return 1


def strip(data: bytes) -> bytes:
    """Return the file without comments, texts and foreign extensions, and nothing after its end."""
    kept = [data[block.start : block.end] for block in blocks(data) if block.kind != "other"]
    return b"".join([*kept, bytes([_TRAILER])])
