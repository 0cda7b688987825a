"""A source: opened and measured, its metadata read, nothing decoded."""

from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from io import BytesIO

from PIL.ImageFile import ImageFile

from chalicelib.imaging import codecs
from chalicelib.imaging.colour import is_srgb, suits
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.exif import Exif, read_exif
from chalicelib.imaging.formats import AVIF, GIF, HEIC, JPEG, JPEG2000, PNG, TIFF, WEBP, Format, sniff
from chalicelib.imaging.limits import check_limits
from chalicelib.imaging.resize import Size, turned
from chalicelib.imaging.types import ImageError, Options

# Each scan is a pass over the whole image, however short it is: encoders write about ten, libjpeg-turbo's
# own fuzzers stop at 500.
_MOST_SCANS = 100


@dataclass(frozen=True)
class Source:
    """An image file to compress.

    Attributes:
        data: Its bytes, prepared for the decoder.
        format: What they are.
        image: Pillow's view of them, not yet decoded.
        frames: 1 for a still image.
        exif: What is read from its metadata.
        profile: The embedded ICC profile, if it describes such pixels.
        crop: The box of the stored pixels that is shown; None for all of them.
    """

    data: bytes
    format: Format
    image: ImageFile
    frames: int
    exif: Exif
    profile: bytes | None
    crop: tuple[int, int, int, int] | None = None

    @cached_property
    def orientation(self) -> int:
        """1 to 8 as in TIFF 6.0: how the decoded pixels are still to be turned."""
        return 1 if self.format.is_turned_when_decoded else self.exif.orientation

    @cached_property
    def size(self) -> Size:
        """Width and height in pixels once it is turned upright."""
        return turned(self.stored_size, self.orientation)

    @cached_property
    def stored_size(self) -> Size:
        """Width and height in pixels as they are stored, without what is cropped away."""
        if self.crop:
            left, top, right, bottom = self.crop
            return right - left, bottom - top
        return _size(self.data, self.format, self.image)

    @cached_property
    def is_presentable(self) -> bool:
        """Whether the stored pixels can be shown as they are: whole, upright, in sRGB, of 8 bits."""
        return (
            self.crop is None
            and self.orientation == 1
            and (self.profile is None or is_srgb(self.profile))
            and self.image.mode != "CMYK"
            and not (self.format is PNG and codecs.png.header(self.data)[2] == 16)
        )


def open_source(data: bytes, options: Options) -> Source:
    """Open an image file, and refuse what is too large before anything is decoded.

    Raises:
        ImageError: The bytes are not an image, or not an accepted one.
    """
    format_ = sniff(data)
    frames = 1
    if early := _early(data, format_):
        size, frames = early
        check_limits(data, format_, size, frames, options)
    original, data = data, _prepare(data, format_)
    image = open_image(data, format_)
    if image.info.get("progressive") and codecs.jpeg.count_scans(data) > _MOST_SCANS:
        raise ImageError("too-many-scans", f"a JPEG of more than {_MOST_SCANS} scans is not accepted")
    if format_ is AVIF:
        frames = getattr(image, "n_frames", 1)
    check_limits(original, format_, _size(data, format_, image), frames, options)
    exif, profile = _read_metadata(original, format_, image)
    if profile and not suits(profile, image.mode):
        profile = None
    crop = codecs.avif.crop(data, image.size) if format_ is AVIF and frames == 1 else None
    return Source(data, format_, image, frames, read_exif(exif or b""), profile, crop)


def open_image(data: bytes, format_: Format) -> ImageFile:
    """Open an image file with the one decoder that is meant for its format."""
    with decoding():
        module, name = format_.decoder.split(":")
        image: ImageFile = getattr(import_module(module), name)(BytesIO(data))
        return image


def _early(data: bytes, format_: Format) -> tuple[Size, int] | None:
    """Return size and frames of formats by which Pillow reserves memory when it opens them, or counts late."""
    if format_ is GIF:
        return codecs.gif.measure(data)
    if format_ is PNG:
        return codecs.png.header(data)[:2], codecs.png.count_frames(data)
    if format_ is WEBP:
        return codecs.webp.canvas(data), codecs.webp.count_frames(data)
    return None


def _size(data: bytes, format_: Format, image: ImageFile) -> Size:
    return codecs.gif.screen(data) if format_ is GIF else image.size


def _prepare(data: bytes, format_: Format) -> bytes:
    """Return the file as its decoder gets it; refuse one at which the decoder would fail, crash, or read pixels wrong."""
    if format_ is TIFF:
        with decoding():
            return codecs.tiff.full_page(data)
    if format_ is PNG:
        return codecs.png.strip(data)
    if format_ is JPEG:
        codecs.jpeg.check(data)
        return data if data.endswith(codecs.jpeg.END) else codecs.jpeg_end.ended(data)
    if format_ is HEIC:
        codecs.items.check_texts(data)
    elif format_ is JPEG2000:
        codecs.jpeg2000.check(data)
    return data


def _read_metadata(data: bytes, format_: Format, image: ImageFile) -> tuple[bytes | None, bytes | None]:
    """Return the EXIF block and the ICC profile of a file, as it was before `_prepare`."""
    if format_ is PNG:
        return codecs.png_metadata.exif(data), codecs.png_metadata.profile(data)
    if format_ is TIFF:
        return data, _block(image, "icc_profile")
    if format_ is JPEG2000:
        return None, codecs.jpeg2000.profile(data)
    profile = _block(image, "icc_profile")
    if format_ in (AVIF, HEIC) and not profile:
        profile = codecs.isobmff.profile(data)
    return _block(image, "exif"), profile


def _block(image: ImageFile, name: str) -> bytes | None:
    block = image.info.get(name)
    return block if isinstance(block, bytes) and block else None
