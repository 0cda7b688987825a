"""JPEG 2000 codestreams (ITU-T T.800, annex A)."""

_CODESTREAM = b"\xff\x4f\xff\x51"
_COD, _SOT = 0x52, 0x90
_DECOMPOSITION_LEVELS = 9


def resolutions(data: bytes) -> int:
    """Return how many times the picture can be halved while it is decoded; 0 if the header does not say."""
    position = data.find(_CODESTREAM) + 2
    while 2 <= position < len(data) - _DECOMPOSITION_LEVELS and data[position + 1] != _SOT:
        if data[position + 1] == _COD:
            return min(data[position + _DECOMPOSITION_LEVELS], 32)
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    return 0
