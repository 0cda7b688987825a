"""From an image's bytes to a smaller image's bytes."""

from collections.abc import Callable

from PIL import Image

from chalicelib.imaging.colour import is_srgb, to_srgb
from chalicelib.imaging.containers import gif as gif_file
from chalicelib.imaging.containers import jpeg as jpeg_file
from chalicelib.imaging.containers import png as png_file
from chalicelib.imaging.containers import webp as webp_file
from chalicelib.imaging.decode import decode
from chalicelib.imaging.encoders import avif, gif, jpeg, png, webp
from chalicelib.imaging.formats import AVIF, FORMATS, GIF, JPEG, PNG, WEBP, Format
from chalicelib.imaging.orient import turn_upright
from chalicelib.imaging.placeholder import dominant_color, placeholder
from chalicelib.imaging.resize import Size, fit, resize
from chalicelib.imaging.source import Source, open_source, turned
from chalicelib.imaging.types import Compressed, Options, RenditionImage

_STRIPPERS: dict[Format, Callable[[bytes], bytes]] = {
    JPEG: jpeg_file.strip,
    PNG: png_file.strip,
    WEBP: webp_file.strip,
    GIF: gif_file.strip,
}

_ENCODERS: dict[Format, Callable[[Image.Image, Options], bytes]] = {
    JPEG: lambda image, options: jpeg.encode(image, options.quality),
    PNG: lambda image, options: png.encode(image, options.png_colors),
    WEBP: lambda image, options: webp.encode(image, options.quality),
    AVIF: lambda image, options: avif.encode(image, options.quality),
    GIF: lambda image, _: gif.encode(image),
}

# A lossy encoding of pixels that could be kept must save a tenth: less is not worth another loss,
# and what was compressed once comes out the same when it is compressed again.
_WORTH_A_LOSS = 0.9


def compress(data: bytes, options: Options = Options()) -> Compressed:  # noqa: B008 it is immutable
    """Compress an image.

    Args:
        data: The bytes of an image file.
        options: How.

    Returns:
        The compressed image: upright, in sRGB, without metadata, not larger than its source.

    Raises:
        ImageError: The bytes are no image, or not one to accept; its `code` tells why.
    """
    source = open_source(data, options)
    size = fit(source.size, (options.max_width, options.max_height))
    rendition_sizes = [fit(source.size, (r.size, r.size)) for r in options.renditions]
    main, *others = _draw(source, [size, *rendition_sizes])
    target = _target(source, main, options)
    encoded, size = _smallest(source, main, target, options)
    return Compressed(
        data=encoded,
        content_type=target.content_type,
        format=target.name,
        width=size[0],
        height=size[1],
        original_width=source.size[0],
        original_height=source.size[1],
        original_format=source.format.name,
        placeholder=placeholder(main),
        dominant_color=dominant_color(main),
        captured_at=source.exif.captured_at,
        renditions=tuple(
            RenditionImage(
                rendition.name,
                _ENCODERS[target](_for_target(image, target), options),
                target.content_type,
                target.name,
                *image.size,
            )
            for rendition, image in zip(options.renditions, others, strict=True)
        ),
    )


def _draw(source: Source, sizes: list[Size]) -> list[Image.Image]:
    """Decode a source once, and return it upright and in sRGB in several sizes."""
    largest = max(sizes)
    decoded, box = decode(source, turned(largest, source.orientation))
    images = []
    for size in sizes:
        image = resize(decoded, turned(size, source.orientation), box)
        images.append(_without_opaque_alpha(to_srgb(turn_upright(image, source.orientation), source.profile)))
    return images


def _without_opaque_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        return image.convert("RGB")
    return image


def _target(source: Source, image: Image.Image, options: Options) -> Format:
    if options.output_format != "original":
        return FORMATS[options.output_format]
    if source.format.written:
        return source.format
    return PNG if image.mode == "RGBA" else JPEG


def _for_target(image: Image.Image, target: Format) -> Image.Image:
    if image.mode == "RGBA" and not target.has_alpha:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        return white
    return image


def _smallest(source: Source, image: Image.Image, target: Format, options: Options) -> tuple[bytes, Size]:
    encoded = _ENCODERS[target](_for_target(image, target), options)
    upright_srgb = source.orientation == 1 and (source.profile is None or is_srgb(source.profile))
    if source.format is target and upright_srgb and target in _STRIPPERS:
        kept = _STRIPPERS[target](source.data)
        unchanged = image.size == source.size
        if len(encoded) > len(kept) * (_WORTH_A_LOSS if unchanged and target.lossy else 1):
            return kept, source.size
    return encoded, image.size
