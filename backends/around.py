"""What every backend that stands around another passes on: what the inner one is and takes."""

from __future__ import annotations

from collections.abc import Mapping

from backends.port import Backend, Capability
from backends.records import Record


class Around:
    """A backend around `inner`: it is called, can and takes what the inner one does, unless it says otherwise."""

    inner: Backend

    @property
    def name(self) -> str:
        """The source's name."""
        return self.inner.name

    @property
    def url(self) -> str:
        """The source's URL."""
        return self.inner.url

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the source can do."""
        return self.inner.capabilities

    @property
    def stores(self) -> frozenset[type[Record]]:
        """The kinds of record that the source takes."""
        return self.inner.stores

    @property
    def omits(self) -> Mapping[type[Record], frozenset[str]]:
        """The fields that the source has no place for."""
        return self.inner.omits
