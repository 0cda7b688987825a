"""A process that runs one compressor: `python -m bench.imaging.worker NAME [MODULE ...]`.

It answers each line of JSON on standard input with a line of JSON on standard output. `peers.py` defines both, and
`bench/sharp/worker.mjs` implements the same protocol. Each compressor has its own process, so that each has its own
allocator, threads and peak memory. The environment variable ENGINE may name another checkout of this project, whose
engine is then measured.
"""

import json
import os
import resource
import sys
from functools import lru_cache
from importlib import import_module
from io import BytesIO
from pathlib import Path

from bench.imaging.ways import QUALITY, WAYS, Compress, UnavailableError
from bench.memory import peak_memory


def main(name: str, *modules: str) -> None:
    """Serve the compressor of that name until standard input ends, with further modules imported."""
    if engine := os.environ.get("ENGINE"):
        sys.path.insert(0, engine)
    bare = peak_memory()
    for module in modules:
        import_module(module)
    try:
        compress = WAYS[name]()
    except UnavailableError as error:
        _answer({"unavailable": str(error)})
        return
    except ImportError as error:
        _answer({"unavailable": f"{error.name} is not installed"})
        return
    _answer({"bare": bare})
    runs_programs = name == "floor"
    starting = _time_program_starts(compress) if runs_programs else 0.0
    for line in sys.stdin:
        request = json.loads(line)
        data = _read(request["path"])
        before = _cpu_seconds(of_children=runs_programs)
        try:
            result = compress(data, request["format"], request["quality"])
        except Exception as error:  # the benchmark reports any failure of a peer
            _answer({"error": f"{type(error).__name__}: {error}"})
            continue
        cpu = _cpu_seconds(of_children=runs_programs) - before - starting
        if request.get("save"):
            Path(request["save"]).write_bytes(result)
        _answer({"cpu": cpu, "bytes": len(result), "peak": peak_memory()})


@lru_cache(maxsize=1)
def _read(path: str) -> bytes:
    return Path(path).read_bytes()


def _cpu_seconds(*, of_children: bool) -> float:
    """Return the CPU seconds of this process with all threads, or only of the programs that it ran."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN if of_children else resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def _time_program_starts(compress: Compress) -> float:
    """Return the CPU seconds that starting a compressor's programs takes, from compressing a tiny image."""
    # Imported here, because the other compressors' memory is measured too.
    from statistics import median

    from PIL import Image

    buffer = BytesIO()
    Image.new("RGB", (8, 8)).save(buffer, "JPEG")
    seconds = []
    for _ in range(9):
        before = _cpu_seconds(of_children=True)
        compress(buffer.getvalue(), "jpeg", QUALITY)
        seconds.append(_cpu_seconds(of_children=True) - before)
    return median(seconds)


def _answer(message: object) -> None:
    print(json.dumps(message), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
