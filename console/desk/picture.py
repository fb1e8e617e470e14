"""One customer as one state of knowledge: the file, the outages that hit it, the history so far, the sources.

Used by the console, by `cordboard show` and by its JSON alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backends.delivery import Delivery, DeliveryState, Outgoing
from backends.errors import BackendError, NotFound
from backends.port import Backend, Capability, CustomerFile, OutageFilter, Page, TimelineFilter
from backends.records import LIVE_OUTAGE_STATES, Contact, Entry, Key, Operator, Outage, OutageState, Ticket, TicketEvent
from console.desk.persons import as_persons
from console.desk.sources import Source, SourceState, sources_of
from console.rules.clocks import TOLD_BY_EVENTS, depends_on_history
from console.rules.coverage import Hit, hits
from console.rules.policies import Policies
from console.rules.timeline import Happening, merged

FIRST_PAGE = 60
PAGE = 200
EVERYTHING = TimelineFilter()
HISTORY = timedelta(days=730)
"""How far back outages are laid over the history."""
_OVER = frozenset(OutageState) - LIVE_OUTAGE_STATES


@dataclass(frozen=True, slots=True)
class Picture:
    """Everything known of one customer at `at`. `after` is the cursor to older entries, None when all are here."""

    file: CustomerFile
    at: datetime
    hits: tuple[Hit, ...] = ()
    past_hits: tuple[Hit, ...] = ()
    entries: tuple[Entry, ...] = ()
    after: str | None = None
    only: TimelineFilter = EVERYTHING
    sources: tuple[Source, ...] = ()
    waits: tuple[TicketEvent, ...] = ()
    """Events that tell when the tickets waited for the customer, in any order: their clocks need all of them."""
    heard: tuple[Contact, ...] = ()
    """Contacts on the tickets, in any order: they tell which clocks ended when the customer was told something."""
    deliveries: tuple[Delivery, ...] = ()
    """What is on its way to a source that has not taken it yet (R23)."""

    @property
    def key(self) -> Key:
        """The customer's key."""
        return self.file.customer.key

    def on_their_way(self) -> Mapping[Key, DeliveryState]:
        """Return the keys of records that are not with their source yet, and how each of them stands."""
        return {record.key: one.state for one in self.deliveries for record in one.records}

    def happenings(self) -> list[Happening]:
        """Return the history up to now, newest first; outages stay out while a filter is on."""
        plain = self.only == EVERYTHING
        since = self.entries[-1].at if self.after is not None and self.entries else None
        return merged(self.entries, (*self.hits, *self.past_hits) if plain else (), since, self.at)


def parents_of(operator: Operator) -> tuple[Key, ...]:
    """Return the keys of the operators above a brand."""
    return (operator.parent_key,) if operator.parent_key else ()


async def outages_of(backend: Backend, file: CustomerFile, now: datetime) -> tuple[tuple[Hit, ...], tuple[Hit, ...]]:
    """Return the live and the past outages that hit this customer's lines; nothing where a backend knows none.

    Live ones are asked for by themselves: however many newer ones are over, none that goes on is missed (R26).
    """
    if Capability.OUTAGES not in backend.capabilities:
        return (), ()
    above = parents_of(file.operator)
    theirs = frozenset({file.operator.key, *above})
    live: Sequence[Outage] = await backend.outages(OutageFilter(states=LIVE_OUTAGE_STATES, operator_keys=theirs))
    over: Sequence[Outage] = await backend.outages(
        OutageFilter(states=_OVER, operator_keys=theirs, since=now - HISTORY)
    )
    return hits(live, file.lines, file.customer, above), hits(over, file.lines, file.customer, above)


async def _histories(
    backend: Backend, file: CustomerFile, page: Page[Entry], whole: bool, rules: Policies
) -> tuple[tuple[TicketEvent, ...], tuple[Contact, ...]]:
    """Return the events and contacts that move the clocks of the file's tickets.

    They are asked for only where the page is not `whole`.
    """
    tickets = [one for one in file.tickets if depends_on_history(one, file.operator, rules)]
    entries: list[Entry] = list(page.rows) if whole else []
    for ticket in () if whole else tickets:
        theirs = await backend.timeline(file.customer.key, only=TimelineFilter(ticket_key=ticket.key), limit=PAGE)
        entries += theirs.rows
    wanted = {one.key for one in tickets}
    moving = [one for one in entries if one.ticket_key in wanted]
    return (
        tuple(one for one in moving if isinstance(one, TicketEvent) and one.kind in TOLD_BY_EVENTS),
        tuple(one for one in moving if isinstance(one, Contact)),
    )


def _shipped() -> Policies:
    from console.data.clocks import policies  # no customer is open before the first frame

    return policies()


async def gather(
    backend: Backend,
    key: Key,
    now: datetime,
    *,
    only: TimelineFilter = EVERYTHING,
    limit: int = FIRST_PAGE,
    rules: Policies | None = None,
) -> Picture:
    """Return the picture of a customer; raises what the backend raises.

    `rules` are the policies by which clocks run, the shipped ones without them.
    """
    file = await backend.customer_file(key)
    page: Page[Entry] = await backend.timeline(key, only=only, limit=limit)
    live, past = await outages_of(backend, file, now)
    whole = page.after is None and only == EVERYTHING
    waits, heard = await _histories(backend, file, page, whole, rules or _shipped())
    on_way = backend.deliveries(key) if isinstance(backend, Outgoing) else ()
    sources = sources_of(backend, key, now)
    picture = Picture(file, now, live, past, page.rows, page.after, only, sources, waits, heard, on_way)
    return _with_what_waits(picture) if on_way else picture


def _with_what_waits(picture: Picture) -> Picture:
    """Return the picture with what waits in an outbox, where the source that does not answer could not show it."""
    entries = {one.key: one for one in picture.entries}
    tickets = {one.key: one for one in picture.file.tickets}
    for delivery in picture.deliveries:
        for record in delivery.records:
            if isinstance(record, Contact | TicketEvent) and picture.only == EVERYTHING:
                entries.setdefault(record.key, record)
            elif isinstance(record, Ticket):
                tickets.setdefault(record.key, record)
    newest = sorted(entries.values(), key=lambda one: one.at, reverse=True)
    opened = sorted(tickets.values(), key=lambda one: one.opened_at, reverse=True)
    return replace(picture, entries=tuple(newest), file=replace(picture.file, tickets=tuple(opened)))


async def older(backend: Backend, picture: Picture, limit: int = PAGE) -> Picture:
    """Return the picture with one more page of its history; the same one when all is here."""
    if picture.after is None:
        return picture
    page = await backend.timeline(picture.key, only=picture.only, after=picture.after, limit=limit)
    return replace(picture, entries=(*picture.entries, *page.rows), after=page.after)


async def refreshed(backend: Backend, picture: Picture, now: datetime, rules: Policies | None = None) -> Picture:
    """Return the picture as it is now, with at least as much history as before."""
    limit = max(FIRST_PAGE, len(picture.entries) + 5)
    return await gather(backend, picture.key, now, only=picture.only, limit=limit, rules=rules)


def stale(picture: Picture, error: BackendError) -> Picture:
    """Return the picture marked as old because its source does not answer."""
    return replace(
        picture,
        sources=tuple(replace(one, state=SourceState.STALE, error=error) for one in picture.sources),
    )


async def find_one(backend: Backend, text: str) -> Key:
    """Return the key of the one customer that `text` means, by exact match or as the only one found.

    Who is only called much like the text is not meant by it. Raises NotFound, whose detail is `none` or `several`.
    """
    found = await as_persons(backend, await backend.search(text, limit=5))
    exact = [match for match in found if match.exact]
    chosen = exact if exact else [match for match in found if not match.near]
    keys = {match.customer.key for match in chosen}
    if len(keys) != 1:
        raise NotFound("several" if keys else "none", source=backend.name)
    return keys.pop()
