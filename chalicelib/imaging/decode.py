"""Pixels out of a source: as few as serve, 8 bits a sample, in a mode that can be resized."""

import re

from PIL import Image, ImageChops
from PIL.ImageFile import ImageFile, _Tile
from PIL.JpegImagePlugin import JpegImageFile

from chalicelib.imaging.containers import jpeg, png
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import JPEG, PNG
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

# Raw modes of which Pillow keeps the high byte; read in the other byte order, they give the low byte.
_16_BITS = re.compile(r"(RGBA|RGB);16([BLN])")
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B"}
_GREY_16_BITS = ("I;16", "I;16B", "I;16L", "I;16N")

_TO_8_BITS = [(level * 255 + 32767) // 65535 for level in range(65536)]
# high * 256 + low is 257 * high + (low - high): beyond half of 257 it is nearer to the next level.
_BEYOND_HALF = [int(difference >= 129) for difference in range(256)]


def decode(source: Source, at_least: Size) -> tuple[Image.Image, Box]:
    """Decode a source, in full or as far reduced as its decoder can at no less than a size.

    Returns:
        The image (mode L, RGB, RGBA or CMYK; not yet turned upright), and the box in it that the
        whole picture fills: a reduced size is rounded up, so that its last pixels may be partly empty.

    Raises:
        ImageError: The bytes are damaged, or of a mode that is not accepted.
    """
    opened, box = _draft(source, at_least) if source.format is JPEG else (source.image, None)
    with decoding():
        image = to_working_mode(opened, source)
    return image, box or (0, 0, *image.size)


def _draft(source: Source, at_least: Size) -> tuple[ImageFile, Box | None]:
    """Have libjpeg decode at 1/2, 1/4 or 1/8, and spare it the scans that nobody would see at that scale."""
    image = source.image
    assert isinstance(image, JpegImageFile)
    full = image.size
    drafted = image.draft(None, at_least)
    scale = -(-full[0] // image.size[0])
    if scale >= 2 and image.info.get("progressive"):
        image = open_image(jpeg.for_scale(source.data, scale), JPEG)
        assert isinstance(image, JpegImageFile)
        drafted = image.draft(None, at_least)
    return image, drafted[1] if drafted else None


def to_working_mode(image: Image.Image, source: Source) -> Image.Image:
    """Decode an opened image to mode L, RGB, RGBA or CMYK."""
    if isinstance(image, ImageFile) and image.tile:
        if image.mode in _GREY_16_BITS:
            return _grey_16_bits(image)
        if match := _16_BITS.search(str(image.tile[0].args)):
            return _colour_16_bits(image, source, match)
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
        depth = png.header(source.data)[2]
        key = image.info["transparency"]
        image.info["transparency"] = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)


def _grey_16_bits(image: ImageFile) -> Image.Image:
    image.load()
    key = image.info.get("transparency")
    levels = image.convert("I")
    grey = levels.point(_TO_8_BITS, "L")
    if key is None:
        return grey
    alpha = levels.point([0 if level == key else 255 for level in range(65536)], "L")
    return Image.merge("RGBA", (grey, grey, grey, alpha))


def _colour_16_bits(image: ImageFile, source: Source, match: re.Match[str]) -> Image.Image:
    """Decode the high bytes and the low bytes, and round."""
    low = open_image(source.data, source.format)
    low_raw_mode = f"{match[1]};16{_OTHER_ORDER[match[2]]}"
    low.tile = [_with_raw_mode(tile, match[0], low_raw_mode) for tile in low.tile]
    low.load()
    image.load()
    key = image.info.pop("transparency", None)
    rounded = _round(image, low)
    if key is not None:
        rounded.putalpha(ImageChops.invert(_where(image, low, key)))
    return rounded


def _with_raw_mode(tile: _Tile, old: str, new: str) -> _Tile:
    if isinstance(tile.args, tuple):
        return tile._replace(args=tuple(new if value == old else value for value in tile.args))
    return tile._replace(args=new)


def _round(high: Image.Image, low: Image.Image) -> Image.Image:
    beyond_half = _BEYOND_HALF * len(high.getbands())
    up = ImageChops.subtract(low, high).point(beyond_half)
    down = ImageChops.subtract(high, low).point(beyond_half)
    return ImageChops.subtract(ImageChops.add(high, up), down)


def _where(high: Image.Image, low: Image.Image, key: tuple[int, ...]) -> Image.Image:
    """Return a mask of the pixels whose 16-bit samples are those of the key colour."""
    mask = Image.new("L", high.size, 255)
    for plane, level in zip(
        (*high.split(), *low.split()), (*(k >> 8 for k in key), *(k & 255 for k in key)), strict=True
    ):
        mask = ImageChops.darker(mask, plane.point([255 if value == level else 0 for value in range(256)]))
    return mask
