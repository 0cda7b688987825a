"""Animations keep their frames, their durations, how often they play, and their look."""

from collections.abc import Iterator

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from chalicelib.imaging import Options, Rendition, compress
from chalicelib.imaging.codecs import avif, png, webp
from chalicelib.imaging.codecs import gif as gif_codec
from chalicelib.imaging.frames import Frame
from tests.fixtures.drawings import Size, disc, load, photograph, pixel, save
from tests.fixtures.files import gif, gif_frame, gif_loop, png_with

DURATIONS = [100, 200, 50, 70, 80]
SETTINGS = {
    "GIF": {"loop": 3},
    "PNG": {"loop": 4},
    "WEBP": {"loop": 4, "lossless": True},
    "AVIF": {"quality": 95, "speed": 10},
}


def drawn(size: Size = (120, 90), *, transparent: bool = False) -> list[Image.Image]:
    """A ball that rolls over a landscape, or over nothing."""
    frames = []
    for step in range(len(DURATIONS)):
        frame = Image.new("RGBA", size, (0, 0, 0, 0)) if transparent else photograph(size, "RGBA")
        ImageDraw.Draw(frame).ellipse((step * 15, 20, step * 15 + 40, 60), (250, 20 * step, 40, 255))
        frames.append(frame)
    return frames


def moving(format_: str, *, transparent: bool = False) -> bytes:
    first, *others = drawn(transparent=transparent)
    settings = {"disposal": 2} if format_ == "GIF" and transparent else {}
    return save(
        first,
        format_,
        save_all=True,
        append_images=others,
        duration=DURATIONS,
        **SETTINGS[format_],
        **settings,
    )


def frames(data: bytes) -> Iterator[tuple[Image.Image, float]]:
    image = load(data)
    for index in range(getattr(image, "n_frames", 1)):
        image.seek(index)
        image.load()
        yield image.convert("RGBA"), image.info["duration"]


def furthest(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures on grey, in levels."""
    grey = Image.new("RGBA", one.size, "grey")
    seen = [Image.alpha_composite(grey, image).convert("L") for image in (one, other)]
    return ImageStat.Stat(ImageChops.difference(*seen)).mean[0]


@pytest.mark.parametrize("transparent", [False, True])
@pytest.mark.parametrize("target", ["original", "webp", "avif", "png"])
@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP", "AVIF"])
def test_every_frame_keeps_its_look_and_its_time(source: str, target: str, transparent: bool) -> None:
    data = moving(source, transparent=transparent)

    result = compress(data, Options(max_width=80, output_format=target)).data  # type: ignore[arg-type]

    before, after = list(frames(data)), list(frames(result))
    assert [duration for _, duration in after] == [duration for _, duration in before]
    for (frame, _), (original, _) in zip(after, before, strict=True):
        assert furthest(frame, original.resize(frame.size, Image.Resampling.LANCZOS)) < 4


@pytest.mark.parametrize("format_", ["GIF", "PNG", "WEBP", "AVIF"])
def test_frames_that_look_the_same_are_not_merged(format_: str) -> None:
    picture = photograph((200, 150))
    twice = {
        "GIF": lambda: gif((40, 30), gif_frame((0, 0, 40, 30), 1), gif_frame((0, 0, 40, 30), 1)),
        # Pillow's encoder would merge them.
        "PNG": lambda: png.animate([Frame(picture, 100), Frame(picture, 100)], picture.size, 0, Options()),
        "WEBP": lambda: (
            compress(gif((40, 30), *[gif_frame((0, 0, 40, 30), 1)] * 2), Options(output_format="webp")).data
        ),
        "AVIF": lambda: save(picture, "AVIF", save_all=True, append_images=[picture], duration=100, speed=10),
    }[format_]()

    assert len(list(frames(twice))) == 2
    for target in ("original", "webp", "avif", "png"):
        result = compress(twice, Options(max_width=20, output_format=target)).data
        assert len(list(frames(result))) == 2


@pytest.mark.parametrize(("repeats", "plays"), [(None, 1), (0, 0), (3, 4)])
def test_a_gif_plays_as_often_in_other_formats(repeats: int | None, plays: int) -> None:
    loop = [] if repeats is None else [gif_loop(repeats)]
    data = gif((40, 30), *loop, gif_frame((0, 0, 40, 30), 1), gif_frame((0, 0, 9, 9), 2))

    assert load(compress(data, Options(output_format="webp")).data).info["loop"] == plays
    assert load(compress(data, Options(output_format="png")).data).info["loop"] == plays
    assert avif.plays(compress(data, Options(output_format="avif")).data) == plays


@pytest.mark.parametrize("loop", [None, 0, 5])
def test_a_resized_gif_plays_as_often(loop: int | None) -> None:
    first, *others = drawn((400, 300))
    settings = {} if loop is None else {"loop": loop}
    data = save(first, "GIF", save_all=True, append_images=others, duration=100, **settings)

    assert load(compress(data, Options(max_width=40)).data).info.get("loop") == loop


@pytest.mark.parametrize("plays", [0, 1, 7])
def test_an_avif_plays_as_often(plays: int) -> None:
    data = avif.with_plays(moving("AVIF"), plays)

    assert avif.plays(compress(data, Options(max_width=30)).data) == plays
    assert load(compress(data, Options(output_format="webp")).data).info["loop"] == plays


def test_fractions_of_a_millisecond_are_kept_between_apngs() -> None:
    first, *others = drawn((300, 200))
    data = save(first, "PNG", save_all=True, append_images=others, duration=1000 / 30)

    result = compress(data, Options(max_width=40)).data

    controls = [result[start + 20 : start + 24] for kind, start, _ in png.chunks(result) if kind == b"fcTL"]
    assert controls == [b"\x00\x01\x00\x1e"] * len(DURATIONS)


def test_very_long_frames_are_cut_to_what_every_format_can_tell() -> None:
    first, *others = drawn()
    data = save(first, "PNG", save_all=True, append_images=others, duration=60_000_000)

    result = compress(data, Options(output_format="webp")).data

    assert [duration for _, duration in frames(result)] == [(1 << 24) - 1] * len(DURATIONS)


def test_a_gif_without_a_size_change_keeps_its_bytes_but_for_metadata() -> None:
    data = gif((16, 12), gif_loop(0), gif_frame((0, 0, 16, 12), 1), gif_frame((4, 4, 8, 4), 2))

    assert compress(data).data == data


def test_what_vanishes_from_a_gif_is_cleared() -> None:
    rolling = [Frame(frame, 100) for frame in drawn(transparent=True)]

    result = [frame for frame, _ in frames(gif_codec.animate(rolling, (120, 90), 0, Options()))]

    assert [pixel(frame, 3, 40)[3] > 0 for frame in result] == [True, False, False, False, False]
    assert [pixel(frame, 75, 40)[3] > 0 for frame in result] == [False, False, False, True, True]


def test_a_still_gif_becomes_a_still_gif() -> None:
    data = save(disc((400, 300)), "GIF")

    compressed = compress(data, Options(max_width=80))

    image = load(compressed.data)
    assert (image.size, getattr(image, "n_frames", 1)) == ((80, 60), 1)
    assert pixel(image.convert("RGBA"), 40, 30) == pytest.approx((255, 0, 0, 255), abs=8)
    assert pixel(image.convert("RGBA"), 0, 0)[3] == 0


@pytest.mark.parametrize("source", ["GIF", "PNG", "WEBP", "AVIF"])
def test_jpeg_gets_the_first_frame(source: str) -> None:
    data = moving(source)

    image = load(compress(data, Options(output_format="jpeg")).data)

    first, _ = next(frames(data))
    assert furthest(image.convert("RGBA"), first) < 4


def test_renditions_of_an_animation_are_stills_of_its_first_frame() -> None:
    data = moving("GIF")

    (rendition,) = compress(data, Options(renditions=(Rendition("thumb", 40),))).renditions

    image = load(rendition.data)
    assert (image.size, image.format, getattr(image, "n_frames", 1)) == ((40, 30), "GIF", 1)


def test_a_grey_animation_keeps_its_look() -> None:
    shades = [Image.new("L", (80, 60), level) for level in (10, 120, 240)]
    data = save(shades[0], "PNG", save_all=True, append_images=shades[1:], duration=100)

    result = [frame for frame, _ in frames(compress(data, Options(max_width=40, output_format="webp")).data)]

    assert [pixel(frame, 9, 9)[0] for frame in result] == pytest.approx([10, 120, 240], abs=3)


def test_a_16_bit_grey_animation_is_read() -> None:
    data = png_with(save(Image.new("I;16", (8, 8), 0x8000), "PNG"), (b"acTL", b"\0\0\0\1\0\0\0\0"))

    assert compress(data).original_format == "png"


def test_a_gif_s_unchanged_pixels_are_not_drawn_again() -> None:
    still = photograph((100, 80))
    touched = still.copy()
    touched.paste((255, 0, 0), (40, 40, 44, 44))

    both = gif_codec.animate([Frame(still, 100), Frame(touched, 100)], still.size, 0, Options())

    assert len(both) - len(gif_codec.encode(still, Options())) < 900
    assert pixel(list(frames(both))[1][0], 42, 42) == pytest.approx((255, 0, 0, 255), abs=4)


def test_each_webp_frame_has_its_offset_and_size() -> None:
    still = photograph((100, 80))
    touched = still.copy()
    touched.paste((255, 0, 0), (41, 31, 52, 44))

    data = webp.animate([Frame(still, 100), Frame(touched, 70)], still.size, 0, Options())

    headers = [data[start : start + 16] for kind, start, _ in webp.chunks(data) if kind == b"ANMF"]
    numbers = [
        [int.from_bytes(header[at : at + 3], "little") for at in range(0, 15, 3)] for header in headers
    ]
    assert numbers == [[0, 0, 99, 79, 100], [20, 15, 11, 13, 70]]
    parts = [webp.picture(data, start + 16, end) for kind, start, end in webp.chunks(data) if kind == b"ANMF"]
    assert [webp.canvas(webp.file(part)) for part in parts] == [(100, 80), (12, 14)]


@pytest.mark.parametrize("source", ["GIF", "AVIF"])
def test_an_avif_sequence_has_no_times_at_which_it_was_made(source: str) -> None:
    """Otherwise equal input would give other bytes each second."""
    data = compress(moving(source), Options(output_format="avif")).data
    timed = [
        data[
            data.index(kind) + 8 : data.index(kind) + 24
            if data[data.index(kind) + 4]
            else data.index(kind) + 16
        ]
        for kind in (b"mvhd", b"tkhd", b"mdhd")
    ]

    assert [set(times) for times in timed] == [{0}] * 3
