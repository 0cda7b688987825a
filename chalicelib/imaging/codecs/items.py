"""The items of AVIF and HEIC files: which of them are pictures, and where their data is (ISO/IEC 14496-12:2022, 8.11)."""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from chalicelib.imaging.codecs.isobmff import Box, blank, box, boxes, find, properties

_PICTURE_ITEMS = (b"av01", b"grid", b"iovl", b"iden", b"tmap")
_THUMBNAIL = b"thmb"
_INDEX = (b"hdlr", b"pitm", b"iloc", b"iinf", b"iref", b"iprp", b"idat", b"dinf", b"grpl")
_PROPERTIES = (
    *(b"ispe", b"pixi", b"av1C", b"colr", b"auxC", b"irot", b"imir", b"clap", b"pasp"),
    *(b"clli", b"mdcv", b"cclv", b"amve", b"a1op", b"a1lx", b"lsel"),
)


@dataclass(frozen=True, slots=True)
class _Location:
    """Where an item's data is: its extents, and whether they count from the start of the file or of `idat`."""

    item: int
    in_idat: bool
    extents: tuple[tuple[int, int], ...]
    entry: bytes


def clear_items(data: bytes, result: bytearray, meta: Box) -> None:
    """Remove the items that are not pictures from `meta`, and clear their data."""
    parts = {part.kind: part for part in boxes(data, meta.payload + 4, meta.end)}
    private = _private_items(data, parts)
    if not private:
        return
    idat = parts[b"idat"].payload if b"idat" in parts else 0
    for location in _locations(data, parts[b"iloc"])[0] if b"iloc" in parts else ():
        if location.item in private:
            for offset, length in location.extents:
                start = offset + idat * location.in_idat
                stop = min(start + length, len(data))
                result[start:stop] = bytes(max(0, stop - start))
    _rewrite(data, result, meta, private)


def clear_unused(data: bytes, result: bytearray) -> None:
    """Clear what a still picture does not use: foreign boxes of its index, and bytes of `mdat` that no item has."""
    used: list[tuple[int, int]] = []
    for top in boxes(data):
        for part in boxes(data, top.payload + 4, top.end) if top.kind == b"meta" else ():
            if part.kind not in _INDEX:
                blank(result, part)
            elif part.kind == b"iloc":
                used += _extents_in_file(data, part)
            elif part.kind == b"iprp":
                _clear_properties(data, result, part)
    for top in boxes(data):
        if top.kind == b"mdat":
            _clear_between(result, top, used)


def _extents_in_file(data: bytes, iloc: Box) -> list[tuple[int, int]]:
    """Return where the data of all items begins and ends; a length of 0 is up to the end of the file (8.11.3)."""
    return [
        (offset, offset + length if length else len(data))
        for location in _locations(data, iloc)[0]
        if not location.in_idat
        for offset, length in location.extents
    ]


def _clear_properties(data: bytes, result: bytearray, iprp: Box) -> None:
    for each in properties(data, iprp):
        if each.kind not in _PROPERTIES:
            blank(result, each)


def _clear_between(result: bytearray, mdat: Box, used: list[tuple[int, int]]) -> None:
    kept = bytes(result[mdat.payload : mdat.end])
    result[mdat.payload : mdat.end] = bytes(len(kept))
    for start, end in used:
        start, end = max(start, mdat.payload), min(end, mdat.end)
        if start < end:
            result[start:end] = kept[start - mdat.payload : end - mdat.payload]


def _rewrite(data: bytes, result: bytearray, meta: Box, private: set[int]) -> None:
    """Remove the entries of private items from `meta`, and fill their space with an empty box."""
    rewriters: dict[bytes, Callable[[bytes, Box, set[int]], bytes]] = {
        b"iinf": _item_information,
        b"iloc": _item_locations,
        b"iref": _item_references,
        b"iprp": _item_properties,
    }
    body = data[meta.payload : meta.payload + 4]
    for part in boxes(data, meta.payload + 4, meta.end):
        rewrite = rewriters.get(part.kind)
        body += rewrite(data, part, private) if rewrite else bytes(result[part.start : part.end])
    hole = meta.end - meta.payload - len(body)
    result[meta.payload : meta.end] = body + box(b"free", bytes(hole - 8))


def item_entries(data: bytes, iinf: Box) -> Iterator[tuple[int, bytes, Box]]:
    """Yield each item's number, type and `infe` box."""
    wide_count = data[iinf.payload] > 0
    for entry in boxes(data, iinf.payload + (8 if wide_count else 6), iinf.end):
        wide = data[entry.payload] >= 3
        number, kind = struct.unpack_from(">I2x4s" if wide else ">H2x4s", data, entry.payload + 4)
        yield number, kind, entry


def _private_items(data: bytes, parts: dict[bytes, Box]) -> set[int]:
    if b"iinf" not in parts:
        return set()
    private = {number for number, kind, _ in item_entries(data, parts[b"iinf"]) if kind not in _PICTURE_ITEMS}
    if b"iref" in parts:
        private |= {item for kind, item, _ in _references(data, parts[b"iref"]) if kind == _THUMBNAIL}
    return private


def _item_information(data: bytes, iinf: Box, private: set[int]) -> bytes:
    kept = [data[e.start : e.end] for number, _, e in item_entries(data, iinf) if number not in private]
    wide_count = data[iinf.payload] > 0
    head = data[iinf.payload : iinf.payload + 4] + len(kept).to_bytes(4 if wide_count else 2)
    return box(b"iinf", head + b"".join(kept))


def _references(data: bytes, iref: Box) -> Iterator[tuple[bytes, int, Box]]:
    """Yield each reference's type, the item that it is from, and its box."""
    wide = data[iref.payload] > 0
    for reference in boxes(data, iref.payload + 4, iref.end):
        (item,) = struct.unpack_from(">I" if wide else ">H", data, reference.payload)
        yield reference.kind, item, reference


def _item_references(data: bytes, iref: Box, private: set[int]) -> bytes:
    kept = [data[box_.start : box_.end] for _, item, box_ in _references(data, iref) if item not in private]
    return box(b"iref", data[iref.payload : iref.payload + 4] + b"".join(kept))


def _locations(data: bytes, iloc: Box) -> tuple[list[_Location], int]:
    """Return where items are, and the position of the first entry."""
    version = data[iloc.payload]
    sizes = data[iloc.payload + 4 : iloc.payload + 6]
    offset_size, length_size, base_size = sizes[0] >> 4, sizes[0] & 15, sizes[1] >> 4
    index_size = sizes[1] & 15 if version else 0
    number_size = 2 if version < 2 else 4
    position = iloc.payload + 6

    def number(size: int) -> int:
        nonlocal position
        position += size
        if position > iloc.end:
            raise IndexError
        return int.from_bytes(data[position - size : position])

    locations = []
    count, first = number(number_size), position
    for _ in range(count):
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
        locations.append(_Location(item, in_idat, tuple(extents), data[start:position]))
    return locations, first


def _item_locations(data: bytes, iloc: Box, private: set[int]) -> bytes:
    locations, first = _locations(data, iloc)
    kept = [location.entry for location in locations if location.item not in private]
    number_size = 2 if data[iloc.payload] < 2 else 4
    head = data[iloc.payload : first - number_size] + len(kept).to_bytes(number_size)
    return box(b"iloc", head + b"".join(kept))


def _item_properties(data: bytes, iprp: Box, private: set[int]) -> bytes:
    body = b""
    for part in boxes(data, iprp.payload, iprp.end):
        body += _associations(data, part, private) if part.kind == b"ipma" else data[part.start : part.end]
    return box(b"iprp", body)


def _associations(data: bytes, ipma: Box, private: set[int]) -> bytes:
    kept = [entry for item, entry, _ in _associated(data, ipma) if item not in private]
    head = data[ipma.payload : ipma.payload + 4]
    return box(b"ipma", head + len(kept).to_bytes(4) + b"".join(kept))


def _associated(data: bytes, ipma: Box) -> Iterator[tuple[int, bytes, list[int]]]:
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
        yield item, data[position:end], [index & ~essential for index in indices]
        position = end


def primary_properties(data: bytes) -> list[Box]:
    """Return the properties of the picture that is shown (`pitm`, 8.11.4)."""
    meta = find(data, b"meta")
    parts = {part.kind: part for part in boxes(data, meta.payload + 4, meta.end)} if meta else {}
    if b"pitm" not in parts or b"iprp" not in parts:
        return []
    pitm, iprp = parts[b"pitm"], parts[b"iprp"]
    primary = int.from_bytes(data[pitm.payload + 4 : pitm.payload + (8 if data[pitm.payload] else 6)])
    container = list(properties(data, iprp))
    return [
        container[index - 1]
        for part in boxes(data, iprp.payload, iprp.end)
        if part.kind == b"ipma"
        for item, _, indices in _associated(data, part)
        if item == primary
        for index in indices
        if 0 < index <= len(container)
    ]
