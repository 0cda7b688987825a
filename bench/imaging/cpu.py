"""CPU time, in interleaved runs: what slows the machine for a moment slows all ways alike."""

import sys
from collections.abc import Mapping, Sequence
from math import exp, log
from pathlib import Path
from statistics import fmean, median
from tempfile import TemporaryDirectory

from PIL import Image

from bench.imaging.files import File
from bench.imaging.peers import QUALITY, UNFITTED, FailedError, Session
from bench.imaging.ways import SIDE

Seconds = Mapping[str, Sequence[float]]
"""CPU seconds by the name of the way, one a round."""


def interleave(running: Mapping[str, Session], file: File, rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds that every way needs for a file, round by round.

    A round runs each way once, and each round begins with another one. One more run, ahead, warms up; its
    result is looked at, and a way whose result is not what was asked for is left out.
    """
    able = [name for name in running if _does(running[name], file)]
    seconds: dict[str, list[float]] = {name: [] for name in able}
    for turn in range(rounds):
        start = turn % len(able)
        for name in able[start:] + able[:start]:
            seconds[name].append(running[name].run(file.path, file.format, QUALITY).cpu)
    return seconds


def _does(session: Session, file: File) -> bool:
    with TemporaryDirectory() as folder:
        result = Path(folder, "result")
        try:
            session.run(file.path, file.format, QUALITY, save=result)
            if session.peer not in UNFITTED:
                check(result, file)
        except FailedError as error:
            print(f"left out: {session.peer.title}, {file.name}: {error}", file=sys.stderr)
            return False
    return True


def check(result: Path, file: File) -> None:
    """Look whether a result is a file of the same format, fitted into the box; on which side it lies is all one.

    A graphic may also keep its size, where that takes no more bytes than the source.

    Raises:
        FailedError: It is not.
    """
    with Image.open(result) as image:
        found, size = (image.format or "").lower(), sorted(image.size)
    if size == sorted(file.size) and result.stat().st_size <= file.path.stat().st_size:
        return
    scale = min(1, SIDE / max(file.size))
    wanted = sorted(side * scale for side in file.size)
    if found != file.format or any(abs(a - b) > 1 for a, b in zip(size, wanted, strict=True)):
        raise FailedError(f"the result is a {found} of {size}, not a {file.format} of {wanted}")


def ratio(seconds: Seconds, name: str, against: str) -> float:
    """Return how much CPU time one way needs against another: the median of the rounds' ratios."""
    return median(mine / theirs for mine, theirs in zip(seconds[name], seconds[against], strict=True))


def geometric_mean(ratios: Sequence[float]) -> float:
    """Return the mean that treats half and double alike."""
    return exp(fmean(log(value) for value in ratios))
