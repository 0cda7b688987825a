"""The body of `POST /uploads`, checked before a form is signed that S3 then enforces."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.api.problems import bad_parameter
from chalicelib.imaging.formats import FORMATS
from chalicelib.records import LONGEST_KEY, possible_keys
from chalicelib.settings import Settings

FORM_SECONDS: Final = 900
"""How long a form is valid: a large photograph over a slow connection takes minutes."""

MEMBERS: Final = ("key", "contentType", "size", "replace")
"""The members of the body."""

_NONCHARACTERS = "".join(chr(plane << 16 | low) for plane in range(17) for low in (0xFFFE, 0xFFFF))
_UNFIT = rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]"
_ACCEPTED_TYPES = frozenset(name for format_ in FORMATS.values() for name in format_.content_types)
_EXAMPLES = ", ".join(format_.content_type for format_ in FORMATS.values())


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that is allowed.

    Attributes:
        key: The source key.
        content_type: Its media type.
        sizes: The least and the most bytes that S3 accepts.
        replace: Whether an existing object may be overwritten.
    """

    key: str
    content_type: str
    sizes: tuple[int, int]
    replace: bool


def parse_upload(members: Mapping[str, Any], now: Settings) -> Upload:
    """Return the upload that a body asks for.

    Raises:
        Problem: A member is missing or not allowed; the problem names it.
    """
    replace = members.get("replace", False)
    if not isinstance(replace, bool):
        raise bad_parameter("replace", "must be true or false", replace)
    sizes = _sizes(members["size"], now.max_source_bytes) if "size" in members else (1, now.max_source_bytes)
    return Upload(_key(members.get("key"), now), _content_type(members.get("contentType")), sizes, replace)


def _key(key: Any, now: Settings) -> str:
    if not isinstance(key, str) or not key:
        raise bad_parameter("key", "must be a string that is not empty", key)
    if re.search(_UNFIT, key):
        raise bad_parameter("key", "must not have control characters or noncharacters of Unicode", key)
    if not {"", ".", ".."}.isdisjoint(key.split("/")):
        raise bad_parameter("key", "must not have an empty folder or name, or one called . or ..", key)
    if "${" in key:
        raise bad_parameter("key", "must not have ${, which S3 replaces in forms", key)
    longest = max(
        possible_keys(key, [each.name for each in now.renditions]), key=lambda each: len(each.encode())
    )
    if (excess := len(longest.encode()) - LONGEST_KEY) > 0:
        raise bad_parameter(
            "key", f"must be {excess} bytes shorter, or the compressed image's key is too long"
        )
    if not now.includes(key):
        raise bad_parameter("key", "must have a prefix whose objects are compressed", key)
    return key


def _content_type(content_type: Any) -> str:
    if not isinstance(content_type, str) or content_type not in _ACCEPTED_TYPES:
        raise bad_parameter(
            "contentType", f"must be the type of an accepted image, such as {_EXAMPLES}", content_type
        )
    return content_type


def _sizes(size: Any, most: int) -> tuple[int, int]:
    if not isinstance(size, int) or isinstance(size, bool) or not 1 <= size <= most:
        raise bad_parameter("size", f"must be a whole number of bytes from 1 to {most}", size)
    return size, size
