"""The one boundary at which a decoder's exceptions become an `ImageError`."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from chalicelib.imaging.types import ErrorCode, ImageError


@contextmanager
def decoding() -> Iterator[None]:
    """Run a decoder's code: whatever it raises becomes an `ImageError`, and its warnings are silent.

    Only calls into decoders belong inside, so that mistakes of our own still show. So does a decoder that is missing.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except (ImageError, ImportError):
        raise
    except Exception as error:
        reason = error or type(error).__name__
        raise ImageError(_code(error), f"the image cannot be decoded: {reason}") from error


def _code(error: BaseException) -> ErrorCode:
    text = str(error).lower()
    if isinstance(error, MemoryError) or "out of memory" in text:
        return "too-much-memory"
    if "unknown pixel mode" in text:
        return "unsupported"
    return "truncated" if isinstance(error, EOFError) or "truncated" in text else "corrupt"
