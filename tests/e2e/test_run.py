"""`make run` as people use it, and as they end it."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tools.local_stack import free_port
from tools.pictures import picture
from tools.server import PROJECT


class Run:
    def __init__(self, process: subprocess.Popen[str], aws_port: int, api_port: int, tmp: Path) -> None:
        self.process = process
        self.aws_port = aws_port
        self.api_port = api_port
        self.tmp = tmp

    def wait_until_ready(self) -> str:
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C stops" in line:
                return "".join(lines)
        raise AssertionError("".join(lines))

    def read_to_the_end(self) -> str:
        assert self.process.stdout
        return self.process.stdout.read()

    def images(self) -> dict[str, str]:
        """Return the status of each image by its key, as the API lists them."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.api_port}/images?limit=100") as answer:
            return {each["sourceKey"]: each["status"] for each in json.load(answer)["images"]}

    def left_behind(self) -> list[str]:
        ports = []
        for port in (self.aws_port, self.api_port):
            with socket.socket() as probe:
                ports += [f"port {port}"] if probe.connect_ex(("127.0.0.1", port)) == 0 else []
        return ports + _processes_in(self.tmp) + [str(path) for path in self.tmp.glob("imagepress-*")]


@contextmanager
def make_run(tmp: Path, **variables: str) -> Iterator[Run]:
    aws_port, api_port = free_port(), free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "tools.run"],
        cwd=PROJECT,
        env=os.environ
        | {
            "AWS_PORT": str(aws_port),
            "PORT": str(api_port),
            "TMPDIR": str(tmp),
            "COLUMNS": "160",
            **variables,
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Run(process, aws_port, api_port, tmp)
    finally:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)


def _processes_in(folder: Path) -> list[str]:
    """Return the command lines of the processes whose TMPDIR is in a folder: the servers and their workers."""
    found = []
    for environment in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if f"TMPDIR={folder}".encode() in environment.read_bytes():
                found.append((environment.parent / "cmdline").read_text().replace("\0", " "))
    return found


def _eventually_nothing(run: Run) -> list[str]:
    deadline = time.monotonic() + 40
    while (left := run.left_behind()) and time.monotonic() < deadline:
        time.sleep(0.2)
    return left


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_nothing_stays_behind_even_when_it_is_killed_without_a_word(tmp_path: Path) -> None:
    with make_run(tmp_path) as run:
        printed = run.wait_until_ready()
        listed = run.images()
        run.process.kill()

        assert f"curl http://127.0.0.1:{run.api_port}/health" in printed
        assert printed.splitlines()[-2] == f"Gallery  http://127.0.0.1:{run.api_port}/"
        assert "compressed" in listed.values()
        assert _eventually_nothing(run) == []


def test_a_port_in_use_is_named_with_what_to_do(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        with make_run(tmp_path, AWS_PORT=port) as run:
            printed = run.read_to_the_end()

    assert f"Port {port} is in use: choose another with AWS_PORT=<port>." in printed
    assert run.process.returncode == 1


def test_kept_state_is_there_again_in_the_next_run(tmp_path: Path) -> None:
    kept = {"KEEP": str(tmp_path / "kept")}
    first, second = (_folder(tmp_path / name) for name in ("first", "second"))
    (first / "lake.jpg").write_bytes(picture(64, 48, "JPEG"))
    (second / "not-an-image.jpg").write_text("words")
    with make_run(tmp_path, **kept, PHOTOS=str(first)) as run:
        run.wait_until_ready()
    assert _eventually_nothing(run) == []
    with make_run(tmp_path, **kept, PHOTOS=str(second)) as run:
        run.wait_until_ready()
        listed = run.images()

    assert listed == {"lake.jpg": "compressed", "not-an-image.jpg": "failed"}


def _folder(path: Path) -> Path:
    path.mkdir()
    return path


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("missing", "PHOTOS must name a folder; {} does not exist."),
        ("a.jpg", "PHOTOS must name a folder; {} is a file."),
    ],
)
def test_photos_that_is_not_a_folder_is_named_with_what_to_do(
    tmp_path: Path, name: str, expected: str
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"x")
    with make_run(tmp_path, PHOTOS=str(tmp_path / name)) as run:
        printed = run.read_to_the_end()

    assert expected.format(tmp_path / name) in printed.replace("\n", " ").replace("  ", " ")


@pytest.fixture(scope="module")
def odd_names(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Return what a run with odd names printed, and the folder where it keeps its state."""
    folder = tmp_path_factory.mktemp("odd")
    photos = _folder(folder / "a$b")
    (photos / "folder.jpg").mkdir()
    for name in ("a[red]x.jpg", "x[/c].jpg", "0 broken.jpg"):
        (photos / name).parent.mkdir(exist_ok=True)
        (photos / name).write_bytes(picture(64, 48, "JPEG") if "broken" not in name else b"words")
    (photos / "notes.txt").write_text("words")
    with make_run(folder, PHOTOS=str(photos), KEEP=str(folder / "kept")) as run:
        yield run.wait_until_ready(), folder / "kept"


def test_odd_names_are_uploaded_or_left_out_with_the_reason(odd_names: tuple[str, Path]) -> None:
    for line in (
        "Left out, since their names do not end like an image's: notes.txt",
        "a[red]x.jpg",
        "x[/c].jpg",
    ):
        assert line in odd_names[0]


def test_two_runs_on_one_folder_are_refused(odd_names: tuple[str, Path], tmp_path: Path) -> None:
    with make_run(tmp_path, KEEP=str(odd_names[1])) as second:
        assert "is in use by another run" in second.read_to_the_end()


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
def test_it_says_so_and_ends_when_its_emulator_dies_and_the_next_run_has_the_pictures_again(
    tmp_path: Path,
) -> None:
    photos = _folder(tmp_path / "photos")
    (photos / "lake & see.jpg").write_bytes(picture(64, 48, "JPEG"))
    kept = str(tmp_path / "kept")
    with make_run(tmp_path, PHOTOS=str(photos), KEEP=kept) as run:
        run.wait_until_ready()
        for environment in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                command = (environment.parent / "cmdline").read_text()
                if f"GATEWAY_PORT={run.aws_port}" in environment.read_text() and "tether" not in command:
                    os.kill(int(environment.parent.name), signal.SIGKILL)
        printed = run.read_to_the_end()
        run.process.wait(60)

    assert "The local AWS ended unexpectedly." in printed
    assert run.process.returncode == 1

    with make_run(tmp_path, KEEP=kept) as run:
        printed = run.wait_until_ready()
        listed = run.images()

    assert "Its pictures are compressed again: 1." in printed
    assert listed == {"lake & see.jpg": "compressed"}
