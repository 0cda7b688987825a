"""What AWS is called through: boto3, its clients, their methods, paginators and waiters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tools.policies.values import UNKNOWN, Arguments, Value, Values, texts

if TYPE_CHECKING:
    from tools.policies.analysis import Analysis


class Guarded(Value):
    """What AWS can be called through: it must not get lost in a library."""

    __slots__ = ()

    def escaped(self, analysis: "Analysis") -> Values:
        """Say where it gets lost."""
        analysis.problem("a client of AWS is passed to a library here, where it cannot be followed")
        return UNKNOWN


@dataclass(frozen=True, slots=True)
class Sdk(Guarded):
    """Boto3, or a session of it."""

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what makes clients or sessions."""
        return analysis.named(f"boto3.{name}")

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a session."""
        return frozenset({self})


@dataclass(frozen=True, slots=True)
class SdkClient(Guarded):
    """The function of boto3 that makes clients."""

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return the client."""
        services = texts(arguments.get(0, "service_name"))
        if not services:
            analysis.problem("of which service this client is cannot be told")
        return frozenset(Client(service) for service in services or ())


@dataclass(frozen=True, slots=True)
class Client(Guarded):
    """A client of a service, as botocore names it."""

    service: str

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a method."""
        return UNKNOWN if name in {"exceptions", "meta"} else frozenset({ClientMethod(self.service, name)})


@dataclass(frozen=True, slots=True)
class ClientType(Value):
    """The type of a client, in an annotation."""

    service: str


@dataclass(frozen=True, slots=True)
class ClientMethod(Guarded):
    """A method of a client."""

    service: str
    name: str

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Note the call."""
        return analysis.call_client(self.service, self.name, arguments)


@dataclass(frozen=True, slots=True)
class Deferred(Guarded):
    """A paginator or a waiter, whose `method` calls the client's method `name`."""

    service: str
    method: Literal["paginate", "wait"]
    name: str

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return the method that calls the client's."""
        return frozenset({ClientMethod(self.service, self.name)}) if name == self.method else UNKNOWN
