"""What goes into the engine, and what comes out."""

import re
from dataclasses import dataclass, fields
from typing import Final, Literal, get_args

ENGINE_VERSION: Final[int] = 1
"""Raised whenever the same bytes and options come to give other bytes: it makes what was compressed stale."""

OutputFormat = Literal["original", "jpeg", "webp", "avif", "png"]

ErrorCode = Literal[
    "not-an-image",
    "unsupported",
    "corrupt",
    "truncated",
    "too-many-pixels",
    "too-many-frames",
    "too-many-scans",
]

LARGEST_SIDE = 16_383
"""Pixels: the longest side that every output format can hold (WebP's limit)."""


class ImageError(ValueError):
    """Bytes that are no image, or not one to accept.

    Attributes:
        code: One word for programs, an `ErrorCode`. The message is for people.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


def _require(condition: bool, name: str, value: object, allowed: str) -> None:
    if not condition:
        raise ValueError(f"{name} is {value!r}, but must be {allowed}")


def _is_integer_within(value: object, low: int, high: int | None = None) -> bool:
    is_integer = isinstance(value, int) and not isinstance(value, bool)
    return is_integer and low <= value and (high is None or value <= high)  # type: ignore[operator]


@dataclass(frozen=True, slots=True)
class Rendition:
    """A further size of the same image, made from the same decode.

    Attributes:
        name: Lower-case letters, digits and hyphens, at most 32.
        size: Pixels: the rendition fits into a square of this side; it is never enlarged.
    """

    name: str
    size: int

    def __post_init__(self) -> None:
        _require(
            re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.name) is not None,
            "Rendition.name",
            self.name,
            "1 to 32 lower-case letters, digits and hyphens, the first no hyphen",
        )
        _require(
            _is_integer_within(self.size, 1, LARGEST_SIDE),
            "Rendition.size",
            self.size,
            f"1 to {LARGEST_SIDE}",
        )


@dataclass(frozen=True, slots=True)
class Options:
    """How to compress.

    Attributes:
        max_width: Width in pixels that the result is fitted into; it is never enlarged. 1 to 16383.
        max_height: Height in pixels that the result is fitted into. 1 to 16383.
        quality: 1 to 100 on libjpeg's scale; other formats are set to look alike.
        output_format: The format of the result, or `original` to keep the source's where a browser
            can show it (JPEG, PNG, WebP, GIF, AVIF); the rest becomes JPEG, or PNG where there is transparency.
        max_pixels: Pixels, by the header, above which a source is refused before it is decoded;
            for an animation, over all of its frames.
        max_frames: Frames above which an animation is refused.
        renditions: Further sizes, still images in the format of the result. Their names differ.
        png_colors: 2 to 256 to reduce PNG to a palette of so many colours (lossy); None keeps it lossless.

    Raises:
        ValueError: A value is not allowed; the message names the option, the value and what is allowed.
    """

    max_width: int = 1024
    max_height: int = 1024
    quality: int = 70
    output_format: OutputFormat = "original"
    max_pixels: int = 100_000_000
    max_frames: int = 500
    renditions: tuple[Rendition, ...] = ()
    png_colors: int | None = None

    def __post_init__(self) -> None:
        for name, high in (
            ("max_width", LARGEST_SIDE),
            ("max_height", LARGEST_SIDE),
            ("quality", 100),
            ("max_pixels", None),
            ("max_frames", None),
        ):
            value = getattr(self, name)
            allowed = f"an integer from 1 to {high}" if high else "an integer of at least 1"
            _require(_is_integer_within(value, 1, high), name, value, allowed)
        formats = get_args(OutputFormat)
        _require(self.output_format in formats, "output_format", self.output_format, " or ".join(formats))
        names = [rendition.name for rendition in self.renditions]
        _require(len(names) == len(set(names)), "renditions", names, "of different names")
        _require(
            self.png_colors is None or _is_integer_within(self.png_colors, 2, 256),
            "png_colors",
            self.png_colors,
            "None or an integer from 2 to 256",
        )


def fingerprint(options: Options) -> str:
    """Return 16 hexadecimal digits that change with the options and with the engine's version.

    A record that carries another fingerprint is stale: compressing its source again would give other bytes.
    The limits (`max_pixels`, `max_frames`) count too, since they decide what is refused.
    """
    from hashlib import sha256  # brings OpenSSL along: 3 MB that compressing does without

    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return sha256(f"{ENGINE_VERSION} {values!r}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RenditionImage:
    """One of the further sizes that `Options.renditions` asked for. Sizes are in pixels."""

    name: str
    data: bytes
    content_type: str
    format: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Compressed:
    """A compressed image. Sizes are in pixels, as seen once the orientation is applied.

    Attributes:
        data: The image's bytes, free of metadata.
        content_type: Its media type, for example `image/jpeg`.
        format: `jpeg`, `png`, `webp`, `gif` or `avif`.
        width: Width of the result.
        height: Height of the result.
        original_width: Width of the source.
        original_height: Height of the source.
        original_format: What the source's bytes are: one of the above, or `heic`, `tiff`, `bmp`, `jpeg2000`.
        placeholder: A data URI of at most 400 characters to paint while the image loads.
        dominant_color: `#rrggbb`.
        captured_at: When the photograph was taken, in ISO 8601, as far as the source tells: with an
            offset from UTC only where the camera wrote one.
        renditions: In the order of `Options.renditions`.
    """

    data: bytes
    content_type: str
    format: str
    width: int
    height: int
    original_width: int
    original_height: int
    original_format: str
    placeholder: str
    dominant_color: str
    captured_at: str | None = None
    renditions: tuple[RenditionImage, ...] = ()
