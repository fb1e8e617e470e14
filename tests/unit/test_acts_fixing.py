"""Fixing an open case within a contact: closed and classed by its history, refused once it is closed (R4, R7)."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backends.records import (
    Contact,
    Outcome,
    Promise,
    PromiseKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketState,
    new_key,
)
from console.desk.acts import tickets
from console.desk.acts.scene import Unfit
from tests.acts_stage import NOW, Counter, at_counter


async def fixed(desk: Counter, ticket: Ticket, *events: TicketEvent) -> Ticket:
    """Fix a ticket and return it as it is then."""
    values = {"note": "plugged in again", "ticket": ticket.key}
    await desk.do(tickets.fix_on_spot(await desk.scene(), values, events))
    found: Ticket = await desk.only(Ticket)
    return found


async def test_an_open_case_is_closed_with_the_contact_on_it() -> None:
    """One case, one contact, one event; nothing went wrong, so it is right first time; undo gives it back open."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        before = await desk.content()
        closed = await fixed(desk, ticket)
        assert (closed.key, closed.state, closed.outcome) == (ticket.key, TicketState.CLOSED, Outcome.RIGHT_FIRST_TIME)
        assert (closed.closed_at, closed.resolution, closed.outcome_reason) == (NOW, "plugged in again", "")
        contact = await desk.only(Contact)
        assert (contact.ticket_key, contact.outcome) == (ticket.key, "solved")
        event = await desk.only(TicketEvent)
        assert (event.kind, event.contact_key) == (TicketEventKind.CLOSED, contact.key)
        await desk.desk.undo(desk.desk.deeds[-1])
        assert await desk.content() == before


async def test_a_late_case_and_one_that_came_back_are_recovered() -> None:
    """R4: the clock and the case's own events count."""
    async with at_counter() as desk:
        late = await desk.ticket(opened_at=NOW - timedelta(days=20))
        assert (await fixed(desk, late)).outcome is Outcome.RECOVERED
    async with at_counter() as desk:
        back = await desk.ticket()
        again = TicketEvent(new_key(), back.key, desk.customer.key, TicketEventKind.REOPENED, NOW)
        assert (await fixed(desk, back, again)).outcome is Outcome.RECOVERED


async def test_what_was_done_is_the_reason_when_a_promise_is_open() -> None:
    """A case with a promise open is closed with a reason only: here it is that the matter is fixed."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        due = NOW + timedelta(hours=5)
        await desk.stored(
            Promise(new_key(), desk.customer.key, PromiseKind.DEED, "comes", NOW, due, ticket_key=ticket.key)
        )
        assert (await fixed(desk, ticket)).outcome_reason == "plugged in again"


async def test_a_case_that_a_colleague_closed_meanwhile_is_not_fixed_again() -> None:
    """What is closed stays as it was closed."""
    async with at_counter() as desk:
        ticket = await desk.ticket(state=TicketState.CLOSED, closed_at=NOW)
        with pytest.raises(Unfit, match="ticket: closed"):
            tickets.fix_on_spot(await desk.scene(), {"note": "x", "ticket": ticket.key})
