"""Damaged files: thousands of mutations of every format end in a result or an `ImageError`, and soon."""

import os
import random
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from itertools import chain, repeat
from multiprocessing import get_context

import pytest

from chalicelib.imaging import ImageError, Options, compress
from tests.fixtures.drawings import disc, photograph
from tests.fixtures.exif import exif
from tests.fixtures.files import every_format, gif, gif_frame, gif_loop, heic, icc_segments, jpeg_with
from tests.fixtures.icc import adobe_rgb

MUTATIONS = 60_000
SECONDS_EACH = 5
# Few pixels, so that headers that lie about their size don't cost the memory of the machine that tests.
OPTIONS = (
    Options(max_width=16, max_height=16, max_pixels=4_000_000),
    Options(output_format="png", max_pixels=4_000_000),
)


def originals() -> dict[str, bytes]:
    files = {**every_format(photograph((40, 28)))}
    transparent = every_format(disc((24, 24)).convert("RGBA").quantize(8).convert("RGB"))
    files |= {f"{name}-flat": data for name, data in transparent.items()}
    frames = (
        gif_frame((0, 0, 9, 9), 1),
        gif_frame((2, 2, 3, 3), 2, disposal=2),
        gif_frame((1, 1, 4, 4), 0, disposal=3),
    )
    files["gif-disposals"] = gif((9, 9), gif_loop(3), *frames)
    files["jpeg-metadata"] = jpeg_with(
        files["jpeg"], (0xE1, exif(orientation=6, taken="2024:01:02 03:04:05")), *icc_segments(adobe_rgb())
    )
    files["heic-metadata"] = heic(quarter_turns=1, exif=exif(), profile=adobe_rgb())
    return files


def flip(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] ^= 1 << chance.randrange(8)


def set_byte(data: bytearray, at: int, chance: random.Random) -> None:
    data[at] = chance.choice((0, 1, 0x7F, 0x80, 0xFF))


def set_number(data: bytearray, at: int, chance: random.Random) -> None:
    width = chance.choice((2, 4))
    value = chance.choice((0, 1, 0xFF, 0xFFFF, 0x7FFFFFFF, 0xFFFFFFFF, chance.getrandbits(32)))
    data[at : at + width] = (value % (1 << 8 * width)).to_bytes(width)


def cut(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at:]


def leave_out(data: bytearray, at: int, chance: random.Random) -> None:
    del data[at : at + chance.randint(1, 32)]


def insert(data: bytearray, at: int, chance: random.Random) -> None:
    data[at:at] = chance.randbytes(chance.randint(1, 32))


def copy(data: bytearray, at: int, chance: random.Random) -> None:
    length, source = chance.randint(1, 64), chance.randrange(len(data))
    data[at : at + length] = data[source : source + length]


def mutate(data: bytes, chance: random.Random) -> bytes:
    """Damage a file in one to four places, more often in its first part, where its structure is."""
    damaged = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        if damaged:
            at = int(len(damaged) * chance.random() ** chance.choice((1, 3)))
            damage = chance.choice((flip, set_byte, set_number, cut, leave_out, insert, copy))
            damage(damaged, at, chance)
    return bytes(damaged)


def failures(name: str, data: bytes, count: int) -> list[str]:
    """Compress mutations of a file, and return which ended in neither a result nor an `ImageError`, or late."""
    found = []
    for seed in range(count):
        damaged = mutate(data, random.Random(f"{name} {seed}"))
        options = OPTIONS[seed % len(OPTIONS)]
        try:
            # A machine that stops for a while counts it as the process's time: what is slow is slow twice.
            if _seconds(damaged, options) > SECONDS_EACH and _seconds(damaged, options) > SECONDS_EACH:
                found.append(f"{name} {seed}: took more than {SECONDS_EACH} s")
        except BaseException as error:
            found.append(f"{name} {seed}: {error!r}")
    return found


def _seconds(data: bytes, options: Options) -> float:
    started = time.process_time()
    with suppress(ImageError):
        compress(data, options)
    return time.process_time() - started


EVERY_BYTE = """
from contextlib import suppress
from chalicelib.imaging import ImageError, compress
from tests.fixtures.exif import exif
from tests.fixtures.files import heic
data = heic(exif=exif(), items=[(3, b"mime", b"<x/>")])
for at in range(data.index(b"mdat")):
    for byte in (0x80, 0xFF):
        with suppress(ImageError):
            compress(data[:at] + bytes([byte]) + data[at + 1 :])
"""


def test_no_byte_of_a_heic_s_index_crashes_the_decoder() -> None:
    """The binding of libheif crashes where the type or name of an item is not text."""
    assert subprocess.run([sys.executable, "-c", EVERY_BYTE], check=False).returncode == 0


@pytest.mark.slow
@pytest.mark.parametrize("share", range(4))
def test_damaged_files_end_in_a_result_or_an_image_error(share: int) -> None:
    files = list(originals().items())
    each = -(-MUTATIONS // len(files))
    names, contents = zip(*files[share::4], strict=True)
    with ProcessPoolExecutor(
        max_workers=min(2, os.cpu_count() or 1), mp_context=get_context("spawn")
    ) as pool:
        found = list(chain.from_iterable(pool.map(failures, names, contents, repeat(each))))

    assert found == []
