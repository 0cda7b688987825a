"""What may be uploaded: the body of `POST /uploads`, checked before a form is signed that S3 then enforces."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.metadata import LONGEST_KEY, possible_keys
from chalicelib.parameters import shown
from chalicelib.problems import bad_parameter
from chalicelib.settings import Settings

FORM_SECONDS: Final = 900
"""How long a form is good for: a large photograph over a slow connection takes minutes."""

_NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_UNFIT = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
_IMAGE_TYPE = re.compile(r"image/[a-z0-9][a-z0-9.+-]{0,60}")
_NEVER_ACCEPTED = {"image/svg+xml"}  # a program rather than pixels


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that may be made.

    Attributes:
        key: The source key.
        content_type: Its media type.
        sizes: The least and the most bytes that S3 is to take.
        replace: Whether an object that stands there may be overwritten.
    """

    key: str
    content_type: str
    sizes: tuple[int, int]
    replace: bool


def requested(members: Mapping[str, Any], now: Settings) -> Upload:
    """Return the upload that a body asks for.

    Raises:
        Problem: A member is missing or wrong; it is named.
    """
    replace = members.get("replace", False)
    if not isinstance(replace, bool):
        raise bad_parameter("replace", f"{shown(replace)} is neither true nor false")
    return Upload(
        _key(members.get("key"), now),
        _content_type(members.get("contentType")),
        _sizes(members["size"], now.max_source_bytes) if "size" in members else (1, now.max_source_bytes),
        replace,
    )


def _key(key: Any, now: Settings) -> str:
    if key is None:
        raise bad_parameter("key", "is missing")
    if not isinstance(key, str) or not key:
        raise bad_parameter("key", f"{shown(key)} is no text")
    if _UNFIT.search(key):
        raise bad_parameter("key", f"{shown(key)} has control characters, or such as are none in Unicode")
    if not {"", ".", ".."}.isdisjoint(key.split("/")):
        raise bad_parameter("key", f"{shown(key)} has an empty folder or name, or one called . or ..")
    if "${" in key:
        raise bad_parameter("key", f"{shown(key)} has ${{, which S3 replaces in forms")
    longest = max(possible_keys(key, dict(now.renditions)), key=lambda each: len(each.encode()))
    if len(longest.encode()) > LONGEST_KEY:
        raise bad_parameter("key", f"is so long that a compressed image's would exceed {LONGEST_KEY} bytes")
    if not now.includes(key):
        raise bad_parameter("key", f"{shown(key)} has a prefix whose objects are not compressed")
    return key


def _content_type(content_type: Any) -> str:
    if content_type is None:
        raise bad_parameter("contentType", "is missing")
    if not isinstance(content_type, str) or not _IMAGE_TYPE.fullmatch(content_type):
        raise bad_parameter("contentType", f"{shown(content_type)} is no image's, such as image/jpeg")
    if content_type in _NEVER_ACCEPTED:
        raise bad_parameter("contentType", f"{content_type} is not accepted")
    return content_type


def _sizes(size: Any, most: int) -> tuple[int, int]:
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= most:
        raise bad_parameter("size", f"{shown(size)} is no whole number of bytes from 1 to {most}")
    return size, size
