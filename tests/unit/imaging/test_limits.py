"""Hostile bytes: refused by their header where they are too large, and with a reason where they are damaged."""

import struct
import time
from io import BytesIO

import pytest
from PIL import Image, TiffImagePlugin

from chalicelib.imaging import ErrorCode, ImageError, Options, compress
from tests.fixtures.drawings import photograph, quarters, save
from tests.fixtures.exif import exif
from tests.fixtures.files import (
    blank_jpeg,
    every_format,
    gif,
    gif_frame,
    heic,
    icc_segments,
    jpeg_with,
    png,
    png_with,
    webp_with,
)

DEFAULTS = Options()


def code_of(data: bytes, options: Options = DEFAULTS) -> ErrorCode:
    with pytest.raises(ImageError) as caught:
        compress(data, options)
    return caught.value.code


# Too many pixels


def patched(data: bytes, old: bytes, new: bytes) -> bytes:
    assert old in data
    return data.replace(old, new)


TOO_LARGE = {
    "jpeg": blank_jpeg(10_001, 10_000),
    "png": png((10_001, 10_000), 8, 2, []),
    "webp": webp_with(save(quarters(), "WEBP"), (10_001, 10_001), flags=0),
    "gif": gif((10_001, 10_000), gif_frame((0, 0, 4, 4), 1)),
    "gif frame": gif((1, 1), b"," + struct.pack("<4HB", 0, 0, 65_535, 65_535, 0) + b"\x02\x02\x4c\x01\0"),
    "gif frame after junk": gif(
        (1, 1), b"\x80," + struct.pack("<4HB", 0, 0, 20_000, 20_000, 0) + b"\x02\x02\x4c\x01\0"
    ),
    "bmp": patched(
        save(quarters((96, 64)), "BMP"), struct.pack("<ii", 96, 64), struct.pack("<ii", 10_001, 10_000)
    ),
    "tiff": patched(
        patched(
            save(quarters((96, 64)), "TIFF"),
            struct.pack("<HHII", 256, 4, 1, 96),
            struct.pack("<HHII", 256, 4, 1, 10_001),
        ),
        struct.pack("<HHII", 257, 4, 1, 64),
        struct.pack("<HHII", 257, 4, 1, 10_000),
    ),
    "jpeg2000": patched(
        save(quarters((96, 64)), "JPEG2000", no_jp2=True),
        struct.pack(">II", 96, 64),
        struct.pack(">II", 10_001, 10_000),
    ),
    "avif": patched(
        save(quarters((96, 64)), "AVIF"), struct.pack(">II", 96, 64), struct.pack(">II", 10_001, 10_000)
    ),
}


@pytest.mark.parametrize("name", TOO_LARGE)
def test_pixels_are_counted_by_the_header(name: str) -> None:
    started = time.process_time()

    assert code_of(TOO_LARGE[name]) == "too-many-pixels"
    assert time.process_time() - started < 0.5


def test_the_limit_itself_is_allowed() -> None:
    data = save(photograph((40, 25)), "PNG")

    assert compress(data, Options(max_pixels=1000)).width == 40
    assert code_of(data, Options(max_pixels=999)) == "too-many-pixels"


def test_pillow_s_own_limit_does_not_interfere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)

    for data in (blank_jpeg(14_000, 13_000), gif((14_000, 13_000), gif_frame((0, 0, 4, 4), 1))):
        assert (
            compress(data, Options(max_pixels=200_000_000, max_memory=3_000_000_000)).original_width == 14_000
        )


def test_a_codestream_larger_than_its_box_says_is_refused() -> None:
    data = save(quarters((96, 64)), "JPEG2000")
    at = data.index(b"\xff\x4f\xff\x51") + 8
    lying = data[:at] + struct.pack(">II", 60_000, 60_000) + data[at + 8 :]

    assert code_of(lying) in ("corrupt", "too-many-pixels")


def test_a_tiff_of_enormous_tiles_is_refused() -> None:
    sides = {322: 1 << 20, 323: 1 << 20}
    directory = TiffImagePlugin.ImageFileDirectory_v2()
    directory.update({256: 64, 257: 64, 258: 8, 259: 5, 262: 1, 277: 1, 324: 8, 325: 16} | sides)
    file = BytesIO()
    directory.save(file)

    assert code_of(file.getvalue()) in ("corrupt", "truncated", "too-many-pixels")


# Too many frames, too many scans


def frames_of(format_: str, count: int) -> bytes:
    if format_ == "GIF":
        return gif((8, 8), *[gif_frame((0, 0, 8, 8), index % 2 + 1) for index in range(count)])
    shades = [Image.new("L", (8, 8), level % 256) for level in range(count)]
    settings = {"speed": 10} if format_ == "AVIF" else {"lossless": True} if format_ == "WEBP" else {}
    return save(
        shades[0].convert("RGB"), format_, save_all=True, append_images=shades[1:], duration=50, **settings
    )


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_and_the_pixels_of_all_frames_are_counted(format_: str) -> None:
    data = frames_of(format_, 12)

    assert compress(data, Options(max_frames=12, max_pixels=8 * 8 * 12)).original_width == 8
    assert code_of(data, Options(max_frames=11)) == "too-many-frames"
    assert code_of(data, Options(max_pixels=8 * 8 * 12 - 1)) == "too-many-pixels"


def test_an_apng_that_announces_a_billion_frames_is_refused() -> None:
    data = png_with(save(quarters(), "PNG"), (b"acTL", struct.pack(">II", 1_000_000_000, 0)))

    assert code_of(data) == "too-many-frames"


def test_a_jpeg_of_a_hundred_scans_is_decoded_and_one_of_more_is_not() -> None:
    assert compress(blank_jpeg(2000, 1000, 100)).width == 1024
    assert code_of(blank_jpeg(2000, 1000, 101)) == "too-many-scans"


@pytest.mark.parametrize(
    "options", [Options(), Options(max_width=16_383, max_height=16_383, max_pixels=1 << 40)]
)
def test_many_scans_of_many_pixels_end_in_time(options: Options) -> None:
    started = time.process_time()

    compress(blank_jpeg(6000, 4000, 100), options)

    assert time.process_time() - started < 5


# Bombs


def test_pixels_that_unpack_to_more_than_the_header_says_are_ignored() -> None:
    row = bytes(3 * 8)

    assert compress(png((8, 2), 8, 2, [row] * 20_000)).height == 2


def test_a_profile_of_megabytes_in_a_jpeg_is_ignored() -> None:
    data = jpeg_with(save(quarters(), "JPEG"), *icc_segments(bytes(6 << 20)))

    assert compress(data).original_width == 96


@pytest.mark.parametrize("count", [0, 1, 65_535])
def test_exif_of_endless_directories_is_read_once(count: int) -> None:
    loop = b"Exif\0\0II*\0\x08\0\0\0" + struct.pack("<H", count) + struct.pack("<HHII", 0x8769, 4, 1, 8) * 20

    assert compress(jpeg_with(save(quarters(), "JPEG"), (0xE1, loop))).captured_at is None


# Damage


@pytest.mark.parametrize("name", ["png", "webp", "gif"])
def test_truncated_file_is_refused_as_truncated(name: str) -> None:
    data = every_format(photograph((160, 120)))[name]

    assert code_of(data[: len(data) // 2]) == "truncated"


@pytest.mark.parametrize("format_", ["PNG", "GIF", "WEBP", "JPEG"])
def test_a_signature_alone_is_refused(format_: str) -> None:
    assert code_of(save(quarters(), format_)[:12]) in ("truncated", "corrupt")


def test_a_picture_of_no_pixels_is_corrupt() -> None:
    assert code_of(gif((0, 0))) in ("corrupt", "truncated")
    assert code_of(png((0, 4), 8, 2, [])) == "corrupt"


def test_a_gif_whose_header_is_a_script_is_still_a_gif() -> None:
    assert compress(gif((8, 8), gif_frame((0, 0, 8, 8), 1), b"!\xfe\x09*/alert()\0")).format == "gif"


def test_a_damaged_profile_and_exif_do_not_matter() -> None:
    data = jpeg_with(save(quarters(), "JPEG"), (0xE1, exif()[:40]), *icc_segments(bytes(300)))

    assert compress(data).original_width == 96


def test_a_heic_that_lies_about_its_size_is_refused() -> None:
    assert code_of(heic(size=(30_000, 30_000))) in ("too-many-pixels", "corrupt")


def test_warnings_of_decoders_are_silent(recwarn: pytest.WarningsRecorder) -> None:
    twice = (b"acTL", struct.pack(">II", 2, 0))

    compress(png_with(save(quarters(), "PNG"), twice, twice), Options(output_format="jpeg"))

    assert not recwarn.list


def test_mistakes_of_our_own_still_show(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a mistake")

    monkeypatch.setattr("chalicelib.imaging.engine.result_sizes", broken)
    with pytest.raises(KeyError):
        compress(save(quarters(), "PNG"))
