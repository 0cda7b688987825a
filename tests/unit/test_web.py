"""The files of the gallery: few bytes, nothing from elsewhere, nothing that its Content-Security-Policy forbids."""

import re
from pathlib import Path
from typing import get_args

import pytest

from chalicelib.imaging.types import ErrorCode
from chalicelib.records import PASSING_FAILURES
from tools.server import PROJECT

WEB = PROJECT / "chalicelib" / "web"
FILES = sorted(WEB.iterdir())
SCRIPTS = [path for path in FILES if path.suffix == ".js"]
NAMESPACE = "http://www.w3.org/2000/svg"


def test_all_files_together_are_under_120_kb() -> None:
    assert sum(path.stat().st_size for path in FILES) < 120_000


def test_at_most_40_kb_come_before_the_first_picture() -> None:
    first = [WEB / name for name in ("index.html", "style.css", "theme.js", "app.js")]
    for path in first:
        imported = [WEB / name for name in re.findall(r"from '\./([^']+)'", path.read_text())]
        first += [each for each in imported if each not in first]

    assert sum(path.stat().st_size for path in first) <= 40_000


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_no_other_site(path: Path) -> None:
    text = path.read_text()

    assert re.findall(r"https?://[^\s'\"]+|//[a-z]+\.[a-z]", text.replace(NAMESPACE, "")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: path.name)
def test_a_script_makes_no_markup_and_no_code_from_text(path: Path) -> None:
    text = path.read_text()

    assert (
        re.findall(
            r"innerHTML|outerHTML|insertAdjacentHTML|DOMParser|document\.write|eval\(|new Function", text
        )
        == []
    )


def test_the_page_has_no_scripts_styles_or_handlers_of_its_own() -> None:
    text = (WEB / "index.html").read_text()

    assert re.findall(r"<script(?! type=\"module\" src=)|<style|\sstyle=|\son[a-z]+=", text) == []


def test_each_code_of_a_failure_has_advice() -> None:
    sources = "".join(path.read_text() for path in (PROJECT / "chalicelib").glob("*.py"))
    elsewhere = re.findall(r'(?:RefusedError\(\s*|Failure\(\s*code=|if is_late else )"([a-z-]+)"', sources)
    advised = re.findall(r"^\t'?([a-z-]+)'?: \[", (WEB / "advice.js").read_text(), re.MULTILINE)

    assert {*get_args(ErrorCode), *PASSING_FAILURES, *elsewhere} == {*advised}
