"""Erasure on request: the person is gone, counts and clocks are not."""

from __future__ import annotations

import base64

import pytest

from backends.contract.base import ACTOR, NOBODY, Contract, every_row
from backends.contract.keeping import planted_person, with_raw
from backends.contract.samples import (
    a_customer,
    a_ticket,
    unlike_any_other,
)
from backends.errors import Conflict, NotFound
from backends.port import Backend, Capability, Put, TicketFilter, undoing
from backends.records import (
    Customer,
    CustomerFlag,
    Origin,
    TicketState,
)


class ForgetContract(Contract):
    """Erasure on request: the person is gone, the service's own figures are not."""

    async def test_no_trace_is_left(self, backend: Backend) -> None:
        """After forgetting, no way of reading shows a word of the person."""
        await self.needs(backend, Capability.FORGET, Capability.WRITE)
        canary = unlike_any_other()
        customer, stored = await planted_person(self, backend, canary)
        ticket, contact = stored[0].key, stored[1].key
        if Capability.RAW in backend.capabilities:
            await backend.write(await self.batch(backend, with_raw(customer, canary.encode())))
        counts = await backend.forget(customer.key, ACTOR, "asked to")
        seen: list[object] = [
            await backend.customer_file(customer.key),
            await every_row(lambda after: backend.timeline(customer.key, after=after)),
            await backend.contact(contact),
            await backend.ticket(ticket),
            await backend.tickets(TicketFilter(customer_key=customer.key)),
        ]
        if Capability.QUEUE in backend.capabilities:
            seen.append(await backend.queue())
        if Capability.AUDIT in backend.capabilities:
            seen.append(await backend.audit(customer_key=customer.key))
        if Capability.EXPORT in backend.capabilities:
            seen.append(await backend.export(customer.key, ACTOR))
        text = repr(seen)
        for trace in (
            canary,
            base64.b64encode(canary.encode()).decode(),
            "601777",
            "02:00:5E",
            "198.51.100.77",
            "61-777",
        ):
            assert trace not in text, trace
        file = await backend.customer_file(customer.key)
        assert CustomerFlag.FORGOTTEN in file.customer.flags
        assert CustomerFlag.VULNERABLE not in file.customer.flags
        assert counts["customer"] == 1
        assert counts["contact"] >= 1

    async def test_no_search_finds_the_person(self, backend: Backend) -> None:
        """Name, numbers, addresses and devices find nobody; the customer number still leads to the empty file."""
        await self.needs(backend, Capability.FORGET, Capability.SEARCH)
        await self.needs_records(backend)
        canary = unlike_any_other()
        customer, _ = await planted_person(self, backend, canary)
        traces = (
            canary, canary[:6], f"{canary} 7", f"{canary}@home.example", "601 777 666", "777666", "601 777 888",
            "61-777", "02:00:5E:77:88:99", "198.51.100.77",
        )  # fmt: skip
        for text in traces:
            assert await backend.search(text), f"{text} must be found before it can be forgotten"
        await backend.forget(customer.key, ACTOR, "asked to")
        for text in traces:
            assert await backend.search(text) == (), text
        assert [match.customer.key for match in await backend.search(customer.number)] == [customer.key]

    async def test_no_text_search_finds_the_person(self, backend: Backend) -> None:
        """Words of the person's contacts find nothing."""
        await self.needs(backend, Capability.FORGET, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        canary = unlike_any_other()
        customer, _ = await planted_person(self, backend, canary)
        assert (await backend.search_text(canary)).rows
        await backend.forget(customer.key, ACTOR, "asked to")
        assert (await backend.search_text(canary)).rows == ()
        assert (await backend.search_text("long")).rows == ()

    async def test_counts_and_clocks_remain(self, backend: Backend) -> None:
        """Moments, states, durations, amounts and references stay, so that reports of the past stay true."""
        await self.needs(backend, Capability.FORGET)
        await self.needs_records(backend)
        customer, stored = await planted_person(self, backend, unlike_any_other())
        before = await backend.customer_file(customer.key)
        contact = await backend.contact(stored[1].key)
        await backend.forget(customer.key, ACTOR, "asked to")
        after = await backend.customer_file(customer.key)
        assert after.contacts_total == before.contacts_total
        assert after.customer.number == customer.number
        assert after.customer.kind == customer.kind
        for name in (
            "lines", "contracts", "charges", "disputes", "tickets", "chases", "promises", "visits", "handovers",
            "recent_inbound",
        ):  # fmt: skip
            assert len(getattr(after, name)) == len(getattr(before, name)), name
        was, ticket = before.tickets[0], after.tickets[0]
        for name in ("reference", "opened_at", "first_contact_at", "taken_in_charge_at", "reference_given_at", "kind"):
            assert getattr(ticket, name) == getattr(was, name), name
        assert (ticket.state, ticket.priority, ticket.holder) == (was.state, was.priority, was.holder)
        assert [each.amount for each in ticket.compensations] == [each.amount for each in was.compensations]
        kept = await backend.contact(contact.key)
        for name in ("reference", "at", "channel", "direction", "seconds", "ticket_key", "agent"):
            assert getattr(kept, name) == getattr(contact, name), name
        assert after.charges[0].amount == before.charges[0].amount
        assert after.promises[0].due_at == before.promises[0].due_at
        assert after.visits[0].window_from == before.visits[0].window_from

    async def test_others_are_not_touched(self, backend: Backend) -> None:
        """Forgetting one person changes nothing of another."""
        await self.needs(backend, Capability.FORGET)
        await self.needs_records(backend)
        customer, _ = await planted_person(self, backend, unlike_any_other())
        other, _ = await planted_person(self, backend, unlike_any_other())
        before = await backend.customer_file(other.key), await backend.timeline(other.key)
        await backend.forget(customer.key, ACTOR, "asked to")
        assert (await backend.customer_file(other.key), await backend.timeline(other.key)) == before

    async def test_nothing_brings_the_person_back(self, backend: Backend) -> None:
        """Neither a repeated batch, nor a repeated import, nor an undo, nor a late change restores what was erased."""
        await self.needs(backend, Capability.FORGET, Capability.WRITE, Capability.UNDO)
        canary = unlike_any_other()
        operator = await self.an_operator(backend)
        person = a_customer(operator, name=canary, origin=Origin("crm", unlike_any_other()))
        self.needs_fields(backend, Customer, "origin")
        receipt = await backend.write(await self.batch(backend, Put(person), act="import"))
        customer = receipt.changes[0].after
        assert isinstance(customer, Customer)
        item = Put(self.touched(backend, customer, canary), seen=customer.version)
        batch = await self.batch(backend, item, idempotency_key=unlike_any_other())
        changed = await backend.write(batch)
        await backend.forget(customer.key, ACTOR, "asked to")
        repeated = await backend.write(batch)
        assert repeated.repeated
        assert canary not in repr(repeated), "the receipt is a copy of the person"
        again = await backend.write(await self.batch(backend, Put(person, unless_known=True), act="import"))
        assert again.known == ((0, customer.key),)
        with pytest.raises(Conflict) as raised:
            await backend.write(undoing(changed, actor=ACTOR))
        assert canary not in repr(raised.value.newer)
        assert canary not in repr(await backend.customer_file(customer.key))

    async def test_forgetting_is_in_the_trail(self, backend: Backend) -> None:
        """Who erased whom, and why, is on record; the chain still holds; an unknown customer is NotFound."""
        await self.needs(backend, Capability.FORGET, Capability.AUDIT)
        await self.needs_records(backend)
        customer, _ = await planted_person(self, backend, unlike_any_other())
        await backend.forget(customer.key, "leo", "asked in writing")
        row = (await backend.audit(customer_key=customer.key)).rows[0]
        assert (row.actor, row.act, row.subject, row.subject_key) == ("leo", "forget", "customer", customer.key)
        assert "asked in writing" in row.detail
        assert (await backend.audit_verify()).broken_at is None
        with pytest.raises(NotFound):
            await backend.forget(NOBODY, ACTOR, "")

    async def test_a_forgotten_customer_can_be_served(self, backend: Backend) -> None:
        """Whoever was forgotten and comes back starts afresh; forgetting again forgets that too."""
        await self.needs(backend, Capability.FORGET)
        await self.needs_records(backend)
        canary = unlike_any_other()
        customer, _ = await planted_person(self, backend, unlike_any_other())
        await backend.forget(customer.key, ACTOR, "asked to")
        ticket = await self.planted(backend, a_ticket(customer, subject=canary, state=TicketState.OPEN))
        assert (await backend.ticket(ticket.key)).subject == canary
        await backend.forget(customer.key, ACTOR, "asked again")
        assert canary not in repr(await backend.ticket(ticket.key))
