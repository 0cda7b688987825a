"""JPEG files without an end marker: a complete one is read, one that is cut off is refused."""

from typing import Any

import pytest

from chalicelib.imaging import ImageError, Options, compress
from tests.fixtures.drawings import load, noise, photograph, save
from tests.fixtures.refusals import refused

END = b"\xff\xd9"
KINDS: dict[str, dict[str, Any]] = {
    "baseline": {},
    "progressive": {"progressive": True},
    "restarts": {"restart_marker_rows": 1},
    "full chroma": {"subsampling": "4:4:4"},
    "L": {},
    "CMYK": {},
}


def without_end(size: tuple[int, int], kind: str) -> tuple[bytes, bytes]:
    mode = kind if kind in ("L", "CMYK") else "RGB"
    data = save(photograph(size, mode), "JPEG", quality=90, **KINDS[kind])
    assert data.endswith(END)
    return data, data[:-2]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("size", [(16, 16), (17, 9), (160, 120), (900, 700)])
@pytest.mark.parametrize("options", [Options(), Options(max_width=40), Options(output_format="png")])
def test_a_complete_jpeg_without_its_end_is_read(size: tuple[int, int], kind: str, options: Options) -> None:
    data, cut = without_end(size, kind)

    assert compress(cut, options) == compress(data, options)


def test_bytes_after_the_end_are_not_looked_at() -> None:
    data = save(photograph(), "JPEG")

    assert compress(data + b"a trailer") == compress(data)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("width", [1024, 40])
def test_a_jpeg_that_is_cut_off_is_refused(kind: str, share: float, width: int) -> None:
    data, _ = without_end((900, 700), kind)

    with refused("truncated", "cut off"):
        compress(data[: int(len(data) * share)], Options(max_width=width))


@pytest.mark.parametrize("missing", range(3, 12))
def test_a_jpeg_that_lacks_its_last_bytes_is_refused(missing: int) -> None:
    data, _ = without_end((160, 120), "baseline")

    with pytest.raises(ImageError, match="cut off"):
        compress(data[:-missing])


def test_the_message_says_how_much_is_there() -> None:
    data = save(noise((200, 200)), "JPEG", quality=90)

    with pytest.raises(ImageError, match=r"ends after 4[6-9] % of the rows"):
        compress(data[: len(data) // 2])


def test_a_jpeg_that_lacks_whole_scans_is_refused() -> None:
    data, _ = without_end((160, 120), "progressive")

    with pytest.raises(ImageError, match="all of its scans"):
        compress(data[: data.rindex(b"\xff\xda")])
    assert load(data).size == (160, 120)
