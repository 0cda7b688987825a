"""The pixels of an opened image, 8 bits a sample, in a mode that can be resized."""

from PIL import Image

from chalicelib.imaging import codecs
from chalicelib.imaging.formats import JPEG, PNG
from chalicelib.imaging.source import Source
from chalicelib.imaging.types import ImageError

# What the modes that Pillow decodes to become, unless there is transparency in a palette or a key colour.
_WORKING_MODES = {
    **dict.fromkeys(("1", "L"), "L"),
    **dict.fromkeys(("P", "RGB", "YCbCr", "LAB"), "RGB"),
    **dict.fromkeys(("La", "LA", "PA", "RGBa", "RGBA"), "RGBA"),
    "CMYK": "CMYK",
}


def to_working_mode(image: Image.Image, source: Source) -> Image.Image:
    """Decode an opened image to mode L, RGB, RGBA or CMYK; nothing but pixels is left of it."""
    working = None
    if source.format is not JPEG:  # which always has 8 bits
        from chalicelib.imaging.depth import to_8_bits

        working = to_8_bits(image, source)
    working = working or _of_8_bits(image, source)
    working.info = {}  # Pillow would write a comment or profile that it finds here into any file
    return working


def _of_8_bits(image: Image.Image, source: Source) -> Image.Image:
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
        depth = codecs.png.header(source.data)[2]
        key = image.info["transparency"]
        image.info["transparency"] = (key & (1 << depth) - 1) * 255 // ((1 << depth) - 1)
