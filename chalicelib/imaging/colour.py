"""Colours to sRGB.

`PIL.ImageCms` (littleCMS) is imported when the first profile comes.
"""

from functools import lru_cache
from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from PIL.ImageCms import ImageCmsTransform

# The colour spaces of profiles (ICC.1:2022, 7.2.6), and the mode of the pixels that they describe.
_MODES = {b"RGB ": "RGB", b"GRAY": "L", b"CMYK": "CMYK"}

# The classes of profiles that describe pixels (7.2.5): scanners, screens, printers and colour spaces.
_PIXEL_CLASSES = (b"scnr", b"mntr", b"prtr", b"spac")
_GREY_MODES = ("1", "L", "La", "LA")

_LARGEST_PROFILE = 4 << 20


def to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Return `image` in sRGB by littleCMS's perceptual intent: mode L, RGB or RGBA as it was, RGB where it was CMYK.

    A profile that is broken or made for another colour space is ignored, as browsers do.

    Args:
        image: Mode L, RGB, RGBA or CMYK.
        profile: The embedded ICC profile. Without one, the pixels are taken for sRGB, and CMYK for inverted RGB.
    """
    profile = profile or b""
    transform = _transform(profile)
    if not transform or (transform.input_mode == "CMYK") != (image.mode == "CMYK") or is_srgb(profile):
        return image.convert("RGB") if image.mode == "CMYK" else image
    opaque = image.convert("RGB") if image.mode == "RGBA" else image
    if opaque.mode != transform.input_mode:
        opaque = opaque.convert(transform.input_mode)
    converted = transform.apply(opaque)
    del converted.info["icc_profile"]  # Pillow's own, with the time; the encoder of AVIF would add it
    if image.mode == "RGBA":
        converted.putalpha(image.getchannel("A"))
    return converted.convert("L") if image.mode == "L" else converted


def suits(profile: bytes, mode: str) -> bool:
    """Return whether a profile describes pixels of a source's mode, as Pillow opens it. An RGB profile suits grey, too."""
    if profile[12:16] not in _PIXEL_CLASSES:
        return False
    if profile[16:20] == b"GRAY":
        return mode in _GREY_MODES or mode.startswith("I")
    return (profile[16:20] == b"CMYK") == (mode == "CMYK")


@lru_cache(maxsize=16)
def is_srgb(profile: bytes) -> bool:
    """Return whether an ICC profile leaves sRGB as it is, within one level; it goes by what it does, not by its name."""
    transform = _transform(profile)
    if not transform or transform.input_mode != "RGB":
        return False
    steps = range(0, 256, 17)
    grid = bytes(level for red in steps for green in steps for blue in steps for level in (red, green, blue))
    before = Image.frombytes("RGB", (len(steps), len(steps) ** 2), grid)
    after = transform.apply(before).tobytes()
    return all(abs(a - b) <= 1 for a, b in zip(grid, after, strict=True))


@lru_cache(maxsize=16)
def _transform(profile: bytes) -> "ImageCmsTransform | None":
    """Return the transform to sRGB, or None for a profile of other pixels, or one that littleCMS refuses."""
    mode = _MODES.get(profile[16:20])
    if mode is None or len(profile) > _LARGEST_PROFILE:
        return None
    from PIL import ImageCms

    try:
        return ImageCms.buildTransform(
            ImageCms.ImageCmsProfile(BytesIO(profile)),
            ImageCms.createProfile("sRGB"),
            mode,
            "RGB",
            ImageCms.Intent.PERCEPTUAL,
        )
    except (ImageCms.PyCMSError, OSError, ValueError):
        return None
