"""CPU time in interleaved runs, so that a disturbance of the machine slows all peers alike."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from PIL import Image

from bench.imaging.files import File
from bench.imaging.peers import UNFITTED, FailedError, Session
from bench.imaging.ways import SIDE


def interleave(running: Mapping[str, Session], file: File, rounds: int) -> dict[str, list[float]]:
    """Return the CPU seconds that each peer needs for a file, one figure a round, by the peer's name.

    A round runs each peer once, and each round begins with another peer. One more run before them warms up. Its
    result is checked, and a peer with a wrong result is left out.
    """
    able = [name for name in running if _succeeds(running[name], file)]
    seconds: dict[str, list[float]] = {name: [] for name in able}
    for turn in range(rounds):
        start = turn % len(able)
        for name in able[start:] + able[:start]:
            seconds[name].append(running[name].run(file.path, file.format).cpu)
    return seconds


def _succeeds(session: Session, file: File) -> bool:
    with TemporaryDirectory() as folder:
        result = Path(folder, "result")
        try:
            session.run(file.path, file.format, save=result)
            if session.peer not in UNFITTED:
                check(result, file)
        except FailedError as error:
            print(f"left out: {session.peer.title}, {file.name}: {error}", file=sys.stderr)
            return False
    return True


def check(result: Path, file: File) -> None:
    """Check that a result has the file's format and fits the box exactly, in either orientation.

    A graphic may also keep its size, if the result has no more bytes than the source.

    Raises:
        FailedError: The result differs.
    """
    with Image.open(result) as image:
        found, size = (image.format or "").lower(), sorted(image.size)
    if size == sorted(file.size) and result.stat().st_size <= file.path.stat().st_size:
        return
    scale = min(1, SIDE / max(file.size))
    wanted = sorted(side * scale for side in file.size)
    if found != file.format or any(abs(a - b) > 1 for a, b in zip(size, wanted, strict=True)):
        raise FailedError(f"the result is a {found} of {size}, not a {file.format} of {wanted}")


def ratio(seconds: Mapping[str, Sequence[float]], name: str, against: str) -> float:
    """Return a peer's CPU time against another peer's: the median of the rounds' ratios."""
    return median(mine / theirs for mine, theirs in zip(seconds[name], seconds[against], strict=True))
