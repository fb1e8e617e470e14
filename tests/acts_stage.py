"""A desk with one customer, for tests of what an agent does: on the memory backend, or on a file."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from backends.memory import MemoryBackend
from backends.port import Backend, Batch, Put
from backends.records import (
    Agent,
    AnswerState,
    Channel,
    Chase,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Operator,
    Outage,
    PointKind,
    Promise,
    Record,
    Role,
    Ticket,
    TicketEvent,
    TicketKind,
    new_key,
)
from backends.registry import backend_for
from console.desk.acts.scene import Scene
from console.desk.desk import Deed, Desk
from console.desk.picture import Picture

NOW = datetime.now(UTC).replace(second=0, microsecond=0)
AGENT = Agent("", "ola", "Ola Desk", frozenset({Role.SUPERVISOR}))
BODY = "Since Monday nothing works. " * 20
"""Longer than a preview."""


@dataclass
class Counter:
    """A desk, its customer, and what an act starts from."""

    desk: Desk
    customer: Customer

    @property
    def backend(self) -> Backend:
        """The records."""
        return self.desk.backend

    async def picture(self) -> Picture:
        """Return the customer as they are now."""
        return await self.desk.open(self.customer.key)

    async def scene(self) -> Scene:
        """Return what an act starts from now."""
        return self.desk.scene(await self.picture())

    async def do(self, batch: Batch | None, action: str = "act") -> Deed:
        """Store what an act made."""
        assert batch is not None
        return await self.desk.do(batch, action, customer_key=self.customer.key)

    async def all_of(self, kind: type[Any]) -> list[Any]:
        """Return the records of a kind that this customer has, oldest first."""
        picture = await self.picture()
        every: list[Record] = [*picture.entries, *picture.file.tickets, *picture.file.chases, *picture.file.promises]
        found = [one for one in every if type(one) is kind]
        return found[::-1] if kind in (Contact, TicketEvent) else found

    async def only(self, kind: type[Any]) -> Any:
        """Return the one record of a kind that this customer has."""
        found = await self.all_of(kind)
        assert len(found) == 1, found
        return found[0]

    async def ticket(self, **changes: Any) -> Ticket:
        """Store an open fault and return it."""
        made = Ticket(
            new_key(), "", self.customer.key, self.customer.operator_key, TicketKind.FAULT, "No internet", NOW
        )
        stored: Ticket = await self.stored(replace(made, **changes))
        return stored

    async def mail(self, **changes: Any) -> Contact:
        """Store an e-mail that waits for an answer and return it."""
        made = Contact(
            new_key(), "", self.customer.key, self.customer.operator_key, Channel.EMAIL, Direction.INBOUND,
            NOW - timedelta(hours=9), "Nothing works", BODY, sender="ewa@example.org", answer=AnswerState.WAITING,
        )  # fmt: skip
        stored: Contact = await self.stored(replace(made, **changes))
        return stored

    async def stored(self, record: Any) -> Any:
        """Store one record and return it as it is then."""
        receipt = await self.backend.write(Batch((Put(record),), actor="test"))
        return receipt.changes[0].after

    async def content(self) -> dict[str, Any]:
        """Return everything held, without versions: what an undo must restore."""
        picture = await self.picture()
        whole = [await self.backend.contact(one.key) for one in picture.entries if isinstance(one, Contact)]
        events = [one for one in picture.entries if not isinstance(one, Contact)]
        outages = await self.backend.outages()
        file = picture.file
        held: dict[str, Any] = {"total": file.contacts_total}
        kinds: dict[str, tuple[Any, ...]] = {
            "customer": (file.customer,),
            "tickets": file.tickets,
            "chases": file.chases,
            "promises": file.promises,
            "contacts": tuple(whole),
            "events": tuple(events),
            "outages": outages,
            "lines": file.lines,
        }
        for name, rows in kinds.items():
            held[name] = {row.key: replace(row, version=0) for row in rows}
        return held


async def _fill(backend: Backend, country: str, zone: str) -> Customer:
    operator = Operator(new_key(), "LUN", "Luna", country, "pl", zone, chase_threshold=3)
    points = (
        ContactPoint(PointKind.MOBILE, "+48601234567", label="daughter"),
        ContactPoint(PointKind.PHONE, "+48618520000", preferred=True, label="shop"),
        ContactPoint(PointKind.EMAIL, "ewa@example.org", label="private"),
        ContactPoint(PointKind.FAX, "+48618520001"),
    )
    customer = Customer(new_key(), "", operator.key, CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl", points=points)
    line = Line(new_key(), "", customer.key, "internet")
    receipt = await backend.write(Batch((Put(operator), Put(customer), Put(line)), actor="test"))
    stored = receipt.changes[1].after
    assert isinstance(stored, Customer)
    return stored


@asynccontextmanager
async def at_counter(
    folder: Path | None = None, *, country: str = "PL", zone: str = "Europe/Warsaw"
) -> AsyncIterator[Counter]:
    """Give a desk with one customer, in memory or, with a folder, in a file there."""
    backend: Backend = backend_for(f"sqlite:///{folder / 'desk.db'}") if folder else MemoryBackend()
    await backend.open()
    try:
        customer = await _fill(backend, country, zone)
        desk = Desk(backend, AGENT, ZoneInfo(zone), clock=lambda: NOW)
        await desk.start()
        yield Counter(desk, customer)
    finally:
        await backend.close()


__all__ = ["AGENT", "BODY", "NOW", "Chase", "Counter", "Outage", "Promise", "at_counter"]
