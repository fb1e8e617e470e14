"""Repeating: what was cut off is completed, what was stored already is not stored twice."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from dataclasses import replace
from typing import Any

from backends.contract.base import ACTOR, Contract, refused, without_identity
from backends.contract.samples import (
    a_chase,
    a_contact,
    a_customer,
    a_ticket,
    a_ticket_event,
    unlike_any_other,
)
from backends.port import Backend, Capability, Put, Receipt, TimelineFilter, undoing
from backends.records import Chase, Contact, Customer, Origin, Record, Ticket, TicketEvent

CUT_OFF = (0, 1, 2, 4, 8, 16, 40, 120)
"""After how many turns of the event loop a writer is cancelled: before the first request, between two, after all."""


async def cut_off(writing: Coroutine[Any, Any, Receipt], turns: int) -> None:
    """Begin to write, and cancel the writer after so many turns; a slow server gets a millisecond for each."""
    task = asyncio.create_task(writing)
    for _ in range(turns):
        if task.done():
            break
        await asyncio.sleep(0 if turns < 16 else 0.001)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def _count(records: Sequence[Record], kind: type[Record]) -> int:
    return len([record for record in records if isinstance(record, kind)])


class RepeatContract(Contract):
    """A batch with an idempotency key is stored once however often it comes, and so is what an import knows."""

    async def test_a_repeated_batch_is_stored_once(self, backend: Backend) -> None:
        """A batch with an idempotency key that was seen returns the first receipt, marked, and stores nothing."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        batch = await self.batch(backend, Put(a_ticket(customer)), idempotency_key=unlike_any_other())
        first = await backend.write(batch)
        rows = await self.audit_rows(backend)
        again = await backend.write(batch)
        assert again.repeated
        assert replace(again, repeated=False) == first
        assert len((await backend.customer_file(customer.key)).tickets) == 1
        assert await self.audit_rows(backend) == rows

    async def test_a_repeat_is_a_repeat_after_later_changes(self, backend: Backend) -> None:
        """A batch repeated late changes nothing that was done since."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        item = Put(self.touched(backend, customer, "calm"), seen=customer.version)
        batch = await self.batch(backend, item, idempotency_key=unlike_any_other())
        receipt = await backend.write(batch)
        after = receipt.changes[0].after
        assert isinstance(after, Customer)
        newest = await self.touch(backend, after, "glad")
        assert (await backend.write(batch)).repeated
        assert (await backend.customer_file(customer.key)).customer == newest

    async def test_batches_without_a_key_are_all_stored(self, backend: Backend) -> None:
        """Without an idempotency key, alike batches are different actions."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        for _ in range(2):
            await self.contacts(backend, customer, 1, body="same")
        assert len(self.own((await backend.timeline(customer.key)).rows)) == 2

    async def test_a_batch_that_was_cut_off_is_completed_by_repeating_it(self, backend: Backend) -> None:
        """Wherever the writer of a batch with an idempotency key was cancelled: once repeated, all of it is there once.

        The repeat may have stored the rest or nothing; either way its receipt tells of everything.
        """
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        for pauses in CUT_OFF:
            before = {ticket.key for ticket in (await backend.customer_file(customer.key)).tickets}
            ticket = a_ticket(customer)
            every: list[Record] = [a_chase(ticket), a_ticket_event(ticket)]
            every += [a_contact(customer, ticket_key=ticket.key) for _ in range(2)]
            hanging = await self.storable(backend, every)
            batch = await self.batch(backend, Put(ticket), *map(Put, hanging), idempotency_key=unlike_any_other())
            await cut_off(backend.write(batch), pauses)
            receipt = await backend.write(batch)
            assert receipt.keys is not None
            assert set(receipt.keys) == {ticket.key, *(record.key for record in hanging)}
            assert len(receipt.changes) == len(batch.items)
            real = receipt.keys[ticket.key]
            file = await backend.customer_file(customer.key)
            assert {each.key for each in file.tickets} - before == {real}
            assert len([chase for chase in file.chases if chase.ticket_key == real]) == _count(hanging, Chase)
            entries = self.own((await backend.timeline(customer.key, only=TimelineFilter(ticket_key=real))).rows)
            expected = [record for record in hanging if isinstance(record, TicketEvent | Contact)]
            assert {entry.key for entry in entries} == {receipt.keys[record.key] for record in expected}
            again = await backend.write(batch)
            assert (again.repeated, again.changes, again.keys) == (True, receipt.changes, receipt.keys)

    async def test_a_change_that_was_cut_off_is_made_once(self, backend: Backend) -> None:
        """A change whose writer was cancelled and that is repeated is made, and is no Conflict with itself."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        for number, pauses in enumerate(CUT_OFF):
            changed = self.touched(backend, customer, f"tone {number}")
            batch = await self.batch(backend, Put(changed, seen=customer.version), idempotency_key=unlike_any_other())
            await cut_off(backend.write(batch), pauses)
            receipt = await backend.write(batch)
            stored = receipt.changes[0].after
            assert isinstance(stored, Customer)
            assert without_identity(stored) == without_identity(changed)
            customer = (await backend.customer_file(customer.key)).customer
            assert customer == stored

    async def test_what_an_import_knows_is_left_alone(self, backend: Backend) -> None:
        """With `unless_known`, a record of a stored origin stays as it is; what names it names the stored one."""
        await self.needs(backend, Capability.WRITE)
        self.needs_fields(backend, Customer, "origin")
        self.needs_fields(backend, Ticket, "origin")
        origin = Origin("crm", unlike_any_other())
        known = await self.a_customer(backend, origin=origin, name="As Stored")
        operator = (await backend.customer_file(known.key)).operator
        again = a_customer(operator, origin=origin, name="As Imported")
        ticket = a_ticket(again, origin=origin)
        items = (Put(ticket, unless_known=True), Put(again, unless_known=True))
        receipt = await backend.write(await self.batch(backend, *items, act="import"))
        assert receipt.known == ((1, known.key),)
        assert receipt.keys is not None
        assert receipt.keys[again.key] == known.key
        assert [type(change.after) for change in receipt.changes] == [Ticket]
        file = await backend.customer_file(known.key)
        assert file.customer == known
        assert [each.subject for each in file.tickets] == [ticket.subject]
        receipt = await backend.write(await self.batch(backend, *items, act="import"))
        assert [position for position, _ in receipt.known] == [0, 1]
        assert receipt.changes == ()

    async def test_one_origin_twice_in_a_batch_is_stored_once(self, backend: Backend) -> None:
        """With `unless_known`, the second record of an origin within one batch is known by the first."""
        await self.needs(backend, Capability.WRITE)
        self.needs_fields(backend, Ticket, "origin")
        customer = await self.a_customer(backend)
        origin = Origin("mbox", unlike_any_other())
        items = tuple(Put(a_ticket(customer, origin=origin), unless_known=True) for _ in range(2))
        receipt = await backend.write(await self.batch(backend, *items, act="import"))
        assert len(receipt.changes) == 1
        stored = receipt.changes[0].after
        assert stored is not None
        assert receipt.known == ((1, stored.key),)

    async def test_an_origin_is_stored_once(self, backend: Backend) -> None:
        """Without `unless_known`, a second record of the same kind and origin is Invalid."""
        await self.needs(backend, Capability.WRITE)
        self.needs_fields(backend, Ticket, "origin")
        origin = Origin("crm", unlike_any_other())
        customer = await self.a_customer(backend)
        await self.planted(backend, a_ticket(customer, origin=origin))
        with refused("origin", "taken"):
            await self.planted(backend, a_ticket(customer, origin=origin))

    async def test_an_import_that_was_undone_can_be_repeated(self, backend: Backend) -> None:
        """An origin is known only as long as its record is there."""
        await self.needs(backend, Capability.WRITE, Capability.UNDO)
        customer = await self.a_customer(backend)
        self.needs_fields(backend, Ticket, "origin")
        item = Put(a_ticket(customer, origin=Origin("csv", unlike_any_other())), unless_known=True)
        batch = await self.batch(backend, item, act="import")
        receipt = await backend.write(batch)
        await backend.write(undoing(receipt, actor=ACTOR))
        again = await backend.write(batch)
        assert (len(again.changes), again.known) == (1, ())
