"""What a page of `GET /images` costs with 1,000, 10,000 and 100,000 records: `make bench` shows it.

The table is dynalite's, a DynamoDB on LevelDB whose indexes are real ones, so that time tells something too. Requests are
counted as the SDK sends them, and the units that they consume as the table answers.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, cast

import boto3
from botocore.exceptions import BotoCoreError, ClientError
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.imaging.peers import BUILD, ROOT
from chalicelib import aws
from chalicelib.catalog import Catalog, item_of
from chalicelib.listing import Filters, Listing, Order
from chalicelib.metadata import Record, image_id, timestamp
from tools.deploy.template import parsed
from tools.local_stack import free_port

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 10_000)
PAGE = 20
_ROUNDS = 15
_TABLE, _BUCKET = "ImageMetadata", "source-image"
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_FORMATS = ("jpeg", "png", "webp", "failed")
_SHARES = (75, 10, 5, 10)  # per cent of the records: some pages even of a thousand


@dataclass(frozen=True, slots=True)
class Asked:
    """A listing, and how many pages come before the one that is measured."""

    title: str
    filters: Filters
    order: Order = "newest"
    pages_before: int = 0


ASKED = (
    Asked("newest first", Filters()),
    Asked("newest first, tenth page", Filters(), pages_before=9),
    Asked("oldest first", Filters(), "oldest"),
    Asked("failed", Filters(status="failed")),
    Asked("PNG", Filters(format="png")),
    Asked("by name, with a prefix", Filters(prefix="albums/3/"), "name"),
    Asked("PNG by name", Filters(format="png"), "name"),
)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one page costs.

    Attributes:
        records: How many it shows.
        queries: Requests that look at an index.
        batches: Requests for records.
        looked_at: Entries that the queries looked at.
        units: Read request units.
        milliseconds: Median of some pages, one after the other.
    """

    records: int
    queries: int
    batches: int
    looked_at: int
    units: float
    milliseconds: float


class Meter:
    """Counts what a DynamoDB client sends, and what the answers say that it took."""

    def __init__(self, client: Any) -> None:
        self.reset()
        events = client.meta.events
        for operation in ("Query", "BatchGetItem"):
            events.register(f"provide-client-params.dynamodb.{operation}", _ask_for_units)
            events.register(f"after-call.dynamodb.{operation}", self._count)

    def reset(self) -> None:
        """Begin to count."""
        self.requests = {"Query": 0, "BatchGetItem": 0}
        self.looked_at = 0
        self.units = 0.0

    def _count(self, parsed: Any, model: Any, **_: Any) -> None:
        self.requests[model.name] += 1
        self.looked_at += parsed.get("ScannedCount", 0)
        consumed = parsed["ConsumedCapacity"]
        for each in consumed if isinstance(consumed, list) else [consumed]:
            self.units += each["CapacityUnits"]


def _ask_for_units(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return params | {"ReturnConsumedCapacity": "TOTAL"}


def measure(client: Any, asked: Asked) -> Cost:
    """Ask for a page, and return what it cost."""
    listing = Listing(Catalog(client, _TABLE), _BUCKET)
    cursor = None
    for _ in range(asked.pages_before):
        cursor = listing.page(asked.filters, asked.order, PAGE, cursor).cursor
    meter = Meter(client)
    page = listing.page(asked.filters, asked.order, PAGE, cursor)
    counted = (meter.requests["Query"], meter.requests["BatchGetItem"], meter.looked_at, meter.units)
    seconds = []
    for _ in range(_ROUNDS):
        began = time.perf_counter()
        listing.page(asked.filters, asked.order, PAGE, cursor)
        seconds.append(time.perf_counter() - began)
    return Cost(len(page.records), *counted, milliseconds=1000 * median(seconds))


def record(number: int) -> Record:
    """Return one of the records: their keys, formats and times are spread, and the same in every run."""
    random = Random(number)  # noqa: S311 - the same again
    (kind,) = random.choices(_FORMATS, _SHARES)
    key = f"albums/{random.randrange(10)}/IMG_{number:08}.jpg"
    found: dict[str, Any] = {
        "imageId": image_id(_BUCKET, key),
        "sourceBucket": _BUCKET,
        "sourceKey": key,
        "sourceETag": '"d41d8cd98f00b204e9800998ecf8427e"',
        "sizeOriginal": 3_000_000,
        "contentType": "application/octet-stream",
        "resizedAt": timestamp(_NEWEST - timedelta(seconds=random.random() * 30_000_000)),
        "status": "failed",
        "settingsVersion": "0123456789abcdef",
        "revision": "0" * 32,
    }
    if kind == "failed":
        return cast(
            "Record", found | {"error": {"code": "corrupt", "message": "the image cannot be decoded"}}
        )
    compressed = {
        "status": "compressed",
        "contentType": f"image/{kind}",
        "destBucket": "resized-image",
        "destKey": key,
        "destETag": '"d41d8cd98f00b204e9800998ecf8427e"',
        "sizeCompressed": 200_000,
        "width": 1024,
        "height": 768,
        "originalWidth": 4000,
        "originalHeight": 3000,
        "format": kind,
        "originalFormat": kind,
        "sourceSha256": "0" * 64,
        "renditions": {},
        "placeholder": "data:image/webp;base64," + "A" * 200,
        "dominantColor": "#808080",
    }
    return cast("Record", found | compressed)


def fill(client: Any, numbers: range, tell: Callable[[int], Any] = lambda _: None) -> None:
    """Write records, 25 a request."""
    for some in batched(numbers, 25):
        requests = [{"PutRequest": {"Item": item_of(record(number))}} for number in some]
        left: Any = {_TABLE: requests}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        tell(len(some))


@contextmanager
def table(program: Path) -> Iterator[Any]:
    """Run dynalite with the table of infrastructure.yaml in it, and give its client."""
    port = free_port()
    with TemporaryDirectory(prefix="imagepress-") as folder:
        command = [str(program), "--port", str(port), "--path", folder, "--createTableMs", "0"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
            client = aws.dynamodb_client(boto3.Session("none", "none", region_name="us-east-1"))
            _create(client)
            yield client
        finally:
            process.terminate()
            process.wait()


def _create(client: Any) -> None:
    template = parsed((ROOT / ".chalice" / "infrastructure.yaml").read_text())
    properties = template["Resources"]["Table"]["Properties"]
    names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    wanted = {name: properties[name] for name in names}
    deadline = time.monotonic() + 20
    while True:
        try:
            client.create_table(TableName=_TABLE, **wanted)
            break
        except BotoCoreError:  # it is not up yet
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    client.get_waiter("table_exists").wait(TableName=_TABLE, WaiterConfig={"Delay": 1})


def spread(costs: list[Cost]) -> float:
    """Return how far the dearest page is from the cheapest, by what it asks, looks at and consumes: 0 is not at all."""
    figures: list[list[float]] = [
        [cost.queries + cost.batches for cost in costs],
        [cost.looked_at + cost.records for cost in costs],
        [cost.units for cost in costs],
    ]
    return max(max(each) / min(each) - 1 for each in figures)


def main() -> None:
    """Fill, measure at each size, and show."""
    program = BUILD / "dynalite" / "node_modules" / ".bin" / "dynalite"
    if not program.exists():
        sys.exit("Pages are not measured: dynalite is not installed, since there is no npm.")
    sizes = QUICK_SIZES if "--quick" in sys.argv else SIZES
    costs: dict[str, list[Cost]] = {asked.title: [] for asked in ASKED}
    try:
        with table(program) as client, Progress() as progress:
            task = progress.add_task("Writing records", total=sizes[-1])
            for before, size in zip((0, *sizes), sizes, strict=False):
                fill(client, range(before, size), lambda count: progress.advance(task, count))
                for asked in ASKED:
                    costs[asked.title].append(measure(client, asked))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Pages could not be measured: {error}")
    shown = Table(
        f"page of {PAGE}",
        *(f"{size:,}" for size in sizes),
        "differ by",
        title="queries + batches, entries, units, ms",
    )
    for title, found in costs.items():
        cells = (
            f"{one.queries} + {one.batches}, {one.looked_at}, {one.units:g}, {one.milliseconds:.0f}"
            for one in found
        )
        shown.add_row(title, *cells, f"{spread(found):.0%}")
    Console().print(shown)


if __name__ == "__main__":
    main()
