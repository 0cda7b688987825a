"""Colours that are described otherwise than by an ICC profile become sRGB."""

import struct

import pytest
from PIL import Image

from chalicelib.imaging import compress
from chalicelib.imaging.cicp import profile_of_gamma
from chalicelib.imaging.colour import is_srgb
from tests.fixtures import icc
from tests.fixtures.drawings import load, pixel, save
from tests.fixtures.files import png_with
from tests.fixtures.refusals import refused

P3 = (12, 13)
RED = (200, 30, 30)


def png(*chunks: tuple[bytes, bytes], colour: tuple[int, ...] | int = RED, mode: str = "RGB") -> bytes:
    return png_with(save(Image.new(mode, (60, 40), colour), "PNG"), *chunks)


def centre(data: bytes) -> tuple[int, ...]:
    return pixel(load(compress(data).data).convert("RGB"), 30, 20)


def as_profile(profile: bytes) -> tuple[int, ...]:
    """Return what littleCMS makes of the colour with a profile from elsewhere."""
    return centre(save(Image.new("RGB", (60, 40), RED), "PNG", icc_profile=profile))


def near(one: tuple[int, ...], other: tuple[int, ...], most: int = 2) -> bool:
    return all(abs(a - b) <= most for a, b in zip(one, other, strict=True))


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


def chromaticities(*values: float) -> tuple[bytes, bytes]:
    return b"cHRM", struct.pack(">8I", *(round(100_000 * value) for value in values))


BY_CODES = (b"cICP", bytes([*P3, 0, 1]))
BY_POINTS = chromaticities(0.3127, 0.3290, 0.68, 0.32, 0.265, 0.69, 0.15, 0.06)


@pytest.mark.parametrize("chunks", [[BY_CODES], [gamma(45455), BY_POINTS], [gamma(100_000), BY_CODES]])
def test_p3_by_code_points_or_else_by_chromaticities_is_as_p3_by_a_profile(
    chunks: list[tuple[bytes, bytes]],
) -> None:
    assert near(centre(png(*chunks)), as_profile(icc.display_p3()))


@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_linear_grey_becomes_lighter(mode: str) -> None:
    data = png(gamma(100_000), colour=(128, 128, 128) if mode == "RGB" else 128, mode=mode)

    assert near(centre(data), (188, 188, 188), 1)


@pytest.mark.parametrize(
    "chunks",
    [
        [gamma(45455)],
        [gamma(45000)],
        [gamma(0)],
        [(b"sRGB", b"\0"), gamma(100_000)],
        [(b"cICP", bytes([1, 13, 0, 1]))],
        [(b"cICP", bytes([2, 2, 0, 1]))],
        [chromaticities(0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)],
        [chromaticities(0, 0, 0, 0, 0, 0, 0, 0)],
        [(b"gAMA", b"1")],
    ],
)
def test_srgb_and_values_without_a_meaning_change_nothing(chunks: list[tuple[bytes, bytes]]) -> None:
    assert near(centre(png(*chunks)), RED, 1)


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_high_dynamic_range_is_refused_with_its_name(transfer: int, name: str) -> None:
    with refused("unsupported", name):
        compress(png((b"cICP", bytes([9, transfer, 0, 1]))))


@pytest.mark.parametrize("quality", [70, 100])
def test_avif_by_code_points_is_converted(quality: int) -> None:
    data = save(Image.new("RGB", (600, 400), RED), "AVIF", quality=quality)
    at = data.index(b"colrnclx") + 8
    p3 = data[:at] + struct.pack(">2H", *P3) + data[at + 4 :]

    assert near(centre(p3), as_profile(icc.display_p3()), 4)
    assert near(centre(data), RED, 4)


def test_primaries_of_srgb_give_the_profile_of_srgb() -> None:
    profile = profile_of_gamma(None, ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), (0.3127, 0.329)))

    assert profile is not None
    assert is_srgb(profile)
