"""The groups that a sweep counts: few and short, whatever the library has."""

from typing import Any

from chalicelib.breakdown import OTHERS, include, totals_of


def record(key: str, **more: Any) -> Any:
    compressed = {"status": "compressed", "format": "jpeg", "sizeOriginal": 10, "sizeCompressed": 4}
    return {"sourceKey": key, "resizedAt": "2026-01-31T12:00:00.000000Z", **compressed, **more}


def test_the_smallest_groups_are_merged_where_there_are_too_many() -> None:
    many = [record(f"{number:03}/{name}") for number in range(400) for name in "ab"]
    breakdown = include(include({}, many), [record(f"rare-{number}/a") for number in range(400)])

    folders = breakdown["folder"]
    assert len(folders.keys() - {OTHERS}) == 300
    assert folders["299/"]["compressed"] == 2
    assert folders[OTHERS]["compressed"] == 1200 - 2 * (len(folders) - 1)
    assert totals_of(breakdown)["compressed"] == 1200


def test_a_long_name_has_no_group_of_its_own() -> None:
    assert include({}, [record("é" * 101 + "/a")])["folder"].keys() == {OTHERS}
