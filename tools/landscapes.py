"""Landscapes drawn from a few colours and a seed: pictures worth looking at that need no licence and no download."""

from dataclasses import dataclass
from math import pi, sin
from random import Random

from PIL import Image, ImageChops, ImageDraw, ImageFilter

Colour = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a landscape is made of. Places and lengths are parts of the picture's width and height.

    Attributes:
        sky: From the zenith down to the horizon.
        light: The colour of sun or moon, and of the glow around it.
        light_at: Its centre.
        light_size: Its radius, part of the shorter side.
        glow: How much of its colour reaches the sky right beside it, 0 to 1.
        far: The colour of the farthest ridge, and the haze below each.
        near: The colour of the nearest ridge.
        ridges: How many there are.
        horizon: Where the farthest ridge lies on average.
        roughness: How jagged ridges are: 0 for dunes, 1 for rocks.
        shore: Where water begins and mirrors what is above; 1 for none.
        trees: Whether firs stand on the nearest ridge.
        stars: How many.
    """

    sky: tuple[Colour, ...]
    light: Colour
    light_at: tuple[float, float]
    light_size: float
    far: Colour
    near: Colour
    glow: float = 0.75
    ridges: int = 5
    horizon: float = 0.55
    roughness: float = 0.6
    shore: float = 1.0
    trees: bool = False
    stars: int = 0


SCENES = {
    "dawn": Scene(
        sky=((74, 92, 140), (166, 148, 178), (244, 186, 158), (255, 224, 178)),
        light=(255, 238, 204),
        light_at=(0.63, 0.47),
        light_size=0.045,
        far=(196, 164, 178),
        near=(38, 34, 62),
        trees=True,
    ),
    "noon": Scene(
        sky=((46, 112, 184), (112, 174, 220), (206, 230, 238)),
        light=(255, 252, 236),
        light_at=(0.24, 0.14),
        light_size=0.03,
        far=(166, 196, 206),
        near=(30, 70, 58),
        glow=0.5,
        ridges=6,
        horizon=0.5,
        shore=0.72,
    ),
    "dusk": Scene(
        sky=((32, 26, 66), (110, 48, 110), (226, 92, 90), (255, 176, 96)),
        light=(255, 208, 130),
        light_at=(0.4, 0.52),
        light_size=0.075,
        far=(178, 84, 108),
        near=(20, 12, 30),
        shore=0.68,
        roughness=0.45,
    ),
    "night": Scene(
        sky=((6, 10, 28), (14, 28, 62), (38, 66, 104)),
        light=(236, 238, 226),
        light_at=(0.74, 0.22),
        light_size=0.05,
        far=(40, 64, 98),
        near=(4, 8, 18),
        glow=0.3,
        trees=True,
        stars=900,
    ),
    "dunes": Scene(
        sky=((222, 150, 110), (246, 200, 150), (255, 232, 196)),
        light=(255, 248, 226),
        light_at=(0.72, 0.26),
        light_size=0.06,
        far=(232, 176, 124),
        near=(112, 50, 36),
        ridges=5,
        horizon=0.52,
        roughness=0.0,
    ),
    "fjord": Scene(
        sky=((120, 142, 156), (176, 192, 198), (222, 228, 224)),
        light=(246, 246, 238),
        light_at=(0.5, 0.34),
        light_size=0.0,
        far=(168, 184, 190),
        near=(28, 44, 50),
        ridges=4,
        horizon=0.42,
        roughness=0.9,
        shore=0.66,
    ),
    "forest": Scene(
        sky=((198, 214, 206), (222, 228, 214), (240, 236, 218)),
        light=(255, 250, 228),
        light_at=(0.3, 0.3),
        light_size=0.0,
        far=(176, 198, 186),
        near=(16, 42, 34),
        ridges=6,
        horizon=0.4,
        roughness=0.35,
        trees=True,
    ),
    "ember": Scene(
        sky=((40, 14, 24), (130, 30, 34), (224, 84, 40), (255, 170, 70)),
        light=(255, 214, 120),
        light_at=(0.55, 0.42),
        light_size=0.13,
        far=(170, 54, 44),
        near=(24, 8, 14),
        roughness=0.2,
        horizon=0.6,
    ),
}


def landscape(scene: Scene, width: int, height: int, seed: int) -> Image.Image:
    """Draw a scene in RGB; the same seed draws the same landscape, but for its grain."""
    random = Random(seed)  # noqa: S311 - mountains, not secrets
    image = _gradient(scene.sky, width, height)
    _scatter_stars(image, scene.stars, random)
    _shine(image, scene)
    for index in range(scene.ridges):
        _raise_ridge(image, scene, index, random)
    if scene.shore < 1:
        _mirror(image, int(scene.shore * height), scene.near, random)
    grain = Image.effect_noise((width, height), 20).convert("RGB")
    return ImageChops.soft_light(image, grain)


def _gradient(colours: tuple[Colour, ...], width: int, height: int) -> Image.Image:
    strip = Image.new("RGB", (1, len(colours)))
    for row, colour in enumerate(colours):
        strip.putpixel((0, row), colour)
    # Ends half a colour inside the strip, so that the first and the last one are met exactly.
    box = (0, 0.5, 1, len(colours) - 0.5)
    return strip.resize((1, height), Image.Resampling.BILINEAR, box).resize((width, height))


def _scatter_stars(image: Image.Image, count: int, random: Random) -> None:
    draw = ImageDraw.Draw(image)
    for _ in range(count):
        x, y = random.random() * image.width, random.random() ** 1.4 * image.height * 0.6
        radius = image.width / 2600 * (0.4 + random.random() ** 6 * 2)
        level = random.randrange(120, 255)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), (level, level, level))


def _shine(image: Image.Image, scene: Scene) -> None:
    x, y = (int(part * side) for part, side in zip(scene.light_at, image.size, strict=True))
    reach = int(0.9 * max(image.size))
    glow = ImageChops.invert(Image.radial_gradient("L")).point(
        [int((level / 255) ** 2 * 255 * scene.glow) for level in range(256)]
    )
    glow = glow.resize((2 * reach, 2 * reach), Image.Resampling.BILINEAR)
    image.paste(scene.light, (x - reach, y - reach), glow)
    radius = int(scene.light_size * min(image.size))
    disc = Image.new("L", (4 * radius + 1, 4 * radius + 1))
    ImageDraw.Draw(disc).ellipse((radius, radius, 3 * radius, 3 * radius), 255)
    image.paste(
        scene.light, (x - 2 * radius, y - 2 * radius), disc.filter(ImageFilter.GaussianBlur(radius / 14))
    )


def _raise_ridge(image: Image.Image, scene: Scene, index: int, random: Random) -> None:
    width, height = image.size
    nearness = index / (scene.ridges - 1)
    base = (scene.horizon + (0.9 - scene.horizon) * nearness**1.15) * height
    line = _ridge_line(width, base, 0.07 * height * (1 + nearness), scene.roughness, random)
    mask = Image.new("L", image.size)
    draw = ImageDraw.Draw(mask)
    draw.polygon([*line, (width, height), (0, height)], 255)
    if scene.trees and nearness > 0.6:
        _plant(draw, line, height * (0.02 + 0.07 * nearness**6), random)
    colour = _mix(scene.far, scene.near, nearness)
    haze = _mix(colour, scene.far, 0.5 * (1 - nearness))
    top = int(min(y for _, y in line))
    filling = Image.new("RGB", image.size, haze)
    filling.paste(_gradient((colour, haze), width, int(0.24 * height)), (0, top))
    filling.paste(colour, (0, 0, width, top))
    image.paste(filling, (0, 0), mask)


def _ridge_line(
    width: int, base: float, rise: float, roughness: float, random: Random
) -> list[tuple[float, float]]:
    """Return points from the left to the right: sines whose height falls with their length, more slowly for rocks."""
    waves = [
        (
            2**octave * (1 + random.random() * 0.7),
            random.random() * 2 * pi,
            (0.25 + 0.27 * roughness) ** octave,
        )
        for octave in range(9)
    ]
    points = []
    for step in range(721):
        part = step / 720
        lift = sum(height * sin(length * pi * part + phase) for length, phase, height in waves)
        points.append((part * width, base - rise * lift))
    return points


def _plant(draw: ImageDraw.ImageDraw, line: list[tuple[float, float]], tall: float, random: Random) -> None:
    for x, y in line:
        if random.random() < 0.25:
            continue
        top = tall * (0.35 + 0.65 * random.random() ** 2)
        for tier in range(5):
            middle = y - top * (1 - tier / 5)
            half = top * 0.05 * (tier + 1)
            draw.polygon([(x, middle), (x + half, middle + top * 0.28), (x - half, middle + top * 0.28)], 255)


def _mirror(image: Image.Image, shore: int, tint: Colour, random: Random) -> None:
    width, height = image.size
    depth = height - shore
    above = image.crop((0, max(0, shore - int(1.5 * depth)), width, shore)).transpose(
        Image.Transpose.FLIP_TOP_BOTTOM
    )
    water = above.resize((width, depth)).filter(ImageFilter.GaussianBlur(height / 500))
    water = Image.blend(water, Image.new("RGB", water.size, tint), 0.22)
    image.paste(water, (0, shore))
    thickness = max(1, height // 600)
    for y in range(0, depth, thickness):
        offset = int(sin(y / depth * 60 + random.random() * 2) * width * 0.004 * (0.3 + y / depth))
        image.paste(water.crop((0, y, width, y + thickness)), (offset, shore + y))


def _mix(first: Colour, second: Colour, part: float) -> Colour:
    red, green, blue = (round(a + (b - a) * part) for a, b in zip(first, second, strict=True))
    return red, green, blue
