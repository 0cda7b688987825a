"""The processes of peers."""

import sys
from pathlib import Path

import pytest
from PIL import Image

from bench.imaging import peers, ways
from bench.imaging.peers import NAIVE, FailedError, Peer, session, sessions
from bench.imaging.ways import UnavailableError


@pytest.fixture(autouse=True)
def _folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(peers, "BUILD", tmp_path)


def test_peer_compresses_in_its_own_process_and_survives_a_broken_image(tmp_path: Path) -> None:
    Image.linear_gradient("L").resize((2000, 1000)).save(tmp_path / "photograph.jpg")
    (tmp_path / "broken.jpg").write_bytes(b"not an image")
    with session(NAIVE) as running:
        with pytest.raises(FailedError, match=r"broken\.jpg to jpeg: UnidentifiedImageError"):
            running.run(tmp_path / "broken.jpg")
        run = running.run(tmp_path / "photograph.jpg", save=tmp_path / "result.jpg")

    with Image.open(tmp_path / "result.jpg") as result:
        assert result.size == (1024, 512)
    assert run.size == (tmp_path / "result.jpg").stat().st_size
    assert 0 < run.cpu < 10


def test_peers_that_cannot_start_are_missing_with_the_reason() -> None:
    greeting = """print('{"unavailable": "pyvips is not installed"}')"""
    lacking = Peer("lacking", "Lacking", (sys.executable, "-c", greeting))
    absent = Peer("absent", "Absent", ("no-such-program-anywhere",))
    with sessions((NAIVE, lacking, absent)) as (running, missing):
        assert list(running) == ["naive"]
    assert missing == {
        "lacking": "pyvips is not installed",
        "absent": "no-such-program-anywhere is not installed",
    }


def test_floor_names_its_missing_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "which", lambda program: None if program == "cjpeg" else program)
    with pytest.raises(UnavailableError, match=r"^cjpeg not installed"):
        ways.floor()
