"""The app's settings, each declared once: type, allowed values, default and text.

`make docs` writes docs/settings.md from the declarations. An option of the engine is described in `imaging.Options`.
"""

import os
import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields
from datetime import date
from functools import cache
from typing import Any, NamedTuple, Self

from chalicelib.imaging.types import (
    PALETTE,
    SIDE,
    Effort,
    OneOf,
    Options,
    OutputFormat,
    Rendition,
    WholeNumber,
    not_allowed,
)

_MOST_RENDITIONS = 8
_RESERVED_RENDITIONS = {"compressed", "original"}  # names of other files in the API

# Patterns are compiled when a value is checked, so that a cold start compiles only those that it needs.
# A bucket name with dots has no TLS host name of its own.
# The refused endings belong to aliases of access points: through an alias, two names could mean one bucket.
_BUCKET_NAME = r"(?!.*(?:-s3alias|--ol-s3|\.mrap)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_QUEUE_ARN = r"arn:[a-z-]+:sqs:[a-z0-9-]+:\d+:[A-Za-z0-9_.-]+"
_FUNCTION_NAME = r"(?=.{1,64}$)(?:[a-zA-Z0-9_-]+-)?compress"
_CALLER = r"([a-z0-9][a-z0-9-]{0,31})=(read|write):([0-9a-f]{64})(?::(\d{4}-\d\d-\d\d))?"
_API_AUTH = r"token|iam|none|cognito:arn:[a-z-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/\S+"


class SettingsError(ValueError):
    """A setting is missing or not allowed. The message names the variable, what is allowed and the value."""


class Kind(NamedTuple):
    """A kind of setting: the allowed values in words, and a function that parses them or raises ValueError."""

    allowed: str
    parse: Callable[[str], Any]


class Token(NamedTuple):
    """A caller's bearer token, without the token itself: its SHA-256, and its last day in UTC, or nothing."""

    name: str
    role: str
    digest: str
    until: str = ""

    @classmethod
    def parse(cls, value: str) -> Self:
        """Parse `ci=write:<digest>:2027-01-31`, or raise ValueError."""
        match = re.fullmatch(_CALLER, value)
        if not match:
            raise ValueError
        token = cls(*match.groups(""))
        date.fromisoformat(token.until or "2000-01-01")
        return token

    def __str__(self) -> str:
        return f"{self.name}={self.role}:{self.digest}" + (f":{self.until}" if self.until else "")


def _text(accepts: Callable[[str], object], allowed: str) -> Kind:
    def parse(value: str) -> str:
        if not accepts(value):
            raise ValueError
        return value

    return Kind(allowed, parse)


def _matching(pattern: str, allowed: str) -> Kind:
    return _text(lambda value: re.fullmatch(pattern, value), allowed)


def _number(allowed: WholeNumber, *also: int) -> Kind:
    def parse(value: str) -> int:
        if not (value.isascii() and value.isdecimal()):
            raise ValueError
        number = int(value)
        if number not in allowed and number not in also:
            raise ValueError
        return number

    return Kind(" or ".join(map(str, [*also, allowed])), parse)


def _list(allowed: str, parse_part: Callable[[str], Any] = str) -> Kind:
    def parse(value: str) -> tuple[Any, ...]:
        parts = (part.strip() for part in value.split(","))
        return tuple(parse_part(part) for part in parts if part)

    return Kind(allowed, parse)


def _rendition(part: str) -> Rendition:
    name, _, size = part.partition("=")
    return Rendition(name, _number(SIDE).parse(size))


def _renditions(value: str) -> tuple[Rendition, ...]:
    found: tuple[Rendition, ...] = _list("", _rendition).parse(value)
    names = {rendition.name for rendition in found}
    if len(found) > _MOST_RENDITIONS or len(names) < len(found) or names & _RESERVED_RENDITIONS:
        raise ValueError
    return found


def _setting(kind: Kind, default: str | None = None) -> Any:
    return field(metadata={"kind": kind, "default": default})


def _option(name: str, kind: Kind | None = None, default: str | None = None) -> Any:
    """Declare a setting from the engine's option of this name, with its default and what is allowed."""
    option = Options.__dataclass_fields__[name]
    allowed = option.metadata["allowed"]
    if kind is None:
        kind = _text(allowed.__contains__, str(allowed)) if isinstance(allowed, OneOf) else _number(allowed)
    return _setting(kind, str(option.default) if default is None else default)


_BUCKET = _matching(
    _BUCKET_NAME, "the name of an S3 bucket, without dots, and not an alias of an access point"
)
_TOKENS = _list(
    "tokens such as web=read:<digest>,ci=write:<digest>:2027-01-31, separated by commas: name, role (read or write), "
    "SHA-256 in 64 digits of 0-9 and a-f, and if it ends, its last day",
    lambda part: Token.parse(part),
)
_RENDITIONS = Kind(
    f"at most {_MOST_RENDITIONS} sizes such as thumb=256,card=512, with different names of lower-case letters, digits "
    f"and hyphens (except compressed and original), and a longest side in pixels ({SIDE})",
    _renditions,
)
_ORIGINS = _list(
    "origins such as https://example.com, in small letters, separated by commas",
    _matching(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?", "").parse,
)
_PREFIXES = _list("prefixes of keys, separated by commas")


@dataclass(frozen=True, eq=False, repr=False)  # generating the other methods costs a cold start a millisecond
class Settings:
    """What the environment says. Each attribute is the variable of the same name in capitals."""

    source_bucket: str = _setting(_BUCKET)
    """The bucket that images are uploaded to."""

    dest_bucket: str = _setting(_BUCKET)
    """The bucket for compressed images. It must differ from `SOURCE_BUCKET`."""

    table_name: str = _setting(_matching(r"[a-zA-Z0-9_.-]{3,255}", "the name of a DynamoDB table"))
    """The DynamoDB table of the records."""

    max_width: int = _option("max_width")
    max_height: int = _option("max_height")
    quality: int = _option("quality")
    output_format: OutputFormat = _option("output_format")
    effort: Effort = _option("effort")

    max_source_bytes: int = _setting(_number(WholeNumber(1, 1_000_000_000)), "100000000")
    """Source objects of more bytes are refused before they are read."""

    max_pixels: int = _option("max_pixels", _number(WholeNumber(1, 1_000_000_000)))
    max_frames: int = _option("max_frames", _number(WholeNumber(1, 10_000)))
    max_memory: int = _option("max_memory", _number(WholeNumber(1, 10_000_000_000)))
    renditions: tuple[Rendition, ...] = _option("renditions", _RENDITIONS, "")
    png_colors: int = _option("png_colors", _number(PALETTE, 0), "0")

    include_prefixes: tuple[str, ...] = _setting(_PREFIXES, "")
    """Only keys with one of these prefixes are compressed. Empty means all keys."""

    exclude_prefixes: tuple[str, ...] = _setting(_PREFIXES, "")
    """Keys with one of these prefixes are not compressed, even if `INCLUDE_PREFIXES` has a prefix of theirs."""

    compress_function: str = _setting(
        _matching(_FUNCTION_NAME, "the name of a Lambda function, <app>-<stage>-compress")
    )
    """The Lambda function that compresses. The sweep and the API hand keys to it."""

    dead_letter_queue_arn: str = _setting(_matching(rf"(?:{_QUEUE_ARN})?", "the ARN of an SQS queue"), "")
    """The queue that keeps events of `compress` which failed in every attempt. The deploy sets it."""

    api_auth: str = _setting(
        _matching(_API_AUTH, "token, iam, none or cognito:<ARN of a user pool>"), "token"
    )
    """How callers of the API authenticate. `none` works only on an emulated AWS."""

    api_tokens: tuple[Token, ...] = _setting(_TOKENS, "")
    """The bearer tokens of callers. One that may write may also read. `make token` changes them."""

    api_cors_origins: tuple[str, ...] = _setting(_ORIGINS, "")
    """Other sites whose pages may call the API."""

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Parse the settings.

        Raises:
            SettingsError: A variable is missing, or its value is not allowed.
        """
        settings = cls(**{each.name: _parse(each, environment) for each in fields(cls)})
        if settings.dest_bucket == settings.source_bucket:
            raise SettingsError(
                f"DEST_BUCKET must differ from SOURCE_BUCKET; both are '{settings.dest_bucket}'. "
                "A compressed image would be compressed again without end"
            )
        return settings

    @property
    def sweep_function(self) -> str:
        """The Lambda function that sweeps."""
        return self.compress_function.removesuffix("compress") + "sweep"

    @property
    def options(self) -> Options:
        """How the engine compresses."""
        return Options(
            max_width=self.max_width,
            max_height=self.max_height,
            quality=self.quality,
            output_format=self.output_format,
            effort=self.effort,
            max_pixels=self.max_pixels,
            max_frames=self.max_frames,
            max_memory=self.max_memory,
            renditions=self.renditions,
            png_colors=self.png_colors or None,
        )

    def includes(self, key: str) -> bool:
        """Return whether a source key is compressed, by its prefix. The folders that consoles create never are."""
        included = not self.include_prefixes or key.startswith(self.include_prefixes)
        excluded = self.exclude_prefixes and key.startswith(self.exclude_prefixes)
        return included and not excluded and not key.endswith("/")


@cache
def current() -> Settings:
    """Return the settings of this process."""
    try:
        return Settings.from_environment(os.environ)
    except SettingsError as error:
        if os.environ.get("AWS_CHALICE_CLI_MODE"):  # someone typed `chalice local` or `chalice deploy`
            sys.stderr.write(f"{error}.\n")
            sys.stderr.flush()
            os._exit(1)  # `chalice local` imports the app in a thread, where sys.exit ends only the thread
        raise


def _parse(setting: Field[Any], environment: Mapping[str, str]) -> Any:
    variable = setting.name.upper()
    kind, default = setting.metadata["kind"], setting.metadata["default"]
    value = environment.get(variable, default)
    if default is None and not value:
        raise SettingsError(
            f"{variable} is not set; it must be {kind.allowed}. "
            "`make run` sets it on this machine, and `make deploy STAGE=dev` sets it for AWS"
        )
    try:
        return kind.parse(value)
    except ValueError:
        raise SettingsError(not_allowed(variable, kind.allowed, value)) from None
