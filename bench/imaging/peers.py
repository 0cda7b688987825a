"""The compressors to compare, and the processes in which they run."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.imaging.ways import QUALITY, UnavailableError

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"


class FailedError(Exception):
    """A peer could not compress an image."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A compressor: its key in the measurements, its title for people, and the command of its process."""

    name: str
    title: str
    command: tuple[str, ...]


def _python(name: str, title: str) -> Peer:
    return Peer(name, title, (sys.executable, "-m", "bench.imaging.worker", name))


def _sharp(name: str, title: str, *arguments: str) -> Peer:
    worker = ROOT / "bench" / "sharp" / "worker.mjs"
    return Peer(name, title, ("node", str(worker), str(BUILD / "sharp"), *arguments))


NAIVE = _python("naive", "naive Pillow")
OURS = _python("ours", "imagepress")
SHARP = _sharp("sharp", "sharp")
MOZJPEG = _sharp("sharp-mozjpeg", "sharp, mozjpeg", "mozjpeg")
PYVIPS = _python("pyvips", "pyvips")
FLOOR = _python("floor", "djpeg | cjpeg")
OURS_256 = _python("ours-256", "imagepress with a further 256")
OURS_512 = _python("ours-512", "imagepress with a further 512")
PREVIEW = _python("preview", "placeholder and dominantColor")

UNFITTED = (FLOOR, PREVIEW)
"""Peers whose results are not images fitted into the box."""

JPEG_ONLY = frozenset({FLOOR.name, MOZJPEG.name})
"""Names of peers that write only JPEG, or that do so like another peer in other formats."""

PEERS = (NAIVE, OURS, SHARP, MOZJPEG, PYVIPS, FLOOR)


@dataclass(frozen=True, slots=True)
class Run:
    """One compression: CPU seconds of all threads, bytes of the result, and the process's peak memory if known."""

    cpu: float
    size: int
    peak: int | None


class Session:
    """A peer's running process, with the peak memory before it imported a library, if known."""

    def __init__(self, peer: Peer, process: subprocess.Popen[str]) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self.peer = peer
        self._process, self._requests, self._answers = process, process.stdin, process.stdout
        greeting = self._read_answer()
        if "unavailable" in greeting:
            raise UnavailableError(greeting["unavailable"])
        self.bare: int | None = greeting["bare"]

    def run(
        self, path: Path, output_format: str = "jpeg", quality: int = QUALITY, save: Path | None = None
    ) -> Run:
        """Compress the image in a file, and write the result to `save` if given.

        Raises:
            FailedError: The peer could not.
        """
        request = {"path": str(path), "format": output_format, "quality": quality}
        if save is not None:
            request["save"] = str(save)
        print(json.dumps(request), file=self._requests, flush=True)
        answer = self._read_answer()
        if "error" in answer:
            raise FailedError(f"{self.peer.title}, {path.name} to {output_format}: {answer['error']}")
        return Run(answer["cpu"], answer["bytes"], answer["peak"])

    def _read_answer(self) -> Any:
        line = self._answers.readline()
        if not line:
            raise FailedError(f"{self.peer.title} ended with code {self._process.wait()}")
        return json.loads(line)


@contextmanager
def session(peer: Peer, *modules: str) -> Iterator[Session]:
    """Start a peer's process and yield its session.

    Args:
        peer: The peer.
        modules: Python modules to import beforehand, as an application would.

    Raises:
        UnavailableError: The peer needs something that is not installed.
    """
    environment = {"VIPS_CONCURRENCY": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    try:
        process = subprocess.Popen(
            (*peer.command, *modules),
            env=os.environ | environment,
            cwd=BUILD,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
    except FileNotFoundError as error:
        raise UnavailableError(f"{peer.command[0]} is not installed") from error
    with process:
        yield Session(peer, process)


@contextmanager
def sessions(peers: tuple[Peer, ...]) -> Iterator[tuple[dict[str, Session], dict[str, str]]]:
    """Start peers, and yield the sessions by name, and the reasons why others are missing by name."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        running: dict[str, Session] = {}
        for peer in peers:
            try:
                running[peer.name] = stack.enter_context(session(peer))
            except UnavailableError as error:
                missing[peer.name] = str(error)
        yield running, missing
