"""`GET /stats?by=`: what the last sweep counted."""

from typing import Any

import pytest

from chalicelib import services, sweep
from chalicelib.records import Record
from tests.conftest import Deployed
from tests.integration.conftest import Api, body
from tools.pictures import picture


@pytest.fixture(scope="module")
def counted(deployed: Deployed, api: Api) -> Record:
    """A record in a folder of its own, after a sweep that has seen it, and a failure."""
    record = deployed.upload("breakdown/2026/a.png", picture(40, 30, "PNG"))
    deployed.upload("breakdown/b.txt", b"words")
    for _ in sweep.of(services.of_functions()).positions(sweep.Position()):
        pass
    return record


def groups(api: Api, by: str) -> dict[str | None, Any]:
    stats = body(api.get("/stats", by=by))
    names = [group["name"] for group in stats["groups"]]
    assert names == sorted(names)
    return {group.pop("name"): group for group in stats["groups"]}


def test_a_folder_has_the_sums_of_all_keys_below_it(api: Api, counted: Record) -> None:
    assert groups(api, "folder")["breakdown/"] == {
        "images": 1,
        "failures": 1,
        "bytesBefore": counted["sizeOriginal"],
        "bytesAfter": counted["sizeCompressed"],
        "bytesSaved": counted["sizeOriginal"] - counted["sizeCompressed"],
    }


def test_formats_and_days_have_sums_too(api: Api, counted: Record) -> None:
    formats, days = groups(api, "format"), groups(api, "day")

    assert formats["png"]["images"] >= 1
    assert formats[""]["failures"] >= 1
    assert days[counted["resizedAt"][:10]]["images"] >= 1


def test_it_says_when_it_was_counted(api: Api, counted: Record) -> None:
    assert body(api.get("/stats", by="day"))["countedAt"] > counted["resizedAt"]


def test_another_way_to_group_is_refused(api: Api) -> None:
    assert body(api.get("/stats", by="size"))["detail"] == "by must be one of day, folder, format; got 'size'"
