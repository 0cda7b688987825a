"""`make load N=1000 CONCURRENCY=4 KILL=yes`: uploads through the deployed function, and what became of them.

A local stack of its own is started for it. No more than CONCURRENCY uploads are ever under way: the next begins when one
has its record. With KILL=yes workers of the function are killed (-9) at random; what they leave is retried by Lambda,
put through again from the dead-letter queue, and found by a sweep, before losses are counted.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import quantiles
from typing import TYPE_CHECKING

from rich.progress import Progress

from chalicelib import aws, sweep
from chalicelib.catalog import Catalog
from chalicelib.metadata import image_id
from chalicelib.sweep import Position
from tools.local_stack import StackError, free_port, running
from tools.pictures import picture
from tools.redrive import redriven
from tools.stages import Stage, chosen

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_SECONDS_EACH = 60
_SECONDS_BETWEEN_KILLS = 0.7
_WORKER = "imagepress-local-compress"


def main() -> None:
    """Start a stack, load it, print the figures; end with 1 if anything was lost."""
    number, concurrency = (
        int(os.environ.get(name) or default) for name, default in (("N", 1000), ("CONCURRENCY", 4))
    )
    try:
        with running(aws_port := free_port(), free_port()):
            os.environ.update(STAGE="local", AWS_PORT=str(aws_port))
            lost = _load(chosen(), number, concurrency, kill=os.environ.get("KILL") == "yes")
    except StackError as error:
        sys.exit(str(error))
    sys.exit(1 if lost else 0)


def _load(stage: Stage, number: int, concurrency: int, *, kill: bool) -> int:
    s3 = stage.session.client("s3")
    catalog = Catalog(aws.dynamodb_client(stage.session), stage.settings.table_name)
    photos = [picture(side * 4 // 3, side, "JPEG") for side in (600, 900, 1200, 1500)]
    keys = [f"load/{index:06}.jpg" for index in range(number)]
    peak = Peak()
    with (
        Progress() as progress,
        _watched(peak),
        _killing(kill) as killed,
        ThreadPoolExecutor(concurrency) as pool,
    ):
        task = progress.add_task("Uploading", total=number)
        began = time.monotonic()
        seconds = []
        for took in pool.map(
            lambda index: _upload(s3, catalog, keys[index], photos[index % 4]), range(number)
        ):
            seconds.append(took)
            progress.advance(task)
        whole = time.monotonic() - began
    done = sorted(took for took in seconds if took is not None)
    late = number - len(done)
    if late:
        _recover(stage, catalog, keys)
    lost = sum(not _recorded(catalog, key) for key in keys)
    cuts = quantiles(done, n=100)
    print(f"{number} uploads, {concurrency} at a time: {number / whole:.1f} a second")
    print(f"upload to record: p50 {cuts[49]:.2f} s, p95 {cuts[94]:.2f} s, p99 {cuts[98]:.2f} s")
    print(f"peak memory of a worker: {peak.megabytes:.0f} MB; workers killed: {len(killed)}")
    print(f"not done within {_SECONDS_EACH} s: {late}; lost after redrive and sweep: {lost}")
    return lost


def _upload(s3: "S3Client", catalog: Catalog, key: str, data: bytes) -> float | None:
    """Upload, and return the seconds until the record is there, or None if it takes too long."""
    began = time.monotonic()
    s3.put_object(Bucket="source-image", Key=key, Body=data)
    while time.monotonic() < began + _SECONDS_EACH:
        if _recorded(catalog, key):
            return time.monotonic() - began
        time.sleep(0.02)
    return None


def _recorded(catalog: Catalog, key: str) -> bool:
    record = catalog.get(image_id("source-image", key))
    return record is not None and record["status"] == "compressed"


def _recover(stage: Stage, catalog: Catalog, keys: list[str]) -> None:
    print(f"Put through again: {len(list(redriven(stage)))}")
    *_, last = sweep.of(stage.settings, stage.session).positions(Position.start(datetime.now(UTC)))
    print(f"Found by the sweep: {last.missing} missing, {last.stale} stale, {last.orphaned} orphaned")
    deadline = time.monotonic() + _SECONDS_EACH
    while time.monotonic() < deadline and not all(_recorded(catalog, key) for key in keys):
        time.sleep(0.5)


class Peak:
    """The most memory that a worker of the function has held."""

    megabytes = 0.0

    def look(self) -> None:
        """Look at every worker that runs."""
        for pid in workers():
            with suppress(OSError):
                for line in Path(f"/proc/{pid}/status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self.megabytes = max(self.megabytes, int(line.split()[1]) / 1000)


def workers() -> list[int]:
    """Return the processes of the compress function that the emulator runs, where /proc tells."""
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if _WORKER in (line := path.read_text()) and "_worker.py" in line:
                found.append(int(path.parent.name))
    return found


@contextmanager
def _every(seconds: float, work: Callable[[], None]) -> Iterator[None]:
    """Do something again and again, until the context ends."""
    ended = threading.Event()

    def again() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=again)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@contextmanager
def _watched(peak: Peak) -> Iterator[None]:
    with _every(0.2, peak.look):
        yield


@contextmanager
def _killing(kill: bool) -> Iterator[list[int]]:
    killed: list[int] = []
    random = Random(1)  # noqa: S311 - the same run again

    def one() -> None:
        if running_now := workers():
            victim = random.choice(running_now)
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    if not kill:
        yield killed
        return
    with _every(_SECONDS_BETWEEN_KILLS, one):
        yield killed


if __name__ == "__main__":
    main()
