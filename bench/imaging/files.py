"""The files to compress, in groups by what they measure."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """An image file to compress.

    Attributes:
        name: A title for people, and the key of its measurements.
        path: Its place.
        format: Its format, in which the result is written too.
        size: Width and height in pixels, upright.
    """

    name: str
    path: Path
    format: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """All files by group.

    Attributes:
        source: The origin of the pictures, for the reader of a report.
        by_megapixels: Baseline JPEGs of every photograph in the sizes of cameras.
        mixed: JPEGs of the variants and shapes that people upload, one photograph each.
        progressive: JPEGs of 12 MP in several scans.
        webp: Photographs of 2 and 12 MP.
        png: Photographs and graphics.
        largest: Baseline JPEGs up to 100 MP, for the memory.
    """

    source: str
    by_megapixels: Mapping[int, list[File]]
    mixed: list[File]
    progressive: list[File]
    webp: list[File]
    png: list[File]
    largest: list[File]

    @property
    def photographs(self) -> list[File]:
        """The baseline JPEGs of 12 MP, the main measurement."""
        return self.by_megapixels[12]
