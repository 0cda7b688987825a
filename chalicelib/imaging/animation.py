"""Animations as a series of whole pictures.

GIF and APNG are composed here, as browsers do it (GIF89a, section 23; PNG, third edition, section 12.3).
"""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from PIL import Image

from chalicelib.imaging import codecs
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, GIF, PNG
from chalicelib.imaging.frames import Disposal, Frame, Part
from chalicelib.imaging.source import Source, open_image
from chalicelib.imaging.types import ImageError
from chalicelib.imaging.working import to_working_mode

# What every format can hold: 16 bits of repetitions (GIF), 24 bits of milliseconds (WebP).
_MOST_PLAYS = (1 << 16) - 1
_LONGEST = (1 << 24) - 1

_TRANSPARENT = (0, 0, 0, 0)


def frames(source: Source) -> Iterator[Frame]:
    """Yield the composed frames of an animation, at the size that they are stored in.

    Raises:
        ImageError: The bytes are damaged.
    """
    for frame in compose(source) if source.format in (GIF, PNG) else _decoded(source):
        yield Frame(frame.image, min(max(0, frame.duration), _LONGEST))


def plays(source: Source) -> int:
    """Return how often an animation plays; 0 is for ever."""
    # The file itself is read where Pillow reports nothing, or the number of repetitions after the first play.
    if source.format is AVIF:
        found = codecs.avif.plays(source.data)
    elif source.format is GIF:
        found = codecs.gif.plays(source.data)
    else:
        found = int(source.image.info.get("loop", 0))
    return min(found, _MOST_PLAYS)


def compose(source: Source) -> Iterator[Frame]:
    """Yield the frames of a GIF or APNG as they are seen, mode RGB or RGBA. What is outside the canvas is not seen.

    Raises:
        ImageError: The bytes are damaged, or frames are missing.
    """
    canvas, count = Image.new("RGBA", source.stored_size), 0
    parts = codecs.gif.parts(source.data) if source.format is GIF else codecs.png.parts(source.data)
    for part in islice(parts, source.frames):
        before = canvas.copy() if part.disposal is Disposal.RESTORE else None
        _draw(canvas, part, source)
        is_opaque = canvas.getchannel("A").getextrema()[0] == 255
        yield Frame(canvas.convert("RGB") if is_opaque else canvas.copy(), part.duration)
        if before:
            canvas = before
        elif part.disposal is Disposal.CLEAR:
            canvas.paste(_TRANSPARENT, _area(canvas, part))
        count += 1
    if count < source.frames:
        raise ImageError("truncated", f"the animation has {count} of its {source.frames} frames")


def _draw(canvas: Image.Image, part: Part, source: Source) -> None:
    left, top, right, bottom = area = _area(canvas, part)
    if left >= right or top >= bottom:
        return
    with decoding():
        opened = replace(source, data=part.data, image=open_image(part.data, source.format))
        picture = to_working_mode(opened.image, opened).convert("RGBA")
    picture = picture.crop((0, 0, right - left, bottom - top))
    if part.is_blended:
        canvas.alpha_composite(picture, part.offset)
    else:
        canvas.paste(picture, area)


def _area(canvas: Image.Image, part: Part) -> tuple[int, int, int, int]:
    """Return left, top, right and bottom of a frame's visible area."""
    left, top = part.offset
    return left, top, min(canvas.width, left + part.size[0]), min(canvas.height, top + part.size[1])


def _decoded(source: Source) -> Iterator[Frame]:
    """Yield the frames of a format whose decoder composes them."""
    for index in range(source.frames):
        with decoding():
            source.image.seek(index)
            source.image.load()
            duration = source.image.info.get("duration", 0)
            image = to_working_mode(source.image.copy(), source)
        yield Frame(image.convert("RGB") if image.mode == "L" else image, duration)
