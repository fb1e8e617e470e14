"""The TM Forum client before somebody else's server: nothing of theirs is lost, nothing of ours is done twice."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest

from backends.contract.samples import (
    a_contact,
    a_contract,
    a_customer,
    a_ticket,
    a_ticket_event,
    a_visit,
    an_outage,
    points,
)
from backends.errors import BackendError, Conflict, Unsupported
from backends.events import Event, TicketChanged
from backends.port import Batch, MatchedOn, Put
from backends.records import Customer, Priority, Record, Ticket, TicketEventKind, TicketState
from backends.rest.tmf import open_url
from backends.rest.tmf.backend import TmfBackend
from tests.servers.faulty import DROP_AFTER, GARBAGE, TRUNCATED, Fault, FaultProxy, error
from tests.servers.stranger import Stranger

OPERATOR = {"code": "nord", "name": "Nord", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"}
VERSIONS = pytest.mark.parametrize("version", [4, 5])
LOST: tuple[Fault, ...] = (DROP_AFTER, TRUNCATED, GARBAGE, error(500, forwarded=True))


@asynccontextmanager
async def opened(url: str, version: int, **options: object) -> AsyncIterator[TmfBackend]:
    """Give a client of the server at `url`."""
    chosen = {"version": version, "operator": OPERATOR, "page": 2, **options}
    backend = open_url(f"tmf+{url}/", name="theirs", poll=0.05, options=chosen)
    await backend.open()
    try:
        yield backend
    finally:
        await backend.close()


async def _written(backend: TmfBackend, *records: Record) -> list[Record]:
    receipt = await backend.write(Batch(tuple(map(Put, records)), actor="ola"))
    return [change.after for change in receipt.changes if change.after is not None]


async def _customer(backend: TmfBackend) -> Customer:
    (operator,) = await backend.operators()
    (customer,) = await _written(backend, a_customer(operator, name="Ewa Nowak", points=points("+48601234567")))
    assert isinstance(customer, Customer)
    return customer


@VERSIONS
async def test_what_we_do_not_know_is_sent_back(version: int) -> None:
    """A change sends only what it touches, and in a list what others keep there; nothing of theirs is lost."""
    async with Stranger(version) as stranger, opened(stranger.url, version) as backend:
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        kept = stranger.kept["troubleTicket"][ticket.key.partition(":")[2]]
        manager = {"id": "9", "role": "manager", "name": "Boss", "@referredType": "Individual"}
        kept |= {"colour": "blue", "channel": {"id": "7", "name": "shop"}, "severity": "Catastrophic"}
        kept["relatedParty"] = [manager, *kept["relatedParty"]]
        ticket = await backend.ticket(ticket.key)
        changed = replace(ticket, subject="Slow", opened_by="Ida")
        await backend.write(Batch((Put(changed, seen=ticket.version),), actor="ola"))
        sent = next(one for one in reversed(stranger.requests) if one.method == "PATCH")
        assert b"colour" not in sent.body
        assert (kept["colour"], kept["severity"], kept["name"]) == ("blue", "Catastrophic", "Slow")
        assert manager in kept["relatedParty"]
        roles = [party["role"] for party in kept["relatedParty"]]
        assert sorted(roles) == ["customer", "manager", "operator", "originator"]
        assert replace(await backend.ticket(ticket.key), version=0) == replace(changed, version=0)


@VERSIONS
@pytest.mark.parametrize("fault", LOST, ids=[fault.kind.value for fault in LOST])
async def test_a_lost_answer_is_not_written_twice(version: int, fault: Fault) -> None:
    """Every kind of record whose creation was answered by nothing is there once, also for a program started anew."""
    async with Stranger(version) as stranger, FaultProxy(stranger.url, only=("POST", "PATCH")) as proxy:
        async with opened(stranger.url, version) as backend:
            customer = await _customer(backend)
            (ticket,) = await _written(backend, a_ticket(customer))
            assert isinstance(ticket, Ticket)
        before = {name: len(rows) for name, rows in stranger.kept.items()}
        (operator,) = await backend.operators()
        for record in (
            a_customer(operator, name="New Body"), a_ticket(customer), a_contact(customer), an_outage(),
            a_contract(customer), a_visit(ticket), a_ticket_event(ticket, text="rang"),
        ):  # fmt: skip
            batch = Batch((Put(record),), actor="ola", idempotency_key=f"key-{type(record).__name__}")
            proxy.next(fault)
            async with opened(proxy.url, version) as backend:
                with pytest.raises(BackendError):
                    await backend.write(batch)
            async with opened(proxy.url, version) as again:
                receipt = await again.write(batch)
            assert receipt.repeated
            (change,) = receipt.changes
            assert type(change.after) is type(record)
        after = {name: len(rows) - before[name] for name, rows in stranger.kept.items()}
        assert set(after.values()) == {1}, after
        notes = stranger.kept["troubleTicket"][ticket.key.partition(":")[2]]["note"]
        assert [note["text"] for note in notes] == ["rang"]


@VERSIONS
async def test_a_lost_change_is_not_a_conflict(version: int) -> None:
    """A change whose answer was lost is found done; over a colleague's later change it is a conflict with theirs."""
    async with (
        Stranger(version) as stranger,
        FaultProxy(stranger.url, only=("PATCH",)) as proxy,
        opened(proxy.url, version) as backend,
    ):
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        assert isinstance(ticket, Ticket)
        batch = Batch((Put(replace(ticket, subject="Slow"), seen=ticket.version),), "ola", idempotency_key="k")
        proxy.next(DROP_AFTER)
        with pytest.raises(BackendError):
            await backend.write(batch)
        receipt = await backend.write(batch)
        assert receipt.repeated
        assert proxy.forwarded["PATCH"] == 1
        stranger.touch("troubleTicket", ticket.key.partition(":")[2], name="Other")
        with pytest.raises(Conflict) as raised:
            await backend.write(Batch((Put(replace(ticket, subject="Third"), seen=ticket.version),), "ola"))
        assert isinstance(raised.value.newer, Ticket)
        assert raised.value.newer.subject == "Other"


async def test_a_note_in_between_is_no_conflict() -> None:
    """A note moves the ticket's moment and not its content: who saw the ticket before may still change it."""
    async with Stranger(4) as stranger, opened(stranger.url, 4) as backend:
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        assert isinstance(ticket, Ticket)
        await _written(backend, a_ticket_event(ticket, text="rang"))
        assert (await backend.ticket(ticket.key)).version > ticket.version
        await backend.write(Batch((Put(replace(ticket, subject="Slow"), seen=ticket.version),), "ola"))
        kept = stranger.kept["troubleTicket"][ticket.key.partition(":")[2]]
        assert (kept["name"], [note["text"] for note in kept["note"]]) == ("Slow", ["rang"])


@pytest.mark.parametrize("paging", ["whole", "ignored", "partial"])
async def test_lists_are_read_whole_however_they_are_paged(paging: str) -> None:
    """Totals, partial answers and servers that ignore offset and limit all give every row once."""
    async with Stranger(4, paging) as stranger, opened(stranger.url, 4) as backend:
        customer = await _customer(backend)
        keys = {(await _written(backend, a_contact(customer)))[0].key for _ in range(5)}
        file = await backend.customer_file(customer.key)
        assert file.contacts_total == 5
        assert {entry.key for entry in (await backend.timeline(customer.key)).rows} == keys


async def test_customers_are_found_by_what_the_standard_filters() -> None:
    """By name, telephone and ticket; whoever the server gives beside is left out."""
    async with Stranger(4) as stranger, opened(stranger.url, 4) as backend:
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        assert isinstance(ticket, Ticket)
        for text, on in (
            ("Ewa Nowak", MatchedOn.NAME), ("601 234 567", MatchedOn.PHONE), (customer.number, MatchedOn.NUMBER),
            (ticket.reference, MatchedOn.TICKET),
        ):  # fmt: skip
            matches = await backend.search(text)
            assert [(match.customer.key, match.on) for match in matches] in (
                [(customer.key, on)], [(customer.key, MatchedOn.NUMBER)]
            ), text  # fmt: skip


async def test_the_servers_own_log_is_told_once() -> None:
    """A state that we set stands once in the history, though the server logs it as well; others' stand too."""
    async with Stranger(4) as stranger, opened(stranger.url, 4) as backend:
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        assert isinstance(ticket, Ticket)
        at = stranger._clock
        event = a_ticket_event(
            ticket, kind=TicketEventKind.STATE, before="open", after="in_progress", at=at, contact_key=""
        )
        changed = Put(replace(ticket, state=TicketState.IN_PROGRESS), seen=ticket.version)
        await backend.write(Batch((changed, Put(event)), actor="ola"))
        assert sum(one.method == "PATCH" for one in stranger.requests) == 1
        rows = (await backend.timeline(customer.key)).rows
        assert [getattr(row, "after", "") for row in rows] == ["in_progress"]


async def test_changes_of_others_are_heard() -> None:
    """What somebody else changes is told, with a cursor that goes on from there."""
    async with Stranger(4) as stranger, opened(stranger.url, 4) as backend:
        customer = await _customer(backend)
        (ticket,) = await _written(backend, a_ticket(customer))
        identifier = ticket.key.partition(":")[2]
        cursor = str(round((stranger._clock.timestamp()) * 1_000_000))
        stranger.touch("troubleTicket", identifier, priority="Critical")
        heard = await _heard(backend, cursor, lambda event: isinstance(event, TicketChanged))
        assert replace(heard, cursor="") == TicketChanged(customer.key, ticket.key)
        assert (await backend.ticket(ticket.key)).priority is Priority.URGENT
        stranger.touch("troubleTicket", identifier, priority="Low")
        again = await _heard(backend, heard.cursor, lambda event: event.cursor > heard.cursor)
        assert replace(again, cursor="") == TicketChanged(customer.key, ticket.key)


async def _heard(backend: TmfBackend, cursor: str, wanted: Callable[[Event], bool]) -> Event:
    events: Any = backend.events(cursor)
    try:
        async with asyncio.timeout(10):
            async for event in events:
                if wanted(event):
                    found: Event = event
                    return found
    finally:
        await events.aclose()
    raise AssertionError("ended")


async def test_without_named_values_only_the_standard_is_sent() -> None:
    """`extras = false` sends no attribute that the standard does not know, and says what is lost."""
    async with Stranger(4) as stranger, opened(stranger.url, 4, extras=False) as backend:
        customer = await _customer(backend)
        assert "tone" in backend.omits[Customer]
        (kept,) = stranger.kept["customer"].values()
        assert [one["name"] for one in kept["characteristic"]] == ["idempotencyKey"]
        assert customer.number == "1"
        with pytest.raises(Unsupported):
            await backend.search_text("x")
