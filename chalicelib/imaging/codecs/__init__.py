"""One module for each format: its files taken apart without decoding, stripped of metadata, and written.

`base.Codec` lists what the engine calls. `formats.FORMATS` names the modules. A module is imported at its first use:
a cold start is for one image, and so for one format.
"""

from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalicelib.imaging.codecs import avif as avif
    from chalicelib.imaging.codecs import gif as gif
    from chalicelib.imaging.codecs import heic as heic
    from chalicelib.imaging.codecs import isobmff as isobmff
    from chalicelib.imaging.codecs import jpeg as jpeg
    from chalicelib.imaging.codecs import jpeg2000 as jpeg2000
    from chalicelib.imaging.codecs import jpeg_end as jpeg_end
    from chalicelib.imaging.codecs import png as png
    from chalicelib.imaging.codecs import png_metadata as png_metadata
    from chalicelib.imaging.codecs import tiff as tiff
    from chalicelib.imaging.codecs import webp as webp


def __getattr__(name: str) -> ModuleType:
    return import_module(f"{__name__}.{name}")
