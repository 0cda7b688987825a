"""The documents: generated tables are up to date, and links lead somewhere."""

import re
from pathlib import Path

import pytest

from tools import docs
from tools.server import PROJECT

DOCUMENTS = [*PROJECT.glob("*.md"), *(PROJECT / "docs").glob("*.md")]


def anchors(path: Path) -> set[str]:
    return {
        re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.*)$", path.read_text(), re.MULTILINE)
    }


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_generated_tables_are_up_to_date_and_links_lead_to_files_and_headings(path: Path) -> None:
    assert docs.fill_in(path.read_text()) == path.read_text(), "run `make docs`"
    for link in re.findall(r"(?:\]\(|src=\")(?!https?:)([^)\"]+)", path.read_text()):
        name, _, anchor = link.partition("#")
        target = path.parent / name if name else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_every_table_is_in_a_document() -> None:
    text = "".join(path.read_text() for path in DOCUMENTS)

    assert [name for name in docs.PARTS if f"<!-- generated: {name} -->" not in text] == []


def test_a_generated_part_keeps_the_text_around_it() -> None:
    text = "before\n<!-- generated: settings -->\nold\n<!-- end -->\nafter\n"

    assert docs.fill_in(text).startswith("before\n<!-- generated: settings -->\n\n| variable ")
    assert docs.fill_in(text).endswith(" |\n\n<!-- end -->\nafter\n")


def test_the_readme_is_short() -> None:
    assert len((PROJECT / "README.md").read_text().split()) <= 900
