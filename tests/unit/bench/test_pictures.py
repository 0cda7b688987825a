"""Drawn pictures: the same every time, and as hard to compress as photographs."""

from io import BytesIO

import pytest

pytest.importorskip("numpy", reason="the benchmark's own packages are not installed")

from bench.imaging import pictures

SIZE = (400, 300)


def test_a_seed_gives_the_same_picture_every_time() -> None:
    assert pictures.photograph(1, SIZE).tobytes() == pictures.photograph(1, SIZE).tobytes()
    assert pictures.photograph(1, SIZE).tobytes() != pictures.photograph(2, SIZE).tobytes()


@pytest.mark.parametrize("name", pictures.GRAPHICS)
def test_graphics_are_the_same_every_time(name: str) -> None:
    assert pictures.GRAPHICS[name]().tobytes() == pictures.GRAPHICS[name]().tobytes()


def test_a_picture_takes_as_many_bytes_as_a_photograph() -> None:
    width, height = 1632, 1224
    buffer = BytesIO()
    pictures.photograph(0, (width, height)).save(buffer, "JPEG", quality=90)
    assert 1 < 8 * len(buffer.getvalue()) / (width * height) < 4, "bits per pixel"
