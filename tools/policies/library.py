"""Names outside the app of which more is known: what they stand for, what they do beyond giving back what they take."""

import ast
import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from tools.policies.containers import Container
from tools.policies.objects import Class, Instance, Module, Parent, SomeAttribute
from tools.policies.registering import ChaliceApp
from tools.policies.sdk import ClientType, Sdk, SdkClient
from tools.policies.values import (
    ANY,
    NOTHING,
    UNKNOWN,
    Arguments,
    Environment,
    Library,
    Value,
    Values,
    texts,
)

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

_CLIENT_TYPE: Final = re.compile(r"mypy_boto3_(\w+?)(?:\.client)?\.\w+Client")


def _cast(arguments: Arguments, analysis: "Analysis") -> Values:
    written = analysis.node.args[0] if isinstance(analysis.node, ast.Call) and analysis.node.args else None
    return analysis.refined(arguments.get(1, "val"), written)


def _getattr(arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(1))
    if names is not None:
        return arguments.get(2).union(*(analysis.attribute(arguments.get(0), name) for name in names))
    owners = (value for value in arguments.get(0) if isinstance(value, Instance | Class | Module))
    others = (value for value in arguments.get(0) if not isinstance(value, Instance | Class | Module))
    return analysis.escape(frozenset(others)).union(SomeAttribute(owner) for owner in owners)


def _import_module(arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(0, "name"))
    if names is None:
        analysis.problem("which module this imports cannot be told")
    own = (analysis.module(name) for name in names or () if analysis.is_own(name))
    return UNKNOWN.union(own)


def _super(arguments: Arguments, analysis: "Analysis") -> Values:
    if arguments.positional:
        classes, receivers = arguments.get(0), arguments.get(1)
    else:
        classes, receivers = _class_and_first(analysis)
    if not classes or not receivers:
        analysis.problem("of what this is a super() cannot be told")
    unclear = frozenset(value for value in receivers if not isinstance(value, Instance | Class))
    return unclear.union(
        Parent(of, each)
        for of in classes
        for each in receivers - unclear
        if isinstance(of, Class) and isinstance(each, Instance | Class)
    )


def _class_and_first(analysis: "Analysis") -> tuple[Values, Values]:
    """Return the class that the code stands in, and the first argument of its method."""
    method = analysis.scope
    while method.parent and not isinstance(method.parent.node, ast.ClassDef):
        method = method.parent
    around = method.parent
    if around is None or around.parent is None or not isinstance(around.node, ast.ClassDef):
        return NOTHING, NOTHING
    declared = getattr(method.node, "args", None) or ast.arguments([], [], None, [], [], None, [])
    first = [*declared.posonlyargs, *declared.args][:1]
    of = frozenset({analysis.class_(around.node, around.parent)})
    return of, NOTHING.union(*(analysis.facts.get(method, each.arg) for each in first))


def _dict(arguments: Arguments, analysis: "Analysis") -> Values:
    made = analysis.container()
    for name, values in arguments.named.items():
        analysis.facts.add(made, name, values)
    for value in arguments.get(0) if arguments.positional else NOTHING:
        held = analysis.facts.of(value) if isinstance(value, Container) else {ANY: value.elements(analysis)}
        for key, values in held.items():
            analysis.facts.add(made, key, values)
    return frozenset({made})


def _field(arguments: Arguments, analysis: "Analysis") -> Values:
    made = analysis.call(arguments.named.get("default_factory", NOTHING), Arguments())
    return made | arguments.named.get("default", NOTHING)


def _type(arguments: Arguments, _: "Analysis") -> Values:
    return UNKNOWN.union(value.of for value in arguments.get(0) if isinstance(value, Instance))


def _refuse(_: Arguments, analysis: "Analysis") -> Values:
    analysis.problem("what this does cannot be told from the code")
    return UNKNOWN


def _app(_: Arguments, __: "Analysis") -> Values:
    return frozenset({ChaliceApp()})


def _pass_on(arguments: Arguments, _: "Analysis") -> Values:
    return arguments.get(0) | UNKNOWN


def _tell(_: Arguments, __: "Analysis") -> Values:
    return UNKNOWN


_FUNCTIONS: Final[Mapping[str, Callable[[Arguments, "Analysis"], Values]]] = {
    "builtins.__import__": _refuse,
    "builtins.dict": _dict,
    "builtins.eval": _refuse,
    "builtins.exec": _refuse,
    "builtins.getattr": _getattr,
    "builtins.globals": _refuse,
    "builtins.hasattr": _tell,
    "builtins.id": _tell,
    "builtins.isinstance": _tell,
    "builtins.issubclass": _tell,
    "builtins.len": _tell,
    "builtins.locals": _refuse,
    "builtins.repr": _tell,
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.vars": _refuse,
    "chalice.Chalice": _app,
    "chalice.app.Chalice": _app,
    "dataclasses.field": _field,
    "functools.cache": _pass_on,
    "functools.lru_cache": _pass_on,
    "functools.update_wrapper": _pass_on,
    "functools.wraps": _tell,
    "importlib.import_module": _import_module,
    "typing.cast": _cast,
}

_SDKS: Final = ("aioboto3.", "aiobotocore.", "boto3.", "botocore.", "s3transfer.")
_HARMLESS: Final = (
    *("boto3.dynamodb.", "boto3.exceptions.", "boto3.s3.transfer.TransferConfig", "boto3.set_stream_logger"),
    *("botocore.client.Config", "botocore.config.", "botocore.exceptions.", "botocore.response."),
)
"""Of the SDKs, what makes no client."""

_NAMED: Final[Mapping[str, Value]] = {
    "boto3": Sdk(),
    "boto3.Session": Sdk(),
    "boto3.client": SdkClient(),
    "boto3.session": Sdk(),
    "boto3.session.Session": Sdk(),
    "os.environ": Environment(),
    "os.getenv": Environment(),
}


def named(path: str) -> Values:
    """Return what a dotted name of a library stands for."""
    if client := _CLIENT_TYPE.fullmatch(path):
        return frozenset({ClientType(client[1].replace("_", "-"))})
    return frozenset({_NAMED.get(path, Library(path))})


def call(path: str, arguments: Arguments, analysis: "Analysis") -> Values:
    """Return what calling a dotted name may give: what is known of it, or what it was passed."""
    if known := _FUNCTIONS.get(path):
        return known(arguments, analysis)
    _refuse_sdk(path, analysis)
    if not path.rpartition(".")[2][:1].isupper():  # else a class
        analysis.call_stranger(arguments)
    return analysis.escape(arguments.all())


def escaped(path: str, analysis: "Analysis") -> None:
    """Take care of what is called by a library that it is passed to, as in `map(eval, texts)`."""
    if known := _FUNCTIONS.get(path):
        known(Arguments(rest=UNKNOWN, more=UNKNOWN), analysis)
    _refuse_sdk(path, analysis)


def _refuse_sdk(path: str, analysis: "Analysis") -> None:
    if path.startswith(_SDKS) and not path.startswith(_HARMLESS):
        analysis.problem(f"{path} is not followed: use a client that boto3 or a session of it makes")
