"""What the encoders share: how Pillow writes a file, and a few rows of an image to choose their ways by."""

from io import BytesIO
from typing import Any

from PIL.Image import Image, Resampling

_MOST_ROWS = 48


class _Named(BytesIO):
    name: str


def saved(image: Image, extension: str, **settings: Any) -> bytes:
    """Return a file as Pillow writes it, by the extension of its format, such as `.webp`.

    By the extension of a name Pillow finds and imports one plugin; by the name of a format it imports five first.
    """
    buffer = _Named()
    buffer.name = f"image{extension}"
    image.save(buffer, **settings)
    return buffer.getvalue()


def sample(image: Image) -> Image:
    """Return at most 48 rows of an image, evenly spread."""
    return image.resize((image.width, min(image.height, _MOST_ROWS)), Resampling.NEAREST)
