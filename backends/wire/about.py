"""What a server tells about itself and about who asks, so that a client offers what there is and no more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.port import Backend, Capability
from backends.records import Record
from backends.wire.forms import BY_NAME, kind_name


@dataclass(frozen=True, slots=True)
class About:
    """One served backend. Names are texts here, for a newer server may know more than its client."""

    name: str
    version: str
    """The server program's."""
    capabilities: frozenset[str] = frozenset()
    stores: frozenset[str] = frozenset()
    omits: Mapping[str, frozenset[str]] | None = None
    agent: str = ""
    """Whose token it is."""
    roles: frozenset[str] = frozenset()

    def known_capabilities(self) -> frozenset[Capability]:
        """Return those capabilities that this program knows."""
        return frozenset(each for each in Capability if each.value in self.capabilities)

    def known_stores(self) -> frozenset[type[Record]]:
        """Return those kinds of record that this program knows."""
        return frozenset(kind for name, kind in BY_NAME.items() if name in self.stores)

    def known_omits(self) -> dict[type[Record], frozenset[str]]:
        """Return the fields that are not kept, of the kinds that this program knows."""
        return {BY_NAME[name]: fields for name, fields in (self.omits or {}).items() if name in BY_NAME}


def about(backend: Backend, *, version: str, agent: str, roles: frozenset[str]) -> About:
    """Return what a server tells `agent` about `backend`."""
    return About(
        backend.name,
        version,
        capabilities=frozenset(each.value for each in backend.capabilities),
        stores=frozenset(map(kind_name, backend.stores)),
        omits={kind_name(kind): fields for kind, fields in backend.omits.items()},
        agent=agent,
        roles=roles,
    )
