"""The contract between the desk and whatever keeps its records.

A backend stores and finds; the rules of the desk are not its business. All methods are asynchronous; reads of an
embedded store may run directly, everything slow or writing happens off the event loop. Errors are those of
`backends.errors`; an error never looks like an empty result.

One user action is one `Batch`: it is stored whole or not at all, with its audit rows. What came of it is a `Receipt`,
and its `Change`s hold both versions, so that the action can be undone by the batch that `undoing` makes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from backends.areas import Hidden
from backends.asking import (
    PENDING_DISPUTES,
    PENDING_ORDER,
    PRESENCE_AGE,
    CustomerFile,
    Match,
    MatchedOn,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    PendingKind,
    Presence,
    QueueFilter,
    TextHit,
    TicketFilter,
    TimelineFilter,
    each_agent,
)
from backends.events import Event
from backends.records import (
    Agent,
    AuditEntry,
    AuditVerdict,
    Contact,
    Customer,
    Entry,
    Key,
    Link,
    Operator,
    Origin,
    Outage,
    Record,
    Ticket,
)

__all__ = [
    "PENDING_DISPUTES", "PENDING_ORDER", "PRESENCE_AGE", "Backend", "Batch", "Capability", "Change", "Checks",
    "CustomerFile", "Keeper", "LeavesOut", "Listing", "Match", "MatchedOn", "Origins", "OutageFilter", "Page",
    "Pending", "PendingFilter", "PendingKind", "Presence", "Put", "QueueFilter", "Receipt", "Remove", "TextHit",
    "TicketFilter", "TimelineFilter", "each_agent", "undoing",
]  # fmt: skip

_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()


class Capability(StrEnum):
    """What a backend can do. What is advertised works; what is not raises Unsupported."""

    SEARCH = "search"
    TEXT_SEARCH = "text_search"
    WRITE = "write"
    UNDO = "undo"
    """Accepts `Remove` for what was just created."""
    LIVE = "live"
    QUEUE = "queue"
    OUTAGES = "outages"
    AUDIT = "audit"
    EXPORT = "export"
    FORGET = "forget"
    RAW = "raw"
    """Keeps the original of imported items."""
    LINKS = "links"
    """Keeps which records of several sources are the same."""
    PENDING = "pending"
    """Lists what is due over all customers."""
    PRESENCE = "presence"
    """Knows which agents have which customer open now."""


@dataclass(frozen=True, slots=True)
class Put:
    """Store `record`: a new one when its key is new (`new_key`), else in place of version `seen`.

    `raw` is the original of an imported item, kept beside it for export. With `unless_known`, a record whose origin
    is stored already is left as it is and reported in `Receipt.known`.
    """

    record: Record
    seen: int | None = None
    raw: bytes | None = None
    unless_known: bool = False


@dataclass(frozen=True, slots=True)
class Remove:
    """Take back a record that was just created; only undo does this."""

    record: Record
    seen: int


@dataclass(frozen=True, slots=True)
class Batch:
    """One user action: stored whole or not at all.

    `act` goes into the audit trail (`create`, `change`, `undo`, `import`, …); `idempotency_key` makes a repeated batch
    return the first one's receipt and store nothing.
    """

    items: tuple[Put | Remove, ...]
    actor: str
    act: str = "change"
    reason: str = ""
    idempotency_key: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One record of a batch: `before` is None when created, `after` is None when removed."""

    before: Record | None
    after: Record | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a batch stored, in the batch's order, with real keys, references and versions.

    `known` are (position in the batch, key) of records that `unless_known` left alone; they have no change.
    `keys` maps each new key of the batch to its real one.
    """

    changes: tuple[Change, ...]
    at: datetime
    known: tuple[tuple[int, Key], ...] = ()
    keys: Mapping[Key, Key] | None = None
    repeated: bool = False
    waiting: bool = False
    """Whether all of it is only in the outbox yet: keys and references are provisional (R23)."""


def undoing(receipt: Receipt, *, actor: str, reason: str = "") -> Batch:
    """Return the batch that restores what was before `receipt`; storing it raises Conflict if anything moved since."""
    items: list[Put | Remove] = []
    for change in reversed(receipt.changes):
        if change.after is None:
            continue
        if change.before is None:
            items.append(Remove(change.after, seen=change.after.version))
        else:
            items.append(Put(change.before, seen=change.after.version))
    return Batch(tuple(items), actor=actor, act="undo", reason=reason)


class Backend(Protocol):
    """A source of records. `name` is short and shown; `url` holds no secret.

    `stores` are the kinds of record that `write` takes; another kind raises Unsupported with `write.` and the kind's
    name. `omits` names, by kind, the fields that the store has no place for: they are taken and come back empty.
    """

    @property
    def name(self) -> str:
        """A short name that is shown."""

    @property
    def url(self) -> str:
        """Where the records are; holds no secret."""

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the source can do."""

    @property
    def stores(self) -> frozenset[type[Record]]:
        """The kinds of record that `write` takes."""

    @property
    def omits(self) -> Mapping[type[Record], frozenset[str]]:
        """By kind, the fields that the store has no place for."""

    async def open(self) -> None:
        """Make ready; raises WrongVersion, Unavailable, NotSignedIn, Damaged."""

    async def close(self) -> None:
        """Let go of everything; may be called twice."""

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first, each once; an empty text finds nobody.

        The text is data: names by prefix of any word without diacritics, telephone numbers in any notation, e-mail,
        customer number, ticket or contact reference, address or postcode, line id, MAC, IP. A ticket is also found by
        the digits of its reference alone, four or more. When nobody is found so and the text is letters alone, names
        spelt much like it may be given, marked `near`.
        """

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts whose subject or body has all words of `text` (by prefix, folded), newest first."""

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first (by `at`, then key); bodies are cut to 240 characters."""

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or by its reference in any case; raises NotFound."""

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer (R10), oldest first, with their customers."""

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers, by due time (those without one last), then kind, then key.

        These are: open promises; handovers neither accepted nor declined; running contracts whose fixed term ends
        within `[ends_from, ends_to]`; disputes that are open or whose hold is asked for; open tickets with a time for
        their next step. Raises Unsupported without the capability, Invalid `after` for a cursor that no page gave.
        """

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch whole or not at all; raises Conflict, Invalid, NotFound, Full, Busy, Unavailable."""

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail that `actor` opened this customer."""

    # living -------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from now on, or from the cursor `since`; ends only when cancelled or closed."""

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open in this console; None says: none.

        To be told again every 30 seconds: a console that is not heard of for 90 seconds is gone. The others hear
        PresenceChanged when somebody comes, goes, begins or stops writing, not each time it is told. It is no deed:
        not in the audit trail, not in an export, not to be undone. Keys are not looked up: they may name a customer of
        another source. Raises Unsupported without the capability, Busy, Unavailable.
        """

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now, each agent once, by login; raises Unsupported."""

    # keeping ------------------------------------------------------------------------------------------------------

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the audit trail, newest first."""

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the whole chain; `progress` hears (rows done, rows in all)."""

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person as plain JSON values, originals included (base64); audited."""

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data, keep counts and clocks; returns how many records of each kind were changed."""


Checks = Sequence[tuple[str, bool, str]]
"""(name of a check, whether it passed, technical detail)"""


class Keeper(Protocol):
    """What an embedded store offers to its keeper beside the port: `cordboard db …`."""

    async def check(self) -> Checks:
        """Look for damage: integrity, foreign keys, index, audit chain."""

    async def backup(self, to: str, progress: Callable[[int, int], None] | None = None) -> int:
        """Copy the living store to a new file (never over an existing one); returns its size in bytes."""

    async def upgrade(self, progress: Callable[[str], None] | None = None) -> str:
        """Bring the store to the program's version; returns that version."""


@runtime_checkable
class Origins(Protocol):
    """What a store that takes imports offers beside the port: which foreign records it holds already.

    With it a trial run can tell new from known, a reply finds the mail it answers, and what hangs on a known record
    without an origin of its own is not stored twice.
    """

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the keys of those records of `kind` that came from one of `origins`."""


@runtime_checkable
class LeavesOut(Protocol):
    """What a store offers beside the port that can keep from fetching what a role may not see (R41)."""

    def leave_out(self, hidden: Hidden) -> AbstractContextManager[None]:
        """Fetch nothing of what is hidden within the block: its fields come back empty, its records do not exist.

        It holds for what is read in the task that runs the block and in those it begins; writing is not concerned.
        """


@runtime_checkable
class Listing(Protocol):
    """What a store that can be walked from end to end offers beside the port, to be served to programs.

    People never need such lists, and a remote helpdesk may refuse them.
    """

    async def listed(
        self, kind: type[Record], *, customer_key: Key = "", after: str | None = None, limit: int = 100
    ) -> Page[Record]:
        """Return records of a kind, all or one customer's, in the order in which they were stored.

        Raises Invalid `cursor` for a cursor that no page gave.
        """

    async def counted(self, kind: type[Record]) -> int:
        """Return how many records of a kind there are."""
