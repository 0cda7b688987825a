"""All measurements of a run, one after another: CPU time first, while nothing else runs."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from bench.imaging import peers
from bench.imaging.cpu import interleave
from bench.imaging.files import Corpus, File
from bench.imaging.peers import FailedError, Peer, Session, session, sessions
from bench.imaging.quality import Curves, measure_curves
from bench.imaging.ways import UnavailableError

_JPEG = (50, 62, 70, 78, 88)
CURVES: Mapping[str, Sequence[int]] = {
    "naive jpeg": _JPEG,
    "ours jpeg": _JPEG,
    "ours webp": (40, 50, 60, 70, 80),
    "ours avif": (25, 40, 50, 60, 70, 80),
    "sharp jpeg": _JPEG,
    "sharp-mozjpeg jpeg": _JPEG,
    "pyvips jpeg": _JPEG,
    "sharp webp": (50, 60, 70, 80, 90),
    "sharp avif": (15, 25, 35, 45, 55, 65),
}
"""The quality settings to score, by peer and format: each encoder has its own scale."""


@dataclass(frozen=True, slots=True)
class Peak:
    """Peak memory in bytes: of the whole process, and of its bare interpreter before it imported a library."""

    whole: int
    bare: int

    @property
    def above_bare(self) -> int:
        """The memory that compressing takes."""
        return self.whole - self.bare


@dataclass(frozen=True, slots=True)
class Measurements:
    """The results of a run.

    Attributes:
        corpus: The files.
        missing: The reasons why peers are missing, by their names.
        cpu_seconds: One figure a round, by the names of the file and the peer.
        png_bytes: Sizes of the results, by the names of the file and the peer.
        curves: Bytes and scores.
        memory: Peaks for the first photograph of 12 MP, by the name of the peer.
        application_memory: Peaks with boto3 and chalice imported, by the name of the file.
    """

    corpus: Corpus
    missing: Mapping[str, str]
    cpu_seconds: Mapping[str, Mapping[str, list[float]]]
    png_bytes: Mapping[str, Mapping[str, int]]
    curves: Curves
    memory: Mapping[str, Peak]
    application_memory: Mapping[str, Peak]


def measure(corpus: Corpus, quick: bool) -> Measurements:
    """Measure everything; `quick` takes fewer rounds."""
    photograph = corpus.photographs[0]
    with sessions(peers.PEERS) as (running, missing):
        cpu = _measure_cpu(corpus, running, quick)
        others = _without(running, peers.JPEG_ONLY)
        sizes = {
            file.name: {name: each.run(file.path, file.format).size for name, each in others.items()}
            for file in corpus.png
        }
        with TemporaryDirectory() as folder, sessions((peers.PREVIEW,)) as (preview, absent):
            missing |= absent
            small = File("result", Path(folder, "result.jpg"), "jpeg", (1024, 768))
            running["ours"].run(photograph.path, save=small.path)
            cpu["preview"] = interleave(preview, small, 25) if preview else {}
        _report("SSIMULACRA2")
        present = {curve: CURVES[curve] for curve in CURVES if curve.split()[0] in running}
        curves = measure_curves(running, present, corpus.photographs)
    with sessions((peers.OURS, peers.OURS_256, peers.OURS_512)) as (running, absent):
        missing |= absent
        cpu["renditions"] = interleave(running, photograph, 9 if quick else 25)
    _report("memory")
    tries = 1 if quick else 3
    compared = (peers.NAIVE, peers.OURS, peers.SHARP, peers.PYVIPS)
    memory = {peer.name: _peak(tries, peer, photograph) for peer in compared}
    application = {file.name: _peak(tries, peers.OURS, file, "boto3", "chalice") for file in corpus.largest}
    return Measurements(corpus, missing, cpu, sizes, curves, _known(memory), _known(application))


def _measure_cpu(
    corpus: Corpus, running: Mapping[str, Session], quick: bool
) -> dict[str, dict[str, list[float]]]:
    jpegs = [*chain(*corpus.by_megapixels.values()), *corpus.mixed, *corpus.progressive]
    seconds = {}
    for file in _once(jpegs):
        rounds = 5 if quick or file not in corpus.photographs else 15
        seconds[file.name] = interleave(running, file, rounds)
    for file in _once([*corpus.webp, *corpus.png]):
        seconds[file.name] = interleave(_without(running, peers.JPEG_ONLY), file, 3 if quick else 5)
    return seconds


def _without(running: Mapping[str, Session], names: Iterable[str]) -> dict[str, Session]:
    return {name: each for name, each in running.items() if name not in names}


def _once(files: Iterable[File]) -> Iterator[File]:
    """Yield each file once, and report the progress."""
    different = list(dict.fromkeys(files))
    for number, file in enumerate(different, 1):
        _report(f"CPU time {number}/{len(different)}: {file.name}")
        yield file


def _peak(tries: int, peer: Peer, file: File, *modules: str) -> Peak | None:
    """Return the median peak memory of fresh processes that compress one file, or None if it is unknown."""
    peaks = []
    for _ in range(tries):
        try:
            with session(peer, *modules) as running:
                peaks.append((running.run(file.path, file.format).peak, running.bare))
        except (UnavailableError, FailedError):
            continue
    known = [(whole, bare) for whole, bare in peaks if whole and bare]
    if not known:
        return None
    wholes, bares = zip(*known, strict=True)
    return Peak(round(median(wholes)), round(median(bares)))


def _known(peaks: Mapping[str, Peak | None]) -> dict[str, Peak]:
    return {name: peak for name, peak in peaks.items() if peak}


def _report(stage: str) -> None:
    print(stage, file=sys.stderr, flush=True)
