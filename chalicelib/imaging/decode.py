"""Pixels out of a source: as few as serve, 8 bits a sample, in a mode that can be resized."""

from PIL import Image, ImageChops
from PIL.ImageFile import ImageFile

from chalicelib.imaging import codecs
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import BMP, GIF, JPEG, JPEG2000
from chalicelib.imaging.resize import Box, Size
from chalicelib.imaging.source import Source, open_image
from chalicelib.imaging.working import to_working_mode

# The engine's own limit is checked before anything is decoded; Pillow's would warn below it, or refuse above it.
Image.MAX_IMAGE_PIXELS = None

# The levels of a JPEG 2000 file with headroom are from 64 to 192.
_DIMMED_MIDDLE = 128


def decode(source: Source, at_least: Size) -> tuple[Image.Image, Box | None]:
    """Decode a source, in full or as far reduced as its decoder can at no less than a size.

    Returns:
        The image (mode L, RGB, RGBA or CMYK; not yet turned upright), and the box in it that the whole picture
        fills, None for all of it: a reduced size is rounded up, so that its last pixels may be partly empty.

    Raises:
        ImageError: The bytes are damaged, or of a mode that is not accepted.
    """
    if source.format is GIF:
        from chalicelib.imaging.animation import compose

        return next(compose(source)).image, None
    opened, box = source.image, None
    if source.format is JPEG:
        opened, box = _draft(source, at_least)
    elif source.format is JPEG2000:
        box = _reduce(source, at_least)
    with decoding():
        image = to_working_mode(opened, source)
        if source.format is JPEG2000:
            image = _restore_white(image, source)
        elif source.format is BMP and image.mode == "RGBA" and image.getchannel("A").getextrema()[1] == 0:
            image = image.convert("RGB")  # its fourth byte is unused
        elif source.crop:
            image = image.crop(source.crop)
    return image, box


def _draft(source: Source, at_least: Size) -> tuple[ImageFile, Box | None]:
    """Have libjpeg decode at 1/2, 1/4 or 1/8, without the scans that hardly show at that scale."""
    image, full_width = source.image, source.image.width
    drafted = image.draft(None, at_least)
    scale = -(-full_width // image.width)
    if scale >= 2 and image.info.get("progressive"):
        image = open_image(codecs.jpeg.for_scale(source.data, scale), JPEG)
        drafted = image.draft(None, at_least)
    return image, drafted[1] if drafted else None


def _reduce(source: Source, at_least: Size) -> Box:
    """Have OpenJPEG leave out the finest resolutions: each holds what makes the picture twice as large."""
    width, height = source.image.size
    levels = codecs.jpeg2000.levels_to_skip(source.data, (width, height), at_least)
    source.image.reduce = levels  # type: ignore[method-assign,assignment]
    return 0, 0, width / (1 << levels), height / (1 << levels)


def _restore_white(image: Image.Image, source: Source) -> Image.Image:
    """Return the image with the brightest levels of more than 8 bits, which Pillow rounds up to black (0 for 256)."""
    if image.mode == "L" or codecs.jpeg2000.depth(source.data) <= 8:
        return image
    dimmed = open_image(codecs.jpeg2000.with_headroom(source.data), JPEG2000)
    if levels := getattr(source.image, "_reduce", 0):
        dimmed.reduce = levels  # type: ignore[method-assign,assignment]
    bands = []
    for band, other in zip(image.split(), dimmed.convert(image.mode).split(), strict=True):
        is_white = ImageChops.darker(
            band.point([255 * (level == 0) for level in range(256)]),
            other.point([255 * (level > _DIMMED_MIDDLE) for level in range(256)]),
        )
        bands.append(ImageChops.lighter(band, is_white))
    return Image.merge(image.mode, bands)
