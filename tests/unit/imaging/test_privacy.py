"""Private metadata never leaves, whether the pixels are encoded again or kept; checked in the bytes."""

import struct

import pytest

from chalicelib.imaging import Options, Rendition, compress
from chalicelib.imaging.codecs import avif, gif, isobmff, jpeg, png, webp
from tests.fixtures.drawings import load, photograph, quarters, save
from tests.fixtures.exif import exif
from tests.fixtures.files import (
    GIF_COMMENT,
    gif_frame,
    gif_loop,
    heic,
    icc_segments,
    jpeg_with,
    png_with,
    riff,
    webp_with,
)
from tests.fixtures.files import gif as gif_file
from tests.fixtures.icc import srgb

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/">Secret place</x:xmpmeta>'
IPTC = b"Photoshop 3.0\x008BIM\x04\x04\0\0\0\0\0\x10\x1c\x02\x5a\0\x0bSecret city"
THUMBNAIL = save(photograph((16, 16)), "JPEG") + b"Secret"

SMALL = (96, 64)
LARGE = (400, 300)


def jpeg_of(size: tuple[int, int], quality: int) -> bytes:
    return (
        jpeg_with(
            save(photograph(size), "JPEG", quality=quality, optimize=True),
            (0xE1, exif(taken="2024:05:06 07:08:09") + THUMBNAIL),
            (0xE1, b"http://ns.adobe.com/xap/1.0/\0" + XMP),
            (0xE0, b"JFXX\0\x10" + THUMBNAIL),
            *icc_segments(srgb()),
            (0xED, IPTC),
            (0xEB, b"Secret maker's note"),
            (0xFE, b"Secret comment"),
        )
        + b"Secret trailer"
    )


def png_of(size: tuple[int, int]) -> bytes:
    return (
        png_with(
            save(photograph(size), "PNG"),
            (b"eXIf", exif()[6:]),
            (b"tEXt", b"Author\0Secret owner"),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + XMP),
            (b"tIME", struct.pack(">HBBBBB", 2024, 5, 6, 7, 8, 9)),
            (b"prVt", b"Secret private chunk"),
            (b"gAMA", struct.pack(">I", 45455)),
        )
        + b"Secret trailer"
    )


def webp_of(size: tuple[int, int], quality: int) -> bytes:
    data = save(photograph(size), "WEBP", quality=quality)
    return (
        webp_with(data, size, (b"EXIF", exif()), (b"XMP ", XMP), (b"SECR", b"Secret chunk"), flags=0x0C)
        + b"Secret trailer"
    )


def gif_of(size: tuple[int, int]) -> bytes:
    plain_text = b"!\x01\x0c" + bytes(12) + b"\x06Secret\0"
    application = b"!\xff\x0bXMP DataXMP" + bytes([len(XMP)]) + XMP + b"\0"
    frames = [gif_frame((0, 0, *size), 1), gif_frame((0, 0, 9, 9), 2)]
    return gif_file(size, gif_loop(0), GIF_COMMENT, plain_text, application, *frames) + b"Secret trailer"


def avif_of(size: tuple[int, int], quality: int) -> bytes:
    data = save(photograph(size), "AVIF", quality=quality, speed=9, exif=exif()[6:], xmp=XMP)
    return data + isobmff.box(b"uuid", bytes(16) + b"Secret box")


SOURCES = {
    "jpeg encoded": jpeg_of(LARGE, 95),
    "jpeg kept": jpeg_of(SMALL, 30),
    "png encoded": png_of(LARGE),
    "png kept": png_of(SMALL),
    "webp encoded": webp_of(LARGE, 100),
    "webp kept": webp_of(SMALL, 20),
    "gif encoded": gif_of((200, 150)),
    "gif kept": gif_of((60, 50)),
    "avif encoded": avif_of(LARGE, 95),
    "avif kept": avif_of(SMALL, 20),
    "heic": heic(exif=exif()),
}


def assert_bare(data: bytes) -> None:
    """Nothing but the picture is in a file: by its structure, and by its bytes."""
    for secret in (b"Secret", b"Exif", b"xmp", b"8BIM", b"ICC_PROFILE", b"JFXX"):
        assert secret not in data
    if data.startswith(b"\xff\xd8"):
        assert {marker for marker, *_ in jpeg.segments(data)} <= {
            0xE0,
            0xEE,
            0xDB,
            0xC0,
            0xC2,
            0xC4,
            0xDD,
            0xDA,
        }
        assert data.endswith(b"\xff\xd9")
    elif data.startswith(b"\x89PNG"):
        known = {b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"acTL", b"fcTL", b"fdAT"}
        assert {kind for kind, _, _ in png.chunks(data)} <= known
        assert data.endswith(b"IEND\xaeB`\x82")
    elif data.startswith(b"RIFF"):
        known = {b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"}
        assert {kind for kind, _, _ in webp.chunks(data)} <= known
        assert len(data) == 8 + int.from_bytes(data[4:8], "little")
    elif data.startswith(b"GIF"):
        assert {kind for kind, _, _ in gif.blocks(data)} <= {"header", "control", "image", "loop"}
        assert data.endswith(b"\0;")
    else:
        assert {box.kind for box in isobmff.boxes(data)} <= {b"ftyp", b"meta", b"moov", b"mdat", b"free"}


@pytest.mark.parametrize("target", ["original", "jpeg", "webp", "avif", "png"])
@pytest.mark.parametrize("name", SOURCES)
def test_no_metadata_leaves(name: str, target: str) -> None:
    options = Options(max_width=128, max_height=128, output_format=target)  # type: ignore[arg-type]

    assert_bare(compress(SOURCES[name], options).data)


@pytest.mark.parametrize("name", [name for name in SOURCES if name.endswith("kept")])
def test_pixels_that_are_kept_are_untouched(name: str) -> None:
    compressed = compress(SOURCES[name])

    result, original = load(compressed.data), load(SOURCES[name])
    assert result.size == original.size
    assert result.convert("RGBA").tobytes() == original.convert("RGBA").tobytes()


def test_no_metadata_leaves_in_renditions() -> None:
    compressed = compress(SOURCES["jpeg encoded"], Options(renditions=(Rendition("thumb", 32),)))

    assert_bare(compressed.renditions[0].data)


def test_the_thumbnail_within_jfif_is_dropped() -> None:
    data = save(photograph(SMALL), "JPEG", quality=20)
    with_thumbnail = (
        data[:2]
        + b"\xff\xe0"
        + struct.pack(">H", 16 + 12)
        + data[6:18]
        + b"\2\2"
        + b"Secret pixel"
        + data[20:]
    )
    assert load(with_thumbnail).size == SMALL

    assert_bare(compress(with_thumbnail).data)


def test_adobe_s_colour_transform_is_kept_with_the_pixels() -> None:
    """Without it, decoders would take these RGB samples for YCbCr."""
    red = save(photograph(SMALL), "JPEG", quality=20, keep_rgb=True)

    assert load(jpeg.strip(red)).tobytes() == load(red).tobytes()
    assert load(jpeg.strip(save(photograph(SMALL, "CMYK"), "JPEG"))).mode == "CMYK"


def test_metadata_in_frames_of_a_webp_is_dropped() -> None:
    data = save(photograph((40, 40)), "WEBP", save_all=True, append_images=[quarters((40, 40))])
    extra = riff(b"SECR", b"Secret chunk")
    at = data.index(b"ANMF") + 4
    length = int.from_bytes(data[at : at + 4], "little")
    end = at + 4 + length
    hidden = data[:at] + struct.pack("<I", length + len(extra)) + data[at + 4 : end] + extra + data[end:]
    hidden = hidden[:4] + struct.pack("<I", len(hidden) - 8) + hidden[8:]

    assert webp.strip(hidden) == webp.strip(data)


def test_a_moving_avif_is_stripped() -> None:
    frames = [photograph((40, 40), seed=seed) for seed in (1, 2)]
    data = save(
        frames[0], "AVIF", save_all=True, append_images=frames[1:], exif=exif()[6:], xmp=XMP, speed=10
    )

    stripped = avif.strip(data)

    assert_bare(stripped)
    assert load(stripped).n_frames == 2  # type: ignore[attr-defined]
