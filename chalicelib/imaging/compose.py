"""The frames of a GIF or APNG composed as browsers do it (GIF89a, section 23; PNG, third edition, section 12.3)."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

from PIL import Image

from chalicelib.imaging import codecs
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import GIF
from chalicelib.imaging.frames import Disposal, Frame, Part
from chalicelib.imaging.source import Source, open_image
from chalicelib.imaging.types import ImageError
from chalicelib.imaging.working import to_working_mode

_TRANSPARENT = (0, 0, 0, 0)


def compose(source: Source) -> Iterator[Frame]:
    """Yield the frames of a GIF or APNG as they are seen, mode RGB or RGBA. What is outside the canvas is not seen.

    Raises:
        ImageError: The bytes are damaged, or frames are missing.
    """
    canvas, count = Image.new("RGBA", source.stored_size), 0
    for part in islice(_parts(source), source.frames):
        before = canvas.copy() if part.disposal is Disposal.RESTORE else None
        _draw(canvas, part, source)
        yield Frame(_without_opaque_alpha(canvas), part.duration)
        if before:
            canvas = before
        elif part.disposal is Disposal.CLEAR:
            canvas.paste(_TRANSPARENT, _area(canvas, part))
        count += 1
    if count < source.frames:
        raise ImageError("truncated", f"the animation has {count} of its {source.frames} frames")


def _parts(source: Source) -> Iterator[Part]:
    if source.format is GIF:
        return codecs.gif.parts(source.data)
    return codecs.png.parts(source.data)


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


def _without_opaque_alpha(canvas: Image.Image) -> Image.Image:
    return canvas.convert("RGB") if canvas.getchannel("A").getextrema()[0] == 255 else canvas.copy()
