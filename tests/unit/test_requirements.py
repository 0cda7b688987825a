"""What is installed is pinned, and matches what the .in files ask for. pip itself checks hashes and versions."""

import re

import pytest

from tools.server import PROJECT

LOCKS = {
    "tools/app.in": "requirements.txt",
    "tools/dev.in": "tools/requirements.txt",
    "bench/requirements.in": "bench/requirements.txt",
}
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[a-z0-9, -]+\])?==([^\s;]+)", re.MULTILINE)


def pins(name: str) -> dict[str, str]:
    found = PIN.findall((PROJECT / name).read_text())
    return {re.sub(r"[._-]+", "-", package).lower(): version for package, version in found}


@pytest.mark.parametrize(("asked", "locked"), LOCKS.items())
def test_what_is_asked_for_is_locked(asked: str, locked: str) -> None:
    assert pins(asked).items() <= pins(locked).items(), "run `make lock`"
