"""One history from several kinds of records: contacts, ticket events, and the outages that hit the customer.

Newest first. Entries of one thread fold behind the newest of them; events that one action made together fold likewise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from backends.records import Contact, Entry, OutageState, TicketEvent
from console.rules.coverage import Hit

TOGETHER = timedelta(minutes=2)
"""Ticket events closer than this to one another, on one ticket, came of one action."""


@dataclass(frozen=True, slots=True)
class OutageMoment:
    """Something that an outage did to this customer: it began, was confirmed, updated, or ended."""

    hit: Hit
    at: datetime
    state: OutageState | None
    """The state from then on; None for a mere update."""
    text: str = ""
    part: str = ""
    """What of the outage's own history it is: `start`, `confirmed`, `end`, or the number of an update."""

    @property
    def key(self) -> str:
        """A stable name for this moment."""
        return f"outage:{self.hit.outage.key}:{self.part}"


Happening = Contact | TicketEvent | OutageMoment


@dataclass(frozen=True, slots=True)
class Item:
    """One row of the history: what happened, its thread, and how many rows are folded behind it."""

    happening: Happening
    thread: str = ""
    folded: int = 0
    depth: int = 0

    @property
    def key(self) -> str:
        """A stable name for the row."""
        return name_of(self.happening)


def name_of(happening: Happening) -> str:
    """Return a stable name for a row: its kind and key."""
    if isinstance(happening, Contact):
        return f"contact:{happening.key}"
    if isinstance(happening, TicketEvent):
        return f"event:{happening.key}"
    return happening.key


def moments_of(hit: Hit) -> list[OutageMoment]:
    """Return the outage's own history as moments, oldest first."""
    outage = hit.outage
    sure = outage.confirmed_at is not None and outage.confirmed_at <= outage.started_at
    first = OutageState.CONFIRMED if sure else OutageState.SUSPECTED
    told = {update.state for update in outage.updates if update.state}
    moments: list[OutageMoment] = []
    if not any(update.at == outage.started_at and update.state is first for update in outage.updates):
        moments.append(OutageMoment(hit, outage.started_at, first, outage.title, "start"))
    if outage.confirmed_at and first is not OutageState.CONFIRMED and OutageState.CONFIRMED not in told:
        moments.append(OutageMoment(hit, outage.confirmed_at, OutageState.CONFIRMED, part="confirmed"))
    for number, update in enumerate(outage.updates, start=1):
        moments.append(OutageMoment(hit, update.at, update.state, update.text, str(number)))
    if outage.ended_at and outage.state not in told:
        moments.append(OutageMoment(hit, outage.ended_at, outage.state, part="end"))
    return sorted(moments, key=_at)


def _at(happening: Happening) -> datetime:
    return happening.at


def merged(
    entries: Iterable[Entry], hits: Iterable[Hit], since: datetime | None, until: datetime | None = None
) -> list[Happening]:
    """Return entries and the moments of outages, newest first.

    Outage moments before `since` are left out: that part of the history has not been fetched yet. None means all of
    it has. Those after `until` are left out as well: works of tomorrow are no history, the banner tells of them.
    """
    happenings: list[Happening] = list(entries)
    for hit in hits:
        happenings += [
            moment
            for moment in moments_of(hit)
            if (since is None or moment.at >= since) and (until is None or moment.at <= until)
        ]
    happenings.sort(key=lambda one: (_at(one), name_of(one)), reverse=True)
    return happenings


def thread_of(happening: Happening) -> str:
    """Return the thread that a happening belongs to, empty when it stands alone."""
    return happening.thread if isinstance(happening, Contact) else ""


_RUN = "events:"
_THREAD = "thread:"


def _groups(happenings: Sequence[Happening]) -> list[str]:
    """Return for each row the group it belongs to: its thread, or the run of ticket events it came with.

    Names of threads come from outside; the mark before them keeps them apart from runs.
    """
    groups: list[str] = []
    run = ""
    last: TicketEvent | None = None
    for happening in happenings:
        if isinstance(happening, TicketEvent):
            joined = last is not None and last.ticket_key == happening.ticket_key and last.at - happening.at <= TOGETHER
            if not joined:
                run = f"{_RUN}{happening.key}"
            last = happening
            groups.append(run)
        else:
            last = None
            thread = thread_of(happening)
            groups.append(_THREAD + thread if thread else "")
    return groups


def folded(
    happenings: Sequence[Happening], *, closed: Collection[str] = (), opened: Collection[str] = ()
) -> tuple[Item, ...]:
    """Return the rows to show.

    Threads are shown in their place in time unless their name is in `closed`; runs of ticket events fold behind their
    newest unless their name is in `opened`.
    """
    groups = _groups(happenings)
    sizes: dict[str, int] = {}
    for group in groups:
        if group:
            sizes[group] = sizes.get(group, 0) + 1
    items: list[Item] = []
    seen: set[str] = set()
    for happening, group in zip(happenings, groups, strict=True):
        several = bool(group) and sizes[group] > 1
        name = group if several else ""
        shut = several and (group not in opened if group.startswith(_RUN) else group in closed)
        head = group not in seen
        seen.add(group)
        if shut and not head:
            continue
        items.append(Item(happening, name, sizes[group] - 1 if shut else 0, 0 if head or not several else 1))
    return tuple(items)
