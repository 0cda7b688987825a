"""What is done with a file before a decoder gets it, and the metadata that is read from it."""

from PIL.ImageFile import ImageFile

from chalicelib.imaging import codecs
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, HEIC, JPEG, JPEG2000, PNG, TIFF, Format


def prepare(data: bytes, format_: Format) -> bytes:
    """Return the file as its decoder gets it.

    Raises:
        ImageError: The decoder would fail, crash, or read the pixels wrong.
    """
    if format_ is TIFF:
        with decoding():
            return codecs.tiff.full_page(data)
    if format_ is PNG:
        return codecs.png.strip(data)
    if format_ is JPEG:
        codecs.jpeg.check(data)
        return data if data.endswith(codecs.jpeg.END) else codecs.jpeg_end.ended(data)
    if format_ is HEIC:
        codecs.heic.check(data)
    elif format_ is JPEG2000:
        codecs.jpeg2000.check(data)
    return data


def read_metadata(data: bytes, format_: Format, image: ImageFile) -> tuple[bytes | None, bytes | None]:
    """Return the EXIF block and the ICC profile of a file, as it was before `prepare`."""
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
