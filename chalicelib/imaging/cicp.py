"""ICC profiles for colours that a file describes otherwise: by code points (ITU-T H.273), chromaticities or a gamma.

A profile is all that the conversion to sRGB needs to know. Pillow does not apply these descriptions itself.
"""

import struct
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from chalicelib.imaging.types import ImageError

type Point = tuple[float, float]
type Vector = tuple[float, ...]

_D65: Final[Point] = (0.3127, 0.3290)
_D50: Final = (0.9642, 1.0, 0.8249)

# Red, green, blue and white (H.273, table 2), by code point.
_PRIMARIES: Final[dict[int, tuple[Point, Point, Point, Point]]] = {
    1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65),
    5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
    6: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65),
    7: ((0.63, 0.34), (0.31, 0.595), (0.155, 0.07), _D65),
    9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
    11: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), (0.314, 0.351)),
    12: ((0.68, 0.32), (0.265, 0.69), (0.15, 0.06), _D65),
}
# Exponents of the transfers (table 3) that are not sRGB's. The curves of BT.709 count as sRGB's, as browsers show them.
_EXPONENTS: Final = {4: 2.2, 5: 2.8, 8: 1.0}
_HDR: Final = {16: "PQ", 18: "HLG"}

# The rows of the Bradford matrix, for the adaptation of a white point (ICC.1:2022, annex E).
_BRADFORD: Final = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))


def profile_of_codes(primaries: int, transfer: int) -> bytes | None:
    """Return the profile of code points; None for sRGB, and for codes without a meaning.

    Raises:
        ImageError: `unsupported`, for the transfers of high dynamic range.
    """
    if transfer in _HDR:
        raise ImageError("unsupported", f"pictures of high dynamic range ({_HDR[transfer]}) are not accepted")
    if primaries in {1, 2} and transfer not in _EXPONENTS:
        return None
    points = _PRIMARIES.get(primaries, _PRIMARIES[1])
    return _profile(points, _EXPONENTS.get(transfer))


def profile_of_gamma(gamma: float | None, points: tuple[Point, Point, Point, Point] | None) -> bytes | None:
    """Return the profile of a gamma and chromaticities; None for sRGB, and for values without a meaning.

    Args:
        gamma: The exponent of the encoding, 0.45455 for most screens; None for sRGB's curve.
        points: The chromaticities of red, green, blue and white; None for sRGB's.
    """
    exponent = None if gamma is None or abs(gamma - 0.45455) < 0.005 else 1 / max(gamma, 0.01)
    if points is None and exponent is None:
        return None
    try:
        return _profile(points or _PRIMARIES[1], exponent)
    except (ZeroDivisionError, struct.error):
        return None


@lru_cache(maxsize=16)
def _profile(points: tuple[Point, Point, Point, Point], exponent: float | None) -> bytes:
    curve = _curve(_srgb if exponent is None else lambda level: level**exponent)
    red, green, blue = _colorants(points)
    tags = {b"wtpt": _xyz(_D50), b"rXYZ": _xyz(red), b"gXYZ": _xyz(green), b"bXYZ": _xyz(blue)}
    tags |= dict.fromkeys((b"rTRC", b"gTRC", b"bTRC"), curve)
    directory, bodies = b"", b""
    start = 128 + 4 + 12 * len(tags)
    for name, body in tags.items():
        directory += struct.pack(">4sII", name, start + len(bodies), len(body))
        bodies += body
    head = struct.pack(
        ">I4xI4s4s4s12x4s", start + len(bodies), 0x02400000, b"mntr", b"RGB ", b"XYZ ", b"acsp"
    )
    head = head.ljust(68, b"\0") + struct.pack(">3i", *(round(65536 * value) for value in _D50))
    return head.ljust(128, b"\0") + struct.pack(">I", len(tags)) + directory + bodies


def _colorants(points: tuple[Point, Point, Point, Point]) -> list[Vector]:
    """Return red, green and blue in XYZ, adapted to D50: they add up to it."""
    *primaries, white = ((x / y, 1.0, (1 - x - y) / y) for x, y in points)
    scales = _solve(tuple(zip(*primaries, strict=True)), white)
    gains = [after / before for after, before in zip(_cones(_D50), _cones(white), strict=True)]
    return [
        _solve(_BRADFORD, tuple(scale * a * b for a, b in zip(gains, _cones(primary), strict=True)))
        for scale, primary in zip(scales, primaries, strict=True)
    ]


def _cones(xyz: Vector) -> Vector:
    return tuple(sum(a * b for a, b in zip(row, xyz, strict=True)) for row in _BRADFORD)


def _solve(rows: tuple[Vector, ...], product: Vector) -> Vector:
    """Return the vector that a matrix turns into a product (Cramer's rule)."""
    columns = tuple(zip(*rows, strict=True))
    replaced = ((*columns[:at], product, *columns[at + 1 :]) for at in range(3))
    return tuple(_determinant(each) / _determinant(columns) for each in replaced)


def _determinant(columns: tuple[Vector, ...]) -> float:
    (a, b, c), (d, e, f), (g, h, i) = zip(*columns, strict=True)
    return float(a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g))


def _xyz(values: tuple[float, ...]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(65536 * value) for value in values))


def _curve(linear: Callable[[float], float]) -> bytes:
    return struct.pack(
        ">4s4xI1024H", b"curv", 1024, *(round(65535 * linear(step / 1023)) for step in range(1024))
    )


def _srgb(level: float) -> float:
    return level / 12.92 if level <= 0.04045 else ((level + 0.055) / 1.055) ** 2.4
