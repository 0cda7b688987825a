"""The app's settings, read from the environment once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self, cast, get_args

OutputFormat = Literal["original", "jpeg", "webp", "avif", "png"]

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_TABLE_NAME = re.compile(r"[a-zA-Z0-9_.-]{3,255}")


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names the variable, its value and what is allowed."""


@dataclass(frozen=True, slots=True)
class Settings:
    """What the environment says.

    Attributes:
        source_bucket: `SOURCE_BUCKET`: where images are uploaded to.
        dest_bucket: `DEST_BUCKET`: where compressed images go; never the source bucket,
            since its own output would then start it again.
        table_name: `TABLE_NAME`: the DynamoDB table of the records.
        max_width: `MAX_WIDTH`: pixels.
        max_height: `MAX_HEIGHT`: pixels.
        quality: `QUALITY`: 1 to 100.
        output_format: `OUTPUT_FORMAT`: `original`, `jpeg`, `webp`, `avif` or `png`.
        max_source_bytes: `MAX_SOURCE_BYTES`: larger objects are refused before they are read.
        max_pixels: `MAX_PIXELS`: larger images are refused before they are decoded.
        max_frames: `MAX_FRAMES`: longer animations are refused.
    """

    source_bucket: str
    dest_bucket: str
    table_name: str
    max_width: int
    max_height: int
    quality: int
    output_format: OutputFormat
    max_source_bytes: int
    max_pixels: int
    max_frames: int

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: A variable is missing, or its value is not allowed.
        """
        settings = cls(
            source_bucket=_name(environment, "SOURCE_BUCKET", _BUCKET_NAME, "the name of an S3 bucket"),
            dest_bucket=_name(environment, "DEST_BUCKET", _BUCKET_NAME, "the name of an S3 bucket"),
            table_name=_name(environment, "TABLE_NAME", _TABLE_NAME, "the name of a DynamoDB table"),
            max_width=_integer(environment, "MAX_WIDTH", 1024, 16_383),
            max_height=_integer(environment, "MAX_HEIGHT", 1024, 16_383),
            quality=_integer(environment, "QUALITY", 70, 100),
            output_format=_output_format(environment),
            max_source_bytes=_integer(environment, "MAX_SOURCE_BYTES", 100_000_000, 1_000_000_000),
            max_pixels=_integer(environment, "MAX_PIXELS", 100_000_000, 1_000_000_000),
            max_frames=_integer(environment, "MAX_FRAMES", 500, 10_000),
        )
        if settings.dest_bucket == settings.source_bucket:
            raise SettingsError(
                f"DEST_BUCKET is {settings.dest_bucket!r}, but must differ from SOURCE_BUCKET: "
                "a compressed image would be compressed again without end"
            )
        return settings


@cache
def current() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment(os.environ)


def _name(environment: Mapping[str, str], variable: str, pattern: re.Pattern[str], allowed: str) -> str:
    value = environment.get(variable, "")
    if not value:
        raise SettingsError(f"{variable} is not set, but must be {allowed}")
    if not pattern.fullmatch(value):
        raise SettingsError(f"{variable} is {value!r}, but must be {allowed}")
    return value


def _integer(environment: Mapping[str, str], variable: str, default: int, highest: int) -> int:
    value = environment.get(variable, str(default))
    if not re.fullmatch(r"[0-9]{1,12}", value) or not 1 <= int(value) <= highest:
        raise SettingsError(f"{variable} is {value!r}, but must be a whole number from 1 to {highest}")
    return int(value)


def _output_format(environment: Mapping[str, str]) -> OutputFormat:
    value = environment.get("OUTPUT_FORMAT", "original")
    if value not in get_args(OutputFormat):
        raise SettingsError(
            f"OUTPUT_FORMAT is {value!r}, but must be one of {', '.join(get_args(OutputFormat))}"
        )
    return cast("OutputFormat", value)
