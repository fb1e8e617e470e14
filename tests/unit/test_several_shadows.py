"""An outage of a feed to which callers were attached: one outage, and no word is lost (R27)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

from backends.contract.samples import a_contact, a_customer, a_promise, a_ticket, ago, an_operator, an_outage
from backends.errors import Unavailable
from backends.memory import MemoryBackend
from backends.port import Batch, Capability, OutageFilter, PendingFilter, Put, undoing
from backends.records import LIVE_OUTAGE_STATES, Contact, Customer, Outage, OutageState, Promise, Ticket
from console.desk.several import Several
from tests.several_stage import Far, put

LIVE = OutageFilter(states=LIVE_OUTAGE_STATES)


@asynccontextmanager
async def desk_and_feed() -> AsyncIterator[tuple[Several, MemoryBackend, Far, Customer]]:
    """Give a desk with a feed called `alarms`, both stores, and a customer."""
    home = MemoryBackend(name="own")
    feed = Far(name="alarms", capabilities=frozenset({Capability.OUTAGES, Capability.LIVE}))
    several = Several(home, {"alarms": feed})
    await several.open()
    operator, customer = (await put(home, operator := an_operator(), a_customer(operator)))[:2]
    assert operator
    assert isinstance(customer, Customer)
    try:
        yield several, home, feed, customer
    finally:
        await several.close()


async def told(feed: MemoryBackend, outage: Outage, **changes: Any) -> Outage:
    """Let the feed tell of an outage, or of what became of it."""
    record = replace(outage, **changes)
    seen = record.version or None
    writer = MemoryBackend(store=feed.store, name=feed.name)
    await writer.open()
    (change,) = (await writer.write(Batch((Put(record, seen=seen),), "feed"))).changes
    assert isinstance(change.after, Outage)
    return change.after


async def the_outage(several: Several, only: OutageFilter = OutageFilter()) -> Outage:  # noqa: B008
    """Return the one outage that is shown, read anew."""
    several._outages.grew_old(several.members["alarms"])
    (found,) = await several.outages(only)
    return found


async def attached(several: Several, customer: Customer, outage: Outage) -> tuple[Contact, Promise]:
    """Attach a caller to an outage, as an agent does, and return what was stored."""
    call = a_contact(customer, outage_key=outage.key)
    word = a_promise(customer, outage_key=outage.key, contact_key=call.key, due_at=None)
    receipt = await several.write(Batch((Put(call), Put(word)), "ola", act="create"))
    found, promise = [change.after for change in receipt.changes]
    assert isinstance(found, Contact)
    assert isinstance(promise, Promise)
    return found, promise


async def test_r27_a_caller_is_attached_to_an_outage_of_a_feed() -> None:
    """Contact, promise and outage name each other by one key, and the outage is shown once, as the feed tells it."""
    async with desk_and_feed() as (several, _home, feed, customer):
        alarm = await told(feed, an_outage(title="OLT down", state=OutageState.CONFIRMED))
        shown = await the_outage(several)
        assert shown.key == f"alarms|{alarm.key}"
        call, word = await attached(several, customer, shown)
        now = await the_outage(several)
        assert (now.title, now.state, now.source) == ("OLT down", OutageState.CONFIRMED, "alarms")
        assert call.outage_key == word.outage_key == now.key
        assert now.reference, "there is something to quote"
        rows = (await several.pending(PendingFilter(outage_key=now.key))).rows
        assert [row.record.key for row in rows] == [word.key]
        second = await attached(several, customer, shown)
        assert second[0].outage_key == now.key, "a screen that still shows the former key means the same outage"
        assert len((await several.pending(PendingFilter(outage_key=now.key))).rows) == 2


async def test_r27_the_word_is_owed_when_the_feed_has_forgotten() -> None:
    """What became of the outage is told under the same key, also by a filter, and stands when the feed forgets it."""
    async with desk_and_feed() as (several, home, feed, customer):
        alarm = await told(feed, an_outage(state=OutageState.CONFIRMED))
        _call, word = await attached(several, customer, await the_outage(several))
        alarm = await told(feed, alarm, state=OutageState.RESTORED, ended_at=ago(minutes=1))
        several._outages.grew_old(several.members["alarms"])
        assert await several.outages(LIVE) == (), "the shadow still says confirmed, and the feed knows better"
        over = await the_outage(several)
        assert (over.key, over.state) == (word.outage_key, OutageState.RESTORED)
        async with asyncio.timeout(5):
            while (await home.outages())[0].state is not OutageState.RESTORED:
                await asyncio.sleep(0.01)
        feed.store.state.tables[Outage].clear()
        kept = await the_outage(several)
        assert (kept.key, kept.state, kept.ended_at) == (word.outage_key, OutageState.RESTORED, alarm.ended_at)
        feed.failing = Unavailable("gone", source="alarms")
        assert (await the_outage(several)).key == word.outage_key


async def test_an_outage_that_nothing_hangs_on_is_not_stored() -> None:
    """A feed tells of much that concerns nobody: only with the first caller it has a shadow."""
    async with desk_and_feed() as (several, home, feed, customer):
        await told(feed, an_outage())
        await several.outages()
        await several.write(Batch((Put(a_contact(customer)),), "ola"))
        assert await home.outages() == ()


async def test_what_was_dismissed_at_the_desk_stays_dismissed() -> None:
    """A feed that goes on to tell of it does not bring back what the desk dismissed with a reason."""
    async with desk_and_feed() as (several, _home, feed, customer):
        alarm = await told(feed, an_outage())
        await attached(several, customer, await the_outage(several))
        shown = await the_outage(several)
        await several.write(Batch((Put(replace(shown, state=OutageState.DISMISSED), seen=shown.version),), "ola"))
        await told(feed, alarm, title="still", state=OutageState.CONFIRMED)
        now = await the_outage(several)
        assert (now.state, now.title) == (OutageState.DISMISSED, "still")
        assert await several.outages(LIVE) == ()


async def test_two_consoles_keep_one_shadow() -> None:
    """Two agents who attach callers at the same moment name the same outage."""
    async with desk_and_feed() as (several, home, feed, customer):
        await told(feed, an_outage())
        other = Several(
            home.another(), {"alarms": MemoryBackend(store=feed.store, name="alarms", capabilities=feed.capabilities)}
        )
        await other.open()
        shown = [await the_outage(each) for each in (several, other)]
        calls = await asyncio.gather(attached(several, customer, shown[0]), attached(other, customer, shown[1]))
        assert len({word.outage_key for _call, word in calls}) == 1
        assert len(await home.outages()) == 1
        await other.close()


async def test_a_ticket_is_attached_and_the_undo_takes_it_off_again() -> None:
    """An open fault names the outage of the feed; undoing it leaves the ticket as it was."""
    async with desk_and_feed() as (several, home, feed, customer):
        (ticket,) = await put(home, a_ticket(customer))
        assert isinstance(ticket, Ticket)
        await told(feed, an_outage())
        shown = await the_outage(several)
        change = Put(replace(ticket, outage_key=shown.key), seen=ticket.version)
        receipt = await several.write(Batch((change,), "ola"))
        assert (await several.ticket(ticket.key)).outage_key == (await the_outage(several)).key
        await several.write(undoing(receipt, actor="ola"))
        assert (await several.ticket(ticket.key)).outage_key == ""
