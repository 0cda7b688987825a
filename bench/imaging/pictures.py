"""Pictures that are as hard to compress as photographs and graphics. A seed draws the same picture everywhere.

The photographs are "dead leaves": discs of all sizes that cover one another, each smooth or rough with 1/f noise. The
number of discs falls with the cube of the radius. Such pictures have the spectrum and the sharp edges of natural
pictures, on which codecs depend. Camera tests use them for the same reason.
"""

from collections.abc import Callable, Mapping

import numpy as np
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

_GRAIN_SIDE = 509  # a prime: the repeated grain does not align with a grid of blocks


def photograph(seed: int, size: tuple[int, int] = (4032, 3024)) -> Image.Image:
    """Draw a picture that decodes, scales and compresses like a photograph; odd seeds draw less detail."""
    random = np.random.default_rng(seed)
    smallest = size[0] / (50 if seed % 2 else 300)
    colours, roughness = _leaves(random, size, smallest, size[0] / 4)
    texture = _fractal_noise(random, size)
    levels = np.asarray(colours, dtype=np.float32)
    levels *= 1 + texture[..., None] * (np.asarray(roughness, dtype=np.float32)[..., None] / 255)
    picture = Image.fromarray(levels.clip(0, 255).astype(np.uint8))
    # The blur of a lens; the radius is in pixels.
    return with_grain(picture.filter(ImageFilter.GaussianBlur(0.8)))


def _leaves(
    random: np.random.Generator, size: tuple[int, int], smallest: float, largest: float
) -> tuple[Image.Image, Image.Image]:
    """Draw discs, farthest first, and return their colours and their roughness from 0 to 255."""
    width, height = size
    covers = 3  # times that the discs would fill the picture without overlap
    mean_area = np.pi * 2 * smallest**2 * np.log(largest / smallest)
    count = int(covers * width * height / mean_area)
    radii = (smallest**-2 + random.random(count) * (largest**-2 - smallest**-2)) ** -0.5
    # A photograph has few hues: all colours vary around one line from a dark to a light colour.
    dark, light = random.integers(0, 90, 3), random.integers(150, 256, 3)
    mixture = np.clip(random.normal(0.5, 0.28, (count, 1)) + random.normal(0, 0.06, (count, 3)), 0, 1)
    fills = (dark + mixture * (light - dark)).astype(int)
    rough = (random.beta(0.8, 2.0, count) * 255).astype(int)
    across, down = random.random(count) * width, random.random(count) * height

    colours, roughness = Image.new("RGB", size, tuple(light)), Image.new("L", size, 20)
    colour_pen, roughness_pen = ImageDraw.Draw(colours), ImageDraw.Draw(roughness)
    for x, y, radius, fill, amount in zip(across, down, radii, fills.tolist(), rough.tolist(), strict=True):
        box = (x - radius, y - radius, x + radius, y + radius)
        colour_pen.ellipse(box, tuple(fill))
        roughness_pen.ellipse(box, amount)
    return colours, roughness


def _fractal_noise(random: np.random.Generator, size: tuple[int, int]) -> "np.typing.NDArray[np.float32]":
    """Return noise whose amplitude falls with the frequency; its standard deviation is 1/2."""
    width, height = size
    spectrum = np.fft.rfft2(random.standard_normal((height, width), dtype=np.float32))
    frequency = np.hypot(np.fft.fftfreq(height)[:, None], np.fft.rfftfreq(width)[None, :])
    frequency[0, 0] = np.inf
    noise = np.fft.irfft2(spectrum / frequency, s=(height, width))
    return (noise / (2 * noise.std())).astype(np.float32)


def with_grain(picture: Image.Image, strength: float = 2.0) -> Image.Image:
    """Return a picture with the noise of a sensor, whose standard deviation in levels is `strength`."""
    random = np.random.default_rng(0)
    noise = random.normal(128, strength, (_GRAIN_SIDE, _GRAIN_SIDE, 3)).round().clip(0, 255).astype(np.uint8)
    tile, grain = Image.fromarray(noise), Image.new("RGB", picture.size)
    for left in range(0, picture.width, _GRAIN_SIDE):
        for top in range(0, picture.height, _GRAIN_SIDE):
            grain.paste(tile, (left, top))
    return ImageChops.add(picture, grain, offset=-128)


def screenshot(size: tuple[int, int]) -> Image.Image:
    """Draw windows full of text, with flat colours and sharp edges."""
    random = np.random.default_rng(1)
    picture = Image.new("RGB", size, "#20242b")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(18)
    pen.rectangle((0, 0, 420, size[1]), "#2b303a")
    pen.rectangle((440, 40, size[0] - 40, size[1] - 40), "#fbfbf8")
    inks = ("#24292f", "#0550ae", "#116329", "#953800", "#6e7781")
    for row, y in enumerate(range(60, size[1] - 70, 26)):
        pen.text((24, y), _words(random, 3), "#c9d1d9", font)
        pen.text((480 + 36 * (row % 4), y), _words(random, int(random.integers(2, 22))), inks[row % 5], font)
    return picture


def _words(random: np.random.Generator, count: int) -> str:
    letters = "etaoinshrdlucmfwypvbgkjqxz"
    lengths = random.integers(2, 10, count)
    ranks = (random.power(0.6, int(lengths.sum())) * len(letters)).astype(int)[::-1]
    text = iter(letters[rank] for rank in ranks)
    return " ".join("".join(next(text) for _ in range(length)) for length in lengths)


def diagram(size: tuple[int, int]) -> Image.Image:
    """Draw boxes, curves and labels on a transparent background."""
    random = np.random.default_rng(2)
    picture = Image.new("RGBA", size, (0, 0, 0, 0))
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(28)
    inks = ("#d1495b", "#edae49", "#00798c", "#30638e", "#003d5b")
    for number in range(40):
        x, y = (int(value) for value in random.integers(0, (size[0] - 320, size[1] - 160)))
        pen.arc((x - 200, y - 150, x + 500, y + 400), 200, 340, inks[number % 5], width=4)
        pen.rounded_rectangle((x, y, x + 300, y + 120), 24, inks[number % 5], "#ffffff", 4)
        pen.text((x + 24, y + 40), _words(random, 3), "#ffffff", font)
    return picture


def gradients(size: tuple[int, int]) -> Image.Image:
    """Draw a designer's background: smooth ramps of colour under translucent shapes."""
    ramps = (Image.linear_gradient("L"), Image.radial_gradient("L"), Image.linear_gradient("L").rotate(90))
    picture = Image.merge("RGB", [ramp.resize(size, Image.Resampling.BICUBIC) for ramp in ramps])
    random = np.random.default_rng(3)
    for _ in range(12):
        shade = Image.new("L", size, 0)
        x, y, radius = (int(value) for value in random.integers((0, 0, 100), (*size, 600)))
        ImageDraw.Draw(shade).ellipse((x - radius, y - radius, x + radius, y + radius), 70)
        colour = Image.new("RGB", size, tuple(int(value) for value in random.integers(0, 256, 3)))
        picture = Image.composite(colour, picture, shade)
    return picture


GRAPHICS: Mapping[str, tuple[Callable[[tuple[int, int]], Image.Image], tuple[int, int]]] = {
    "screenshot": (screenshot, (2560, 1440)),
    "diagram": (diagram, (2000, 1500)),
    "gradients": (gradients, (1920, 1920)),
}
"""Functions that draw graphics, with the sizes to draw."""
