"""What the benchmark of pages writes, and how it compares."""

from collections import Counter

import pytest

from bench.pages import Cost, record, spread


def test_records_are_spread_over_formats_and_failures_and_the_same_again() -> None:
    records = [record(number) for number in range(1000)]
    kinds = Counter(each.get("format", each["status"]) for each in records)

    assert kinds.keys() == {"jpeg", "png", "webp", "failed"}
    assert min(kinds.values()) >= 25
    assert len({each["resizedAt"] for each in records}) == 1000
    assert record(7) == record(7)


@pytest.mark.parametrize(
    ("dearer", "differs"),
    [
        (Cost(20, 4, 1, 80, 22, milliseconds=99), 0),  # time is shown, not compared
        (Cost(20, 5, 1, 80, 22, milliseconds=9), 0.2),
        (Cost(20, 4, 1, 180, 22, milliseconds=9), 1),
        (Cost(20, 4, 1, 80, 33, milliseconds=9), 0.5),
    ],
)
def test_pages_differ_by_what_they_ask_look_at_and_consume(dearer: Cost, differs: float) -> None:
    cheapest = Cost(20, 4, 1, 80, 22, milliseconds=9)

    assert spread([cheapest, dearer]) == pytest.approx(differs)
