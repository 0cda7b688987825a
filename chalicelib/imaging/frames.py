"""A frame of an animation, and what changes from one frame to the next."""

from dataclasses import dataclass
from enum import Enum

from PIL import Image, ImageChops

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


class Disposal(Enum):
    """What happens to a frame's area before the next frame is drawn."""

    KEEP = 0
    CLEAR = 1
    RESTORE = 2


@dataclass(frozen=True, slots=True)
class Part:
    """A frame as it is stored: a picture, and how it changes the ones before.

    Attributes:
        data: A file with this picture alone.
        offset: Where its upper left corner is on the canvas.
        size: Width and height in pixels.
        duration: In milliseconds.
        disposal: What happens to its area afterwards.
        is_blended: Whether it is drawn over what is there, or replaces it.
    """

    data: bytes
    offset: tuple[int, int]
    size: tuple[int, int]
    duration: float
    disposal: Disposal
    is_blended: bool


def changed(before: Image.Image | None, after: Image.Image) -> Rectangle:
    """Return left, top, right and bottom of what differs between two pictures; a single pixel where nothing does."""
    if before is None:
        return 0, 0, *after.size
    if before.mode != after.mode:
        before, after = before.convert("RGBA"), after.convert("RGBA")
    return ImageChops.difference(before, after).getbbox(alpha_only=False) or (0, 0, 1, 1)
