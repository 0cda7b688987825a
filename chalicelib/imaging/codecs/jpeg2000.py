"""JPEG 2000 files: headers of the codestream (ITU-T T.800, annex A) and the profile in the boxes around it (annex I)."""

from chalicelib.imaging.codecs.isobmff import boxes, find
from chalicelib.imaging.resize import Size
from chalicelib.imaging.types import ImageError

_CODESTREAM = b"\xff\x4f\xff\x51"
_COD, _SOT = 0x52, 0x90
# Where fields are: after the marker SIZ, and after the marker COD.
_COMPONENTS, _DEPTHS, _DEPTH_STEP = 38, 40, 3
_DECOMPOSITION_LEVELS, _TRANSFORM = 9, 13
_REVERSIBLE = 1
_EMBEDDED_PROFILE = 2


def resolutions(data: bytes) -> int:
    """Return how many times the picture can be halved while it is decoded; 0 if the header does not say."""
    return min(_coding(data, _DECOMPOSITION_LEVELS), 32)


def levels_to_skip(data: bytes, size: Size, at_least: Size) -> int:
    """Return how many of the finest resolutions can be left out for a result of at least a size."""
    width, height = size
    most = min(width // at_least[0], height // at_least[1]).bit_length() - 1
    for levels in range(min(most, resolutions(data)), 0, -1):
        scale = 1 << levels
        if _halves_alike(width, scale) and _halves_alike(height, scale):
            return levels
    return 0


def _halves_alike(side: int, scale: int) -> bool:
    """Return whether OpenJPEG, which rounds up, and Pillow, which rounds to the nearest, expect the same side."""
    return side % scale == 0 or side % scale >= scale // 2


def depth(data: bytes) -> int:
    """Return the bits of the deepest component, or 0 if the header does not say."""
    return max(((data[at] & 0x7F) + 1 for at in _depth_positions(data)), default=0)


def check(data: bytes) -> None:
    """Refuse colours of more than 8 bits with loss: the decoder turns the brightest levels to black, undetectably.

    Raises:
        ImageError: The file has such colours.
    """
    is_deep_colour = len(_depth_positions(data)) > 1 and depth(data) > 8
    if is_deep_colour and _coding(data, _TRANSFORM) != _REVERSIBLE:
        raise ImageError(
            "unsupported",
            "JPEG 2000 colours must have 8 bits or be compressed without loss; got more, with loss",
        )


def with_headroom(data: bytes) -> bytes:
    """Return a file that claims one bit more a sample: its levels fill the middle half of the range."""
    result = bytearray(data)
    for at in _depth_positions(data):
        result[at] += 1
    return bytes(result)


def profile(data: bytes) -> bytes | None:
    """Return the embedded ICC profile."""
    header = find(data, b"jp2h") if not data.startswith(_CODESTREAM) else None
    for box in boxes(data, header.payload, header.end) if header else ():
        if box.kind == b"colr" and data[box.payload : box.payload + 1] == bytes([_EMBEDDED_PROFILE]):
            return data[box.payload + 3 : box.end]
    return None


def _depth_positions(data: bytes) -> list[int]:
    start = data.find(_CODESTREAM) + 2
    count = int.from_bytes(data[start + _COMPONENTS : start + _DEPTHS]) if start >= 2 else 0
    positions = range(start + _DEPTHS, start + _DEPTHS + _DEPTH_STEP * count, _DEPTH_STEP)
    return [position for position in positions if position < len(data)]


def _coding(data: bytes, field: int) -> int:
    """Return a field of the default coding style."""
    position = data.find(_CODESTREAM) + 2
    while 2 <= position < len(data) - field and data[position + 1] != _SOT:
        if data[position + 1] == _COD:
            return data[position + field]
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return 0
