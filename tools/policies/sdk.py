"""What AWS is called through: boto3, its clients, their methods, paginators and waiters."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from tools.policies.values import UNKNOWN, Arguments, Text, Value, Values, texts

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
    """Boto3, or a session of it, which may have a region of its own."""

    region: str | None = None

    def attribute(self, name: str, analysis: "Analysis") -> Values:
        """Return what makes clients or sessions."""
        if name == "region_name":
            return frozenset({Text(self.region or analysis.environment["AWS_REGION"])})
        return frozenset({SdkClient(self.region)}) if name == "client" else analysis.named(f"boto3.{name}")

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return a session."""
        given = arguments.get(3, "region_name")
        return frozenset(Sdk(region) for region in _regions(given, None, analysis))


@dataclass(frozen=True, slots=True)
class SdkClient(Guarded):
    """The function of boto3, or the method of a session, that makes clients."""

    region: str | None = None

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Return the client."""
        services = texts(arguments.get(0, "service_name"))
        if not services:
            analysis.problem("of which service this client is cannot be told")
        regions = _regions(arguments.get(1, "region_name"), self.region, analysis)
        return frozenset(Client(service, region) for service in services or () for region in regions)


def _regions(given: Values, otherwise: str | None, analysis: "Analysis") -> frozenset[str | None]:
    known = texts(given)
    if known is None:
        analysis.problem("which region this is for cannot be told")
    return known or frozenset({otherwise})


@dataclass(frozen=True, slots=True)
class Client(Guarded):
    """A client of a service, as botocore names it, in a region of its own or in the function's."""

    service: str
    region: str | None = None

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return a method."""
        return UNKNOWN if name in {"exceptions", "meta"} else frozenset({ClientMethod(self, name)})


@dataclass(frozen=True, slots=True)
class ClientType(Value):
    """The type of a client, in an annotation."""

    service: str


@dataclass(frozen=True, slots=True)
class ClientMethod(Guarded):
    """A method of a client."""

    client: Client
    name: str

    def call(self, arguments: Arguments, analysis: "Analysis") -> Values:
        """Note the call."""
        return analysis.call_client(self.client, self.name, arguments)


@dataclass(frozen=True, slots=True)
class Deferred(Guarded):
    """A paginator or a waiter, whose `method` calls the client's method `name`."""

    client: Client
    method: Literal["paginate", "wait"]
    name: str

    def attribute(self, name: str, analysis: "Analysis") -> Values:  # noqa: ARG002
        """Return the method that calls the client's."""
        return frozenset({ClientMethod(self.client, self.name)}) if name == self.method else UNKNOWN
