"""A server process of the local stack: it starts, answers, and ends with its parent."""

import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tools.tether import GRACE_SECONDS

PROJECT = Path(__file__).parent.parent
_START_SECONDS = 90


class StackError(RuntimeError):
    """The local stack cannot start or go on; the message says which step failed, why, and what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A running server.

    Attributes:
        name: What people call it.
        process: Its process, whose group has no other member outside of the server.
        log: What it printed, open for reading; the file itself is removed when the server ends.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: IO[bytes]

    def wait_for(self, url: str) -> None:
        """Wait until a URL answers.

        Raises:
            StackError: The server ended, or does not answer.
        """
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            self.require_running()
            try:
                with urllib.request.urlopen(url, timeout=5):  # noqa: S310 - ours, on the loopback
                    return
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.1)
        raise StackError(f"{self.name} does not answer at {url}. {self._end_of_log()}")

    def require_running(self) -> None:
        """Raise unless the server runs.

        Raises:
            StackError: The server ended.
        """
        if self.process.poll() is not None:
            raise StackError(f"{self.name} ended unexpectedly. {self._end_of_log()}")

    def _end_of_log(self) -> str:
        self.log.seek(0)
        return f"Its log ends:\n{last_lines(self.log.read().decode(errors='replace'))}"


def last_lines(text: str) -> str:
    """Return the last 20 lines of a text."""
    return "\n".join(text.splitlines()[-20:])


@contextmanager
def running_server(
    name: str, command: Sequence[str | Path], environment: Mapping[str, str], folder: Path
) -> Iterator[Server]:
    """Run a server in a process group of its own, so that Ctrl-C reaches this process alone, and stop it at the end.

    Args:
        name: What people call it.
        command: The program and its arguments.
        environment: All its environment variables.
        folder: Folder of its log, which is made, and removed when the server ends.
    """
    folder.mkdir(exist_ok=True)
    with (
        (folder / "server.log").open("w+b") as log,
        subprocess.Popen(
            [sys.executable, "-m", "tools.tether", folder, *command],
            cwd=PROJECT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        ) as tether,
    ):
        try:
            yield Server(name, tether, log)
        finally:
            assert tether.stdin is not None, "it was opened as a pipe"
            tether.stdin.close()
            try:
                tether.wait(2 * GRACE_SECONDS)
            except subprocess.TimeoutExpired:  # on a machine that is busy with other things
                os.killpg(tether.pid, signal.SIGKILL)
