"""Uploads through the deployed function, and their outcome: `make load N=1000 CONCURRENCY=4 KILL=yes`.

The load has its own local stack. At most CONCURRENCY uploads are in progress: the next upload starts when another one
has its record. KILL=yes kills random workers of the function (-9). Lambda retries their events, and this tool then
redrives the dead-letter queue and sweeps the bucket before it counts losses. An upload is lost if it has no record of
its own bytes, or no compressed image.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from random import choice
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.memory import format_megabytes, peak_memory
from chalicelib import sweep
from chalicelib.records import Record, image_id
from chalicelib.services import Services
from chalicelib.sweep import Position
from tools.errors import ToolError
from tools.local_stack import free_port, running
from tools.pictures import picture
from tools.redrive import redrive_events
from tools.server import StackError
from tools.stages import Stage, choose_stage

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PROCESSES = Path("/proc")
_SECONDS_TO_RECOVER = 300
_SECONDS_EACH_ROUND = 15
_SECONDS_BETWEEN_KILLS = 1.0
_SECONDS_TO_START = 3
_SIDES = (600, 900, 1200, 1500)


@dataclass(frozen=True, slots=True)
class Plan:
    """The number of uploads, the most in progress, whether workers are killed, and the seconds until one is late."""

    number: int
    concurrency: int
    kill: bool
    patience: float = 60

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Plan":
        """Return the plan of N, CONCURRENCY and KILL.

        Raises:
            ToolError: A value is not allowed, or this system cannot kill workers.
        """
        kill = environment.get("KILL") or "no"
        if kill not in {"yes", "no"}:
            raise ToolError(f"KILL must be yes or no; got '{kill}'.")
        if kill == "yes" and not _PROCESSES.is_dir():
            raise ToolError("KILL=yes finds the workers in /proc, which this system does not have.")
        number = _whole_number(environment, "N", 1000, 100_000)
        return cls(number, _whole_number(environment, "CONCURRENCY", 4, 64), kill == "yes")


def _whole_number(environment: Mapping[str, str], variable: str, default: int, highest: int) -> int:
    value = environment.get(variable) or str(default)
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= highest:
        raise ToolError(f"{variable} must be a whole number from 1 to {highest}; got '{value}'.")
    return int(value)


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a load.

    `waits` has the seconds from each upload to its record, ascending, without late uploads. `peak` is in bytes.
    """

    plan: Plan
    seconds: float
    waits: list[float]
    peak: int | None
    killed: int
    redriven: int
    requeued: int
    lost: int

    @property
    def late(self) -> int:
        """Uploads without a record in time."""
        return self.plan.number - len(self.waits)

    def rows(self) -> list[tuple[str, str]]:
        """Return each figure with its name."""
        return [
            ("uploads / at a time", f"{self.plan.number} / {self.plan.concurrency}"),
            ("throughput", f"{self.plan.number / self.seconds:.1f} a second"),
            *((f"upload to record, p{share}", self._wait(share)) for share in (50, 95, 99)),
            ("peak memory of a worker", format_megabytes(self.peak)),
            ("workers killed", str(self.killed)),
            (f"later than {self.plan.patience:.0f} s", str(self.late)),
            ("redriven from the dead-letter queue", str(self.redriven)),
            ("requeued by the sweep", str(self.requeued)),
            ("lost", str(self.lost)),
        ]

    def _wait(self, share: int) -> str:
        if not self.waits:
            return "every upload was late"
        return f"{self.waits[min(len(self.waits) - 1, len(self.waits) * share // 100)]:.2f} s"


def main() -> None:
    """Start a stack, load it, and print the figures; exit with 1 if an upload is lost."""
    try:
        plan = Plan.of(os.environ)
        with running(aws_port := free_port(), free_port()):
            os.environ.update(STAGE="local", AWS_PORT=str(aws_port))
            report = load(choose_stage(), plan)
    except (StackError, ToolError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
    table = Table(show_header=False)
    for row in report.rows():
        table.add_row(*row)
    Console().print(table)
    sys.exit(1 if report.lost else 0)


def load(stage: Stage, plan: Plan) -> Report:
    """Upload to a local stage, wait for the records, and recover late uploads."""
    uploads = Uploads(stage)
    photos = [picture(side * 4 // 3, side, "JPEG") for side in _SIDES]
    workers = Workers(uploads.endpoint, stage.settings.compress_function)

    def upload(index: int) -> float | None:
        return uploads.send(f"load/{index:06}.jpg", photos[index % len(photos)], plan.patience)

    with (
        Progress() as progress,
        _every(0.2, workers.measure),
        _every(_SECONDS_BETWEEN_KILLS, workers.kill_one) if plan.kill else nullcontext(),
        ThreadPoolExecutor(plan.concurrency) as pool,
    ):
        start = time.monotonic()
        results = pool.map(upload, range(plan.number))
        seconds = list(progress.track(results, plan.number, description="Uploading"))
        whole = time.monotonic() - start
    waits = sorted(wait for wait in seconds if wait is not None)
    events, requeued = _recover(stage, uploads) if plan.kill or len(waits) < plan.number else (0, 0)
    lost = len(uploads.unfinished())
    return Report(plan, whole, waits, workers.peak, workers.killed, events, requeued, lost)


class Uploads:
    """The uploads to a stage."""

    def __init__(self, stage: Stage) -> None:
        self._s3: S3Client = stage.session.client("s3")
        self._table = Services(stage.settings, session=stage.session).table
        self._bucket = stage.settings.source_bucket
        self._etags: dict[str, str] = {}
        self.endpoint = self._s3.meta.endpoint_url

    def send(self, key: str, data: bytes, patience: float) -> float | None:
        """Upload, and return the seconds until the record exists, or None if it takes too long."""
        start = time.monotonic()
        self._etags[key] = self._s3.put_object(Bucket=self._bucket, Key=key, Body=data)["ETag"]
        while time.monotonic() < start + patience:
            if self._record(key):
                return time.monotonic() - start
            time.sleep(0.02)
        return None

    def unfinished(self) -> list[str]:
        """Return the keys without a record of their bytes, or without the compressed image of their record."""
        return [key for key in list(self._etags) if not self._is_finished(key)]

    def _record(self, key: str) -> Record | None:
        record = self._table.get_record(image_id(self._bucket, key))
        return record if record and record["sourceETag"] == self._etags[key] else None

    def _is_finished(self, key: str) -> bool:
        record = self._record(key)
        if record is None or record["status"] != "compressed":
            return False
        try:
            answer = self._s3.head_object(Bucket=record["destBucket"], Key=record["destKey"])
        except ClientError:
            return False
        return answer["ETag"] == record["destETag"]


def _recover(stage: Stage, uploads: Uploads) -> tuple[int, int]:
    """Redrive and sweep as an operator would, at least once, until all uploads are finished.

    Returns:
        The numbers of redriven events and of requeued keys.
    """
    events = requeued = 0
    deadline = time.monotonic() + _SECONDS_TO_RECOVER
    finished = False
    while not finished and time.monotonic() < deadline:
        events += list(redrive_events(stage)).count("redriven")
        *_, last = sweep.of(Services(stage.settings, session=stage.session)).positions(Position())
        requeued += last.requeued
        end_of_round = time.monotonic() + _SECONDS_EACH_ROUND
        while not (finished := not uploads.unfinished()) and time.monotonic() < end_of_round:
            time.sleep(0.5)
    return events, requeued


class Workers:
    """The processes in which an emulator runs a function, found in /proc."""

    def __init__(self, endpoint: str, function: str) -> None:
        self.peak: int | None = None
        self.killed = 0
        self._first_seen: dict[int, float] = {}
        self._variables = {
            f"AWS_ENDPOINT_URL={endpoint}".encode(),
            f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(),
        }

    def _running(self) -> list[int]:
        found = []
        for path in _PROCESSES.glob("[0-9]*/environ"):
            with suppress(OSError):
                if self._variables <= set(path.read_bytes().split(b"\0")):
                    found.append(int(path.parent.name))
        return found

    def measure(self) -> None:
        """Update the peak memory."""
        for process in self._running():
            if peak := peak_memory(process):
                self.peak = max(self.peak or 0, peak)

    def kill_one(self) -> None:
        """Kill a random process that has started: the emulator drops all events if one dies while it starts."""
        now = time.monotonic()
        first_seen = {process: self._first_seen.setdefault(process, now) for process in self._running()}
        if started := [process for process, seen in first_seen.items() if seen < now - _SECONDS_TO_START]:
            with suppress(ProcessLookupError):
                os.kill(choice(started), signal.SIGKILL)  # noqa: S311 - not for security
                self.killed += 1


@contextmanager
def _every(seconds: float, work: Callable[[], Any]) -> Iterator[None]:
    """Repeat some work in a thread until the context ends."""
    ended = threading.Event()

    def repeat() -> None:
        while not ended.wait(seconds):
            work()

    thread = threading.Thread(target=repeat)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


if __name__ == "__main__":
    main()
