"""What the suite may know of a store that does less than everything, and how it finds out that this is told honestly.

The port says itself which kinds a backend stores (`stores`) and which fields it has no place for (`omits`): neither is
taken on trust. A kind that is not stored must be refused with Unsupported, `write.` and the kind's name; an omitted
field must be taken and come back at its default; every other field must come back as it went in. What the port cannot
say, because nobody but a test needs it, a subclass says with the attributes here. Each is `everything` by default.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import MISSING, fields, replace
from datetime import timedelta
from typing import Any, ClassVar, TypeVar

import pytest

from backends.contract.samples import an_operator
from backends.errors import Unsupported
from backends.port import Backend, Batch, Capability, MatchedOn, Put
from backends.records import Entry, Operator, Record

R = TypeVar("R", bound=Record)
E = TypeVar("E", bound=Entry)
ACTOR = "ola"
IDENTITY = ("key", "reference", "number")
"""Fields that a backend may assign."""


def kind_of(record: Record | type[Record]) -> str:
    """Return the name of a record's kind as the audit trail writes it: `ticket_event`."""
    cls = record if isinstance(record, type) else type(record)
    return re.sub(r"(?<!^)(?=[A-Z])", "_", cls.__name__).lower()


def class_of(record: Record) -> type[Record]:
    """Return the class of a record."""
    return type(record)


def without_identity(record: R) -> R:
    """Return `record` without what a backend assigns, to compare what went in with what came out."""
    blank: dict[str, Any] = {name: "" for name in IDENTITY if hasattr(record, name)}
    return replace(record, version=0, **blank)


def _default(record: Record, name: str) -> tuple[bool, Any]:
    """Return whether a field has a default, and which."""
    (spec,) = (spec for spec in fields(record) if spec.name == name)
    if spec.default is not MISSING:
        return True, spec.default
    return (True, spec.default_factory()) if spec.default_factory is not MISSING else (False, None)


class Limits:
    """The attributes by which a subclass tells what its store cannot do, and the checks that it is so."""

    patience: ClassVar[float] = 10.0
    """Seconds after which an event that has not come counts as lost."""
    examples: ClassVar[int | None] = None
    """At most how many examples hypothesis makes for each of its tests, for slow servers; None for as many as usual."""
    large: ClassVar[int] = 1_000
    """How many records the largest batch of the suite has, for servers that take each in a request of its own."""
    plants: ClassVar[frozenset[type[Record]]] = frozenset()
    """Kinds that your own `plant` puts there although `write` refuses them."""
    unchanging: ClassVar[frozenset[type[Record]]] = frozenset()
    """Kinds that can be added and never changed: to change one must be Unsupported, `change.` or `write.` and kind."""
    assigned: ClassVar[Mapping[type[Record], frozenset[str]]] = {}
    """Fields that the store sets itself whatever is written: by its own clock, by who signed in. They are not compared,
    and tests that choose their values are skipped. Fields without a default in `omits` count as assigned too."""
    tick: ClassVar[timedelta] = timedelta(microseconds=1)
    """The shortest span between two moments that the store tells apart."""
    reference_form: ClassVar[str] = r"[A-Z0-9][A-Z0-9-]{2,15}"
    """How references look that the store assigns: fit to be read out."""
    lone_contacts: ClassVar[bool] = True
    """Whether a contact may be without a ticket; if not, the suite gives one to every contact that has none."""
    atomic: ClassVar[bool] = True
    """Whether the records of one batch are seen all at once. A store that takes them one by one sets it False; that a
    batch which was cut off is completed by repeating it is then still demanded."""
    serialised: ClassVar[bool] = True
    """Whether the store itself decides between two who write at the same moment. A server that cannot compare versions
    or keys sets it False; that who comes later is told is then still demanded."""
    coarse_events: ClassVar[bool] = False
    """Whether events are found by asking again and again: one change may be told twice, or with more than changed."""
    finds: ClassVar[frozenset[MatchedOn]] = frozenset(MatchedOn)
    """By what a search finds customers."""
    folds: ClassVar[bool] = True
    """Whether a search finds names and words without their accents."""
    ranks: ClassVar[bool] = True
    """Whether who is called exactly so is found before those whose name only begins so, however few are asked for."""

    def shaped(self, record: R) -> R:
        """Return `record` with values that the store can hold: whole seconds, its own codes; keep all keys."""
        return record

    def by_server(self, entry: Entry) -> bool:
        """Return whether the server itself put `entry` into the timeline, as a log of what was done to a ticket."""
        return False

    async def settled(self, backend: Backend) -> None:
        """Wait until what was stored is seen by every way of reading, where a store's index lags behind."""

    # what is known of a backend -----------------------------------------------------------------------------------

    def loses(self, backend: Backend, kind: type[Record]) -> frozenset[str]:
        """Return the fields of a kind that do not come back as they went in: omitted or assigned."""
        return backend.omits.get(kind, frozenset()) | self.assigned.get(kind, frozenset())

    def keeps(self, backend: Backend, kind: type[Record], *names: str) -> bool:
        """Return whether all these fields come back as they went in."""
        return not self.loses(backend, kind) & set(names)

    def needs_fields(self, backend: Backend, kind: type[Record], *names: str) -> None:
        """Go on when these fields are kept; else skip. That they are lost as told, the round trips show."""
        lost = sorted(self.loses(backend, kind) & set(names))
        if lost:
            pytest.skip(f"does not keep {', '.join(lost)} of a {kind_of(kind)}, and says so")

    def holds(self, backend: Backend, kind: type[Record]) -> bool:
        """Return whether records of a kind can be put into the store, by writing or otherwise."""
        return kind in backend.stores or kind in self.plants

    async def refuses(self, backend: Backend, record: Record) -> None:
        """See that a record of a kind that is not stored is refused with exactly that reason."""
        kind = type(record)
        assert kind not in backend.stores
        with pytest.raises(Unsupported) as raised:
            await backend.write(Batch((Put(record),), actor=ACTOR))
        whole = () if Capability.WRITE in backend.capabilities else (Capability.WRITE,)
        assert raised.value.capability in (f"write.{kind_of(kind)}", *whole)

    async def storable(self, backend: Backend, records: Iterable[R]) -> list[R]:
        """Return those records that can be stored, having seen that the kinds of the others are refused."""
        kept: list[R] = []
        proven: set[type[Record]] = set()
        for record in records:
            kind = class_of(record)
            if self.holds(backend, kind):
                kept.append(record)
            elif kind not in proven:
                await self.refuses(backend, record)
                proven.add(kind)
        return kept

    async def needs_kinds(self, backend: Backend, *records: Record) -> None:
        """Go on when all of `records` can be stored; else see that they are refused, and skip the rest."""
        left_out = [record for record in records if not self.holds(backend, type(record))]
        for record in left_out:
            await self.refuses(backend, record)
        if left_out:
            names = ", ".join(sorted({kind_of(record) for record in left_out}))
            pytest.skip(f"does not store {names}, and says so")

    def has_operators(self, backend: Backend) -> bool:
        """Return whether operators can be stored; a store without has one that is fixed."""
        return self.holds(backend, Operator)

    async def needs_operators(self, backend: Backend) -> None:
        """Go on when more than one operator can be there; else see that they are refused, and skip the rest."""
        await self.needs_kinds(backend, an_operator())

    # comparing ----------------------------------------------------------------------------------------------------

    def same(self, backend: Backend, stored: R, sample: R) -> bool:
        """Return whether `stored` is `sample` but for what a backend assigns; what it omits must be at its default."""
        kind = class_of(sample)
        changes: dict[str, Any] = {}
        for name in self.loses(backend, kind) - {*IDENTITY, "version"}:
            optional, default = _default(sample, name)
            changes[name] = getattr(stored, name)
            if optional and name not in self.assigned.get(kind, ()):
                changes[name] = default
        return without_identity(stored) == without_identity(replace(sample, **changes))

    def own(self, entries: Iterable[E]) -> list[E]:
        """Return the entries of a timeline without those of the server's own."""
        return [entry for entry in entries if not self.by_server(entry)]

    def in_order(self, backend: Backend, entries: Sequence[Record], expected: Sequence[Record], moment: str) -> bool:
        """Return whether `entries` are those expected, newest first by `moment`.

        Where the store sets the moments itself, two of one moment may come in either order.
        """
        if all(self.keeps(backend, type(record), moment) for record in expected):
            return list(entries) == list(expected)
        moments = [getattr(entry, moment) for entry in entries]
        return moments == sorted(moments, reverse=True) and set(entries) == set(expected)
