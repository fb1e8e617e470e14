"""Storing: what goes in comes out, whatever it holds."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends import clean
from backends.contract import strategies
from backends.contract.base import ANYTHING, Contract, R, every_row, without_identity
from backends.contract.samples import (
    a_contact,
    a_line,
    a_ticket,
    an_outage,
)
from backends.errors import Invalid
from backends.port import Backend, Capability


class RoundTripContract(Contract):
    """Every kind of record comes back as it went in, whatever its fields hold."""

    async def _stored(self, backend: Backend, record: R) -> R:
        stored = await self.planted(backend, record)
        assert without_identity(stored) == without_identity(record)
        assert stored.key
        assert stored.key != record.key
        assert stored.version > 0
        return stored

    @given(data=st.data())
    @settings(ANYTHING, max_examples=25)
    async def test_operators_and_agents_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """Operators and agents are read as they were stored."""
        await self.needs_records(backend)
        operator = await self._stored(backend, data.draw(strategies.operators))
        agent = await self._stored(backend, data.draw(strategies.agents(operator.key)))
        assert operator in await backend.operators()
        assert agent in await backend.agents()

    @given(data=st.data())
    @settings(ANYTHING, max_examples=25)
    async def test_customers_and_what_they_have_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """A customer with line, contract, charge and dispute is read as it was stored."""
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        customer = await self._stored(backend, data.draw(strategies.customers(operator.key)))
        ticket = await self.planted(backend, a_ticket(customer))
        line = await self._stored(backend, data.draw(strategies.lines(customer.key)))
        contract = await self._stored(backend, data.draw(strategies.contracts(customer.key, line.key)))
        charge = await self._stored(backend, data.draw(strategies.charges(customer.key, contract.key)))
        dispute = await self._stored(backend, data.draw(strategies.disputes(customer.key, charge.key, ticket.key)))
        file = await backend.customer_file(customer.key)
        assert (file.customer, file.operator) == (customer, operator)
        assert (file.lines, file.contracts, file.charges, file.disputes) == (
            (line,),
            (contract,),
            (charge,),
            (dispute,),
        )

    @given(data=st.data())
    @settings(ANYTHING, max_examples=25)
    async def test_tickets_and_contacts_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """A ticket, a contact with its whole body, and the ticket's events are read as they were stored."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        line = await self.planted(backend, a_line(customer))
        outage = await self.planted(backend, an_outage())
        earlier = await self.planted(backend, a_contact(customer))
        ticket = await self._stored(backend, data.draw(strategies.tickets(customer, line.key, outage.key)))
        contact = await self._stored(
            backend, data.draw(strategies.contacts(customer, ticket.key, line.key, earlier.key))
        )
        event = await self._stored(backend, data.draw(strategies.ticket_events(ticket, contact.key)))
        assert await backend.ticket(ticket.key) == ticket
        assert await backend.contact(contact.key) == contact
        entries = await every_row(lambda after: backend.timeline(customer.key, after=after))
        assert event in entries

    @given(data=st.data())
    @settings(ANYTHING, max_examples=25)
    async def test_what_hangs_on_a_ticket_round_trips(self, backend: Backend, data: st.DataObject) -> None:
        """Chases, promises, visits and handovers of an open ticket are read as they were stored."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        contact = await self.planted(backend, a_contact(customer))
        outage = await self.planted(backend, an_outage())
        chase = await self._stored(backend, data.draw(strategies.chases(ticket, contact.key)))
        promise = await self._stored(backend, data.draw(strategies.promises(ticket, contact.key, outage.key)))
        visit = await self._stored(backend, data.draw(strategies.visits(ticket)))
        handover = await self._stored(backend, data.draw(strategies.handovers(ticket)))
        file = await backend.customer_file(customer.key)
        assert (file.chases, file.promises, file.visits, file.handovers) == (
            (chase,),
            (promise,),
            (visit,),
            (handover,),
        )

    @given(data=st.data())
    @settings(ANYTHING, max_examples=25)
    async def test_outages_round_trip(self, backend: Backend, data: st.DataObject) -> None:
        """Outages with coverage and updates are read as they were stored."""
        await self.needs(backend, Capability.OUTAGES)
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        outage = await self._stored(backend, data.draw(strategies.outages(operator.key)))
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
            assert contact.at == at
            assert contact.at.utcoffset() == timedelta(0)
