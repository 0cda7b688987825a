"""Bytes in, compressed bytes out: no AWS, no environment, no file system.

Example:
    >>> from chalicelib.imaging import Options, compress
    >>> compressed = compress(photograph, Options(max_width=512, max_height=512))
    >>> compressed.content_type, compressed.width, compressed.height
    ('image/jpeg', 512, 341)
"""

from chalicelib.imaging.engine import compress
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
