"""How much memory an image takes to compress, checked before it is decoded."""

from chalicelib.imaging import codecs
from chalicelib.imaging.formats import JPEG2000, Format
from chalicelib.imaging.resize import Size, fit
from chalicelib.imaging.types import ImageError, Options

# Bytes a pixel that an animation takes beside its frame: the canvas, its copies, and the frame before.
_ANIMATION = 15


def check_memory(data: bytes, format_: Format, size: Size, frames: int, options: Options) -> None:
    """Refuse an image that takes more than `options.max_memory`.

    Args:
        data: The file.
        format_: Its format.
        size: Width and height in pixels as they are stored.
        frames: 1 for a still image.
        options: The limit, and the sizes of the results.

    Raises:
        ImageError: `too-much-memory`, with both numbers.
    """
    pixels = size[0] * size[1]
    if format_ is JPEG2000:
        pixels >>= 2 * codecs.jpeg2000.levels_to_skip(data, size, _least_size(size, options))
    each = format_.bytes_per_pixel + (_ANIMATION if frames > 1 else 0)
    needed = 2 * len(data) + pixels * each
    if needed > options.max_memory:
        raise ImageError(
            "too-much-memory",
            f"the image takes about {_megabytes(needed)} MB to compress; {_megabytes(options.max_memory)} MB are allowed",
        )


def _least_size(size: Size, options: Options) -> Size:
    """Return the least size to decode: it is large enough for every result."""
    sides = [rendition.size for rendition in options.renditions]
    return max(
        [fit(size, (options.max_width, options.max_height)), *(fit(size, (side, side)) for side in sides)]
    )


def _megabytes(number: int) -> int:
    return -(-number // 1_000_000)
