"""Calls of AWS through what nothing is known of: a client that a library hands over without an annotation."""

import ast
from typing import TYPE_CHECKING, Final

from tools.policies import model
from tools.policies.values import UNKNOWN, Arguments

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

_WHY: Final = "this looks like a call of AWS, but on what? Annotate it as a client of mypy_boto3"


def taken(name: str, analysis: "Analysis") -> None:
    """Notice an attribute that is named as a method of a client of AWS, such as `put_object`.

    Short names, such as `query`, are anyone's.
    """
    if "_" in name and name in model.methods():
        analysis.problem(_WHY)


def called(arguments: Arguments, analysis: "Analysis") -> None:
    """Notice arguments of AWS, which alone begin with a capital; or any that may be, of a method so named."""
    may_be_any = bool(arguments.more & UNKNOWN)
    if any(name[:1].isupper() for name in arguments.named) or (
        may_be_any and _called(analysis) in model.methods()
    ):
        analysis.problem(_WHY)


def _called(analysis: "Analysis") -> str | None:
    node = analysis.node
    return node.func.attr if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
