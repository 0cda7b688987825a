"""Animations as a series of whole pictures."""

from collections.abc import Iterator

from chalicelib.imaging import codecs
from chalicelib.imaging.compose import compose
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, GIF, PNG
from chalicelib.imaging.frames import Frame
from chalicelib.imaging.source import Source
from chalicelib.imaging.working import to_working_mode

# What every format can hold: 16 bits of repetitions (GIF), 24 bits of milliseconds (WebP).
_MOST_PLAYS = (1 << 16) - 1
_LONGEST = (1 << 24) - 1


def frames(source: Source) -> Iterator[Frame]:
    """Yield the composed frames of an animation, at the size that they are stored in.

    Raises:
        ImageError: The bytes are damaged.
    """
    for frame in compose(source) if source.format in (GIF, PNG) else _decoded(source):
        yield Frame(frame.image, min(max(0, frame.duration), _LONGEST))


def _decoded(source: Source) -> Iterator[Frame]:
    """Yield the frames of a format whose decoder composes them."""
    for index in range(source.frames):
        with decoding():
            source.image.seek(index)
            source.image.load()
            duration = source.image.info.get("duration", 0)
            image = to_working_mode(source.image.copy(), source)
        yield Frame(image.convert("RGB") if image.mode == "L" else image, duration)


def plays(source: Source) -> int:
    """Return how often an animation plays; 0 is for ever."""
    return min(_plays(source), _MOST_PLAYS)


def _plays(source: Source) -> int:
    """Read the file itself where Pillow reports nothing, or the number of repetitions after the first play."""
    if source.format is AVIF:
        return codecs.avif.plays(source.data)
    if source.format is GIF:
        return codecs.gif.plays(source.data)
    return int(source.image.info.get("loop", 0))
