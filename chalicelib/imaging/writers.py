"""How each format is written: a still image, an animation, and the source's own pixels without its metadata.

What a format needs is imported when it is first written, since a cold start is for one image.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from PIL.Image import Image

from chalicelib.imaging.formats import AVIF, GIF, JPEG, PNG, WEBP, Format
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Options

if TYPE_CHECKING:
    from chalicelib.imaging.animation import Frame


@dataclass(frozen=True, slots=True)
class Writer:
    """The ways to write a format.

    Attributes:
        still: Encodes an image.
        strip: Returns a file of the format without its metadata, its pixels untouched.
        animation: Encodes frames of a size, to be played a number of times (0 is for ever).
    """

    still: Callable[[Image, Options], bytes]
    strip: Callable[[bytes], bytes]
    animation: "Callable[[Iterable[Frame], Size, int, Options], bytes] | None" = None


@cache
def writer(target: Format) -> Writer:
    """Return how a format is written."""
    return _WRITERS[target]()


def _jpeg() -> Writer:
    from chalicelib.imaging.containers import jpeg as container
    from chalicelib.imaging.encoders import jpeg

    return Writer(
        still=lambda image, options: jpeg.encode(image, options.quality),
        strip=container.strip,
    )


def _png() -> Writer:
    from chalicelib.imaging.containers import png as container
    from chalicelib.imaging.encoders import png

    return Writer(
        still=lambda image, options: png.encode(image, options.png_colors),
        strip=container.strip,
        animation=lambda frames, size, plays, _: png.animate(frames, size, plays),
    )


def _webp() -> Writer:
    from chalicelib.imaging.containers import webp as container
    from chalicelib.imaging.encoders import webp

    return Writer(
        still=lambda image, options: webp.encode(image, options.quality),
        strip=container.strip,
        animation=lambda frames, size, plays, options: webp.animate(frames, size, plays, options.quality),
    )


def _gif() -> Writer:
    from chalicelib.imaging.containers import gif as container
    from chalicelib.imaging.encoders import gif

    return Writer(
        still=lambda image, _: gif.encode(image),
        strip=container.strip,
        animation=lambda frames, size, plays, _: gif.animate(frames, size, plays),
    )


def _avif() -> Writer:
    from chalicelib.imaging.containers import avif as container
    from chalicelib.imaging.encoders import avif

    return Writer(
        still=lambda image, options: avif.encode(image, options.quality),
        strip=container.strip,
        animation=lambda frames, _, plays, options: avif.animate(frames, plays, options.quality),
    )


_WRITERS = {JPEG: _jpeg, PNG: _png, WEBP: _webp, GIF: _gif, AVIF: _avif}
