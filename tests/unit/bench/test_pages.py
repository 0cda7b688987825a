"""The records and the comparison of the benchmark of pages."""

from collections import Counter

import pytest

from bench.pages import Cost, numbered_record, spread


def test_records_have_all_formats_and_failures_and_are_the_same_every_time() -> None:
    records = [numbered_record(number) for number in range(1000)]
    kinds = Counter(each.get("format", each["status"]) for each in records)

    assert kinds.keys() == {"jpeg", "png", "webp", "failed"}
    assert min(kinds.values()) >= 25
    assert len({each["resizedAt"] for each in records}) == 1000
    assert numbered_record(7) == records[7]


@pytest.mark.parametrize(
    ("dearer", "difference"),
    [
        (Cost(20, 4, 1, 80, 22, milliseconds=99), 0),  # time is printed, but not compared
        (Cost(20, 5, 1, 80, 22, milliseconds=9), 0.2),
        (Cost(20, 4, 1, 180, 22, milliseconds=9), 1),
        (Cost(20, 4, 1, 80, 33, milliseconds=9), 0.5),
    ],
)
def test_pages_differ_by_requests_entries_and_units(dearer: Cost, difference: float) -> None:
    cheapest = Cost(20, 4, 1, 80, 22, milliseconds=9)

    assert spread([cheapest, dearer]) == pytest.approx(difference)
