"""The sources of a profile as the desk sees them: what each is for, how its line stands, what it last said."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from backends.delivery import Outgoing
from backends.errors import BackendError
from backends.port import Backend, Capability
from backends.records import Key, Operator, Record
from console.desk.several.keys import HOME, joined, parted
from console.desk.sources import Remembering


@dataclass(slots=True)
class Member:
    """One source: `name` is empty for the home store. `writes` are the kinds of new records that go there."""

    name: str
    backend: Backend
    writes: frozenset[type[Record]] = frozenset()
    operators: dict[Key, Key] = field(default_factory=dict)
    """Its operators' keys, each with the desk's key for the operator of the same code."""
    answered_at: datetime | None = None
    """When it last answered anything."""
    error: BackendError | None = None
    """Why it does not answer now; None while it does."""
    known_operators: bool = False

    @property
    def shown(self) -> str:
        """The name that people see."""
        return self.name or self.backend.name

    def can(self, capability: Capability) -> bool:
        """Return whether the source can do it."""
        return capability in self.backend.capabilities

    @property
    def trouble(self) -> BackendError | None:
        """Why what it gives is old: it does not answer now, or something before it answers in its place."""
        if self.error is not None:
            return self.error
        return self.backend.error if isinstance(self.backend, Remembering) else None

    @property
    def last_told(self) -> datetime | None:
        """When it last told anything itself: what is shown of it is not newer."""
        return self.backend.last_answer if isinstance(self.backend, Remembering) else self.answered_at

    @property
    def knows_customers(self) -> bool:
        """Whether customers can be asked for here; a feed of outages knows none."""
        return self.can(Capability.SEARCH)

    @property
    def outgoing(self) -> Outgoing | None:
        """Its outbox, None where there is none."""
        return self.backend if isinstance(self.backend, Outgoing) else None

    def answered(self, at: datetime) -> bool:
        """Note that it answered; returns whether it had not before."""
        back = self.error is not None
        self.answered_at, self.error = at, None
        return back

    def failed(self, error: BackendError) -> None:
        """Note that it did not answer, and why."""
        self.error = error

    def up(self, key: Key) -> Key:
        """Return a key of this source as the desk knows it; operators are the same everywhere."""
        return self.operators.get(key) or joined(self.name, key)

    def down(self, key: Key) -> Key:
        """Return a key of the desk as this source knows it."""
        for theirs, ours in self.operators.items():
            if ours == key:
                return theirs
        source, rest = parted(key, {self.name: self})
        return rest if source == self.name else key

    def meet(self, operators: tuple[Operator, ...], ours: dict[str, Key]) -> list[Operator]:
        """Learn its operators; `ours` are the desk's keys by code. Returns those that the desk did not know."""
        self.known_operators = True
        unknown = []
        for operator in operators:
            known = operator.key if self.name == HOME else ours.get(operator.code.casefold())
            if self.name == HOME:
                ours[operator.code.casefold()] = operator.key
            if known is None:
                unknown.append(operator)
                known = joined(self.name, operator.key)
                ours[operator.code.casefold()] = known
            if self.name != HOME:
                self.operators[operator.key] = known
        return unknown
