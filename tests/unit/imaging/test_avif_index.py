"""The index of an AVIF file: everything but the picture is taken out of it and cleared."""

import struct

import pytest

from chalicelib.imaging import ImageError
from chalicelib.imaging.codecs import avif, isobmff
from tests.fixtures.drawings import photograph, save
from tests.fixtures.files import box, full_box
from tests.fixtures.refusals import refused


def item_file(*, wide: bool, in_idat: bool) -> bytes:
    """An index of three items (picture, Exif, thumbnail) in one or the other width of its fields."""
    picture, exif, small = b"picture.", b"Secret!!", b"Secret.."
    number = ">I" if wide else ">H"

    def infe(item: int, kind: bytes) -> bytes:
        return full_box(b"infe", struct.pack(number, item) + b"\0\0" + kind + b"\0", version=3 if wide else 2)

    items = [(1, b"av01", picture), (2, b"Exif", exif), (3, b"av01", small)]
    information = b"".join(infe(item, kind) for item, kind, _ in items)
    count = struct.pack(number, len(items))
    single = full_box(
        b"iref",
        b"".join(
            box(kind, struct.pack(number, item) + b"\0\1" + struct.pack(number, 1))
            for kind, item in ((b"cdsc", 2), (b"thmb", 3))
        ),
        version=int(wide),
    )
    associations = b"".join(struct.pack(number, item) + b"\1\1" for item, _, _ in items)
    ipma = full_box(b"ipma", struct.pack(">I", len(items)) + associations, version=int(wide))

    def meta(start: int) -> bytes:
        locations, at = b"", start
        for item, _, payload in items:
            method = struct.pack(">H", int(in_idat)) if wide or in_idat else b""
            locations += struct.pack(number, item) + method + struct.pack(">HHII", 0, 1, at, len(payload))
            at += len(payload)
        version = 2 if wide else int(in_idat)
        body = b"".join(payload for _, _, payload in items)
        return full_box(
            b"meta",
            full_box(b"iloc", b"\x44\x00" + count + locations, version=version)
            + full_box(b"iinf", count + information, version=int(wide))
            + single
            + box(
                b"iprp", box(b"ipco", full_box(b"ispe", bytes(8)) + box(b"uuid", b"Secret property")) + ipma
            )
            + (box(b"idat", body) if in_idat else b""),
        )

    head = box(b"ftyp", b"avif" + bytes(4))
    if in_idat:
        return head + meta(0)
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", b"".join(payload for _, _, payload in items))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("in_idat", [False, True])
def test_items_that_are_no_picture_are_taken_out_and_cleared(wide: bool, in_idat: bool) -> None:
    data = item_file(wide=wide, in_idat=in_idat)

    stripped = avif.strip(data)

    assert len(stripped) == len(data)
    assert b"picture." in stripped
    assert stripped.index(b"picture.") == data.index(b"picture.") or in_idat
    for private in (b"Secret", b"Exif", b"cdsc", b"thmb"):
        assert private not in stripped
    assert stripped.count(b"av01") == 1


def test_a_picture_in_idat_is_found_where_it_was() -> None:
    """What is taken out before `idat` must not move what offsets within it count from."""
    stripped = avif.strip(item_file(wide=False, in_idat=True))

    (meta,) = (part for part in isobmff.boxes(stripped) if part.kind == b"meta")
    idat = next(part for part in isobmff.boxes(stripped, meta.payload + 4, meta.end) if part.kind == b"idat")
    assert stripped[idat.payload : idat.payload + 8] == b"picture."


def test_foreign_boxes_of_a_movie_are_cleared() -> None:
    track = box(b"trak", box(b"tkhd", b"1234") + box(b"udta", b"Secret") + box(b"meta", b"Secret"))
    data = box(b"ftyp", b"avis") + box(b"moov", box(b"mvhd", b"5678") + track + box(b"udta", b"Secret"))

    stripped = avif.strip(data)

    assert len(stripped) == len(data)
    assert (b"Secret" in stripped, b"1234" in stripped, b"5678" in stripped) == (False, True, True)


@pytest.mark.parametrize("kind", [b"iinf", b"iloc", b"iref", b"iprp"])
def test_a_damaged_index_is_refused(kind: bytes) -> None:
    data = item_file(wide=False, in_idat=False)
    at = data.index(kind) + 4
    damaged = data[:at] + b"\xff" * 12 + data[at + 12 :]

    with pytest.raises(ImageError):
        avif.strip(damaged)


def test_an_index_that_ends_within_an_entry_is_corrupt() -> None:
    locations = full_box(b"iloc", b"\x44\x00\x00\x09\x00\x01")
    information = full_box(b"iinf", b"\0\1" + full_box(b"infe", b"\0\2\0\0Exif\0", version=2))

    with refused("corrupt"):
        avif.strip(box(b"ftyp", b"avif") + full_box(b"meta", locations + information))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        full_box(b"pitm", b"\0\1"),
        full_box(b"iinf", b"\0\1" + full_box(b"infe", b"\0\1\0\0av01\0", version=2)),
    ],
)
def test_an_index_without_metadata_is_left_alone(body: bytes) -> None:
    data = box(b"ftyp", b"avif") + full_box(b"meta", body)

    assert avif.strip(data) == data


def test_a_still_avif_plays_once() -> None:
    assert avif.plays(save(photograph(), "AVIF")) == 1
