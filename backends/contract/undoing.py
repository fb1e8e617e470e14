"""Undo: what was before is there again, nothing else is touched, nobody's later work is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from backends.contract.base import ACTOR, Contract, refused, without_identity
from backends.contract.samples import a_chase, a_contact, a_customer, a_ticket, a_ticket_event, an_email, an_operator
from backends.errors import Conflict, NotFound
from backends.port import Backend, Capability, Put, undoing
from backends.records import AnswerState, Contact, Priority, Record


class UndoContract(Contract):
    """The batch that `undoing` makes restores what was before a receipt, or refuses."""

    async def test_undo_restores_exactly(self, backend: Backend) -> None:
        """After undo, what was created is gone and what was changed is as before, but for its version."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend, name="Żaneta Ł. \U0001f469", tone="calm")
        question = await self.planted(backend, an_email(customer, body="x" * 1_000))
        before = await backend.customer_file(customer.key)
        ticket = a_ticket(customer)
        answer = a_contact(customer)
        answered = replace(question, answer=AnswerState.ANSWERED, answered_by=answer.key)
        hanging: list[Record] = [a_ticket_event(ticket), a_chase(ticket, contact_key=answer.key)]
        items = (
            Put(ticket),
            *map(Put, await self.storable(backend, hanging)),
            Put(answer),
            Put(answered, seen=question.version),
            Put(self.touched(backend, customer, "angry"), seen=customer.version),
        )
        receipt = await backend.write(await self.batch(backend, *items))
        undone = await backend.write(undoing(receipt, actor=ACTOR, reason="wrong key"))
        assert len(undone.changes) == len(items)
        after = await backend.customer_file(customer.key)
        assert after.customer.version != customer.version
        assert replace(after, customer=customer, recent_inbound=before.recent_inbound) == before
        assert without_identity(after.customer) == without_identity(customer)
        restored = await backend.contact(question.key)
        assert without_identity(restored) == without_identity(question)
        assert restored.reference == question.reference
        assert receipt.keys is not None
        with pytest.raises(NotFound):
            await backend.ticket(receipt.keys[ticket.key])
        with pytest.raises(NotFound):
            await backend.contact(receipt.keys[answer.key])

    async def test_an_undo_can_be_undone(self, backend: Backend) -> None:
        """The undo of a change has a receipt of its own, whose undo makes the change again."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        changed = self.touched(backend, customer, "angry")
        receipt = await backend.write(await self.batch(backend, Put(changed, seen=customer.version)))
        undone = await backend.write(undoing(receipt, actor=ACTOR))
        await backend.write(undoing(undone, actor=ACTOR))
        stored = (await backend.customer_file(customer.key)).customer
        assert without_identity(stored) == without_identity(changed)

    async def test_undo_never_takes_away_what_came_later(self, backend: Backend) -> None:
        """When a record moved since, undo raises Conflict with the newer one and restores nothing at all."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        ticket = a_ticket(customer)
        items = (Put(self.touched(backend, customer, "angry"), seen=customer.version), Put(ticket))
        receipt = await backend.write(await self.batch(backend, *items))
        assert receipt.keys is not None
        stored = await backend.ticket(receipt.keys[ticket.key])
        newer = await self.changed(backend, stored, priority=Priority.URGENT)
        with pytest.raises(Conflict) as raised:
            await backend.write(undoing(receipt, actor=ACTOR))
        assert raised.value.newer == newer
        assert (await backend.customer_file(customer.key)).customer == receipt.changes[0].after

    async def test_undo_twice_is_a_conflict(self, backend: Backend) -> None:
        """What was undone cannot be undone again from the same receipt."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        changed = self.touched(backend, customer, "angry")
        receipt = await backend.write(await self.batch(backend, Put(changed, seen=customer.version)))
        await backend.write(undoing(receipt, actor=ACTOR))
        with pytest.raises(Conflict):
            await backend.write(undoing(receipt, actor=ACTOR))

    async def test_nothing_is_left_leading_nowhere(self, backend: Backend) -> None:
        """Undoing a creation that something else has come to name is Invalid, and nothing is removed."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        self.needs_fields(backend, Contact, "ticket_key")
        customer = await self.a_customer(backend)
        ticket = a_ticket(customer)
        receipt = await backend.write(await self.batch(backend, Put(ticket)))
        assert receipt.keys is not None
        stored = await backend.ticket(receipt.keys[ticket.key])
        await self.planted(backend, a_contact(customer, ticket_key=stored.key))
        with refused("ticket_key", "in_use"):
            await backend.write(undoing(receipt, actor=ACTOR))
        assert await backend.ticket(stored.key) == stored

    async def test_a_whole_new_customer_can_be_undone(self, backend: Backend) -> None:
        """Everything that one batch created goes together, whatever names whatever."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        operator = an_operator() if self.has_operators(backend) else await self.an_operator(backend)
        before = await backend.operators()
        customer = a_customer(operator)
        ticket = a_ticket(customer)
        every: list[Record] = [customer, ticket, a_contact(customer, ticket_key=ticket.key), a_chase(ticket)]
        records = [operator, *every] if self.has_operators(backend) else every
        batch = await self.batch(backend, *map(Put, await self.storable(backend, records)))
        receipt = await backend.write(batch)
        await backend.write(undoing(receipt, actor=ACTOR))
        assert await backend.operators() == before
        assert receipt.keys is not None
        with pytest.raises(NotFound):
            await backend.customer_file(receipt.keys[customer.key])

    async def test_what_was_undone_is_not_found(self, backend: Backend) -> None:
        """No search finds what was taken back, and what was put back is found as it was."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO, Capability.SEARCH, Capability.TEXT_SEARCH)
        customer = await self.a_customer(backend, name="Ewa Dawna")
        mail = await self.planted(backend, a_contact(customer, body="zebra"))
        fresh = a_contact(customer, reference="K-UNDONE", body="giraffe")
        items = (
            Put(replace(customer, name="Ewa Nowa"), seen=customer.version),
            Put(replace(mail, body="giraffe"), seen=mail.version),
            Put(fresh),
        )
        receipt = await backend.write(await self.batch(backend, *items))
        await backend.write(undoing(receipt, actor=ACTOR))
        for text in ("nowa", "K-UNDONE"):
            assert await backend.search(text) == ()
        assert [match.customer.key for match in await backend.search("dawna")] == [customer.key]
        assert (await backend.search_text("giraffe")).rows == ()
        assert [hit.contact.key for hit in (await backend.search_text("zebra")).rows] == [mail.key]
        assert (await backend.customer_file(customer.key)).contacts_total == 1

    async def test_a_reference_is_never_given_twice(self, backend: Backend) -> None:
        """The reference of a ticket that was undone may have been told to somebody: no other ticket gets it."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        given: list[str] = []
        for _ in range(2):
            receipt = await backend.write(await self.batch(backend, Put(a_ticket(customer))))
            stored = receipt.changes[0].after
            given.append(getattr(stored, "reference", ""))
            await backend.write(undoing(receipt, actor=ACTOR))
        assert len(set(given)) == 2
