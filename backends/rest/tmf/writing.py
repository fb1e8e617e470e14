"""A batch, taken by the server one resource after the other; repeated, it goes on where it stopped.

The standard has no transaction. So everything that can be known to be wrong is looked for before the first request.
Each step has a mark of its own, `<the batch's key>/<position>`. A server that honours Idempotency-Key gets it in the
header and says itself that a step was done; with any other one the mark travels in what is created, and is looked for
before it is created. Of two who write to a server that compares no versions at the very same moment, the later wins.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from backends.errors import Conflict, NotFound, Unavailable
from backends.port import Batch, Change, Put, Receipt
from backends.records import (
    Contact,
    Contract,
    Customer,
    Key,
    Origin,
    Outage,
    Record,
    Ticket,
    TicketEvent,
    Visit,
    is_new,
)
from backends.rest.tmf import marks
from backends.rest.tmf.cases import event_note, ticket_events
from backends.rest.tmf.changing import difference, whole
from backends.rest.tmf.checking import check_references, conflict, named_by, sound, stale
from backends.rest.tmf.pieces import Json, Reading
from backends.rest.tmf.reading import Reader
from backends.rest.tmf.site import Site
from backends.rest.tmf.wire import from_wire, to_wire

_ORDER: tuple[type[Record], ...] = (Customer, Outage, Ticket, Contract, Visit, Contact, TicketEvent)
"""Kinds in an order in which each names only those before it, contacts aside."""
_PREVIOUS = "previous"


@dataclass(slots=True)
class Step:
    """One item of a batch on its way."""

    position: int
    item: Put
    mark: str
    events: tuple[Step, ...] = ()
    """Events that go with their ticket, in one request."""
    change: Change | None = None
    known: Key = ""
    repeated: bool = False


class Writer:
    """Writes to one server."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._site: Site = reader.site

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; raises Conflict, Invalid, NotFound, Unsupported, Unavailable."""
        puts = sound(batch)
        if not puts:
            return Receipt((), datetime.now(UTC), (), {})
        await check_references(self._reader, puts)
        key = batch.idempotency_key or uuid.uuid4().hex
        steps = [Step(position, item, f"{key}/{position}") for position, item in enumerate(puts)]
        return await _Run(self._reader, steps).done()


class _Run:
    """One batch being written."""

    def __init__(self, reader: Reader, steps: list[Step]) -> None:
        self._reader = reader
        self._site = reader.site
        self._steps = steps
        self._keys: dict[Key, Key] = {}
        self._at: list[datetime] = []

    async def done(self) -> Receipt:
        """Do every step and return the receipt."""
        await self._know()
        early = await self._stale()
        alone = self._gathered()
        for step in early:
            await self._change(step)
        created = [step for step in alone if is_new(step.item.record.key) and not step.known]
        created.sort(key=lambda step: (_ORDER.index(type(step.item.record)), step.position))
        left = []
        for step in created:
            if await self._create(step):
                left.append(step)
        for step in left:
            await self._complete(step)
        for step in alone:
            if step.change is None and not step.known:
                await self._change(step)
        for step in self._steps:
            if step.known:
                step.known = self._keys[step.item.record.key] = self._keys.get(step.known, step.known)
        done = [step for step in self._steps if step.change is not None]
        return Receipt(
            tuple(step.change for step in done if step.change is not None),
            max(self._at, default=datetime.now(UTC)),
            tuple((step.position, step.known) for step in self._steps if step.known),
            self._keys,
            repeated=bool(done) and all(step.repeated for step in done),
        )

    # before the first request -------------------------------------------------------------------------------------

    async def _know(self) -> None:
        """Find those of the records that an import knows already."""
        origins: dict[tuple[type[Record], Origin], Step] = {}
        for step in self._steps:
            record = step.item.record
            origin: Origin | None = getattr(record, "origin", None)
            if not step.item.unless_known or origin is None or not is_new(record.key):
                continue
            first = origins.setdefault((type(record), origin), step)
            if first is not step:
                step.known = first.known or first.item.record.key
                continue
            found = await marks.of_origin(self._reader, type(record), origin)
            if found and not await self._ours(step, found):
                step.known = self._keys[record.key] = found

    async def _ours(self, step: Step, key: Key) -> bool:
        """Return whether what is known was stored by this very step, before its answer was lost."""
        return False if not step.mark else await marks.carries(self._reader, type(step.item.record), key, step.mark)

    async def _stale(self) -> list[Step]:
        """Return the changes that are another version's: they were made already, or are conflicts.

        They go first, for the server can tell which; a conflict must leave nothing behind.
        """
        changed = [step for step in self._steps if not is_new(step.item.record.key)]
        if len(self._steps) == 1 or not changed:
            return []
        found = []
        for step in changed:
            now, is_stale = await stale(self._reader, step.item)
            if is_stale and (now is None or self._names_new(step)):
                if now is None or not self._is_made(step, now):
                    raise conflict(now, self._site.name)
            elif is_stale:
                found.append(step)
        return found

    def _names_new(self, step: Step) -> bool:
        return any(is_new(key) for _, key in named_by(step.item.record))

    def _is_made(self, step: Step, now: Record) -> bool:
        """Return whether a record is what the step makes of it, new references aside."""
        record = step.item.record
        aside: dict[str, Any] = {
            name: getattr(now, name) for name, key in named_by(record) if is_new(key) and isinstance(key, str)
        }
        return replace(record, version=now.version, **aside) == now

    def _gathered(self) -> list[Step]:
        """Return the steps without the events that go with a ticket of this batch."""
        tickets = {step.item.record.key: step for step in self._steps if isinstance(step.item.record, Ticket)}
        alone = []
        for step in self._steps:
            record = step.item.record
            owner = tickets.get(record.ticket_key) if isinstance(record, TicketEvent) else None
            names_new = any(is_new(key) for name, key in named_by(record) if name == "contact_key")
            if owner is None or names_new or owner.known:
                alone.append(step)
            else:
                owner.events = (*owner.events, step)
        return alone

    # steps --------------------------------------------------------------------------------------------------------

    def _resolved(self, record: Record) -> tuple[Record, bool]:
        """Return `record` with real keys, and whether a key is not known yet and was left out."""
        changes: dict[str, Any] = {}
        left_out = False
        for name, key in named_by(record):
            if is_new(key):
                changes[name] = self._keys.get(key, "")
                left_out = left_out or key not in self._keys
        return (replace(record, **changes) if changes else record), left_out

    def _document(self, record: Record) -> Json:
        """Return the resource of a record, without references that are only the server's own ids."""
        changes: dict[str, Any] = {"version": 0}
        for name in ("reference", "number"):
            given = getattr(record, name, "")
            if given and not is_new(record.key) and given == self._site.keys.name_of(record):
                changes[name] = ""
        return to_wire(replace(record, **changes), self._site.frame)

    async def _create(self, step: Step) -> bool:
        """Create a resource; return whether a reference of it must be added later."""
        record, left_out = self._resolved(step.item.record)
        if isinstance(record, TicketEvent):
            await self._append(step, record)
            return False
        document = self._document(record)
        if step.events:
            document["note"] = [self._note(event) for event in step.events]
        found = await self._created(type(record), document, step)
        made = self._reader.record(type(record), found)
        self._keys[step.item.record.key] = made.key
        self._settle(step, None, made, found)
        return left_out

    async def _created(self, kind: type[Record], document: Json, step: Step) -> Json:
        site = self._site
        if not await site.honours():
            known = await marks.find(self._reader, kind, document, step.mark)
            if known is not None:
                step.repeated = True
                return known
            document = marks.marked(site, kind, document, step.mark)
        found, step.repeated = await site.create(kind, document, step.mark)
        if not found.get("id"):
            known = await marks.find(self._reader, kind, document, step.mark)
            if known is None:
                raise Unavailable("the server took it and does not show it yet", source=site.name)
            return known
        return found

    async def _complete(self, step: Step) -> None:
        """Add what could not be said when the record was created, for it was not there yet."""
        assert step.change is not None
        made = step.change.after
        assert made is not None
        names = {name: self._keys.get(key, "") for name, key in named_by(step.item.record) if is_new(key)}
        changes: dict[str, Any] = {name: value for name, value in names.items() if value}
        item = Put(replace(made, **changes), seen=made.version)
        later = Step(step.position, item, f"{step.mark}/link")
        await self._change(later)
        step.change = Change(None, later.change.after if later.change else made)

    async def _change(self, step: Step) -> None:
        record, _ = self._resolved(step.item.record)
        try:
            await (self._replace(step, record) if await self._site.honours() else self._overlay(step, record))
        except Conflict as error:
            now, _ = await stale(self._reader, step.item)
            raise conflict(now, error.source) from None
        except NotFound as error:
            raise Conflict(None, error.detail, source=error.source) from None

    async def _replace(self, step: Step, record: Record) -> None:
        """Change a resource of a server that compares versions and knows what was done."""
        site, kind = self._site, type(record)
        document = whole(site.api(kind), self._document(record))
        if step.events:
            document["note"] = [self._note(event) for event in step.events]
        headers = {"If-Match": f'"{step.item.seen}"', "Prefer": "return=previous"}
        found, step.repeated = await site.patch(kind, site.keys.name_of(record), document, step.mark, headers)
        previous = found.pop(_PREVIOUS, None)
        before = from_wire(kind, previous, site.frame) if isinstance(previous, dict) else None
        after = self._reader.record(kind, found)
        if before is None:
            before = replace(step.item.record, version=step.item.seen or 0)
        self._settle(step, before, after, found)

    async def _overlay(self, step: Step, record: Record) -> None:
        """Change a resource of any other server, if it is still the one that was seen."""
        site, kind = self._site, type(record)
        identifier = site.keys.name_of(record)
        raw = await site.get(kind, identifier)
        now = self._reader.record(kind, raw)
        if now.version != step.item.seen and not self._reader.looks_the_same(now, step.item.seen):
            if replace(record, version=now.version) != now:
                raise conflict(now, site.name)
            step.repeated = True
            self._settle(step, replace(record, version=step.item.seen or 0), now, raw)
            return
        patch = difference(site.api(kind), raw, to_wire(now, site.frame), to_wire(record, site.frame))
        fresh = [self._note(event) for event in step.events if not self._told(raw, event)]
        if fresh:
            patch["note"] = [*raw.get("note", []), *fresh]
        found = raw
        if patch:
            found, _ = await site.patch(kind, identifier, patch, "", {})
            found = found if found.get("id") else await site.get(kind, identifier)
        self._settle(step, now, self._reader.record(kind, found), found)

    async def _append(self, step: Step, event: TicketEvent) -> None:
        """Add a note to a ticket that is not of this batch, or whose other records had to be there first."""
        site = self._site
        ticket = site.keys.identifier(Ticket, event.ticket_key)
        note = event_note(event, site.frame)
        if await site.honours():
            patch = self._typed({"note": [note]})
            found, step.repeated = await site.patch(Ticket, ticket, patch, step.mark, {})
        elif self._told(raw := await site.get(Ticket, ticket), step):
            found, step.repeated = raw, True
        else:
            always = {name: raw[name] for name in site.api(Ticket).always if name in raw}
            patch = self._typed({**always, "note": [*raw.get("note", []), note]})
            found, _ = await site.patch(Ticket, ticket, patch, "", {})
            found = found if found.get("id") else await site.get(Ticket, ticket)
        self._at.extend(filter(None, [Reading(site.api(Ticket), found).moment("lastUpdate")]))
        self._settle_event(step, found)

    def _typed(self, patch: Json) -> Json:
        api = self._site.api(Ticket)
        return {"@type": api.type_name, **patch} if api.shape.typed else patch

    # what came of it ----------------------------------------------------------------------------------------------

    def _note(self, step: Step) -> Json:
        event, _ = self._resolved(step.item.record)
        assert isinstance(event, TicketEvent)
        return event_note(event, self._site.frame)

    def _told(self, raw: Mapping[str, Any], step: Step) -> bool:
        return self._found(raw, step) is not None

    def _found(self, document: Mapping[str, Any], step: Step) -> TicketEvent | None:
        """Return the event as the server has it: no two of a ticket are alike in moment, author and text."""
        record, _ = self._resolved(step.item.record)
        assert isinstance(record, TicketEvent)
        taken = {one.change.after.key for one in self._steps if one.change is not None and one.change.after is not None}
        for event in reversed(ticket_events(document, self._site.frame)):
            alike = (event.at, event.by, event.text) == (record.at, record.by, record.text)
            if alike and event.kind in (record.kind, event.kind.NOTE) and event.key not in taken:
                return replace(event, customer_key=record.customer_key)
        return None

    def _settle(self, step: Step, before: Record | None, after: Record, document: Json) -> None:
        step.change = Change(before, after)
        self._at.extend(filter(None, [Reading(self._site.api(type(after)), document).moment("lastUpdate")]))
        for event in step.events:
            event.repeated = step.repeated
            self._settle_event(event, document)

    def _settle_event(self, step: Step, document: Json) -> None:
        found = self._found(document, step)
        if found is None:
            raise Unavailable("the server took a note and does not show it", source=self._site.name)
        self._keys[step.item.record.key] = found.key
        step.change = Change(None, found)
