"""Memory: of the whole process, with what the functions import beside the engine."""

import json
import subprocess
import sys
from collections.abc import Callable
from itertools import count
from unittest.mock import Mock

import pytest
from PIL import Image

from chalicelib.imaging import ImageError, Options, compress
from chalicelib.imaging.errors import decoding
from chalicelib.imaging.formats import FORMATS
from chalicelib.imaging.limits import check_limits
from tests.fixtures.drawings import noise, save
from tests.fixtures.files import blank_jpeg, png
from tests.fixtures.refusals import refused
from tests.unit.imaging.test_tiff import tiff
from tools.server import PROJECT

SCRIPT = """
import pathlib, sys
import boto3, chalice
from chalicelib.imaging import Options, compress
data = sys.stdin.buffer.read()
compressed = compress(data, Options(max_memory=int(sys.argv[3])))
assert (compressed.original_width, compressed.original_height) == (int(sys.argv[1]), int(sys.argv[2]))
print(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is read from /proc")
@pytest.mark.parametrize(
    ("width", "height"), [(12_000, 8_333), (65_500, 1_526), (1_526, 65_500), (2_040, 2_040)]
)
def test_a_baseline_jpeg_of_up_to_100_million_pixels_takes_at_most_110_mb(width: int, height: int) -> None:
    assert peak(blank_jpeg(width, height), (width, height), Options().max_memory) < 110


def peak(data: bytes, size: tuple[int, int], limit: int) -> float:
    """Compress a file in a process of its own, and return the most memory that it took, in MB."""
    command = [sys.executable, "-c", SCRIPT, *map(str, size), str(limit)]
    return int(subprocess.run(command, input=data, capture_output=True, check=True).stdout) / 1000


def grain(side: int, mode: str) -> Image.Image:
    small = noise((side // 8, side // 8), "L").convert("RGB")
    picture = small.resize((side, side))
    picture.putalpha(picture.getchannel(0))
    return picture.convert(mode)


def moving(side: int, mode: str) -> dict[str, object]:
    return {"save_all": True, "append_images": [grain(side, mode).rotate(90)], "duration": 50, "disposal": 2}


DEEP = bytes(range(8))
# The worst files of each format: a function that makes one of a side in pixels.
WORST = {
    "jpeg": lambda side: save(grain(side, "CMYK"), "JPEG", progressive=True),
    "png": lambda side: png((side, side), 16, 6, [DEEP * side] * side),
    "apng": lambda side: save(grain(side, "RGBA"), "PNG", compress_level=1, **moving(side, "RGBA")),
    "webp": lambda side: save(grain(side, "RGBA"), "WEBP", lossless=True, quality=0, method=0),
    "animated webp": lambda side: save(grain(side, "RGBA"), "WEBP", method=0, **moving(side, "RGBA")),
    "gif": lambda side: save(grain(side, "L"), "GIF", **moving(side, "L")),
    "avif": lambda side: save(grain(side, "RGBA"), "AVIF", speed=10, subsampling="4:4:4"),
    "tiff": lambda side: tiff(((side, side), DEEP * side * side, {258: (16,) * 4, 262: 2, 277: 4, 338: 2})),
    "bmp": lambda side: save(grain(side, "RGBA"), "BMP"),
    "jpeg2000": lambda side: save(grain(side, "RGBA"), "JPEG2000", num_resolutions=1),
}
LIMIT = 120_000_000


def largest_allowed(name: str) -> tuple[bytes, int]:
    """Return the largest of a few files that is allowed, and its side in pixels."""
    frames = 2 if name in ("apng", "animated webp", "gif") else 1
    format_ = FORMATS[name.split()[-1].removeprefix("a") if frames > 1 else name]
    for step in count():
        side = int(3600 * 0.9**step)
        try:
            check_limits(b"", format_, (side, side), frames, Options(max_memory=LIMIT))
            data = WORST[name](side)
            check_limits(data, format_, (side, side), frames, Options(max_memory=LIMIT))
        except ImageError:
            continue
        return data, side
    raise AssertionError


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is read from /proc")
@pytest.mark.parametrize("name", WORST)
def test_the_worst_allowed_file_stays_within_the_limit(name: str) -> None:
    data, side = largest_allowed(name)

    assert peak(data, (side, side), LIMIT) < LIMIT / 1e6 + 110


def test_the_refusal_gives_both_numbers() -> None:
    data = save(Image.new("RGB", (1000, 1000)), "PNG")

    with refused("too-much-memory", "about 14 MB to compress; 10 MB are allowed"):
        compress(data, Options(max_memory=10_000_000))


def test_resolutions_that_are_not_decoded_take_no_memory() -> None:
    data = save(Image.new("RGB", (1200, 1200)), "JPEG2000")

    compress(data, Options(max_width=100, max_memory=3_000_000))
    with pytest.raises(ImageError, match="MB are allowed"):
        compress(data, Options(max_width=1200, max_memory=3_000_000))


@pytest.mark.parametrize(
    "fails", [lambda: bytes(1 << 60), Mock(side_effect=OSError("decoder: out of memory error"))]
)
def test_decoder_without_memory_is_not_called_a_corrupt_image(fails: Callable[[], object]) -> None:
    with refused("too-much-memory"), decoding():
        fails()


def test_compress_has_the_memory_that_images_may_take() -> None:
    stages = json.loads((PROJECT / ".chalice" / "config.json").read_text())["stages"]
    for stage in stages.values():
        allowed = int(stage["environment_variables"].get("MAX_MEMORY", Options().max_memory))
        memory = stage["lambda_functions"]["compress"]["lambda_memory_size"] * 2**20
        assert allowed + 300_000_000 <= memory
