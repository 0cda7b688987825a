"""Pictures to try the app with, where there are no photographs at hand."""

from collections.abc import Iterator
from io import BytesIO

from PIL import Image, ImageChops


def picture(width: int, height: int, file_format: str, angle: int = 0) -> bytes:
    """Return an image of soft colours and some grain, as the bytes of a file."""
    ramp = Image.linear_gradient("L")
    bands = [ramp.rotate(angle + turn).resize((width, height)) for turn in (0, 90, 180)]
    grain = Image.effect_noise((width, height), 24).convert("RGB")
    image = ImageChops.overlay(Image.merge("RGB", bands), grain)
    out = BytesIO()
    image.save(out, file_format)
    return out.getvalue()


def generated() -> Iterator[tuple[str, bytes]]:
    """Return a handful of object keys and their pictures."""
    yield "dawn.jpg", picture(3000, 2000, "JPEG")
    yield "albums/noon.jpg", picture(2000, 3000, "JPEG", 90)
    yield "albums/dusk.png", picture(1600, 900, "PNG", 180)
    yield "night.webp", picture(1800, 1200, "WEBP", 270)
