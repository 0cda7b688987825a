"""Sizes, resizing, and turning (TIFF 6.0, tag Orientation)."""

from PIL.Image import Image, Resampling, Transpose, new

from chalicelib.imaging.types import Options

try:
    from cykooz_resizer import CropBox, FilterType, ResizeAlg, ResizeOptions, Resizer
except ImportError:  # no wheel for this platform: Pillow's own filter gives the same picture, later
    Resizer = None

# cykooz.resizer's names for Pillow's filters.
_FILTERS = {Resampling.LANCZOS: "lanczos3", Resampling.BICUBIC: "catmull_rom"}

_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}

Size = tuple[int, int]
Box = tuple[float, float, float, float]


def fit(size: Size, bounds: Size) -> Size:
    """Return the largest size of the same aspect that fits into `bounds`; never larger than `size`.

    Pixels are rounded to the nearest, and are never fewer than one.
    """
    width, height = size
    scale = min(1, bounds[0] / width, bounds[1] / height)
    return (
        min(bounds[0], max(1, round(width * scale))),
        min(bounds[1], max(1, round(height * scale))),
    )


def result_sizes(size: Size, options: Options) -> list[Size]:
    """Return the sizes of the results for an image of `size`: of the main one, then of the renditions."""
    squares = [(rendition.size, rendition.size) for rendition in options.renditions]
    return [fit(size, bounds) for bounds in [(options.max_width, options.max_height), *squares]]


def resize(
    image: Image, size: Size, box: Box | None = None, resampling: Resampling = Resampling.LANCZOS
) -> Image:
    """Return `image`, or the part of it in `box`, in another size.

    Transparent pixels don't bleed into opaque ones: colours are weighted by their alpha.

    Args:
        image: Mode L, RGB, RGBA or CMYK.
        size: Width and height of the result in pixels.
        box: Left, top, right and bottom in pixels, which may be fractions.
        resampling: LANCZOS, the sharpest, or BICUBIC, which leaves fewer rings around hard edges.
    """
    box = box or (0, 0, *image.size)
    if size == image.size and box == (0, 0, *image.size):
        return image
    if Resizer is None:
        return image.resize(size, resampling, box)
    left, top, right, bottom = box
    result = new(image.mode, size)
    options = ResizeOptions(
        resize_alg=ResizeAlg.convolution(getattr(FilterType, _FILTERS[resampling])),
        crop_box=CropBox(left, top, right - left, bottom - top),
    )
    Resizer().resize_pil(image, result, options)
    return result


def turned(size: Size, orientation: int) -> Size:
    """Return the size that an image of `size` has when turned by an EXIF orientation, or turned back."""
    return (size[1], size[0]) if orientation >= 5 else size


def turn_upright(image: Image, orientation: int) -> Image:
    """Return `image` upright. `orientation` is 1 to 8, for how it is stored."""
    return image.transpose(_TURNS[orientation]) if orientation in _TURNS else image
