"""PNG files."""

import struct
from collections.abc import Iterable
from fractions import Fraction
from io import BytesIO
from typing import Any

from PIL.Image import Image, Quantize

from chalicelib.imaging.animation import Frame, changed
from chalicelib.imaging.containers import png as container
from chalicelib.imaging.resize import Size

_KEEP, _OVERWRITE = 0, 0

# oxipng's names for Pillow's modes.
_COLOR_TYPES = {"L": "grayscale", "RGB": "rgb", "RGBA": "rgba"}


def encode(image: Image, colors: int | None = None) -> bytes:
    """Return a PNG, without loss unless it is to have but `colors`; `image` is of mode L, RGB or RGBA."""
    if colors:
        return optimize(_save(_quantize(image, colors)))
    try:
        import oxipng
    except ImportError:
        return _save(image)
    color_type = getattr(oxipng.ColorType, _COLOR_TYPES[image.mode])()
    raw = oxipng.RawImage(image.tobytes(), *image.size, color_type=color_type)
    return bytes(raw.create_optimized_png(**_settings()))


def optimize(data: bytes) -> bytes:
    """Return the same pixels in a PNG that is hopefully smaller; as they were where oxipng is not installed."""
    try:
        import oxipng
    except ImportError:
        return data
    try:
        return bytes(oxipng.optimize_from_memory(data, strip=oxipng.StripChunks.all(), **_settings()))
    except oxipng.PngError:
        return data


def _settings() -> dict[str, Any]:
    """Return what makes oxipng write 7 % less than zlib at its best, in 60 % of the time: one filter, one trial."""
    import oxipng

    return {"level": 1, "filter": [oxipng.RowFilter.Entropy], "deflate": oxipng.Deflaters.libdeflater(10)}


def _quantize(image: Image, colors: int) -> Image:
    return image.quantize(
        colors, Quantize.FASTOCTREE if image.mode == "RGBA" else Quantize.MEDIANCUT, kmeans=1
    )


def animate(frames: Iterable[Frame], size: Size, plays: int) -> bytes:
    """Return an APNG of the same frames: each overwrites the part of the picture that it changes."""
    body: list[bytes] = []
    before = None
    count = sequence = 0
    for frame in frames:
        box = changed(before, frame.image)
        still = _save(frame.image.crop(box).convert("RGBA"))
        body.append(container.chunk(b"fcTL", _control(sequence, box, frame.duration)))
        sequence += 1
        for kind, start, end in container.chunks(still):
            if kind == b"IDAT" and count == 0:
                body.append(container.chunk(b"IDAT", still[start:end]))
            elif kind == b"IDAT":
                body.append(container.chunk(b"fdAT", struct.pack(">I", sequence) + still[start:end]))
                sequence += 1
        before = frame.image
        count += 1
    header = container.chunk(b"IHDR", struct.pack(">IIBBBBB", *size, 8, 6, 0, 0, 0))
    animation = container.chunk(b"acTL", struct.pack(">II", count, plays))
    return b"".join([container.SIGNATURE, header, animation, *body, container.chunk(b"IEND", b"")])


def _control(sequence: int, box: tuple[int, int, int, int], duration: float) -> bytes:
    left, top, right, bottom = box
    seconds = Fraction(duration / 1000)
    delay = seconds.limit_denominator(1000 if seconds < 65 else 1)
    return struct.pack(
        ">5I2H2B",
        sequence,
        right - left,
        bottom - top,
        left,
        top,
        delay.numerator,
        delay.denominator,
        _KEEP,
        _OVERWRITE,
    )


def _save(image: Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
