"""Animations as a series of whole pictures, and what changes from one to the next."""

from collections.abc import Iterator
from dataclasses import dataclass

from PIL import Image, ImageChops

from chalicelib.imaging.decode import to_working_mode
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, GIF
from chalicelib.imaging.source import Source

# What every format can hold: 16 bits of repetitions (GIF), 24 bits of milliseconds (WebP).
_MOST_PLAYS = (1 << 16) - 1
_LONGEST = (1 << 24) - 1

Rectangle = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Frame:
    """A frame as it is seen: composed with what earlier frames left.

    Attributes:
        image: Mode RGB or RGBA, as large as the animation.
        duration: In milliseconds; APNG has fractions of them.
    """

    image: Image.Image
    duration: float


def frames(source: Source) -> Iterator[Frame]:
    """Yield the composed frames of an animation, at the size that they are stored in.

    Raises:
        ImageError: The bytes are damaged.
    """
    first = int(getattr(source.image, "default_image", False))  # APNG: a picture for those who can't animate
    for index in range(first, first + source.frames):
        with decoding():
            source.image.seek(index)
            source.image.load()
            duration = min(max(0, source.image.info.get("duration", 0)), _LONGEST)
            image = to_working_mode(source.image.copy(), source)
        yield Frame(image.convert("RGB") if image.mode == "L" else image, duration)


def plays(source: Source) -> int:
    """Return how often an animation plays; 0 is for ever."""
    return min(_plays(source), _MOST_PLAYS)


def _plays(source: Source) -> int:
    """Ask the file itself where Pillow does not tell, or tells how often an animation is repeated instead."""
    if source.format is AVIF:
        from chalicelib.imaging.containers import avif

        return avif.plays(source.data)
    if source.format is GIF:
        from chalicelib.imaging.containers import gif

        return gif.plays(source.data)
    return int(source.image.info.get("loop", 0))


def changed(before: Image.Image | None, after: Image.Image) -> Rectangle:
    """Return left, top, right and bottom of what differs between two pictures; a single pixel where nothing does."""
    if before is None:
        return 0, 0, *after.size
    if before.mode != after.mode:
        before, after = before.convert("RGBA"), after.convert("RGBA")
    return ImageChops.difference(before, after).getbbox(alpha_only=False) or (0, 0, 1, 1)
