"""Living: what one changes, everybody who listens hears."""

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
from backends.events import ContactAdded, CustomerChanged, Event, OutageChanged, Resync, TicketChanged
from backends.port import Backend, Capability, Put, undoing
from backends.records import AnswerState, Customer, Outage, Record, Ticket


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

    async def sign(self, backend: Backend) -> Event:
        """Store something of no further meaning and return the event that tells of it.

        An outage, where outages are stored and so concern nobody; else a ticket of a customer kept for that.
        """
        if self.holds(backend, Outage):
            return OutageChanged((await self.planted(backend, an_outage(title="sign"))).key)
        known: dict[str, Customer] = vars(self).setdefault("_sign", {})
        if backend.url not in known:
            known[backend.url] = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(known[backend.url], subject="sign"))
        return TicketChanged(ticket.customer_key, ticket.key)

    async def _first_heard(self, backend: Backend, listener: Listener) -> None:
        # when listening has begun cannot be seen from outside: give signs until the last of them is heard
        await self.sign(backend)
        async with asyncio.timeout(self.patience):
            while not listener.heard:
                await self.sign(backend)
                await asyncio.sleep(0.02)
        await self._hears(listener, await self.sign(backend), 0)

    def _told(self, listener: Listener, after: int = 0) -> list[Event]:
        """Return what was heard, each event once where they are coarse."""
        told = [_bare(event) for event in listener.heard[after:]]
        return list(dict.fromkeys(told)) if self.coarse_events else told

    async def _hears(self, listener: Listener, event: Event, after: int) -> None:
        await listener.until(lambda heard: _bare(heard) == event, after)

    async def test_every_change_is_heard(self, backend: Backend) -> None:
        """Whatever is stored through one handle, a listener at another hears, with the keys of what to look at."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.other(backend) as there, self.listening(backend) as listener:
            operator = await self.an_operator(there)
            customer = await self.planted(there, a_customer(operator))
            ticket = await self.planted(there, a_ticket(customer))
            every: list[tuple[Record, Event | None]] = [
                (a_customer(operator), None),
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
            ]
            for record, event in every:
                for sample in await self.storable(there, [record]):
                    after = len(listener.heard)
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
            receipt = await there.write(await self.batch(there, Put(a_ticket(customer))))
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
            lost = a_ticket(customer)
            batch = await self.batch(backend, Put(lost), Put(a_ticket(customer, customer_key=NOBODY)))
            with refused("customer_key", "unknown"):
                await backend.write(batch)
            sign = await self.sign(backend)
            await self._hears(listener, sign, after)
            told = self._told(listener, after)
            assert told == [sign] or self.coarse_events
            assert not [event for event in told if getattr(event, "customer_key", "") == customer.key]

    async def test_listening_resumes_where_it_stopped(self, backend: Backend) -> None:
        """From the cursor of an event on, everything later is heard, in order, and nothing before it."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.listening(backend) as listener:
            signs = [await self.sign(backend) for _ in range(2)]
            await self._hears(listener, signs[1], 0)
            cursor = next(event.cursor for event in listener.heard if _bare(event) == signs[1])
        assert cursor
        later = [await self.sign(backend) for _ in range(3)]
        async with self.other(backend) as there, self.listening(there, since=cursor) as listener:
            await self._hears(listener, later[2], 0)
            told = self._told(listener)
            assert told == later or self.coarse_events
            assert [event for event in told if event in later] == later
            newest = await self.sign(backend)
            await self._hears(listener, newest, 0)

    @pytest.mark.parametrize("cursor", ["nonsense", "", "-1", "99999999999999999999", "1e3", "٣", "\x00", "1 OR 1=1"])
    async def test_a_cursor_of_nobody_means_look_again(self, backend: Backend, cursor: str) -> None:
        """A cursor that no event had gives Resync first, then what changes from now on."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        await self.sign(backend)
        async with self.listening(backend, since=cursor) as listener:
            await listener.until(lambda event: True)
            assert isinstance(listener.heard[0], Resync)
            sign = await self.sign(backend)
            await self._hears(listener, sign, 1)
            assert len(listener.heard) == 2 or self.coarse_events
        resumed = listener.heard[0].cursor
        async with self.listening(backend, since=resumed) as listener:
            await self._hears(listener, sign, 0)
            assert not isinstance(listener.heard[0], Resync)

    async def test_a_large_batch_is_heard(self, backend: Backend) -> None:
        """Of an import everybody hears every change, or that everything must be looked at again; then life goes on."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        async with self.listening(backend) as listener:
            after = len(listener.heard)
            keys = set(await self.contacts(backend, customer, min(self.large, 600)))
            missing = set(keys)

            def is_last(event: Event) -> bool:
                if isinstance(event, ContactAdded):
                    missing.discard(event.key)
                return not missing or isinstance(event, Resync)

            # Kinds of records are looked at one after the other: a later change of another kind may be told before.
            await listener.until(is_last, after)
            await self._hears(listener, await self.sign(backend), after)

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
                await self._hears(listener, await self.sign(backend), 0)

    async def test_all_listeners_hear(self, backend: Backend) -> None:
        """Several may listen at once; one who leaves takes nothing from the others."""
        await self.needs(backend, Capability.LIVE)
        await self.needs_records(backend)
        async with self.listening(backend) as one:
            async with self.listening(backend) as other:
                sign = await self.sign(backend)
                await self._hears(one, sign, 0)
                await self._hears(other, sign, 0)
            await self._hears(one, await self.sign(backend), 0)

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
