"""AVIF files."""

from collections.abc import Iterable
from io import BytesIO
from typing import Any

from PIL.Image import Image

from chalicelib.imaging.animation import Frame


def encode(image: Image, quality: int) -> bytes:
    """Return an AVIF."""
    return _save(image, quality)


def animate(frames: Iterable[Frame], plays: int, quality: int) -> bytes:
    """Return an AVIF image sequence of the same frames."""
    first, *others = frames
    durations = [round(frame.duration) for frame in (first, *others)]
    return _save(
        first.image,
        quality,
        save_all=True,
        append_images=[frame.image for frame in others],
        duration=durations,
    )


def _save(image: Image, quality: int, **settings: Any) -> bytes:
    from PIL import AvifImagePlugin  # noqa: F401 registers the encoder

    buffer = BytesIO()
    image.save(buffer, "AVIF", quality=quality, speed=8, max_threads=1, **settings)
    return buffer.getvalue()
