"""PNG files as chunks (PNG, third edition, section 5; APNG is part of it)."""

import struct
import zlib
from collections.abc import Iterable, Iterator
from itertools import count

from PIL import ImageChops
from PIL.Image import Image, Quantize

from chalicelib.imaging.codecs.palette import reduce_colors
from chalicelib.imaging.codecs.saving import sample, saved
from chalicelib.imaging.frames import Disposal, Frame, Part, changed
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Effort, ImageError, Options

SIGNATURE = b"\x89PNG\r\n\x1a\n"

# What the picture itself is made of. Colour chunks are not among them: the pixels are sRGB by then.
_PICTURE = (b"IHDR", b"PLTE", b"tRNS", b"acTL", b"fcTL", b"fdAT", b"IDAT")

_KEEP, _OVERWRITE = 0, 0
_SAMPLE_PIXELS = 65_536
_CONTROL = struct.Struct(">5I2H2B")
_DISPOSALS = {1: Disposal.CLEAR, 2: Disposal.RESTORE}
_SHARED = (b"PLTE", b"tRNS")

# oxipng's filter and libdeflate's level, one of each: trying more of them takes several times as long. Rich pictures
# gain 5 to 9 % by level 10, for three times the CPU. Drawings gain 4 to 15 % without a filter, and little by more
# than level 9.
_RICH: dict[Effort, tuple[str, int]] = {
    "fast": ("Average", 4),
    "balanced": ("Entropy", 7),
    "small": ("Entropy", 10),
}
_PLAIN: dict[Effort, tuple[str, int]] = {"fast": ("NoOp", 6), "balanced": ("NoOp", 9), "small": ("NoOp", 10)}

# zlib's level and strategy for each of hundreds of frames. Rich ones gain little by more than Huffman codes and runs.
_PLAIN_FRAME = {"compress_level": 6}
_RICH_FRAME = {"compress_level": 1, "compress_type": 3}

_NOISE = 0.9  # what deflate leaves of pixels that do not repeat


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


def is_sound(data: bytes, start: int, end: int) -> bool:
    """Return whether the checksum of the chunk with a payload from `start` to `end` is right."""
    return zlib.crc32(memoryview(data)[start - 4 : end]) == int.from_bytes(data[end : end + 4])


def chunk(kind: bytes, payload: bytes) -> bytes:
    """Return a chunk with its length and checksum."""
    return struct.pack(">I4s", len(payload), kind) + payload + struct.pack(">I", zlib.crc32(kind + payload))


def header(data: bytes) -> tuple[int, int, int, int]:
    """Return width, height, bits a sample and colour type.

    Raises:
        ImageError: The file does not begin with its header, or is a variant for iOS.
    """
    if data[12:16] == b"CgBI":
        raise ImageError("unsupported", "PNG files in Apple's own variant (CgBI) are not accepted")
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


def parts(data: bytes) -> Iterator[Part]:
    """Yield each frame of an APNG as a PNG of its own.

    Raises:
        ImageError: A frame reaches beyond the canvas, or has a damaged header.
    """
    shared, control, picture = b"", b"", b""
    for kind, start, end in chunks(data):
        payload = data[start:end]
        if kind in _SHARED:
            shared += chunk(kind, payload)
        elif kind == b"fcTL":
            if control and picture:
                yield _part(data, control, shared, picture)
            control, picture = payload, b""
        elif control and kind in (b"IDAT", b"fdAT"):
            picture += payload if kind == b"IDAT" else payload[4:]
    if control and picture:
        yield _part(data, control, shared, picture)


def _part(data: bytes, control: bytes, shared: bytes, picture: bytes) -> Part:
    if len(control) < _CONTROL.size:
        raise ImageError("corrupt", "the header of an APNG frame is too short")
    _, width, height, x, y, delay, unit, disposal, blending = _CONTROL.unpack_from(control)
    canvas = header(data)
    if not width or not height or x + width > canvas[0] or y + height > canvas[1]:
        raise ImageError("corrupt", "an APNG frame must have pixels and must not reach beyond the canvas")
    head = chunk(b"IHDR", control[4:12] + data[24:29])
    return Part(
        data=SIGNATURE + head + shared + chunk(b"IDAT", picture) + chunk(b"IEND", b""),
        offset=(x, y),
        size=(width, height),
        duration=1000 * delay / (unit or 100),
        disposal=_DISPOSALS.get(disposal, Disposal.KEEP),
        is_blended=blending == 1,
    )


def strip(data: bytes) -> bytes:
    """Return the file with no chunk but those of the picture, and nothing after its end.

    A chunk that a decoder may ignore is left out where its checksum is wrong.

    Raises:
        ImageError: The checksum of a chunk of pixels is wrong.
    """
    pieces = [SIGNATURE]
    for kind, start, end in chunks(data):
        if kind in _PICTURE:
            if is_sound(data, start, end):
                pieces.append(data[start - 8 : end + 4])
            elif kind[:1].isupper():
                raise ImageError("corrupt", f"the checksum of the PNG chunk {kind.decode()} is wrong")
    return b"".join([*pieces, chunk(b"IEND", b"")])


def encode(image: Image, options: Options) -> bytes:
    """Return a PNG, without loss unless `options.png_colors` limits its colours; `image` is of mode L, RGB or RGBA."""
    colors = options.png_colors
    if colors and image.getcolors(colors) is None:
        if image.mode == "RGBA":
            image = image.quantize(colors, Quantize.FASTOCTREE)
        else:
            image = reduce_colors(image.convert("RGB"), colors, _SAMPLE_PIXELS, refined=True)
    try:
        import oxipng
    except ImportError:
        return saved(image, ".png", **_PLAIN_FRAME)
    # It finds out itself whether grey levels or a palette will do, and always the same for the same pixels.
    true_colour = image.convert("RGBA" if image.has_transparency_data else "RGB")
    color_type = oxipng.ColorType.rgba if true_colour.mode == "RGBA" else oxipng.ColorType.rgb
    raw = oxipng.RawImage(true_colour.tobytes(), *image.size, color_type=color_type())
    filter_name, level = (_PLAIN if _is_drawn(true_colour) else _RICH)[options.effort]
    row_filter, deflate = getattr(oxipng.RowFilter, filter_name), oxipng.Deflaters.libdeflater(level)
    return bytes(raw.create_optimized_png(level=1, filter=[row_filter], deflate=deflate))


def _is_drawn(image: Image) -> bool:
    """Return whether pixels repeat rather than change gradually."""
    rows = sample(image)
    differences = ImageChops.subtract_modulo(rows, ImageChops.offset(rows, 1, 0))
    size = len(zlib.compress(rows.tobytes(), 1))
    return size < len(zlib.compress(differences.tobytes(), 1)) and size < _NOISE * len(rows.tobytes())


def animate(frames: Iterable[Frame], size: Size, plays: int, _: Options) -> bytes:
    """Return an APNG of the same frames: each overwrites the part of the picture that it changes."""
    body: list[bytes] = []
    before, sequence = None, count()
    for number, frame in enumerate(frames, 1):
        box = changed(before, frame.image)
        part = frame.image.crop(box).convert("RGBA")
        still = saved(part, ".png", **(_PLAIN_FRAME if _is_drawn(part) else _RICH_FRAME))
        body.append(chunk(b"fcTL", _control(next(sequence), box, frame.duration)))
        for kind, start, end in chunks(still):
            if kind == b"IDAT" and number == 1:
                body.append(chunk(b"IDAT", still[start:end]))
            elif kind == b"IDAT":
                body.append(chunk(b"fdAT", struct.pack(">I", next(sequence)) + still[start:end]))
        before = frame.image
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0))
    animation = chunk(b"acTL", struct.pack(">II", number, plays))
    return b"".join([SIGNATURE, header, animation, *body, chunk(b"IEND", b"")])


def _control(sequence: int, box: tuple[int, int, int, int], duration: float) -> bytes:
    from fractions import Fraction  # brings the decimal module with it: 5 ms of a cold start

    left, top, right, bottom = box
    seconds = Fraction(duration / 1000)
    delay = seconds.limit_denominator(1000 if seconds < 65 else 1)
    return _CONTROL.pack(
        sequence, right - left, bottom - top, left, top, *delay.as_integer_ratio(), _KEEP, _OVERWRITE
    )
