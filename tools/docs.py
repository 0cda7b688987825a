"""`make docs`: write the tables in docs/ that follow from the code. With `--check`, only compare them."""

import argparse
import ast
import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from typing import Any, Final

from chalicelib.imaging import Options
from chalicelib.settings import Settings

PROJECT: Final = Path(__file__).parents[1]
_CONTRACT: Final[Mapping[str, Any]] = json.loads(
    (PROJECT / "chalicelib" / "api" / "openapi.json").read_text()
)
_PART: Final = re.compile(r"(<!-- generated: ([a-z]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def fill_in(text: str) -> str:
    """Return a document with its generated parts replaced."""
    return _PART.sub(lambda found: f"{found[1]}\n{PARTS[found[2]]()}\n\n{found[3]}", text)


def format_settings() -> str:
    """Return the table of the settings."""
    texts = _read_texts(Options) | _read_texts(Settings)
    rows = []
    for setting in fields(Settings):
        kind, default = setting.metadata["kind"], setting.metadata["default"]
        shown = "required" if default is None else f"`{default}`" if default else "empty"
        rows.append((f"`{setting.name.upper()}`", shown, texts[setting.name], kind.allowed))
    return _format_table(("variable", "default", "meaning", "allowed"), rows)


def format_overview() -> str:
    """Return the table of the API's routes."""
    rows = [
        (f"[`{route}`](#{_make_anchor(route)})", operation["summary"])
        for route, operation in _list_operations()
    ]
    return _format_table(("route", "what it does"), rows)


def format_routes() -> str:
    """Return a section for each route of the API: parameters, body and responses."""
    return "\n\n".join(_format_section(route, operation) for route, operation in _list_operations())


def format_shared() -> str:
    """Return the table of the responses that several routes share."""
    found = {
        (status, each["$ref"].rpartition("/")[2])
        for _, operation in _list_operations()
        for status, each in operation["responses"].items()
        if "$ref" in each
    }
    responses = _CONTRACT["components"]["responses"]
    rows = [
        (status, _format_content(responses[name]), responses[name]["description"])
        for status, name in sorted(found)
    ]
    return _format_table(("status", "body", "meaning"), rows)


def format_objects() -> str:
    """Return a table of members for each kind of object in the API."""
    return "\n\n".join(
        f"### {name}\n\n{_format_table(('member', 'type', 'meaning'), _format_members(schema))}"
        for name, schema in _CONTRACT["components"]["schemas"].items()
    )


PARTS: Final[Mapping[str, Callable[[], str]]] = {
    "settings": format_settings,
    "overview": format_overview,
    "routes": format_routes,
    "shared": format_shared,
    "objects": format_objects,
}


def _read_texts(declaring: type) -> dict[str, str]:
    """Return the text below each attribute of a class."""
    (declared,) = ast.parse(inspect.getsource(declaring)).body
    assert isinstance(declared, ast.ClassDef)
    return {
        attribute.target.id: " ".join(text.split())
        for attribute, below in pairwise(declared.body)
        if isinstance(attribute, ast.AnnAssign) and isinstance(attribute.target, ast.Name)
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant)
        for text in [str(below.value.value)]
    }


def _list_operations() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for path, item in _CONTRACT["paths"].items():
        for method in ("get", "post", "delete"):
            if method in item:
                shared = item.get("parameters", [])
                operation = item[method]
                yield (
                    f"{method.upper()} {path}",
                    {**operation, "parameters": shared + operation.get("parameters", [])},
                )


def _format_section(route: str, operation: Mapping[str, Any]) -> str:
    parts = [f"### `{route}`", f"{operation['summary']}. {operation.get('description', '')}".strip()]
    if operation["parameters"]:
        rows = [
            (f"`{each['name']}`", each["in"], _format_type(each["schema"]), each.get("description", ""))
            for each in operation["parameters"]
        ]
        parts.append(_format_table(("parameter", "in", "type", "meaning"), rows))
    if "requestBody" in operation:
        parts.append(f"The request's body is {_format_content(operation['requestBody'])}.")
    own = {status: each for status, each in operation["responses"].items() if "$ref" not in each}
    parts.append(
        _format_table(
            ("status", "body", "meaning"),
            [(status, _format_content(each), each["description"]) for status, each in sorted(own.items())],
        )
    )
    shared = ", ".join(sorted(operation["responses"].keys() - own.keys()))
    parts.append(f"Also {shared}: see [shared responses](#shared-responses).")
    return "\n\n".join(parts)


def _format_content(given: Mapping[str, Any]) -> str:
    """Return what a body holds: the name of its schema, or its media types."""
    content = given.get("content", {})
    schemas = [each["schema"] for each in content.values()]
    if len(schemas) == 1 and (named := [each for each in schemas[0].get("oneOf", schemas) if "$ref" in each]):
        return " or ".join(_format_type(each) for each in named)
    members = schemas[0].get("properties") if schemas else None
    return ", ".join(f"`{name}`" for name in members or content)


def _format_members(schema: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    for name, member in schema["properties"].items():
        optional = "" if name in schema.get("required", ()) else ", optional"
        yield f"`{name}`", _format_type(member) + optional, member.get("description", "")


def _format_type(schema: Mapping[str, Any]) -> str:
    """Return a type in words, with its limits and default."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema:
        found = ", ".join(f"`{each}`" for each in schema["enum"])
    elif schema["type"] == "array":
        found = f"list of {_format_type(schema['items'])}"
    else:
        types = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
        formats = [each["format"] for each in schema.get("anyOf", [schema]) if "format" in each]
        found = " or ".join(formats or types)
    limits = [
        f"{words} {schema[name]}"
        for name, words in (("minimum", "from"), ("maximum", "to"), ("maxLength", "at most"))
        if name in schema
    ]
    default = [f"default `{json.dumps(schema['default']).strip('"')}`"] if "default" in schema else []
    return ", ".join([" ".join([found, *limits]), *default])


def _make_anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")


def _format_table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    lines = [tuple(head), *(tuple(row) for row in rows)]
    lines.insert(1, tuple("---" for _ in lines[0]))
    return "\n".join(f"| {' | '.join(_escape_cell(each) for each in line)} |" for line in lines)


def _escape_cell(text: str) -> str:
    text = text.replace("|", "\\|")
    return text if "`" in text else text.replace("<", "&lt;")  # code in backquotes needs no escape


def main() -> None:
    """Write the documents, or compare them."""
    parser = argparse.ArgumentParser(prog="python -m tools.docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a document differs")
    check = parser.parse_args().check
    stale = []
    for path in sorted((PROJECT / "docs").glob("*.md")):
        text = path.read_text()
        if (new := fill_in(text)) != text:
            stale.append(path.relative_to(PROJECT).as_posix())
            if not check:
                path.write_text(new)
    if check and stale:
        sys.exit(f"Out of date: {', '.join(stale)}. Run `make docs`.")
    print(f"Written: {', '.join(stale)}" if stale else "The documents are up to date.")


if __name__ == "__main__":
    main()
