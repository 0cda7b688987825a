"""AVIF files."""

from io import BytesIO

from PIL.Image import Image


def encode(image: Image, quality: int) -> bytes:
    """Return an AVIF."""
    from PIL import AvifImagePlugin  # noqa: F401 registers the encoder

    buffer = BytesIO()
    image.save(buffer, "AVIF", quality=quality, speed=8, max_threads=1)
    return buffer.getvalue()
