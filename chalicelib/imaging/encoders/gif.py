"""GIF files."""

import struct
from collections.abc import Iterable, Iterator
from itertools import chain, pairwise

from PIL import ImageChops
from PIL.Image import Image, Quantize, new

from chalicelib.imaging.animation import Frame, changed
from chalicelib.imaging.containers import gif as container
from chalicelib.imaging.encoders.saving import saved
from chalicelib.imaging.resize import Size

_TRANSPARENT = 255
_KEEP, _CLEAR = 1, 2
_TABLE_OF_256 = 0x87


def encode(image: Image) -> bytes:
    """Return a still GIF of 256 colours; what is less than half opaque becomes transparent."""
    return animate([Frame(image, 0)], image.size, plays=1)


def animate(frames: Iterable[Frame], size: Size, plays: int) -> bytes:
    """Return a GIF of the same frames.

    Each frame draws the pixels that it changes. A GIF cannot draw transparency, so where the next frame is
    transparent at a pixel that is not, this one draws the whole picture and is then cleared away.
    """
    pieces = [b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0)]
    if plays != 1:
        repeats = max(0, plays - 1)
        pieces.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repeats) + b"\0")
    before = None
    for frame, following in _with_next(frames):
        is_cleared = following is not None and _vanishes(frame.image, following.image)
        box = (0, 0, *size) if is_cleared else changed(before, frame.image)
        part = frame.image.crop(box)
        undrawn = _transparent(part)
        if before is not None and not is_cleared:
            undrawn = ImageChops.lighter(undrawn, _same(before.crop(box), part))
        delay = min(0xFFFF, round(frame.duration / 10))
        pieces += _frame(part, undrawn, box[:2], _CLEAR if is_cleared else _KEEP, delay)
        before = None if is_cleared else frame.image
    return b"".join([*pieces, b";"])


def _with_next(frames: Iterable[Frame]) -> Iterator[tuple[Frame, Frame | None]]:
    padded: Iterable[Frame | None] = chain(frames, [None])
    for frame, following in pairwise(padded):
        assert frame is not None
        yield frame, following


def _transparent(image: Image) -> Image:
    """Return a mask, 255 where a pixel is less than half opaque."""
    if image.mode != "RGBA":
        return new("L", image.size)
    return image.getchannel("A").point([255 * (alpha < 128) for alpha in range(256)])


def _vanishes(image: Image, following: Image) -> bool:
    """Return whether a pixel that is seen is not in the following image."""
    return ImageChops.subtract(_transparent(following), _transparent(image)).getbbox() is not None


def _same(before: Image, after: Image) -> Image:
    """Return a mask, 255 where two images look the same."""
    difference = ImageChops.difference(before.convert("RGBA"), after.convert("RGBA"))
    most = difference.split()
    worst = ImageChops.lighter(ImageChops.lighter(most[0], most[1]), ImageChops.lighter(most[2], most[3]))
    return worst.point([255 * (level == 0) for level in range(256)])


def _frame(image: Image, undrawn: Image, offset: Size, disposal: int, delay: int) -> list[bytes]:
    """Return the blocks of a frame: 255 colours of its own, and one for the pixels that it leaves alone."""
    indexed = image.convert("RGB").quantize(_TRANSPARENT, Quantize.MEDIANCUT)
    palette = bytes(indexed.getpalette() or ())[: 3 * _TRANSPARENT]
    indexed.paste(_TRANSPARENT, mask=undrawn)
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, disposal << 2 | 1, delay, _TRANSPARENT, 0)
    descriptor = struct.pack("<BHHHHB", 0x2C, *offset, *image.size, _TABLE_OF_256)
    return [control, descriptor, palette.ljust(768, b"\0"), _compress(indexed)]


def _compress(indexed: Image) -> bytes:
    """Return an image's LZW code: Pillow writes it into a file of its own, whose last image block it ends."""
    data = saved(indexed, ".gif", optimize=False, interlace=False)
    block = next(block for block in container.blocks(data) if block.kind == "image")
    return data[block.start + 10 : block.end]
