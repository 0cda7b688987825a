"""What happens when an object of the app's classes is made."""

from typing import TYPE_CHECKING, Final

from tools.policies import escapes
from tools.policies.objects import MADE, Class, Instance
from tools.policies.values import UNKNOWN, Arguments, Text, Values

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis

_NOT_BY_PYTHON: Final = {"__init__", "__new__", "__init_subclass__", "__class_getitem__"}


def construct(made: Instance, arguments: Arguments, analysis: "Analysis") -> Values:
    """Return a new object, or what else its `__new__` may give. Special methods, such as `__exit__`, count as called."""
    of, this = made.of, frozenset({made})
    for each in of.lineage():
        analysis.facts.add(each.scope, MADE, this)
    whole = (frozenset({of}), *arguments.positional)
    given = Arguments(whole, arguments.rest, arguments.named, arguments.more, arguments.doubtful)
    others = analysis.call(of.member("__new__", of, analysis), given)
    if constructor := of.member("__init__", made, analysis):
        analysis.call(constructor, arguments)
    else:
        _fill(made, arguments, analysis)
    for name in _called_unasked(of):
        escapes.call_method(name, made, analysis)
    return this.union(value for value in others if isinstance(value, Instance))


def _fill(made: Instance, arguments: Arguments, analysis: "Analysis") -> None:
    """Set the attributes that a constructor sets which is not written out, as a dataclass's or a library's."""
    shape = made.of.shape
    if shape.is_open and not shape.fields:
        analysis.escape(arguments.all(), by="builtins.object" if shape.is_enum else "")
        for name, values in arguments.named.items():
            analysis.facts.add(made, name, values)
        if arguments.positional or arguments.rest or arguments.more:
            _fill_unknown(made, analysis)
    for position, name in enumerate(shape.fields):
        analysis.facts.add(made, name, arguments.get(position, name))


def _fill_unknown(made: Instance, analysis: "Analysis") -> None:
    """Let a library's constructor set any attribute that is a string in the class."""
    for each in made.of.lineage():
        for name in sorted(each.scope.names):
            if any(isinstance(value, Text) for value in analysis.facts.get(each.scope, name)):
                analysis.facts.add(made, name, UNKNOWN)


def _called_unasked(of: Class) -> list[str]:
    """Return the methods that Python calls by itself, and all where a library that is inherited from may."""
    names = {name for each in of.lineage() for name in each.scope.names}
    called_back = any(each.shape.is_called_back for each in of.lineage())
    special = {name for name in names if name.startswith("__") and name.endswith("__")} - _NOT_BY_PYTHON
    return sorted(names - _NOT_BY_PYTHON if called_back else special)
