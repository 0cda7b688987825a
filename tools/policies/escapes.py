"""What a library may do with what it is given: call it, call its methods, change it, hand it back."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tools.policies.containers import Container
from tools.policies.objects import Bound, Class, Function, Instance
from tools.policies.sdk import Guarded
from tools.policies.values import NOTHING, UNKNOWN, Arguments, Value, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

CALLING_NO_METHODS: Final = (
    "abc.",
    "builtins.",
    "copy.",
    "dataclasses.",
    "enum.",
    "functools.",
    "itertools.",
    "typing.",
)
"""Libraries that call what is code, but of objects only special methods, and change nothing; `print` alone may write."""
_EXITS: Final = {"__aexit__", "__exit__"}
RAISED: Final = "*raised*"
"""The owner of all objects that a handler of exceptions may be given."""


def escape(values: Values, analysis: "Analysis", *, by: str = "") -> Values:
    """Pass values to a library, and return what it may give back: nothing that is known, they, or what they return.

    Args:
        values: What it is passed; what stands in their containers is passed too.
        analysis: Whose the values are.
        by: The dotted name that they are passed to.
    """
    passed = within_reach(values, analysis, Container)
    back = UNKNOWN.union(*(value.escaped(analysis) for value in passed))
    if by.startswith(CALLING_NO_METHODS) and by != "builtins.print":
        return back
    for value in passed:
        if isinstance(value, Container):
            value.put(UNKNOWN, UNKNOWN | value.values(analysis), analysis)  # in another order, or others
    reached = within_reach(back, analysis, Container, Instance)
    for value in reached:
        if isinstance(value, Instance):
            analysis.facts.add(RAISED, 0, frozenset({value}))
            for name in _usable(value.of):
                call_method(name, value, analysis)
        elif value not in passed and isinstance(value, Function | Bound | Class):
            value.escaped(analysis)
    return back


def call_method(name: str, instance: Instance, analysis: "Analysis") -> None:
    """Have a method called with arguments that are not known, or with exceptions."""
    for value in instance.of.member(name, instance, analysis):
        if isinstance(value, Function | Bound):
            value.escaped(analysis)
            if name in _EXITS:
                value.call(Arguments(rest=UNKNOWN | analysis.facts.get(RAISED, 0)), analysis)


def _usable(of: Class) -> list[str]:
    """Return what a library, or who has an object back from it, may use; special methods count as called anyway."""
    return sorted({name for each in of.lineage() for name in each.scope.names if not name.startswith("__")})


def holds_client(owner: Instance, analysis: "Analysis") -> bool:
    """Tell whether AWS can be called through anything that an object holds."""
    held = within_reach(frozenset({owner}), analysis, Container, Instance)
    return any(isinstance(value, Guarded) for value in held)


def within_reach(
    values: Iterable[Value], analysis: "Analysis", *through: type[Container | Instance]
) -> dict[Value, None]:
    """Return values and what those of some types hold, and so on."""
    found = dict.fromkeys(values)
    left = list(found)
    while left:
        value = left.pop()
        if isinstance(value, Bound):
            value = value.receiver
        if isinstance(value, through):
            held = NOTHING.union(*analysis.facts.of(value).values())
            left += [each for each in held if each not in found]
            found |= dict.fromkeys(held)
    return found
