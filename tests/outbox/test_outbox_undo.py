"""What only waits can be taken back, whatever the source can; what the source may hold is taken back there."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from backends.contract.samples import a_chase, a_contact, a_customer, a_ticket
from backends.errors import Conflict, Invalid, NotFound, TimedOut, Unavailable, Unsupported
from backends.port import Batch, Capability, Put, Remove, undoing
from backends.records import Contact, Customer, Ticket
from tests.outbox.box_stage import ACTOR, ALL_BUT_UNDO, a_desk, until


@pytest.mark.parametrize("capabilities", [frozenset(Capability), ALL_BUT_UNDO], ids=["undoes", "cannot undo"])
async def test_what_was_never_sent_is_taken_out_of_the_journal(
    tmp_path: Path, capabilities: frozenset[Capability]
) -> None:
    """An undo of a waiting note leaves nothing, and the source never hears of it, whether it can undo or not."""
    async with a_desk(tmp_path, capabilities=capabilities) as desk:
        desk.line.cut()
        receipt = await desk.put(a_contact(desk.customer, body="typed in vain"))
        undone = await desk.outbox.write(undoing(receipt, actor=ACTOR))
        assert not undone.waiting
        (change,) = undone.changes
        assert (change.before, change.after) == (receipt.changes[0].after, None)
        assert desk.outbox.deliveries() == ()
        asked = len(desk.line.asked)
        await desk.mend()
        assert desk.stored(Contact) == []
        assert len(desk.line.asked) == asked
        with pytest.raises((Conflict, NotFound) if Capability.UNDO in capabilities else Unsupported):
            await desk.outbox.write(undoing(receipt, actor=ACTOR))


async def test_a_waiting_change_is_taken_back_to_what_was(tmp_path: Path) -> None:
    """After the undo of a waiting change the record reads as the source has it, and the change can be made again."""
    async with a_desk(tmp_path) as desk:
        await desk.outbox.customer_file(desk.customer.key)
        desk.line.cut()
        receipt = await desk.change(desk.customer, tone="angry")
        assert receipt.changes[0].before == desk.customer
        undone = await desk.outbox.write(undoing(receipt, actor=ACTOR))
        assert undone.changes[0].after == desk.customer
        again = await desk.outbox.write(undoing(undone, actor=ACTOR))
        assert again.waiting
        await desk.mend()
        assert [one.tone for one in desk.stored(Customer)] == ["angry"]


async def test_an_undo_after_delivery_reaches_the_source(tmp_path: Path) -> None:
    """A provisional receipt is good for an undo after its batch was delivered: real keys and versions are found."""
    async with a_desk(tmp_path) as desk:
        await desk.outbox.customer_file(desk.customer.key)
        desk.line.cut()
        ticket = a_ticket(desk.customer)
        items = (Put(ticket), Put(a_chase(ticket)), Put(replace(desk.customer, tone="x"), seen=desk.customer.version))
        receipt = await desk.outbox.write(Batch(items, ACTOR))
        await desk.mend()
        assert len(desk.stored(Ticket)) == 1
        await desk.outbox.write(undoing(receipt, actor=ACTOR))
        assert desk.stored(Ticket) == []
        assert [one.tone for one in desk.stored(Customer)] == [""]


async def test_what_something_builds_on_is_not_taken_back(tmp_path: Path) -> None:
    """As in any source: a record that is named is in use, one that was changed since is a conflict."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        first = await desk.put(a_ticket(desk.customer))
        ticket = first.changes[0].after
        assert isinstance(ticket, Ticket)
        second = await desk.put(a_chase(ticket))
        with pytest.raises(Invalid) as raised:
            await desk.outbox.write(undoing(first, actor=ACTOR))
        assert (raised.value.field, raised.value.code) == ("ticket_key", "in_use")
        await desk.outbox.write(undoing(second, actor=ACTOR))
        changed = await desk.change(ticket, subject="other")
        with pytest.raises(Conflict):
            await desk.outbox.write(undoing(first, actor=ACTOR))
        await desk.outbox.write(undoing(changed, actor=ACTOR))
        await desk.outbox.write(undoing(first, actor=ACTOR))
        assert desk.outbox.deliveries() == ()


async def test_two_deeds_undone_as_one(tmp_path: Path) -> None:
    """Of two receipts joined to one, the delivered part is undone in the source and the waiting part here."""
    async with a_desk(tmp_path) as desk:
        await desk.outbox.customer_file(desk.customer.key)
        first = await desk.change(desk.customer, tone="delivered")
        desk.line.cut()
        stored = first.changes[0].after
        assert isinstance(stored, Customer)
        second = await desk.change(stored, tone="waiting")
        third = await desk.put(a_contact(desk.customer))
        after = second.changes[0].after
        joined = replace(third, changes=(replace(first.changes[0], after=after), *third.changes), keys=third.keys)
        await desk.outbox.write(undoing(joined, actor=ACTOR))
        assert len(desk.outbox.deliveries()) == 1
        await desk.mend()
        assert [one.tone for one in desk.stored(Customer)] == [""]
        assert desk.stored(Contact) == []


async def test_what_the_source_may_have_stored_is_taken_back_there(tmp_path: Path) -> None:
    """Given up after an answer was lost: asked for with the same key, and taken back; nothing of it stays."""
    async with a_desk(tmp_path, poll=0.02) as desk:
        desk.line.after = [TimedOut("no answer")]
        receipt = await desk.put(a_contact(desk.customer, body="stored in secret"))
        desk.line.cut()
        assert desk.bodies(Contact) == {"stored in secret": 1}
        await desk.outbox.write(undoing(receipt, actor=ACTOR))
        assert desk.outbox.deliveries() == ()
        await asyncio.sleep(0.1)
        assert len(desk.stored(Contact)) == 1
        desk.line.mend()
        desk.clock.advance(minutes=5)
        await until(lambda: desk.stored(Contact) == [])
        await until(lambda: not desk.outbox.ledger.entries)


async def test_where_nothing_can_be_undone_what_may_be_there_stays_there(tmp_path: Path) -> None:
    """A source without undo is not asked for what was given up, so that at least nothing new is stored."""
    async with a_desk(tmp_path, capabilities=ALL_BUT_UNDO) as desk:
        desk.line.before = [Unavailable("reset")]
        receipt = await desk.put(a_contact(desk.customer, body="never stored"))
        desk.line.cut()
        await desk.outbox.write(undoing(receipt, actor=ACTOR))
        await desk.mend()
        assert desk.stored(Contact) == []
        assert not desk.outbox.ledger.entries


async def test_an_undo_waits_for_what_is_on_the_wire(tmp_path: Path) -> None:
    """Taken back while its answer is awaited: it is undone in the source when it was stored."""
    async with a_desk(tmp_path, patience=0.1) as desk:
        desk.line.stuck = asyncio.Event()
        receipt = await desk.put(a_contact(desk.customer, body="on the wire"))
        assert receipt.waiting
        undoing_it = asyncio.create_task(desk.outbox.write(undoing(receipt, actor=ACTOR)))
        await asyncio.sleep(0.1)
        assert not undoing_it.done()
        desk.line.stuck.set()
        await undoing_it
        assert desk.stored(Contact) == []
        assert desk.outbox.deliveries() == ()


async def test_a_removal_where_nothing_can_be_removed_is_refused_at_once(tmp_path: Path) -> None:
    """Removing what the source holds is Unsupported where it cannot undo, offline as well."""
    async with a_desk(tmp_path, capabilities=ALL_BUT_UNDO) as desk:
        receipt = await desk.put(a_contact(desk.customer))
        stored = receipt.changes[0].after
        assert stored is not None
        desk.line.cut()
        with pytest.raises(Unsupported):
            await desk.outbox.write(Batch((Remove(stored, seen=stored.version),), ACTOR, act="undo"))


async def test_dropping_a_new_customer_keeps_what_was_said_for_them(tmp_path: Path) -> None:
    """The words taken down for a customer who is given up stay readable until they are dropped themselves."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        customer = (await desk.put(a_customer(desk.operator, name="Ewa Nowa"))).changes[0].after
        assert isinstance(customer, Customer)
        await desk.put(a_contact(customer, body="precious words"))
        first, _second = desk.outbox.deliveries()
        await desk.outbox.drop(first.number, ACTOR, "twice")
        (left,) = desk.outbox.deliveries()
        assert left.state == "refused"
        assert isinstance(left.records[0], Contact)
        assert left.records[0].body == "precious words"
        await desk.outbox.drop(left.number, ACTOR, "twice")
        await desk.mend()
        assert len(desk.stored(Customer)) == 1
