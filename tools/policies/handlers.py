"""The Lambda functions of a Chalice app, as app.py declares them by decorators."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from tools.policies.analysis import Handler
from tools.policies.errors import PolicyError
from tools.policies.source import ENTRY, Source

API: Final = "api_handler"
"""What config.json calls the function that all routes share."""

_EVENTS: Final[Mapping[str, str]] = {
    "authorizer": "authorizer",
    "lambda_function": "pure_lambda",
    "on_cw_event": "cloudwatch",
    "on_s3_event": "s3",
    "on_sns_message": "sns",
    "route": "http",
    "schedule": "scheduled",
}
"""Chalice's decorators of handlers, and how its middleware calls their events.

Those that Lambda itself reads from with the function's role (queues, streams) are missing: their permissions are not known.
"""


@dataclass(frozen=True, slots=True)
class _Registration:
    """A function of app.py that a method of the app was told of: the method's name, and its call."""

    function: str
    kind: str
    call: ast.Call

    def argument(self, name: str) -> str | None:
        """Return a keyword argument that is written out as a string."""
        values = (keyword.value for keyword in self.call.keywords if keyword.arg == name)
        return next((str(value.value) for value in values if isinstance(value, ast.Constant)), None)


def functions(source: Source) -> dict[str, list[Handler]]:
    """Return the handlers of each Lambda function, middleware included, by the name that config.json gives it.

    Raises:
        PolicyError: The app registers a handler in a way that is not followed.
    """
    found: dict[str, list[Handler]] = {}
    events: dict[str, str] = {}
    registrations = list(_registrations(source))
    for each in registrations:
        if each.kind in _EVENTS:
            event = _EVENTS[each.kind]
            name = API if event == "http" else each.argument("name") or each.function
            events[name] = event
            found.setdefault(name, []).append(Handler(each.function, is_pure=event == "pure_lambda"))
    for each in registrations:
        if each.kind == "middleware":
            for name in found:
                if _serves(each, events[name]):
                    found[name].append(Handler(each.function))
    return found


def _serves(middleware: _Registration, event: str) -> bool:
    first = middleware.call.args[0] if middleware.call.args else None
    named = str(first.value) if isinstance(first, ast.Constant) else middleware.argument("event_type")
    return named in {None, "all", event}


def _registrations(source: Source) -> Iterator[_Registration]:
    """Yield what is registered by a decorator, or by calling one: `app.route("/")(view)`."""
    tree = source.module(ENTRY)
    if tree is None:
        raise PolicyError(f"There is no app.py in {source.folder}.")
    apps = set(_apps(tree))
    followed: set[ast.Call] = set()
    for node in ast.walk(tree):
        for function, call in _decorations(node):
            if (kind := _method(call, apps)) in {*_EVENTS, "middleware"}:
                followed.add(call)
                yield _Registration(function, str(kind), call)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node not in followed and _registers(_method(node, apps)):
            raise PolicyError(f"{source.place(ENTRY, node)}: {ast.unparse(node.func)} is not followed.")


def _decorations(node: ast.AST) -> Iterator[tuple[str, ast.Call]]:
    match node:
        case ast.FunctionDef(name=name, decorator_list=decorators):
            yield from ((name, each) for each in decorators if isinstance(each, ast.Call))
        case ast.Call(func=ast.Call() as decorator, args=[ast.Name(id=name)]):
            yield name, decorator


def _method(call: ast.Call, apps: set[str]) -> str | None:
    """Return the method of the app that is called."""
    match call.func:
        case ast.Attribute(value=ast.Name(id=name), attr=method) if name in apps:
            return method
        case _:
            return None


def _registers(method: str | None) -> bool:
    return method is not None and (
        method in {*_EVENTS, "middleware"} or method.startswith(("on_", "register_"))
    )


def _apps(tree: ast.Module) -> Iterator[str]:
    """Yield the names that stand for the app."""
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=made)):
                if ast.unparse(made).rpartition(".")[2] == "Chalice":
                    yield name
