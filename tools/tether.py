"""Run a server that ends when its parent process ends, even by SIGKILL.

`python -m tools.tether FOLDER COMMAND...` holds a pipe from its parent as standard input. When the pipe closes,
for whatever reason, it asks the server to end, kills what is left of their process group, and removes FOLDER.
"""

import os
import shutil
import signal
import subprocess
import sys
import threading
from contextlib import suppress
from typing import NoReturn

GRACE_SECONDS = 15


def main() -> NoReturn:
    """Run the command until it ends or standard input does."""
    folder, *command = sys.argv[1:]
    server = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # the pipe alone decides
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_stop_at_end_of_input, args=(server,), daemon=True).start()
    server.wait()
    shutil.rmtree(folder, ignore_errors=True)
    os.killpg(0, signal.SIGKILL)  # workers that the server itself did not stop, and this process
    raise AssertionError("a process outlived its own SIGKILL")


def _stop_at_end_of_input(server: subprocess.Popen[bytes]) -> None:
    while os.read(sys.stdin.fileno(), 1):
        pass
    server.terminate()
    with suppress(subprocess.TimeoutExpired):
        server.wait(GRACE_SECONDS)
        return
    server.kill()


if __name__ == "__main__":
    main()
