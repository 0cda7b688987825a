"""A sweep of keys that are all up to date: how much it asks for, and what it keeps in memory."""

import pytest

from bench.sweep import measure, measured


def test_a_thousand_keys_take_one_listing_ten_batches_and_a_query_for_each_shard() -> None:
    swept = measure(3000)

    # A fourth listing finds that there are no more, and the queries behind it that no record is left.
    assert swept.requests == {"ListObjectsV2": 4, "BatchGetItem": 30, "Query": 16}


def test_many_keys_need_no_more_memory_than_few() -> None:
    few, many = measured(1000), measured(20_000)

    assert many.peak_megabytes <= few.peak_megabytes + 3


@pytest.mark.parametrize("keys", [1, 999, 1001])
def test_every_key_is_seen_wherever_the_last_page_ends(keys: int) -> None:
    assert measure(keys).keys == keys  # it raises if another number was seen, or any was not up to date
