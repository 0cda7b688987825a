"""The items of AVIF and HEIC files: which of them are pictures, and where their data is (ISO/IEC 14496-12:2022, 8.11)."""

import struct
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

from chalicelib.imaging.codecs.isobmff import Box, blank, box, boxes, find, properties
from chalicelib.imaging.types import ImageError

_PICTURE_ITEMS = (b"av01", b"grid", b"iovl", b"iden", b"tmap")
_THUMBNAIL = b"thmb"
# Bytes before the texts of a property `auxC`, and of an entry `infe` with an item's number of two or four bytes.
_PROPERTY, _ENTRY, _WIDE_ENTRY = 4, 12, 14
_INDEX = (b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat", b"dinf", b"grpl")
_PROPERTIES = (
    *(b"ispe", b"pixi", b"av1C", b"colr", b"auxC", b"irot", b"imir", b"clap", b"pasp"),
    *(b"clli", b"mdcv", b"cclv", b"amve", b"a1op", b"a1lx", b"lsel"),
)


def clear_items(data: bytes, result: bytearray, meta: Box) -> list[tuple[int, int]]:
    """Remove all but the pictures from the index `meta`, and clear the data of the removed items.

    Returns:
        Where the data of the pictures begins and ends in the file.
    """
    parts = {part.kind: part for part in boxes(data, meta.payload + 4, meta.end)}
    private = _private_items(data, parts)
    foreign = [part for part in boxes(data, meta.payload + 4, meta.end) if part.kind not in _INDEX]
    if b"iprp" in parts:
        foreign += [each for each in properties(data, parts[b"iprp"]) if each.kind not in _PROPERTIES]
    for each in foreign:
        blank(result, each)
    idat = parts[b"idat"].payload if b"idat" in parts else 0
    used = []
    for item, _, (in_idat, extents) in _locations(data, parts[b"iloc"]) if b"iloc" in parts else ():
        for offset, length in extents:
            start = offset + idat * in_idat
            if item in private:
                result[start : start + length] = bytes(len(result[start : start + length]))
            elif not in_idat:
                used.append((start, start + length if length else len(data)))  # 0 is up to the end (8.11.3)
    if private:
        _rewrite(bytes(result), result, meta, private)
    return used


def clear_unused(data: bytes, result: bytearray, used: list[tuple[int, int]]) -> None:
    """Clear the bytes of `mdat` that are not used."""
    for mdat in boxes(data):
        if mdat.kind == b"mdat":
            kept = bytes(result[mdat.payload : mdat.end])
            result[mdat.payload : mdat.end] = bytes(len(kept))
            for start, end in used:
                start, end = max(start, mdat.payload), min(end, mdat.end)
                if start < end:
                    result[start:end] = kept[start - mdat.payload : end - mdat.payload]


def _private_items(data: bytes, parts: dict[bytes, Box]) -> set[int]:
    if b"iinf" not in parts:
        return set()
    private = {item for item, _, kind in item_entries(data, parts[b"iinf"]) if kind not in _PICTURE_ITEMS}
    if b"iref" in parts:
        private |= {item for item, _, kind in _references(data, parts[b"iref"]) if kind == _THUMBNAIL}
    return private


def _rewrite(data: bytes, result: bytearray, meta: Box, private: set[int]) -> None:
    """Remove the entries of private items from `meta`, and fill their space with an empty box."""
    parts = boxes(data, meta.payload + 4, meta.end)
    body = data[meta.payload : meta.payload + 4] + b"".join(_without(data, part, private) for part in parts)
    hole = meta.end - meta.payload - len(body)
    result[meta.payload : meta.end] = body + box(b"free", bytes(hole - 8))


def _without(data: bytes, part: Box, private: set[int]) -> bytes:
    """Return a part of the index without the entries of private items."""
    if part.kind == b"iprp":
        inner = boxes(data, part.payload, part.end)
        return box(part.kind, b"".join(_without(data, each, private) for each in inner))
    if part.kind not in _LISTS:
        return data[part.start : part.end]
    kept = [
        data[entry.start : entry.end]
        for item, entry, _ in _LISTS[part.kind](data, part)
        if item not in private
    ]
    count_at, count_size = _count_field(data, part)
    count = len(kept).to_bytes(count_size) if count_size else b""
    return box(part.kind, data[part.payload : count_at] + count + b"".join(kept))


def _count_field(data: bytes, part: Box) -> tuple[int, int]:
    """Return where a list has the number of its entries, just before them, and how many bytes this number has."""
    version = data[part.payload]
    sizes = {b"iinf": 4 if version else 2, b"iloc": 2 if version < 2 else 4, b"iref": 0, b"ipma": 4}
    return part.payload + (6 if part.kind == b"iloc" else 4), sizes[part.kind]


def item_entries(data: bytes, iinf: Box) -> Iterator[tuple[int, Box, bytes]]:
    """Yield each item's number, `infe` box and type."""
    for entry in boxes(data, sum(_count_field(data, iinf)), iinf.end):
        wide = data[entry.payload] >= 3
        item, kind = struct.unpack_from(">I2x4s" if wide else ">H2x4s", data, entry.payload + 4)
        yield item, entry, kind


def _references(data: bytes, iref: Box) -> Iterator[tuple[int, Box, bytes]]:
    """Yield the item that each reference is from, its box and its type."""
    wide = data[iref.payload] > 0
    for reference in boxes(data, iref.payload + 4, iref.end):
        (item,) = struct.unpack_from(">I" if wide else ">H", data, reference.payload)
        yield item, reference, reference.kind


def _locations(data: bytes, iloc: Box) -> Iterator[tuple[int, Box, tuple[bool, list[tuple[int, int]]]]]:
    """Yield each item, its entry, whether its data is in `idat`, and the positions and lengths of its extents there."""
    version = data[iloc.payload]
    sizes = data[iloc.payload + 4 : iloc.payload + 6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    position, number_size = _count_field(data, iloc)

    def number(size: int) -> int:
        nonlocal position
        position += size
        if position > iloc.end:
            raise IndexError
        return int.from_bytes(data[position - size : position])

    for _ in range(number(number_size)):
        start = position
        item = number(number_size)
        in_idat = bool(version) and number(2) & 15 == 1
        number(2)  # data reference
        base = number(base_size)
        extents = []
        count_of_extents = number(2)
        for _ in range(count_of_extents if offset_size or length_size else 0):
            number(index_size)
            extents.append((base + number(offset_size), number(length_size)))
        yield item, Box(b"", start, start, position), (in_idat, extents)


def _associations(data: bytes, ipma: Box) -> Iterator[tuple[int, Box, list[int]]]:
    """Yield each item of the box, its entry, and the numbers of its properties, from 1 (8.11.14)."""
    version, flags = data[ipma.payload], data[ipma.payload + 3]
    number_size, index_size = (4 if version else 2), (2 if flags & 1 else 1)
    (count,) = struct.unpack_from(">I", data, ipma.payload + 4)
    position = ipma.payload + 8
    for _ in range(count):
        first = position + number_size + 1
        end = first + index_size * data[first - 1]
        indices = (int.from_bytes(data[at : at + index_size]) for at in range(first, end, index_size))
        essential = 1 << (8 * index_size - 1)
        item = int.from_bytes(data[position : position + number_size])
        yield item, Box(b"", position, position, end), [index & ~essential for index in indices]
        position = end


# The lists of the index: each yields an item, its entry, and what the entry says.
_LISTS: dict[bytes, Callable[[bytes, Box], Iterator[tuple[int, Box, Any]]]] = {
    b"iinf": item_entries,
    b"iloc": _locations,
    b"iref": _references,
    b"ipma": _associations,
}


def primary_properties(data: bytes) -> list[Box]:
    """Return the properties of the picture that is shown (`pitm`, 8.11.4)."""
    pitm, iprp = find(data, b"meta", b"pitm"), find(data, b"meta", b"iprp")
    if not pitm or not iprp:
        return []
    primary = int.from_bytes(data[pitm.payload + 4 : pitm.payload + (8 if data[pitm.payload] else 6)])
    container = list(properties(data, iprp))
    return [
        container[index - 1]
        for part in boxes(data, iprp.payload, iprp.end)
        if part.kind == b"ipma"
        for item, _, indices in _associations(data, part)
        if item == primary
        for index in indices
        if 0 < index <= len(container)
    ]


def check_texts(data: bytes) -> None:
    """Check the names and types of all items of a HEIC file: libheif's binding crashes on those that are not text.

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
