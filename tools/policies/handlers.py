"""The Lambda functions of a Chalice app, as app.py declares them by decorators."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from inspect import signature
from typing import Final

from chalice.app import Chalice

from tools.policies.analysis import Handler
from tools.policies.errors import PolicyError
from tools.policies.registering import EVENTS, registers
from tools.policies.source import ENTRY, Source, own_nodes

API: Final = "api_handler"
"""What config.json calls the function that all routes share."""

_CHALICE: Final = {"chalice.Chalice", "chalice.app.Chalice"}


@dataclass(frozen=True, slots=True)
class _Registration:
    """A function of app.py that a method of the app was told of: the method's name, and its call."""

    function: str
    kind: str
    call: ast.Call
    place: str

    def argument(self, name: str) -> str | None:
        """Return an argument, by name or by position; None if it is not given.

        Raises:
            PolicyError: It is not written out as a string.
        """
        values = {keyword.arg: keyword.value for keyword in self.call.keywords}
        parameters = list(signature(getattr(Chalice, self.kind)).parameters)[1:]
        values.update(zip(parameters, self.call.args, strict=False))
        value = values.get(name)
        if None in values or any(isinstance(each, ast.Starred) for each in self.call.args):
            raise PolicyError(f"{self.place}: what is passed by * or ** to app.{self.kind} is not followed.")
        if value is None or (isinstance(value, ast.Constant) and value.value is None):
            return None
        if isinstance(value, ast.Constant):
            return str(value.value)
        raise PolicyError(f"{self.place}: the {name} of app.{self.kind} must be written out here.")


def functions(source: Source) -> dict[str, list[Handler]]:
    """Return the handlers of each Lambda function, middleware included, by the name that config.json gives it.

    Raises:
        PolicyError: The app is made, or registers a handler, in a way that is not followed.
    """
    found: dict[str, list[Handler]] = {}
    events: dict[str, str] = {}
    registrations = list(_registrations(source))
    for each in registrations:
        if each.kind in EVENTS:
            event = EVENTS[each.kind]
            name = API if event == "http" else each.argument("name") or each.function
            events[name] = event
            found.setdefault(name, []).append(Handler(each.function, is_pure=event == "pure_lambda"))
    for each in registrations:
        if each.kind == "middleware":
            for name in found:
                if each.argument("event_type") in {None, "all", events[name]}:
                    found[name].append(Handler(each.function))
    return found


def _registrations(source: Source) -> Iterator[_Registration]:
    """Yield what is registered by a decorator, or by calling one: `app.route("/")(view)`.

    The app may not be used in app.py for anything but its attributes, and those that register only like this, so that
    none goes unnoticed.
    """
    tree = source.module(ENTRY)
    if tree is None:
        raise PolicyError(f"There is no app.py in {source.folder}.")
    apps = _apps(source, tree)
    followed: set[ast.expr] = set()
    for node in own_nodes(tree):
        for function, call in _decorations(node, apps):
            if (kind := _method(call.func, apps)) in {*EVENTS, "middleware"}:
                followed.add(call.func)
                yield _Registration(function, str(kind), call, source.place(ENTRY, node))
    attributes = {node.value: node for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    for each in ast.walk(tree):
        if isinstance(each, ast.Name) and each.id in apps and isinstance(each.ctx, ast.Load):
            use = attributes.get(each, each)
            if use is each or (use not in followed and registers(_method(use, apps) or "")):
                raise PolicyError(
                    f"{source.place(ENTRY, each)}: {ast.unparse(use)} is not followed: register functions of app.py "
                    f"at its top level by decorators that are called, outside all others."
                )


def _decorations(node: ast.AST, apps: set[str]) -> Iterator[tuple[str, ast.Call]]:
    """Yield functions with the calls that decorate them: what another decorator makes of one is not registered."""
    match node:
        case ast.FunctionDef(name=name, decorator_list=decorators):
            for each in decorators:  # the outermost first
                if not isinstance(each, ast.Call) or _method(each.func, apps) is None:
                    return
                yield name, each
        case ast.Call(func=ast.Call() as decorator, args=[ast.Name(id=name)]):
            yield name, decorator


def _method(function: ast.expr, apps: set[str]) -> str | None:
    """Return the method of the app that an expression is."""
    match function:
        case ast.Attribute(value=ast.Name(id=name), attr=method) if name in apps:
            return method
        case _:
            return None


def _apps(source: Source, tree: ast.Module) -> set[str]:
    """Return the names that stand for the app: there is one, made and named at the top level of app.py."""
    imported = _imported(tree)
    calls = [node for node in ast.walk(tree) if _makes(node, imported)]
    match [node for node in tree.body if _makes(getattr(node, "value", None), imported)]:
        case [ast.Assign(targets=targets)] if len(calls) == 1:
            pass
        case [ast.AnnAssign(target=target)] if len(calls) == 1:
            targets = [target]
        case _:
            targets = []
    names = {target.id for target in targets if isinstance(target, ast.Name)}
    bound = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id in names]
    is_bound_again = sum(not isinstance(node.ctx, ast.Load) for node in bound) > len(targets)
    if not names or len(names) < len(targets) or is_bound_again or names & imported.keys():
        raise PolicyError(
            f"{source.place(ENTRY, calls[-1] if calls else tree)}: which app this is cannot be told: "
            f"make one Chalice(...), and name it, at the top level of app.py."
        )
    return names


def _imported(tree: ast.Module) -> dict[str, str]:
    """Return what names stand for that are imported, other than modules by their own."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=module, names=aliases):
                found |= {alias.asname or alias.name: f"{module}.{alias.name}" for alias in aliases}
            case ast.Import(names=aliases):
                found |= {alias.asname: alias.name for alias in aliases if alias.asname}
    return found


def _makes(node: ast.AST | None, imported: Mapping[str, str]) -> bool:
    """Tell whether code makes an app."""
    if not isinstance(node, ast.Call):
        return False
    first, dot, rest = ast.unparse(node.func).partition(".")
    return imported.get(first, first) + dot + rest in _CHALICE
