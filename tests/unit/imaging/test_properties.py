"""What holds for every image and all options."""

import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from chalicelib.imaging import Compressed, Options, Rendition, compress
from chalicelib.imaging.resize import fit
from tests.fixtures.drawings import load, save
from tests.fixtures.files import heic

WRITTEN = ("jpeg", "png", "webp", "gif", "avif")
MODES = {
    "JPEG": ("L", "RGB", "CMYK"),
    "PNG": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "WEBP": ("RGB", "RGBA"),
    "GIF": ("L", "P", "RGB"),
    "AVIF": ("L", "RGB", "RGBA"),
    "TIFF": ("1", "L", "LA", "P", "RGB", "RGBA", "CMYK"),
    "BMP": ("1", "L", "P", "RGB"),
    "JPEG2000": ("L", "LA", "RGB", "RGBA"),
}
RESULT_MODES = {
    "jpeg": ("L", "RGB"),
    "png": ("1", "L", "LA", "P", "RGB", "RGBA"),
    "webp": ("RGB", "RGBA"),
    "gif": ("L", "P"),
    "avif": ("L", "RGB", "RGBA"),
}


@st.composite
def images(draw: st.DrawFn) -> bytes:
    """A file of any format, still or moving, of grain of any coarseness or of one colour."""
    format_ = draw(st.sampled_from(sorted(MODES)))
    mode = draw(st.sampled_from(MODES[format_]))
    size = draw(st.tuples(st.integers(1, 120), st.integers(1, 120)))
    grain = random.Random(draw(st.integers(0, 1000))).randbytes(size[0] * size[1] * 4)
    picture = Image.frombytes("RGBA", size, grain).filter(
        ImageFilter.BoxBlur(draw(st.integers(0, 9) | st.just(999)))
    )
    picture = picture.convert("RGB").convert(mode) if mode != "RGBA" else picture
    settings: dict[str, Any] = {}
    if format_ in ("JPEG", "WEBP", "AVIF"):
        settings["quality"] = draw(st.integers(1, 100))
    if format_ in ("JPEG", "WEBP"):
        settings["progressive" if format_ == "JPEG" else "lossless"] = draw(st.booleans())
    if format_ == "AVIF":
        settings["speed"] = 10
    if format_ in ("PNG", "WEBP", "GIF", "AVIF") and draw(st.booleans()):
        settings |= {"save_all": True, "append_images": [picture.rotate(90), picture.rotate(180)]}
    return save(picture, format_, **settings)


files = images() | st.just(heic())
options = st.builds(
    Options,
    max_width=st.integers(1, 150),
    max_height=st.integers(1, 150),
    quality=st.integers(1, 100),
    output_format=st.sampled_from(["original", "jpeg", "webp", "avif", "png"]),
    renditions=st.sampled_from([(), (Rendition("thumb", 20),)]),
    png_colors=st.sampled_from([None, 2, 256]),
)

examples = settings(
    max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)


@examples
@given(files, options)
def test_the_result_is_what_was_asked_for_and_what_it_says(data: bytes, options: Options) -> None:
    compressed = compress(data, options)

    assert_that_it_is_what_it_says(compressed)
    original = (compressed.original_width, compressed.original_height)
    assert (compressed.width, compressed.height) == fit(original, (options.max_width, options.max_height))
    if options.output_format != "original":
        assert compressed.format == options.output_format
    elif compressed.original_format in WRITTEN:
        assert compressed.format == compressed.original_format
    else:
        assert compressed.format in ("jpeg", "png")
    if (compressed.format, compressed.width, compressed.height) == (compressed.original_format, *original):
        assert len(compressed.data) <= len(data)


def assert_that_it_is_what_it_says(compressed: Compressed) -> None:
    image = load(compressed.data)
    assert image.format == compressed.format.upper()
    assert compressed.content_type == f"image/{compressed.format}"
    assert image.size == (compressed.width, compressed.height)
    assert image.mode in RESULT_MODES[compressed.format]
    for rendition in compressed.renditions:
        assert load(rendition.data).size == (rendition.width, rendition.height)


@examples
@given(files, options)
def test_a_second_pass_changes_nothing(data: bytes, options: Options) -> None:
    once = compress(data, options)

    assert compress(data, options) == once
    assert compress(once.data, options).data == once.data
