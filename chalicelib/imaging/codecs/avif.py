"""AVIF files: written, and stripped of what is not the picture (AVIF 1.1; ISO/IEC 14496-12:2022, section 8.11).

A picture's data is found by its offset in the file, so nothing may move: what is removed leaves
a hole of zeros behind, and the file keeps its size.
"""

import struct
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from PIL.Image import Image

from chalicelib.imaging.codecs.isobmff import Box, blank, boxes, find
from chalicelib.imaging.codecs.items import clear_items, clear_unused, primary_properties
from chalicelib.imaging.codecs.saving import saved
from chalicelib.imaging.frames import Frame
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Effort, ImageError, Options

_FILE = (b"ftyp", b"meta", b"moov", b"mdat")
# The parts of a sequence, by what they are in.
_MOVIE = {
    b"moov": (b"mvhd", b"trak", b"iods", b"mvex"),
    b"trak": (b"tkhd", b"tref", b"edts", b"mdia"),
    b"mdia": (b"mdhd", b"hdlr", b"elng", b"minf"),
}
_TIMED = (b"mvhd", b"tkhd", b"mdhd")

# Where durations are, after the version (1) and flags of their boxes.
_DURATIONS = (
    ((b"moov", b"mvhd"), 24),
    ((b"moov", b"trak", b"tkhd"), 28),
    ((b"moov", b"trak", b"edts", b"elst"), 8),
)
_FOR_EVER = 0xFFFF_FFFF_FFFF_FFFF

# Speeds 9, 8, 7 and 6 write 30, 33, 34 and 35 % fewer bytes than JPEG at equal SSIMULACRA2, in 50, 180, 280
# and 500 ms a megapixel. Full chroma resolution is worth 1 to 2 of these per cent.
_SPEEDS: dict[Effort, int] = {"fast": 9, "balanced": 8, "small": 6}

# AVIF's quality 58 scores like JPEG's 70 in the mean of photographs; both scales end at 100.
_LIKE_JPEG = [
    round(quality * 58 / 70 if quality < 70 else 100 - (100 - quality) * 1.4) for quality in range(101)
]


def strip(data: bytes) -> bytes:
    """Return the file with its picture alone: no Exif, XMP, thumbnail or foreign box.

    Raises:
        ImageError: Its boxes are damaged.
    """
    result = bytearray(data)
    used: list[tuple[int, int]] = []
    try:
        for top in boxes(data):
            if top.kind == b"meta":
                used += clear_items(data, result, top)
            elif top.kind == b"moov":
                _clear_movie(data, result, top)
            elif top.kind not in _FILE:
                blank(result, top)
        if not find(data, b"moov"):
            clear_unused(data, result, used)
    except (struct.error, IndexError) as error:
        raise ImageError("corrupt", "the AVIF's index is damaged") from error
    return bytes(result)


def crop(data: bytes, size: Size) -> tuple[int, int, int, int] | None:
    """Return the box in a picture of `size` pixels that its clean aperture shows (`clap`, 12.1.4), or None for all.

    A box that is not within the picture is ignored, as libavif ignores it.
    """
    try:
        found = next((each for each in primary_properties(data) if each.kind == b"clap"), None)
        if found is None:
            return None
        numbers = struct.unpack_from(">IIIIiIiI", data, found.payload)
    except (struct.error, IndexError) as error:
        raise ImageError("corrupt", "the AVIF's index is damaged") from error
    if 0 in numbers[1::2]:
        return None
    width, height, across, down = (
        number / divisor for number, divisor in zip(numbers[::2], numbers[1::2], strict=True)
    )
    left, top = round(across + (size[0] - width) / 2), round(down + (size[1] - height) / 2)
    right, bottom = left + round(width), top + round(height)
    is_within = 0 <= left < right <= size[0] and 0 <= top < bottom <= size[1]
    return (left, top, right, bottom) if is_within else None


def plays(data: bytes) -> int:
    """Return how often a sequence plays, 0 for ever: as often as its edit list fits into its track (8.6.6)."""
    durations = _durations(data)
    if durations is None:
        return 1
    (_, movie), (_, once) = durations[0], durations[-1]
    return 0 if movie == _FOR_EVER or not once else max(1, round(movie / once))


def with_plays(data: bytes, plays: int) -> bytes:
    """Return a sequence that plays so often, 0 is for ever, without the times at which it was made."""
    durations, movie = _durations(data), find(data, b"moov")
    assert durations
    assert movie
    *wholes, (_, once) = durations
    result = bytearray(data)
    _clear_movie(data, result, movie)
    for position, _ in wholes:
        struct.pack_into(">Q", result, position, once * plays if plays else _FOR_EVER)
    return bytes(result)


def _durations(data: bytes) -> list[tuple[int, int]] | None:
    """Return the 64-bit durations of a sequence, each with its position: movie, track, and a single play of it."""
    found = []
    for path, offset in _DURATIONS:
        holder = find(data, *path)
        if holder is None or holder.payload + offset + 8 > holder.end or data[holder.payload] != 1:
            return None
        position = holder.payload + offset
        found.append((position, int.from_bytes(data[position : position + 8])))
    return found


def _clear_movie(data: bytes, result: bytearray, holder: Box) -> None:
    """Blank foreign boxes of a sequence, and when it and its tracks were made and changed (8.2.2).

    Without these times, equal input gives equal bytes.
    """
    for part in boxes(data, holder.payload, holder.end):
        if part.kind not in _MOVIE[holder.kind]:
            blank(result, part)
        elif part.kind in _MOVIE:
            _clear_movie(data, result, part)
        elif part.kind in _TIMED and part.payload < part.end:
            length = 16 if data[part.payload] == 1 else 8
            times = slice(part.payload + 4, min(part.payload + 4 + length, part.end))
            result[times] = bytes(len(result[times]))


def encode(image: Image, options: Options) -> bytes:
    """Return an AVIF that looks like a JPEG of that quality."""
    return _save(image, options)


def animate(frames: Iterable[Frame], _: Size, plays: int, options: Options) -> bytes:
    """Return an AVIF image sequence of the same frames, coded fast: hundreds of them must end within Lambda's time."""
    images, durations = zip(*((frame.image, round(frame.duration)) for frame in frames), strict=True)
    fast = replace(options, effort="fast")
    data = _save(images[0], fast, save_all=True, append_images=images[1:], duration=durations)
    return with_plays(data, plays)


def _save(image: Image, options: Options, **settings: Any) -> bytes:
    return saved(
        image,
        ".avif",
        quality=_LIKE_JPEG[options.quality],
        speed=_SPEEDS[options.effort],
        subsampling="4:4:4",
        max_threads=1,
        **settings,
    )
