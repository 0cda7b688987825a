"""Pages of records, on a table of the template's own making, against a plain model of what they should hold."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, cast
from uuid import uuid4

import pytest
from cfnlint.decode import cfn_yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.api import listing
from chalicelib.api.listing import Filters, Listing, Order
from chalicelib.aws.items import SHARDS, item_of, list_key
from chalicelib.aws.ranges import Entries, Entry
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import Record, image_id, timestamp
from tools.local_stack import LocalStack
from tools.server import PROJECT

BUCKET = "listed"
START = datetime(2026, 1, 1, tzinfo=UTC)


def made(number: int) -> Record:
    """Return a record whose traits are spread evenly over the numbers."""
    key = f"{('a', 'a/b', 'c', 'ü')[number % 4]}/{number:05}.jpg"
    status = "failed" if number % 7 == 0 else "compressed"
    record = {
        "imageId": image_id(BUCKET, key),
        "sourceBucket": BUCKET,
        "sourceKey": key,
        "status": status,
        "resizedAt": timestamp(START + timedelta(minutes=number * 37 % 1009)),
        "revision": uuid4().hex,
    }
    return cast(
        "Record", record | ({"format": ("jpeg", "png", "webp")[number % 3]} if status != "failed" else {})
    )


class Table:
    """A table with records of its own, and what is asked of it."""

    def __init__(self, stack: LocalStack, records: list[Record]) -> None:
        client = self.client = stack.session.client("dynamodb", endpoint_url=stack.endpoint)
        self.name = f"Listed-{len(records)}-{uuid4().hex[:8]}"
        self.records = records
        self.listing = Listing(RecordsTable(client, self.name), BUCKET)
        self.queries = self.entries = self.fetched = 0
        template = cfn_yaml.load(str(PROJECT / ".chalice" / "infrastructure.yaml"))
        properties = template["Resources"]["Table"]["Properties"]
        wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
        client.create_table(TableName=self.name, **{name: properties[name] for name in wanted})
        puts: list[Any] = [{"PutRequest": {"Item": item_of(record)}} for record in records]
        for start in range(0, len(puts), 25):
            client.batch_write_item(RequestItems={self.name: puts[start : start + 25]})
        client.meta.events.register("after-call.dynamodb.Query", self._queried)
        client.meta.events.register("after-call.dynamodb.BatchGetItem", self._got)

    def pages(self, filters: Filters, order: Order, limit: int) -> Iterator[list[Record]]:
        cursor = None
        while True:
            page = self.listing.page(filters, order, limit, cursor)
            yield page.records
            cursor = page.cursor
            if cursor is None:
                return

    def expected(self, filters: Filters, order: Order) -> list[Record]:
        matching = [record for record in self.records if filters.match(record)]
        if filters.name:
            return sorted(matching, key=lambda record: item_of(record)["nameKey"]["S"])
        if order == "name":
            return sorted(matching, key=lambda record: record["sourceKey"].encode())
        return sorted(matching, key=list_key, reverse=order == "newest")

    def _queried(self, parsed: Any, **_: Any) -> None:
        self.queries += 1
        self.entries += parsed["ScannedCount"]

    def _got(self, parsed: Any, **_: Any) -> None:
        self.fetched += len(parsed["Responses"][self.name])


@pytest.fixture(scope="module")
def listed(stack: LocalStack) -> Table:
    return Table(stack, [made(number) for number in range(84)])


@pytest.fixture(scope="module")
def large(stack: LocalStack) -> Table:
    return Table(stack, [made(number) for number in range(1500)])


filters = st.builds(
    Filters,
    status=st.sampled_from([None, "compressed", "failed"]),
    format=st.sampled_from([None, "jpeg", "webp", "avif"]),
    since=st.sampled_from([None, timestamp(START + timedelta(minutes=300))]),
    until=st.sampled_from([None, timestamp(START + timedelta(minutes=700))]),
)
prefixes = st.sampled_from([None, "a", "a/", "ü/", "c/0001", "none"])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    which=filters,
    prefix=prefixes,
    name=st.sampled_from([None, "000", "0002", "00021.JPG", "none"]),
    order=st.sampled_from(["newest", "oldest", "name"]),
    limit=st.integers(1, 60),
)
def test_the_pages_of_a_listing_hold_what_matches_in_order_each_once(
    listed: Table,
    monkeypatch: pytest.MonkeyPatch,
    which: Filters,
    prefix: str | None,
    name: str | None,
    order: Order,
    limit: int,
) -> None:
    monkeypatch.setattr(listing, "_LOOKED_AT", 5)  # so that filters run short here too
    if prefix:
        which = replace(which, prefix=prefix)
    elif name:
        which, order = replace(which, name=name), "name"

    pages = list(listed.pages(which, order, limit))

    assert [record for page in pages for record in page] == listed.expected(which, order)
    assert all(len(page) <= limit for page in pages)


def test_pages_are_full_where_an_index_answers_alone(listed: Table) -> None:
    alone = [Filters(), Filters(status="failed"), Filters(format="png"), Filters(since=timestamp(START))]

    for which, order in product(alone, ("newest", "oldest")):
        pages = list(listed.pages(which, cast("Order", order), 12))
        assert {len(page) for page in pages[:-1]} <= {12}


def test_a_page_costs_the_same_however_many_records_there_are(stack: LocalStack, large: Table) -> None:
    small = Table(stack, [made(number) for number in range(600)])
    listings: list[tuple[Filters, Order]] = [
        (Filters(), "newest"),
        (Filters(), "oldest"),
        (Filters(), "name"),
        (Filters(status="failed"), "newest"),
        (Filters(format="png"), "newest"),
        (Filters(prefix="a/"), "name"),
        (Filters(name="0"), "name"),
    ]

    for which, order in listings:
        costs = [_cost_of_a_page(each, which, order) for each in (small, large)]
        assert costs[0] == costs[1] == (SHARDS, SHARDS * 12, 10), (which, order)


def test_a_page_whose_filters_no_index_answers_looks_at_so_many_entries_and_no_more(large: Table) -> None:
    queries, entries, _ = _cost_of_a_page(large, Filters(prefix="a", format="avif"), "name")

    assert (queries, entries) == (SHARDS, 750)  # every record with that prefix
    assert entries <= SHARDS * 250


def _cost_of_a_page(listed: Table, which: Filters, order: Order) -> tuple[int, int, int]:
    before = (listed.queries, listed.entries, listed.fetched)
    listed.listing.page(which, order, 10, None)
    return (listed.queries - before[0], listed.entries - before[1], listed.fetched - before[2])


@pytest.mark.parametrize("attribute", ["listShard", "kindShard"])
def test_writes_are_spread_over_the_partitions_of_every_index(attribute: str) -> None:
    items = [item_of(record) for record in map(made, range(4000))]
    counts = Counter(item[attribute]["S"] for item in items if attribute in item)

    # Failures and three formats, without JPEG.
    assert len(counts) == SHARDS * (3 if attribute == "kindShard" else 1)
    for kind in {value.rpartition("#")[0] for value in counts}:
        alike = [count for value, count in counts.items() if value.rpartition("#")[0] == kind]
        assert max(alike) < 1.5 * min(alike)


def test_an_image_that_was_compressed_again_meanwhile_is_not_listed_where_it_no_longer_belongs(
    stack: LocalStack, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = Table(stack, [made(number) for number in range(1, 6)])
    first = table.expected(Filters(), "newest")[0]
    failed = cast("Record", {**first, "status": "failed"})
    get_many = RecordsTable.get_records

    def overtaken(records: RecordsTable, ids: list[str]) -> dict[str, Record]:
        table.client.put_item(TableName=table.name, Item=item_of(failed))
        return get_many(records, ids)

    monkeypatch.setattr(RecordsTable, "get_records", overtaken)

    (page,) = table.pages(Filters(status="compressed"), "newest", 10)

    assert page == table.expected(Filters(), "newest")[1:]


def test_an_image_whose_old_and_new_entries_are_both_there_is_listed_once(
    listed: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = RecordsTable.query_by_time

    def both(*arguments: Any, **named: Any) -> Entries:
        found = query(*arguments, **named)
        doubled = [Entry(f"2025#{each.image_id}", each.image_id) for each in found.entries[:1]]
        return Entries((*doubled, *found.entries), found.end)

    monkeypatch.setattr(RecordsTable, "query_by_time", both)

    (page,) = [next(listed.pages(Filters(), "oldest", 50))]

    identifiers = [record["imageId"] for record in page]
    assert len(identifiers) == len(set(identifiers)) > SHARDS
