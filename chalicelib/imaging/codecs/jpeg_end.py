"""JPEG files without an end marker: complete ones are given one, and ones that are cut off are refused."""

from io import BytesIO
from itertools import chain

from PIL import ImageChops
from PIL.Image import Image
from PIL.JpegImagePlugin import JpegImageFile

from chalicelib.imaging.codecs.jpeg import END, SOS, frame, scan_header, segments
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.types import ImageError

_COEFFICIENTS = frozenset(range(64))
# Data of different lengths of codes: if a decoder needs more data than there is, they give different pixels.
_FILLINGS = (b"\x5a" * 64, b"\x33" * 64)
_MOST_PIXELS = 25_000_000


def ended(data: bytes) -> bytes:
    """Return the file with an end marker.

    Without one, the file is complete if it has all scans and a decoder does not need what comes after them:
    whatever fills the space after the last byte, the pixels are the same.

    Raises:
        ImageError: It is cut off.
    """
    end = max((end for *_, end in segments(data)), default=2)
    if data.startswith(END, end):
        return data
    if not _has_all_scans(data):
        raise ImageError("truncated", "the JPEG is cut off: it does not have all of its scans")
    whole = _decode(data + END)
    for filling in _FILLINGS:
        if box := ImageChops.difference(whole, _decode(data + filling + END)).getbbox():
            share = 100 * box[1] // whole.height
            raise ImageError(
                "truncated", f"the JPEG is cut off: its last scan ends after {share} % of the rows"
            )
    return data + END


def _has_all_scans(data: bytes) -> bool:
    """Return whether every coefficient of every component is sent to its lowest bit."""
    scans = [scan_header(data, payload, end) for marker, _, payload, end in segments(data) if marker == SOS]
    header = frame(data)
    for component in header.components if header else ():
        ranges = (
            range(scan.first, scan.last + 1)
            for scan in scans
            if component in scan.components and scan.bit == 0
        )
        if not _COEFFICIENTS.issubset(chain.from_iterable(ranges)):
            return False
    return bool(scans)


def _decode(data: bytes) -> Image:
    with decoding():
        image = JpegImageFile(BytesIO(data))
        scale = 1
        while image.width * image.height > _MOST_PIXELS * scale * scale and scale < 8:
            scale *= 2
        image.draft(None, (image.width // scale, image.height // scale))
        image.load()
    return image
