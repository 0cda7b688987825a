"""ISO base media files as boxes (ISO/IEC 14496-12, section 4.2): what AVIF, HEIC and JPEG 2000 files are made of."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

from chalicelib.imaging.cicp import profile_of_codes
from chalicelib.imaging.types import ImageError


@dataclass(frozen=True, slots=True)
class Box:
    """A box of a file.

    Attributes:
        kind: Its four letters.
        start: Where its size begins.
        payload: Where what follows its type begins.
        end: Where it ends.
    """

    kind: bytes
    start: int
    payload: int
    end: int


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[Box]:
    """Yield the boxes between two positions.

    Raises:
        ImageError: A box reaches beyond the end.
    """
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        payload = start + 8
        if size == 1 and start + 16 <= end:
            size, payload = struct.unpack_from(">Q", data, payload)[0], start + 16
        stop = end if size == 0 else start + size
        if stop < payload or stop > end:
            raise ImageError("truncated", "a box reaches beyond the end of the file or of the box around it")
        yield Box(kind, start, payload, stop)
        start = stop


def box(kind: bytes, payload: bytes) -> bytes:
    """Return a box."""
    return struct.pack(">I4s", 8 + len(payload), kind) + payload


def blank(result: bytearray, foreign: Box) -> None:
    """Make a box an empty one of the same size, so that no offset changes."""
    result[foreign.start + 4 : foreign.start + 8] = b"free"
    result[foreign.payload : foreign.end] = bytes(foreign.end - foreign.payload)


def find(data: bytes, *path: bytes) -> Box | None:
    """Return the first box at a path of types from the top, none of which but `meta` has fields before its boxes."""
    start, end = 0, len(data)
    found = None
    for kind in path:
        found = next((inner for inner in boxes(data, start, end) if inner.kind == kind), None)
        if found is None:
            return None
        start, end = found.payload + (4 if kind == b"meta" else 0), found.end
    return found


def properties(data: bytes, iprp: Box) -> Iterator[Box]:
    """Yield the properties of the items of AVIF and HEIC files, which are in `ipco`."""
    for container in boxes(data, iprp.payload, iprp.end):
        if container.kind == b"ipco":
            yield from boxes(data, container.payload, container.end)


def profile(data: bytes) -> bytes | None:
    """Return an ICC profile for the code points of the first picture (`nclx`, 12.1.5); None where they are sRGB's.

    Raises:
        ImageError: The colours are of high dynamic range.
    """
    container = find(data, b"meta", b"iprp", b"ipco")
    for each in boxes(data, container.payload, container.end) if container else ():
        if each.kind == b"colr" and data.startswith(b"nclx", each.payload):
            return profile_of_codes(*struct.unpack_from(">2H", data, each.payload + 4))
    return None
