"""Ratios of CPU time, and the check of each result."""

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import pytest
from PIL import Image

from bench.imaging.cpu import check, ratio
from bench.imaging.files import File
from bench.imaging.peers import FailedError


@pytest.mark.parametrize(
    ("ours", "naive"),
    [
        ([1.0, 1.5, 0.5], [4.0, 6.0, 2.0]),  # a disturbed round disturbs both
        ([1.0, 9.0, 1.0], [4.0, 4.0, 4.0]),  # or counts little
    ],
)
def test_disturbed_round_does_not_change_the_ratio(ours: list[float], naive: list[float]) -> None:
    assert ratio({"ours": ours, "naive": naive}, "ours", "naive") == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("size", "image_format", "outcome"),
    [
        ((1024, 512), "JPEG", nullcontext()),
        ((1024, 513), "JPEG", nullcontext()),
        ((512, 1024), "JPEG", nullcontext()),
        ((1024, 512), "PNG", pytest.raises(FailedError, match="the result is a png")),
        ((1020, 510), "JPEG", pytest.raises(FailedError, match="the result is a jpeg")),
        ((1024, 1024), "JPEG", pytest.raises(FailedError, match="the result is a jpeg")),
    ],
)
def test_result_has_the_source_s_format_and_the_fitted_size_give_or_take_one_pixel(
    tmp_path: Path, size: tuple[int, int], image_format: str, outcome: AbstractContextManager[object]
) -> None:
    Image.new("RGB", (2048, 1024)).save(tmp_path / "source.jpg")
    Image.new("RGB", size).save(tmp_path / "result", image_format)
    with outcome:
        check(tmp_path / "result", File("source", tmp_path / "source.jpg", "jpeg", (2048, 1024)))
