"""Records as the API shows them, and the URLs of their files."""

import re
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from chalicelib.records import Record, content_type_of
from chalicelib.services import Services

URL_SECONDS: Final = 300
"""How long a presigned URL of a file is valid."""

_LONGEST_NAME = 150  # characters: escaped twice, a longer name makes URLs that some clients refuse
_HIDDEN = {"revision", "destETag"}


def represent(record: Record) -> dict[str, Any]:
    """Return a record without what only the pipeline needs."""
    members: dict[str, Any] = {name: value for name, value in record.items() if name not in _HIDDEN}
    if "renditions" in record:
        members["renditions"] = {
            name: {member: value for member, value in each.items() if member != "etag"}
            for name, each in record["renditions"].items()
        }
    return members


def files_of(record: Record) -> dict[str, str]:
    """Return the object key of each file of an image, by its variant: `original`, `compressed`, a rendition's name."""
    keys = {"original": record["sourceKey"]}
    if "destKey" in record:
        keys["compressed"] = record["destKey"]
        keys |= {name: each["destKey"] for name, each in record.get("renditions", {}).items()}
    return keys


def sign_urls(record: Record, adapters: Services) -> dict[str, str]:
    """Return a URL of each file of an image, by its variant."""
    return {variant: sign_url(record, variant, adapters, download=False) for variant in files_of(record)}


def srcset(record: Record, urls: Mapping[str, str]) -> dict[str, str]:
    """Return the member `srcset` for HTML: the URL and the width of each size; nothing for a failed image."""
    if "width" not in record:
        return {}
    sizes = {"compressed": record, **record.get("renditions", {})}
    return {"srcset": ", ".join(f"{urls[name]} {each['width']}w" for name, each in sizes.items())}


def sign_url(record: Record, variant: str, adapters: Services, *, download: bool) -> str:
    """Return a URL that fetches a file without credentials for `URL_SECONDS`, for display or for download.

    A source that is not an image is always downloaded: no browser displays it, whatever its uploader called it.
    """
    key = files_of(record)[variant]
    disposition = "attachment" if download or record["status"] == "failed" else "inline"
    name = key.rpartition("/")[2][-_LONGEST_NAME:]
    # curl reads the first parameter alone; RFC 6266 has other clients prefer the second.
    plain = re.sub(r"[^ !#-$&-.0-\[\]-~]", "_", name)
    disposition += f"; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    if variant == "original":
        content_type = content_type_of(record.get("originalFormat"))
        return adapters.source.sign_source_url(key, URL_SECONDS, content_type, disposition)
    return adapters.compressed.sign_compressed_url(key, URL_SECONDS, disposition)
