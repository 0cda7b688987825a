"""The examples of README.md and docs/api.md run as they are written."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

from tests.conftest import Deployed, eventually
from tests.e2e.conftest import Visit
from tools.local_stack import LocalStack
from tools.pictures import picture
from tools.server import PROJECT

README = PROJECT / "README.md"
API = PROJECT / "docs" / "api.md"
SHELL = ["bash", "-euo", "pipefail", "-c"]
PHOTO = picture(1600, 1200, "JPEG")


def example(document: Path, language: str) -> str:
    (found,) = re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(), re.MULTILINE | re.DOTALL)
    return str(found)


def run(command: list[str], code: str, stack: LocalStack, folder: Path) -> str:
    """Run an example on this stack, whose port differs from that of `make run`."""
    code = code.replace("http://127.0.0.1:8000", stack.api)
    assert stack.api in code
    result = subprocess.run(
        [*command, code], cwd=folder, capture_output=True, text=True, timeout=120, check=False
    )
    assert result.returncode == 0, result.stderr
    return result.stdout


def test_shell_example_finds_fetches_and_uploads_images_and_can_be_run_again(
    stack: LocalStack, deployed: Deployed, tmp_path: Path
) -> None:
    deployed.upload("dawn.jpg", PHOTO)

    printed, again = (run(SHELL, example(API, "sh"), stack, tmp_path) for _ in range(2))

    assert '"sourceKey": "dawn.jpg"' in printed
    assert '"bytesSaved": ' in printed
    assert '"action": "reprocess"' in printed
    assert "problem" not in again
    assert (tmp_path / "smaller.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    assert eventually(lambda: deployed.record("my holidays/dawn.jpg"))["status"] == "compressed"


def test_python_example_uploads_a_folder_and_prints_what_was_saved(
    stack: LocalStack, deployed: Deployed, tmp_path: Path
) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "one.jpg").write_bytes(PHOTO)
    (tmp_path / "photos" / "bad.jpg").write_bytes(b"words")
    (tmp_path / "photos" / "empty.jpg").write_bytes(b"")
    (tmp_path / "photos" / "odd & käse+%20.jpg").write_bytes(PHOTO)

    printed = run([sys.executable, "-c"], example(API, "python"), stack, tmp_path)

    assert re.search(rf"^one\.jpg {len(PHOTO)} to [0-9]+$", printed, re.MULTILINE)
    assert "empty.jpg was refused by S3 with 400" in printed
    assert re.search(rf"^odd & käse\+%20\.jpg {len(PHOTO)} to [0-9]+$", printed, re.MULTILINE)
    assert re.search(r"^bad\.jpg 5 to .*not-an-image", printed, re.MULTILINE)


def test_readme_example_lists_finds_and_fetches_images_and_shows_the_members_of_a_record(
    stack: LocalStack, deployed: Deployed, tmp_path: Path
) -> None:
    deployed.upload("dawn.jpg", PHOTO)

    printed = run(SHELL, example(README, "sh"), stack, tmp_path)

    assert printed.count('"sourceKey": "dawn.jpg"') == 2
    assert (tmp_path / "smaller.jpg").read_bytes().startswith(b"\xff\xd8\xff")
    record = json.loads(run(["curl", "-s"], "http://127.0.0.1:8000/images?key=dawn.jpg", stack, tmp_path))
    assert json.loads(example(README, "json")).keys() == record.keys()


def test_javascript_example_uploads_a_file_and_returns_its_record(stack: LocalStack, visit: Visit) -> None:
    page = visit().settled().page
    code = example(API, "js").replace("http://127.0.0.1:8000", stack.api)
    make = "const bytes = Uint8Array.from(atob(photo), (letter) => letter.charCodeAt(0));"
    send = "return upload(new File([bytes], 'from & js.jpg', { type: 'image/jpeg' }));"

    image = page.evaluate(f"async (photo) => {{ {code} {make} {send} }}", b64encode(PHOTO).decode())

    assert (image["status"], image["sizeOriginal"]) == ("compressed", len(PHOTO))
    assert image["srcset"] == f"{image['urls']['compressed']} 1024w"
