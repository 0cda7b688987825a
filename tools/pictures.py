"""Pictures to try the app without photographs."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePath

from PIL import Image, ImageChops

from tools.landscapes import SCENES, draw_landscape

_ALBUM = (
    ("dawn.jpg", "dawn", (3000, 2000)),
    ("albums/noon.jpg", "noon", (2000, 2500)),
    ("albums/dusk.png", "dusk", (1600, 900)),
    ("night.webp", "night", (1800, 1200)),
    ("travel/dunes.jpg", "dunes", (3200, 1800)),
    ("travel/fjord.jpg", "fjord", (2000, 3000)),
    ("forest.jpg", "forest", (3000, 2000)),
    ("ember.jpg", "ember", (2400, 2400)),
    ("travel/lake.jpg", "noon", (3000, 1700)),
    ("albums/before-sunrise.jpg", "dawn", (2000, 2600)),
)


def picture(width: int, height: int, file_format: str, angle: int = 0) -> bytes:
    """Return an image of soft colours and some grain, as the bytes of a file."""
    ramp = Image.linear_gradient("L")
    bands = [ramp.rotate(angle + turn).resize((width, height)) for turn in (0, 90, 180)]
    grain = Image.effect_noise((width, height), 24).convert("RGB")
    image = ImageChops.overlay(Image.merge("RGB", bands), grain)
    out = BytesIO()
    image.save(out, file_format)
    return out.getvalue()


def draw_pictures() -> Iterator[tuple[str, bytes]]:
    """Return a handful of object keys and their pictures."""
    for seed, (key, scene, size) in enumerate(_ALBUM):
        yield key, _encode(draw_landscape(SCENES[scene], *size, seed), key)


def _encode(image: Image.Image, key: str) -> bytes:
    out = BytesIO()
    Image.init()
    image.save(out, Image.EXTENSION[PurePath(key).suffix], quality=92)
    return out.getvalue()
