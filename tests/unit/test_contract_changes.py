"""The contract changes only by additions: a client of the released contract can go on using the API."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest

from tools.server import PROJECT

RELEASED = json.loads((PROJECT / "tests" / "fixtures" / "released-contract.json").read_text())
CURRENT = json.loads((PROJECT / "chalicelib" / "api" / "openapi.json").read_text())


def breaking(old: Any, new: Any) -> Iterator[str]:
    """Yield each change of a contract that breaks a client."""
    for path, item in old["paths"].items():
        for method in item.keys() - {"parameters"}:
            operation = new["paths"].get(path, {}).get(method)
            if operation is None:
                yield f"{method} {path} is missing"
            else:
                yield from _breaking_operation(f"{method} {path}", item[method], operation)
    for name, schema in old["components"]["schemas"].items():
        yield from _breaking_schema(name, schema, new["components"]["schemas"].get(name, {}))


def _breaking_operation(place: str, old: Any, new: Any) -> Iterator[str]:
    before, after = ({each["name"]: each for each in one.get("parameters", [])} for one in (old, new))
    for name, parameter in before.items():
        if name not in after:
            yield f"{place}: the parameter {name} is missing"
        else:
            yield from _breaking_schema(f"{place}: {name}", parameter["schema"], after[name]["schema"])
    for name, parameter in after.items():
        if parameter["required"] and not before.get(name, {}).get("required"):
            yield f"{place}: the parameter {name} is required now"
    for status in old["responses"].keys() - new["responses"].keys():
        yield f"{place}: the status {status} is missing"


def _breaking_schema(place: str, old: Any, new: Any) -> Iterator[str]:
    if old.get("type") != new.get("type"):
        yield f"{place} has another type"
    if missing := set(old.get("enum", ())) - set(new.get("enum", ())):
        yield f"{place} no longer has {', '.join(sorted(missing))}"
    for name, member in old.get("properties", {}).items():
        yield from _breaking_schema(f"{place}.{name}", member, new.get("properties", {}).get(name, {}))
    sent = place == "Upload"  # by clients: what is required there may only shrink; elsewhere, only grow
    lost, gained = (set(one.get("required", ())) for one in ((new, old) if sent else (old, new)))
    for name in lost - gained:
        yield f"{place}.{name} is {'required now' if sent else 'no longer always there'}"


def test_current_contract_breaks_no_client_of_the_released_one() -> None:
    assert list(breaking(RELEASED, CURRENT)) == []


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda it: it["paths"].pop("/stats"), "get /stats is missing"),
        (
            lambda it: it["paths"]["/images"]["get"]["parameters"].pop(0),
            "get /images: the parameter limit is missing",
        ),
        (
            lambda it: it["paths"]["/images"]["get"]["parameters"][1].update(required=True),
            "get /images: the parameter cursor is required now",
        ),
        (
            lambda it: it["components"]["schemas"]["Image"]["properties"].pop("width"),
            "Image.width has another type",
        ),
        (
            lambda it: it["components"]["schemas"]["Image"]["required"].remove("status"),
            "Image.status is no longer always there",
        ),
        (
            lambda it: it["components"]["schemas"]["Upload"]["required"].append("size"),
            "Upload.size is required now",
        ),
        (
            lambda it: it["components"]["schemas"]["Image"]["properties"]["status"]["enum"].remove("failed"),
            "Image.status no longer has failed",
        ),
    ],
)
def test_breaking_change_is_found(change: Any, expected: str) -> None:
    changed = deepcopy(RELEASED)
    change(changed)

    assert list(breaking(RELEASED, changed)) == [expected]


def test_no_schema_is_named_like_the_constructor_of_another_in_go() -> None:
    schemas = CURRENT["components"]["schemas"]

    assert schemas.keys() & {f"New{name}" for name in schemas} == set()
