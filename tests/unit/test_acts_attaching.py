"""Attaching a caller to an outage: what is stored, once, and taken back whole (R26, R27)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from backends.records import (
    Contact,
    Coverage,
    Outage,
    OutageState,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    new_key,
)
from console.desk.acts.attaching import attach
from console.desk.acts.scene import Unfit
from console.rules.attaching import attachable
from console.rules.coverage import Because, Hit
from tests.acts_stage import NOW, Counter, at_counter


async def struck(desk: Counter, **parts: object) -> Hit:
    """Store an outage that hits everybody, and return how it hits the customer."""
    made = Outage(new_key(), "", OutageState.CONFIRMED, "No light", NOW - timedelta(hours=1), Coverage())
    await desk.stored(replace(made, **parts))  # type: ignore[arg-type]
    [hit] = (await desk.picture()).hits
    return hit


async def test_r26_one_act_stores_the_call_and_the_promised_word_and_no_ticket() -> None:
    """R26, R27: the contact says what the caller was told and names the outage, as the promise does."""
    async with at_counter() as desk:
        hit = await struck(desk)
        await desk.do(attach(await desk.scene(), hit, told="It is on our side.", subject="No light"))
        call = await desk.only(Contact)
        promise = await desk.only(Promise)
        assert (call.body, call.outage_key, call.direction, call.channel) == (
            "It is on our side.", hit.outage.key, "in", "call",
        )  # fmt: skip
        assert call.line_key == hit.line_key
        assert (promise.kind, promise.outage_key) == (PromiseKind.WORD_AT_RESTORATION, hit.outage.key)
        assert (promise.contact_key, promise.due_at, promise.state) == (call.key, None, PromiseState.OPEN)
        assert await desk.all_of(Ticket) == []


async def test_r26_undo_leaves_the_very_same_content() -> None:
    """R26: u takes call, promise and the ticket's link back, to exactly what was before."""
    async with at_counter() as desk:
        await desk.ticket()
        hit = await struck(desk)
        before = await desk.content()
        deed = await desk.do(attach(await desk.scene(), hit, told="It is ours.", subject="No light"))
        assert await desk.content() != before
        await desk.desk.undo(deed)
        assert await desk.content() == before


async def test_r27_who_calls_again_is_counted_and_promised_nothing_twice() -> None:
    """R27: one promise however often they call; each call is a contact of the outage."""
    async with at_counter() as desk:
        hit = await struck(desk)
        for _call in range(3):
            await desk.do(attach(await desk.scene(), hit, told="It is ours.", subject="No light"))
        assert len(await desk.all_of(Contact)) == 3
        assert len(await desk.all_of(Promise)) == 1


async def test_r26_the_open_fault_is_linked_and_no_other_ticket() -> None:
    """R26: the fault of tonight belongs to the outage; that of last week, of another line or matter does not."""
    async with at_counter() as desk:
        tonight = await desk.ticket(opened_at=NOW - timedelta(hours=2))
        await desk.ticket(opened_at=NOW - timedelta(days=6))
        await desk.ticket(kind=TicketKind.BILLING)
        hit = await struck(desk)
        await desk.do(attach(await desk.scene(), hit, told="It is ours.", subject="No light"))
        tickets = {one.key: one for one in await desk.all_of(Ticket)}
        assert [one.key for one in tickets.values() if one.outage_key] == [tonight.key]
        events = [one.kind for one in await desk.all_of(TicketEvent)]
        assert sorted(events) == [TicketEventKind.OUTAGE_ATTACHED, TicketEventKind.PROMISED]
        assert {one.ticket_key for one in await desk.all_of(Contact)} == {tonight.key}
        await desk.do(attach(await desk.scene(), hit, told="It is ours.", subject="No light"))
        assert len(await desk.all_of(TicketEvent)) == 2


async def test_r26_nobody_is_attached_to_what_is_over() -> None:
    """R26: an outage that ended while the agent spoke takes nobody any more."""
    async with at_counter() as desk:
        hit = await struck(desk)
        over = replace(hit, outage=replace(hit.outage, state=OutageState.RESTORED, ended_at=NOW))
        with pytest.raises(Unfit) as caught:
            attach(await desk.scene(), over, told="", subject="")
        assert caught.value.code == "over"


def test_r26_works_of_next_week_do_not_make_the_agent_choose() -> None:
    """R26: what goes on now is meant before what is announced; with nothing going on, the announced works are."""
    now = Hit(Outage("1", "O-1", OutageState.CONFIRMED, "", NOW, Coverage()), "", Because.EVERYWHERE, "")
    later = replace(now, outage=replace(now.outage, key="2", started_at=NOW + timedelta(days=2)))
    over = replace(now, outage=replace(now.outage, key="3", state=OutageState.RESTORED))
    assert attachable((now, later, over), NOW) == (now,)
    assert attachable((later, over), NOW) == (later,)
