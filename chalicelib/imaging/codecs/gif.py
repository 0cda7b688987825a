"""GIF files as blocks (GIF89a specification, CompuServe 1990)."""

import struct
from collections.abc import Iterable, Iterator
from functools import reduce
from itertools import chain, pairwise

from PIL import ImageChops
from PIL.Image import Image, new

from chalicelib.imaging.codecs.palette import reduce_colors
from chalicelib.imaging.codecs.saving import saved
from chalicelib.imaging.frames import Disposal, Frame, Part, changed
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import ImageError, Options

_EXTENSION, _IMAGE, _TRAILER = 0x21, 0x2C, 0x3B
# Bytes before the colour table and code of an image, and before the data of an extension.
_HEADS = {_IMAGE: 10, _EXTENSION: 2}
_GRAPHIC_CONTROL, _APPLICATION = 0xF9, 0xFF
_CONTROL_LENGTH = 8
_NO_CONTROL = b"!\xf9\4\0\0\0\0\0"
_DISPOSALS = {2: Disposal.CLEAR, 3: Disposal.RESTORE}
_SCREEN_SIZE = 6
_LOOPING = (b"NETSCAPE2.0", b"ANIMEXTS1.0")

_TRANSPARENT = 255
_KEEP, _CLEAR = 1, 2
_TABLE_OF_256 = 0x87
# Each frame has a palette of its own.
_SAMPLE_PIXELS = 16_384


def _table_size(flags: int) -> int:
    return 3 << (flags & 7) + 1 if flags & 0x80 else 0


def blocks(data: bytes) -> Iterator[tuple[str, int, int]]:
    """Yield the kind of each block up to the trailer, and where it begins and ends.

    The kinds are `header`, `control`, `loop`, `image` and `other`. Bytes that do not start a block are skipped.

    Raises:
        ImageError: A block is cut off.
    """
    if len(data) < 13:
        raise ImageError("truncated", "the GIF header is cut off")
    position = 13 + _table_size(data[10])
    yield "header", 0, position
    while position < len(data) and data[position] != _TRAILER:
        if data[position] not in _HEADS:
            position += 1
            continue
        head = _HEADS[data[position]]
        if position + head > len(data):
            raise ImageError("truncated", "a GIF block is cut off")
        if data[position] == _IMAGE:
            kind, body = "image", position + head + _table_size(data[position + 9]) + 1
        else:
            kind, body = _extension_kind(data, position), position + head
        end = _after_sub_blocks(data, body)
        yield kind, position, end
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


def screen(data: bytes) -> Size:
    """Return width and height of the logical screen, or of the first frame if the screen does not have any pixels."""
    size = _read_size(data, _SCREEN_SIZE)
    if 0 not in size:
        return size
    return next(_frame_sizes(data), size)


def measure(data: bytes) -> tuple[Size, int]:
    """Return the size that holds the screen and each frame, which a decoder reserves, and how many frames there are.

    Raises:
        ImageError: The GIF does not have any frame.
    """
    frames = list(_frame_sizes(data))
    if not frames:
        raise ImageError("truncated", "the GIF does not have any picture")
    widths, heights = zip(screen(data), *frames, strict=True)
    return (max(widths), max(heights)), len(frames)


def _frame_sizes(data: bytes) -> Iterator[Size]:
    return (_read_size(data, start + 5) for kind, start, _ in blocks(data) if kind == "image")


def _read_size(data: bytes, position: int) -> Size:
    width, height = struct.unpack_from("<HH", data, position)
    return width, height


def parts(data: bytes) -> Iterator[Part]:
    """Yield each frame as a GIF of its own."""
    control = b""
    for kind, start, end in blocks(data):
        if kind == "control":
            control = data[start:end]
        elif kind == "image":
            yield _part(data, start, end, control if len(control) == _CONTROL_LENGTH else _NO_CONTROL)
            control = b""


def _part(data: bytes, start: int, end: int, control: bytes) -> Part:
    x, y, width, height = struct.unpack_from("<4H", data, start + 1)
    picture = bytes([_IMAGE]) + bytes(4) + data[start + 5 : end]
    shared = data[10:13] + data[13 : 13 + _table_size(data[10])]
    file = b"GIF89a" + struct.pack("<HH", width, height) + shared + control + picture + bytes([_TRAILER])
    return Part(
        data=file,
        offset=(x, y),
        size=(width, height),
        duration=10 * int.from_bytes(control[4:6], "little"),
        disposal=_DISPOSALS.get(control[3] >> 2 & 7, Disposal.KEEP),
        is_blended=True,
    )


def plays(data: bytes) -> int:
    """Return how often the animation plays, 0 for ever. The file holds the number of repetitions after the first play."""
    for kind, start, _ in blocks(data):
        if kind == "loop":
            repeats = int.from_bytes(data[start + 16 : start + 18], "little")
            return repeats + 1 if repeats else 0
    return 1


def strip(data: bytes) -> bytes:
    """Return the file without comments, texts and foreign extensions, and nothing after its end."""
    kept = [data[start:end] for kind, start, end in blocks(data) if kind != "other"]
    return b"".join([*kept, bytes([_TRAILER])])


def encode(image: Image, options: Options) -> bytes:
    """Return a still GIF of 256 colours; what is less than half opaque becomes transparent."""
    return animate([Frame(image, 0)], image.size, 1, options)


def animate(frames: Iterable[Frame], size: Size, plays: int, _: Options) -> bytes:
    """Return a GIF of the same frames.

    Each frame draws the pixels that it changes. A GIF cannot draw transparency, so where the next frame is
    transparent at a pixel that is not, this one draws the whole picture and is then cleared away.
    """
    pieces = [b"GIF89a" + struct.pack("<HHBBB", *size, 0x70, 0, 0)]
    if plays != 1:
        repeats = max(0, plays - 1)
        pieces.append(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", repeats) + b"\0")
    before = None
    followed: Iterable[Frame | None] = chain(frames, [None])
    for frame, following in pairwise(followed):
        assert frame is not None
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
    worst = reduce(ImageChops.lighter, difference.split())
    return worst.point([255 * (level == 0) for level in range(256)])


def _frame(image: Image, undrawn: Image, offset: Size, disposal: int, delay: int) -> list[bytes]:
    """Return the blocks of a frame: 255 colours of its own, and one for the pixels that it leaves alone."""
    indexed = reduce_colors(image.convert("RGB"), _TRANSPARENT, _SAMPLE_PIXELS, refined=False)
    palette = bytes(indexed.getpalette() or ())[: 3 * _TRANSPARENT]
    indexed.paste(_TRANSPARENT, mask=undrawn)
    control = struct.pack("<BBBBHBB", 0x21, 0xF9, 4, disposal << 2 | 1, delay, _TRANSPARENT, 0)
    descriptor = struct.pack("<BHHHHB", 0x2C, *offset, *image.size, _TABLE_OF_256)
    return [control, descriptor, palette.ljust(768, b"\0"), _compress(indexed)]


def _compress(indexed: Image) -> bytes:
    """Return an image's LZW code: Pillow writes it into a file of its own, whose last image block it ends."""
    data = saved(indexed, ".gif", optimize=False, interlace=False)
    start, end = next((start, end) for kind, start, end in blocks(data) if kind == "image")
    return data[start + 10 : end]
