"""From 16 bits a sample to 8, to the nearest level: Pillow drops the low byte of colours, and clips grey."""

import re

from PIL import Image, ImageChops
from PIL.ImageFile import ImageFile

from chalicelib.imaging import codecs
from chalicelib.imaging.source import Source, open_image

_GREY = ("I;16", "I;16B", "I;16L", "I;16N")
# Raw modes of which Pillow keeps the high byte; read in the other byte order, they give the low byte.
_COLOUR = re.compile(r"(?:RGBA|LA|RGB);16([BLN])")
_OTHER_ORDER = {"B": "L", "L": "B", "N": "B"}
# The four bytes of a pixel of grey and alpha, read as four samples: there is no raw mode for its low bytes.
_GREY_AND_ALPHA = "LA;16B"

_LEVELS = 65536
# high * 256 + low is 257 * high + (low - high): beyond half of 257 it is nearer to the next level.
_BEYOND_HALF = [int(difference >= 129) for difference in range(256)]

_STRIP_PIXELS = 1 << 18


def to_8_bits(image: Image.Image, source: Source) -> Image.Image | None:
    """Decode an image of 16 bits a sample to mode L, RGB or RGBA. A key colour becomes transparent.

    Returns:
        The image, or None where it has fewer bits, or Pillow has already dropped eight of them.
    """
    if image.mode in _GREY:
        return _grey(image)
    if isinstance(image, ImageFile) and image.tile and (raw := _COLOUR.search(str(image.tile[0].args))):
        return _colour(image, *_bytes_of(image, source, raw[0], raw[1]))
    return None


def _grey(image: Image.Image) -> Image.Image:
    highest, is_inverted = (
        codecs.tiff.levels(image.tag_v2) if hasattr(image, "tag_v2") else (_LEVELS - 1, False)
    )
    image.load()
    key = image.info.get("transparency")
    levels = image.convert("I")
    table = [min(255, (level * 255 + highest // 2) // highest) for level in range(_LEVELS)]
    grey = levels.point([255 - level for level in table] if is_inverted else table, "L")
    if key is None:
        return grey
    alpha = levels.point([0 if level == key else 255 for level in range(_LEVELS)], "L")
    return Image.merge("RGBA", (grey, grey, grey, alpha))


def _colour(image: ImageFile, high: Image.Image, low: Image.Image) -> Image.Image:
    key = image.info.get("transparency")
    result = Image.new("RGB" if key is None and high.mode == "RGB" else "RGBA", high.size)
    rows = max(1, _STRIP_PIXELS // high.width)
    for top in range(0, high.height, rows):
        box = (0, top, high.width, min(top + rows, high.height))
        high_strip, low_strip = high.crop(box), low.crop(box)
        rounded = _round(high_strip, low_strip)
        if key is not None:
            rounded.putalpha(ImageChops.invert(_where(high_strip, low_strip, key)))
        result.paste(rounded, box)
    return result


def _bytes_of(image: ImageFile, source: Source, raw_mode: str, order: str) -> tuple[Image.Image, Image.Image]:
    """Return the high bytes and the low bytes of all samples as images."""
    if raw_mode == _GREY_AND_ALPHA:
        _replace_raw_mode(image, raw_mode, "RGBA")
        image.load()
        grey_high, grey_low, alpha_high, alpha_low = image.split()
        return (
            Image.merge("RGBA", (grey_high, grey_high, grey_high, alpha_high)),
            Image.merge("RGBA", (grey_low, grey_low, grey_low, alpha_low)),
        )
    low = open_image(source.data, source.format)
    _replace_raw_mode(low, raw_mode, raw_mode[:-1] + _OTHER_ORDER[order])
    low.load()
    image.load()
    return image, low


def _replace_raw_mode(image: ImageFile, old: str, new: str) -> None:
    for at, tile in enumerate(image.tile):
        args = tile.args if isinstance(tile.args, tuple) else (tile.args,)
        image.tile[at] = tile._replace(args=tuple(new if value == old else value for value in args))


def _round(high: Image.Image, low: Image.Image) -> Image.Image:
    beyond_half = _BEYOND_HALF * len(high.getbands())
    up = ImageChops.subtract(low, high).point(beyond_half)
    down = ImageChops.subtract(high, low).point(beyond_half)
    return ImageChops.subtract(ImageChops.add(high, up), down)


def _where(high: Image.Image, low: Image.Image, key: tuple[int, ...]) -> Image.Image:
    """Return a mask of the pixels whose 16-bit samples are those of the key colour."""
    mask = Image.new("L", high.size, 255)
    levels = [*(sample >> 8 for sample in key), *(sample & 255 for sample in key)]
    for plane, level in zip((*high.split(), *low.split()), levels, strict=True):
        mask = ImageChops.darker(mask, plane.point([255 * (value == level) for value in range(256)]))
    return mask
