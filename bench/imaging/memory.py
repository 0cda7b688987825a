"""The most memory that a process takes for one image: a fresh process for each figure."""

from dataclasses import dataclass
from pathlib import Path

from bench.imaging.files import File
from bench.imaging.peers import FailedError, Peer, Session
from bench.imaging.ways import UnavailableError


@dataclass(frozen=True, slots=True)
class Peak:
    """Bytes of memory.

    Attributes:
        whole: The most that the process held.
        bare: What its interpreter held before it imported anything to compress with.
    """

    whole: int
    bare: int

    @property
    def above_bare(self) -> int:
        """What compressing costs."""
        return self.whole - self.bare


def peak(peer: Peer, file: File, *modules: str) -> Peak | None:
    """Return the peak of a process that compresses one file, or None where that can't be told.

    Args:
        peer: Who compresses.
        file: What.
        modules: Python modules to import beforehand, as an application would have.
    """
    if not Path("/proc/self/status").exists():
        return None
    try:
        with Session(peer, *modules) as session:
            run = session.run(file.path, file.format)
            assert run.peak is not None
            assert session.bare is not None
            return Peak(run.peak, session.bare)
    except (UnavailableError, FailedError):
        return None
