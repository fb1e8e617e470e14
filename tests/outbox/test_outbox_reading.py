"""What waits is seen in its place among what the source says, in every way of reading."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.contract.base import every_row
from backends.contract.samples import (
    a_contact,
    a_customer,
    a_line,
    a_promise,
    a_ticket,
    a_ticket_event,
    ago,
    an_email,
    an_outage,
    points,
)
from backends.errors import Invalid, NotFound, Unavailable
from backends.outbox.pages import Merging
from backends.port import Batch, MatchedOn, OutageFilter, Page, Put, QueueFilter, TicketFilter, TimelineFilter
from backends.records import AnswerState, Channel, Contact, Customer, OutageState, Ticket, TicketState
from tests.outbox.box_stage import ACTOR, a_desk


async def waiting(desk: Any, *records: Any) -> Any:
    """Store records while the line is cut, and mend it so that reading works; they go on waiting."""
    desk.line.cut()
    receipt = await desk.put(*records)
    desk.line.mend()
    desk.line.before = [Unavailable("still lost")] * 1_000
    return receipt


async def test_a_history_has_what_waits_in_its_place(tmp_path: Path) -> None:
    """Waiting contacts and events stand where their time puts them, page by page, each once, under every filter."""
    async with a_desk(tmp_path) as desk:
        ticket = (await desk.put(a_ticket(desk.customer))).changes[0].after
        assert isinstance(ticket, Ticket)
        await desk.put(*(a_contact(desk.customer, at=ago(hours=hour), body=f"{hour}") for hour in range(1, 20, 2)))
        await waiting(
            desk,
            *(a_contact(desk.customer, at=ago(hours=hour), body=f"{hour}") for hour in range(2, 20, 2)),
            a_ticket_event(ticket, at=ago(hours=30), text="last"),
            an_email(desk.customer, at=ago(hours=40), body="x" * 300),
        )
        key = desk.customer.key
        for limit in (1, 2, 3, 7, 50):
            rows = await every_row(lambda after, limit=limit: desk.outbox.timeline(key, after=after, limit=limit))  # type: ignore[misc]
            told = [row.body[:2] if isinstance(row, Contact) else row.text for row in rows]
            assert told == [f"{hour}" for hour in range(1, 20)] + ["last", "xx"]
        mails = await desk.outbox.timeline(key, only=TimelineFilter(channels=frozenset({Channel.EMAIL})))
        (mail,) = mails.rows
        assert isinstance(mail, Contact)
        assert (len(mail.body), mail.whole) == (240, False)
        assert len((await desk.outbox.contact(mail.key)).body) == 300
        only = TimelineFilter(ticket_key=ticket.key)
        assert len((await desk.outbox.timeline(key, only=only)).rows) == 1
        with pytest.raises(Invalid):
            await desk.outbox.timeline(key, after="outbox:[1]")


async def test_an_answered_mail_leaves_the_queue_at_once(tmp_path: Path) -> None:
    """A change that waits counts already: the mail is answered, and gone from the queue and the filter."""
    async with a_desk(tmp_path) as desk:
        mails = await desk.put(*(an_email(desk.customer, at=ago(hours=hour), body=f"{hour}") for hour in range(1, 4)))
        first, second, _third = [change.after for change in mails.changes]
        desk.line.cut()
        await desk.change(second, answer=AnswerState.WAIVED, waived_reason="spam")
        await desk.put(an_email(desk.customer, at=ago(hours=9), body="9"))
        desk.line.mend()
        desk.line.before = [Unavailable("still lost")] * 1_000
        rows = await every_row(lambda after: desk.outbox.queue(after=after, limit=1))
        assert [contact.body for contact, _owner in rows] == ["9", "3", "1"]
        assert {owner.key for _contact, owner in rows} == {desk.customer.key}
        assert (await desk.outbox.queue(QueueFilter(channels=frozenset({Channel.FAX})))).rows == ()
        key = desk.customer.key
        unanswered = await every_row(
            lambda after: desk.outbox.timeline(key, only=TimelineFilter(unanswered=True), after=after, limit=2)
        )
        assert [getattr(row, "body", "") for row in unanswered] == ["1", "3", "9"]
        whole = await every_row(lambda after: desk.outbox.timeline(key, after=after, limit=2))
        assert [getattr(row, "body", "") for row in whole] == ["1", "2", "3", "9"]
        file = await desk.outbox.customer_file(key)
        assert file.contacts_total == 4
        assert [one.answer for one in file.recent_inbound if one.body == "2"] == [AnswerState.WAIVED]
        assert first is not None


async def test_r23_a_customer_taken_down_offline_is_there_in_every_way(tmp_path: Path) -> None:
    """A new customer can be found, opened and worked with while the line is lost, and by both names afterwards."""
    async with a_desk(tmp_path) as desk:
        desk.line.cut()
        new = a_customer(desk.operator, name="Zofia Żuk", points=points("+48600700800"))
        receipt = await desk.put(new, a_line(new, phone="+48611222333"), a_ticket(new, subject="dead line"))
        customer = receipt.changes[0].after
        assert isinstance(customer, Customer)
        key = customer.key
        for text, on in (("zuk", MatchedOn.NAME), ("600 700 800", MatchedOn.PHONE), ("+48611222333", MatchedOn.PHONE)):
            (match,) = await desk.outbox.search(text)
            assert (match.customer.key, match.on) == (key, on)
        with pytest.raises(Unavailable):
            await desk.outbox.search("nowak")
        await desk.put(a_contact(customer, body="called"), a_promise(customer))
        file = await desk.outbox.customer_file(key)
        assert (file.customer.name, file.operator, len(file.lines)) == ("Zofia Żuk", desk.operator, 1)
        assert ([one.subject for one in file.tickets], file.contacts_total) == (["dead line"], 1)
        assert len(file.promises) == 1
        assert len((await desk.outbox.timeline(key)).rows) == 1
        assert [one.key for one in await desk.outbox.customers([key])] == [key]
        assert len((await desk.outbox.tickets(TicketFilter(customer_key=key))).rows) == 1
        await desk.outbox.note_read(key, ACTOR)
        await desk.mend()
        real = desk.outbox.real(key)
        assert real != key
        assert (await desk.outbox.customer_file(key)).customer.key == real
        assert len((await desk.outbox.timeline(key)).rows) == 1
        assert len((await desk.outbox.tickets(TicketFilter(customer_key=key))).rows) == 1
        assert [one.customer.key for one in await desk.outbox.search("zuk")] == [real]
        assert [one.key for one in await desk.outbox.customers([key])] == [real]
        with pytest.raises(NotFound):
            await desk.outbox.customer_file("outbox:99/0")


async def test_lists_have_what_waits(tmp_path: Path) -> None:
    """Tickets, outages and words of waiting records are in the lists, filters and limits respected."""
    async with a_desk(tmp_path) as desk:
        stored = await desk.put(*(a_ticket(desk.customer, opened_at=ago(hours=hour)) for hour in (1, 3, 5)))
        outage = (await desk.put(an_outage(title="old", started_at=ago(hours=5)))).changes[0].after
        desk.line.cut()
        await desk.put(a_ticket(desk.customer, opened_at=ago(hours=2)), a_ticket(desk.customer, opened_at=ago(hours=4)))
        await desk.change(stored.changes[0].after, state=TicketState.CLOSED, closed_at=ago(minutes=1))
        await desk.put(an_outage(title="new", started_at=ago(hours=1)))
        await desk.change(outage, state=OutageState.RESTORED, ended_at=ago(minutes=2))
        await desk.put(a_contact(desk.customer, body="the zebra ate the router"))
        desk.line.mend()
        desk.line.before = [Unavailable("still lost")] * 1_000
        rows = await every_row(lambda after: desk.outbox.tickets(after=after, limit=2))
        assert [round((ago() - one.opened_at) / timedelta(hours=1)) for one in rows] == [1, 2, 3, 4, 5]
        assert rows[0].state is TicketState.CLOSED
        still_open = await desk.outbox.tickets(TicketFilter(states=frozenset({TicketState.OPEN})))
        assert len(still_open.rows) == 4
        assert [one.title for one in await desk.outbox.outages()] == ["new", "old"]
        live = await desk.outbox.outages(OutageFilter(states=frozenset({OutageState.SUSPECTED})))
        assert "old" not in [one.title for one in live]
        (hit,) = (await desk.outbox.search_text("zebra")).rows
        assert (hit.customer_name, hit.customer_number) == ("Anna Nowak", desk.customer.number)
        assert "zebra" in hit.around
        first = stored.changes[0].after
        assert isinstance(first, Ticket)
        assert (await desk.outbox.ticket(first.reference.lower())).state is TicketState.CLOSED
        with pytest.raises(NotFound):
            await desk.outbox.ticket("")


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    theirs=st.lists(st.integers(0, 12), max_size=14),
    ours=st.lists(st.integers(0, 12), max_size=8),
    limit=st.integers(1, 6),
    oldest=st.booleans(),
)
async def test_merged_pages_hold_every_row_once_and_in_order(
    theirs: list[int], ours: list[int], limit: int, oldest: bool
) -> None:
    """Whatever the moments, equal ones too, pages of both give each row once, ordered by time."""
    begin = ago(days=1)
    rows = sorted(((at, f"s{index:03}") for index, at in enumerate(theirs)), reverse=not oldest)
    mine = [(at, f"outbox:{index}/0") for index, at in enumerate(ours)]

    async def fetch(after: str | None) -> Page[tuple[int, str]]:
        start = int(after or 0)
        found = rows[start : start + limit]
        return Page(tuple(found), str(start + limit) if start + limit < len(rows) else None)

    merging: Merging[tuple[int, str]] = Merging(
        lambda row: begin + timedelta(seconds=row[0]), lambda row: ("row", row[1]), oldest
    )
    pages: Callable[[str | None], Awaitable[Page[tuple[int, str]]]] = lambda after: merging.page(  # noqa: E731
        fetch, lambda: mine, lambda row: row, after, limit
    )
    found = await every_row(pages)
    assert sorted(found) == sorted(rows + mine)
    moments = [row[0] for row in found]
    assert moments == sorted(moments, reverse=not oldest)
    assert [row for row in found if row[1].startswith("s")] == rows


async def test_what_is_moved_while_it_waits_is_both_customers_matter(tmp_path: Path) -> None:
    """Who has either open hears of the move; it is among both's deliveries, and goes when either is forgotten."""
    async with a_desk(tmp_path) as desk:
        ticket = a_ticket(desk.customer, subject="zebra")
        call = a_contact(desk.customer, ticket_key=ticket.key)
        stored = await desk.put(a_customer(desk.operator), ticket, call)
        other, *theirs = [change.after for change in stored.changes]
        assert isinstance(other, Customer)
        heard: list[Any] = []

        async def listen() -> None:
            async for event in desk.outbox.events():
                heard.append(event)

        listening = asyncio.create_task(listen())
        await asyncio.sleep(0)
        desk.line.cut()
        owner: dict[str, Any] = {"customer_key": other.key}
        moves = tuple(Put(replace(one, **owner), seen=one.version) for one in theirs if one is not None)
        await desk.outbox.write(Batch(moves, ACTOR))
        desk.line.mend()
        desk.line.before = [Unavailable("still lost")] * 1_000
        async with asyncio.timeout(10):
            while {desk.customer.key, other.key} - {getattr(one, "customer_key", "") for one in heard}:
                await asyncio.sleep(0.01)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        here, there = [await desk.outbox.customer_file(key) for key in (desk.customer.key, other.key)]
        assert (here.tickets, here.recent_inbound, here.contacts_total) == ((), (), 0)
        assert [one.subject for one in there.tickets] == ["zebra"]
        assert (len(there.recent_inbound), there.contacts_total) == (1, 1)
        assert (await desk.outbox.timeline(desk.customer.key)).rows == ()
        assert len((await desk.outbox.timeline(other.key)).rows) == 1
        assert all(len(desk.outbox.deliveries(key)) == 1 for key in (desk.customer.key, other.key))
        await desk.outbox.forget(desk.customer.key, ACTOR, "asked to")
        assert desk.outbox.deliveries() == ()
