"""Bulk jobs: delete or compress again many images, in the sweep's function and at its pace.

An event of the function holds the whole job, so that another process can go on from it. Each step can be done twice:
a deletion deletes nothing the second time, and a compression ends in the same image.
"""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import batched
from time import monotonic, sleep
from typing import Any, Literal

from botocore.exceptions import ClientError

from chalicelib import services, telemetry
from chalicelib.aws.functions import KEYS_A_SECOND, SECONDS_TO_SPARE
from chalicelib.aws.s3 import Overtaken, is_about_the_key
from chalicelib.records import timestamp
from chalicelib.services import Services

Action = Literal["delete", "reprocess"]

_STEP = 100  # images between two reports of progress: DynamoDB's limit of records in one request
_KEPT = timedelta(days=30)
_SILENCE = timedelta(minutes=20)  # longer than the function may run


@dataclass(frozen=True, slots=True)
class Job:
    """A job, and what is left of it.

    Attributes:
        id: Its name.
        action: What is done with each image.
        created: When it was asked for; a source of the prefix that is newer stays as it is.
        prefix: Of the source keys; None for a job of some images.
        after_key: All source keys of the prefix up to this one are done.
        ids: The images that are left.
        total: How many images there were; None where that is not known.
        done: Images that were deleted, or whose compression was requested.
        skipped: Images that do not exist, that were replaced meanwhile, or that AWS refused to handle.
    """

    id: str
    action: Action
    created: str
    prefix: str | None = None
    after_key: str = ""
    ids: tuple[str, ...] = ()
    total: int | None = None
    done: int = 0
    skipped: int = 0


class Jobs:
    """Starts jobs, works through them, and reports their progress."""

    def __init__(self, adapters: Services, keys_a_second: float = KEYS_A_SECOND) -> None:
        self._adapters = adapters
        self._seconds_a_key = 1 / keys_a_second

    def start(self, job: Job) -> dict[str, Any]:
        """Have a job done, or what is left of it; return how far it is."""
        report = self._report(job, "running")
        self._adapters.sweep_function.start_sweep({"job": asdict(job)})
        return report

    def progress(self, identifier: str) -> dict[str, Any] | None:
        """Return how far a job is, or None; a job without progress for longer than its function may run is `stopped`."""
        report = self._adapters.table.get_document(f"job#{identifier}")
        if report and report["state"] == "running":
            silence = datetime.now(UTC) - datetime.fromisoformat(report["updatedAt"])
            report["state"] = "stopped" if silence > _SILENCE else "running"
        return report

    def steps(self, job: Job) -> Iterator[Job]:
        """Work through a job. Yield what is left after each step."""
        for after, keys in self._by_prefix(job) if job.prefix else self._by_id(job):
            started = monotonic()
            done = sum(self._apply(job.action, key, etag) for key, etag in keys.items())
            size = len(job.ids) - len(after.ids) if job.ids else len(keys)
            job = replace(after, done=job.done + done, skipped=job.skipped + size - done)
            self._report(job, "running")
            yield job
            sleep(max(0.0, self._seconds_a_key * len(keys) - (monotonic() - started)))
        self._report(job, "done")

    def _by_id(self, job: Job) -> Iterator[tuple[Job, Mapping[str, str | None]]]:
        """Yield some images' source keys, without an ETag that they must have, and the job without these images."""
        source = self._adapters.source.name
        for position, some in enumerate(batched(job.ids, _STEP), 1):
            records = self._adapters.table.get_records(some, ("sourceKey", "sourceBucket")).values()
            keys = {record["sourceKey"]: None for record in records if record["sourceBucket"] == source}
            yield replace(job, ids=job.ids[position * _STEP :]), keys

    def _by_prefix(self, job: Job) -> Iterator[tuple[Job, Mapping[str, str | None]]]:
        """Yield some source keys of the prefix and their ETags, and the job after these keys."""
        created = datetime.fromisoformat(job.created)
        while page := self._adapters.source.list_prefix(job.prefix or "", job.after_key):
            for some in batched(page, _STEP):
                job = replace(job, after_key=some[-1].key)
                keys = {
                    each.key: each.etag
                    for each in some
                    if each.modified <= created and self._adapters.settings.includes(each.key)
                }
                yield job, keys

    def _apply(self, action: Action, key: str, etag: str | None) -> bool:
        """Delete a source or request its compression; return whether that was possible."""
        try:
            if action == "delete":
                self._adapters.source.delete_source(key, if_etag=etag)
            self._adapters.compress_function.request_compression(key, force=action == "reprocess")
        except Overtaken:
            return False
        except ClientError as error:
            if not is_about_the_key(error):
                raise
            telemetry.log_error("the job skipped a key", error, key=key)
            return False
        return True

    def _report(self, job: Job, state: Literal["running", "done"]) -> dict[str, Any]:
        now = datetime.now(UTC)
        report = {
            "jobId": job.id,
            "action": job.action,
            "prefix": job.prefix,
            "state": state,
            "total": job.total,
            "done": job.done,
            "skipped": job.skipped,
            "createdAt": job.created,
            "updatedAt": timestamp(now),
        }
        self._adapters.table.put_document(f"job#{job.id}", report, int((now + _KEPT).timestamp()))
        return report


def handle(event: Mapping[str, Any], context: Any) -> dict[str, Any]:
    """Work through the job of an event as far as Lambda's time allows; a new invocation does what is left."""
    jobs, job = Jobs(services.of_functions()), Job(**event["job"])
    for job in jobs.steps(job):  # noqa: B020 - each follows from the last
        if context.get_remaining_time_in_millis() < SECONDS_TO_SPARE * 1000:
            jobs.start(job)
            break
    telemetry.logger().info("worked through a job", extra={"job": {**asdict(job), "ids": len(job.ids)}})
    return asdict(job)
