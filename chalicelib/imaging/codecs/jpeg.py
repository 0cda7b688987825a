"""JPEG files as segments (ITU-T T.81, annex B)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from PIL import ImageChops
from PIL.Image import Image, Resampling

from chalicelib.imaging.codecs.saving import sample, saved
from chalicelib.imaging.types import Effort, ImageError, Options

_SOI, _EOI, SOS, _COM, _APP0, _APP14, _APP15 = 0xD8, 0xD9, 0xDA, 0xFE, 0xE0, 0xEE, 0xEF

# The APPn segments that decoders need: their names, and what follows the first bytes of their payload.
_KEPT_APPS = {_APP0: (b"JFIF\0", b"\0\0"), _APP14: (b"Adobe", b"")}
_APP_BYTES = 12

# Within entropy-coded data FF00 is a stuffed byte, FFD0 to FFD7 are restarts, FFFF is fill.
_MARKER = re.compile(rb"\xff[\x01-\xcf\xd8-\xfe]")

# Headers of frames: 0xC0 to 0xCF but tables and arithmetic conditioning.
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}

_HIERARCHICAL = (0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF)

# The identifier of the first component: 1 by JFIF's convention, 0 or R by some encoders'.
_LUMA_COMPONENTS = (0, 1)

END = b"\xff\xd9"

# Steps at quality 50, in rows by vertical and columns by horizontal frequency. They are jpegli's, changed: their
# tilt towards high frequencies was chosen on photographs, for fewest bytes at equal SSIMULACRA2: 15 % fewer
# than with libjpeg's own, at the same CPU. They are scaled so that a quality looks like libjpeg's.
_LUMA = (
    (13, 12, 25, 26, 43, 47, 55, 59),
    (12, 18, 26, 31, 47, 46, 63, 66),
    (25, 26, 33, 40, 50, 61, 62, 72),
    (26, 31, 40, 50, 65, 72, 77, 84),
    (43, 47, 50, 65, 75, 86, 102, 106),
    (47, 46, 61, 72, 86, 100, 98, 125),
    (55, 63, 62, 77, 102, 98, 112, 116),
    (59, 66, 72, 84, 106, 125, 116, 99),
)
_CHROMA = (
    (13, 11, 23, 23, 35, 34, 40, 45),
    (11, 17, 24, 23, 32, 30, 40, 43),
    (23, 24, 28, 26, 32, 36, 39, 46),
    (23, 23, 26, 30, 38, 37, 40, 49),
    (35, 32, 32, 38, 32, 48, 37, 49),
    (34, 30, 36, 37, 48, 43, 51, 77),
    (40, 40, 39, 40, 37, 51, 83, 77),
    (45, 43, 46, 49, 49, 77, 77, 77),
)

# Huffman tables made for the image save 5 % of the bytes. Progressive scans save 3 % more on pictures rich in
# detail, and cost as much on plain ones, for twice the CPU.
_CODINGS: dict[Effort, tuple[dict[str, bool], ...]] = {
    "fast": ({},),
    "balanced": ({"optimize": True},),
    "small": ({"optimize": True}, {"progressive": True}),
}

# Chroma has its full resolution from this quality on, and where halving it would change this share of the pixels by
# this many of 256 levels. Photographs lose at most 0.1 %, coloured text 1 to 13 %.
_FULL_CHROMA_QUALITY = 90
_VISIBLE_LOSS = 32
_MOST_LOST = 0.005

_Table = tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Frame:
    """The header of the frame.

    Attributes:
        marker: The second byte of its marker: how the picture is coded.
        precision: Bits a sample.
        components: The identifiers of its components.
    """

    marker: int
    precision: int
    components: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scan:
    """The header of a scan (T.81, B.2.3).

    Attributes:
        components: The identifiers of its components; luma is the lowest.
        first: The first coefficient in zigzag order (Ss); 0 is the mean of a block.
        last: The last one (Se).
        previous_bit: The bit plane that was sent before (Ah); 0 for a first scan.
        bit: The bit plane that it sends (Al).
    """

    components: tuple[int, ...]
    first: int
    last: int
    previous_bit: int
    bit: int


def segments(data: bytes) -> Iterator[tuple[int, int, int, int]]:
    """Yield the segments after the start marker, up to and without the end marker.

    Yields:
        The second byte of the marker, and where the marker, the payload after the length, and what follows begin.
        A scan includes its entropy-coded data.
    """
    position = 2
    while match := _MARKER.search(data, position):
        start, after = match.span()
        marker = data[after - 1]
        if marker == _EOI:
            return
        position = after
        if marker in (_SOI, 0x01):
            continue
        end = after + int.from_bytes(data[after : after + 2])
        if end < after + 2 or end > len(data):
            raise ImageError("truncated", "a JPEG segment reaches beyond the file")
        if marker == SOS:
            following = _MARKER.search(data, end)
            end = following.start() if following else len(data)
        yield marker, start, after + 2, end
        position = end


def scan_header(data: bytes, payload: int, end: int) -> Scan:
    """Read the header of a scan."""
    count = data[payload] if payload < end else 0
    at = payload + 1 + 2 * count
    if not count or at + 3 > end:
        raise ImageError("corrupt", "a JPEG scan header is too short, or does not have any component")
    components = tuple(data[payload + 1 : at : 2])
    return Scan(components, data[at], data[at + 1], data[at + 2] >> 4, data[at + 2] & 15)


def frame(data: bytes) -> Frame | None:
    """Return what the header of the frame says, or None without a complete one (T.81, B.2.2)."""
    for marker, _, payload, end in segments(data):
        if marker in _FRAMES and payload + 6 <= end:
            identifiers = slice(payload + 6, min(payload + 6 + 3 * data[payload + 5], end), 3)
            return Frame(marker, data[payload], tuple(data[identifiers]))
    return None


def check(data: bytes) -> None:
    """Refuse samples and codings that the decoder does not read.

    Raises:
        ImageError: `unsupported`, with what the file has.
    """
    header = frame(data)
    if header and header.precision != 8:
        raise ImageError("unsupported", f"JPEG samples must have 8 bits; got {header.precision}")
    if header and header.marker in _HIERARCHICAL:
        raise ImageError("unsupported", "hierarchical JPEG files are not accepted")


def is_useless(scan: Scan, scale: int) -> bool:
    """Return whether a scan hardly shows when the image is decoded at 1/scale.

    At 1/2, that is the lowest bit of luma's detail; at 1/4, also that of chroma's; at 1/8, all but the means of
    blocks. No scan is left out whose coefficients a later one refines: that one could not be read without it.
    """
    if scan.first == 0 or scale < 2:
        return False
    is_lowest_bit = (scan.previous_bit, scan.bit) == (1, 0)
    is_luma = scan.components[0] in _LUMA_COMPONENTS
    return scale >= 8 or (is_lowest_bit and (is_luma or scale >= 4))


def count_scans(data: bytes) -> int:
    """Return how many scans there are: each is a pass over all of the image."""
    return sum(marker == SOS for marker, *_ in segments(data))


def for_scale(data: bytes, scale: int) -> bytes:
    """Return a progressive file without the scans that are useless at 1/scale; all else is copied."""
    kept = (
        data[start:end]
        for marker, start, payload, end in segments(data)
        if marker != SOS or not is_useless(scan_header(data, payload, end), scale)
    )
    return b"".join([data[:2], *kept, END])


def strip(data: bytes) -> bytes:
    """Return the file without metadata: no APPn but JFIF and Adobe's colour transform, no comment, no trailer."""
    pieces = [data[:2]]
    for marker, start, payload, end in segments(data):
        if marker in _KEPT_APPS:
            # Cut to what decoders need: no thumbnail.
            name, ending = _KEPT_APPS[marker]
            needed = data[payload : payload + _APP_BYTES]
            if needed.startswith(name) and len(needed) == _APP_BYTES:
                length = len(needed + ending) + 2
                pieces.append(bytes([0xFF, marker]) + length.to_bytes(2) + needed + ending)
        elif marker != _COM and not _APP0 <= marker <= _APP15:
            pieces.append(data[start:end])
    return b"".join([*pieces, END])


def encode(image: Image, options: Options) -> bytes:
    """Return a JPEG; `image` is of mode L or RGB."""
    tables = [_scale(_LUMA, options.quality), _scale(_CHROMA, options.quality)]
    is_full = options.quality >= _FULL_CHROMA_QUALITY or _has_chroma_edges(image)
    subsampling = "4:4:4" if is_full else "4:2:0"
    codings = (
        saved(image, ".jpg", qtables=tables, subsampling=subsampling, **coding)
        for coding in _CODINGS[options.effort]
    )
    return min(codings, key=len)


def _has_chroma_edges(image: Image) -> bool:
    """Return whether halving the resolution of chroma would show, as it does at the edges of red text."""
    if image.mode == "L":
        return False
    rows = sample(image).convert("YCbCr")
    rows = rows.crop((0, 0, rows.width & ~1, rows.height))
    if not rows.width:
        return False
    for chroma in rows.split()[1:]:
        halved = chroma.reduce((2, 1)).resize(chroma.size, Resampling.NEAREST)
        lost = ImageChops.difference(chroma, halved).histogram()[_VISIBLE_LOSS:]
        if sum(lost) > _MOST_LOST * rows.width * rows.height:
            return True
    return False


def _scale(table: _Table, quality: int) -> list[int]:
    """Return a table's steps for a quality from 1 to 100, as libjpeg's `jpeg_quality_scaling` does."""
    percent = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(255, max(1, (step * percent + 50) // 100)) for row in table for step in row]
