"""What the API shows of a record, and the URLs of its files."""

from typing import Any, Final
from urllib.parse import quote

from chalicelib.metadata import Record, content_type_of
from chalicelib.services import Services

URL_SECONDS: Final = 300
"""How long a presigned URL of a file is good for."""

_LONGEST_NAME = 150  # characters: what URLs as long as clients take can hold, escaped twice
_HIDDEN = {"revision", "destETag"}


def shown(record: Record) -> dict[str, Any]:
    """Return a record without what only the pipeline needs."""
    members: dict[str, Any] = {name: value for name, value in record.items() if name not in _HIDDEN}
    if "renditions" in record:
        members["renditions"] = {
            name: {member: value for member, value in each.items() if member != "etag"}
            for name, each in record["renditions"].items()
        }
    return members


def files(record: Record) -> dict[str, str]:
    """Return the object key of each file of an image, by its variant: `original`, `compressed`, a rendition's name."""
    keys = {"original": record["sourceKey"]}
    if "destKey" in record:
        keys["compressed"] = record["destKey"]
        keys |= {name: each["destKey"] for name, each in record.get("renditions", {}).items()}
    return keys


def urls(record: Record, adapters: Services) -> dict[str, str]:
    """Return a URL of each file of an image, by its variant."""
    return {variant: url_of(record, variant, adapters, download=False) for variant in files(record)}


def url_of(record: Record, variant: str, adapters: Services, *, download: bool) -> str:
    """Return a URL that fetches a file without credentials for `URL_SECONDS`, to be shown or to be saved.

    What could not be read as an image is always saved: no browser shows it, whatever its uploader called it.
    """
    key = files(record)[variant]
    disposition = "attachment" if download or record["status"] == "failed" else "inline"
    name = key.rpartition("/")[2][-_LONGEST_NAME:]
    disposition += f"; filename*=UTF-8''{quote(name, safe='')}"
    if variant == "original":
        kind = content_type_of(record.get("originalFormat"))
        return adapters.source.sign_source_url(key, URL_SECONDS, kind, disposition)
    return adapters.compressed.sign_compressed_url(key, URL_SECONDS, disposition)
