"""The formats that are read and written. Each is declared once, here.

Nothing is imported for a format before its first file comes, so that other modules can read this table cheaply.
"""

import re
from dataclasses import dataclass

from chalicelib.imaging.types import ImageError


@dataclass(frozen=True, slots=True)
class Format:
    """A format of image files.

    Attributes:
        name: As in `Compressed.format`.
        content_types: Its media type, then others that clients send for it.
        extensions: The extension that a result gets, then others that files of the format have.
        decoder: The module and the class that decode it. The module is imported when the first such file comes, and the
            class is called itself, so no other decoder can ever run.
        bytes_per_pixel: The most memory that compressing a still image takes, beside two copies of the file.
        signature: A regular expression that matches the first bytes.
        brands: The brands of its files where they are ISO/IEC 14496-12 files.
        codec: The module that writes it and takes its files apart (`codecs.Codec`), if it is written.
            A format that is only read becomes JPEG or PNG.
        lossy: Whether each encoding loses quality.
        has_alpha: Whether it can hold transparency.
        animates: Whether it can hold an animation.
        graphic: Whether it is the usual format of drawings and screenshots rather than of photographs.
        is_turned_when_decoded: Whether its decoder applies the orientation.
    """

    name: str
    content_types: tuple[str, ...]
    extensions: tuple[str, ...]
    decoder: str
    bytes_per_pixel: int
    signature: bytes = b""
    brands: tuple[bytes, ...] = ()
    codec: str = ""
    lossy: bool = True
    has_alpha: bool = False
    animates: bool = False
    graphic: bool = False
    is_turned_when_decoded: bool = False

    @property
    def content_type(self) -> str:
        """The media type of its files."""
        return self.content_types[0]


_ALL = (
    Format(
        "jpeg",
        content_types=("image/jpeg", "image/jpg", "image/pjpeg"),
        extensions=(".jpg", ".jpeg", ".jpe", ".jfif", ".mpo"),
        decoder="PIL.JpegImagePlugin:JpegImageFile",
        bytes_per_pixel=9,
        signature=rb"\xff\xd8\xff",
        codec="chalicelib.imaging.codecs.jpeg",
    ),
    Format(
        "png",
        content_types=("image/png", "image/x-png", "image/apng"),
        extensions=(".png", ".apng"),
        decoder="PIL.PngImagePlugin:PngImageFile",
        bytes_per_pixel=13,
        signature=rb"\x89PNG\r\n\x1a\n",
        codec="chalicelib.imaging.codecs.png",
        lossy=False,
        has_alpha=True,
        animates=True,
        graphic=True,
    ),
    Format(
        "webp",
        content_types=("image/webp",),
        extensions=(".webp",),
        decoder="PIL.WebPImagePlugin:WebPImageFile",
        bytes_per_pixel=17,
        signature=rb"RIFF....WEBP",
        codec="chalicelib.imaging.codecs.webp",
        has_alpha=True,
        animates=True,
    ),
    Format(
        "gif",
        content_types=("image/gif",),
        extensions=(".gif",),
        decoder="PIL.GifImagePlugin:GifImageFile",
        bytes_per_pixel=15,
        signature=rb"GIF8[79]a",
        codec="chalicelib.imaging.codecs.gif",
        has_alpha=True,
        animates=True,
        graphic=True,
    ),
    Format(  # brands: AVIF 1.1, section 3
        "avif",
        content_types=("image/avif", "image/avif-sequence"),
        extensions=(".avif",),
        decoder="PIL.AvifImagePlugin:AvifImageFile",
        bytes_per_pixel=13,
        brands=(b"avif", b"avis"),
        codec="chalicelib.imaging.codecs.avif",
        has_alpha=True,
        animates=True,
    ),
    Format(  # brands: ISO/IEC 23008-12, annex B
        "heic",
        content_types=("image/heic", "image/heif", "image/heic-sequence", "image/heif-sequence"),
        extensions=(".heic", ".heif"),
        decoder="pi_heif:HeifImageFile",
        bytes_per_pixel=13,
        brands=(b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"),
        is_turned_when_decoded=True,
    ),
    Format(
        "tiff",
        content_types=("image/tiff", "image/tif", "image/x-tiff"),
        extensions=(".tiff", ".tif"),
        decoder="PIL.TiffImagePlugin:TiffImageFile",
        bytes_per_pixel=13,
        signature=rb"II[*+]\0|MM\0[*+]",
        is_turned_when_decoded=True,
    ),
    Format(
        "bmp",
        content_types=("image/bmp", "image/x-bmp", "image/x-ms-bmp"),
        extensions=(".bmp",),
        decoder="PIL.BmpImagePlugin:BmpImageFile",
        bytes_per_pixel=9,
        signature=rb"BM",
    ),
    Format(
        "jpeg2000",
        content_types=("image/jp2", "image/jpeg2000", "image/jpx", "image/j2k"),
        extensions=(".jp2", ".j2k", ".jpx"),
        decoder="PIL.Jpeg2KImagePlugin:Jpeg2KImageFile",
        bytes_per_pixel=27,
        signature=rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    ),
)

FORMATS = {format_.name: format_ for format_ in _ALL}
"""Every format by its name."""

JPEG, PNG, WEBP, GIF, AVIF, HEIC, TIFF, BMP, JPEG2000 = (
    FORMATS[name] for name in ("jpeg", "png", "webp", "gif", "avif", "heic", "tiff", "bmp", "jpeg2000")
)

# Formats that are known but not accepted, and how their files begin.
_UNSUPPORTED = {
    "Photoshop": (b"8BPS",),
    "PDF": (b"%PDF-",),
    "PostScript": (b"%!PS",),
    "EPS": (b"\xc5\xd0\xd3\xc6",),
    "icon": (b"\0\0\1\0",),
    "JPEG XL": (b"\xff\x0a", b"\0\0\0\x0cJXL \r\n\x87\n"),
    "camera raw": (b"IIU\0", b"IIRO", b"IIRS", b"MMOR", b"FUJIFILMCCD-RAW", b"FOVb", b"\0\0\0\x18ftypcrx "),
    "FLIF": (b"FLIF",),
    "FITS": (b"SIMPLE  =",),
    "QOI": (b"qoif",),
    "DirectDraw": (b"DDS ",),
}

# How much of an SVG can come before its element.
_PROLOGUE = 4096
_BEFORE_SVG = rb"(?><\?.*?\?>\s*|<!--.*?-->\s*|<!DOCTYPE[^>\[]*(?:\[.*?\])?\s*>\s*)*+<(?:\w+:)?svg\b"


def sniff(data: bytes) -> Format:
    """Return the format of the first bytes, whatever name or type they came with.

    Raises:
        ImageError: `not-an-image`, or `unsupported` for a format that is known but not accepted.
    """
    if not data:
        raise ImageError("not-an-image", "there are no bytes")
    for format_ in FORMATS.values():
        if format_.signature and re.match(format_.signature, data, re.DOTALL):
            return format_
    for name, signatures in _UNSUPPORTED.items():
        if data.startswith(signatures):
            raise ImageError("unsupported", f"{name} files are not accepted")
    if data[4:8] == b"ftyp":
        return _by_brand(data)
    if _is_svg(data[:_PROLOGUE]):
        raise ImageError("unsupported", "SVG files are not accepted")
    raise ImageError("not-an-image", "the file is not in a known image format")


def _is_svg(start: bytes) -> bool:
    """Return whether a text begins with an SVG element, after a byte order mark, declarations and comments."""
    text = start.replace(b"\0", b"").removeprefix(b"\xef\xbb\xbf").lstrip(b"\xff\xfe \t\r\n")
    return text.startswith(b"<") and re.match(_BEFORE_SVG, text, re.DOTALL) is not None


def _by_brand(data: bytes) -> Format:
    end = min(int.from_bytes(data[:4]), 256)
    brands = [data[8:12], *(data[at : at + 4] for at in range(16, end, 4))]
    for brand in brands:
        for format_ in FORMATS.values():
            if brand in format_.brands:
                return format_
    raise ImageError("unsupported", f"files of the brand {data[8:12].decode('latin-1')} are not accepted")
