"""Landscapes drawn from a few colours and a seed: pictures for a gallery that need no licence and no download."""

from math import pi, sin
from random import Random
from typing import Final, NamedTuple

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

_RIDGES: Final = 5


class Scene(NamedTuple):
    """The colours and the form of a landscape. Places are parts of the picture's width and height."""

    sky: tuple[str, str, str]
    """From the top down to the horizon."""
    sun: str
    sun_at: tuple[float, float]
    far: str
    """The farthest ridge, and the haze below each ridge."""
    near: str
    """The nearest ridge."""
    roughness: float = 0.6
    """From 0, dunes, to 1, rocks."""
    shore: float = 1.0
    """Where water begins and mirrors the picture above; 1 for a landscape without water."""


SCENES: Final = {
    "dawn": Scene(("#4a5c8c", "#cea8ac", "#ffe0b2"), "#ffeecc", (0.63, 0.47), "#c4a4b2", "#26223e"),
    "noon": Scene(
        ("#2e70b8", "#70aedc", "#cee6ee"), "#fffcec", (0.24, 0.14), "#a6c4ce", "#1e463a", 0.6, 0.72
    ),
    "dusk": Scene(("#201a42", "#a84664", "#ffb060"), "#ffd082", (0.4, 0.5), "#b2546c", "#140c1e", 0.45, 0.68),
    "night": Scene(
        ("#060a1c", "#0e1c3e", "#264268"), "#eceee2", (0.74, 0.22), "#284062", "#040812", 0.8, 0.8
    ),
    "dunes": Scene(("#de966e", "#f6c896", "#ffe8c4"), "#fff8e2", (0.72, 0.26), "#e8b07c", "#703224", 0),
    "fjord": Scene(("#788e9c", "#b0c0c6", "#dee4e0"), "#f6f6ee", (0.5, 0.3), "#a8b8be", "#1c2c32", 0.9, 0.66),
    "forest": Scene(("#c6d6ce", "#dee4d6", "#f0ecda"), "#fffae4", (0.3, 0.3), "#b0c6ba", "#102a22", 1),
    "ember": Scene(("#280e18", "#b03826", "#ffaa46"), "#ffd678", (0.55, 0.42), "#aa362c", "#18080e", 0.2),
}


def draw_landscape(scene: Scene, width: int, height: int, seed: int) -> Image.Image:
    """Draw a scene in RGB; the same seed draws the same landscape, except for its grain."""
    random = Random(seed)  # noqa: S311 - mountains, not secrets
    image = _draw_gradient(scene.sky, width, height)
    _draw_sun(image, scene)
    for index in range(_RIDGES):
        nearness = index / (_RIDGES - 1)
        line = _draw_line(width, height, nearness, scene.roughness, random)
        mask = Image.new("L", image.size)
        ImageDraw.Draw(mask).polygon([*line, (width, height), (0, height)], 255)
        colour = _mix(scene.far, scene.near, nearness)
        haze = _mix(colour, scene.far, 0.5 * (1 - nearness))
        image.paste(_draw_gradient((colour, colour, haze), width, height), mask=mask)
    if scene.shore < 1:
        _draw_water(image, int(scene.shore * height), scene.near)
    grain = Image.effect_noise(image.size, 20).convert("RGB")
    return ImageChops.soft_light(image, grain)


def _draw_gradient(colours: tuple[str, ...], width: int, height: int) -> Image.Image:
    strip = Image.new("RGB", (1, len(colours)))
    for row, colour in enumerate(colours):
        strip.putpixel((0, row), ImageColor.getrgb(colour))
    box = (0, 0.5, 1, len(colours) - 0.5)  # from the middle of the first colour to the middle of the last one
    return strip.resize((width, height), Image.Resampling.BILINEAR, box)


def _draw_sun(image: Image.Image, scene: Scene) -> None:
    x, y = int(scene.sun_at[0] * image.width), int(scene.sun_at[1] * image.height)
    reach, radius = int(0.9 * max(image.size)), min(image.size) // 20
    glow = ImageChops.invert(Image.radial_gradient("L")).point([level * level // 400 for level in range(256)])
    image.paste(
        scene.sun, (x - reach, y - reach), glow.resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
    )
    disc = Image.new("L", image.size)
    ImageDraw.Draw(disc).ellipse((x - radius, y - radius, x + radius, y + radius), 255)
    image.paste(scene.sun, mask=disc.filter(ImageFilter.GaussianBlur(radius / 14)))


def _draw_line(
    width: int, height: int, nearness: float, roughness: float, random: Random
) -> list[tuple[float, float]]:
    """Return the points of a ridge from the left to the right: a sum of ever shorter and lower sines."""
    base, rise = height * (0.52 + 0.38 * nearness), height * 0.07 * (1 + nearness)
    waves = [
        (
            2**octave * (1 + random.random() * 0.7),
            random.random() * 2 * pi,
            (0.25 + 0.27 * roughness) ** octave,
        )
        for octave in range(9)
    ]
    lifts = [
        sum(tall * sin(length * pi * step / 720 + phase) for length, phase, tall in waves)
        for step in range(721)
    ]
    return [(step / 720 * width, base - rise * lift) for step, lift in enumerate(lifts)]


def _draw_water(image: Image.Image, shore: int, tint: str) -> None:
    width, height = image.size
    depth = height - shore
    above = image.crop((0, shore - depth, width, shore)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    water = Image.blend(above, Image.new("RGB", above.size, tint), 0.22)
    ripple = max(1, height // 600)
    for y in range(0, depth, ripple):  # each line of the water is shifted a little
        offset = int(sin(y * 60 / depth + y) * width * 0.004 * (0.3 + y / depth))
        row = ImageChops.offset(water.crop((0, y, width, y + ripple)), offset, 0)
        image.paste(row, (0, shore + y))


def _mix(first: str, second: str, part: float) -> str:
    pairs = zip(ImageColor.getrgb(first), ImageColor.getrgb(second), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * part):02x}" for a, b in pairs)
