"""A frame of an animation, and what changes from one frame to the next."""

from dataclasses import dataclass

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


def changed(before: Image.Image | None, after: Image.Image) -> Rectangle:
    """Return left, top, right and bottom of what differs between two pictures; a single pixel where nothing does."""
    if before is None:
        return 0, 0, *after.size
    if before.mode != after.mode:
        before, after = before.convert("RGBA"), after.convert("RGBA")
    return ImageChops.difference(before, after).getbbox(alpha_only=False) or (0, 0, 1, 1)
