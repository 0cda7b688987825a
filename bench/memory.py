"""The peak memory of a process."""

from pathlib import Path


def peak_memory(process: int | str = "self") -> int | None:
    """Return the most bytes that a process has held in memory, or None without /proc or the process.

    `resource.getrusage` does not serve: on Linux its figure includes the peak of the parent process.
    """
    try:
        lines = Path("/proc", str(process), "status").read_text().splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM:")), None)


def format_megabytes(size: int | None) -> str:
    """Return a number of bytes in megabytes, for a table."""
    return "unknown on this system" if size is None else f"{size / 1_000_000:.0f} MB"
