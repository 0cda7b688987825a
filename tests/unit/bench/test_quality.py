"""Bytes where the scores are equal."""

import pytest

from bench.imaging.quality import Point, size_at

CURVE = [Point(50, 10_000, 60.0), Point(70, 20_000, 70.0), Point(90, 80_000, 85.0)]


def test_a_score_that_was_measured_has_the_bytes_that_were_measured() -> None:
    assert size_at(CURVE, 70.0) == pytest.approx(20_000)


def test_between_two_points_bytes_grow_by_equal_factors() -> None:
    assert size_at(CURVE, 65.0) == pytest.approx((10_000 * 20_000) ** 0.5)
    assert size_at(CURVE, 77.5) == pytest.approx(40_000)


def test_the_order_of_the_points_is_all_one() -> None:
    assert size_at(CURVE[::-1], 65.0) == size_at(CURVE, 65.0)


@pytest.mark.parametrize("score", [59.9, 85.1])
def test_nothing_is_guessed_beyond_the_points(score: float) -> None:
    assert size_at(CURVE, score) is None


def test_of_two_settings_with_one_score_the_smaller_counts() -> None:
    assert size_at([Point(70, 300, 70.0), Point(71, 200, 70.0)], 70.0) == 200
