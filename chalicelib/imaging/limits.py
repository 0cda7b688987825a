"""The limits of an image's size, frames and memory, checked before it is decoded."""

from chalicelib.imaging import codecs
from chalicelib.imaging.formats import JPEG2000, Format
from chalicelib.imaging.resize import Size, result_sizes
from chalicelib.imaging.types import ImageError, Options

# Bytes a pixel that an animation takes beside its frame: the canvas, its copies, and the frame before.
_ANIMATION = 15


def check_limits(data: bytes, format_: Format, size: Size, frames: int, options: Options) -> None:
    """Refuse an image without pixels, or with more pixels or frames than are allowed, or one that takes more memory.

    Args:
        data: The file.
        format_: Its format.
        size: Width and height in pixels as they are stored.
        frames: 1 for a still image.
        options: The limits, and the sizes of the results.

    Raises:
        ImageError: `corrupt`, or the limit that is exceeded, with both numbers.
    """
    width, height = size
    if not width or not height:
        raise ImageError("corrupt", f"an image must have at least 1x1 pixels; got {width}x{height}")
    if frames > options.max_frames:
        raise ImageError("too-many-frames", f"{frames} frames are more than {options.max_frames}")
    if width * height * frames > options.max_pixels:
        total = f"{width}x{height}" + (f" times {frames} frames" if frames > 1 else "")
        raise ImageError("too-many-pixels", f"{total} is more than {options.max_pixels} pixels")
    decoded = width * height
    if format_ is JPEG2000:
        decoded >>= 2 * codecs.jpeg2000.levels_to_skip(data, size, max(result_sizes(size, options)))
    each = format_.bytes_per_pixel + (_ANIMATION if frames > 1 else 0)
    needed = 2 * len(data) + decoded * each
    if needed > options.max_memory:
        raise ImageError(
            "too-much-memory",
            f"the image takes about {_megabytes(needed)} MB to compress; {_megabytes(options.max_memory)} MB are allowed",
        )


def _megabytes(number: int) -> int:
    return -(-number // 1_000_000)
