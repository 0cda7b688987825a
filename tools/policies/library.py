"""Names outside the app of which more is known: what they stand for, what they do beyond giving back what they take."""

import ast
import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tools.policies.objects import Class, Function, Instance, Kind, Parent, SomeAttribute
from tools.policies.registering import ChaliceApp
from tools.policies.scopes import Module
from tools.policies.sdk import ClientType, Sdk, SdkClient
from tools.policies.values import (
    NOTHING,
    UNKNOWN,
    Arguments,
    Environment,
    Library,
    Modules,
    Text,
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


def _hasattr(arguments: Arguments, analysis: "Analysis") -> Values:
    for name in texts(arguments.get(1)) or ():
        analysis.attribute(arguments.get(0), name)  # which may run a property
    return UNKNOWN


def _setattr(arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(1))
    if names is None:
        analysis.problem("which attribute is set here cannot be told")
    for name in names or ():
        analysis.set_attribute(arguments.get(0), name, arguments.get(2))
    return NOTHING


def _replace(arguments: Arguments, analysis: "Analysis") -> Values:
    """Return an object like another, but for some fields."""
    found = NOTHING
    others: set[Value] = set()
    if arguments.more:
        analysis.problem("which fields are replaced here cannot be told")
    for value in arguments.get(0):
        if isinstance(value, Instance):
            kept = {name: analysis.facts.get(value, name) for name in value.of.shape.fields}
            given = {name: arguments.named[name] | kept.get(name, NOTHING) for name in arguments.doubtful}
            found |= analysis.instantiate(value.of, Arguments(named={**kept, **arguments.named, **given}))
        else:
            others.add(value)
    return (
        found | analysis.escape(frozenset(others).union(*arguments.named.values()), by="dataclasses.")
        if others
        else found
    )


def _marked(kind: Kind) -> "Callable[[Arguments, Analysis], Values]":
    """Return what gives methods of a kind; further functions, such as a property's setter, go with them."""

    def mark(arguments: Arguments, analysis: "Analysis") -> Values:
        first, *others = arguments.positional or [arguments.named.get("fget", NOTHING)]
        methods = frozenset(value for value in first if isinstance(value, Function))
        further = arguments.rest.union(*others, *arguments.named.values())
        unclear = first - methods
        made = further.union(replace(value, kind=kind) for value in methods if isinstance(value, Function))
        return made | analysis.escape(unclear, by="builtins.") if unclear else made

    return mark


def _import_module(arguments: Arguments, analysis: "Analysis") -> Values:
    names = texts(arguments.get(0, "name"))
    if names is None or any(name.startswith(".") for name in names):
        analysis.problem("which module this imports cannot be told: write its whole name")
        return UNKNOWN
    return NOTHING.union(*(analysis.whole(name) for name in names))


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
    made = analysis.container(is_mapping=True)
    made.written = frozenset(arguments.named) - arguments.doubtful
    made.extend(arguments.rest.union(*arguments.positional), analysis)
    if arguments.more:
        made.put(UNKNOWN, arguments.more, analysis)
    for name, values in arguments.named.items():
        made.put(frozenset({Text(name)}), values, analysis)
    return frozenset({made})


def _field(arguments: Arguments, analysis: "Analysis") -> Values:
    made = analysis.call(arguments.named.get("default_factory", NOTHING), Arguments())
    return made | arguments.named.get("default", NOTHING)


def _type(arguments: Arguments, analysis: "Analysis") -> Values:
    if len(arguments.positional) > 1 or arguments.rest:
        analysis.problem("which class this makes cannot be told: write it out")
    objects = [value for value in arguments.get(0) if isinstance(value, Instance)]
    others = arguments.get(0).difference(objects)
    return frozenset(value.of for value in objects) | (UNKNOWN if others else NOTHING)


def _config(arguments: Arguments, analysis: "Analysis") -> Values:
    if arguments.get(0, "region_name"):
        analysis.problem("a region in a Config is not followed: pass region_name to the client")
    return UNKNOWN


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
    "botocore.client.Config": _config,
    "botocore.config.Config": _config,
    "builtins.__import__": _refuse,
    "builtins.classmethod": _marked("class"),
    "builtins.delattr": _tell,
    "builtins.dict": _dict,
    "builtins.eval": _refuse,
    "builtins.exec": _refuse,
    "builtins.getattr": _getattr,
    "builtins.globals": _refuse,
    "builtins.hasattr": _hasattr,
    "builtins.id": _tell,
    "builtins.isinstance": _tell,
    "builtins.issubclass": _tell,
    "builtins.len": _tell,
    "builtins.object.__setattr__": _setattr,
    "builtins.property": _marked("property"),
    "builtins.locals": _refuse,
    "builtins.repr": _tell,
    "builtins.setattr": _setattr,
    "builtins.staticmethod": _marked("static"),
    "builtins.super": _super,
    "builtins.type": _type,
    "builtins.vars": _refuse,
    "chalice.Chalice": _app,
    "chalice.app.Chalice": _app,
    "copy.replace": _replace,
    "dataclasses.field": _field,
    "dataclasses.replace": _replace,
    "functools.cache": _pass_on,
    "functools.cached_property": _marked("property"),
    "functools.lru_cache": _pass_on,
    "functools.update_wrapper": _pass_on,
    "functools.wraps": _tell,
    "importlib.import_module": _import_module,
    "typing.cast": _cast,
}

_SDKS: Final = ("aioboto3.", "aiobotocore.", "boto3.", "botocore.", "s3transfer.")
_HARMLESS: Final = (
    *("boto3.dynamodb.", "boto3.exceptions.", "boto3.s3.transfer.TransferConfig", "boto3.set_stream_logger"),
    *("boto3.get_available_", "boto3.get_partition_for_region"),
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
    "sys.modules": Modules(),
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
    return analysis.escape(arguments.all(), by=path)


def escaped(path: str, analysis: "Analysis") -> None:
    """Take care of what is called by a library that it is passed to, as in `map(eval, texts)`."""
    if known := _FUNCTIONS.get(path):
        known(Arguments(rest=UNKNOWN, more=UNKNOWN), analysis)
    _refuse_sdk(path, analysis)


def _refuse_sdk(path: str, analysis: "Analysis") -> None:
    if path.startswith(_SDKS) and not path.startswith(_HARMLESS):
        analysis.problem(f"{path} is not followed: use a client that boto3 or a session of it makes")
