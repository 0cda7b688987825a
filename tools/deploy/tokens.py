"""The API's bearer tokens: made here, shown once; only their SHA-256 is kept. `make token` replaces them."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256

_BYTES = 32
DIGESTS = {"read": "API_READ_TOKEN_SHA256", "write": "API_WRITE_TOKEN_SHA256"}


@dataclass(frozen=True, slots=True)
class Tokens:
    """New tokens by what they allow (`read`, or `write`, which reads too). Never log or store them."""

    by_role: Mapping[str, str]

    def __repr__(self) -> str:
        return f"Tokens({', '.join(self.by_role)})"

    def digests(self) -> dict[str, str]:
        """Return the variables that let these tokens in."""
        return {DIGESTS[role]: sha256(token.encode()).hexdigest() for role, token in self.by_role.items()}

    def shown(self) -> str:
        """Return what to show whoever deploys, once."""
        lines = [f"    {role:5}  {token}" for role, token in self.by_role.items()]
        return "\n".join(
            [
                "  The API's new tokens. Keep them now: they are stored nowhere and not shown again.",
                *lines,
                "  Callers send `Authorization: Bearer <token>`; the write token reads too.",
            ]
        )


def new(roles: list[str]) -> Tokens:
    """Make a token for each role."""
    return Tokens({role: secrets.token_urlsafe(_BYTES) for role in roles})


def missing(environment: Mapping[str, str]) -> list[str]:
    """Return the roles that need a token and have none."""
    if environment.get("API_AUTH", "token") != "token":
        return []
    return [role for role, variable in DIGESTS.items() if not environment.get(variable)]
