"""The app's settings, read from the environment once."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Self, cast, get_args

OutputFormat = Literal["original", "jpeg", "webp", "avif", "png"]

# Compiled when a setting is there to be checked, since every cold start reads the settings.
# A name with dots has no host of its own over TLS, so that the gallery would have to trust every bucket of the region.
# Names that AWS keeps for access points end so: through one, two names could lead to the same bucket.
_BUCKET_NAME = r"(?!.*(?:-s3alias|--ol-s3|\.mrap)$)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]"
_BUCKET_ALLOWED = "the name of an S3 bucket, without dots, not an alias of an access point"
_TABLE_NAME = r"[a-zA-Z0-9_.-]{3,255}"
# As Chalice makes it of the names of app, stage and function; that of the sweep follows from it.
_FUNCTION_NAME = r"(?=.{1,64}$)(?:[a-zA-Z0-9_-]+-)?compress"
_RENDITION = r"([a-z0-9][a-z0-9-]{0,31})=([1-9][0-9]{0,4})"
_API_AUTH = r"token|iam|none|cognito:arn:[a-z-]+:cognito-idp:[a-z0-9-]+:[0-9]{12}:userpool/\S+"
_SHA256 = r"[0-9a-f]{64}"
_ORIGIN = r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?"
_LONGEST_SIDE = 16_383  # pixels: what every output format can hold
_MOST_RENDITIONS = 8


class SettingsError(ValueError):
    """A setting is missing or wrong; the message names the variable, its value and what is allowed."""


@dataclass(frozen=True, eq=False, repr=False)  # what is generated costs a cold start a millisecond
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
        renditions: `RENDITIONS`: further sizes, a name and the pixels of its longest side each:
            `thumb=256,card=512`.
        png_colors: `PNG_COLORS`: 2 to 256 reduces PNGs to a palette, with loss; 0 keeps them lossless.
        include_prefixes: `INCLUDE_PREFIXES`: only keys that start with one of them are compressed;
            empty means all.
        exclude_prefixes: `EXCLUDE_PREFIXES`: keys that start with one of them are left alone.
        compress_function: `COMPRESS_FUNCTION`: the Lambda function that the sweep and the API hand keys to.
        api_auth: `API_AUTH`: `token`, `iam`, `cognito:<user pool arn>` or `none`.
        api_read_token_sha256: `API_READ_TOKEN_SHA256`: of the bearer token that may read; hexadecimal.
        api_write_token_sha256: `API_WRITE_TOKEN_SHA256`: of the bearer token that may also write.
        api_cors_origins: `API_CORS_ORIGINS`: other sites whose pages may call the API; empty means none.
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
    renditions: tuple[tuple[str, int], ...]
    png_colors: int
    include_prefixes: tuple[str, ...]
    exclude_prefixes: tuple[str, ...]
    compress_function: str
    api_auth: str
    api_read_token_sha256: str
    api_write_token_sha256: str
    api_cors_origins: tuple[str, ...]

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Raises:
            SettingsError: A variable is missing, or its value is not allowed.
        """
        settings = cls(
            source_bucket=_name(environment, "SOURCE_BUCKET", _BUCKET_NAME, _BUCKET_ALLOWED),
            dest_bucket=_name(environment, "DEST_BUCKET", _BUCKET_NAME, _BUCKET_ALLOWED),
            table_name=_name(environment, "TABLE_NAME", _TABLE_NAME, "the name of a DynamoDB table"),
            max_width=_integer(environment, "MAX_WIDTH", 1024, _LONGEST_SIDE),
            max_height=_integer(environment, "MAX_HEIGHT", 1024, _LONGEST_SIDE),
            quality=_integer(environment, "QUALITY", 70, 100),
            output_format=_output_format(environment),
            max_source_bytes=_integer(environment, "MAX_SOURCE_BYTES", 100_000_000, 1_000_000_000),
            max_pixels=_integer(environment, "MAX_PIXELS", 100_000_000, 1_000_000_000),
            max_frames=_integer(environment, "MAX_FRAMES", 500, 10_000),
            renditions=_renditions(environment),
            png_colors=_png_colors(environment),
            include_prefixes=_list(environment, "INCLUDE_PREFIXES"),
            exclude_prefixes=_list(environment, "EXCLUDE_PREFIXES"),
            compress_function=_name(
                environment,
                "COMPRESS_FUNCTION",
                _FUNCTION_NAME,
                "the name of a Lambda function, <app>-<stage>-compress",
            ),
            api_auth=_api_auth(environment),
            api_read_token_sha256=_token_digest(environment, "API_READ_TOKEN_SHA256"),
            api_write_token_sha256=_token_digest(environment, "API_WRITE_TOKEN_SHA256"),
            api_cors_origins=_origins(environment),
        )
        if settings.dest_bucket == settings.source_bucket:
            raise SettingsError(
                f"DEST_BUCKET is {settings.dest_bucket!r}, but must differ from SOURCE_BUCKET: "
                "a compressed image would be compressed again without end"
            )
        return settings

    @property
    def sweep_function(self) -> str:
        """The Lambda function that sweeps."""
        return self.compress_function.removesuffix("compress") + "sweep"

    def includes(self, key: str) -> bool:
        """Tell whether a source key is to be compressed, by its prefix; what consoles make for folders never is."""
        included = not self.include_prefixes or key.startswith(self.include_prefixes)
        excluded = self.exclude_prefixes and key.startswith(self.exclude_prefixes)
        return included and not excluded and not key.endswith("/")


@cache
def current() -> Settings:
    """Return the settings of this process."""
    return Settings.from_environment(os.environ)


def _name(environment: Mapping[str, str], variable: str, pattern: str, allowed: str) -> str:
    value = environment.get(variable, "")
    if not value:
        raise SettingsError(f"{variable} is not set, but must be {allowed}")
    if not re.fullmatch(pattern, value):
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


def _list(environment: Mapping[str, str], variable: str) -> tuple[str, ...]:
    """Return what stands between commas; blanks around it are for the eye, those inside are its own."""
    parts = (part.strip() for part in environment.get(variable, "").split(","))
    return tuple(part for part in parts if part)


def _renditions(environment: Mapping[str, str]) -> tuple[tuple[str, int], ...]:
    renditions = []
    for part in _list(environment, "RENDITIONS"):
        match = re.fullmatch(_RENDITION, part)
        if not match or int(match[2]) > _LONGEST_SIDE:
            raise SettingsError(
                f"RENDITIONS is {environment['RENDITIONS']!r}, but {part!r} must be a name of lower-case letters, "
                f"digits and hyphens, =, and the pixels of the longest side, 1 to {_LONGEST_SIDE}"
            )
        renditions.append((match[1], int(match[2])))
    if len(dict(renditions)) != len(renditions) or len(renditions) > _MOST_RENDITIONS:
        raise SettingsError(
            f"RENDITIONS is {environment['RENDITIONS']!r}, but must be at most {_MOST_RENDITIONS}, "
            "each with a name of its own"
        )
    if reserved := {"compressed", "original"} & set(dict(renditions)):
        raise SettingsError(
            f"RENDITIONS is {environment['RENDITIONS']!r}, but must not be named {reserved.pop()!r}, "
            "which the API calls another file"
        )
    return tuple(renditions)


def _png_colors(environment: Mapping[str, str]) -> int:
    value = environment.get("PNG_COLORS", "0")
    if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) == 1 or int(value) > 256:
        raise SettingsError(f"PNG_COLORS is {value!r}, but must be 0 (lossless) or from 2 to 256")
    return int(value)


def _api_auth(environment: Mapping[str, str]) -> str:
    value = environment.get("API_AUTH", "token")
    if not re.fullmatch(_API_AUTH, value):
        raise SettingsError(
            f"API_AUTH is {value!r}, but must be token, iam, none or cognito:<ARN of a user pool>"
        )
    return value


def _token_digest(environment: Mapping[str, str], variable: str) -> str:
    value = environment.get(variable, "")
    if value and not re.fullmatch(_SHA256, value):
        raise SettingsError(
            f"{variable} is {value!r}, but must be the SHA-256 of a token: 64 digits of 0-9 and a-f"
        )
    return value


def _origins(environment: Mapping[str, str]) -> tuple[str, ...]:
    origins = _list(environment, "API_CORS_ORIGINS")
    for origin in origins:
        if not re.fullmatch(_ORIGIN, origin):
            raise SettingsError(
                f"API_CORS_ORIGINS is {environment['API_CORS_ORIGINS']!r}, but must be origins such as "
                f"https://example.com, in small letters: {origin!r} is none"
            )
    return origins
