"""Bytes in, compressed bytes out: no AWS, no environment, no file system.

Example:
    >>> from chalicelib.imaging import Options, compress
    >>> compressed = compress(photograph, Options(max_width=512, max_height=512))
    >>> compressed.content_type, compressed.width, compressed.height
    ('image/jpeg', 512, 341)
"""

from typing import TYPE_CHECKING, Any

from chalicelib.imaging.types import (
    ENGINE_VERSION,
    Compressed,
    ErrorCode,
    ImageError,
    Options,
    OutputFormat,
    Rendition,
    RenditionImage,
    fingerprint,
)

if TYPE_CHECKING:
    from chalicelib.imaging.engine import compress

__all__ = [
    "ENGINE_VERSION",
    "Compressed",
    "ErrorCode",
    "ImageError",
    "Options",
    "OutputFormat",
    "Rendition",
    "RenditionImage",
    "compress",
    "fingerprint",
]


def __getattr__(name: str) -> Any:
    """Import the engine, and Pillow with it, when `compress` is first asked for."""
    if name != "compress":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from chalicelib.imaging.engine import compress

    return compress
