"""One schedule: users, new settings, S3's events and Lambda's retries, interleaved at every AWS call, and checked at its end."""

from collections.abc import Callable
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.imaging import Compressed, Options, Rendition
from chalicelib.pipeline import Pipeline
from tests.model.agreement import Broken, compressed, require_agreement
from tests.model.aws import DESTINATION, S3, SOURCE, TABLE, DynamoDB, World, etag_of
from tools.pictures import picture

KEYS = ("a.jpg", "thumb/a.jpg")
CONTENTS = (
    picture(9, 8, "JPEG"),
    picture(8, 9, "JPEG"),
    picture(7, 5, "PNG"),
    picture(6, 6, "TIFF"),
    picture(5, 7, "WEBP"),
    b"no image",
)
SETTINGS = (
    Options(),
    Options(renditions=(Rendition("thumb", 4),)),
    Options(output_format="webp", renditions=(Rendition("card", 5),)),
)
_LONGEST = 4000  # steps after which a schedule counts as one that never ends


class Crash(BaseException):
    pass


class Schedule:
    """A few keys, users who change them, and workers that reconcile them."""

    def __init__(
        self,
        seed: int,
        compressed: Callable[..., CompressedBucket] = CompressedBucket,
        table: Callable[..., RecordsTable] = RecordsTable,
        make: Callable[..., Pipeline] = Pipeline,
    ) -> None:
        self.random = Random(seed)
        self.make = (compressed, table, make)
        self.world = World(on_write=self._check_object, on_record=self._check_record)
        self.settings = self.random.choice(SETTINGS)
        self.events: list[str] = []
        self.workers: list[tuple[str, greenlet]] = []
        self.crashes = 3
        self.steps = 0
        # Contents that come once show which of two is newer; contents that come back find other errors.
        self.unique = self.random.random() < 0.7
        self.uploaded: list[bytes] = []
        self.former: dict[str, bytes] = {}  # by key, to be put back
        # Some errors need a worker that pauses while another runs from its start to its end.
        self.stalling = self.random.choice((0.0, 0.1))
        self.stalled: set[greenlet] = set()

    def run(self) -> None:
        """Change, reconcile, crash; then let everything end, and compare with what should be.

        Raises:
            Broken: It isn't so.
        """
        for _ in range(self.random.randint(1, 2)):
            self._drain(changes=self.random.randint(1, 4))
            require_agreement(self.world, self.settings)
            self._configure()
            if self.random.random() < 0.5:
                self._drain(changes=self.random.randint(0, 2), configures=True)
                self.events += KEYS  # workers with former settings may have ended after the sweep had passed
                self._drain(changes=0)
                require_agreement(self.world, self.settings)

    def _drain(self, changes: int, *, configures: bool = False) -> None:
        while changes or self.events or self.workers:
            self.steps += 1
            if self.steps > _LONGEST:
                raise Broken("it never ends")
            if changes and self.random.random() < 0.15:
                changes -= 1
                self._change()
            elif configures and self.random.random() < 0.05:
                configures = False
                self._configure()
            elif self.events and len(self.workers) < 3 and self.random.random() < 0.3:
                self._start()
            elif self.workers:
                self._step()

    def _configure(self) -> None:
        self.settings = self.random.choice(SETTINGS)
        self.events += KEYS  # as the sweep does, which comes after

    def _change(self) -> None:
        key = self.random.choice(KEYS)
        fresh = [data for data in CONTENTS if data not in self.uploaded] if self.unique else CONTENTS
        before = self.world.objects[SOURCE].get(key)
        if not self.unique and self.former.get(key) and self.random.random() < 0.4:
            self._upload(key, self.former[key])
        elif self.random.random() < 0.25 or not fresh:
            self.world.objects[SOURCE].pop(key, None)
        else:
            self._upload(key, self.random.choice(fresh))
        self.former[key] = before or b""
        self.events += [key] * self.random.choice((1, 1, 2))

    def _upload(self, key: str, data: bytes) -> None:
        self.uploaded.append(data)
        self.world.objects[SOURCE][key] = data

    def _start(self) -> None:
        key = self.events.pop(self.random.randrange(len(self.events)))
        settings = self.settings

        def work() -> None:
            compressed, table, make = self.make
            client: Any = S3(self.world, _stop)
            make(
                SourceBucket(client, SOURCE),
                compressed(client, DESTINATION),
                table(DynamoDB(self.world, _stop), TABLE),
                settings,
                1_000_000,
            ).reconcile(key)

        self.workers.append((key, greenlet(work)))

    def _step(self) -> None:
        awake = [each for each in self.workers if each[1] not in self.stalled]
        if not awake:
            if self.random.random() < 0.1:
                self.stalled.clear()
            return
        key, worker = self.random.choice(awake)
        crash = self.crashes > 0 and bool(worker) and self.random.random() < 0.05
        try:
            if crash:
                self.crashes -= 1
                worker.throw(Crash)
            else:
                worker.switch()
        except (Crash, Conflict):
            self.events.append(key)  # Lambda's retry, or the queue that is driven again
        if worker.dead:
            self.workers.remove((key, worker))
        elif self.random.random() < self.stalling:
            self.stalled.add(worker)

    def _check_object(self, key: str, before: bytes | None, after: bytes) -> None:
        self._check_age(
            f"object {key}", *(None if data is None else self._age(data) for data in (before, after))
        )

    def _age(self, data: bytes) -> int | None:
        """Return how many uploads came before the one that an object was made from, under any settings."""
        for age, source in enumerate(self.uploaded):
            for settings in SETTINGS:
                result = compressed(source, settings)
                if isinstance(result, Compressed) and data in (
                    result.data,
                    *(each.data for each in result.renditions),
                ):
                    return age
        return None

    def _check_record(self, before: Any, after: Any) -> None:
        etags = [etag_of(data) for data in self.uploaded]
        ages = (None if item is None else etags.index(item["sourceETag"]["S"]) for item in (before, after))
        self._check_age(f"record {after['sourceKey']['S']}", *ages)

    def _check_age(self, what: str, before: int | None, after: int | None) -> None:
        if self.unique and before is not None and after is not None and after < before:
            raise Broken(f"{what}: an older version was written over a newer one")


def _stop() -> None:
    getcurrent().parent.switch()
