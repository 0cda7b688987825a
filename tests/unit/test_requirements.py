"""What is installed is pinned with the hash of every file, and matches what the .in files ask for."""

import re
from importlib.metadata import requires

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


@pytest.mark.parametrize("locked", LOCKS.values())
def test_every_package_has_a_hash(locked: str) -> None:
    text = (PROJECT / locked).read_text()
    packages = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(packages) == len(pins(locked))
    assert [each for each in packages if "--hash=sha256:" not in each] == []


def test_lambda_gets_nothing_that_its_runtime_brings() -> None:
    brought = set(pins("tools/requirements.txt")) & {"boto3", "botocore", "s3transfer", "jmespath", "urllib3"}
    assert brought, "the development environment has them"
    # Powertools asks for jmespath, 25 kB, and pip installs nothing that is not locked.
    assert brought & set(pins("requirements.txt")) == {"jmespath"}


def test_the_emulator_and_boto3_agree_on_botocore() -> None:
    (wanted,) = [each for each in requires("ministack") or [] if each.startswith("botocore==")]
    assert (
        pins("tools/requirements.txt")["botocore"] == wanted.removeprefix("botocore==").split(";")[0].strip()
    )
