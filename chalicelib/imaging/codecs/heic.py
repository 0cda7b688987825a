"""HEIC files, checked before libheif's binding gets them: it crashes on names that are not text (ISO/IEC 14496-12, 8.11)."""

import struct
from collections.abc import Iterator
from contextlib import suppress

from chalicelib.imaging.codecs.isobmff import Box, boxes, properties
from chalicelib.imaging.codecs.items import item_entries
from chalicelib.imaging.types import ImageError

# Bytes before the texts of a property `auxC`, and of an entry `infe` with an item's number of two or four bytes.
_PROPERTY, _ENTRY, _WIDE_ENTRY = 4, 12, 14


def check(data: bytes) -> None:
    """Check the names and types of all items.

    Raises:
        ImageError: A name is not text, or a box is damaged.
    """
    try:
        for top in _complete_boxes(data):
            if top.kind == b"meta":
                for text in _texts(data, top):
                    text.decode()
    except (struct.error, IndexError) as error:
        raise ImageError("corrupt", "the HEIC's index is damaged") from error
    except UnicodeDecodeError as error:
        raise ImageError("corrupt", "the HEIC has an item whose type or name is not text") from error


def _complete_boxes(data: bytes) -> Iterator[Box]:
    """Yield the outermost boxes up to one that is cut off: libheif reads a cut file as far as it can."""
    with suppress(ImageError):
        yield from boxes(data)


def _texts(data: bytes, meta: Box) -> Iterator[bytes]:
    """Yield the types and names of all items, and what auxiliary pictures are for."""
    for part in boxes(data, meta.payload + 4, meta.end):
        if part.kind == b"iinf":
            for _, entry, kind in item_entries(data, part):
                yield kind
                yield data[entry.payload + (_WIDE_ENTRY if data[entry.payload] >= 3 else _ENTRY) : entry.end]
        elif part.kind == b"iprp":
            for entry in properties(data, part):
                if entry.kind == b"auxC":
                    yield data[entry.payload + _PROPERTY : entry.end].split(b"\0")[0]
