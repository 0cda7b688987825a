"""Palettes, in a bounded time: k-means on all pixels until nothing moves takes a minute."""

from PIL.Image import Dither, Image, Quantize, Resampling

# A pass of k-means in which fewer pixels than this share change their colour is the last.
_SETTLED = 1 / 50


def reduce_colors(image: Image, colors: int, sample_pixels: int, *, refined: bool) -> Image:
    """Return an image of at most so many colours, mode P. Few colours stay as they are.

    Args:
        image: Mode RGB.
        colors: 2 to 256.
        sample_pixels: How many pixels the palette is made for, evenly spread: the time grows with them alone.
        refined: Whether k-means improves the palette of median cut, in a few passes that take most of the time.
    """
    if image.getcolors(colors) is not None:
        return image.quantize(colors, Quantize.MEDIANCUT)
    share = (sample_pixels / (image.width * image.height)) ** 0.5
    sample = image
    if share < 1:
        size = (max(1, round(image.width * share)), max(1, round(image.height * share)))
        sample = image.resize(size, Resampling.NEAREST)
    moves = max(1, round(sample.width * sample.height * _SETTLED)) if refined else 0
    palette = sample.quantize(colors, Quantize.MEDIANCUT, kmeans=moves)
    return image.quantize(palette=palette, dither=Dither.NONE)
