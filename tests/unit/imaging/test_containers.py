"""Files taken apart: what the pieces are, and what is done with damaged ones."""

import struct

import pytest
from PIL import Image

from chalicelib.imaging import ImageError
from chalicelib.imaging.codecs import avif, gif, isobmff, jpeg, jpeg2000, png, webp
from chalicelib.imaging.frames import changed
from tests.fixtures.drawings import load, photograph, save
from tests.fixtures.files import blank_jpeg, box, full_box, gif_frame, gif_loop, riff
from tests.fixtures.files import gif as gif_file

# JPEG


def scans(data: bytes) -> list[tuple[int, int, int, int]]:
    headers = [jpeg.scan_header(data, segment) for segment in jpeg.segments(data) if segment.marker == 0xDA]
    return [(scan.components[0], scan.first, scan.previous_bit, scan.bit) for scan in headers]


# libjpeg's own (`jpeg_simple_progression`): component, first coefficient, previous bit, bit.
LIBJPEG_SCRIPT = [
    (1, 0, 0, 1),
    (1, 1, 0, 2),
    (3, 1, 0, 1),
    (2, 1, 0, 1),
    (1, 6, 0, 2),
    (1, 1, 2, 1),
    (1, 0, 1, 0),
    (3, 1, 1, 0),
    (2, 1, 1, 0),
    (1, 1, 1, 0),
]


def test_the_scans_of_a_progressive_jpeg() -> None:
    data = save(photograph(), "JPEG", progressive=True)

    assert jpeg.count_scans(data) == len(LIBJPEG_SCRIPT)
    assert scans(data) == LIBJPEG_SCRIPT


@pytest.mark.parametrize(
    ("scale", "left_out"),
    [
        (1, []),
        (2, [(1, 1, 1, 0)]),
        (4, [(3, 1, 1, 0), (2, 1, 1, 0), (1, 1, 1, 0)]),
        (8, [scan for scan in LIBJPEG_SCRIPT if scan[1] > 0]),
    ],
)
def test_scans_that_are_invisible_at_a_scale_are_left_out(
    scale: int, left_out: list[tuple[int, int, int, int]]
) -> None:
    shortened = jpeg.for_scale(save(photograph(), "JPEG", progressive=True), scale)

    assert scans(shortened) == [scan for scan in LIBJPEG_SCRIPT if scan not in left_out]


def test_a_baseline_jpeg_has_one_scan_that_is_never_left_out() -> None:
    data = save(photograph(), "JPEG")

    assert jpeg.for_scale(data, 8) == data


def test_restart_markers_are_part_of_a_scan() -> None:
    data = save(photograph(), "JPEG", restart_marker_rows=1)

    assert b"\xff\xd0" in data
    assert jpeg.count_scans(data) == 1
    assert jpeg.strip(data) == data


def test_fill_bytes_before_a_marker_are_skipped() -> None:
    data = save(photograph(), "JPEG")

    assert jpeg.strip(data[:2] + b"\xff\xff\xff" + data[2:]) == data


def test_markers_without_a_length_are_skipped() -> None:
    data = save(photograph(), "JPEG")

    assert jpeg.strip(data[:2] + b"\xff\x01" + data[2:]) == data


@pytest.mark.parametrize(
    "header", [b"\xff\xda\x00\x02", b"\xff\xda\x00\x03\x04", b"\xff\xda\x00\x06\x01\x01\x00\x00"]
)
def test_a_scan_header_that_is_too_short_is_corrupt(header: bytes) -> None:
    data = b"\xff\xd8" + header + b"\xff\xd9"

    with pytest.raises(ImageError) as caught:
        scans(data)

    assert caught.value.code == "corrupt"


@pytest.mark.parametrize("segment", [b"\xff\xe1\xff\xff", b"\xff\xe1\x00\x01", b"\xff\xe1"])
def test_a_segment_that_reaches_beyond_the_file_is_truncated(segment: bytes) -> None:
    with pytest.raises(ImageError) as caught:
        jpeg.strip(b"\xff\xd8" + segment)

    assert caught.value.code == "truncated"


def test_blank_jpegs_for_tests_are_jpegs() -> None:
    assert load(blank_jpeg(50, 40)).getpixel((49, 39)) == (128, 128, 128)
    assert load(blank_jpeg(50, 40, 3)).getpixel((49, 39)) == (128, 128, 128)


# PNG


def test_a_chunk_that_reaches_beyond_the_file_is_truncated() -> None:
    with pytest.raises(ImageError) as caught:
        png.strip(save(photograph(), "PNG")[:-20])

    assert caught.value.code == "truncated"


def test_a_png_without_its_header_is_corrupt() -> None:
    with pytest.raises(ImageError) as caught:
        png.header(png.SIGNATURE + b"\0\0\0\x0dIDAT" + bytes(20))

    assert caught.value.code == "corrupt"


@pytest.mark.parametrize(
    ("control", "frames"), [(b"\0\0\0\7\0\0\0\0", 7), (b"\0\0\0\0\0\0\0\0", 1), (b"\0\0\0\7", 1)]
)
def test_the_frames_that_an_apng_announces(control: bytes, frames: int) -> None:
    data = save(photograph(), "PNG")

    assert png.count_frames(data[:33] + png.chunk(b"acTL", control) + data[33:]) == frames


# WebP


@pytest.mark.parametrize("lossless", [False, True])
def test_the_size_of_a_simple_webp(lossless: bool) -> None:
    assert webp.canvas(save(photograph((33, 21)), "WEBP", lossless=lossless)) == (33, 21)


def test_the_size_of_an_extended_webp() -> None:
    assert webp.canvas(webp.file(webp.extended_header(70_000, 3, alpha=False, animated=True))) == (70_000, 3)


@pytest.mark.parametrize("first", [b"", riff(b"ALPH", bytes(10)), riff(b"VP8 ", b"")])
def test_a_webp_without_a_header_is_corrupt(first: bytes) -> None:
    with pytest.raises(ImageError) as caught:
        webp.canvas(webp.file(first))

    assert caught.value.code == "corrupt"


# GIF


def test_the_blocks_of_a_gif() -> None:
    data = gif_file((9, 9), gif_loop(0), gif_frame((0, 0, 9, 9), 1), b"!\xfe\x02hi\0")

    assert [block.kind for block in gif.blocks(data)] == ["header", "loop", "control", "image", "other"]


@pytest.mark.parametrize("length", [5, 12, 40, 60])
def test_a_gif_that_is_cut_within_a_block_is_truncated(length: int) -> None:
    data = gif_file((9, 9), gif_loop(0), gif_frame((0, 0, 9, 9), 1))

    with pytest.raises(ImageError) as caught:
        gif.count_frames(data[:length])

    assert caught.value.code == "truncated"


# ISO base media files


def test_boxes_of_every_size_field() -> None:
    wide = struct.pack(">I4sQ", 1, b"wide", 20) + b"1234"
    last = struct.pack(">I4s", 0, b"last") + b"to the end"
    data = isobmff.box(b"free", b"12") + wide + last

    found = [(b.kind, data[b.payload : b.end]) for b in isobmff.boxes(data)]

    assert found == [(b"free", b"12"), (b"wide", b"1234"), (b"last", b"to the end")]


@pytest.mark.parametrize("size", [2, 7, 100, 0xFFFFFFFF])
def test_a_box_of_senseless_size_is_truncated(size: int) -> None:
    with pytest.raises(ImageError) as caught:
        list(isobmff.boxes(struct.pack(">I4s", size, b"free") + b"1234"))

    assert caught.value.code == "truncated"


def test_a_box_is_found_by_its_path() -> None:
    data = isobmff.box(b"moov", isobmff.box(b"trak", isobmff.box(b"tkhd", b"here")))

    found = isobmff.find(data, b"moov", b"trak", b"tkhd")

    assert found is not None
    assert data[found.payload : found.end] == b"here"
    assert isobmff.find(data, b"moov", b"udta") is None


# AVIF


def item_file(*, wide: bool, in_idat: bool, thumbnail: bool = False) -> bytes:
    """An index of three items (picture, Exif, thumbnail) in one or the other width of its fields."""
    picture, exif, small = b"picture.", b"Secret!!", b"Secret.."
    number = ">I" if wide else ">H"

    def infe(item: int, kind: bytes) -> bytes:
        return full_box(b"infe", struct.pack(number, item) + b"\0\0" + kind + b"\0", version=3 if wide else 2)

    items = [(1, b"av01", picture), (2, b"Exif", exif)] + ([(3, b"av01", small)] if thumbnail else [])
    information = b"".join(infe(item, kind) for item, kind, _ in items)
    count = struct.pack(number, len(items))
    single = full_box(
        b"iref",
        b"".join(
            box(kind, struct.pack(number, item) + b"\0\1" + struct.pack(number, 1))
            for kind, item in ((b"cdsc", 2), (b"thmb", 3))
            if kind == b"cdsc" or thumbnail
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
            + box(b"iprp", box(b"ipco", full_box(b"ispe", bytes(8))) + ipma)
            + (box(b"idat", body) if in_idat else b""),
        )

    head = box(b"ftyp", b"avif" + bytes(4))
    if in_idat:
        return head + meta(0)
    start = len(head) + len(meta(0)) + 8
    return head + meta(start) + box(b"mdat", b"".join(payload for _, _, payload in items))


@pytest.mark.parametrize("wide", [False, True])
@pytest.mark.parametrize("in_idat", [False, True])
@pytest.mark.parametrize("thumbnail", [False, True])
def test_items_that_are_no_picture_are_taken_out_and_cleared(
    wide: bool, in_idat: bool, thumbnail: bool
) -> None:
    data = item_file(wide=wide, in_idat=in_idat, thumbnail=thumbnail)

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

    with pytest.raises(ImageError) as caught:
        avif.strip(box(b"ftyp", b"avif") + full_box(b"meta", locations + information))

    assert caught.value.code == "corrupt"


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


# JPEG 2000


def test_how_often_a_jpeg2000_can_be_halved() -> None:
    assert jpeg2000.resolutions(save(photograph(), "JPEG2000", num_resolutions=4)) == 3
    assert jpeg2000.resolutions(save(photograph(), "JPEG2000", no_jp2=True, num_resolutions=1)) == 0


@pytest.mark.parametrize("data", [b"", b"\xff\x4f\xff\x51", b"\xff\x4f\xff\x51\0\0\xff\x90" + bytes(20)])
def test_a_codestream_that_does_not_tell_cannot_be_halved(data: bytes) -> None:
    assert jpeg2000.resolutions(data) == 0


# What changes between two frames


def test_what_changes_between_two_pictures() -> None:
    before = Image.new("RGB", (20, 10))
    after = before.copy()
    after.paste((1, 0, 0), (4, 3, 9, 7))

    assert changed(before, after) == (4, 3, 9, 7)
    assert changed(None, after) == (0, 0, 20, 10)
    assert changed(after, after) == (0, 0, 1, 1)
    assert changed(before, after.convert("RGBA")) == (4, 3, 9, 7)


def test_a_change_of_alpha_alone_is_a_change() -> None:
    before = Image.new("RGBA", (20, 10), (0, 0, 0, 0))
    after = Image.new("RGBA", (20, 10), (0, 0, 0, 255))

    assert changed(before, after) == (0, 0, 20, 10)
