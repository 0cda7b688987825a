"""Ratios of CPU time, and the look at each result."""

from pathlib import Path

import pytest
from PIL import Image

from bench.imaging.cpu import check, geometric_mean, ratio
from bench.imaging.files import File
from bench.imaging.peers import FailedError


def test_a_ratio_is_taken_within_each_round() -> None:
    # The machine is slower by half in the second round and twice as fast in the third: for both alike.
    seconds = {"ours": [1.0, 1.5, 0.5], "naive": [4.0, 6.0, 2.0]}
    assert ratio(seconds, "ours", "naive") == pytest.approx(0.25)


def test_one_disturbed_round_does_not_count() -> None:
    seconds = {"ours": [1.0, 9.0, 1.0], "naive": [4.0, 4.0, 4.0]}
    assert ratio(seconds, "ours", "naive") == pytest.approx(0.25)


def test_half_and_double_cancel_out_in_the_mean() -> None:
    assert geometric_mean([0.5, 2.0]) == pytest.approx(1)


def _source(folder: Path, size: tuple[int, int]) -> File:
    path = folder / "source.jpg"
    Image.new("RGB", size).save(path)
    return File("source", path, "jpeg", size)


@pytest.mark.parametrize("size", [(1024, 512), (1024, 513), (512, 1024)])
def test_a_result_may_be_off_by_one_pixel_or_lie_on_its_side(tmp_path: Path, size: tuple[int, int]) -> None:
    Image.new("RGB", size).save(tmp_path / "result", "JPEG")
    check(tmp_path / "result", _source(tmp_path, (2048, 1024)))


@pytest.mark.parametrize(
    ("size", "image_format"), [((1024, 512), "PNG"), ((1020, 510), "JPEG"), ((1024, 1024), "JPEG")]
)
def test_a_result_of_another_size_or_format_is_refused(
    tmp_path: Path, size: tuple[int, int], image_format: str
) -> None:
    Image.new("RGB", size).save(tmp_path / "result", image_format)
    with pytest.raises(FailedError, match="the result is a"):
        check(tmp_path / "result", _source(tmp_path, (2048, 1024)))
