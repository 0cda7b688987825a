"""Turning an image upright (TIFF 6.0, tag Orientation)."""

from PIL.Image import Image, Transpose

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}


def turn_upright(image: Image, orientation: int) -> Image:
    """Return `image` upright. `orientation` is 1 to 8, for how it is stored."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
