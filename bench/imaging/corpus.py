"""The images to measure with: derived from a folder of photographs, or from drawn pictures in their place."""

import hashlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps
from PIL.Image import Resampling

from bench.imaging import pictures
from bench.imaging.files import Corpus, File
from bench.imaging.peers import BUILD

_VERSION = 1  # raised when the same photographs come to give other files: what was kept is then made anew

MOST_PHOTOGRAPHS = 4
_SUFFIXES = {".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"}

# What cameras give: phones 4:3, cameras 3:2. At 12 MP most phones' 4032 pixels are just less than
# four times 1024, so that a decoder cannot go below 1/2.
SIZES: Mapping[int, tuple[int, int]] = {
    2: (1632, 1224),
    12: (4032, 3024),
    24: (6000, 4000),
    48: (8064, 6048),
    100: (11540, 8655),
}

_JPEG = {"quality": 90, "subsampling": "4:2:0"}
_WEBP = {"quality": 85, "method": 2}
_PNG = {"compress_level": 6}


def build(folder: Path | None, quick: bool) -> Corpus:
    """Write the files that are not there yet, and return them all.

    Args:
        folder: Where photographs are; without it, pictures are drawn.
        quick: Two photographs, and none above 24 MP in the mixture.

    Raises:
        ValueError: There is no photograph in the folder.
    """
    photographs = _photographs(folder) if folder else _drawn()
    if quick:
        photographs = photographs[:2]
    origin = f"{len(photographs)} {'photographs' if folder else 'drawn pictures'}"
    kitchen = _Kitchen(BUILD / "corpus" / _fingerprint(folder))
    first = photographs[0]
    many = list(islice(cycle(photographs), 12))
    megapixels = (2, 12) if quick else (2, 12, 24, 48)
    by_megapixels = {mp: [kitchen.jpeg(p, SIZES[mp]) for p in photographs] for mp in megapixels}
    progressive = [kitchen.jpeg(p, SIZES[12], "progressive", progressive=True) for p in photographs]
    mixed = [
        *(files[number % len(files)] for number, files in enumerate(by_megapixels.values())),
        progressive[-1],
        kitchen.jpeg(many[1], (3088, 2056)),
        kitchen.jpeg(many[2], SIZES[12], "turned", turned=True),
        kitchen.jpeg(many[3], SIZES[12], "444", subsampling="4:4:4"),
        kitchen.jpeg(many[4], SIZES[12], "grey", grey=True),
        kitchen.jpeg(many[5], (9000, 2000), "panorama"),
        kitchen.jpeg(many[6], (1440, 6400), "tall"),
        kitchen.jpeg(many[7], SIZES[2], "progressive", progressive=True),
    ]
    return Corpus(
        source=origin,
        by_megapixels=by_megapixels,
        mixed=mixed,
        progressive=progressive,
        webp=[kitchen.webp(photographs[-1], SIZES[2]), kitchen.webp(first, SIZES[12])],
        png=[
            *(kitchen.png(p, SIZES[2]) for p in photographs[:2]),
            kitchen.png(photographs[-1], (3000, 2000)),
            kitchen.png(many[1], SIZES[2], "opaque alpha", alpha=True),
            *(kitchen.graphic(name) for name in pictures.GRAPHICS),
        ],
        largest=[kitchen.jpeg(first, SIZES[mp]) for mp in ((12, 100) if quick else (12, 48, 100))],
    )


@dataclass(frozen=True)
class _Photograph:
    name: str
    load: Callable[[], Image.Image]


def _drawn() -> list[_Photograph]:
    def drawing(seed: int) -> _Photograph:
        return _Photograph(f"drawn-{seed}", cache(lambda: pictures.photograph(seed)))

    return [drawing(seed) for seed in range(MOST_PHOTOGRAPHS)]


def _photographs(folder: Path) -> list[_Photograph]:
    def photograph(path: Path) -> _Photograph:
        return _Photograph(path.stem, cache(lambda: _upright_srgb(path)))

    paths = sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)
    if not paths:
        raise ValueError(f"there is no photograph in {folder}")
    # The JPEGs first: they are what a camera gave.
    paths.sort(key=lambda path: path.suffix.lower() not in {".jpg", ".jpeg"})
    return [photograph(path) for path in paths[:MOST_PHOTOGRAPHS]]


def _upright_srgb(path: Path) -> Image.Image:
    """Load a photograph in a form that no peer can misread: upright, sRGB, without metadata."""
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


def _fingerprint(folder: Path | None) -> str:
    digest = hashlib.sha256(f"{_VERSION} {SIZES} {_JPEG} {_WEBP} {_PNG}".encode())
    for path in _contents(folder):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def _contents(folder: Path | None) -> Iterator[Path]:
    if folder is None:
        yield Path(pictures.__file__)
    else:
        yield from sorted(path for path in folder.iterdir() if path.suffix.lower() in _SUFFIXES)


class _Kitchen:
    """Derives files from photographs, and keeps them for the next run."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def jpeg(
        self,
        photograph: _Photograph,
        size: tuple[int, int],
        variant: str = "",
        *,
        turned: bool = False,
        grey: bool = False,
        **settings: Any,
    ) -> File:
        """Return a photograph as JPEG; `turned` lies on its side, and says so in its EXIF."""

        def draw() -> Image.Image:
            image = _fitted(photograph.load(), size)
            image = image.convert("L") if grey else image
            return image.transpose(Image.Transpose.ROTATE_90) if turned else image

        if turned:
            settings["exif"] = _TURNED
        return self._file(photograph.name, size, variant, "jpeg", draw, _JPEG | settings)

    def webp(self, photograph: _Photograph, size: tuple[int, int]) -> File:
        return self._file(photograph.name, size, "", "webp", lambda: _fitted(photograph.load(), size), _WEBP)

    def png(
        self, photograph: _Photograph, size: tuple[int, int], variant: str = "", *, alpha: bool = False
    ) -> File:
        def draw() -> Image.Image:
            image = _fitted(photograph.load(), size)
            return image.convert("RGBA") if alpha else image

        return self._file(photograph.name, size, variant, "png", draw, _PNG)

    def graphic(self, name: str) -> File:
        picture = pictures.GRAPHICS[name]()
        return self._file(name, picture.size, "", "png", lambda: picture, _PNG)

    def _file(
        self,
        name: str,
        size: tuple[int, int],
        variant: str,
        image_format: str,
        draw: Callable[[], Image.Image],
        settings: Mapping[str, Any],
    ) -> File:
        title = " ".join(filter(None, [name, f"{size[0]}x{size[1]}", variant, image_format]))
        path = self._folder / f"{title.replace(' ', '-')}.{image_format}"
        if not path.exists():
            unfinished = path.with_suffix(".part")
            draw().save(unfinished, image_format, **settings)
            unfinished.rename(path)
        return File(title, path, image_format, size)


def _turned_exif() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by 90° clockwise
    return exif.tobytes()


_TURNED = _turned_exif()


def _fitted(photograph: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Return a photograph cropped to an aspect and scaled; enlarged, it is given the grain that it would lack."""
    fitted = ImageOps.fit(photograph, size, Resampling.LANCZOS)
    enlarged = size[0] > photograph.width or size[1] > photograph.height
    return pictures.with_grain(fitted) if enlarged else fitted
