"""What a bad line and a strict tracker do to writing: nothing is stored twice, nothing is overwritten unseen."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from test_roundup import connected

from backends.contract.samples import a_contact, a_customer, a_ticket, unlike_any_other
from backends.errors import Busy, Conflict, Unavailable
from backends.port import Backend, Batch, Put
from backends.records import Contact, Customer, Priority, Record, Ticket
from cordboard_roundup import RoundupBackend, writing
from roundup_server import Roundup


async def _open(tracker: Roundup, **settings: Any) -> RoundupBackend:
    backend = connected(tracker, **settings)
    assert isinstance(backend, RoundupBackend)
    await backend.open()
    return backend


class _Losing:
    """Sends what it is given, and loses the answer to the request of this number."""

    def __init__(self, backend: RoundupBackend, number: int) -> None:
        self.left = number
        self._send = backend._wire.http.send
        backend._wire.http.send = self.send  # type: ignore[method-assign]

    async def send(self, *given: Any, **named: Any) -> Any:
        """Send, and lose the answer when its turn has come."""
        answer = await self._send(*given, **named)
        self.left -= 1
        if self.left == 0:
            raise Unavailable("the line is cut")
        return answer


async def test_wherever_an_answer_is_lost_everything_is_stored_once(tracker: Roundup) -> None:
    """A batch that another process repeats after any lost answer makes one customer, one ticket and one contact."""
    tracker.empty()
    lost = 0
    for number in range(1, 30):
        backend = await _open(tracker)
        (operator,) = await backend.operators()
        customer = a_customer(operator, name=unlike_any_other())
        ticket = a_ticket(customer, description="dead since noon")
        records: tuple[Record, ...] = (a_contact(customer, ticket_key=ticket.key, body="hello"), ticket, customer)
        batch = Batch(tuple(map(Put, records)), "ola", idempotency_key=unlike_any_other())
        losing = _Losing(backend, number)
        try:
            await backend.write(batch)
        except Unavailable:
            lost += 1
        await backend.close()
        if losing.left > 0:
            break
        writing._receipts.clear()
        backend = await _open(tracker)
        receipt = await backend.write(batch)
        assert receipt.keys is not None
        (found,) = await backend.search(customer.name)
        file = await backend.customer_file(found.customer.key)
        assert [each.key for each in file.tickets] == [receipt.keys[ticket.key]]
        assert file.tickets[0].description == "dead since noon"
        entries = (await backend.timeline(found.customer.key)).rows
        assert [entry.key for entry in entries] == [receipt.keys[records[0].key]]
        await backend.close()
    assert lost >= 4, "a post-once link and a post each, and the message put on its issue"


async def test_a_change_between_reading_and_writing_is_not_overwritten(tracker: Roundup) -> None:
    """When somebody is quicker after we have compared, the tracker's If-Match refuses us and we tell what holds now."""
    tracker.empty()
    backend, quicker = await _open(tracker), await _open(tracker)
    (operator,) = await backend.operators()
    customer = a_customer(operator)
    receipt = await backend.write(Batch((Put(customer), Put(a_ticket(customer))), "ola"))
    ticket = receipt.changes[1].after
    assert isinstance(ticket, Ticket)
    change = backend._wire.change

    async def late(*given: Any, **named: Any) -> None:
        await quicker.write(Batch((Put(replace(ticket, subject="theirs"), seen=ticket.version),), "mia"))
        await change(*given, **named)

    backend._wire.change = late  # type: ignore[method-assign]
    mine = Batch((Put(replace(ticket, priority=Priority.URGENT), seen=ticket.version),), "ola")
    with pytest.raises(Conflict) as raised:
        await backend.write(mine)
    assert isinstance(raised.value.newer, Ticket)
    assert (raised.value.newer.subject, raised.value.newer.priority) == ("theirs", ticket.priority)
    assert await backend.ticket(ticket.key) == raised.value.newer
    await backend.close()
    await quicker.close()


async def test_a_contact_is_linked_though_its_ticket_moves(tracker: Roundup) -> None:
    """A ticket that is changed between a message and its link costs one more try, and no second message."""
    tracker.empty()
    backend, quicker = await _open(tracker), await _open(tracker)
    (operator,) = await backend.operators()
    customer = a_customer(operator)
    receipt = await backend.write(Batch((Put(customer), Put(a_ticket(customer))), "ola"))
    person, ticket = (change.after for change in receipt.changes)
    assert isinstance(person, Customer)
    assert isinstance(ticket, Ticket)
    change, tries = backend._wire.change, 0

    async def late(*given: Any, **named: Any) -> None:
        nonlocal tries
        tries += 1
        if tries == 1:
            await quicker.write(Batch((Put(replace(ticket, subject="theirs"), seen=ticket.version),), "mia"))
        await change(*given, **named)

    backend._wire.change = late  # type: ignore[method-assign]
    stored = (await backend.write(Batch((Put(a_contact(person, ticket_key=ticket.key)),), "ola"))).changes[0].after
    assert isinstance(stored, Contact)
    assert tries == 2
    assert [entry.key for entry in (await backend.timeline(person.key)).rows] == [stored.key]
    await backend.close()
    await quicker.close()


async def _asked_too_often(backend: Backend) -> None:
    await backend.open()
    for _ in range(5):
        await backend.customers(["user:1"])


async def test_a_tracker_that_asks_to_slow_down_is_busy(tracker: Roundup) -> None:
    """After the calls that a minute may have, the tracker says 429 and when to come back; that is told, not hidden."""
    tracker.empty()
    tracker.stop()
    tracker.configure("web", api_calls_per_interval="3", api_interval_in_sec="60")
    tracker.start()
    try:
        backend = connected(tracker, deadline=1.0)
        with pytest.raises(Busy) as raised:
            await _asked_too_often(backend)
        await backend.close()
        assert raised.value.retry_after is not None
        assert 0 < raised.value.retry_after <= 60
        assert raised.value.source == "roundup"
    finally:
        tracker.stop()
        tracker.configure("web", api_calls_per_interval="0")
        tracker.start()
