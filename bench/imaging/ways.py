"""The compressors that run in Python: each takes an image's bytes, and returns a smaller image's bytes.

Each function imports its libraries when it is called, so that a process holds only the libraries it measures.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from shutil import which
from typing import Literal

SIDE = 1024
"""Pixels: every compressor fits its result into a square of this side."""

QUALITY = 70

ImageFormat = Literal["jpeg", "webp", "avif", "png"]

Compress = Callable[[bytes, ImageFormat, int], bytes]
"""Compresses bytes to a format at a quality."""


class UnavailableError(Exception):
    """A compressor needs something that is not installed. The message names it."""


def naive() -> Compress:
    """Return the compressor of a Pillow tutorial."""
    from PIL import Image

    def compress(data: bytes, output_format: ImageFormat, quality: int) -> bytes:
        image = Image.open(BytesIO(data))
        image.thumbnail((SIDE, SIDE))
        buffer = BytesIO()
        image.save(buffer, output_format, optimize=True, quality=quality)
        return buffer.getvalue()

    return compress


def ours(*further: int) -> Compress:
    """Return this project's compressor, with further sizes from the same decode."""
    from chalicelib.imaging import Options, Rendition, compress

    renditions = tuple(Rendition(f"further-{side}", side) for side in further)
    options = Options(max_width=SIDE, max_height=SIDE, renditions=renditions)

    def run(data: bytes, output_format: ImageFormat, quality: int) -> bytes:
        return compress(data, replace(options, output_format=output_format, quality=quality)).data

    return run


def small_pictures() -> Compress:
    """Return the maker of an image's placeholder and dominant colour, from an image of the final size."""
    from PIL import Image

    from chalicelib.imaging.placeholder import dominant_color, placeholder, preview

    @cache  # the engine has the pixels already, so decoding does not count
    def pixels(data: bytes) -> Image.Image:
        image = Image.open(BytesIO(data))
        image.load()
        return image

    def run(data: bytes, output_format: ImageFormat, quality: int) -> bytes:  # noqa: ARG001 - a Compress
        small = preview(pixels(data))
        return f"{placeholder(small)} {dominant_color(small)}".encode()

    return run


def vips() -> Compress:
    """Return libvips' thumbnail operation, through pyvips."""
    import pyvips

    savers: Mapping[ImageFormat, Callable[[pyvips.Image, int], bytes]] = {
        "jpeg": lambda image, quality: image.jpegsave_buffer(Q=quality, optimize_coding=True, keep="none"),
        "webp": lambda image, quality: image.webpsave_buffer(Q=quality, keep="none"),
        "png": lambda image, _: image.pngsave_buffer(keep="none"),
        "avif": lambda image, quality: image.heifsave_buffer(Q=quality, compression="av1", keep="none"),
    }

    def compress(data: bytes, output_format: ImageFormat, quality: int) -> bytes:
        image = pyvips.Image.thumbnail_buffer(data, SIDE, height=SIDE, size="down")
        return savers[output_format](image, quality)

    return compress


def floor() -> Compress:
    """Return `djpeg -scale | cjpeg`: decode at the smallest sufficient scale, and encode without a resize.

    This is less work than a result of 1024 pixels takes, with the JPEG library that all peers use.
    """
    import subprocess

    missing = [program for program in ("djpeg", "cjpeg") if which(program) is None]
    if missing:
        raise UnavailableError(f"{' and '.join(missing)} not installed (libjpeg-turbo-progs)")

    def compress(data: bytes, output_format: ImageFormat, quality: int) -> bytes:  # noqa: ARG001 - a Compress
        pixmap = subprocess.run(
            ["djpeg", "-scale", f"1/{_reduction(data)}"], input=data, check=True, capture_output=True
        ).stdout
        return subprocess.run(
            ["cjpeg", "-optimize", "-quality", str(quality)], input=pixmap, check=True, capture_output=True
        ).stdout

    return compress


@cache
def _reduction(data: bytes) -> int:
    """Return the largest of libjpeg's fast reductions whose result is not smaller than the fitted size."""
    from PIL import Image

    longest = max(Image.open(BytesIO(data)).size)
    return next(reduction for reduction in (8, 4, 2, 1) if longest >= SIDE * reduction or reduction == 1)


WAYS: Mapping[str, Callable[[], Compress]] = {
    "naive": naive,
    "ours": ours,
    "ours-256": lambda: ours(256),
    "ours-512": lambda: ours(512),
    "preview": small_pictures,
    "pyvips": vips,
    "floor": floor,
}
