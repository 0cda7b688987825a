"""PNG files."""

from io import BytesIO

from PIL.Image import Image, Quantize


def encode(image: Image, colors: int | None) -> bytes:
    """Return a PNG, without loss unless it is to have but `colors`; `image` is of mode L, RGB or RGBA."""
    if colors:
        image = image.quantize(colors, Quantize.FASTOCTREE if image.mode == "RGBA" else Quantize.MEDIANCUT)
    buffer = BytesIO()
    image.save(buffer, "PNG", compress_level=6)
    return buffer.getvalue()
