"""What `compress` promises for the commonest images."""

from io import BytesIO

import pytest
from PIL import Image

from chalicelib.imaging import ImageError, Options, compress


def photograph(size: tuple[int, int], mode: str = "RGB") -> Image.Image:
    return Image.linear_gradient("L").resize(size).convert(mode)


def save(image: Image.Image, format_: str, **options: object) -> bytes:
    buffer = BytesIO()
    image.save(buffer, format_, **options)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("pillow_name", "name"),
    [("JPEG", "jpeg"), ("PNG", "png"), ("WEBP", "webp"), ("GIF", "gif"), ("AVIF", "avif")],
)
def test_a_format_that_browsers_show_is_kept(pillow_name: str, name: str) -> None:
    compressed = compress(save(photograph((64, 48)), pillow_name))

    assert compressed.format == name


@pytest.mark.parametrize("pillow_name", ["TIFF", "BMP", "JPEG2000"])
def test_another_format_becomes_jpeg(pillow_name: str) -> None:
    compressed = compress(save(photograph((64, 48)), pillow_name))

    assert compressed.content_type == "image/jpeg"


def test_the_result_fits_into_the_box_and_keeps_its_aspect() -> None:
    compressed = compress(save(photograph((400, 200)), "JPEG"), Options(max_width=100, max_height=100))

    assert (compressed.width, compressed.height) == (100, 50)
    assert Image.open(BytesIO(compressed.data)).size == (100, 50)


def test_text_is_no_image() -> None:
    with pytest.raises(ImageError) as caught:
        compress(b"not an image at all")

    assert caught.value.code == "not-an-image"
