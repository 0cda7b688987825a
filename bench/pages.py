"""The cost of a page of `GET /images` with 1,000, 10,000 and 100,000 records. `make bench SECTIONS=pages` prints it.

The table runs in dynalite, a DynamoDB on LevelDB with real indexes, so that the time is meaningful too. The requests
are counted as the SDK sends them, and their units as the table returns them.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import batched
from pathlib import Path
from random import Random
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from cfnlint.decode import cfn_yaml
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from bench.imaging.peers import BUILD, ROOT
from bench.records import SOURCE, TABLE, compressed_record, failed_record
from chalicelib.api.listing import Filters, Listing, Order
from chalicelib.aws import clients
from chalicelib.aws.items import item_of
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, timestamp
from tools.local_stack import free_port

SIZES = (1_000, 10_000, 100_000)
QUICK_SIZES = (1_000, 10_000)
PAGE = 20
_ROUNDS = 15
_NEWEST = datetime(2026, 11, 1, tzinfo=UTC)
_FORMATS = ("jpeg", "png", "webp", "failed")
_SHARES = (75, 10, 5, 10)  # per cent of the records: enough for several pages of each in a thousand


@dataclass(frozen=True, slots=True)
class Request:
    """A listing, and the number of pages before the measured page."""

    filters: Filters
    order: Order = "newest"
    pages_before: int = 0


REQUESTS = {
    "newest first": Request(Filters()),
    "newest first, tenth page": Request(Filters(), pages_before=9),
    "oldest first": Request(Filters(), "oldest"),
    "failed": Request(Filters(status="failed")),
    "failed, by code": Request(Filters(code="corrupt")),
    "PNG": Request(Filters(format="png")),
    "by name, with a prefix": Request(Filters(prefix="albums/3/"), "name"),
    "PNG by name": Request(Filters(format="png"), "name"),
    "by file name": Request(Filters(name="img_00000"), "name"),
}


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of a page of `records`: requests to indexes and for records, index entries, units, and time."""

    records: int
    queries: int
    batches: int
    entries: int
    units: float
    milliseconds: float


def count_requests(client: Any) -> Counter[str]:
    """Return a counter of a client's `Query` and `BatchGetItem` requests, their `entries` and their `units`."""
    counts: Counter[str] = Counter()

    def count(parsed: Any, model: Any, **_: Any) -> None:
        consumed = parsed["ConsumedCapacity"]
        counts[model.name] += 1
        counts["entries"] += parsed.get("ScannedCount", 0)
        counts["units"] += sum(
            each["CapacityUnits"] for each in (consumed if isinstance(consumed, list) else [consumed])
        )

    for operation in ("Query", "BatchGetItem"):
        client.meta.events.register(f"provide-client-params.dynamodb.{operation}", _request_units)
        client.meta.events.register(f"after-call.dynamodb.{operation}", count)
    return counts


def _request_units(params: dict[str, Any], **_: Any) -> dict[str, Any]:
    return params | {"ReturnConsumedCapacity": "TOTAL"}


def measure(client: Any, counts: Counter[str], request: Request) -> Cost:
    """Request a page, and return its cost."""
    listing = Listing(RecordsTable(client, TABLE), SOURCE)
    cursor = None
    for _ in range(request.pages_before):
        cursor = listing.page(request.filters, request.order, PAGE, cursor).cursor
    counts.clear()
    page = listing.page(request.filters, request.order, PAGE, cursor)
    cost = (counts["Query"], counts["BatchGetItem"], counts["entries"], counts["units"])
    seconds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        listing.page(request.filters, request.order, PAGE, cursor)
        seconds.append(time.perf_counter() - start)
    return Cost(len(page.records), *cost, milliseconds=1000 * median(seconds))


def numbered_record(number: int) -> Record:
    """Return a record whose key, format and time follow from its number, so that every run has the same records."""
    random = Random(number)  # noqa: S311 - not for security
    (kind,) = random.choices(_FORMATS, _SHARES)
    key = f"albums/{random.randrange(10)}/IMG_{number:08}.jpg"
    updated_at = timestamp(_NEWEST - timedelta(seconds=random.random() * 30_000_000))
    return failed_record(key, updated_at) if kind == "failed" else compressed_record(key, updated_at, kind)


def _write(client: Any, numbers: range, advance: Callable[[int], Any]) -> None:
    for some in batched(numbers, 25):  # the most that one request accepts
        left: Any = {TABLE: [{"PutRequest": {"Item": item_of(numbered_record(number))}} for number in some]}
        while left:
            left = client.batch_write_item(RequestItems=left)["UnprocessedItems"]
        advance(len(some))


@contextmanager
def _running_table(program: Path) -> Iterator[Any]:
    """Run dynalite with the table of infrastructure.yaml, and yield its client."""
    port = free_port()
    with TemporaryDirectory(prefix="imagepress-") as folder:
        command = [str(program), "--port", str(port), "--path", folder, "--createTableMs", "0"]
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            os.environ["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{port}"
            session = boto3.Session("none", "none", region_name="us-east-1")
            _create_table(session)
            yield clients.dynamodb_client(session=session)
        finally:
            process.terminate()
            process.wait()


def _create_table(session: boto3.Session) -> None:
    template = cfn_yaml.load(str(ROOT / ".chalice" / "infrastructure.yaml"))
    properties = template["Resources"]["Table"]["Properties"]
    names = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    # Retries wait until dynalite has started.
    client: Any = session.client("dynamodb", config=Config(retries={"mode": "standard", "max_attempts": 8}))
    client.create_table(TableName=TABLE, **{name: properties[name] for name in names})
    client.get_waiter("table_exists").wait(TableName=TABLE, WaiterConfig={"Delay": 1})


def spread(costs: list[Cost]) -> float:
    """Return the largest difference between the costs, by requests, entries or units: 0 if they are equal."""
    figures: list[list[float]] = [
        [cost.queries + cost.batches for cost in costs],
        [cost.entries + cost.records for cost in costs],
        [cost.units for cost in costs],
    ]
    return max(max(each) / min(each) - 1 for each in figures)


def _print(sizes: tuple[int, ...], costs: Mapping[str, list[Cost]]) -> None:
    table = Table(
        f"page of {PAGE}",
        *(f"{size:,}" for size in sizes),
        "differ by",
        title="queries + batches, entries, units, ms",
    )
    for title, found in costs.items():
        cells = (
            f"{one.queries} + {one.batches}, {one.entries}, {one.units:g}, {one.milliseconds:.0f}"
            for one in found
        )
        table.add_row(title, *cells, f"{spread(found):.0%}")
    Console().print(table)


def main() -> None:
    """Fill the table to each size, measure, and print the costs."""
    program = BUILD / "dynalite" / "node_modules" / ".bin" / "dynalite"
    if not program.exists():
        sys.exit(
            "Pages are not measured, because dynalite is not installed: install npm and run make bench again."
        )
    sizes = QUICK_SIZES if "--quick" in sys.argv else SIZES
    costs: dict[str, list[Cost]] = {title: [] for title in REQUESTS}
    try:
        with _running_table(program) as client, Progress() as progress:
            counts = count_requests(client)
            task = progress.add_task("Writing records", total=sizes[-1])
            for before, size in zip((0, *sizes), sizes, strict=False):
                _write(client, range(before, size), lambda count: progress.advance(task, count))
                for title, request in REQUESTS.items():
                    costs[title].append(measure(client, counts, request))
    except (BotoCoreError, ClientError) as error:
        sys.exit(f"Pages could not be measured: {error}")
    _print(sizes, costs)


if __name__ == "__main__":
    main()
