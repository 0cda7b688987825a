"""What goes into the engine, and what comes out."""

from dataclasses import dataclass
from typing import Literal

OutputFormat = Literal["original", "jpeg", "webp", "avif", "png"]


@dataclass(frozen=True, slots=True)
class Options:
    """How to compress.

    Attributes:
        max_width: Width in pixels that the result is fitted into; it is never enlarged.
        max_height: Height in pixels that the result is fitted into.
        quality: 1 to 100 on libjpeg's scale; other formats are set to look alike.
        output_format: The format of the result, or `original` to keep the source's.
        max_pixels: Pixels, by the header, above which a source is refused before it is decoded.
        max_frames: Frames above which an animation is refused.
    """

    max_width: int = 1024
    max_height: int = 1024
    quality: int = 70
    output_format: OutputFormat = "original"
    max_pixels: int = 100_000_000
    max_frames: int = 500


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed image. Sizes are in pixels, as seen once its orientation is applied."""

    data: bytes
    content_type: str
    format: str
    width: int
    height: int
    original_width: int
    original_height: int
    original_format: str
    captured_at: str | None


class ImageError(ValueError):
    """Bytes that are no image, or not one to accept.

    Attributes:
        code: One word for programs: `not-an-image`, `unsupported`, `corrupt`, `truncated`,
            `too-many-pixels` or `too-many-frames`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
