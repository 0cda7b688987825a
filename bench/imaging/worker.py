"""A process that compresses in one way, as it is told on standard input: `python -m bench.imaging.worker WAY`.

It answers every line of JSON with a line of JSON (`peers.py` has both shapes; `sharp/worker.mjs` speaks
the same). A process of its own for each way gives each its own allocator, threads and peak of memory.
The environment variable ENGINE may name another checkout of this project, whose engine is then measured.
"""

import json
import os
import resource
import sys
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

from bench.imaging.ways import WAYS, Compress, UnavailableError


def main(name: str, *modules: str) -> None:
    """Serve the way of that name, with `modules` imported beside it, until standard input ends."""
    if engine := os.environ.get("ENGINE"):
        sys.path.insert(0, engine)
    bare = peak_memory()
    for module in modules:
        import_module(module)
    try:
        compress = WAYS[name]()
    except UnavailableError as error:
        _say({"unavailable": str(error)})
        return
    _say({"ready": True, "bare": bare})
    clock = _children_cpu if name == "floor" else _cpu
    starting = _start_of_programs(compress) if name == "floor" else 0.0
    for line in sys.stdin:
        request = json.loads(line)
        data = _read(request["path"])
        before = clock()
        try:
            result = compress(data, request["format"], request["quality"])
        except Exception as error:  # whatever a way can't do is an answer too
            _say({"error": f"{type(error).__name__}: {error}"})
            continue
        cpu = clock() - before - starting
        if request.get("save"):
            Path(request["save"]).write_bytes(result)
        _say({"cpu": cpu, "bytes": len(result), "peak": peak_memory()})


def peak_memory() -> int | None:
    """Return the most bytes that this process has held in memory, where the system tells.

    Linux's `ru_maxrss` would not do: it starts from the peak of the process that started this one.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    return next(
        int(line.split()[1]) * 1024 for line in status.read_text().splitlines() if line.startswith("VmHWM:")
    )


@lru_cache(maxsize=1)
def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _cpu(who: int = resource.RUSAGE_SELF) -> float:
    """Return the CPU seconds of all threads of this process."""
    usage = resource.getrusage(who)
    return usage.ru_utime + usage.ru_stime


def _children_cpu() -> float:
    """Return the CPU seconds of the programs that have ended: what passes bytes between them doesn't count."""
    return _cpu(resource.RUSAGE_CHILDREN)


def _start_of_programs(compress: Compress) -> float:
    """Return what a way that runs programs spends on starting them: its CPU seconds for next to no image."""
    # Imported only here, because the other ways' memory is measured too.
    from statistics import median

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    seconds = []
    for _ in range(9):
        before = _children_cpu()
        compress(buffer.getvalue(), "jpeg", 70)
        seconds.append(_children_cpu() - before)
    return median(seconds)


def _say(answer: object) -> None:
    print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
