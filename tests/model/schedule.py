"""One schedule: users, new settings, S3's events, Lambda's retries and sweeps, interleaved at every AWS call, and checked."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.records_table import Conflict, RecordsTable
from chalicelib.aws.s3 import Overtaken
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.comparison import Comparison
from chalicelib.imaging import Compressed, Options, Rendition, fingerprint
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id, possible_keys
from chalicelib.sweep import Position, Sweep
from tests.model.agreement import DEATH, Broken, compressed, require_agreement, require_totals
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
        compare: Callable[..., Comparison] = Comparison,
        source: Callable[..., SourceBucket] = SourceBucket,
    ) -> None:
        self.random = Random(seed)
        self.make = (source, compressed, table, make, compare)
        self.world = World(self._check_object, self._check_record, self._check_deletion)
        self.settings = self.random.choice(SETTINGS)
        self.events: list[str] = []
        self.workers: list[tuple[str, greenlet]] = []
        self.crashes = self.random.choice((0, 3, 3, 3))
        self.deaths = self.sweeps = self.deletions = self.random.choice((0, 1))
        # Without crashes and sweeps, the totals are right whenever nothing runs; else after the next sweep.
        self.exact = not self.crashes and not self.sweeps
        self.damages = self.sweeps
        self.seen: dict[greenlet, str] = {}  # the ETag that a deletion is for
        self.steps = 0
        # Contents that come once show which of two is newer; contents that come back find other errors.
        self.unique = self.random.random() < 0.5
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
            self._require_agreement()
            self._configure()
            if self.random.random() < 0.5:
                self._drain(changes=self.random.randint(0, 2), configures=True)
                self.events += KEYS  # workers with former settings may have ended after the sweep had passed
                self._drain(changes=0)
                self._require_agreement()
        if self.damages:
            self._damage()
        if self.damages or self.random.random() < 0.2:
            self._mend()

    def _require_agreement(self) -> None:
        require_agreement(self.world, self.settings)
        if self.exact:
            require_totals(self.world)

    def _mend(self) -> None:
        """Sweep until nothing is found; then totals are right, too."""
        self._sweep(lambda: None)
        while self.events:
            self._drain(changes=0)
            self._sweep(lambda: None)
        require_agreement(self.world, self.settings)
        require_totals(self.world)

    def _damage(self) -> None:
        """Change objects of the destination bucket, a record or a source without an event."""
        objects = self.world.objects[DESTINATION]
        for key in list(objects):
            match self.random.randrange(3):
                case 0:
                    del objects[key]
                case 1:
                    objects[key] = b"another"
        renditions = self.world.items.get("renditions", {}).get("names", {"SS": []})["SS"]
        ours = possible_keys(self.random.choice((*KEYS, "gone.jpg")), renditions)
        objects[self.random.choice(sorted(ours))] = b"left over"
        identifier = image_id(SOURCE, KEYS[0])
        match self.random.randrange(4):
            case 0:
                self.world.items.pop(identifier, None)
            case 1:
                self.world.objects[SOURCE].pop(KEYS[0], None)
            case 2 if fresh := self._fresh():
                self._upload(KEYS[0], self.random.choice(fresh))

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
            elif self.sweeps and self.workers and self.random.random() < 0.02:
                self.sweeps -= 1
                self._work(KEYS[0], partial(self._sweep, _stop))
            elif self.events and len(self.workers) < 3 and self.random.random() < 0.3:
                self._start()
            elif self.workers:
                self._step()

    def _configure(self) -> None:
        self.settings = self.random.choice(SETTINGS)
        self.events += KEYS  # as the sweep does, which comes after

    def _change(self) -> None:
        key = self.random.choice(KEYS)
        fresh = self._fresh()
        before = self.world.objects[SOURCE].get(key)
        if not self.unique and self.former.get(key) and self.random.random() < 0.4:
            self._upload(key, self.former[key])
        elif self.deletions and self.random.random() < 0.3:
            self.deletions -= 1
            self._work(key, partial(self._delete_as_seen, key))
        elif self.random.random() < 0.35 or not fresh:
            self.world.objects[SOURCE].pop(key, None)
        else:
            self._upload(key, self.random.choice(fresh))
        self.former[key] = before or b""
        self.events += [key] * self.random.choice((1, 1, 2))

    def _fresh(self) -> list[bytes]:
        return [data for data in CONTENTS if not self.unique or data not in self.uploaded]

    def _upload(self, key: str, data: bytes) -> None:
        self.uploaded.append(data)
        self.world.objects[SOURCE][key] = data

    def _start(self) -> None:
        key = self.events.pop(self.random.randrange(len(self.events)))
        pipeline = self._pipeline()
        self._work(key, lambda: pipeline.reconcile(key))

    def _work(self, key: str, work: Callable[[], object]) -> None:
        self.workers.append((key, greenlet(work)))

    def _adapters(self, stop: Callable[[], None]) -> tuple[SourceBucket, CompressedBucket, RecordsTable]:
        client: Any = S3(self.world, stop)
        source, compressed, table = self.make[:3]
        return (
            source(client, SOURCE),
            compressed(client, DESTINATION),
            table(DynamoDB(self.world, stop), TABLE),
        )

    def _pipeline(self) -> Pipeline:
        return self.make[3](*self._adapters(_stop), self.settings, 1_000_000)

    def _sweep(self, stop: Callable[[], None]) -> None:
        """Sweep from the first key to the last, and have what is found reconciled."""
        events = self.events

        class Requests:
            def request_compression(self, key: str) -> None:
                events.append(key)

        version = fingerprint(self.settings)
        comparison = self.make[4](*self._adapters(stop), version, 1_000_000, lambda _: True)
        function: Any = Requests()
        for _ in Sweep(comparison, function, 10**9).positions(Position()):
            pass

    def _delete_as_seen(self, key: str) -> None:
        """Delete a source unless it is another one than its record shows, as the API does with If-Match."""
        source, _, table = self._adapters(_stop)
        if record := table.get_record(image_id(SOURCE, key)):
            self.seen[getcurrent()] = record["sourceETag"]
            with suppress(Overtaken):
                source.delete_source(key, if_etag=record["sourceETag"])
        self.events.append(key)

    def _record_death(self, key: str) -> None:
        """Record a death and have the key reconciled, as `deaths` does."""
        with suppress(Conflict, Overtaken):
            self._pipeline().record_failure(key, DEATH)
        self.events.append(key)

    def _step(self) -> None:
        awake = [each for each in self.workers if each[1] not in self.stalled]
        if not awake:
            if self.random.random() < 0.1:
                self.stalled.clear()
            return
        key, worker = self.random.choice(awake)
        try:
            if self.crashes > 0 and bool(worker) and self.random.random() < 0.05:
                self.crashes -= 1
                worker.throw(Crash)
            else:
                worker.switch()
        except (Crash, Conflict) as error:
            self._retry(key, isinstance(error, Crash))
        if worker.dead:
            self.workers.remove((key, worker))
        elif self.random.random() < self.stalling:
            self.stalled.add(worker)

    def _retry(self, key: str, is_death: bool) -> None:
        if is_death and self.deaths and self.random.random() < 0.3:  # the last of Lambda's attempts
            self.deaths -= 1
            self._work(key, partial(self._record_death, key))
        else:
            self.events.append(key)  # or the queue that is driven again

    def _check_deletion(self, key: str, data: bytes) -> None:
        if etag_of(data) != self.seen.get(getcurrent(), etag_of(data)):
            raise Broken(f"{key}: another version was deleted than was seen")

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
