"""TIFF files: which page to read, and which samples the decoder reads right (TIFF 6.0; DNG 1.6; TIFF/EP)."""

from collections.abc import Iterator
from io import BytesIO
from itertools import islice

from PIL.TiffImagePlugin import ImageFileDirectory_v2

from chalicelib.imaging.types import ImageError

_BIG = 43
_MOST_PAGES = 32

_NEW_SUBFILE_TYPE, _SUBFILE_TYPE, _BITS, _COMPRESSION, _PHOTOMETRIC = 254, 255, 258, 259, 262
_SAMPLES, _PLANAR, _SUB_PAGES, _SAMPLE_FORMAT, _DNG_VERSION = 277, 284, 330, 339, 50706

_REDUCED, _OLD_REDUCED = 1, 2
_UNSIGNED, _UNDEFINED = 1, 4
_WHITE_IS_ZERO, _SEPARATED = 0, 5
_SEPARATE_PLANES = 2

_RAW_PHOTOMETRICS = (32803, 34892)
_READ_PHOTOMETRICS = (0, 1, 2, 3, _SEPARATED, 6, 8)
_READ_BITS = (1, 2, 4, 8, 12, 16)
_UNREAD_COMPRESSIONS = {
    **dict.fromkeys((33003, 33004, 33005, 34712), "JPEG 2000"),
    **dict.fromkeys((50002, 52546), "JPEG XL"),
    34887: "LERC",
}


def full_page(data: bytes) -> bytes:
    """Return the file with its first page in full resolution in front: the first page can be a thumbnail.

    Raises:
        ImageError: It is a camera's raw file, or has samples that would not be read right.
    """
    pages = list(islice(_pages(data), _MOST_PAGES))
    if any(_is_raw(data, page) for _, page in pages):
        raise ImageError("unsupported", "camera raw files are not accepted")
    offset, page = next((each for each in pages if not _is_reduced(each[1])), pages[0])
    _check_samples(page)
    size = 8 if _is_big(data) else 4
    return data[:size] + offset.to_bytes(size, "little" if data[:2] == b"II" else "big") + data[2 * size :]


def levels(page: ImageFileDirectory_v2) -> tuple[int, bool]:
    """Return the highest level of a page's grey samples, and whether it is black."""
    return (1 << page.get(_BITS, (16,))[0]) - 1, page.get(_PHOTOMETRIC, _WHITE_IS_ZERO) == _WHITE_IS_ZERO


def _is_big(data: bytes) -> bool:
    """Return whether positions have 64 bits."""
    return _BIG in data[2:4]


def _pages(data: bytes) -> Iterator[tuple[int, ImageFileDirectory_v2]]:
    """Yield the position and the tags of each page."""
    position, seen = _empty_page(data).next, set[int]()
    while position and position not in seen:
        seen.add(position)
        page = _page_at(data, position)
        yield position, page
        position = page.next


def _empty_page(data: bytes) -> ImageFileDirectory_v2:
    return ImageFileDirectory_v2(data[: 16 if _is_big(data) else 8])


def _page_at(data: bytes, position: int) -> ImageFileDirectory_v2:
    page, file = _empty_page(data), BytesIO(data)
    file.seek(position)
    page.load(file)
    return page


def _is_raw(data: bytes, page: ImageFileDirectory_v2) -> bool:
    if _DNG_VERSION in page or data[8:10] == b"CR":
        return True
    offsets = _as_tuple(page.get(_SUB_PAGES, ()))
    below = [_page_at(data, at) for at in offsets[:_MOST_PAGES] if isinstance(at, int)]
    return any(each.get(_PHOTOMETRIC) in _RAW_PHOTOMETRICS for each in (page, *below))


def _as_tuple(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else (value,)


def _is_reduced(page: ImageFileDirectory_v2) -> bool:
    flags = page.get(_NEW_SUBFILE_TYPE, 0)
    return bool(isinstance(flags, int) and flags & _REDUCED) or page.get(_SUBFILE_TYPE) == _OLD_REDUCED


def _check_samples(page: ImageFileDirectory_v2) -> None:
    """Refuse samples that Pillow refuses with an unclear message, or reads wrong."""
    bits = set(_as_tuple(page.get(_BITS, (1,))))
    if compression := _UNREAD_COMPRESSIONS.get(page.get(_COMPRESSION, 1)):
        raise ImageError("unsupported", f"TIFF files compressed with {compression} are not accepted")
    if not {_UNSIGNED, _UNDEFINED}.issuperset(_as_tuple(page.get(_SAMPLE_FORMAT, (_UNSIGNED,)))):
        raise ImageError(
            "unsupported", "TIFF samples must be unsigned integers; got signed or floating-point ones"
        )
    if len(bits) != 1 or not bits.issubset(_READ_BITS):
        found = ", ".join(map(str, sorted(bits, key=str)))
        raise ImageError("unsupported", f"TIFF samples must have 1, 2, 4, 8, 12 or 16 bits; got {found}")
    if page.get(_PHOTOMETRIC, 0) not in _READ_PHOTOMETRICS:
        raise ImageError(
            "unsupported", f"TIFF pixels of photometric interpretation {page[_PHOTOMETRIC]} are not accepted"
        )
    if page.get(_PLANAR) == _SEPARATE_PLANES and page.get(_SAMPLES, 1) > 1 and max(bits, key=str) == 16:
        raise ImageError("unsupported", "TIFF samples of 16 bits in separate planes are not accepted")
