"""From an image's bytes to a smaller image's bytes."""

from dataclasses import replace
from itertools import chain

from PIL import Image

from chalicelib.imaging.codecs import codec
from chalicelib.imaging.colour import to_srgb
from chalicelib.imaging.decode import decode
from chalicelib.imaging.formats import FORMATS, JPEG, PNG, Format
from chalicelib.imaging.placeholder import dominant_color, placeholder, preview
from chalicelib.imaging.resize import Box, Size, fit, resize, result_sizes, turn_upright, turned
from chalicelib.imaging.source import Source, open_source
from chalicelib.imaging.types import Compressed, Options, RenditionImage

# A lossy encoding in place of pixels that could be kept must save a fifth, and half a kilobyte: less is not worth
# another loss, and what was compressed once stays as it is when it is compressed again.
_WORTHWHILE_SHARE = 0.8
_WORTHWHILE_BYTES = 512

# Shares of the wanted quality to fall back to, where pixels cannot be kept and their encoding is larger.
_LOWER_QUALITIES = (0.85, 0.7, 0.5, 0.3, 0.1)


def compress(data: bytes, options: Options = Options()) -> Compressed:  # noqa: B008 it is immutable
    """Compress an image.

    Args:
        data: The bytes of an image file.
        options: How.

    Returns:
        The compressed image: within the bounds, upright, in sRGB, without metadata. Where encoding a source of the
        same format and size again does not help, the result has the source's own pixels, and so never more bytes.
        It can have more bytes than the source only where its pixels must change: by a resize, a turn or a conversion.

    Raises:
        ImageError: The bytes are not an image, or not an accepted one. Its `code` gives the reason.
    """
    source = open_source(data, options)
    size, *rendition_sizes = result_sizes(source.size, options)
    target = _target(source, options)
    if target is not None and target.animates and source.frames > 1:
        main, encoded = _animate(source, target, size, options)
        others = [_without_opaque_alpha(resize(main, fit(main.size, bounds))) for bounds in rendition_sizes]
    else:
        main, *others = _draw_sizes(source, [size, *rendition_sizes])
        target = target or (PNG if main.mode == "RGBA" else JPEG)
        encoded = _encode(main, target, options)
    encoded = _smallest(source, target, main, encoded, options)
    small = preview(main)
    return Compressed(
        data=encoded,
        content_type=target.content_type,
        format=target.name,
        width=main.width,
        height=main.height,
        original_width=source.size[0],
        original_height=source.size[1],
        original_format=source.format.name,
        placeholder=placeholder(small),
        dominant_color=dominant_color(small),
        captured_at=source.exif.captured_at,
        renditions=tuple(
            RenditionImage(rendition.name, _encode(image, target, options), *image.size)
            for rendition, image in zip(options.renditions, others, strict=True)
        ),
    )


def _target(source: Source, options: Options) -> Format | None:
    """Return the format to write, or None where it depends on transparency."""
    if options.output_format != "original":
        return FORMATS[options.output_format]
    return source.format if source.format.codec else None


def _animate(source: Source, target: Format, size: Size, options: Options) -> tuple[Image.Image, bytes]:
    """Return the first frame, and the whole animation encoded."""
    from chalicelib.imaging import animation

    frames = (
        replace(frame, image=_draw(source, frame.image, None, size)) for frame in animation.frames(source)
    )
    first = next(frames)
    encoded = codec(target).animate(chain([first], frames), size, animation.plays(source), options)
    return first.image, encoded


def _draw_sizes(source: Source, sizes: list[Size]) -> list[Image.Image]:
    """Decode a source once, and return it in several sizes."""
    largest = max(sizes)
    decoded, box = decode(source, turned(largest, source.orientation))
    drawn = [_without_opaque_alpha(_draw(source, decoded, box, size)) for size in sizes]
    if all(image is not decoded for image in drawn):
        decoded.close()  # the source would hold its pixels, most of the memory, until all is encoded
    return drawn


def _draw(source: Source, decoded: Image.Image, box: Box | None, size: Size) -> Image.Image:
    """Return decoded pixels in a size, upright, and in sRGB: the last two cost least when they come last."""
    resampling = Image.Resampling.BICUBIC if source.format.graphic else Image.Resampling.LANCZOS
    resized = resize(decoded, turned(size, source.orientation), box, resampling)
    return to_srgb(turn_upright(resized, source.orientation), source.profile)


def _without_opaque_alpha(image: Image.Image) -> Image.Image:
    if image.mode == "RGBA" and image.getchannel("A").getextrema()[0] == 255:
        return image.convert("RGB")
    return image


def _encode(image: Image.Image, target: Format, options: Options) -> bytes:
    if image.mode == "RGBA" and not target.has_alpha:
        white = Image.new("RGB", image.size, "white")
        white.paste(image, mask=image.getchannel("A"))
        image = white
    return codec(target).encode(image, options)


def _smallest(source: Source, target: Format, image: Image.Image, encoded: bytes, options: Options) -> bytes:
    """Return the encoded image, or a smaller file with the same size in pixels."""
    if source.format is not target:
        return encoded
    if not source.is_presentable or image.size != source.size:
        return _reduced(source, target, image, encoded, options)
    kept = codec(target).strip(source.data)
    limit = min(len(kept) * _WORTHWHILE_SHARE, len(kept) - _WORTHWHILE_BYTES) if target.lossy else len(kept)
    return encoded if len(encoded) < limit else kept


def _reduced(source: Source, target: Format, image: Image.Image, encoded: bytes, options: Options) -> bytes:
    """Return an encoding that is not larger than the source, as far as a lower quality or a palette achieves it."""
    if source.frames > 1:
        return encoded
    if target is PNG and source.image.mode == "P" and len(encoded) >= len(source.data):
        return _encode(image, target, replace(options, png_colors=options.png_colors or 256))
    if target.lossy:
        for share in _LOWER_QUALITIES:
            if len(encoded) <= len(source.data):
                break
            encoded = _encode(image, target, replace(options, quality=max(1, int(options.quality * share))))
    return encoded
