"""How to compress, as the settings say; without the engine, since a sweep compares no more than fingerprints."""

from chalicelib.imaging import Options, Rendition
from chalicelib.settings import Settings


def of(now: Settings) -> Options:
    """Return the options that the settings make."""
    return Options(
        max_width=now.max_width,
        max_height=now.max_height,
        quality=now.quality,
        output_format=now.output_format,
        effort=now.effort,
        max_pixels=now.max_pixels,
        max_frames=now.max_frames,
        max_memory=now.max_memory,
        renditions=tuple(Rendition(name, size) for name, size in now.renditions),
        png_colors=now.png_colors or None,
    )
