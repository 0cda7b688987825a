"""How each format is written: a still image, an animation, and the source's own pixels without its metadata."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PIL.Image import Image

from chalicelib.imaging.animation import Frame
from chalicelib.imaging.containers import avif as avif_file
from chalicelib.imaging.containers import gif as gif_file
from chalicelib.imaging.containers import jpeg as jpeg_file
from chalicelib.imaging.containers import png as png_file
from chalicelib.imaging.containers import webp as webp_file
from chalicelib.imaging.encoders import avif, gif, jpeg, png, webp
from chalicelib.imaging.formats import AVIF, GIF, JPEG, PNG, WEBP, Format
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Options


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
    animation: Callable[[Iterable[Frame], Size, int, Options], bytes] | None = None


WRITERS: dict[Format, Writer] = {
    JPEG: Writer(
        still=lambda image, options: jpeg.encode(image, options.quality),
        strip=jpeg_file.strip,
    ),
    PNG: Writer(
        still=lambda image, options: png.encode(image, options.png_colors),
        strip=png_file.strip,
        animation=lambda frames, size, plays, _: png.animate(frames, size, plays),
    ),
    WEBP: Writer(
        still=lambda image, options: webp.encode(image, options.quality),
        strip=webp_file.strip,
        animation=lambda frames, size, plays, options: webp.animate(frames, size, plays, options.quality),
    ),
    GIF: Writer(
        still=lambda image, _: gif.encode(image),
        strip=gif_file.strip,
        animation=lambda frames, size, plays, _: gif.animate(frames, size, plays),
    ),
    AVIF: Writer(
        still=lambda image, options: avif.encode(image, options.quality),
        strip=avif_file.strip,
        animation=lambda frames, _, plays, options: avif.animate(frames, plays, options.quality),
    ),
}
