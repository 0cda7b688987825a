"""Processes that compress, and those that cannot start."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from bench.imaging import peers, ways
from bench.imaging.peers import NAIVE, FailedError, Peer, Session, sessions
from bench.imaging.ways import UnavailableError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "BUILD", tmp_path)


@pytest.fixture
def photograph(tmp_path: Path) -> Path:
    path = tmp_path / "photograph.jpg"
    Image.linear_gradient("L").resize((2000, 1000)).save(path)
    return path


def test_a_peer_compresses_in_a_process_of_its_own_and_tells_what_it_took(
    photograph: Path, tmp_path: Path
) -> None:
    with Session(NAIVE) as session:
        run = session.run(photograph, save=tmp_path / "result.jpg")
    with Image.open(tmp_path / "result.jpg") as result:
        assert result.size == (1024, 512)
    assert run.size == (tmp_path / "result.jpg").stat().st_size
    assert 0 < run.cpu < 10


def test_what_a_peer_cannot_do_is_an_error_and_not_its_end(photograph: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    with Session(NAIVE) as session:
        with pytest.raises(FailedError, match=r"broken\.jpg to jpeg: UnidentifiedImageError"):
            session.run(tmp_path / "broken.jpg")
        assert session.run(photograph).size > 0


def test_a_program_that_is_missing_is_named() -> None:
    absent = Peer("absent", "nobody", ("no-such-program-anywhere",))
    with sessions((NAIVE, absent)) as (running, missing):
        assert list(running) == ["naive"]
    assert missing == {"absent": "no-such-program-anywhere is not installed"}


def test_a_worker_says_what_it_lacks() -> None:
    says = """print('{"unavailable": "pyvips is not installed"}')"""
    lacking = Peer("lacking", "nobody", (sys.executable, "-c", says))
    with pytest.raises(UnavailableError, match="pyvips is not installed"), Session(lacking):
        raise AssertionError("it has started")


def test_the_floor_names_the_programs_that_it_lacks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "which", lambda program: None if program == "cjpeg" else program)
    with pytest.raises(UnavailableError, match=r"^cjpeg not installed"):
        ways.floor()
