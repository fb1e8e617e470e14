"""Living together: two who write at once lose nothing, and nobody sees half of what another does."""

from __future__ import annotations

import asyncio

import pytest

from backends.contract.base import Contract
from backends.contract.samples import (
    a_chase,
    a_contact,
    a_customer,
    a_ticket,
    a_ticket_event,
    an_operator,
    unlike_any_other,
)
from backends.errors import Conflict
from backends.port import Backend, Batch, Capability, Put, TicketFilter
from backends.records import Chase, Customer, Record


class TogetherContract(Contract):
    """Several who write to one store at the same time."""

    async def test_writing_at_once_loses_nothing(self, backend: Backend) -> None:
        """Tickets opened through two handles at once are all stored, each with a reference of its own."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        async with self.other(backend) as there:
            stored = await asyncio.gather(
                *(self.planted((backend, there)[index % 2], a_ticket(customer)) for index in range(20))
            )
            assert len({ticket.reference for ticket in stored}) == 20
            for handle in (backend, there):
                rows = (await handle.tickets(TicketFilter(customer_key=customer.key))).rows
                assert {ticket.key for ticket in rows} == {ticket.key for ticket in stored}

    async def test_of_two_who_change_one_record_one_is_told(self, backend: Backend) -> None:
        """When several change the same version at once, one is stored and each other gets Conflict with what was."""
        await self.needs(backend, Capability.WRITE)
        if not self.serialised:
            pytest.skip("does not decide between two at the same moment; who comes later is told all the same")
        customer = await self.a_customer(backend)
        await self.batch(backend, Put(self.touched(backend, customer, "mine"), seen=customer.version))
        async with self.other(backend) as there:
            outcomes = await asyncio.gather(
                *(self.touch((backend, there)[index % 2], customer, f"tone {index}") for index in range(6)),
                return_exceptions=True,
            )
            stored = [outcome for outcome in outcomes if isinstance(outcome, Customer)]
            refused = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
            assert (len(stored), len(refused)) == (1, 5)
            assert [refusal.newer for refusal in refused] == stored * 5
            assert (await there.customer_file(customer.key)).customer == stored[0]

    async def test_a_batch_repeated_elsewhere_is_stored_once(self, backend: Backend) -> None:
        """An idempotency key holds for the store, not for the handle."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        batch = await self.batch(backend, Put(a_ticket(customer)), idempotency_key=unlike_any_other())
        async with self.other(backend) as there:
            handles = (backend, there, backend, there)
            if self.serialised:
                receipts = await asyncio.gather(*(handle.write(batch) for handle in handles))
            else:
                receipts = [await handle.write(batch) for handle in handles]
            assert sorted(receipt.repeated for receipt in receipts) == [False, True, True, True]
            assert len((await there.customer_file(customer.key)).tickets) == 1

    async def test_an_action_given_up_is_whole_or_nothing(self, backend: Backend) -> None:
        """A batch whose writer is cancelled is stored whole or not at all, and the backend goes on working."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        for pauses in range(5):
            batch = await self._pair(backend, customer)
            writing = asyncio.create_task(backend.write(batch))
            for _ in range(pauses):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        last = await self.planted(backend, a_ticket(customer))
        file = await backend.customer_file(customer.key)
        assert last in file.tickets
        if self.atomic:
            assert len(file.tickets) == await self._seconds(backend, customer) + 1

    async def _pair(self, backend: Backend, customer: Customer) -> Batch:
        """Return a batch of a ticket and one record that hangs on it: a chase, where chases are stored."""
        ticket = a_ticket(customer)
        pairs: list[Record] = [a_chase(ticket), a_ticket_event(ticket)]
        (second, *_) = await self.storable(backend, pairs) or [a_contact(customer, ticket_key=ticket.key)]
        return await self.batch(backend, Put(ticket), Put(second))

    async def _seconds(self, backend: Backend, customer: Customer) -> int:
        """Return how many second records of pairs there are."""
        if self.holds(backend, Chase):
            return len((await backend.customer_file(customer.key)).chases)
        return len(self.own((await backend.timeline(customer.key, limit=1_000)).rows))

    async def test_a_reader_never_sees_half_a_batch(self, backend: Backend) -> None:
        """While tickets are written with a chase each, every file read has as many of the one as of the other."""
        await self.needs(backend, Capability.WRITE)
        await self.needs_kinds(backend, a_chase(a_ticket(a_customer(an_operator()))))
        if not self.atomic:
            pytest.skip("takes the records of a batch one by one, and says so")
        customer = await self.a_customer(backend)
        async with self.other(backend) as there:

            async def write() -> None:
                for _ in range(10):
                    await there.write(await self._pair(there, customer))

            writing = asyncio.create_task(write())
            while not writing.done():
                file = await backend.customer_file(customer.key)
                assert len(file.tickets) == len(file.chases)
                await asyncio.sleep(0)
            await writing
            assert len((await backend.customer_file(customer.key)).tickets) == 10
