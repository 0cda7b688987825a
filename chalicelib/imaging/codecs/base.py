"""What the engine calls in the module of a format that is written."""

from collections.abc import Iterable
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from PIL.Image import Image

from chalicelib.imaging.formats import Format
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Options

if TYPE_CHECKING:
    from chalicelib.imaging.frames import Frame


class Codec(Protocol):
    """The functions of such a module. Images are in sRGB: mode L, RGB or RGBA, without transparency in RGB."""

    def encode(self, image: Image, options: Options) -> bytes:
        """Return a file of the format, without metadata."""

    def strip(self, data: bytes) -> bytes:
        """Return a file of the format without its metadata, its pixels untouched."""

    def animate(self, frames: "Iterable[Frame]", size: Size, plays: int, options: Options) -> bytes:
        """Return an animation of frames of a size, to be played a number of times (0 is for ever)."""


def codec(target: Format) -> Codec:
    """Import the module of a format: a cold start is for one image, and so for one format."""
    return cast("Codec", import_module(target.codec))
