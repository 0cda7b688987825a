"""The README's examples, run as they stand there."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import Deployed, eventually
from tools.local_stack import PROJECT, LocalStack
from tools.pictures import picture

README = (PROJECT / "README.md").read_text()
PHOTO = picture(1600, 1200, "JPEG")


def example(language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
    return str(found)


def run(command: list[str], code: str, stack: LocalStack, folder: Path) -> str:
    """Run an example, which has the ports of `make run`, on those of this stack."""
    code = code.replace("http://127.0.0.1:8000", stack.api)
    assert stack.api in code
    result = subprocess.run(
        [*command, code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


@pytest.fixture(scope="module")
def ran(stack: LocalStack, deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """What the lines for a shell print, and where they were run."""
    deployed.upload("dawn.jpg", PHOTO)
    folder = tmp_path_factory.mktemp("shell")
    return run(["bash", "-euo", "pipefail", "-c"], example("sh"), stack, folder), folder


def test_the_lines_for_a_shell_find_and_fetch_images(ran: tuple[str, Path], deployed: Deployed) -> None:
    printed, folder = ran

    assert '"sourceKey": "dawn.jpg"' in printed
    assert '"bytesSaved": ' in printed
    assert (folder / "smaller.jpg").read_bytes().startswith(b"\xff\xd8\xff")


def test_the_lines_for_a_shell_upload_an_image(ran: tuple[str, Path], deployed: Deployed) -> None:
    record = eventually(lambda: deployed.record("my holidays/dawn.jpg"))

    assert record["status"] == "compressed"


def test_the_lines_for_a_shell_can_be_run_again(
    ran: tuple[str, Path], stack: LocalStack, deployed: Deployed
) -> None:
    printed = run(["bash", "-euo", "pipefail", "-c"], example("sh"), stack, ran[1])

    assert "problem" not in printed


def test_the_lines_of_python_upload_a_folder_and_list_what_was_saved(
    stack: LocalStack, deployed: Deployed, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(PHOTO)
    (tmp_path / "photos" / "bad.jpg").write_bytes(b"words")

    printed = run([sys.executable, "-c"], example("python"), stack, tmp_path)

    assert re.search(rf"^one\.jpg {len(PHOTO)} to [0-9]+$", printed, re.MULTILINE)
    assert re.search(r"^bad\.jpg 5 to .*not-an-image", printed, re.MULTILINE)
