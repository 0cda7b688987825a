"""The library by day, folder and format. The sweep counts it, because it reads every record anyway."""

from collections.abc import Iterable
from functools import reduce
from typing import Final, Literal, get_args

from chalicelib.aws.items import Totals, add, sum_of
from chalicelib.records import Record

By = Literal["day", "folder", "format"]
type Breakdown = dict[str, dict[str, Totals]]
"""The sums of each group, by its name, of each way to group."""

OTHERS: Final = "\0"
"""The name of the group for what has no group of its own."""

_MOST_GROUPS: Final = 300
_LONGEST_NAME: Final = 200  # bytes; with the number of groups, it bounds the item and a sweep's event


def document_name(bucket: str) -> str:
    """Return the name of the document that keeps the breakdown of a source bucket: its `groups`, and `countedAt`."""
    return f"breakdown#{bucket}"


def include(breakdown: Breakdown, records: Iterable[Record]) -> Breakdown:
    """Return a breakdown with some more records. The smallest groups are merged where there are too many."""
    result = {by: dict(breakdown.get(by, {})) for by in get_args(By)}
    for record in records:
        share = sum_of([record])
        folder, slash, _ = record["sourceKey"].partition("/")
        _add(result["day"], record["resizedAt"][:10], share)
        _add(result["folder"], folder + slash if slash else "", share)
        _add(result["format"], record.get("format", ""), share)
    for groups in result.values():
        named = groups.keys() - {OTHERS}
        for name in sorted(
            named, key=lambda each: (-groups[each]["compressed"] - groups[each]["failed"], each)
        )[_MOST_GROUPS:]:
            _add(groups, OTHERS, groups.pop(name))
    return result


def totals_of(breakdown: Breakdown) -> Totals:
    """Return the sums over all records of a breakdown."""
    return reduce(add, breakdown.get("format", {}).values(), sum_of([]))


def _add(groups: dict[str, Totals], name: str, share: Totals) -> None:
    group = name if len(name.encode()) <= _LONGEST_NAME else OTHERS
    groups[group] = add(groups.get(group, sum_of([])), share)
