"""Pages of records: which index they come from, how its shards are merged, and where the next page begins.

A page costs the same however many records there are: one Query for each shard of one index, and one BatchGetItem
for the records of the page. A listing never searches on and on. Where an index cannot answer a filter alone, each
Query reads `_LOOKED_AT` entries; a page that finds fewer images than asked for still has a cursor.

A cursor is the sort key after which the next page begins, so the server keeps nothing between pages.
"""

import base64
import binascii
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from heapq import merge
from itertools import islice
from typing import Final, Literal

from chalicelib.aws.items import COMMON_KIND, name_key, partitions
from chalicelib.aws.ranges import FIRST, LAST, Entries, Entry, Range, highest_key
from chalicelib.aws.records_table import RecordsTable
from chalicelib.records import LONGEST_KEY, Record, Status

Order = Literal["newest", "oldest", "name"]

LONGEST_PREFIX: Final = LONGEST_KEY
"""Bytes of UTF-8."""

_LOOKED_AT = 250
_LIST_KEY = re.compile(r"[0-9TZ:.-]{27}#[0-9a-f-]{36}")


@dataclass(frozen=True, slots=True)
class Filters:
    """What the records of a listing have in common; None allows anything.

    Attributes:
        status: `compressed` or `failed`.
        format: Of the compressed image.
        prefix: What the source key begins with.
        since: A timestamp that `resizedAt` is not before.
        until: A timestamp that it is before.
        code: Of a failure.
        name: What the file name begins with, whatever its folder and case. Without a prefix.
    """

    status: Status | None = None
    format: str | None = None
    prefix: str | None = None
    since: str | None = None
    until: str | None = None
    code: str | None = None
    name: str | None = None

    def match(self, record: Record) -> bool:
        """Return whether a record belongs to the listing."""
        return (
            self.status in {None, record["status"]}
            and self.code in {None, record["error"]["code"] if "error" in record else ""}
            and self.format in {None, record.get("format")}
            and record["sourceKey"].startswith(self.prefix or "")
            and name_key(record["sourceKey"].rpartition("/")[2]).startswith(name_key(self.name or ""))
            and (self.since or "") <= record["resizedAt"] < (self.until or LAST)
        )


@dataclass(frozen=True, slots=True)
class Page:
    """Records in order, and the cursor of the next page, None after the last."""

    records: list[Record]
    cursor: str | None


class CursorError(ValueError):
    """A cursor that is not from a page of this order."""


class Listing:
    """The records of a source bucket in an order, page by page. Errors of AWS are raised as they come."""

    def __init__(self, table: RecordsTable, bucket: str) -> None:
        self._table = table
        self._bucket = bucket

    def page(self, filters: Filters, order: Order, limit: int, cursor: str | None) -> Page:
        """Return up to `limit` records that follow a cursor.

        Args:
            filters: Which records.
            order: `newest` or `oldest` first, or `name`: by the source key. With a name, only `name`.
            limit: 1 to 100.
            cursor: The cursor of the page before, or None.

        Raises:
            CursorError: The cursor is not from a page of this order.
        """
        if filters.code:
            filters = replace(filters, status=filters.status or "failed")
        after = _after(order, cursor)
        several = self._entries(filters, order, limit, after)
        descending = order == "newest"
        ends = [entries.end for entries in several if entries.end is not None]
        # Beyond the nearest end, a partition may have entries that were not read.
        end = (max if descending else min)(ends, default=None)
        found = _merged(several, after, end, descending=descending)
        entries = list(islice(found, limit))
        more = next(found, None) is not None
        following = entries[-1].sort_key if more else end
        return Page(self._records(entries, filters), following and _cursor(order, following))

    def _entries(self, filters: Filters, order: Order, limit: int, after: str | None) -> list[Entries]:
        if filters.format and filters.status == "failed":  # a failed image has no format
            return []
        plan = self._by_key(filters) if order == "name" else self._by_time(filters)
        low, high = plan.between
        if after is not None:
            low, high = (low, min(high, after)) if order == "newest" else (max(low, after), high)
        if low > high:
            return []
        remaining = plan.remaining
        wanted = {"status": remaining.status, "format": remaining.format}
        return [
            plan.query(
                Range(
                    partition,
                    low,
                    high,
                    limit=limit + 2 if remaining == Filters() else max(limit + 2, _LOOKED_AT),
                    descending=order == "newest",
                    equal={name: value for name, value in wanted.items() if value},
                    since=remaining.since,
                    until=remaining.until,
                    prefix=remaining.prefix,
                )
            )
            for partition in partitions(self._bucket, plan.kind)
        ]

    def _by_time(self, filters: Filters) -> "_Plan":
        between = (filters.since or FIRST, filters.until or LAST)
        kind = filters.format or ("failed" if filters.status == "failed" else None)
        if kind and kind != COMMON_KIND and not filters.prefix:
            return _Plan(self._table.query_by_kind, kind, between, Filters())
        remaining = Filters(status=filters.status, format=filters.format, prefix=filters.prefix)
        return _Plan(self._table.query_by_time, None, between, remaining)

    def _by_key(self, filters: Filters) -> "_Plan":
        begin = name_key(filters.name) if filters.name else filters.prefix or ""
        between = (begin or FIRST, highest_key(begin))
        query = self._table.query_by_name if filters.name else self._table.query_by_key
        return _Plan(query, None, between, replace(filters, prefix=None, name=None))

    def _records(self, entries: list[Entry], filters: Filters) -> list[Record]:
        """Return the current records of entries, without those that no longer pass the filters."""
        # A record that is written while its shards are read may be found by its old entry and its new one.
        identifiers = list(dict.fromkeys(entry.image_id for entry in entries))
        records = self._table.get_records(identifiers)
        found = (records[identifier] for identifier in identifiers if identifier in records)
        return [record for record in found if filters.match(record)]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How the entries of a listing are found: query, kind, range; and the filters that remain."""

    query: Callable[[Range], Entries]
    kind: str | None
    between: tuple[str, str]
    remaining: Filters


def _merged(
    several: list[Entries], after: str | None, end: str | None, *, descending: bool
) -> Iterator[Entry]:
    """Yield the entries of all partitions in order, after `after` and up to `end`."""
    merged = merge(
        *(entries.entries for entries in several), key=lambda entry: entry.sort_key, reverse=descending
    )
    for entry in merged:
        key = entry.sort_key
        if end is not None and (key < end if descending else key > end):
            return
        if key != after:
            yield entry


def _cursor(order: Order, sort_key: str) -> str:
    return base64.urlsafe_b64encode(f"{order}:{sort_key}".encode()).decode().rstrip("=")


def _after(order: Order, cursor: str | None) -> str | None:
    if cursor is None:
        return None
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
    except (binascii.Error, ValueError):
        text = ""
    of, _, sort_key = text.partition(":")
    well_formed = len(sort_key.encode()) <= LONGEST_KEY if order == "name" else _LIST_KEY.fullmatch(sort_key)
    if of != order or not sort_key or not well_formed:
        raise CursorError("must be the nextCursor of a page of this listing")
    return sort_key
