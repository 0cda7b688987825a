"""Bytes at equal scores."""

import pytest

from bench.imaging.quality import Point, UnreachedError, size_at

CURVE = [Point(50, 10_000, 60.0), Point(70, 20_000, 70.0), Point(90, 80_000, 85.0)]


@pytest.mark.parametrize(
    ("score", "size"), [(70.0, 20_000), (65.0, (10_000 * 20_000) ** 0.5), (77.5, 40_000)]
)
def test_bytes_grow_by_equal_factors_between_points(score: float, size: float) -> None:
    assert size_at(CURVE, score) == pytest.approx(size)
    assert size_at(CURVE[::-1], score) == pytest.approx(size)


@pytest.mark.parametrize("score", [59.9, 85.1])
def test_bytes_are_unknown_beyond_the_points(score: float) -> None:
    with pytest.raises(UnreachedError, match=f"^{score} is not within"):
        size_at(CURVE, score)


def test_smaller_of_two_settings_with_one_score_counts() -> None:
    assert size_at([Point(70, 300, 70.0), Point(71, 200, 70.0)], 70.0) == 200
