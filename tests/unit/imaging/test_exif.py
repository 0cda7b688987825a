"""Orientation and time of capture, out of EXIF."""

import pytest

from chalicelib.imaging import compress
from chalicelib.imaging.exif import Exif, read_exif
from tests.fixtures.drawings import photograph, save
from tests.fixtures.exif import block, exif
from tests.fixtures.files import heic, jpeg_with, png_with, webp_with

TAKEN = "2024:05:06 07:08:09"


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_is_read_in_both_byte_orders(order: str, orientation: int) -> None:
    assert read_exif(exif(orientation=orientation, order=order)).orientation == orientation


@pytest.mark.parametrize("orientation", [0, 9, 65_535])
def test_a_senseless_orientation_is_upright(orientation: int) -> None:
    assert read_exif(exif(orientation=orientation)).orientation == 1


def test_capture_time_is_in_iso_8601() -> None:
    assert read_exif(exif(taken=TAKEN)).captured_at == "2024-05-06T07:08:09"


@pytest.mark.parametrize("offset", ["+02:00", "-11:30", "+14:00"])
def test_time_has_an_offset_where_the_camera_wrote_one(offset: str) -> None:
    assert read_exif(exif(taken=TAKEN, offset=offset)).captured_at == "2024-05-06T07:08:09" + offset


@pytest.mark.parametrize("offset", ["", "   :  ", "Z", "+25:00", "+02:60", "02:00"])
def test_a_senseless_offset_is_left_out(offset: str) -> None:
    assert read_exif(exif(taken=TAKEN, offset=offset)).captured_at == "2024-05-06T07:08:09"


@pytest.mark.parametrize(
    "taken",
    [
        "0000:00:00 00:00:00",
        "    :  :     :  :  ",
        "2024:13:01 00:00:00",
        "2024:02:30 00:00:00",
        "2024:05:06 24:00:00",
        "yesterday",
        "",
    ],
)
def test_a_senseless_time_is_none(taken: str) -> None:
    assert read_exif(exif(taken=taken)).captured_at is None


def test_the_time_of_capture_comes_before_those_of_digitising_and_of_change() -> None:
    times = {0x9003: "2021:01:01 00:00:00", 0x9004: "2022:01:01 00:00:00"}
    change = {0x0132: "2023:01:01 00:00:00"}

    assert read_exif(block(change, {0x8769: times})).captured_at == "2021-01-01T00:00:00"
    assert read_exif(block(change, {0x8769: {0x9004: times[0x9004]}})).captured_at == "2022-01-01T00:00:00"
    assert read_exif(block(change, {})).captured_at == "2023-01-01T00:00:00"


def test_each_time_has_its_own_offset() -> None:
    details = {0x9004: TAKEN, 0x9011: "+01:00", 0x9012: "+05:00"}

    assert read_exif(block({0x0112: 1}, {0x8769: details})).captured_at == "2024-05-06T07:08:09+05:00"
    assert (
        read_exif(block({0x0132: TAKEN}, {0x8769: {0x9010: "-03:00"}})).captured_at
        == "2024-05-06T07:08:09-03:00"
    )


@pytest.mark.parametrize(
    "nonsense", [b"", b"Exif\0\0", b"II", b"XX*\0\x08\0\0\0", b"Exif\0\0II*\0\xff\xff\xff\xff"]
)
def test_nonsense_reads_as_nothing(nonsense: bytes) -> None:
    assert read_exif(nonsense) == Exif()


@pytest.mark.parametrize(
    "data",
    [
        jpeg_with(save(photograph(), "JPEG"), (0xE1, exif(taken=TAKEN))),
        png_with(save(photograph(), "PNG"), (b"eXIf", exif(taken=TAKEN)[6:])),
        webp_with(save(photograph(), "WEBP"), (96, 64), (b"EXIF", exif(taken=TAKEN)), flags=0x08),
        save(photograph(), "AVIF", exif=exif(taken=TAKEN)[6:]),
        heic(exif=exif(taken=TAKEN)),
        save(photograph(), "TIFF", tiffinfo={0x0132: TAKEN}),
    ],
    ids=["jpeg", "png", "webp", "avif", "heic", "tiff"],
)
def test_captured_at_is_read_from_every_format_that_has_it(data: bytes) -> None:
    assert compress(data).captured_at == "2024-05-06T07:08:09"


@pytest.mark.parametrize("turns", range(4))
def test_a_heic_is_turned_once_by_its_own_property_and_not_again_by_exif(turns: int) -> None:
    compressed = compress(heic(quarter_turns=turns, exif=exif(orientation=6)))

    assert (compressed.width, compressed.height) == ((64, 48) if turns % 2 == 0 else (48, 64))
