"""Joining and parting: what is stored, what is refused, and that undo restores the very content of the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.errors import Conflict
from backends.port import Batch
from backends.records import (
    Chase,
    Compensation,
    Contact,
    Direction,
    Handover,
    Holder,
    Money,
    Priority,
    Promise,
    PromiseKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
    Visit,
    new_key,
)
from console.desk.acts import joining, tickets
from console.desk.acts.scene import Unfit
from console.desk.cases import contacts_of, history_of
from tests.acts_stage import BODY, NOW, Counter, at_counter
from tests.cases_stage import content_of, differing


async def test_r38_joining_counts_a_chase_and_starts_the_clock_at_the_first_contact() -> None:
    """R38: the contact is on the ticket, a chase stands at its time, the clock runs from the earliest contact."""
    async with at_counter() as desk:
        ticket = await desk.ticket(opened_at=NOW - timedelta(hours=2), first_contact_at=NOW - timedelta(hours=2))
        mail = await desk.mail(at=NOW - timedelta(hours=9))
        await desk.do(joining.join_contact(await desk.scene(), mail, ticket, "same line; 3 of 4 words"), "join")
        joined, now = await desk.backend.contact(mail.key), await desk.only(Ticket)
        chase = await desk.only(Chase)
        assert (joined.ticket_key, joined.body) == (ticket.key, BODY)
        assert now.first_contact_at == mail.at
        assert (chase.at, chase.contact_key, chase.ticket_key) == (mail.at, mail.key, ticket.key)
        event = (await desk.all_of(TicketEvent))[-1]
        assert (event.kind, event.text, event.after) == (TicketEventKind.JOINED, "same line; 3 of 4 words", "1")
        assert event.contact_key == mail.key


async def test_what_we_sent_is_hung_on_the_ticket_and_is_no_chase() -> None:
    """Our own letter about it asks nothing again, and begins no clock."""
    async with at_counter() as desk:
        ticket = await desk.ticket(first_contact_at=NOW)
        sent = await desk.mail(direction=Direction.OUTBOUND)
        await desk.do(joining.join_contact(await desk.scene(), sent, ticket))
        assert await desk.all_of(Chase) == []
        assert (await desk.only(Ticket)).first_contact_at == NOW


async def prepared(desk: Counter) -> tuple[Ticket, Contact]:
    """Store a ticket that was chased twice, with a contact of its own, and a mail that is not joined."""
    ticket = await desk.ticket(opened_at=NOW - timedelta(days=1), first_contact_at=NOW - timedelta(days=1))
    for hours in (5, 4):
        at = NOW - timedelta(hours=hours)
        call = await desk.mail(ticket_key=ticket.key, at=at)
        await desk.stored(Chase(new_key(), ticket.key, ticket.customer_key, at, "Iga", contact_key=call.key))
    return ticket, await desk.mail(at=NOW - timedelta(days=2), subject="Nothing works", body=BODY)


async def test_undo_of_joining_restores_the_very_same_content(tmp_path: Path) -> None:
    """R38: every row of the database is as it was, versions, audit and journal aside; the third chase did a lot."""
    async with at_counter(tmp_path) as desk:
        ticket, mail = await prepared(desk)
        before = content_of(tmp_path / "desk.db")
        assert before["contact"]
        deed = await desk.do(joining.join_contact(await desk.scene(), mail, ticket, "same subject"), "join")
        during = content_of(tmp_path / "desk.db")
        assert during != before
        assert (await desk.only(Ticket)).priority is Priority.HIGH
        await desk.desk.undo(deed)
        after = content_of(tmp_path / "desk.db")
        assert differing(before, after) == []


async def test_parting_takes_the_chase_and_the_clock_back_and_says_so() -> None:
    """A wrong join is corrected without undo: chase gone, clock as before, an event tells of it; it can be undone."""
    async with at_counter() as desk:
        ticket, mail = await prepared(desk)
        await desk.do(joining.join_contact(await desk.scene(), mail, ticket))
        joined, now = await desk.backend.contact(mail.key), await desk.only(Ticket)
        content = await desk.content()
        history = await history_of(desk.backend, now)
        deed = await desk.do(joining.part_contact(await desk.scene(), joined, now, history))
        assert (await desk.backend.contact(mail.key)).ticket_key == ""
        assert (await desk.only(Ticket)).first_contact_at == ticket.first_contact_at
        assert len(await desk.all_of(Chase)) == 2
        assert (await desk.all_of(TicketEvent))[-1].kind is TicketEventKind.PARTED
        await desk.desk.undo(deed)
        restored = await desk.content()
        # A chase that comes back has a new key; all it says is the same.
        for held in (content, restored):
            held["chases"] = sorted((one.at, one.contact_key, one.note) for one in held["chases"].values())
        assert restored == content


@pytest.mark.parametrize("of", ["closed", "joined", "of_another", "not_joined"])
async def test_what_cannot_be_joined_or_parted_is_refused(of: str) -> None:
    """A closed ticket, a contact on a ticket, one of somebody else, and parting what is not joined."""
    async with at_counter() as desk:
        ticket, mail = await desk.ticket(), await desk.mail()
        scene = await desk.scene()
        mails: dict[str, dict[str, Any]] = {
            "joined": {"ticket_key": ticket.key},
            "of_another": {"customer_key": "customer-77"},
        }
        contact = replace(mail, **mails.get(of, {}))
        closed = replace(ticket, state=TicketState.CLOSED) if of == "closed" else ticket
        act = joining.part_contact if of == "not_joined" else joining.join_contact
        with pytest.raises(Unfit) as error:
            act(scene, contact, closed)
        assert error.value.code == of


async def test_a_colleague_who_was_faster_is_a_conflict() -> None:
    """The version that was seen guards the contact."""
    async with at_counter() as desk:
        ticket, mail = await desk.ticket(), await desk.mail()
        scene = await desk.scene()
        await desk.do(joining.join_contact(scene, mail, ticket))
        with pytest.raises(Conflict):
            await desk.do(joining.join_contact(scene, mail, ticket))


async def test_r37_from_the_threshold_on_the_priority_rises_and_the_holder_must_accept() -> None:
    """R37: the third chase raises the priority and stands on the holder's agenda once, until accepted."""
    async with at_counter() as desk:
        await desk.ticket(holder=Holder.TECHNICAL)
        for count in (1, 2, 3, 4):
            ticket = await desk.only(Ticket)
            await desk.do(tickets.chase(await desk.scene(), ticket, {"note": "Still nothing"}))
            told = (await desk.picture()).file.handovers
            assert len(told) == (1 if count >= 3 else 0)
        [call] = (await desk.picture()).file.handovers
        assert (call.to, call.accepted_at, call.due_at) == (Holder.TECHNICAL, None, NOW + timedelta(minutes=30))
        assert call.note == "asked again 3 times: Still nothing"
        assert (await desk.only(Ticket)).priority is Priority.URGENT
        kinds = [one.kind for one in await desk.all_of(TicketEvent)]
        assert kinds.count(TicketEventKind.HANDOVER) == 1
        assert kinds.count(TicketEventKind.CHASED) == 4


@pytest.mark.parametrize("holder", [Holder.SUPPLIER, Holder.CUSTOMER])
async def test_r37_where_others_have_the_ball_the_desk_is_told(holder: Holder) -> None:
    """R5, R37: a supplier reads no agenda of ours; the desk chases them for the customer."""
    async with at_counter() as desk:
        await desk.ticket(holder=holder)
        for _count in range(3):
            await desk.do(tickets.chase(await desk.scene(), await desk.only(Ticket), {}))
        assert [one.to for one in (await desk.picture()).file.handovers] == [Holder.DESK]


async def two_tickets(desk: Counter) -> tuple[Ticket, Ticket, Sequence[Contact]]:
    """Store two tickets of one matter, the younger with all that can hang on one."""
    older = await desk.ticket(opened_at=NOW - timedelta(days=2), first_contact_at=NOW - timedelta(days=2))
    younger = await desk.ticket(opened_at=NOW - timedelta(days=1), subject="Still none", priority=Priority.HIGH)
    owner = younger.customer_key
    await desk.mail(ticket_key=younger.key)
    await desk.stored(Chase(new_key(), younger.key, owner, NOW - timedelta(hours=3)))
    due = NOW + timedelta(hours=3)
    await desk.stored(Promise(new_key(), owner, PromiseKind.DEED, "Ring", NOW, due, ticket_key=younger.key))
    await desk.stored(Visit(new_key(), younger.key, owner, due, due + timedelta(hours=2)))
    await desk.stored(Handover(new_key(), younger.key, owner, Holder.TECHNICAL, NOW))
    return older, younger, await contacts_of(desk.backend, younger)


@pytest.mark.parametrize("swapped", [False, True])
async def test_two_tickets_of_one_matter_become_the_older_one(tmp_path: Path, swapped: bool) -> None:
    """Nothing is lost: all hangs on the older, the younger names it; undo gives the very same content back."""
    async with at_counter(tmp_path) as desk:
        older, younger, contacts = await two_tickets(desk)
        before = content_of(tmp_path / "desk.db")
        pair = (younger, older) if swapped else (older, younger)
        deed = await desk.do(joining.join_tickets(await desk.scene(), *pair, contacts, "same subject"), "join")
        file = (await desk.picture()).file
        stays, closed = (next(one for one in file.tickets if one.key == key) for key in (older.key, younger.key))
        assert (stays.state, stays.priority, stays.first_contact_at) == (
            TicketState.OPEN, Priority.HIGH, NOW - timedelta(days=2),
        )  # fmt: skip
        assert (closed.state, closed.outcome) == (TicketState.CLOSED, None)
        assert closed.details == (("joined_into", older.reference),)
        hung: list[Any] = [
            *file.chases,
            *file.promises,
            *file.visits,
            *file.handovers,
            *await contacts_of(desk.backend, older),
        ]
        assert len(hung) == 6
        assert {one.ticket_key for one in hung} == {older.key}
        await desk.desk.undo(deed)
        after = content_of(tmp_path / "desk.db")
        assert differing(before, after) == []


async def test_r33_what_was_given_counts_for_the_case_that_stays(tmp_path: Path) -> None:
    """R33: joined, the amounts stand on the older ticket, each once, so that nothing is owed again; undo parts them."""
    async with at_counter(tmp_path) as desk:
        gifts = [Compensation(Money(minor, "PLN"), "late", NOW, "Iga") for minor in (1000, 500)]
        older = await desk.ticket(opened_at=NOW - timedelta(days=2), compensations=(gifts[0],))
        younger = await desk.ticket(opened_at=NOW - timedelta(days=1), compensations=(gifts[1],))
        before = content_of(tmp_path / "desk.db")
        deed = await desk.do(joining.join_tickets(await desk.scene(), older, younger, ()), "join")
        given = {one.key: one.compensations for one in await desk.all_of(Ticket)}
        assert given == {older.key: tuple(gifts), younger.key: ()}
        await desk.desk.undo(deed)
        assert differing(before, content_of(tmp_path / "desk.db")) == []


async def test_a_ticket_is_not_joined_with_itself_nor_with_a_closed_one() -> None:
    """Both must be open, and two."""
    async with at_counter() as desk:
        one = await desk.ticket()
        scene = await desk.scene()
        for other in (one, replace(one, key="ticket-9", state=TicketState.CLOSED)):
            with pytest.raises(Unfit):
                joining.join_tickets(scene, one, other, ())


async def test_saying_that_it_is_not_the_same_stores_one_event_alone() -> None:
    """What is not proposed again changes neither contact nor ticket."""
    async with at_counter() as desk:
        ticket, mail = await desk.ticket(), await desk.mail()
        batch: Batch = joining.not_the_same(await desk.scene(), mail, ticket)
        await desk.do(batch)
        assert (await desk.only(TicketEvent)).kind is TicketEventKind.PARTED
        assert (await desk.backend.contact(mail.key)).version == mail.version


@pytest.mark.parametrize("first_parted", [0, 1])
async def test_r38_parting_in_any_order_brings_back_the_clock(first_parted: int) -> None:
    """Two mails were joined, each earlier than what was known; our own letter on the ticket begins no clock."""
    async with at_counter() as desk:
        ticket = await desk.ticket(opened_at=NOW - timedelta(hours=2), first_contact_at=NOW - timedelta(hours=3))
        await desk.mail(ticket_key=ticket.key, at=NOW - timedelta(hours=40), direction=Direction.OUTBOUND)
        mails = [await desk.mail(at=NOW - timedelta(hours=hours)) for hours in (9, 30)]
        for mail in mails:
            await desk.do(joining.join_contact(await desk.scene(), mail, await desk.only(Ticket)), "join")
        assert (await desk.only(Ticket)).first_contact_at == mails[1].at
        for mail in (mails[first_parted], mails[1 - first_parted]):
            joined, now = await desk.backend.contact(mail.key), await desk.only(Ticket)
            await desk.do(joining.part_contact(await desk.scene(), joined, now, await history_of(desk.backend, now)))
        assert (await desk.only(Ticket)).first_contact_at == NOW - timedelta(hours=3)
