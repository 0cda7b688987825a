"""`make load N=1000 CONCURRENCY=4 KILL=yes`: uploads through the deployed function, and what became of them.

A local stack of its own is started for it. No more than CONCURRENCY uploads are ever under way: the next begins when one
has its record. With KILL=yes workers of the function are killed (-9) at random; what they leave is retried by Lambda,
put through again from the dead-letter queue, and found by a sweep, before losses are counted: uploads that have no record of
their own bytes in the end, or one whose compressed image is not there.
"""

import os
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from chalicelib import aws, sweep
from chalicelib.catalog import Catalog
from chalicelib.metadata import Record, image_id
from chalicelib.sweep import Position
from tools.local_stack import StackError, free_port, running
from tools.pictures import picture
from tools.redrive import redriven
from tools.stages import Stage, StageError, chosen

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
    """What to load the function with.

    Attributes:
        number: Uploads.
        concurrency: Of them under way at once, at most.
        kill: Whether workers are killed meanwhile.
        patience: Seconds to wait for a record before the upload counts as late.
    """

    number: int
    concurrency: int
    kill: bool
    patience: float = 60

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Plan":
        """Return what N, CONCURRENCY and KILL say.

        Raises:
            StageError: One of them is not allowed, or workers cannot be killed here.
        """
        kill = environment.get("KILL") or "no"
        if kill not in {"yes", "no"}:
            raise StageError(f"KILL is {kill!r}, but must be yes or no.")
        if kill == "yes" and not _PROCESSES.is_dir():
            raise StageError(
                "KILL=yes finds the function's workers in /proc, which this system does not have."
            )
        return cls(
            number=_whole(environment, "N", 1000, 100_000),
            concurrency=_whole(environment, "CONCURRENCY", 4, 64),
            kill=kill == "yes",
        )


@dataclass(frozen=True, slots=True)
class Report:
    """What came of it.

    Attributes:
        plan: What was asked for.
        seconds: From the first upload to the last record.
        waits: Seconds from an upload to its record, ascending, of those that had one in time.
        peak_megabytes: The most memory that a worker held; None where the system does not tell.
        killed: Workers that were killed.
        redriven: Events put through again from the dead-letter queue.
        requeued: Keys that the sweep found.
        lost: Uploads without a record, or without a compressed image, at the end.
    """

    plan: Plan
    seconds: float
    waits: list[float]
    peak_megabytes: float | None
    killed: int
    redriven: int
    requeued: int
    lost: int

    @property
    def late(self) -> int:
        """Uploads that had no record in time."""
        return self.plan.number - len(self.waits)

    def rows(self) -> list[tuple[str, str]]:
        """Return each figure with its name."""
        peak = "not told by this system" if self.peak_megabytes is None else f"{self.peak_megabytes:.0f} MB"
        return [
            ("uploads / at a time", f"{self.plan.number} / {self.plan.concurrency}"),
            ("throughput", f"{self.plan.number / self.seconds:.1f} a second"),
            *((f"upload to record, p{share}", self._wait(share)) for share in (50, 95, 99)),
            ("peak memory of a worker", peak),
            ("workers killed", str(self.killed)),
            (f"not done within {self.plan.patience:.0f} s", str(self.late)),
            ("put through again from the dead-letter queue", str(self.redriven)),
            ("handed over by the sweep", str(self.requeued)),
            ("lost", str(self.lost)),
        ]

    def _wait(self, share: int) -> str:
        if not self.waits:
            return "none was done in time"
        return f"{self.waits[min(len(self.waits) - 1, len(self.waits) * share // 100)]:.2f} s"


def _whole(environment: Mapping[str, str], variable: str, default: int, highest: int) -> int:
    value = environment.get(variable) or str(default)
    if not re.fullmatch(r"[0-9]{1,6}", value) or not 1 <= int(value) <= highest:
        raise StageError(f"{variable} is {value!r}, but must be a whole number from 1 to {highest}.")
    return int(value)


def main() -> None:
    """Start a stack, load it, print the figures; end with 1 if anything was lost."""
    try:
        plan = Plan.of(os.environ)
        with running(aws_port := free_port(), free_port()):
            os.environ.update(STAGE="local", AWS_PORT=str(aws_port))
            report = load(chosen(), plan)
    except (StackError, StageError) as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("\nStopped.")
    table = Table(show_header=False)
    for row in report.rows():
        table.add_row(*row)
    Console().print(table)
    sys.exit(1 if report.lost else 0)


def load(stage: Stage, plan: Plan) -> Report:
    """Upload to a local stage, wait for the records, and mend what has none."""
    uploads = Uploads(stage)
    photos = [picture(side * 4 // 3, side, "JPEG") for side in _SIDES]
    workers = Workers(uploads.endpoint, stage.settings.compress_function)
    peak = Peak(workers)

    def upload(index: int) -> float | None:
        return uploads.send(f"load/{index:06}.jpg", photos[index % len(photos)], plan.patience)

    with (
        Progress() as progress,
        _every(0.2, peak.look),
        _killing(workers, wanted=plan.kill) as killed,
        ThreadPoolExecutor(plan.concurrency) as pool,
    ):
        began = time.monotonic()
        seconds = list(
            progress.track(pool.map(upload, range(plan.number)), plan.number, description="Uploading")
        )
        whole = time.monotonic() - began
    waits = sorted(took for took in seconds if took is not None)
    events, requeued = _recover(stage, uploads) if plan.kill or len(waits) < plan.number else (0, 0)
    return Report(
        plan=plan,
        seconds=whole,
        waits=waits,
        peak_megabytes=peak.megabytes,
        killed=len(killed),
        redriven=events,
        requeued=requeued,
        lost=len(uploads.unfinished()),
    )


class Uploads:
    """What was uploaded to a stage, and whether it was compressed."""

    def __init__(self, stage: Stage) -> None:
        self._s3: S3Client = stage.session.client("s3")
        self._catalog = Catalog(aws.dynamodb_client(stage.session), stage.settings.table_name)
        self._bucket = stage.settings.source_bucket
        self._etags: dict[str, str] = {}

    @property
    def endpoint(self) -> str:
        """Where they go."""
        return self._s3.meta.endpoint_url

    def send(self, key: str, data: bytes, patience: float) -> float | None:
        """Upload, and return the seconds until the record is there, or None if it takes too long."""
        began = time.monotonic()
        self._etags[key] = self._s3.put_object(Bucket=self._bucket, Key=key, Body=data)["ETag"]
        while time.monotonic() < began + patience:
            if self._record(key):
                return time.monotonic() - began
            time.sleep(0.02)
        return None

    def unfinished(self) -> list[str]:
        """Return the keys of those that have no record of their bytes, or whose record's image is not there."""
        return [key for key in list(self._etags) if not self._is_finished(key)]

    def wait(self, seconds: float) -> bool:
        """Wait a while for all to be finished, and tell whether they are."""
        deadline = time.monotonic() + seconds
        while unfinished := self.unfinished():
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
        return not unfinished

    def _record(self, key: str) -> Record | None:
        record = self._catalog.get(image_id(self._bucket, key))
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
    """Redrive and sweep until all are finished, once at least, as an operator would; return what each had to do."""
    events = requeued = 0
    deadline = time.monotonic() + _SECONDS_TO_RECOVER
    finished = False
    while not finished and time.monotonic() < deadline:
        events += list(redriven(stage)).count("redriven")
        *_, last = sweep.of(stage.settings, stage.session).positions(Position())
        requeued += last.requeued
        finished = uploads.wait(_SECONDS_EACH_ROUND)
    return events, requeued


class Workers:
    """The processes in which one emulator runs one function, where /proc tells."""

    def __init__(self, endpoint: str, function: str) -> None:
        self._signs = {
            f"AWS_ENDPOINT_URL={endpoint}".encode(),
            f"AWS_LAMBDA_FUNCTION_NAME={function}".encode(),
        }

    def running(self) -> list[int]:
        """Return their process ids."""
        found = []
        for path in _PROCESSES.glob("[0-9]*/environ"):
            with suppress(OSError):
                if self._signs <= set(path.read_bytes().split(b"\0")):
                    found.append(int(path.parent.name))
        return found


class Peak:
    """The most memory that a worker has held."""

    def __init__(self, workers: Workers) -> None:
        self._workers = workers
        self.megabytes: float | None = None

    def look(self) -> None:
        """Look at every worker that runs."""
        for pid in self._workers.running():
            with suppress(OSError):
                for line in (_PROCESSES / str(pid) / "status").read_text().splitlines():
                    if line.startswith("VmHWM:"):
                        self.megabytes = max(self.megabytes or 0, int(line.split()[1]) / 1000)


@contextmanager
def _every(seconds: float, work: Callable[[], Any]) -> Iterator[None]:
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
def _killing(workers: Workers, *, wanted: bool) -> Iterator[list[int]]:
    killed: list[int] = []
    first_seen: dict[int, float] = {}
    random = Random(1)  # noqa: S311 - the same run again

    def one() -> None:
        now = time.monotonic()
        running_now = workers.running()
        # When one dies as it starts, the emulator drops all that it runs of the function.
        started = [pid for pid in running_now if first_seen.setdefault(pid, now) < now - _SECONDS_TO_START]
        if started:
            victim = random.choice(started)
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
                killed.append(victim)

    if not wanted:
        yield killed
        return
    with _every(_SECONDS_BETWEEN_KILLS, one):
        yield killed


if __name__ == "__main__":
    main()
