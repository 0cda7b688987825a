"""The calls of AWS in the app's code, and the rules that keep each of them in sight.

An adapter is a class with a constant `ARN`, the resource that all its calls go to. Only an adapter calls AWS,
as `self._client.operation(...)`. A client is made only to be passed to an adapter.
"""

import ast
from collections.abc import Iterator
from functools import cache
from typing import Any, Final, NamedTuple, cast

import botocore.session
from botocore import xform_name

from tools.policies.program import PolicyError, Program, Unit

_FACTORIES: Final = "chalicelib.aws.clients"
_HIDING: Final = {
    *("__dict__", "__getattribute__", "__import__", "attrgetter", "delattr", "eval", "exec", "getattr"),
    *("globals", "import_module", "locals", "methodcaller", "setattr", "vars"),
}


class Call(NamedTuple):
    """One call of AWS, or of a presigned request: the operation that the request is for.

    `arn` is the adapter's, with `{placeholders}`. `arguments` are the keyword arguments; the name None means `**`.
    """

    place: str
    arn: str
    service: str
    operation: str
    arguments: dict[str | None, ast.expr]
    is_presigned: bool

    def constant(self, name: str) -> str | None:
        """Return an argument that is written out as a string; None if it is not."""
        value = self.arguments.get(name)
        return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


@cache
def operations(service: str) -> frozenset[str]:
    """Return the methods of a service's client, by botocore's own model."""
    session = cast("Any", botocore.session.get_session())
    return frozenset(xform_name(name) for name in session.get_service_model(service).operation_names)


def calls(program: Program, units: list[Unit]) -> Iterator[Call]:
    """Yield the calls that the adapters among some units make."""
    for unit in units:
        arn = _arn(unit.owner)
        for node in ast.walk(unit.node):
            match node:
                case ast.Call(func=ast.Attribute(value=ast.Attribute(attr="_client"), attr=method)) if arn:
                    yield _call(program.place(unit.module, node), arn, method, node)


def check(program: Program) -> None:
    """Refuse code whose calls of AWS could go unnoticed, with a line for each place and what to write there instead."""
    faults = set()
    for module, tree in program.trees.items():
        parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}
        owners = {part: node for node in tree.body if _arn(node) for part in ast.walk(node)}
        for node in ast.walk(tree):
            if fault := _fault(program, module, node, parents, owners.get(node)):
                faults.add(f"{program.place(module, node)}: {fault}")
    if faults:
        raise PolicyError("\n".join(sorted(faults)))


def _fault(
    program: Program, module: str, node: ast.AST, parents: dict[ast.AST, ast.AST], adapter: ast.stmt | None
) -> str | None:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) if name in _HIDING:
            return f"{name} can hide a call of AWS; write the attribute or the module out"
        case ast.ImportFrom(level=level, names=names) if level or names[0].name == "*":
            return "this import is not followed; write: from chalicelib import ..."
        case ast.Import(names=names) if any(each.name.startswith("chalicelib") for each in names):
            return "this import is not followed; write: from chalicelib import ..."
        case ast.Attribute(attr="client" | "resource") if module != _FACTORIES:
            return f"a client is made outside {_FACTORIES}; make it there"
        case ast.Name() | ast.Attribute() if _is_stray_factory(program, module, node, parents):
            return f"pass what {ast.unparse(node)} returns straight to an adapter: Adapter({ast.unparse(node)}())"
        case ast.Attribute(attr="_client") if not adapter:
            return "_client is used outside an adapter; call a method of the adapter"
    return _fault_of_adapter(program, node, parents) if adapter else None


def _fault_of_adapter(program: Program, node: ast.AST, parents: dict[ast.AST, ast.AST]) -> str | None:
    match node, parents[node]:
        case ast.Attribute(attr="_client", ctx=ast.Load()), method if (
            getattr(parents[method], "func", None) is not method
        ):
            return "a client is handed on; call it here, as self._client.operation(...)"
        case ast.Name(id="client", ctx=ast.Load()), parent if not isinstance(parent, ast.Assign):
            return "a client is handed on; only set self._client to it"
        case ast.FunctionDef(name=name), _ if len(program.methods.get(name, ())) > 1:
            return f"another class also has a method {name}; rename one, or its callers get these permissions"
    return None


def _call(place: str, arn: str, method: str, node: ast.Call) -> Call:
    match method, node.args:
        case "generate_presigned_post", _:
            operation = "put_object"
        case "generate_presigned_url", [ast.Constant(value=str(operation)), *_]:
            pass
        case _:
            operation = method
    arguments = {keyword.arg: keyword.value for keyword in node.keywords}
    service = arn.split(":")[2]
    if operation not in operations(service):
        raise PolicyError(f"{place}: {service} has no operation {operation}; call one that botocore knows")
    return Call(
        place, arn, service, operation, arguments, is_presigned=method.startswith("generate_presigned_")
    )


def _arn(node: ast.AST | None) -> str | None:
    """Return the constant `ARN` of a class; None for other code."""
    for part in node.body if isinstance(node, ast.ClassDef) else ():
        match part:
            case ast.AnnAssign(target=ast.Name(id="ARN"), value=ast.Constant(value=str(arn))):
                return arn
    return None


def _is_stray_factory(program: Program, module: str, node: ast.AST, parents: dict[ast.AST, ast.AST]) -> bool:
    """Return whether some code makes a client, but does not pass it to an adapter."""
    key = program.target(module, node) or ("", "")
    if key[0] != _FACTORIES or key not in program.units:
        return False
    using = parents.get(parents[node])
    adapter = program.target(module, using.func) if isinstance(using, ast.Call) else None
    return not any(_arn(unit.owner) for unit in program.units.get(adapter or key, ()))
