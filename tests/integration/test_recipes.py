"""The recipes of docs/architecture.md work as they are written."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Deployed
from tests.fixtures.processes import python
from tests.integration.conftest import Api
from tools.server import PROJECT

DOCUMENT = (PROJECT / "docs" / "architecture.md").read_text()
STEP = re.compile(
    r"^In `(\S+)`, (?:after `([^\n]+)`|at the end):\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL
)
PARTS = ("app.py", "chalicelib", ".chalice", "tools", "tests")

Run = Callable[..., str]


def steps(recipe: str) -> list[tuple[str, str, str]]:
    """Return the steps of a recipe: a path, the line after which to insert, and the lines to insert."""
    section = DOCUMENT.split(f"### {recipe}\n")[1].split("\n### ")[0]
    found: list[tuple[str, str, str]] = STEP.findall(section)
    assert len(found) == section.count("\nIn `"), "a step is not written as the others are"
    return found


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    for name in PARTS:
        if (PROJECT / name).is_dir():
            shutil.copytree(
                PROJECT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__", "deploy*s")
            )
        else:
            shutil.copy(PROJECT / name, tmp_path)
    return tmp_path


@pytest.fixture
def run(copy: Path) -> Run:
    """Apply some steps of recipes to the copy, and run code there; return what it prints."""

    def applied(recipe: list[tuple[str, str, str]], *command: str, returns: int = 0) -> str:
        for path, line, lines in recipe:
            text = (copy / path).read_text()
            assert not line or text.count(f"{line}\n") >= 1, f"{path} does not have the line {line}"
            after = f"{line}\n" if line else text
            (copy / path).write_text(text.replace(after, after + lines, 1))
        environment = os.environ | {"PYTHONPATH": str(copy), "CHECK": "1", "STAGE": "local"}
        result = python(*command, folder=copy, environment=environment)
        assert result.returncode == returns, result.stderr
        return result.stdout + result.stderr

    return applied


def test_recipe_changes_the_quality(run: Run) -> None:
    code = """
import json
from pathlib import Path
from chalicelib.imaging import Options, fingerprint
from chalicelib.settings import Settings
from tools.chalice_config import read_stage
stage = read_stage(Path(), "local")
chosen = Settings.from_environment(stage.environment).options
print(chosen.quality, fingerprint(chosen) != fingerprint(Options()))
"""
    assert run(steps("Change the quality"), "-c", code) == "60 True\n"


def test_recipe_adds_a_route(run: Run, api: Api, deployed: Deployed) -> None:
    code = """
import app
from chalice.test import Client
with Client(app.app, stage_name="tests") as client:
    print(client.http.get("/latest?limit=1").body.decode().strip())
    print(client.http.get("/latest?limit=11").status_code)
"""
    answer, status = run(steps("Add a route"), "-c", code).splitlines()

    assert len(json.loads(answer)["keys"]) == 1
    assert status == "400"
    assert run([], "-m", "tools.policies") == "The policies of local are what its code needs.\n"


def test_recipe_adds_a_field_to_the_record(run: Run) -> None:
    code = """
from chalicelib.imaging import Options
from chalicelib.aws.compressed_bucket import CompressedBucket
from chalicelib.aws.records_table import RecordsTable
from chalicelib.aws.source_bucket import SourceBucket
from chalicelib.pipeline import Pipeline
from chalicelib.records import image_id
from tests.model.aws import DESTINATION, S3, SOURCE, TABLE, DynamoDB, World
from tools.pictures import picture
world = World()
world.objects[SOURCE]["a.jpg"] = picture(64, 48, "JPEG")
s3, table = S3(world, lambda: None), RecordsTable(DynamoDB(world, lambda: None), TABLE)
Pipeline(SourceBucket(s3, SOURCE), CompressedBucket(s3, DESTINATION), table, Options(), 10**6).reconcile("a.jpg")
print(table.get_record(image_id(SOURCE, "a.jpg"))["aspectRatio"])
"""
    log, ratio = run(steps("Add a field to the record"), "-c", code).splitlines()
    assert ratio == "64:48"
    assert json.loads(log)["message"] == "compressed"


def test_recipe_adds_a_format(run: Run) -> None:
    code = """
from chalicelib.api.uploads import parse_upload
from chalicelib.imaging import compress
from chalicelib.records import content_type_of, destination_key
from chalicelib.settings import Settings
from tools.chalice_config import read_stage
from pathlib import Path
compressed = compress(b"P6 2 1 255 " + bytes([255, 0, 0] * 2))
print(compressed.original_format, compressed.content_type, compressed.dominant_color)
print(content_type_of("ppm"), destination_key("a.ppm", "ppm", compressed.format))
stage = read_stage(Path(), "local")
print(parse_upload({"key": "a.ppm", "contentType": "image/x-portable-pixmap"},
                   Settings.from_environment(stage.environment)).content_type)
"""
    assert run(steps("Add a format"), "-c", code).splitlines() == [
        "ppm image/jpeg #ff0000",
        "image/x-portable-pixmap resized-a.ppm.jpg",
        "image/x-portable-pixmap",
    ]


def test_recipe_makes_one_more_aws_call(run: Run) -> None:
    call, table, use = steps("Make one more AWS call")

    refused = run([call, use], "-m", "tools.policies", returns=1)
    assert "the action of s3.get_object_tagging is not known; add it to tools/policies/grants.py" in refused

    changes = run([table], "-m", "tools.policies", returns=1)
    assert re.findall(r"^\+ .*(s3:\w+)", changes, re.MULTILINE) == ["s3:GetObjectTagging"]
    assert re.findall(r"^--- (\S+)", changes, re.MULTILINE) == ["policy-local-api.json"]
