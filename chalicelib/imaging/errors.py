"""The one boundary at which a decoder's exceptions become an `ImageError`."""

import struct
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from PIL.Image import DecompressionBombError

from chalicelib.imaging.types import ErrorCode, ImageError

# What decoders raise on hostile bytes, as documented by Pillow or seen while fuzzing.
_DECODER_ERRORS = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    DecompressionBombError,
    EOFError,
    LookupError,
    MemoryError,
    OSError,
    RuntimeError,
    struct.error,
    SyntaxError,
    TypeError,
    ValueError,
    zlib.error,
)


@contextmanager
def decoding() -> Iterator[None]:
    """Run a decoder's code: whatever it raises becomes an `ImageError`, and its warnings are silent.

    Only calls into decoders belong inside, so that mistakes of our own still show.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except ImageError:
        raise
    except _DECODER_ERRORS as error:
        raise ImageError(
            _code(error),
            f"the image cannot be decoded: {error or type(error).__name__}",
        ) from error


def _code(error: BaseException) -> ErrorCode:
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text:
        return "too-much-memory"
    if "unknown pixel mode" in text:
        return "unsupported"
    return "truncated" if isinstance(error, EOFError) or "truncated" in text else "corrupt"
