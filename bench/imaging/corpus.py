"""The images to compress: files derived from a folder of photographs, or from drawn pictures."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps
from PIL.Image import Resampling

from bench.imaging import pictures
from bench.imaging.files import Corpus, File
from bench.imaging.peers import BUILD

_VERSION = 1  # to be raised when the same photographs give other files, so that stored files are made again

MOST_PHOTOGRAPHS = 4
_JPEG_SUFFIXES = {".jpg", ".jpeg"}
_SUFFIXES = _JPEG_SUFFIXES | {".png", ".webp", ".tif", ".tiff"}

# The sizes of cameras: phones have 4:3, other cameras 3:2. At 12 MP, the 4032 pixels of most phones are slightly less
# than four times 1024, so that a decoder cannot reduce by more than 1/2.
SIZES: Mapping[int, tuple[int, int]] = {
    2: (1632, 1224),
    12: (4032, 3024),
    24: (6000, 4000),
    48: (8064, 6048),
    100: (11540, 8655),
}

_SETTINGS: Mapping[str, Mapping[str, Any]] = {
    "jpeg": {"quality": 90, "subsampling": "4:2:0"},
    "webp": {"quality": 85, "method": 2},
    "png": {"compress_level": 6},
}


@dataclass(frozen=True)
class _Picture:
    name: str
    load: Callable[[], Image.Image]


def build(folder: Path | None, quick: bool) -> Corpus:
    """Write the files that do not exist yet, and return all files.

    Args:
        folder: The folder of photographs; None draws pictures.
        quick: Takes two photographs, and leaves out sizes above 12 MP except for memory.

    Raises:
        ValueError: The folder has no photograph.
    """
    paths = _photographs(folder) if folder else []
    photographs = [_Picture(path.stem, cache(partial(_upright_srgb, path))) for path in paths]
    if not folder:
        photographs = [
            _Picture(f"drawn-{seed}", cache(partial(pictures.photograph, seed)))
            for seed in range(MOST_PHOTOGRAPHS)
        ]
    if quick:
        photographs = photographs[:2]
    target = BUILD / "corpus" / _fingerprint(paths or [Path(pictures.__file__)])
    target.mkdir(parents=True, exist_ok=True)
    jpeg = partial(_derive, target)
    png = partial(_derive, target, file_format="png")
    webp = partial(_derive, target, file_format="webp")
    first, last = photographs[0], photographs[-1]
    many = list(islice(cycle(photographs), 8))
    megapixels = (2, 12) if quick else (2, 12, 24, 48)
    by_megapixels = {mp: [jpeg(each, SIZES[mp]) for each in photographs] for mp in megapixels}
    progressive = [jpeg(each, SIZES[12], "progressive", progressive=True) for each in photographs]
    return Corpus(
        source=f"{len(photographs)} {'photographs' if folder else 'drawn pictures'}",
        by_megapixels=by_megapixels,
        mixed=[
            *(group[number % len(group)] for number, group in enumerate(by_megapixels.values())),
            progressive[-1],
            jpeg(many[1], (3088, 2056)),
            jpeg(many[2], SIZES[12], "turned", change=_turn, exif=_turned_exif()),
            jpeg(many[3], SIZES[12], "444", subsampling="4:4:4"),
            jpeg(many[4], SIZES[12], "grey", change=lambda image: image.convert("L")),
            jpeg(many[5], (9000, 2000), "panorama"),
            jpeg(many[6], (1440, 6400), "tall"),
            jpeg(many[7], SIZES[2], "progressive", progressive=True),
        ],
        progressive=progressive,
        webp=[webp(last, SIZES[2]), webp(first, SIZES[12])],
        png=[
            *(png(each, SIZES[2]) for each in photographs[:2]),
            png(last, (3000, 2000)),
            png(many[1], SIZES[2], "opaque alpha", change=lambda image: image.convert("RGBA")),
            *(
                png(_Picture(name, partial(draw, size)), size)
                for name, (draw, size) in pictures.GRAPHICS.items()
            ),
        ],
        largest=[jpeg(first, SIZES[mp]) for mp in ((12, 100) if quick else (12, 48, 100))],
    )


def _photographs(folder: Path) -> list[Path]:
    """Return the first photographs of a folder: JPEGs before others, because cameras write JPEGs."""
    paths = [path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES]
    if not paths:
        raise ValueError(f"{folder} has no photograph: its files must end in {', '.join(sorted(_SUFFIXES))}")
    paths.sort(key=lambda path: (path.suffix.lower() not in _JPEG_SUFFIXES, path))
    return paths[:MOST_PHOTOGRAPHS]


def _upright_srgb(path: Path) -> Image.Image:
    """Load a photograph so that all peers interpret it alike: upright, in sRGB, without metadata."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened)
        profile = opened.info.get("icc_profile")
    if profile:
        srgb = ImageCms.createProfile("sRGB")
        converted = ImageCms.profileToProfile(image, BytesIO(profile), srgb, outputMode="RGB")
        assert converted is not None
        image = converted
    image = image.convert("RGB")
    image.info.clear()
    return image


def _fingerprint(paths: list[Path]) -> str:
    digest = hashlib.sha256(f"{_VERSION} {SIZES} {_SETTINGS}".encode())
    for path in paths:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _derive(
    folder: Path,
    picture: _Picture,
    size: tuple[int, int],
    variant: str = "",
    *,
    file_format: str = "jpeg",
    change: Callable[[Image.Image], Image.Image] = lambda image: image,
    **settings: Any,
) -> File:
    """Return a picture in a size and a format, with a variant's change and settings. Existing files are reused."""
    title = " ".join(filter(None, [picture.name, f"{size[0]}x{size[1]}", variant, file_format]))
    path = folder / f"{title.replace(' ', '-')}.{file_format}"
    if not path.exists():
        unfinished = path.with_suffix(".part")
        image = change(_fit(picture.load(), size))
        image.save(unfinished, file_format, **{**_SETTINGS[file_format], **settings})
        unfinished.rename(path)
    return File(title, path, file_format, size)


def _turn(image: Image.Image) -> Image.Image:
    return image.transpose(Image.Transpose.ROTATE_90)


def _turned_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # the orientation: a viewer turns it by 90° clockwise
    return exif.tobytes()


def _fit(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a picture cropped and scaled to a size, with new grain if it is enlarged."""
    if picture.size == size:
        return picture
    fitted = ImageOps.fit(picture, size, Resampling.LANCZOS)
    enlarged = size[0] > picture.width or size[1] > picture.height
    return pictures.with_grain(fitted) if enlarged else fitted
