"""What somebody's role keeps from them, and what was opened to them for a while (R41).

`Hidden` says which areas are closed, for everybody's customers and further ones for those of single operators. What is
opened with a reason holds for the reads of one customer alone: those that run within `opened`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from backends.records import Area, Key

NOTHING: frozenset[Area] = frozenset()
REVEAL = "reveal"
"""How a note of the audit trail begins that says what was opened to somebody, and why: it has to be kept."""
_OPENED: ContextVar[frozenset[Area]] = ContextVar("opened", default=NOTHING)


@dataclass(frozen=True, slots=True)
class Hidden:
    """The areas that are closed: `areas` everywhere, those of `operators` for the customers of these operators too."""

    areas: frozenset[Area] = NOTHING
    operators: Mapping[Key, frozenset[Area]] = field(default_factory=dict)
    """By operator key; an operator for whom nothing more is hidden does not stand here."""

    def __bool__(self) -> bool:
        """Whether anything is hidden from anybody."""
        return bool(self.areas) or any(self.operators.values())

    def of(self, operator_key: Key) -> frozenset[Area]:
        """Return what is hidden of an operator's customers."""
        return self.areas | self.operators.get(operator_key, NOTHING)

    def everywhere(self, area: Area) -> bool:
        """Return whether an area is hidden whoever the customer is with."""
        return area in self.areas

    def somewhere(self, area: Area) -> tuple[Key, ...]:
        """Return the operators for whose customers alone an area is hidden, in a settled order."""
        return tuple(sorted(key for key, areas in self.operators.items() if area in areas - self.areas))

    def without(self, areas: frozenset[Area]) -> Hidden:
        """Return the same with some areas opened."""
        if not areas:
            return self
        left = {key: closed - areas for key, closed in self.operators.items()}
        return Hidden(self.areas - areas, {key: closed for key, closed in left.items() if closed})


NOWHERE = Hidden()
"""Nothing is hidden."""


def opened_now() -> frozenset[Area]:
    """Return the areas that are open to the reads that run now."""
    return _OPENED.get()


@contextmanager
def opened(areas: frozenset[Area]) -> Iterator[None]:
    """Open areas to what is read within the block, in this task and those it begins; nothing of it may be kept."""
    token = _OPENED.set(areas)
    try:
        yield
    finally:
        _OPENED.reset(token)
