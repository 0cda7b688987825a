"""JPEG files."""

from io import BytesIO

from PIL.Image import Image

# N. Robidoux's table for both luma and chroma, as in ImageMagick and mozjpeg (-quant-table 3), in rows.
_ROBIDOUX = (
    (16, 16, 16, 18, 25, 37, 56, 85),
    (16, 17, 20, 27, 34, 40, 53, 75),
    (16, 20, 24, 31, 43, 62, 91, 135),
    (18, 27, 31, 40, 53, 74, 106, 156),
    (25, 34, 43, 53, 69, 94, 131, 189),
    (37, 40, 62, 74, 94, 124, 169, 238),
    (56, 53, 91, 106, 131, 169, 226, 311),
    (85, 75, 135, 156, 189, 238, 311, 418),
)


def encode(image: Image, quality: int) -> bytes:
    """Return a progressive JPEG; `image` is of mode L or RGB."""
    table = quantisation(quality)
    buffer = BytesIO()
    image.save(buffer, "JPEG", qtables=[table, table], subsampling="4:2:0", optimize=True, progressive=True)
    return buffer.getvalue()


def quantisation(quality: int) -> list[int]:
    """Return the 64 steps, in rows, for a quality on libjpeg's scale (its `jpeg_quality_scaling`)."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return [min(255, max(1, (step * scale + 50) // 100)) for row in _ROBIDOUX for step in row]
