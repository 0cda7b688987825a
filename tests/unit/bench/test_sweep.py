"""A sweep of keys that are all up to date: its requests and its memory."""

import pytest

from bench.sweep import measure, measure_in_new_process


def test_thousand_keys_take_three_listings_twenty_batches_and_a_query_for_each_shard() -> None:
    # A last listing of each bucket finds no more keys, and its queries find no more records. One batch reads the totals,
    # and one update keeps the breakdown.
    assert measure(3000).requests == {
        "ListObjectsV2": 9 + 2,
        "BatchGetItem": 60 + 1,
        "Query": 16,
        "UpdateItem": 1,
    }


@pytest.mark.slow
def test_many_keys_need_no_more_memory_than_few() -> None:
    few, many = measure_in_new_process(1000).peak, measure_in_new_process(20_000).peak
    if few is None or many is None:
        pytest.skip("this system does not provide the peak memory of a process")
    assert many <= few + 3_000_000


@pytest.mark.parametrize("keys", [1, 999, 1001])
def test_sweep_sees_every_key_wherever_the_last_page_ends(keys: int) -> None:
    measure(keys)  # it raises if the sweep sees another number of keys
