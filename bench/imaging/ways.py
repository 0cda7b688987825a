"""The ways to compress that run in Python: each takes an image's bytes, and returns a smaller image's.

Libraries are imported when a way is made, so that a process that measures one way holds that one alone.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import cache
from io import BytesIO
from shutil import which
from typing import Literal

SIDE = 1024
"""Pixels: every way fits its result into a square of this side."""

ImageFormat = Literal["jpeg", "webp", "avif", "png"]

Compress = Callable[[bytes, ImageFormat, int], bytes]
"""From bytes, a format to write and a quality to bytes."""


class UnavailableError(Exception):
    """What a way needs is not installed, or does not exist yet. The message says what."""


def naive() -> Compress:
    """Return what a tutorial would do with Pillow."""
    from PIL import Image

    def compress(data: bytes, output_format: ImageFormat, quality: int) -> bytes:
        image = Image.open(BytesIO(data))
        image.thumbnail((SIDE, SIDE))
        buffer = BytesIO()
        image.save(buffer, output_format, optimize=True, quality=quality)
        return buffer.getvalue()

    return compress


def ours(*further: int) -> Compress:
    """Return this project's way, with further sizes from the same decode."""
    try:
        from chalicelib.imaging import Options, Rendition, compress
    except ImportError as error:
        raise UnavailableError(str(error)) from error
    renditions = tuple(Rendition(f"further-{side}", side) for side in further)
    options = Options(max_width=SIDE, max_height=SIDE, renditions=renditions)

    def run(data: bytes, output_format: ImageFormat, quality: int) -> bytes:
        return compress(data, replace(options, output_format=output_format, quality=quality)).data

    return run


def small_pictures() -> Compress:
    """Return the making of what is shown while an image loads, from an image of the final size."""
    try:
        from chalicelib.imaging.placeholder import dominant_color, placeholder, preview
    except ImportError as error:
        raise UnavailableError("the engine makes no placeholder") from error
    from PIL import Image

    @cache  # the engine has the pixels at hand: decoding them is no part of this
    def pixels(data: bytes) -> Image.Image:
        image = Image.open(BytesIO(data))
        image.load()
        return image

    def run(data: bytes, output_format: ImageFormat, quality: int) -> bytes:  # noqa: ARG001 as every way
        small = preview(pixels(data))
        return f"{placeholder(small)} {dominant_color(small)}".encode()

    return run


def vips() -> Compress:
    """Return libvips' own thumbnail operation, through pyvips."""
    try:
        import pyvips
    except ImportError as error:
        raise UnavailableError("pyvips is not installed") from error
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
    """Return `djpeg -scale | cjpeg`: decode as small as serves without a resize, and encode.

    Less work than any way that gives 1024 pixels, and by the same library that all of them use.
    """
    import subprocess

    missing = [program for program in ("djpeg", "cjpeg") if which(program) is None]
    if missing:
        raise UnavailableError(f"{' and '.join(missing)} not installed (libjpeg-turbo-progs)")

    def compress(data: bytes, output_format: ImageFormat, quality: int) -> bytes:  # noqa: ARG001 as every way
        pixmap = subprocess.run(
            ["djpeg", "-scale", f"1/{_reduction(data)}"], input=data, check=True, capture_output=True
        ).stdout
        return subprocess.run(
            ["cjpeg", "-optimize", "-quality", str(quality)], input=pixmap, check=True, capture_output=True
        ).stdout

    return compress


@cache
def _reduction(data: bytes) -> int:
    """Return the largest of libjpeg's quick reductions that leaves at least the fitted size."""
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
