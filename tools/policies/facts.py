"""What is known of every name, attribute and item so far: it only ever grows, and who looked at it looks again."""

from collections import defaultdict
from collections.abc import Hashable, Mapping
from typing import Final

from tools.policies.scopes import Scope
from tools.policies.values import NOTHING, UNKNOWN, Text, Values

Key = str | int
_MOST_TEXTS: Final = 64  # a string that grows in a loop would have ever more


class Facts:
    """A set of values for each key of each owner: names of a scope, attributes of an object, items of a container.

    Attributes:
        reader: The scope whose code is being looked at.
        stale: Scopes whose code is to be looked at again, since they read what has grown since.
    """

    def __init__(self) -> None:
        self.reader: Scope | None = None
        self.stale: dict[Scope, None] = {}
        self._values: defaultdict[Hashable, dict[Key, Values]] = defaultdict(dict)
        self._wide: set[tuple[Hashable, Key]] = set()
        self._readers: defaultdict[Hashable, dict[Scope, None]] = defaultdict(dict)

    def get(self, owner: Hashable, key: Key) -> Values:
        """Return what is known of a key; nothing, if that is so or not known yet."""
        self._read(owner)
        return self._values[owner].get(key, NOTHING)

    def of(self, owner: Hashable) -> Mapping[Key, Values]:
        """Return what is known of all keys of an owner."""
        self._read(owner)
        return dict(self._values[owner])

    def add(self, owner: Hashable, key: Key, values: Values) -> None:
        """Learn that a key may also have these values."""
        before = self._values[owner].get(key)
        after = values if before is None else before | values
        if (owner, key) in self._wide or sum(isinstance(value, Text) for value in after) > _MOST_TEXTS:
            self._wide.add((owner, key))
            after = frozenset(value for value in after if not isinstance(value, Text)) | UNKNOWN
        if after != before:
            self._values[owner][key] = after
            self.changed(owner)

    def changed(self, owner: Hashable) -> None:
        """Have those look again that read anything of an owner."""
        self.stale.update(self._readers[owner])

    def _read(self, owner: Hashable) -> None:
        if self.reader is not None:
            self._readers[owner][self.reader] = None
