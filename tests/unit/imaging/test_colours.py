"""Embedded profiles: the result is in sRGB, within two levels of littleCMS's perceptual conversion."""

from io import BytesIO
from itertools import product

import pytest
from PIL import Image, ImageChops, ImageCms

from chalicelib.imaging import Options, Rendition, compress
from chalicelib.imaging.colour import is_srgb, to_srgb
from chalicelib.imaging.source import open_source
from chalicelib.imaging.types import OutputFormat
from tests.fixtures import icc
from tests.fixtures.drawings import disc, load, photograph, pixel, save
from tests.fixtures.files import heic

AS_PNG = Options(output_format="png")


def by_littlecms(image: Image.Image, profile: bytes) -> Image.Image:
    source = ImageCms.ImageCmsProfile(BytesIO(profile))
    target = ImageCms.createProfile("sRGB")
    converted = ImageCms.profileToProfile(image, source, target, ImageCms.Intent.PERCEPTUAL, outputMode="RGB")
    assert converted is not None
    return converted


def furthest(one: Image.Image, other: Image.Image) -> int:
    extrema = ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema()
    return max(high for _, high in extrema)  # type: ignore[misc]


@pytest.mark.parametrize(
    ("mode", "format_", "profile"),
    [
        *product(["RGB"], ["PNG", "TIFF", "WEBP"], [icc.display_p3(), icc.adobe_rgb(), icc.srgb()]),
        ("L", "PNG", icc.grey()),
        ("CMYK", "TIFF", icc.cmyk()),
    ],
)
def test_profiles_are_converted(mode: str, format_: str, profile: bytes) -> None:
    original = photograph(mode=mode)
    lossless = {"lossless": True} if format_ == "WEBP" else {}

    result = load(compress(save(original, format_, icc_profile=profile, **lossless), AS_PNG).data)

    assert furthest(result, by_littlecms(original, profile)) <= 2


def test_a_cmyk_jpeg_with_a_profile_is_converted() -> None:
    data = save(photograph().convert("CMYK"), "JPEG", quality=95, icc_profile=icc.cmyk())

    result = load(compress(data, AS_PNG).data)

    assert furthest(result, by_littlecms(load(data), icc.cmyk())) <= 2


def test_colours_beneath_transparency_are_converted_and_alpha_is_kept() -> None:
    data = save(disc(colour="#40c080"), "PNG", icc_profile=icc.adobe_rgb())

    image = load(compress(data).data).convert("RGBA")

    expected = by_littlecms(Image.new("RGB", (1, 1), "#40c080"), icc.adobe_rgb())
    assert pixel(image, 48, 32) == pytest.approx((*pixel(expected, 0, 0), 255), abs=2)
    assert pixel(image, 0, 0)[3] == 0


def test_a_grey_profile_on_grey_with_alpha_is_converted() -> None:
    original = Image.new("LA", (8, 8), (100, 128))

    image = load(compress(save(original, "PNG", icc_profile=icc.grey())).data).convert("RGBA")

    (level, _, _) = pixel(by_littlecms(Image.new("L", (1, 1), 100), icc.grey()), 0, 0)
    assert pixel(image, 3, 3) == pytest.approx((level, level, level, 128), abs=2)


def test_the_profile_of_a_heic_is_converted() -> None:
    plain = load(compress(heic(), AS_PNG).data)

    result = load(compress(heic(profile=icc.display_p3()), AS_PNG).data)

    assert furthest(result, by_littlecms(plain.convert("RGB"), icc.display_p3())) <= 2


def test_the_profile_of_a_resized_jpeg_is_converted_and_left_out() -> None:
    data = save(Image.new("RGB", (640, 480), (64, 192, 128)), "JPEG", quality=95, icc_profile=icc.adobe_rgb())

    image = load(compress(data, Options(max_width=64, quality=95)).data)

    expected = pixel(by_littlecms(Image.new("RGB", (1, 1), (64, 192, 128)), icc.adobe_rgb()), 0, 0)
    assert pixel(image, 32, 24) == pytest.approx(expected, abs=4)
    assert "icc_profile" not in image.info


@pytest.mark.parametrize("output_format", ["jpeg", "png", "webp", "avif"])
@pytest.mark.parametrize(
    ("mode", "profile"),
    [("RGB", icc.display_p3()), ("RGB", icc.srgb()), ("L", icc.grey()), ("RGB", icc.cmyk())],
)
def test_no_result_has_a_profile(output_format: OutputFormat, mode: str, profile: bytes) -> None:
    options = Options(output_format=output_format, renditions=(Rendition("thumb", 32),))

    result = compress(save(photograph(mode=mode), "PNG", icc_profile=profile), options)

    for data in (result.data, result.renditions[0].data):
        assert "icc_profile" not in Image.open(BytesIO(data)).info
        assert b"acsp" not in data


@pytest.mark.parametrize(
    "profile",
    [
        b"no profile",
        icc.display_p3()[:200],
        icc.display_p3()[:128] + bytes(500),
        icc.cmyk(),
        b"x" * (5 << 20),
    ],
    ids=["none", "cut", "damaged", "for other pixels", "far too long"],
)
def test_a_profile_that_cannot_be_used_is_ignored(profile: bytes) -> None:
    original = photograph()

    assert furthest(to_srgb(original, profile), original) == 0


def test_grey_stays_grey_with_a_profile_for_grey_or_for_colours() -> None:
    original = photograph(mode="L")

    result = to_srgb(original, icc.adobe_rgb())

    assert result.mode == to_srgb(original, icc.grey()).mode == "L"
    assert furthest(result, by_littlecms(original.convert("RGB"), icc.adobe_rgb())) <= 2


GREY_MODES, COLOUR_MODES = ("1", "L", "LA", "I;16"), ("P", "RGB", "RGBA")


@pytest.mark.parametrize("mode", [*GREY_MODES, *COLOUR_MODES, "CMYK"])
@pytest.mark.parametrize(
    ("profile", "suited"),
    [
        (icc.grey(), GREY_MODES),
        (icc.display_p3(), (*GREY_MODES, *COLOUR_MODES)),
        (icc.cmyk(), ("CMYK",)),
        (icc.display_p3().replace(b"mntr", b"link", 1), ()),
    ],
    ids=["grey", "rgb", "cmyk", "link"],
)
def test_a_profile_is_used_for_the_pixels_that_it_describes(
    mode: str, profile: bytes, suited: tuple[str, ...]
) -> None:
    picture = Image.new("RGB", (8, 8), (80, 120, 160)).convert("L" if mode == "I;16" else mode)
    data = save(picture.convert(mode), "TIFF", icc_profile=profile)

    assert open_source(data, Options()).profile == (profile if mode in suited else None)


@pytest.mark.parametrize("profile", [icc.grey(), icc.cmyk()])
@pytest.mark.parametrize("format_", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_the_colours_beneath_a_profile_for_other_pixels_stay(format_: str, profile: bytes) -> None:
    data = save(Image.new("RGB", (64, 64), (80, 120, 160)), format_, icc_profile=profile)

    assert pixel(load(compress(data, AS_PNG).data).convert("RGB"), 9, 9) == pytest.approx(
        (80, 120, 160), abs=3
    )


def test_srgb_is_known_by_what_it_does() -> None:
    assert is_srgb(icc.srgb())
    assert not any(
        is_srgb(profile) for profile in (icc.display_p3(), icc.grey(), icc.cmyk(), b"", bytes(200))
    )
