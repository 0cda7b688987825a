"""The formats that are read and written, and how to tell them by their first bytes."""

from dataclasses import dataclass

from chalicelib.imaging.types import ImageError


@dataclass(frozen=True, slots=True)
class Format:
    """A format of image files.

    Attributes:
        name: As in `Compressed.format`.
        content_type: Its media type.
        plugin: The module that decodes it, imported when the first such file comes.
        opener: The class in that module. It is called itself, so no other decoder can ever run.
        written: Whether the engine writes it too; what it only reads becomes JPEG or PNG.
        lossy: Whether each encoding loses quality.
        has_alpha: Whether it can hold transparency.
        animates: Whether it can hold an animation.
        graphic: Whether it is the usual format of drawings and screenshots rather than of photographs.
    """

    name: str
    content_type: str
    plugin: str
    opener: str
    written: bool = True
    lossy: bool = True
    has_alpha: bool = True
    animates: bool = True
    graphic: bool = False


JPEG = Format("jpeg", "image/jpeg", "PIL.JpegImagePlugin", "JpegImageFile", has_alpha=False, animates=False)
PNG = Format("png", "image/png", "PIL.PngImagePlugin", "PngImageFile", lossy=False, graphic=True)
WEBP = Format("webp", "image/webp", "PIL.WebPImagePlugin", "WebPImageFile")
GIF = Format("gif", "image/gif", "PIL.GifImagePlugin", "GifImageFile", graphic=True)
AVIF = Format("avif", "image/avif", "PIL.AvifImagePlugin", "AvifImageFile")
HEIC = Format("heic", "image/heic", "pi_heif", "HeifImageFile", written=False, animates=False)
TIFF = Format("tiff", "image/tiff", "PIL.TiffImagePlugin", "TiffImageFile", written=False, animates=False)
BMP = Format("bmp", "image/bmp", "PIL.BmpImagePlugin", "BmpImageFile", written=False, animates=False)
JPEG2000 = Format(
    "jpeg2000", "image/jp2", "PIL.Jpeg2KImagePlugin", "Jpeg2KImageFile", written=False, animates=False
)

FORMATS = {f.name: f for f in (JPEG, PNG, WEBP, GIF, AVIF, HEIC, TIFF, BMP, JPEG2000)}

_SIGNATURES: tuple[tuple[bytes, Format], ...] = (
    (b"\xff\xd8\xff", JPEG),
    (b"\x89PNG\r\n\x1a\n", PNG),
    (b"GIF87a", GIF),
    (b"GIF89a", GIF),
    (b"II*\0", TIFF),
    (b"MM\0*", TIFF),
    (b"II+\0", TIFF),
    (b"MM\0+", TIFF),
    (b"BM", BMP),
    (b"\0\0\0\x0cjP  \r\n\x87\n", JPEG2000),
    (b"\xff\x4f\xff\x51", JPEG2000),
)

_UNSUPPORTED: tuple[tuple[bytes, str], ...] = (
    (b"8BPS", "Photoshop"),
    (b"%PDF-", "PDF"),
    (b"%!PS", "PostScript"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"\0\0\1\0", "icon"),
    (b"\xff\x0a", "JPEG XL"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"<svg", "SVG"),
    (b"<?xml", "XML"),
    (b"FLIF", "FLIF"),
    (b"SIMPLE  =", "FITS"),
    (b"qoif", "QOI"),
    (b"DDS ", "DirectDraw"),
)

# Brands of ISO/IEC 14496-12 files (`ftyp`): AVIF 1.1 section 3, ISO/IEC 23008-12 annex B.
_BRANDS = {
    b"avif": AVIF,
    b"avis": AVIF,
    b"heic": HEIC,
    b"heix": HEIC,
    b"heim": HEIC,
    b"heis": HEIC,
    b"hevc": HEIC,
    b"hevx": HEIC,
    b"hevm": HEIC,
    b"hevs": HEIC,
}


def sniff(data: bytes) -> Format:
    """Return the format that the first bytes tell, whatever name or type they came with.

    Raises:
        ImageError: `not-an-image`, or `unsupported` for a format that is known but not accepted.
    """
    if not data:
        raise ImageError("not-an-image", "there are no bytes")
    for signature, known in _SIGNATURES:
        if data.startswith(signature):
            return known
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return WEBP
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    for signature, name in _UNSUPPORTED:
        if data.startswith(signature):
            raise ImageError("unsupported", f"{name} files are not accepted")
    raise ImageError("not-an-image", "the bytes begin like no known image format")


def _by_brand(data: bytes) -> Format:
    end = min(int.from_bytes(data[:4]), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    for brand in brands:
        if brand in _BRANDS:
            return _BRANDS[brand]
    raise ImageError("unsupported", f"files of the brand {data[8:12]!r} are not accepted")
