"""The methods of a Chalice app that register what Lambda calls."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from tools.policies.source import ENTRY
from tools.policies.values import UNKNOWN, Arguments, Value, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

EVENTS: Final[Mapping[str, str]] = {
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


def registers(method: str) -> bool:
    """Tell whether a method of the app registers something."""
    return method in {*EVENTS, "middleware"} or method.startswith(("on_", "register_", "_"))


@dataclass(frozen=True, slots=True)
class ChaliceApp(Value):
    """The app: Lambda calls what is registered with it, not the code that registers it."""

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return a method that registers, of which `handlers` takes care; nothing is known of other attributes."""
        if not registers(name):
            return UNKNOWN
        if analysis.scope.module != ENTRY:
            analysis.problem(f"app.{name} is followed in app.py alone: register functions there")
        return frozenset({Registering()})

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where something may be registered."""
        analysis.problem("the app is passed to a library here, which could register functions")
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class Registering(Value):
    """A method of the app, or the decorator that it returns."""

    is_decorator: bool = False

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return the decorator, or the function that it has registered."""
        return arguments.get(0) if self.is_decorator else frozenset({Registering(is_decorator=True)})
