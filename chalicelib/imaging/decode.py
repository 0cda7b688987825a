"""Pixels out of a source: as few as serve, 8 bits a sample, in a mode that can be resized."""

from PIL import Image
from PIL.ImageFile import ImageFile
from PIL.JpegImagePlugin import JpegImageFile

from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import JPEG, JPEG2000, PNG
from chalicelib.imaging.resize import Box, Size
from chalicelib.imaging.source import Source, open_image
from chalicelib.imaging.types import ImageError

# The engine's own limit is checked before anything is decoded; Pillow's would warn below it, or refuse above it.
Image.MAX_IMAGE_PIXELS = None

# What the modes that Pillow decodes to become, unless there is transparency in a palette or a key colour.
_WORKING_MODES = {
    "1": "L",
    "L": "L",
    "La": "RGBA",
    "LA": "RGBA",
    "P": "RGB",
    "PA": "RGBA",
    "RGB": "RGB",
    "RGBA": "RGBA",
    "RGBa": "RGBA",
    "CMYK": "CMYK",
    "YCbCr": "RGB",
    "LAB": "RGB",
}


def decode(source: Source, at_least: Size) -> tuple[Image.Image, Box]:
    """Decode a source, in full or as far reduced as its decoder can at no less than a size.

    Returns:
        The image (mode L, RGB, RGBA or CMYK; not yet turned upright), and the box in it that the
        whole picture fills: a reduced size is rounded up, so that its last pixels may be partly empty.

    Raises:
        ImageError: The bytes are damaged, or of a mode that is not accepted.
    """
    opened, box = source.image, None
    if source.format is JPEG:
        opened, box = _draft(source, at_least)
    elif source.format is JPEG2000:
        box = _reduce(source, at_least)
    with decoding():
        image = to_working_mode(opened, source)
    return image, box or (0, 0, *image.size)


def _draft(source: Source, at_least: Size) -> tuple[ImageFile, Box | None]:
    """Have libjpeg decode at 1/2, 1/4 or 1/8, without the scans that hardly show at that scale."""
    image = source.image
    assert isinstance(image, JpegImageFile)
    full = image.size
    drafted = image.draft(None, at_least)
    scale = -(-full[0] // image.size[0])
    if scale >= 2 and image.info.get("progressive"):
        from chalicelib.imaging.codecs import jpeg

        image = open_image(jpeg.for_scale(source.data, scale), JPEG)
        assert isinstance(image, JpegImageFile)
        drafted = image.draft(None, at_least)
    return image, drafted[1] if drafted else None


def _reduce(source: Source, at_least: Size) -> Box | None:
    """Have OpenJPEG leave out the finest resolutions: each holds what makes the picture twice as large."""
    from chalicelib.imaging.codecs import jpeg2000

    width, height = source.image.size
    most = min(width // at_least[0], height // at_least[1]).bit_length() - 1
    for levels in range(min(most, jpeg2000.resolutions(source.data)), 0, -1):
        scale = 1 << levels
        if _halves_alike(width, scale) and _halves_alike(height, scale):
            source.image.reduce = levels  # type: ignore[method-assign,assignment]
            return 0, 0, width / scale, height / scale
    return None


def _halves_alike(side: int, scale: int) -> bool:
    """Return whether OpenJPEG, which rounds up, and Pillow, which rounds to the nearest, expect the same side."""
    return side % scale == 0 or side % scale >= scale // 2


def to_working_mode(image: Image.Image, source: Source) -> Image.Image:
    """Decode an opened image to mode L, RGB, RGBA or CMYK; nothing but pixels is left of it."""
    working = _of_8_bits(image, source)
    working.info = {}  # Pillow would write a comment or profile that it finds here into any file
    return working


def _of_8_bits(image: Image.Image, source: Source) -> Image.Image:
    if source.format is JPEG:  # always has 8 bits
        return _to_working_mode(image, source)
    from chalicelib.imaging.depth import has_16_bits, to_8_bits

    return to_8_bits(image, source) if has_16_bits(image) else _to_working_mode(image, source)


def _to_working_mode(image: Image.Image, source: Source) -> Image.Image:
    image.load()
    if image.mode == "L" and "transparency" in image.info:
        _scale_key(image, source)
    mode = "RGBA" if image.has_transparency_data else _WORKING_MODES.get(image.mode)
    if mode is None:
        raise ImageError("unsupported", f"pixels of mode {image.mode} are not accepted")
    return image if image.mode == mode else image.convert(mode)


def _scale_key(image: Image.Image, source: Source) -> None:
    """Bring the key colour of a grey PNG of 2 or 4 bits to the 8 bits that its pixels have by now."""
    if source.format is PNG:
        from chalicelib.imaging.codecs import png

        depth = png.header(source.data)[2]
        key = image.info["transparency"]
        image.info["transparency"] = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)
