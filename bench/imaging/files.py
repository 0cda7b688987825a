"""The files to measure with, and what they are there for."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class File:
    """An image file to compress.

    Attributes:
        name: What it is.
        path: Where it is.
        format: What its bytes are, and what it is compressed to.
        size: Pixels, as seen upright.
    """

    name: str
    path: Path
    format: str
    size: tuple[int, int]


@dataclass(frozen=True, slots=True)
class Corpus:
    """The files by their group.

    Attributes:
        source: Where the pictures come from, for the reader of a report.
        by_megapixels: Baseline JPEGs of every photograph in the sizes that cameras give.
        mixed: Formats and shapes of JPEG that are uploaded, one photograph each.
        progressive: JPEGs of 12 MP in several scans.
        webp: Of 2 and 12 MP.
        png: Photographs and graphics.
        largest: Baseline JPEGs up to 100 MP, for measuring memory.
    """

    source: str
    by_megapixels: Mapping[int, list[File]]
    mixed: list[File]
    progressive: list[File]
    webp: list[File]
    png: list[File]
    largest: list[File]
