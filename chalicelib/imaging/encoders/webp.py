"""WebP files."""

from io import BytesIO

from PIL.Image import Image


def encode(image: Image, quality: int) -> bytes:
    """Return a lossy WebP."""
    from PIL import WebPImagePlugin  # noqa: F401 registers the encoder

    buffer = BytesIO()
    image.save(buffer, "WEBP", quality=quality, method=2)
    return buffer.getvalue()
