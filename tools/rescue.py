"""A kept folder after a power failure: its objects are saved, and uploaded again.

The emulator writes objects at once, but everything else (tables, the stack, what buckets are like) only when it stops.
If it was killed, that state is missing or older than the objects.
"""

import json
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from tools.server import StackError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

FOLDER: Final = "rescued"
"""Where objects wait, within the kept folder."""

_BUCKETS: Final = ("source-image", "resized-image")
_HEADERS: Final = ("ContentType", "ContentEncoding", "Metadata")


@contextmanager
def agreement(folder: Path) -> Iterator[None]:
    """Mark a folder while a run uses it, and remove the state that a run left which was killed."""
    mark = folder / ".running"
    if mark.exists():
        shutil.rmtree(folder / "state", ignore_errors=True)
    mark.touch()
    try:
        yield
    except StackError:  # the emulator may be dead
        raise
    except BaseException:  # Ctrl-C
        mark.unlink()
        raise
    mark.unlink()


class Rescued(NamedTuple):
    """A source object: the file of its bytes, and the arguments of `PutObject` that it had."""

    path: Path
    headers: Mapping[str, Any]


def take_out(s3: "S3Client", folder: Path) -> None:
    """Move the sources into a folder, and delete the buckets, so that the stack can be created.

    A run that is interrupted while it does this, or before all is uploaded again, loses nothing: the next one goes on.
    """
    existing = {bucket["Name"] for bucket in s3.list_buckets()["Buckets"]} & set(_BUCKETS)
    if not existing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    numbers = count(len(list(folder.glob("*.json"))))
    if "source-image" in existing:
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket="source-image"):
            for item in page.get("Contents", []):
                _copy(s3, item["Key"], folder / f"{next(numbers):08}")
    for bucket in existing:
        _delete(s3, bucket)


def waiting(folder: Path) -> dict[str, Rescued]:
    """Return the objects that wait in a folder, by their keys; of two with one key, the later one."""
    found = {}
    for path in sorted(folder.glob("*.json")):
        headers = json.loads(path.read_text())
        found[headers.pop("Key")] = Rescued(path.with_suffix(""), headers)
    return found


def _copy(s3: "S3Client", key: str, path: Path) -> None:
    answer: Any = s3.get_object(Bucket="source-image", Key=key)
    with path.open("wb") as file:
        for piece in answer["Body"].iter_chunks():
            file.write(piece)
    headers = {name: answer[name] for name in _HEADERS if answer.get(name)}
    path.with_suffix(".json").write_text(json.dumps({"Key": key, **headers}))


def _delete(s3: "S3Client", bucket: str) -> None:
    for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
        for version in page.get("Versions", []) + page.get("DeleteMarkers", []):
            s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])
    s3.delete_bucket(Bucket=bucket)
