"""Who takes part, and the processes they run in."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from bench.imaging.ways import UnavailableError

ROOT = Path(__file__).parents[2]
BUILD = ROOT / "build" / "bench"
QUALITY = 70


class FailedError(Exception):
    """A way could not compress an image."""


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to compress, and the command that starts a process for it.

    Attributes:
        name: What the figures are filed under.
        title: What a reader sees.
        command: Program and arguments.
    """

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
"""Those whose results are no images fitted into the box."""

PEERS = (NAIVE, OURS, SHARP, MOZJPEG, PYVIPS, FLOOR)


@dataclass(frozen=True, slots=True)
class Run:
    """One image compressed once.

    Attributes:
        cpu: Seconds, of all threads, without reading the file.
        size: Bytes of the result.
        peak: Bytes of memory that the process has held at most so far, if the system tells.
    """

    cpu: float
    size: int
    peak: int | None


class Session:
    """A running process of a peer: use it in a `with` statement.

    Raises:
        UnavailableError: When it is entered, and what the peer needs isn't installed.
    """

    def __init__(self, peer: Peer, *arguments: str) -> None:
        self.peer = peer
        self.bare: int | None = None
        self._command = (*peer.command, *arguments)

    def __enter__(self) -> Self:
        environment = os.environ | {"VIPS_CONCURRENCY": "1", "OMP_NUM_THREADS": "1"}
        environment["PYTHONPATH"] = str(ROOT)
        try:
            self._process = subprocess.Popen(
                self._command,
                env=environment,
                cwd=BUILD,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        except FileNotFoundError as error:
            raise UnavailableError(f"{self._command[0]} is not installed") from error
        greeting = self._hear()
        if "unavailable" in greeting:
            self.__exit__(None, None, None)
            raise UnavailableError(greeting["unavailable"])
        self.bare = greeting["bare"]
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait()

    def run(
        self, path: Path, output_format: str = "jpeg", quality: int = QUALITY, save: Path | None = None
    ) -> Run:
        """Compress the image in a file, and write the result to `save` if that is given.

        Raises:
            FailedError: The peer could not.
        """
        assert self._process.stdin is not None
        request = {"path": str(path), "format": output_format, "quality": quality}
        if save is not None:
            request["save"] = str(save)
        self._process.stdin.write(json.dumps(request) + "\n")
        self._process.stdin.flush()
        answer = self._hear()
        if "error" in answer:
            raise FailedError(f"{self.peer.title}, {path.name} to {output_format}: {answer['error']}")
        return Run(answer["cpu"], answer["bytes"], answer["peak"])

    def _hear(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise FailedError(f"{self.peer.title} ended with code {self._process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def sessions(peers: tuple[Peer, ...]) -> Iterator[tuple[dict[str, Session], dict[str, str]]]:
    """Start the peers, and yield the sessions by name, and by name why a peer is missing."""
    missing: dict[str, str] = {}
    with ExitStack() as stack:
        running: dict[str, Session] = {}
        for peer in peers:
            try:
                running[peer.name] = stack.enter_context(Session(peer))
            except UnavailableError as error:
                missing[peer.name] = str(error)
        yield running, missing
