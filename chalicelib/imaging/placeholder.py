"""What to paint while an image loads: a thumbnail within a data URI, and the colour that fills most of it."""

from base64 import b64encode
from collections import Counter
from math import ceil, sqrt

from PIL.Image import Image

from chalicelib.imaging.codecs.saving import saved
from chalicelib.imaging.resize import fit, resize

_MOST_CHARACTERS = 400
_SIDES = (16, 8, 4)
_PREVIEW_PIXELS = 600
_QUALITY = 20


def preview(image: Image) -> Image:
    """Return a copy of some 600 pixels for the two functions below: means of blocks are quick and good enough."""
    factor = ceil(sqrt(image.width * image.height / _PREVIEW_PIXELS))
    return Image.reduce(image, factor)  # called so, because JPEG 2000 files have a `reduce` of another sort


def placeholder(small: Image) -> str:
    """Return a data URI of at most 400 characters with a WebP thumbnail, transparent where the image is."""
    for side in _SIDES:
        thumbnail = resize(small, fit(small.size, (side, side)))
        file = saved(thumbnail, ".webp", quality=_QUALITY, alpha_quality=_QUALITY, method=4)
        uri = "data:image/webp;base64," + b64encode(file).decode()
        if len(uri) <= _MOST_CHARACTERS:
            break
    return uri


def dominant_color(small: Image) -> str:
    """Return the mean, as `#rrggbb`, of the pixels that share the commonest colour.

    Colours are taken together when the three highest bits of each sample agree; transparent pixels do not count.
    """
    pixels = small.convert("RGBA").tobytes()
    visible = [pixels[at : at + 3] for at in range(0, len(pixels), 4) if pixels[at + 3] >= 128]
    groups = Counter((red >> 5, green >> 5, blue >> 5) for red, green, blue in visible)
    if not groups:
        return "#ffffff"
    commonest = groups.most_common(1)[0][0]
    members = [p for p in visible if (p[0] >> 5, p[1] >> 5, p[2] >> 5) == commonest]
    return "#" + "".join(f"{round(sum(levels) / len(members)):02x}" for levels in zip(*members, strict=True))
