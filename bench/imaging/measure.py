"""Everything that a run measures, one stage after another: CPU first, while nothing else runs."""

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.imaging import peers
from bench.imaging.cpu import interleave
from bench.imaging.files import Corpus, File
from bench.imaging.memory import Peak, peak
from bench.imaging.peers import Peer, Session, sessions
from bench.imaging.quality import Point, Way, curves

_JPEG, _WEBP, _AVIF = (50, 62, 70, 78, 88), (40, 50, 60, 70, 80), (25, 40, 50, 60, 70, 80)
CURVES: Mapping[Way, Sequence[int]] = {
    Way("naive", "jpeg"): _JPEG,
    Way("ours", "jpeg"): _JPEG,
    Way("ours", "webp"): _WEBP,
    Way("ours", "avif"): _AVIF,
    Way("sharp", "jpeg"): _JPEG,
    Way("sharp-mozjpeg", "jpeg"): _JPEG,
    Way("pyvips", "jpeg"): _JPEG,
    Way("sharp", "webp"): (50, 60, 70, 80, 90),
    Way("sharp", "avif"): (15, 25, 35, 45, 55, 65),
}
"""The quality settings at which each way is scored: each format has a scale of its own."""

QUICK_CURVES: Mapping[Way, Sequence[int]] = {
    Way("naive", "jpeg"): (70,),
    Way("ours", "jpeg"): (58, 70, 80),
    Way("ours", "webp"): (40, 55, 70),
    Way("ours", "avif"): (25, 50, 65, 75),
    Way("sharp", "jpeg"): (60, 70, 80),
}


@dataclass(frozen=True, slots=True)
class Measurements:
    """What was measured.

    Attributes:
        corpus: On what.
        missing: Why a peer took no part, by its name.
        cpu: By the name of the file and of the peer: CPU seconds, one a round.
        sizes: By the name of the file and of the peer: bytes of the result.
        curves: By way and the name of the file: bytes and scores.
        memory: By the name of the peer: peaks for the first photograph of 12 MP.
        application: By the name of the file: the peaks with boto3 and chalice imported.
    """

    corpus: Corpus
    missing: Mapping[str, str]
    cpu: Mapping[str, Mapping[str, list[float]]]
    sizes: Mapping[str, Mapping[str, int]]
    curves: Mapping[Way, Mapping[str, list[Point]]]
    memory: Mapping[str, Peak]
    application: Mapping[str, Peak]


def measure(corpus: Corpus, quick: bool) -> Measurements:
    """Measure everything; `quick` in fewer rounds, and with fewer points on the curves."""
    photograph = corpus.by_megapixels[12][0]
    missing: dict[str, str] = {}
    with sessions(peers.PEERS) as (running, absent):
        missing |= absent
        cpu = _cpu(corpus, running, quick)
        sizes = {file.name: _sizes(running, file) for file in corpus.png}
        cpu["preview"], absent = _preview(running["ours"], photograph) if "ours" in running else ({}, {})
        missing |= absent
        _tell("SSIMULACRA2")
        wanted = QUICK_CURVES if quick else CURVES
        present = {way: qualities for way, qualities in wanted.items() if way.peer in running}
        points = curves(running, present, corpus.by_megapixels[12])
    with sessions((peers.OURS, peers.OURS_256, peers.OURS_512)) as (running, absent):
        missing |= absent
        cpu["renditions"] = interleave(running, photograph, 9 if quick else 25)
    _tell("memory")
    tries = 1 if quick else 3
    everyone = (peers.NAIVE, peers.OURS, peers.SHARP, peers.PYVIPS)
    application = ("boto3", "chalice")
    return Measurements(
        corpus=corpus,
        missing=missing,
        cpu=cpu,
        sizes=sizes,
        curves=points,
        memory=_peaks({peer.name: (peer, photograph, ()) for peer in everyone}, tries),
        application=_peaks({file.name: (peers.OURS, file, application) for file in corpus.largest}, tries),
    )


def _cpu(corpus: Corpus, running: Mapping[str, Session], quick: bool) -> dict[str, dict[str, list[float]]]:
    jpegs = [*chain(*corpus.by_megapixels.values()), *corpus.mixed, *corpus.progressive]
    # Neither encodes anything but JPEG.
    others = {name: session for name, session in running.items() if name not in {"floor", "sharp-mozjpeg"}}
    seconds = {}
    for file in _once(jpegs, "CPU time"):
        rounds = 5 if quick or file not in corpus.by_megapixels[12] else 15
        seconds[file.name] = interleave(running, file, rounds)
    for file in _once([*corpus.webp, *corpus.png], "CPU time"):
        seconds[file.name] = interleave(others, file, 3 if quick else 5)
    return seconds


def _once(files: Iterable[File], stage: str) -> Iterable[File]:
    """Yield each file once, and tell how far the stage is."""
    different = list(dict.fromkeys(files))
    for number, file in enumerate(different, 1):
        _tell(f"{stage} {number}/{len(different)}: {file.name}")
        yield file


def _sizes(running: Mapping[str, Session], file: File) -> dict[str, int]:
    return {
        name: session.run(file.path, file.format).size
        for name, session in running.items()
        if name not in {"floor", "sharp-mozjpeg"}
    }


def _preview(session: Session, photograph: File) -> tuple[dict[str, list[float]], dict[str, str]]:
    """Time the placeholder and the dominant colour on a result of the final size."""
    with TemporaryDirectory() as folder:
        result = Path(folder, "result.jpg")
        session.run(photograph.path, save=result)
        small = File("result", result, "jpeg", (1024, 768))
        with sessions((peers.PREVIEW,)) as (running, missing):
            return interleave(running, small, 25) if running else {}, missing


def _peaks(wanted: Mapping[str, tuple[Peer, File, tuple[str, ...]]], tries: int) -> dict[str, Peak]:
    """Return the median peaks; what can't be measured is left out."""
    found = {}
    for name, (peer, file, modules) in wanted.items():
        peaks = [one for _ in range(tries) if (one := peak(peer, file, *modules)) is not None]
        if peaks:
            found[name] = Peak(
                whole=round(median(one.whole for one in peaks)), bare=round(median(one.bare for one in peaks))
            )
    return found


def _tell(stage: str) -> None:
    print(stage, file=sys.stderr, flush=True)
