"""What is done with a file before a decoder gets it, and the metadata that is read from it."""

from PIL.ImageFile import ImageFile

from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import AVIF, HEIC, JPEG, JPEG2000, PNG, TIFF, Format


def prepare(data: bytes, format_: Format) -> bytes:
    """Return the file as its decoder gets it.

    Raises:
        ImageError: The decoder would fail, crash, or read the pixels wrong.
    """
    if format_ is TIFF:
        from chalicelib.imaging.codecs import tiff

        with decoding():
            return tiff.full_page(data)
    if format_ is JPEG:
        return _prepare_jpeg(data)
    if format_ is HEIC:
        from chalicelib.imaging.codecs import heic

        heic.check(data)
    elif format_ is JPEG2000:
        from chalicelib.imaging.codecs import jpeg2000

        jpeg2000.check(data)
    elif format_ is PNG:
        from chalicelib.imaging.codecs import png

        return png.strip(data)
    return data


def _prepare_jpeg(data: bytes) -> bytes:
    from chalicelib.imaging.codecs import jpeg

    jpeg.check(data)
    if data.endswith(jpeg.END):
        return data
    from chalicelib.imaging.codecs import jpeg_end

    return jpeg_end.ended(data)


def read_metadata(data: bytes, format_: Format, image: ImageFile) -> tuple[bytes | None, bytes | None]:
    """Return the EXIF block and the ICC profile of a file, as it was before `prepare`."""
    if format_ is PNG:
        from chalicelib.imaging.codecs import png_metadata

        return png_metadata.exif(data), png_metadata.profile(data)
    if format_ is TIFF:
        return data, _block(image, "icc_profile")
    if format_ is JPEG2000:
        from chalicelib.imaging.codecs import jpeg2000

        return None, jpeg2000.profile(data)
    profile = _block(image, "icc_profile")
    if format_ in (AVIF, HEIC) and not profile:
        from chalicelib.imaging.codecs import isobmff

        profile = isobmff.profile(data)
    return _block(image, "exif"), profile


def _block(image: ImageFile, name: str) -> bytes | None:
    block = image.info.get(name)
    return block if isinstance(block, bytes) and block else None
