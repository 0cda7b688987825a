"""Memory: of the whole process, with what the functions import beside the engine."""

import subprocess
import sys

import pytest

from tests.fixtures.files import blank_jpeg

SCRIPT = """
import pathlib, sys
import boto3, chalice
from chalicelib.imaging import compress
data = sys.stdin.buffer.read()
compressed = compress(data)
assert (compressed.original_width, compressed.original_height) == (int(sys.argv[1]), int(sys.argv[2]))
print(pathlib.Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the high-water mark is read from /proc")
@pytest.mark.parametrize(
    ("width", "height"), [(12_000, 8_333), (65_500, 1_526), (1_526, 65_500), (2_040, 2_040)]
)
def test_a_baseline_jpeg_of_up_to_100_million_pixels_takes_at_most_110_mb(width: int, height: int) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(width), str(height)],
        input=blank_jpeg(width, height),
        capture_output=True,
        check=True,
    )

    assert int(done.stdout) / 1000 < 110
