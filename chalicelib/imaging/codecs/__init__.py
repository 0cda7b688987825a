"""One module for each format: its files taken apart without decoding, stripped of metadata, and written.

`Codec` lists what the engine calls. `formats.FORMATS` names the modules. A module is imported at its first use:
a cold start is for one image, and so for one format.
"""

from collections.abc import Iterable
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Protocol, cast

from PIL.Image import Image

from chalicelib.imaging.formats import Format
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import Options

if TYPE_CHECKING:
    from chalicelib.imaging.codecs import avif as avif
    from chalicelib.imaging.codecs import gif as gif
    from chalicelib.imaging.codecs import isobmff as isobmff
    from chalicelib.imaging.codecs import items as items
    from chalicelib.imaging.codecs import jpeg as jpeg
    from chalicelib.imaging.codecs import jpeg2000 as jpeg2000
    from chalicelib.imaging.codecs import jpeg_end as jpeg_end
    from chalicelib.imaging.codecs import png as png
    from chalicelib.imaging.codecs import png_metadata as png_metadata
    from chalicelib.imaging.codecs import tiff as tiff
    from chalicelib.imaging.codecs import webp as webp
    from chalicelib.imaging.frames import Frame


class Codec(Protocol):
    """The functions of the module of a format that is written.

    Images are in sRGB: mode L, RGB or RGBA, without transparency in RGB.
    """

    def encode(self, image: Image, options: Options) -> bytes:
        """Return a file of the format, without metadata."""

    def strip(self, data: bytes) -> bytes:
        """Return a file of the format without its metadata, its pixels untouched."""

    def animate(self, frames: "Iterable[Frame]", size: Size, plays: int, options: Options) -> bytes:
        """Return an animation of frames of a size, to be played a number of times (0 is for ever)."""


def codec(target: Format) -> Codec:
    """Return the module of a format that is written."""
    return cast("Codec", import_module(target.codec))


def __getattr__(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")
