"""AVIF files."""

from collections.abc import Iterable
from typing import Any

from PIL.Image import Image

from chalicelib.imaging.animation import Frame
from chalicelib.imaging.containers import avif as container
from chalicelib.imaging.encoders.saving import saved

# Speeds 9, 8, 7 and 6 write 30, 33, 34 and 35 % fewer bytes than JPEG at equal SSIMULACRA2, in 50, 180, 280
# and 500 ms a megapixel. Full chroma resolution is worth 1 to 2 of these per cent.
_SPEED = 8

# AVIF's quality 58 scores like JPEG's 70 in the mean of photographs; both scales end at 100.
_LIKE_JPEG = [
    round(quality * 58 / 70 if quality < 70 else 100 - (100 - quality) * 1.4) for quality in range(101)
]


def encode(image: Image, quality: int) -> bytes:
    """Return an AVIF that looks like a JPEG of that quality."""
    return _save(image, quality)


def animate(frames: Iterable[Frame], plays: int, quality: int) -> bytes:
    """Return an AVIF image sequence of the same frames."""
    first, *others = frames
    durations = [round(frame.duration) for frame in (first, *others)]
    images = [frame.image for frame in others]
    data = _save(first.image, quality, save_all=True, append_images=images, duration=durations)
    return container.with_plays(data, plays)


def _save(image: Image, quality: int, **settings: Any) -> bytes:
    return saved(
        image,
        ".avif",
        quality=_LIKE_JPEG[quality],
        speed=_SPEED,
        subsampling="4:4:4",
        max_threads=1,
        **settings,
    )
