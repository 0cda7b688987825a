"""Animations as a series of whole pictures."""

from collections.abc import Iterator

from chalicelib.imaging.decode import to_working_mode
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, GIF
from chalicelib.imaging.frames import Frame
from chalicelib.imaging.source import Source

# What every format can hold: 16 bits of repetitions (GIF), 24 bits of milliseconds (WebP).
_MOST_PLAYS = (1 << 16) - 1
_LONGEST = (1 << 24) - 1


def frames(source: Source) -> Iterator[Frame]:
    """Yield the composed frames of an animation, at the size that they are stored in.

    Raises:
        ImageError: The bytes are damaged.
    """
    first = int(getattr(source.image, "default_image", False))  # APNG: a picture for those who can't animate
    for index in range(first, first + source.frames):
        with decoding():
            source.image.seek(index)
            source.image.load()
            duration = min(max(0, source.image.info.get("duration", 0)), _LONGEST)
            image = to_working_mode(source.image.copy(), source)
        yield Frame(image.convert("RGB") if image.mode == "L" else image, duration)


def plays(source: Source) -> int:
    """Return how often an animation plays; 0 is for ever."""
    return min(_plays(source), _MOST_PLAYS)


def _plays(source: Source) -> int:
    """Read the file itself where Pillow reports nothing, or the number of repetitions after the first play."""
    if source.format is AVIF:
        from chalicelib.imaging.codecs import avif

        return avif.plays(source.data)
    if source.format is GIF:
        from chalicelib.imaging.codecs import gif

        return gif.plays(source.data)
    return int(source.image.info.get("loop", 0))
