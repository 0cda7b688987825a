"""`make run`: the whole app on this machine, with pictures to look at."""

import os
import shutil
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from rich.console import Console
from rich.markup import escape
from rich.progress import Progress
from rich.table import Table

from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, image_id
from tools import rescue
from tools.local_stack import LocalStack, running
from tools.pictures import draw_pictures
from tools.rescue import Rescued
from tools.server import StackError

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".gif", ".tif", ".tiff", ".bmp", ".avif", ".heic", ".jp2"}
_IN_FLIGHT = 4  # the emulator starts a process for every event that waits
_SECONDS_EACH = 60


def main() -> None:
    """Start, show, stay until Ctrl-C."""
    stopped = threading.Event()

    def stop(*_: object) -> NoReturn:
        stopped.set()  # in case a finalizer swallows the exception
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)  # a shell starts background jobs with it ignored
    starter = os.getppid()
    console = Console()
    keep = Path(os.environ["KEEP"]) if os.environ.get("KEEP") else None
    try:
        photos = _find_photos(os.environ.get("PHOTOS"), console)
        console.print("Starting the local AWS and deploying the app to it ...")
        with running(_read_port("AWS_PORT", 4566), _read_port("PORT", 8000), keep) as stack:
            _show(stack, photos, keep, console)
            while os.getppid() == starter and not stopped.is_set():  # make may be killed
                stack.require_running()
                time.sleep(0.2)
    except StackError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        console.print("\nStopped.")


def _read_port(variable: str, default: int) -> int:
    value = os.environ.get(variable) or str(default)
    if not value.isdecimal() or not 1 <= int(value) <= 65_535:
        raise StackError(f"{variable} must be a port from 1 to 65535; got '{value}'.")
    return int(value)


def _show(stack: LocalStack, photos: dict[str, Path] | None, keep: Path | None, console: Console) -> None:
    s3 = stack.session.client("s3", endpoint_url=stack.endpoint)
    table = RecordsTable(stack.session.client("dynamodb", endpoint_url=stack.endpoint), "ImageMetadata")
    rescued = keep / rescue.FOLDER if keep else None
    pictures: dict[str, Path | bytes | Rescued] = {
        **(rescue.waiting(rescued) if rescued else {}),
        **(photos or {}),
    }
    if rescued and rescued.exists():
        console.print(
            f"The last run on {keep} was cut off. Its pictures are compressed again: {len(pictures)}."
        )
    elif photos is None and not s3.list_objects_v2(Bucket="source-image", MaxKeys=1).get("Contents"):
        pictures = dict(draw_pictures())  # only into an empty bucket: with KEEP, people may have deleted some
    with Progress(console=console) as progress, ThreadPoolExecutor(_IN_FLIGHT) as pool:
        task = progress.add_task("Uploading and compressing", total=len(pictures))
        records = []
        for record in pool.map(lambda item: _upload(s3, table, *item), pictures.items()):
            records.append(record)
            progress.advance(task)
    if rescued:
        shutil.rmtree(rescued, ignore_errors=True)
    if records:
        console.print(_format_table(records))
    functions = stack.session.client("lambda", endpoint_url=stack.endpoint)
    functions.invoke(FunctionName="imagepress-local-sweep", InvocationType="Event")  # as each day on AWS
    api = stack.api
    console.print(f"AWS  {stack.endpoint}  (credentials test/test, buckets source-image and resized-image)")
    console.print(f"API  {api}\n\nTry:\n  curl {api}/health\n  curl '{api}/images?limit=5'", highlight=False)
    if compressed := [record["imageId"] for record in records if record["status"] == "compressed"]:
        file = f"{api}/images/{compressed[0]}/file"
        console.print(f"  curl -L -o smaller.jpg {file}", highlight=False, soft_wrap=True)
    console.print(
        "\nTo change a setting: `local` in .chalice/config.json, then start again.", highlight=False
    )
    console.print(f"\nGallery  {api}/\nCtrl-C stops everything.", highlight=False)


def _find_photos(folder: str | None, console: Console) -> dict[str, Path] | None:
    """Return the images of a folder by their keys; None if no folder is named. Print which files are left out."""
    if not folder:
        return None
    root = Path(folder).expanduser()
    if not root.is_dir():
        raise StackError(
            f"PHOTOS must name a folder; {folder} {'is a file' if root.exists() else 'does not exist'}."
        )
    files = sorted(path for path in root.rglob("*") if path.is_file())
    photos = {path.relative_to(root).as_posix(): path for path in files if path.suffix.lower() in _SUFFIXES}
    if skipped := [path.name for path in files if path.suffix.lower() not in _SUFFIXES]:
        names = ", ".join(skipped[:5]) + (", ..." if len(skipped) > 5 else "")
        console.print(f"Left out, since their names do not end like an image's: {names}", markup=False)
    if not photos:
        raise StackError(f"PHOTOS must name a folder with images; {folder} has none.")
    return photos


def _upload(s3: "S3Client", table: RecordsTable, key: str, picture: Path | bytes | Rescued) -> Record:
    data, headers = picture if isinstance(picture, Rescued) else (picture, {})
    with data.open("rb") if isinstance(data, Path) else BytesIO(data) as body:
        etag = s3.put_object(Bucket="source-image", Key=key, Body=body, **headers)["ETag"]
    deadline = time.monotonic() + _SECONDS_EACH
    while time.monotonic() < deadline:
        record = table.get_record(image_id("source-image", key))
        if record and record["sourceETag"] == etag:
            return record
        time.sleep(0.1)
    raise StackError(f"{key} was uploaded but has no record after {_SECONDS_EACH} seconds.")


def _format_table(records: list[Record]) -> Table:
    table = Table("name", "pixels", "before", "after", "saved")
    for record in records:
        table.add_row(escape(record["sourceKey"]), *_format_figures(record))
    return table


def _format_figures(record: Record) -> tuple[Any, ...]:
    before = record["sizeOriginal"]
    if record["status"] == "failed":
        return "", f"{before:,}", "failed", record["error"]["code"]
    after = record["sizeCompressed"]
    pixels = f"{record['originalWidth']}x{record['originalHeight']} to {record['width']}x{record['height']}"
    return pixels, f"{before:,}", f"{after:,}", f"{1 - after / before:.0%}"


if __name__ == "__main__":
    main()
