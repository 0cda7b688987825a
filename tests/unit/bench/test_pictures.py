"""Drawn pictures."""

from io import BytesIO

import pytest

pytest.importorskip("numpy", reason="the benchmarks' packages are not installed")

from bench.imaging import pictures

SIZE = (400, 300)


def test_seed_gives_the_same_photograph_every_time() -> None:
    assert pictures.photograph(1, SIZE).tobytes() == pictures.photograph(1, SIZE).tobytes()
    assert pictures.photograph(1, SIZE).tobytes() != pictures.photograph(2, SIZE).tobytes()


@pytest.mark.parametrize("name", pictures.GRAPHICS)
def test_graphic_is_the_same_every_time(name: str) -> None:
    draw, size = pictures.GRAPHICS[name]
    assert draw(size).tobytes() == draw(size).tobytes()


def test_drawn_photograph_is_as_hard_to_compress_as_a_real_one() -> None:
    width, height = 1632, 1224
    buffer = BytesIO()
    pictures.photograph(0, (width, height)).save(buffer, "JPEG", quality=90)
    assert 1 < 8 * len(buffer.getvalue()) / (width * height) < 4, "bits per pixel"
