"""What is written on a bad line is kept, delivered once and in order, and told honestly."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backends.contract.samples import a_chase, a_contact, a_customer, a_ticket, an_operator, an_outage
from backends.delivery import DeliveryState, Outgoing
from backends.errors import (
    Busy,
    Conflict,
    Invalid,
    NotAllowed,
    NotFound,
    NotSignedIn,
    Refused,
    TimedOut,
    Unavailable,
    Unsupported,
)
from backends.events import CustomerChanged, Event
from backends.outbox import Outbox
from backends.port import Batch, Capability, Put
from backends.records import Contact, Customer, Line, Record, Ticket, TicketState
from tests.outbox.box_stage import ACTOR, BadLine, Clock, a_desk, until


async def test_a_good_line_gives_the_sources_own_receipt_and_keeps_nothing(tmp_path: Path) -> None:
    """On a good line the receipt is the source's, and the journal is empty as soon as it is there."""
    async with a_desk(tmp_path) as desk:
        assert isinstance(desk.outbox, Outgoing)
        receipt = await desk.put(a_contact(desk.customer, body="at once"))
        assert not receipt.waiting
        assert desk.outbox.deliveries() == ()
        assert desk.bodies(Contact) == {"at once": 1}


async def test_a_lost_line_takes_what_is_written_and_says_that_it_waits(tmp_path: Path) -> None:
    """Without the line a batch comes back waiting, with keys of the outbox, and is delivered once the line is back."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        ticket = a_ticket(desk.customer, subject="no picture")
        receipt = await desk.put(ticket, a_chase(ticket))
        assert receipt.waiting
        assert receipt.keys is not None
        number = desk.outbox.deliveries()[0].number
        assert receipt.keys[ticket.key] == f"outbox:{number}/0"
        (delivery,) = desk.outbox.deliveries(desk.customer.key)
        assert (delivery.state, delivery.tries) == (DeliveryState.WAITING, 1)
        assert isinstance(delivery.error, Unavailable)
        assert desk.outbox.deliveries("somebody else") == ()
        assert (await desk.outbox.ticket(receipt.keys[ticket.key])).subject == "no picture"
        await desk.mend()
        (stored,) = desk.stored(Ticket)
        assert stored.reference
        assert (await desk.outbox.ticket(receipt.keys[ticket.key])) == stored
        assert len((await desk.outbox.customer_file(desk.customer.key)).chases) == 1


@pytest.mark.parametrize("rounds", [1, 5])
async def test_an_answer_lost_after_the_deed_does_not_double_it(tmp_path: Path, rounds: int) -> None:
    """A source that stores and dies before it answers is asked again with the same key: stored once."""
    async with a_desk(tmp_path) as desk:
        desk.line.after = [TimedOut("no answer")] * rounds
        receipt = await desk.put(a_contact(desk.customer, body="once"))
        assert receipt.waiting
        for _ in range(rounds):
            desk.clock.advance(minutes=2)
            await desk.outbox.deliver()
        await until(lambda: not desk.outbox.deliveries())
        assert desk.bodies(Contact) == {"once": 1}
        assert len({batch.idempotency_key for batch in desk.line.asked[1:]}) == 1
        assert len(desk.line.asked) == rounds + 2


async def test_a_slow_source_is_not_waited_for(tmp_path: Path) -> None:
    """When patience is over the agent goes on, and the answer that comes later settles the batch."""
    async with a_desk(tmp_path, patience=0.1) as desk:
        desk.line.stuck = asyncio.Event()
        receipt = await desk.put(a_contact(desk.customer, body="slow"))
        assert receipt.waiting
        assert [one.state for one in desk.outbox.deliveries()] == [DeliveryState.WAITING]
        desk.line.stuck.set()
        await until(lambda: not desk.outbox.deliveries())
        assert desk.bodies(Contact) == {"slow": 1}


@pytest.mark.parametrize(
    "refusal", [NotAllowed("no"), Invalid("body", "odd"), NotFound("gone"), Unsupported("write.contact")]
)
async def test_a_refusal_is_raised_while_the_form_is_open(tmp_path: Path, refusal: Exception) -> None:
    """A source that says no at once says it to the agent, and nothing stays in the journal."""
    async with a_desk(tmp_path) as desk:
        desk.line.before = [refusal]  # type: ignore[list-item]
        with pytest.raises(type(refusal)):
            await desk.put(a_contact(desk.customer))
        assert desk.outbox.deliveries() == ()


async def test_a_refusal_that_comes_later_keeps_the_text_and_its_reason(tmp_path: Path) -> None:
    """What is refused after the agent went on stays with its text until it is sent again or dropped."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        await desk.put(a_contact(desk.customer, body="precious words"))
        desk.line.mend()
        desk.line.before = [NotAllowed("not yours")]
        await desk.outbox.deliver()
        await until(lambda: desk.outbox.deliveries()[0].state is DeliveryState.REFUSED)
        (delivery,) = desk.outbox.deliveries()
        assert isinstance(delivery.error, NotAllowed)
        (record,) = delivery.records
        assert isinstance(record, Contact)
        assert record.body == "precious words"
        assert [entry.key for entry in (await desk.outbox.timeline(desk.customer.key)).rows] == [record.key]
        await desk.outbox.send_again(delivery.number)
        await until(lambda: not desk.outbox.deliveries())
        assert desk.bodies(Contact) == {"precious words": 1}


async def test_refused_text_survives_the_console(tmp_path: Path) -> None:
    """A refused batch is there with its reason when another console opens the journal."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        await desk.put(a_contact(desk.customer, body="precious words"))
        desk.line.mend()
        desk.line.before = [Invalid("body", "odd", "too odd")]
        await desk.outbox.deliver()
        await until(lambda: desk.outbox.deliveries()[0].state is DeliveryState.REFUSED)
        store = desk.line.store
    async with a_desk(tmp_path, store=store) as again:
        (delivery,) = again.outbox.deliveries()
        assert delivery.state is DeliveryState.REFUSED
        assert isinstance(delivery.error, Invalid)
        assert (delivery.error.field, delivery.error.code, delivery.error.detail) == ("body", "odd", "too odd")
        (record,) = delivery.records
        assert isinstance(record, Contact)
        assert record.body == "precious words"


async def test_what_builds_on_what_waits_is_delivered_in_order(tmp_path: Path) -> None:
    """A customer, their ticket and changes of it: each waits for the one before, and real keys replace ours."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        first = await desk.put(a_customer(desk.operator, name="Ewa Nowa"))
        customer = first.changes[0].after
        assert isinstance(customer, Customer)
        ticket = (await desk.put(a_ticket(customer, subject="one"))).changes[0].after
        for subject in ("two", "three"):
            ticket = (await desk.change(ticket, subject=subject)).changes[0].after
        assert [len(desk.outbox.deliveries(customer.key)), len(desk.outbox.deliveries())] == [4, 4]
        assert (await desk.outbox.ticket(getattr(ticket, "key", ""))).subject == "three"
        await desk.mend()
        (stored,) = desk.stored(Ticket)
        assert (stored.subject, stored.version) == ("three", 3)
        assert stored.customer_key == desk.outbox.real(customer.key)
        assert [type(batch.items[0].record) for batch in desk.line.asked if batch.items[0].record.key][-4:] == [
            Customer,
            Ticket,
            Ticket,
            Ticket,
        ]


async def test_order_holds_across_a_restart(tmp_path: Path) -> None:
    """A later console knows what an earlier one's keys and versions became, or are to become."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        customer = (await desk.put(a_customer(desk.operator, name="Ewa Nowa"))).changes[0].after
        assert isinstance(customer, Customer)
        ticket = (await desk.put(a_ticket(customer, subject="one"))).changes[0].after
        desk.line.mend()
        desk.line.before = [None, *[Unavailable("lost again")] * 20]
        await desk.outbox.deliver()
        desk.line.cut()
        await desk.change(ticket, subject="two")
        store, clock = desk.line.store, desk.clock
        assert len(desk.outbox.deliveries()) == 2
        await desk.outbox.close()
        desk.line.mend()
        assert len(desk.stored(Customer)) == 2
        assert desk.stored(Ticket) == []
    async with a_desk(tmp_path, store=store) as again:
        again.clock.ahead = clock.ahead
        assert (await again.outbox.customer_file(customer.key)).customer.name == "Ewa Nowa"
        await again.mend()
        assert [(one.subject, one.version) for one in again.stored(Ticket)] == [("two", 2)]


async def test_a_refused_batch_holds_up_only_what_builds_on_it(tmp_path: Path) -> None:
    """Others overtake what was refused; what names its records waits with it, and loses no text when it is dropped."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        ticket = (await desk.put(a_ticket(desk.customer, subject="refused"))).changes[0].after
        assert isinstance(ticket, Ticket)
        await desk.put(a_contact(desk.customer, body="about it", ticket_key=ticket.key))
        await desk.put(a_contact(desk.customer, body="about nothing"))
        desk.line.mend()
        desk.line.before = [Invalid("subject", "odd")]
        await desk.outbox.deliver()
        await until(lambda: desk.bodies(Contact) == {"about nothing": 1})
        refused, waiting = desk.outbox.deliveries()
        assert (refused.state, waiting.state) == (DeliveryState.REFUSED, DeliveryState.WAITING)
        await desk.outbox.drop(refused.number, ACTOR, "not needed")
        (left,) = desk.outbox.deliveries()
        assert left.number == waiting.number
        assert left.state is DeliveryState.REFUSED
        assert isinstance(left.records[0], Contact)
        assert left.records[0].body == "about it"
        with pytest.raises(NotFound):
            await desk.outbox.drop(refused.number, ACTOR, "twice")


async def test_dropping_a_change_leaves_what_came_after_it(tmp_path: Path) -> None:
    """A change given up takes nothing along: the next one is based on what it was based on, without its words."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        one = (await desk.change(desk.customer, tone="angry")).changes[0].after
        await desk.change(one, name="Anna Lis")
        first, _second = desk.outbox.deliveries()
        await desk.outbox.drop(first.number, ACTOR, "wrong")
        await desk.mend()
        (customer,) = desk.stored(Customer)
        assert (customer.name, customer.tone) == ("Anna Lis", "")


async def test_a_conflict_shows_both_and_lets_choose(tmp_path: Path) -> None:
    """Over a colleague's change nothing is stored unasked; `over_theirs` puts mine on top of it."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        await desk.change(desk.customer, tone="mine")
        theirs = await desk.colleague(desk.customer, tone="theirs")
        desk.line.mend()
        await desk.outbox.deliver()
        await until(lambda: desk.outbox.deliveries()[0].state is DeliveryState.CONFLICT)
        (delivery,) = desk.outbox.deliveries()
        assert delivery.theirs == theirs
        assert getattr(delivery.records[0], "tone", "") == "mine"
        assert (await desk.outbox.customer_file(desk.customer.key)).customer == theirs
        await desk.outbox.send_again(delivery.number, over_theirs=True)
        await until(lambda: not desk.outbox.deliveries())
        assert [one.tone for one in desk.stored(Customer)] == ["mine"]


async def test_a_version_counted_up_by_nothing_is_no_conflict(tmp_path: Path) -> None:
    """Where the source gave a record a new version and nothing of it is new, the change is stored on top."""
    async with a_desk(tmp_path) as desk:
        await desk.outbox.customer_file(desk.customer.key)
        desk.line.cut()
        await desk.change(desk.customer, tone="mine")
        await desk.colleague(desk.customer)
        await desk.mend()
        assert [(one.tone, one.version) for one in desk.stored(Customer)] == [("mine", 3)]


async def test_own_words_coming_back_are_no_conflict(tmp_path: Path) -> None:
    """A change that was stored, whose answer was lost, and whose key the source forgot: it is delivered."""
    async with a_desk(tmp_path) as desk:
        desk.line.after = [TimedOut("no answer")]
        assert (await desk.change(desk.customer, tone="mine")).waiting
        desk.line.store.state.receipts.clear()
        await desk.outbox.deliver()
        await until(lambda: not desk.outbox.deliveries())
        assert [(one.tone, one.version) for one in desk.stored(Customer)] == [("mine", 2)]


async def test_a_sign_in_that_expires_midway_pauses_and_goes_on(tmp_path: Path) -> None:
    """Refused credentials refuse no batch: all wait with that reason, and go on when they are accepted."""
    async with a_desk(tmp_path) as desk:
        desk.line.down = NotSignedIn("expired")
        for index in range(4):
            assert (await desk.put(a_contact(desk.customer, body=f"{index}"))).waiting
        with pytest.raises(NotSignedIn):
            await desk.outbox.contact("any")
        asked = len(desk.line.asked)
        desk.clock.advance(minutes=5)
        await until(lambda: len(desk.line.asked) > asked)
        assert {type(one.error) for one in desk.outbox.deliveries()} == {NotSignedIn}
        assert isinstance(desk.outbox.undelivered, NotSignedIn)
        await desk.mend()
        assert desk.bodies(Contact) == {"0": 1, "1": 1, "2": 1, "3": 1}
        assert desk.outbox.undelivered is None


async def test_r23_days_without_the_source(tmp_path: Path) -> None:
    """What is written over days, and by consoles started anew, is all there once the source is back, in order."""
    store = None
    customer: Customer | None = None
    for day in range(4):
        async with a_desk(tmp_path, store=store) as desk:
            desk.clock.advance(days=day)
            customer = customer or desk.customer
            store = desk.line.store
            desk.line.cut()
            for index in range(5):
                assert (await desk.put(a_contact(customer, body=f"{day}.{index}", subject="x"))).waiting
    async with a_desk(tmp_path, store=store) as desk:
        desk.clock.advance(days=9)
        assert len(desk.outbox.deliveries()) == 20 or desk.outbox.deliveries() == ()
        await desk.mend()
        expected = [f"{day}.{index}" for day in range(4) for index in range(5)]
        assert [one.body for one in sorted(desk.stored(Contact), key=lambda one: one.key)] == expected


async def test_a_dead_line_is_asked_ever_less(tmp_path: Path) -> None:
    """While nothing answers, a day costs at most some two thousand requests, however much waits."""
    async with a_desk(tmp_path, poll=0.001) as desk:
        desk.line.cut()
        for index in range(10):
            await desk.put(a_contact(desk.customer, body=f"{index}"))
        asked = len(desk.line.asked)
        for _ in range(120):
            desk.clock.advance(seconds=30)
            await asyncio.sleep(0.004)
        assert len(desk.line.asked) - asked < 2 * 120 * 2
        assert len(desk.outbox.deliveries()) == 10


async def test_retry_after_is_honoured(tmp_path: Path) -> None:
    """A source that asks to be left alone for a time is, whatever waits; then it goes on by itself."""
    async with a_desk(tmp_path, poll=0.01) as desk:
        desk.line.before = [Busy("slow down", retry_after=600.0)]
        await desk.put(a_contact(desk.customer, body="patient"))
        asked = len(desk.line.asked)
        desk.clock.advance(seconds=500)
        await asyncio.sleep(0.1)
        assert len(desk.line.asked) == asked
        desk.clock.advance(seconds=200)
        await until(lambda: not desk.outbox.deliveries())
        assert desk.bodies(Contact) == {"patient": 1}


async def test_a_batch_that_fails_by_itself_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    """One batch that the source always breaks on does not hold up others of other records."""

    class Poisoned(BadLine):
        async def write(self, batch: Batch):  # type: ignore[no-untyped-def]
            if any(getattr(item.record, "body", "") == "poison" for item in batch.items):
                raise Unavailable("status 500")
            return await super().write(batch)

    async with a_desk(tmp_path) as desk:
        desk.line.__class__ = Poisoned
        assert (await desk.put(a_contact(desk.customer, body="poison"))).waiting
        desk.line.cut()
        for index in range(3):
            await desk.put(a_contact(desk.customer, body=f"{index}"))
        desk.line.mend()
        await desk.outbox.deliver()
        await until(lambda: desk.bodies(Contact) == {"0": 1, "1": 1, "2": 1})
        assert not (await desk.put(a_contact(desk.customer, body="later"))).waiting
        assert len(desk.outbox.deliveries()) == 1


async def test_an_unreachable_source_does_not_fail_opening(tmp_path: Path) -> None:
    """The outbox opens without its source: reads say why, writes are taken, and the source is tried again."""
    line = BadLine()
    line.cut()
    clock = Clock()
    outbox = Outbox(line, tmp_path / "deep" / "box.db", agent=ACTOR, now=clock, patience=0.2, poll=0.02)
    await outbox.open()
    try:
        with pytest.raises(Unavailable):
            await outbox.operators()
        assert (await outbox.write(Batch((Put(an_operator(name="Breza")),), ACTOR))).waiting
        line.mend()
        clock.advance(minutes=2)
        await until(lambda: not outbox.deliveries())
        assert [one.name for one in await outbox.operators()] == ["Breza"]
    finally:
        await outbox.close()


async def test_a_form_saved_twice_is_stored_once(tmp_path: Path) -> None:
    """The same idempotency key while the first still waits gives the same receipt again, marked as repeated."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        batch = Batch((Put(a_contact(desk.customer, body="once")),), ACTOR, idempotency_key="form-1")
        first = await desk.outbox.write(batch)
        second = await desk.outbox.write(batch)
        assert second.repeated
        assert second.waiting
        assert second.keys == first.keys
        await desk.mend()
        third = await desk.outbox.write(batch)
        assert third.repeated
        assert not third.waiting
        assert desk.bodies(Contact) == {"once": 1}


async def test_a_refused_form_can_be_mended_and_saved_again(tmp_path: Path) -> None:
    """Saving the same form with other words takes the place of what was refused."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        contact = a_contact(desk.customer, body="odd")
        await desk.put(contact, idempotency_key="form-1")
        desk.line.mend()
        desk.line.before = [Invalid("body", "odd")]
        await desk.outbox.deliver()
        await until(lambda: desk.outbox.deliveries()[0].state is DeliveryState.REFUSED)
        receipt = await desk.put(a_contact(desk.customer, body="mended"), idempotency_key="form-1")
        assert not receipt.waiting
        assert desk.bodies(Contact) == {"mended": 1}
        assert desk.outbox.deliveries() == ()


async def test_what_can_be_known_to_be_wrong_is_refused_without_the_source(tmp_path: Path) -> None:
    """A naive moment, a missing owner, a kind that the source does not take: said at once, offline as well."""
    async with a_desk(tmp_path) as desk:
        desk.line.stores = frozenset({Contact, Ticket})
        desk.line.cut()
        contact = a_contact(desk.customer)
        for record, field in (
            (a_contact(desk.customer, at=contact.at.replace(tzinfo=None)), "at"),
            (a_contact(desk.customer, customer_key=""), "customer_key"),
        ):
            with pytest.raises(Invalid) as raised:
                await desk.put(record)
            assert raised.value.field == field
        with pytest.raises(Unsupported) as unsupported:
            await desk.put(Line("new:1", "", desk.customer.key, "internet"))
        assert unsupported.value.capability == "write.line"
        with pytest.raises(Invalid):
            await desk.put(a_contact(desk.customer, body="x" * 1_000_001))
        assert desk.outbox.deliveries() == ()


async def test_screens_hear_of_what_waits_and_what_becomes_of_it(tmp_path: Path) -> None:
    """Events tell that something waits and that it was delivered; watchers hear of both."""
    async with a_desk(tmp_path) as desk:
        heard: list[Event] = []
        changes: list[int] = []
        stop = desk.outbox.watch(lambda: changes.append(len(desk.outbox.deliveries())))

        async def listen() -> None:
            async for event in desk.outbox.events():
                heard.append(event)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0.05)
        desk.line.before = [Unavailable("lost")]
        receipt = await desk.put(a_customer(desk.operator, name="Ewa Nowa"))
        key = receipt.changes[0].after.key if receipt.changes[0].after else ""
        await until(lambda: CustomerChanged(key) in heard)
        assert changes[-1] == 1
        heard.clear()
        await desk.mend()
        real = desk.outbox.real(key)
        await until(lambda: {CustomerChanged(key), CustomerChanged(real)} <= set(heard))
        assert changes[-1] == 0
        stop()
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def test_readings_are_noted_when_the_source_is_back(tmp_path: Path) -> None:
    """Who read whom while the source was away reaches its audit trail later, with the time of the reading."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        await desk.outbox.note_read(desk.customer.key, ACTOR, "kept copy")
        assert [one for one in desk.line.store.state.trail if one.act == "read"] == []
        desk.line.mend()
        await desk.outbox.deliver()
        await until(lambda: any(one.act == "read" for one in desk.line.store.state.trail))
        (row,) = [one for one in desk.line.store.state.trail if one.act == "read"]
        assert row.actor == ACTOR
        assert row.detail.startswith("kept copy 20")


async def test_forgetting_erases_what_waits(tmp_path: Path) -> None:
    """A person who is forgotten in the source leaves nothing in the journal either."""
    async with a_desk(tmp_path) as desk:
        desk.line.before = [NotSignedIn("expired")]
        await desk.put(a_contact(desk.customer, body="very private words"))
        held = await desk.outbox.export(desk.customer.key, ACTOR)
        assert "very private words" in str(held["outbox"])
        await desk.outbox.forget(desk.customer.key, ACTOR, "asked to")
        assert desk.outbox.deliveries() == ()
        journal = desk.outbox.ledger.journal.path
        for part in (journal, journal.with_name(journal.name + "-wal")):
            assert not part.exists() or b"very private words" not in part.read_bytes()


async def test_what_was_delivered_leaves_no_trace_on_the_disk(tmp_path: Path) -> None:
    """Delivered text is neither in the journal nor in its log once the outbox has tidied up."""
    async with a_desk(tmp_path, poll=0.01) as desk:
        desk.line.cut()
        await desk.put(a_contact(desk.customer, body="very private words"))
        journal = desk.outbox.ledger.journal.path
        parts = (journal, journal.with_name(journal.name + "-wal"))
        assert any(b"very private words" in part.read_bytes() for part in parts)
        await desk.mend()
        await until(lambda: not any(b"very private words" in part.read_bytes() for part in parts))


async def test_two_consoles_share_one_journal(tmp_path: Path) -> None:
    """What one console took the other sees; delivered once, in order, whoever does it; and one goes on alone."""
    async with a_desk(tmp_path) as desk:
        line = BadLine(store=desk.line.store)
        other = Outbox(line, tmp_path / "box.db", agent=ACTOR, now=desk.clock, patience=0.4, poll=0.05)
        await other.open()
        desk.line.cut()
        line.cut()
        ticket = (await desk.put(a_ticket(desk.customer, subject="one"))).changes[0].after
        assert isinstance(ticket, Ticket)
        await until(lambda: len(other.deliveries()) == 1)
        changed = Batch((Put(replace(ticket, state=TicketState.SOLVED), seen=ticket.version),), ACTOR)
        assert (await other.write(changed)).waiting
        line.mend()
        desk.line.mend()
        await asyncio.gather(desk.outbox.deliver(), other.deliver())
        desk.clock.advance(minutes=3)
        await until(lambda: not other.deliveries() and not desk.outbox.deliveries())
        assert [(one.state, one.version) for one in desk.stored(Ticket)] == [(TicketState.SOLVED, 2)]
        assert (await desk.outbox.ticket(ticket.key)).version == 2
        await other.close()
        assert not (await desk.put(a_contact(desk.customer))).waiting


async def test_waiting_outages_are_listed(tmp_path: Path) -> None:
    """An outage raised while the line was lost is among those of the source once it can be asked."""
    async with a_desk(tmp_path) as desk:
        desk.line.before = [Unavailable("lost")]
        outage: Record = an_outage(title="smoke in the exchange")
        receipt = await desk.put(outage)
        assert receipt.waiting
        assert "smoke in the exchange" in [one.title for one in await desk.outbox.outages()]


async def test_a_source_without_writing_says_so(tmp_path: Path) -> None:
    """An outbox before a source that takes nothing takes nothing either."""
    line = BadLine(capabilities=frozenset(Capability) - {Capability.WRITE})
    outbox = Outbox(line, tmp_path / "box.db", agent=ACTOR)
    await outbox.open()
    with pytest.raises(Unsupported):
        await outbox.write(Batch((Put(an_operator()),), ACTOR))
    await outbox.close()


async def test_a_conflict_is_raised_while_the_form_is_open(tmp_path: Path) -> None:
    """On a good line a colleague's change is told at once, with the newer record."""
    async with a_desk(tmp_path) as desk:
        theirs = await desk.colleague(desk.customer, tone="theirs")
        with pytest.raises(Conflict) as raised:
            await desk.change(desk.customer, tone="mine")
        assert raised.value.newer == theirs
        assert desk.outbox.deliveries() == ()


def test_pauses_stay_within_reason() -> None:
    """A source may ask for an hour of rest and no more; by ourselves we wait a minute at most."""
    from backends.outbox import sending

    assert timedelta(seconds=sending.LONGEST_WISH) == timedelta(hours=1)
    assert timedelta(seconds=sending.LONGEST_PAUSE) == timedelta(minutes=1)


async def test_a_network_that_sends_everybody_elsewhere_refuses_nothing(tmp_path: Path) -> None:
    """A redirect to a network's own sign-in page is no answer of the source: the batch waits."""
    async with a_desk(tmp_path) as desk:
        elsewhere = Refused("status 302: the server sends us elsewhere; not followed")
        elsewhere.status = 302
        desk.line.before = [elsewhere]
        assert (await desk.put(a_contact(desk.customer, body="patient"))).waiting
        await desk.mend()
        assert desk.bodies(Contact) == {"patient": 1}


async def test_a_reading_that_succeeds_again_sends_what_waits(tmp_path: Path) -> None:
    """When the source answers a read after it was away, what waits is sent then, not when its own pause is over."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        for index in range(3):
            await desk.put(a_contact(desk.customer, body=f"{index}"))
        with pytest.raises(Unavailable):
            await desk.outbox.customer_file(desk.customer.key)
        for entry in tuple(desk.outbox.ledger.entries.values()):
            await desk.outbox.ledger.change(replace(entry, next_at=desk.clock() + timedelta(minutes=50)))
        desk.line.mend()
        await desk.outbox.customer_file(desk.customer.key)
        await until(lambda: not desk.outbox.deliveries())
        assert desk.bodies(Contact) == {"0": 1, "1": 1, "2": 1}
