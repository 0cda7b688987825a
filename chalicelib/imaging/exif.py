"""The two things that are read from EXIF before it is dropped: orientation and time of capture.

A reader of its own, because it must survive any bytes and look at no more than it needs
(Exif 2.32, section 4.6; TIFF 6.0, section 2).
"""

import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

_ORIENTATION = 0x0112
_EXIF_IFD = 0x8769

# Times in order of preference, each with the offset from UTC that belongs to it.
_TIMES = (
    (0x9003, 0x9011),  # DateTimeOriginal, OffsetTimeOriginal
    (0x9004, 0x9012),  # DateTimeDigitized, OffsetTimeDigitized
    (0x0132, 0x9010),  # DateTime, OffsetTime
)

_ASCII = 2
_INTEGERS = {3: "H", 4: "I"}
_MOST_BYTES = 64


@dataclass(frozen=True, slots=True)
class Exif:
    """What is read from an EXIF block.

    Attributes:
        orientation: 1 to 8 as in TIFF 6.0; 1 is upright.
        captured_at: ISO 8601, or None.
    """

    orientation: int = 1
    captured_at: str | None = None


def read_exif(block: bytes) -> Exif:
    """Read an EXIF block, with or without its `Exif` prefix, or a TIFF file; nonsense reads as nothing."""
    tiff = block[6:] if block.startswith(b"Exif\0\0") else block
    order = {b"II*\0": "<", b"MM\0*": ">"}.get(tiff[:4])
    if order is None or len(tiff) < 8:
        return Exif()
    tags = dict(_entries(tiff, order, struct.unpack_from(f"{order}I", tiff, 4)[0]))
    exif_ifd = tags.get(_EXIF_IFD)
    if isinstance(exif_ifd, int):
        tags.update(_entries(tiff, order, exif_ifd))
    orientation = tags.get(_ORIENTATION)
    return Exif(
        orientation=orientation if isinstance(orientation, int) and 1 <= orientation <= 8 else 1,
        captured_at=_captured_at(tags),
    )


def _entries(tiff: bytes, order: str, offset: int) -> Iterator[tuple[int, int | str]]:
    """Yield the tags of a directory that are single integers or short texts."""
    if offset + 2 > len(tiff):
        return
    (count,) = struct.unpack_from(f"{order}H", tiff, offset)
    for at in range(offset + 2, min(offset + 2 + 12 * count, len(tiff) - 11), 12):
        tag, kind, length = struct.unpack_from(f"{order}HHI", tiff, at)
        if kind in _INTEGERS and length == 1:
            yield tag, struct.unpack_from(order + _INTEGERS[kind], tiff, at + 8)[0]
        elif kind == _ASCII and length <= _MOST_BYTES:
            start = at + 8 if length <= 4 else struct.unpack_from(f"{order}I", tiff, at + 8)[0]
            yield tag, tiff[start : start + length].split(b"\0")[0].decode("latin-1")


def _captured_at(tags: dict[int, int | str]) -> str | None:
    for time_tag, offset_tag in _TIMES:
        if time := _iso_time(str(tags.get(time_tag))):
            offset = str(tags.get(offset_tag, "")).strip()
            return time + (offset if re.fullmatch(r"[+-](0\d|1[0-4]):[0-5]\d", offset) else "")
    return None


def _iso_time(text: str) -> str | None:
    match = re.fullmatch(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)\s*", text)
    try:
        return datetime(*map(int, match.groups())).isoformat() if match else None  # type: ignore[arg-type]
    except ValueError:
        return None
