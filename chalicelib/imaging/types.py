"""What goes into the engine, and what comes out."""

import re
from dataclasses import dataclass, field, fields
from typing import Any, Final, Literal, get_args

ENGINE_VERSION: Final[int] = 5
"""Raised whenever the same bytes and options come to give other bytes: it makes what was compressed stale."""

OutputFormat = Literal["original", "jpeg", "webp", "avif", "png"]

Effort = Literal["fast", "balanced", "small"]

ErrorCode = Literal[
    "not-an-image",
    "unsupported",
    "corrupt",
    "truncated",
    "too-many-pixels",
    "too-many-frames",
    "too-many-scans",
    "too-much-memory",
]

LARGEST_SIDE = 16_383
"""Pixels: the longest side that every output format can hold (WebP's limit)."""


class ImageError(ValueError):
    """Bytes that are not an image, or not an accepted one.

    Attributes:
        code: One word for programs, an `ErrorCode`. The message is for people.
    """

    def __init__(self, code: ErrorCode, message: str) -> None:
        super().__init__(message)
        self.code: ErrorCode = code


class WholeNumber:
    """The whole numbers of a range. `str` gives them in words, for messages and documents."""

    def __init__(self, low: int, high: int | None = None) -> None:
        self.low, self.high = low, high

    def __str__(self) -> str:
        end = f"of at least {self.low}" if self.high is None else f"from {self.low} to {self.high}"
        return f"a whole number {end}"

    def __contains__(self, value: object) -> bool:
        if not isinstance(value, int) or isinstance(value, bool):
            return False
        return self.low <= value and (self.high is None or value <= self.high)


class OneOf(tuple[str, ...]):
    """A few words. `str` gives them, for messages and documents."""

    def __str__(self) -> str:
        return f"one of {', '.join(self)}"


SIDE = WholeNumber(1, LARGEST_SIDE)
"""Allowed lengths of a result's side, in pixels."""

PALETTE = WholeNumber(2, 256)
"""Allowed numbers of colours of a palette."""


def not_allowed(name: str, allowed: object, value: object) -> str:
    """Return the message that refuses a value."""
    return f"{name} must be {allowed}; got " + (f"'{value}'" if isinstance(value, str) else str(value))


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
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,31}", self.name):
            allowed = "1 to 32 lower-case letters, digits and hyphens, not starting with a hyphen"
            raise ValueError(not_allowed("Rendition.name", allowed, self.name))
        if self.size not in SIDE:
            raise ValueError(not_allowed("Rendition.size", SIDE, self.size))


def _option(default: Any, allowed: WholeNumber | OneOf | None = None) -> Any:
    return field(default=default, metadata={"allowed": allowed})


@dataclass(frozen=True, slots=True)
class Options:
    """How to compress.

    Raises:
        ValueError: A value is not allowed. The message names the option, what is allowed and the value.
    """

    max_width: int = _option(1024, SIDE)
    """The largest width of the result, in pixels. Nothing is enlarged."""

    max_height: int = _option(1024, SIDE)
    """The largest height of the result, in pixels. Nothing is enlarged."""

    quality: int = _option(70, WholeNumber(1, 100))
    """Quality on libjpeg's scale. The other formats are tuned to look alike."""

    output_format: OutputFormat = _option("original", OneOf(get_args(OutputFormat)))
    """The format of the result. `original` keeps a source's JPEG, PNG, WebP, GIF or AVIF.
    Other sources become JPEG, or PNG where they have transparency."""

    effort: Effort = _option("balanced", OneOf(get_args(Effort)))
    """CPU time spent for fewer bytes, at the same quality: `fast`, `balanced` or `small`."""

    max_pixels: int = _option(100_000_000, WholeNumber(1))
    """Images with more pixels are refused before they are decoded. All frames of an animation count."""

    max_frames: int = _option(500, WholeNumber(1))
    """Animations with more frames are refused."""

    max_memory: int = _option(1_500_000_000, WholeNumber(1))
    """Images that take more bytes of memory are refused before they are decoded. How much they take depends on
    their format and pixels. The compress function must have some 300 MB more than this."""

    renditions: tuple[Rendition, ...] = _option(())
    """Further sizes, as still images in the result's format. Their names differ."""

    png_colors: int | None = _option(None, PALETTE)
    """Reduces PNG images to a palette of this many colours, with loss. By default they stay lossless."""

    def __post_init__(self) -> None:
        for option in fields(self):
            value, allowed = getattr(self, option.name), option.metadata["allowed"]
            optional = option.default is None
            if allowed and value not in allowed and not (optional and value is None):
                raise ValueError(
                    not_allowed(option.name, f"None or {allowed}" if optional else allowed, value)
                )
        names = [rendition.name for rendition in self.renditions]
        if len(names) != len(set(names)):
            raise ValueError(not_allowed("renditions", "of different names", ", ".join(names)))


def fingerprint(options: Options) -> str:
    """Return 16 hexadecimal digits that change with the options and with the engine's version.

    A record that carries another fingerprint is stale: compressing its source again would give other bytes.
    The limits (`max_pixels`, `max_frames`, `max_memory`) count too, since they decide what is refused.
    """
    from hashlib import sha256  # brings OpenSSL along: 3 MB that compressing does without

    values = {field.name: getattr(options, field.name) for field in fields(options)}
    return sha256(f"{ENGINE_VERSION} {values!r}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class RenditionImage:
    """One of the further sizes that `Options.renditions` asked for. Sizes are in pixels."""

    name: str
    data: bytes
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
        captured_at: When the photograph was taken, in ISO 8601, if the source has it: with an
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
