"""PNG files."""

import struct
import zlib
from collections.abc import Iterable

from PIL import ImageChops
from PIL.Image import Image, Quantize

from chalicelib.imaging.animation import Frame, changed
from chalicelib.imaging.containers import png as container
from chalicelib.imaging.encoders.sample import sample
from chalicelib.imaging.encoders.saving import saved
from chalicelib.imaging.resize import Size

_KEEP, _OVERWRITE = 0, 0

# oxipng's filter and libdeflate's level, one of each: trying more of them takes several times as long. Rich pictures
# gain 4 to 15 % by level 10; drawings gain 4 to 15 % without a filter, and little by more than level 9.
_RICH = ("Entropy", 10)
_PLAIN = ("NoOp", 9)


def encode(image: Image, colors: int | None = None) -> bytes:
    """Return a PNG, without loss unless it is to have but `colors`; `image` is of mode L, RGB or RGBA."""
    if colors and image.getcolors(colors) is None:
        method = Quantize.FASTOCTREE if image.mode == "RGBA" else Quantize.MEDIANCUT
        image = image.quantize(colors, method, kmeans=1)
    try:
        import oxipng
    except ImportError:
        return _save(image)
    # It finds out itself whether grey levels or a palette will do, and always the same for the same pixels.
    true_colour = image.convert("RGBA" if image.has_transparency_data else "RGB")
    color_type = oxipng.ColorType.rgba if true_colour.mode == "RGBA" else oxipng.ColorType.rgb
    raw = oxipng.RawImage(true_colour.tobytes(), *image.size, color_type=color_type())
    filter_name, effort = _PLAIN if _is_drawn(true_colour) else _RICH
    row_filter, deflate = getattr(oxipng.RowFilter, filter_name), oxipng.Deflaters.libdeflater(effort)
    return bytes(raw.create_optimized_png(level=1, filter=[row_filter], deflate=deflate))


def _is_drawn(image: Image) -> bool:
    """Return whether pixels repeat rather than change gradually."""
    rows = sample(image)
    differences = ImageChops.subtract_modulo(rows, ImageChops.offset(rows, 1, 0))
    return len(zlib.compress(rows.tobytes(), 1)) < len(zlib.compress(differences.tobytes(), 1))


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
    from fractions import Fraction  # brings the decimal module with it: 5 ms of a cold start

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
    return saved(image, ".png", compress_level=6)
