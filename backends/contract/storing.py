"""Storing: what goes in comes out, whatever it holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import strategies as st

from backends import clean
from backends.contract import strategies
from backends.contract.base import Contract, R, checked, every_row
from backends.contract.samples import a_contact, a_line, a_ticket, a_ticket_event, an_outage
from backends.errors import Invalid
from backends.port import Backend, Capability
from backends.records import Contact, Key, Record, Ticket


class RoundTripContract(Contract):
    """Every kind of record comes back as it went in, whatever its fields hold."""

    async def round_trip(self, backend: Backend, record: R) -> R:
        """Store a record and return it as stored, having seen that nothing is lost but what the store says so of."""
        sample = await self.fitting(backend, record)
        stored = await self.planted(backend, sample)
        assert self.same(backend, stored, sample), (stored, sample)
        assert stored.key
        assert stored.key != record.key
        assert stored.version > 0
        return stored

    async def _rounds(self, backend: Backend, *records: Record) -> tuple[tuple[Record, ...], ...]:
        """Store each of `records` and return it in a tuple of its own, an empty one where its kind is refused."""
        found: list[tuple[Record, ...]] = []
        for record in records:
            held = await self.storable(backend, [record])
            found.append(tuple([await self.round_trip(backend, each) for each in held]))
        return tuple(found)

    async def _key(self, backend: Backend, record: Record) -> Key:
        """Store a record to be named by others and return its key; empty when its kind is refused."""
        return "".join([(await self.planted(backend, each)).key for each in await self.storable(backend, [record])])

    @checked(25, data=st.data())
    async def test_operators_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """Operators are read as they were stored."""
        await self.needs_records(backend)
        sample = data.draw(strategies.operators)
        await self.needs_kinds(backend, sample)
        assert await self.round_trip(backend, sample) in await backend.operators()

    @checked(25, data=st.data())
    async def test_agents_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """Agents are read as they were stored."""
        await self.needs_records(backend)
        sample = data.draw(strategies.agents((await self.an_operator(backend)).key))
        await self.needs_kinds(backend, sample)
        assert await self.round_trip(backend, sample) in await backend.agents()

    @checked(25, data=st.data())
    async def test_customers_and_what_they_have_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """A customer with line, contract, charge and dispute is read as it was stored."""
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        customer = await self.round_trip(backend, data.draw(strategies.customers(operator.key)))
        ticket = await self._key(backend, a_ticket(customer))
        line = await self._rounds(backend, data.draw(strategies.lines(customer.key)))
        contract = await self._rounds(backend, data.draw(strategies.contracts(customer.key, _first(line))))
        charge = await self._rounds(backend, data.draw(strategies.charges(customer.key, _first(contract))))
        dispute = await self._rounds(backend, data.draw(strategies.disputes(customer.key, _first(charge), ticket)))
        file = await backend.customer_file(customer.key)
        assert (file.customer, file.operator) == (customer, operator)
        assert (file.lines, file.contracts, file.charges, file.disputes) == (*line, *contract, *charge, *dispute)

    @checked(25, data=st.data())
    async def test_tickets_and_contacts_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """A ticket, a contact with its whole body, and the ticket's events are read as they were stored."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        line = await self._key(backend, a_line(customer))
        outage = await self._key(backend, an_outage())
        earlier = await self._key(backend, a_contact(customer))
        (tickets,) = await self._rounds(backend, data.draw(strategies.tickets(customer, line, outage)))
        for ticket in tickets:
            assert isinstance(ticket, Ticket)
            assert await backend.ticket(ticket.key) == ticket
        on = tickets[0].key if tickets else ""
        (contacts,) = await self._rounds(backend, data.draw(strategies.contacts(customer, on, line, earlier, outage)))
        for contact in contacts:
            assert await backend.contact(contact.key) == contact
        event = replace(a_ticket_event(a_ticket(customer)), ticket_key=on)
        for ticket in tickets:
            assert isinstance(ticket, Ticket)
            event = data.draw(strategies.ticket_events(ticket, contacts[0].key if contacts else ""))
        (events,) = await self._rounds(backend, event)
        entries = await every_row(lambda after: backend.timeline(customer.key, after=after))
        assert all(each in entries for each in events)

    @checked(25, data=st.data())
    async def test_what_hangs_on_a_ticket_round_trips(self, backend: Backend, data: st.DataObject) -> None:
        """Chases, promises, visits and handovers of an open ticket are read as they were stored."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        contact = await self._key(backend, a_contact(customer, ticket_key=ticket.key))
        outage = await self._key(backend, an_outage())
        chase, promise, visit, handover = await self._rounds(
            backend,
            data.draw(strategies.chases(ticket, contact)),
            data.draw(strategies.promises(ticket, contact, outage)),
            data.draw(strategies.visits(ticket)),
            data.draw(strategies.handovers(ticket)),
        )
        file = await backend.customer_file(customer.key)
        assert (file.chases, file.promises, file.visits, file.handovers) == (chase, promise, visit, handover)

    @checked(25, data=st.data())
    async def test_outages_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """Outages with coverage and updates are read as they were stored."""
        await self.needs(backend, Capability.OUTAGES)
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        outage = await self.round_trip(backend, data.draw(strategies.outages(operator.key)))
        assert outage in await backend.outages()

    @pytest.mark.parametrize(
        "text", ["a\x00b", "\x1b[2J\x05gone", "a\ud800b", "\u202egnp.exe", "a\x85b\x9bc", "\ufffe\ufeff"]
    )
    async def test_text_that_was_not_cleaned_is_never_cut(self, backend: Backend, text: str) -> None:
        """A control character comes back as given, or cleaned, or is refused; what stands behind it stays."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        try:
            contact = await self.planted(backend, a_contact(customer, body=f"before {text} after"))
        except Invalid as refusal:
            field = refusal.field
        else:
            field = ""
        if field:
            assert field == "body"
            return
        body = (await backend.contact(contact.key)).body
        assert body in (f"before {text} after", clean.block(f"before {text} after"))

    async def test_moments_come_back_in_utc(self, backend: Backend) -> None:
        """A moment given in another zone is the same moment, and is read in UTC."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        at = datetime(2026, 3, 29, 4, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
        stored = await self.planted(backend, a_contact(customer, at=at))
        for contact in (stored, await backend.contact(stored.key)):
            assert contact.at == at or not self.keeps(backend, Contact, "at")
            assert contact.at.utcoffset() == timedelta(0)


def _first(of: tuple[tuple[Record, ...], ...]) -> Key:
    """Return the key of what was stored, empty when nothing was."""
    return next((record.key for records in of for record in records), "")
