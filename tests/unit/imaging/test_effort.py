"""How much CPU time is spent for fewer bytes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any, get_args

import pytest
from PIL import Image, ImageChops

from chalicelib.imaging import Options, compress
from chalicelib.imaging.codecs.saving import saved as save_with_pillow
from chalicelib.imaging.types import Effort, OutputFormat
from tests.fixtures.drawings import load, save
from tools.pictures import picture


def photo(width: int = 400, height: int = 300) -> Image.Image:
    return load(picture(width, height, "PNG")).convert("RGB")


@pytest.mark.parametrize("output_format", ["jpeg", "webp", "png"])
def test_more_effort_never_gives_more_bytes(output_format: OutputFormat) -> None:
    source = save(photo(), "TIFF")
    sizes = [
        len(compress(source, Options(output_format=output_format, effort=effort)).data)
        for effort in get_args(Effort)
    ]

    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) > 1


def test_effort_chooses_how_avif_is_searched() -> None:
    """Fewer bytes are only the rule there: a speed changes bytes and quality together."""
    source = save(photo(), "TIFF")
    results = {
        compress(source, Options(output_format="avif", effort=effort)).data for effort in get_args(Effort)
    }

    assert len(results) == len(get_args(Effort))


@pytest.mark.parametrize("effort", get_args(Effort))
def test_png_stays_lossless_at_every_effort(effort: Effort) -> None:
    image = photo()

    result = compress(save(image, "TIFF"), Options(output_format="png", effort=effort))

    assert ImageChops.difference(load(result.data).convert("RGB"), image).getbbox() is None


def test_an_animation_is_coded_fast_at_every_effort() -> None:
    frames = [ImageChops.offset(photo(120, 90), step, 0) for step in range(3)]
    source = save(frames[0], "PNG", save_all=True, append_images=frames[1:], duration=50)
    options = Options(output_format="avif")

    assert compress(source, replace(options, effort="small")) == compress(
        source, replace(options, effort="fast")
    )


SHIFTED = [ImageChops.offset(photo(), step, 0) for step in range(4)]


def drawn() -> list[Image.Image]:
    """A rectangle that moves over white."""
    frames = [Image.new("RGB", (200, 200), "white") for _ in range(4)]
    for step, frame in enumerate(frames):
        frame.paste("red", (step * 40, 50, step * 40 + 30, 150))
    return frames


@pytest.mark.parametrize(("frames", "coded"), [(SHIFTED, 1), (drawn(), 4)], ids=["photograph", "drawing"])
def test_lossless_coding_of_frames_goes_on_only_while_it_gives_fewer_bytes(
    monkeypatch: pytest.MonkeyPatch, frames: list[Image.Image], coded: int
) -> None:
    source = save(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=50)
    lossless = _count_lossless(monkeypatch)

    compress(source, Options(output_format="webp"))

    assert lossless() == coded


def _count_lossless(monkeypatch: pytest.MonkeyPatch) -> Callable[[], int]:
    """Count the frames that libwebp codes without loss: what they cost must not be seen by the clock."""
    calls: list[bool] = []

    def counted(image: Image.Image, extension: str, **settings: Any) -> bytes:
        calls.append("lossless" in settings)
        return save_with_pillow(image, extension, **settings)

    monkeypatch.setattr("chalicelib.imaging.codecs.webp.saved", counted)
    return lambda: sum(calls)
