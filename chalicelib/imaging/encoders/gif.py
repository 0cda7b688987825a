"""GIF files."""

from io import BytesIO

from PIL.Image import Image


def encode(image: Image) -> bytes:
    """Return a GIF."""
    from PIL import GifImagePlugin  # noqa: F401 registers the encoder

    buffer = BytesIO()
    image.save(buffer, "GIF")
    return buffer.getvalue()
