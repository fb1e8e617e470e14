"""Living together: changes are heard by everybody, and two who write at once lose nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from backends.contract.base import ACTOR, NOBODY, Contract, refused
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_customer,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    a_visit,
    an_email,
    an_outage,
)
from backends.errors import Conflict
from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, Resync, TicketChanged
from backends.port import Backend, Batch, Capability, Put, TicketFilter, undoing
from backends.records import AnswerState, Customer, Record, Ticket


class Listener:
    """Hears the events of a backend in a task of its own and keeps them in order."""

    def __init__(self, events: AsyncIterator[Event], patience: float) -> None:
        self.heard: list[Event] = []
        self._patience = patience
        self._more = asyncio.Event()
        self.task = asyncio.create_task(self._listen(events))

    async def _listen(self, events: AsyncIterator[Event]) -> None:
        try:
            async for event in events:
                self.heard.append(event)
                self._more.set()
        finally:
            self._more.set()

    async def until(self, wanted: Callable[[Event], bool], after: int = 0) -> Event:
        """Return the first event from position `after` on that is wanted; fails when it does not come in time."""
        try:
            async with asyncio.timeout(self._patience):
                while True:
                    self._more.clear()
                    for event in self.heard[after:]:
                        if wanted(event):
                            return event
                    assert not self.task.done(), "listening has ended"
                    await self._more.wait()
        except TimeoutError:
            raise AssertionError(f"not heard within {self._patience} s; heard {self.heard[after:]}") from None

    async def stop(self) -> None:
        """Stop listening, as a console that is left does."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def _bare(event: Event) -> Event:
    return replace(event, cursor="")


class LiveContract(Contract):
    """Events: what one changes, everybody who listens hears within moments."""

    @asynccontextmanager
    async def listening(self, backend: Backend, since: str | None = None) -> AsyncIterator[Listener]:
        """Listen to `backend`; without a cursor, go on only once a first change was heard."""
        listener = Listener(backend.events(since), self.patience)
        try:
            if since is None:
                await self._first_heard(backend, listener)
            yield listener
        finally:
            await listener.stop()

    async def _first_heard(self, backend: Backend, listener: Listener) -> None:
        # when listening has begun cannot be seen from outside: raise outages until the last of them is heard
        outage = await self.planted(backend, an_outage(title="begin"))
        async with asyncio.timeout(self.patience):
            while not listener.heard:
                outage = await self.changed(backend, outage, cause=f"{outage.version}")
                await asyncio.sleep(0.02)
        last = await self.planted(backend, an_outage(title="begun"))
        await listener.until(lambda event: _bare(event) == OutageChanged(last.key))

    async def _hears(self, listener: Listener, event: Event, after: int) -> None:
        await listener.until(lambda heard: _bare(heard) == event, after)

    async def test_every_change_is_heard(self, backend: Backend) -> None:
        """Whatever is stored through one handle, a listener at another hears, with the keys of what to look at."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.other(backend) as there, self.listening(backend) as listener:
            customer = await self.a_customer(there)
            ticket = await self.planted(there, a_ticket(customer))
            for record, event in (
                (a_customer((await there.operators())[0]), None),
                (a_line(customer), CustomerChanged(customer.key)),
                (a_charge(customer), CustomerChanged(customer.key)),
                (a_promise(customer), CustomerChanged(customer.key)),
                (a_ticket_event(ticket), TicketChanged(customer.key, ticket.key)),
                (a_chase(ticket), TicketChanged(customer.key, ticket.key)),
                (a_visit(ticket), TicketChanged(customer.key, ticket.key)),
                (a_handover(ticket), TicketChanged(customer.key, ticket.key)),
                (a_contact(customer), None),
                (a_ticket(customer), None),
                (an_outage(), None),
            ):
                after = len(listener.heard)
                sample: Record = record
                stored = await self.planted(there, sample)
                await self._hears(listener, event or _event_of(stored), after)

    async def test_changes_and_undo_are_heard(self, backend: Backend) -> None:
        """An answer to a waiting contact, a changed ticket and an undo are heard as well."""
        await self.needs(backend, Capability.LIVE, Capability.WRITE, Capability.UNDO)
        async with self.other(backend) as there, self.listening(backend) as listener:
            customer = await self.a_customer(there)
            mail = await self.planted(there, an_email(customer))
            after = len(listener.heard)
            await self.changed(there, mail, answer=AnswerState.WAIVED, waived_reason="spam")
            await self._hears(listener, ContactAdded(customer.key, mail.key), after)
            receipt = await there.write(Batch((Put(a_ticket(customer)),), actor=ACTOR))
            ticket = receipt.changes[0].after
            assert isinstance(ticket, Ticket)
            await self._hears(listener, TicketChanged(customer.key, ticket.key), after)
            after = len(listener.heard)
            await there.write(undoing(receipt, actor=ACTOR))
            await self._hears(listener, TicketChanged(customer.key, ticket.key), after)

    async def test_a_failed_batch_is_not_heard(self, backend: Backend) -> None:
        """What was not stored is not told."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        async with self.listening(backend) as listener:
            after = len(listener.heard)
            with refused("ticket_key", "unknown"):
                await self.plant(backend, [a_ticket(customer), a_contact(customer, ticket_key=NOBODY)])
            outage = await self.planted(backend, an_outage())
            await self._hears(listener, OutageChanged(outage.key), after)
            assert [_bare(event) for event in listener.heard[after:]] == [OutageChanged(outage.key)]

    async def test_listening_resumes_where_it_stopped(self, backend: Backend) -> None:
        """From the cursor of an event on, everything later is heard, in order, and nothing before it."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.listening(backend) as listener:
            outages = [await self.planted(backend, an_outage()) for _ in range(5)]
            await self._hears(listener, OutageChanged(outages[1].key), 0)
            cursor = next(event.cursor for event in listener.heard if _bare(event) == OutageChanged(outages[1].key))
        assert cursor
        async with self.other(backend) as there, self.listening(there, since=cursor) as listener:
            await self._hears(listener, OutageChanged(outages[4].key), 0)
            assert [_bare(event) for event in listener.heard] == [OutageChanged(each.key) for each in outages[2:]]
            newest = await self.planted(backend, an_outage())
            await self._hears(listener, OutageChanged(newest.key), 3)

    @pytest.mark.parametrize("cursor", ["nonsense", "", "-1", "99999999999999999999", "1e3", "٣", "\x00", "1 OR 1=1"])
    async def test_a_cursor_of_nobody_means_look_again(self, backend: Backend, cursor: str) -> None:
        """A cursor that no event had gives Resync first, then what changes from now on."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        await self.planted(backend, an_outage())
        async with self.listening(backend, since=cursor) as listener:
            await listener.until(lambda event: True)
            assert isinstance(listener.heard[0], Resync)
            outage = await self.planted(backend, an_outage())
            await self._hears(listener, OutageChanged(outage.key), 1)
            assert len(listener.heard) == 2
        resumed = listener.heard[0].cursor
        async with self.listening(backend, since=resumed) as listener:
            await self._hears(listener, OutageChanged(outage.key), 0)
            assert not isinstance(listener.heard[0], Resync)

    async def test_a_large_batch_is_heard(self, backend: Backend) -> None:
        """Of an import everybody hears every change, or that everything must be looked at again; then life goes on."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        async with self.listening(backend) as listener:
            after = len(listener.heard)
            keys = set(await self.contacts(backend, customer, 600))
            outage = await self.planted(backend, an_outage())
            await self._hears(listener, OutageChanged(outage.key), after)
            heard = listener.heard[after:]
            told = {event.key for event in heard if isinstance(event, ContactAdded)}
            assert told == keys or any(isinstance(event, Resync) for event in heard)

    async def test_a_backend_can_be_opened_again(self, backend: Backend) -> None:
        """After closing and opening, everything is there, and listening works anew."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        async with self.other(backend):
            await backend.close()
            await backend.open()
            assert operator in await backend.operators()
            async with self.listening(backend) as listener:
                outage = await self.planted(backend, an_outage())
                await self._hears(listener, OutageChanged(outage.key), 0)

    async def test_all_listeners_hear(self, backend: Backend) -> None:
        """Several may listen at once; one who leaves takes nothing from the others."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.listening(backend) as one:
            async with self.listening(backend) as other:
                outage = await self.planted(backend, an_outage())
                await self._hears(one, OutageChanged(outage.key), 0)
                await self._hears(other, OutageChanged(outage.key), 0)
            later = await self.planted(backend, an_outage())
            await self._hears(one, OutageChanged(later.key), 0)

    async def test_listening_ends_when_closed(self, backend: Backend) -> None:
        """Closing the backend ends listening; closing it twice is nothing."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.listening(backend) as listener:
            await backend.close()
            await backend.close()
            async with asyncio.timeout(self.patience):
                await listener.task


def _event_of(record: Record) -> Event:
    if isinstance(record, Customer):
        return CustomerChanged(record.key)
    if isinstance(record, Ticket):
        return TicketChanged(record.customer_key, record.key)
    customer_key = getattr(record, "customer_key", None)
    return OutageChanged(record.key) if customer_key is None else ContactAdded(customer_key, record.key)


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
        customer = await self.a_customer(backend)
        async with self.other(backend) as there:
            outcomes = await asyncio.gather(
                *(self.changed((backend, there)[index % 2], customer, tone=f"tone {index}") for index in range(6)),
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
        batch = Batch((Put(a_ticket(customer)),), actor=ACTOR, idempotency_key="same")
        async with self.other(backend) as there:
            receipts = await asyncio.gather(*(handle.write(batch) for handle in (backend, there, backend, there)))
            assert sorted(receipt.repeated for receipt in receipts) == [False, True, True, True]
            assert len((await there.customer_file(customer.key)).tickets) == 1

    async def test_an_action_given_up_is_whole_or_nothing(self, backend: Backend) -> None:
        """A batch whose writer is cancelled is stored whole or not at all, and the backend goes on working."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        for pauses in range(5):
            ticket = a_ticket(customer)
            writing = asyncio.create_task(backend.write(Batch((Put(ticket), Put(a_chase(ticket))), actor=ACTOR)))
            for _ in range(pauses):
                await asyncio.sleep(0)
            writing.cancel()
            await asyncio.gather(writing, return_exceptions=True)
        last = await self.planted(backend, a_ticket(customer))
        file = await backend.customer_file(customer.key)
        assert last in file.tickets
        assert len(file.tickets) == len(file.chases) + 1

    async def test_a_reader_never_sees_half_a_batch(self, backend: Backend) -> None:
        """While tickets are written with a chase each, every file read has as many of the one as of the other."""
        await self.needs(backend, Capability.WRITE)
        customer = await self.a_customer(backend)
        async with self.other(backend) as there:

            async def write() -> None:
                for _ in range(10):
                    ticket = a_ticket(customer)
                    await there.write(Batch((Put(ticket), Put(a_chase(ticket))), actor=ACTOR))

            writing = asyncio.create_task(write())
            while not writing.done():
                file = await backend.customer_file(customer.key)
                assert len(file.tickets) == len(file.chases)
                await asyncio.sleep(0)
            await writing
            assert len((await backend.customer_file(customer.key)).tickets) == 10
