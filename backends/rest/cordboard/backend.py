"""The port, asked of a server that speaks `backends.wire`: every method is one request under its own name."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any

from backends import wire
from backends.errors import Busy, Conflict, Invalid, Unavailable, Unsupported
from backends.events import Event
from backends.port import (
    Batch,
    Capability,
    CustomerFile,
    Match,
    OutageFilter,
    Page,
    Pending,
    PendingFilter,
    Presence,
    QueueFilter,
    Receipt,
    TextHit,
    TicketFilter,
    TimelineFilter,
)
from backends.records import (
    KINDS,
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
from backends.rest.access import access_from
from backends.rest.cordboard.ends import batch_called, called, ends_called, receipt_called
from backends.rest.cordboard.lines import told_error
from backends.rest.http import Http
from backends.rest.signing import Signer
from backends.wire import calls
from backends.wire.about import About

BASE = "desk/v1/"
SLOW_SECONDS = 600.0
"""How long checking the trail, exporting and forgetting may take."""
_ABOUT: wire.Form[About] = wire.Form(About)
_WHOLE_HISTORY = TimelineFilter()
_ALL_TICKETS = TicketFilter()
_ALL_OUTAGES = OutageFilter()
_ALL_WAITING = QueueFilter()
_ALL_PENDING = PendingFilter()


def backend_from(url: str, **settings: Any) -> DeskBackend:
    """Return the backend for a URL and the settings of its source; raises Invalid."""
    options = settings.get("options") or {}
    for name in options:
        raise Invalid(f"options.{name}", "unknown", "this kind of source has no options")
    taken = ("name", "deadline", "connections", "proxy", "ca_file", "allow_http")
    access = access_from(url, **{name: settings[name] for name in taken if name in settings})
    return DeskBackend(url, Http(access, Signer(settings.get("secret")), refusal=told_error))


class DeskBackend:
    """A backend that is served elsewhere. Until its server has answered once, it is taken to be able to do all."""

    def __init__(self, url: str, http: Http) -> None:
        self.url = url
        self.name = http.access.name or "cordboard"
        self.capabilities: frozenset[Capability] = frozenset(Capability)
        self.stores: frozenset[type[Record]] = KINDS
        self.omits: Mapping[type[Record], frozenset[str]] = {}
        self._http = http
        slow = replace(http.access, deadline=max(http.access.deadline, SLOW_SECONDS), connections=1)
        self._patient = Http(slow, http.signer, refusal=told_error)
        self._closed = True
        self._introduced = False
        self._called_there = self.name
        self._listening: set[asyncio.Task[Any]] = set()

    @property
    def exchanges(self) -> tuple[Any, ...]:
        """The last exchanges with the server, oldest first, for who looks into a fault."""
        return self._http.exchanges

    async def signed_in_as(self) -> str:
        """Return the login that the server gives to whose token it is."""
        answer = await self._http.get(BASE + "about")
        about: About = self._understood(_ABOUT, answer.json())
        return about.agent

    async def open(self) -> None:
        """Ask the server what it can do; raises Unavailable, NotSignedIn. Later calls work once it can be reached."""
        self._closed = False
        await self._introduce()

    async def close(self) -> None:
        """End listening and close all connections; may be called twice."""
        self._closed = True
        listening, self._listening = self._listening, set()
        for task in listening:
            task.cancel()
        await self._http.close()
        await self._patient.close()

    async def _introduce(self) -> None:
        answer = await self._http.get(BASE + "about")
        about = self._understood(_ABOUT, answer.json())
        self.capabilities = about.known_capabilities()
        self.stores = about.known_stores()
        self.omits = about.known_omits()
        self._called_there = about.name
        self._introduced = True

    async def _ready(self) -> None:
        """See that the handle is open and knows its server."""
        if self._closed:
            raise Unavailable("not open", source=self.name)
        if not self._introduced:
            await self._introduce()

    async def _needs(self, capability: Capability) -> None:
        """Go on where the server has a capability; an older one does not know its name."""
        await self._ready()
        if capability not in self.capabilities:
            raise Unsupported(capability, source=self.name)

    def _understood(self, form: wire.Form[Any], value: Any) -> Any:
        """Return what an answer stands for; what cannot be read is no answer."""
        try:
            return form.built(value)
        except Invalid as error:
            why = f"the answer cannot be read: {error.detail}"
        raise Unavailable(why, source=self.name)

    async def _ask(self, call: calls.Call, /, **arguments: Any) -> Any:
        """Return the answer to one call; what only reads is repeated by itself when the line is bad."""
        await self._ready()
        path = BASE + call.name
        http = self._patient if call.slow else self._http
        if not call.parameters:
            answer = await http.get(path)
        else:
            answer = await http.send("POST", path, content=self._plain(call, arguments), safe=not call.changes)
        return self._understood(call.result, answer.json())

    def _plain(self, call: calls.Call, arguments: Mapping[str, Any]) -> bytes:
        try:
            return wire.dumps(call.plain(arguments))
        except Invalid as error:
            error.source = self.name
            raise

    # reading ------------------------------------------------------------------------------------------------------

    async def operators(self) -> tuple[Operator, ...]:
        """Return all operators, by name."""
        found: tuple[Operator, ...] = await self._ask(calls.OPERATORS)
        return found

    async def agents(self) -> tuple[Agent, ...]:
        """Return all agents, by login."""
        found: tuple[Agent, ...] = await self._ask(calls.AGENTS)
        return found

    async def search(
        self, text: str, *, limit: int = 20, operator_keys: frozenset[Key] = frozenset()
    ) -> tuple[Match, ...]:
        """Return customers that `text` may mean, best first, each once."""
        found: tuple[Match, ...] = await self._ask(calls.SEARCH, text=text, limit=limit, operator_keys=operator_keys)
        return found

    async def search_text(self, text: str, *, limit: int = 50, after: str | None = None) -> Page[TextHit]:
        """Return contacts whose subject or body has all words of `text`, newest first; raises Invalid."""
        found: Page[TextHit] = await self._ask(calls.SEARCH_TEXT, text=text, limit=limit, after=after)
        return found

    async def customer_file(self, key: Key) -> CustomerFile:
        """Return everything about a customer but the timeline; raises NotFound."""
        found: CustomerFile = await self._ask(calls.CUSTOMER_FILE, key=key)
        return found

    async def customers(self, keys: Sequence[Key]) -> tuple[Customer, ...]:
        """Return those of the customers that exist, in the given order."""
        found: tuple[Customer, ...] = await self._ask(calls.CUSTOMERS, keys=tuple(keys))
        return found

    async def timeline(
        self, customer_key: Key, *, only: TimelineFilter = _WHOLE_HISTORY, after: str | None = None, limit: int = 50
    ) -> Page[Entry]:
        """Return the history newest first; raises NotFound, Invalid."""
        found: Page[Entry] = await self._ask(
            calls.TIMELINE, customer_key=customer_key, only=only, after=after, limit=limit
        )
        return found

    async def contact(self, key: Key) -> Contact:
        """Return a contact with its whole body; raises NotFound."""
        found: Contact = await self._ask(calls.CONTACT, key=key)
        return found

    async def ticket(self, reference_or_key: str) -> Ticket:
        """Return a ticket by its key or by its reference in any case; raises NotFound."""
        found: Ticket = await self._ask(calls.TICKET, reference_or_key=reference_or_key)
        return found

    async def tickets(
        self, only: TicketFilter = _ALL_TICKETS, *, after: str | None = None, limit: int = 100
    ) -> Page[Ticket]:
        """Return tickets, newest first; raises Invalid."""
        found: Page[Ticket] = await self._ask(calls.TICKETS, only=only, after=after, limit=limit)
        return found

    async def outages(self, only: OutageFilter = _ALL_OUTAGES) -> tuple[Outage, ...]:
        """Return outages, newest first."""
        found: tuple[Outage, ...] = await self._ask(calls.OUTAGES, only=only)
        return found

    async def queue(
        self, only: QueueFilter = _ALL_WAITING, *, after: str | None = None, limit: int = 50
    ) -> Page[tuple[Contact, Customer]]:
        """Return contacts that wait for an answer, oldest first, with their customers; raises Invalid."""
        found: Page[tuple[Contact, Customer]] = await self._ask(calls.QUEUE, only=only, after=after, limit=limit)
        return found

    async def pending(
        self, only: PendingFilter = _ALL_PENDING, *, after: str | None = None, limit: int = 200
    ) -> Page[Pending]:
        """Return what is to be done over all customers, by due time, kind and key; raises Invalid."""
        await self._needs(Capability.PENDING)
        found: Page[Pending] = await self._ask(calls.PENDING, only=only, after=after, limit=limit)
        return found

    async def presence(self, customer_key: Key) -> tuple[Presence, ...]:
        """Return who has this customer open now, each agent once, by login."""
        await self._needs(Capability.PRESENCE)
        found: tuple[Presence, ...] = await self._ask(calls.PRESENCE, customer_key=customer_key)
        return found

    async def links(self, ends: Collection[Origin]) -> tuple[Link, ...]:
        """Return every link that has one of these ends, oldest first; our name here stands for the store's there."""
        await self._ready()
        asked = ends_called(ends, self.name, self._called_there)
        found: tuple[Link, ...] = await self._ask(calls.LINKS, ends=asked)
        return tuple(called(link, self._called_there, self.name) for link in found)

    async def stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        """Return the keys of those records of `kind` that came from one of `origins`."""
        found: Mapping[Origin, Key] = await self._ask(calls.STORED, kind=kind, origins=tuple(origins))
        return found

    # writing ------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch whole or not at all; raises what the served backend raises, and NotAllowed.

        With an idempotency key it is repeated by itself when the line is bad; without one it is sent once, and
        Unavailable or TimedOut leaves open whether it was stored.
        """
        await self._ready()
        content = self._plain_batch(batch_called(batch, self.name, self._called_there))
        ends = time.monotonic() + self._http.access.deadline
        while True:
            try:
                answer = await self._http.send(
                    "POST", BASE + calls.WRITE.name, content=content, safe=bool(batch.idempotency_key)
                )
            except Busy as error:
                still_running = error.status == 409 and batch.idempotency_key
                if not still_running or time.monotonic() >= ends:
                    raise
                await asyncio.sleep(error.retry_after or 0.2)
            except Conflict as error:
                error.newer = called(error.newer, self._called_there, self.name)
                raise
            else:
                receipt: Receipt = self._understood(calls.WRITE.result, answer.json())
                return receipt_called(receipt, self._called_there, self.name)

    def _plain_batch(self, batch: Batch) -> bytes:
        """Return a batch as it is sent; what is wrong in a record is named as the record's field, as stores do."""
        try:
            return self._plain(calls.WRITE, {"batch": batch})
        except Invalid as error:
            _, found, field = error.field.partition("].record.")
            raise Invalid(field if found else error.field, error.code, error.detail, source=self.name) from None

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the audit trail that `actor` opened this customer."""
        await self._ask(calls.NOTE_READ, customer_key=customer_key, actor=actor, detail=detail)

    # living -------------------------------------------------------------------------------------------------------

    async def present(self, presence: Presence | None, *, agent: str, console: str) -> None:
        """Say which customer `agent` has open in this console, None for none; raises NotAllowed for another agent."""
        await self._needs(Capability.PRESENCE)
        await self._ask(calls.PRESENT, presence=presence, agent=agent, console=console)

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes from the first wait on, or from the cursor `since`; raises Unavailable when it is lost."""
        if self._introduced and Capability.LIVE not in self.capabilities:
            raise Unsupported(Capability.LIVE, source=self.name)
        return self._follow(since)

    async def _follow(self, since: str | None) -> AsyncIterator[Event]:
        if self._closed:
            raise Unavailable("not open", source=self.name)
        params = {} if since is None else {"since": since}
        stream = self._http.stream(BASE + "events", params=params)
        while (told := await self._heard(stream)) is not None:
            if told and (event := self._event(told)) is not None:
                yield event

    def _event(self, told: str) -> Event | None:
        """Return an event that was told; None for a kind that only a newer program knows."""
        value = self._json(told)
        try:
            event: Event = wire.EVENT.built(value)
        except Invalid as error:
            if error.code == "kind":
                return None
            why = f"the answer cannot be read: {error.detail}"
        else:
            return event
        raise Unavailable(why, source=self.name)

    async def _heard(self, stream: AsyncIterator[Any]) -> str | None:
        """Return the data of the next event of the stream, None when the backend is closed meanwhile."""

        async def wait() -> str:
            return str((await anext(stream)).data)

        coming = asyncio.create_task(wait())
        self._listening.add(coming)
        try:
            return await coming
        except asyncio.CancelledError:
            if self._closed and coming.cancelled():
                return None
            coming.cancel()
            await asyncio.gather(coming, return_exceptions=True)
            raise
        finally:
            self._listening.discard(coming)

    def _json(self, text: str) -> Any:
        try:
            return wire.loads(text)
        except Invalid as error:
            why = f"the answer cannot be read: {error.detail}"
        raise Unavailable(why, source=self.name)

    # keeping ------------------------------------------------------------------------------------------------------

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the audit trail, newest first; raises Invalid, NotAllowed."""
        found: Page[AuditEntry] = await self._ask(calls.AUDIT, customer_key=customer_key, after=after, limit=limit)
        return found

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Let the server check the whole chain; `progress` hears only that it is done."""
        found: AuditVerdict = await self._ask(calls.AUDIT_VERIFY)
        if progress is not None:
            progress(found.rows, found.rows)
        return found

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person as plain JSON values; audited; raises NotFound, NotAllowed."""
        found: Mapping[str, Any] = await self._ask(calls.EXPORT, customer_key=customer_key, actor=actor)
        return found

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data, keep counts and clocks; raises NotFound, NotAllowed."""
        found: Mapping[str, int] = await self._ask(calls.FORGET, customer_key=customer_key, actor=actor, reason=reason)
        return found
