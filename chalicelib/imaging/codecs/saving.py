"""Pillow's encoders, one at a time."""

from io import BytesIO
from typing import Any

from PIL.Image import Image


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
