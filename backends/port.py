"""The contract between the desk and whatever keeps its records.

A backend stores and finds; the rules of the desk are not its business. All methods are asynchronous; reads of an
embedded store may run directly, everything slow or writing happens off the event loop. Errors are those of
`backends.errors`; an error never looks like an empty result.

One user action is one `Batch`: it is stored whole or not at all, with its audit rows. What came of it is a `Receipt`,
and its `Change`s hold both versions, so that the action can be undone by the batch that `undoing` makes.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Generic, Protocol, TypeVar, runtime_checkable

from backends.areas import Hidden
from backends.events import Event
from backends.records import (
    Agent,
    AuditEntry,
    AuditVerdict,
    Charge,
    Chase,
    Contact,
    Contract,
    Customer,
    Direction,
    Dispute,
    DisputeState,
    Entry,
    Handover,
    Key,
    Line,
    Link,
    Operator,
    Origin,
    Outage,
    OutageState,
    Promise,
    Record,
    Ticket,
    TicketKind,
    TicketState,
    Visit,
)

T = TypeVar("T")


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
class Page(Generic[T]):
    """Some rows, and the opaque cursor to the next ones; None after the last."""

    rows: tuple[T, ...]
    after: str | None = None


class MatchedOn(StrEnum):
    """Why a search found a customer."""

    NAME = "name"
    NUMBER = "number"
    PHONE = "phone"
    EMAIL = "email"
    TICKET = "ticket"
    CONTACT = "contact"
    LINE = "line"
    MAC = "mac"
    IP = "ip"
    PLACE = "place"
    POSTCODE = "postcode"
    CONTRACT = "contract"


@dataclass(frozen=True, slots=True)
class Match:
    """A customer found, why, and the piece of data that matched. `exact` means nothing else could be meant."""

    customer: Customer
    on: MatchedOn
    shown: str
    exact: bool = False
    record_key: Key = ""
    """The ticket, contact or line that matched, to open the customer at that point."""
    near: bool = False
    """Whether the name is only spelt much like the text; such a match is never exact."""


@dataclass(frozen=True, slots=True)
class TextHit:
    """A contact whose subject or body holds the words, with a piece of text around them."""

    contact: Contact
    customer_name: str
    customer_number: str
    around: str


@dataclass(frozen=True, slots=True)
class TimelineFilter:
    """Which entries of a customer's history to give; empty parts let everything through."""

    channels: frozenset[str] = frozenset()
    directions: frozenset[Direction] = frozenset()
    text: str = ""
    """Words that must all occur (by prefix, folded); data, never a query language."""
    unanswered: bool = False
    ticket_key: Key = ""
    thread: str = ""
    events: bool = True
    """Whether ticket events belong; a filter on channel, direction, text or answer leaves them out."""


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets to list; empty parts let everything through. Newest first."""

    customer_key: Key = ""
    operator_keys: frozenset[Key] = frozenset()
    states: frozenset[TicketState] = frozenset()
    kinds: frozenset[TicketKind] = frozenset()
    opened_since: datetime | None = None


@dataclass(frozen=True, slots=True)
class OutageFilter:
    """Which outages to list: in these states, and alive at some time within the span. Newest first."""

    states: frozenset[OutageState] = frozenset()
    operator_keys: frozenset[Key] = frozenset()
    since: datetime | None = None
    until: datetime | None = None
    limit: int = 500


@dataclass(frozen=True, slots=True)
class QueueFilter:
    """Which unanswered contacts to list (R10), oldest first."""

    operator_keys: frozenset[Key] = frozenset()
    channels: frozenset[str] = frozenset()


class PendingKind(StrEnum):
    """What somebody at the desk has to do, by the record that says so."""

    PROMISE = "promise"
    HANDOVER = "handover"
    CONTRACT = "contract"
    DISPUTE = "dispute"
    TICKET = "ticket"


@dataclass(frozen=True, slots=True)
class PendingFilter:
    """Which pending things to list; empty parts let everything through."""

    kinds: frozenset[PendingKind] = frozenset()
    operator_keys: frozenset[Key] = frozenset()
    """The operator that a ticket names; for all else that of the customer."""
    until: datetime | None = None
    """Due before this moment; what has no due time always belongs."""
    outage_key: Key = ""
    """Only promises that are due when this outage ends."""
    ends_from: date | None = None
    ends_to: date | None = None
    """Contracts: the first and the last day on which the fixed term may end."""


@dataclass(frozen=True, slots=True)
class Pending:
    """Something to be done for a customer.

    Due are: a promise and a handover at their `due_at`, a ticket at its `next_step_at`, a contract on the day it ends,
    a dispute on the first dunning day of its unpaid charges. Days count from midnight in UTC; which hour of the
    operator's day is meant, and what follows from it, is for the rules.
    """

    kind: PendingKind
    record: Promise | Handover | Contract | Dispute | Ticket
    customer: Customer
    due_at: datetime | None = None


PENDING_ORDER: Mapping[PendingKind, int] = {kind: place for place, kind in enumerate(PendingKind)}
"""Which of two things that are due at one moment stands first."""

PENDING_DISPUTES = frozenset({DisputeState.OPEN, DisputeState.HOLD_ASKED})
"""Disputes in which billing has not promised yet not to dun."""

PRESENCE_AGE = timedelta(seconds=90)
"""A console that was not heard of for this long is gone."""


@dataclass(frozen=True, slots=True)
class Presence:
    """An agent who has a customer open now. Moments are in UTC; `seen_at` is by the clock of the store."""

    agent: str
    """The agent's login."""
    customer_key: Key
    since: datetime
    seen_at: datetime
    ticket_key: Key = ""
    writing: bool = False
    """Whether the agent is writing to the customer."""


def each_agent(rows: Iterable[Presence]) -> tuple[Presence, ...]:
    """Return each agent once, by login: as the console says that was heard last, writing if any of theirs is."""
    found: dict[str, Presence] = {}
    for row in sorted(rows, key=lambda one: one.seen_at):
        other = found.get(row.agent, row)
        found[row.agent] = replace(row, since=min(row.since, other.since), writing=row.writing or other.writing)
    return tuple(found[agent] for agent in sorted(found))


@dataclass(frozen=True, slots=True)
class CustomerFile:
    """Everything about one customer but the timeline, read in one go and from one state of the store.

    `tickets` are the open ones and those closed in the last 90 days, newest first; chases, promises, visits and
    handovers are those of these tickets, plus open promises without a ticket. `contacts_total` counts all contacts;
    `recent_inbound` holds the inbound contacts of the last 30 days, newest first, at most 50, bodies cut.
    """

    customer: Customer
    operator: Operator
    lines: tuple[Line, ...] = ()
    contracts: tuple[Contract, ...] = ()
    charges: tuple[Charge, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    tickets: tuple[Ticket, ...] = ()
    chases: tuple[Chase, ...] = ()
    promises: tuple[Promise, ...] = ()
    visits: tuple[Visit, ...] = ()
    handovers: tuple[Handover, ...] = ()
    recent_inbound: tuple[Contact, ...] = ()
    contacts_total: int = 0


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
        self, customer_key: Key, *, only: TimelineFilter = TimelineFilter(), after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first (by `at`, then key); bodies are cut to 240 characters."""

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or by its reference in any case; raises NotFound."""

    async def tickets(
        self, only: TicketFilter = TicketFilter(), *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first."""

    async def outages(self, only: OutageFilter = OutageFilter()) -> tuple[Outage, ...]:
        """Return outages, newest first."""

    async def queue(
        self, only: QueueFilter = QueueFilter(), *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer (R10), oldest first, with their customers."""

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first."""

    async def pending(
        self, only: PendingFilter = PendingFilter(), *, after: str | None = None, limit: int = 200
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
