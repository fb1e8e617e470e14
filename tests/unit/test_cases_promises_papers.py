"""The ledger of promises and the papers that do not count yet: what comes up, what broke, what is asked about when."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.port import CustomerFile
from backends.records import (
    AnswerState,
    Attachment,
    Channel,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Operator,
    Outcome,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketKind,
    TicketState,
)
from console.desk.acts import contacts, promises, tickets
from console.desk.acts.scene import Unfit
from console.present.opening import opening_text
from console.present.setting import Now
from console.rules.classing import proposed_outcome
from console.rules.clocks import ClockState
from console.rules.papers import check_due, papers_to_check
from console.rules.promises import about_to_break, broken, comes_up_at, is_broken
from console.rules.standing import Fact, opening
from tests.acts_stage import NOW, at_counter

OPERATOR = Operator("o1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", desk_hours="Mon-Fri 08:00-18:00")
CUSTOMER = Customer("c1", "1", "o1", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl")
WARSAW = ZoneInfo("Europe/Warsaw")
NOON = datetime(2026, 11, 18, 11, 0, tzinfo=UTC)
"""A Wednesday."""


def a_promise(due: timedelta | None, **changes: Any) -> Promise:
    """Return an open promise made a day before NOON and due so long after it."""
    at = NOON + due if due is not None else None
    return replace(Promise("p1", "c1", PromiseKind.DEED, "Ring", NOON - timedelta(days=1), at, "t1"), **changes)


def a_fax(at: datetime = NOON, **changes: Any) -> Contact:
    """Return a fax that came without an identity document."""
    made = Contact("f1", "", "c1", "o1", Channel.FAX, Direction.INBOUND, at, "Move", answer=AnswerState.WAITING)
    return replace(made, **changes)


DOCUMENT = Attachment("id.pdf", "application/pdf", 10, identity_document=True)


# promises -----------------------------------------------------------------------------------------------------------


def test_r37_a_promise_comes_up_before_it_breaks() -> None:
    """R37: two hours before its time it is named, at its time it is broken, and never both at once."""
    one = a_promise(timedelta(hours=2))
    assert about_to_break([one], NOON) == (one,)
    assert about_to_break([a_promise(timedelta(hours=3))], NOON) == ()
    assert broken([one], NOON + timedelta(hours=2, seconds=1)) == (one,)
    assert about_to_break([one], NOON + timedelta(hours=2, seconds=1)) == ()


@given(st.integers(0, 60 * 24 * 30), st.integers(-60 * 24, 60 * 24 * 40), st.sampled_from(PromiseKind))
def test_a_promise_is_ahead_then_up_then_broken_in_that_order(length: int, later: int, kind: PromiseKind) -> None:
    """Whatever its length: it comes up between being made and being due, and is never up and broken together."""
    made = NOON
    one = Promise("p", "c", kind, "x", made, made + timedelta(minutes=length))
    up, now = comes_up_at(one), made + timedelta(minutes=later)
    if kind in (PromiseKind.DOCUMENT_CHECK, PromiseKind.WORD_AT_RESTORATION):
        assert up is None
        assert not is_broken(one, now)
        return
    assert up is not None
    assert one.due_at is not None
    assert made <= up <= one.due_at
    assert not (about_to_break([one], now) and is_broken(one, now))
    assert is_broken(one, now) == (now > one.due_at)


def a_file(**changes: Any) -> CustomerFile:
    """Return a customer with an open fault."""
    ticket = Ticket("t1", "LUN-1", "c1", "o1", TicketKind.FAULT, "No tone", NOON - timedelta(days=2))
    return replace(CustomerFile(CUSTOMER, OPERATOR, tickets=(ticket,)), **changes)


def test_r37_a_broken_promise_leads_the_opening_line() -> None:
    """R37: before the third contact, the missed visit and whatever else: first what we did not keep."""
    asked = tuple(
        a_fax(NOON - timedelta(hours=n), key=f"f{n}", channel=Channel.CALL, ticket_key="t1") for n in (3, 30, 50)
    )
    file = a_file(promises=(a_promise(timedelta(hours=-5)),), recent_inbound=asked)
    assert opening(file, NOON, NOON.date(), WARSAW)[0].fact is Fact.BROKEN_PROMISE
    text = opening_text(file, Now(NOON, WARSAW, {"o1": OPERATOR}))
    assert text.startswith("Promised ")
    assert "not kept; third contact in 3 days about the same fault" in text


def test_r37_a_promise_about_to_break_is_said_with_the_time_left() -> None:
    """R37: who opens the customer is told to keep it, and by when."""
    file = a_file(promises=(a_promise(timedelta(minutes=40)),))
    assert opening(file, NOON, NOON.date(), WARSAW)[0].fact is Fact.PROMISE_DUE
    assert opening_text(file, Now(NOON, WARSAW, {})).startswith("Promised, due in 40 min: Ring")


async def test_r37_the_owner_of_a_promise_is_who_was_named_else_who_promised() -> None:
    """R37: a promise has an owner."""
    async with at_counter() as desk:
        for owner in ("", "Iga Nowak"):
            values = {"deed": owner or "x", "due": "tomorrow 10", "owner": owner}
            await desk.do(promises.promise(await desk.scene(), values))
        made = {one.deed: one.owner for one in await desk.all_of(Promise)}
        assert made == {"x": "Ola Desk", "Iga Nowak": "Iga Nowak"}


async def test_r37_an_own_check_neither_breaks_nor_blocks_closing() -> None:
    """What no customer was told is no broken word: not in the class, not when closing, not in the opening line."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        late = NOW - timedelta(hours=1)
        check = Promise("new:1", desk.customer.key, PromiseKind.DOCUMENT_CHECK, "", late, late, ticket.key)
        await desk.stored(check)
        assert tickets.close(await desk.scene(), ticket, {"outcome": "right_first_time"}).items
        told = replace(check, key="new:2", kind=PromiseKind.DEED, deed="Ring", due_at=NOW + timedelta(hours=1))
        await desk.stored(told)
        with pytest.raises(Unfit, match="open_promise"):
            tickets.close(await desk.scene(), ticket, {"outcome": "right_first_time"})


# closing ------------------------------------------------------------------------------------------------------------


async def test_r4_the_class_follows_from_the_history_and_is_changed_only_with_a_reason() -> None:
    """R4: both classes are kept, with why they differ."""
    async with at_counter() as desk:
        ticket = await desk.ticket()
        with pytest.raises(Unfit, match="reason: class_changed"):
            tickets.close(await desk.scene(), ticket, {"outcome": "compounded"})
        values = {"outcome": "compounded", "reason": "two engineers, two wrong parts"}
        await desk.do(tickets.close(await desk.scene(), ticket, values))
        closed = await desk.only(Ticket)
        assert (closed.outcome, closed.class_proposed) == (Outcome.COMPOUNDED, Outcome.RIGHT_FIRST_TIME)
        await desk.do(tickets.reopen(await desk.scene(), closed))
        assert (await desk.only(Ticket)).class_proposed is None


async def test_r4_the_proposed_class_needs_no_reason() -> None:
    """R4: agreeing costs nothing."""
    async with at_counter() as desk:
        await desk.do(tickets.close(await desk.scene(), await desk.ticket(), {"outcome": "right_first_time"}))
        closed = await desk.only(Ticket)
        assert (closed.state, closed.outcome, closed.class_proposed) == (
            TicketState.CLOSED, Outcome.RIGHT_FIRST_TIME, Outcome.RIGHT_FIRST_TIME,
        )  # fmt: skip


def test_r4_a_check_that_was_late_makes_no_case_worse() -> None:
    """Only what a customer was told counts against us."""
    ticket = a_file().tickets[0]
    late = a_promise(timedelta(hours=-5))
    own = replace(late, kind=PromiseKind.DOCUMENT_CHECK)
    assert proposed_outcome(ticket, (), (late,), ClockState.RUNNING, NOON) is Outcome.RECOVERED
    assert proposed_outcome(ticket, (), (own,), ClockState.RUNNING, NOON) is Outcome.RIGHT_FIRST_TIME


# papers -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("came", "checked"),
    [
        ("2026-11-16 10:00", "2026-11-18 10:00"),  # Monday: Wednesday, the same hour
        ("2026-11-16 20:00", "2026-11-19 08:00"),  # in the evening: the morning after
        ("2026-11-19 10:00", "2026-11-23 08:00"),  # Thursday: Saturday is closed, so Monday
        ("2026-11-09 10:00", "2026-11-12 08:00"),  # Independence Day is closed
    ],
)
def test_r38_a_paper_is_checked_48_to_72_hours_later_in_the_desks_hours(came: str, checked: str) -> None:
    """R38: within 72 hours where the desk is open then; else at its next opening."""
    at = datetime.fromisoformat(came).replace(tzinfo=WARSAW)
    assert f"{check_due(at, OPERATOR).astimezone(WARSAW):%Y-%m-%d %H:%M}" == checked


@given(st.integers(0, 60 * 24 * 400))
def test_a_check_is_never_sooner_than_48_hours(minutes: int) -> None:
    """Nobody is rung before their letter can have arrived; a desk that never closes checks on the minute."""
    at = NOON + timedelta(minutes=minutes)
    assert check_due(at, OPERATOR) >= at + timedelta(hours=48)
    assert check_due(at, replace(OPERATOR, desk_hours="")) == at + timedelta(hours=48)


def test_r38_an_imported_paper_is_asked_about_by_the_same_rule() -> None:
    """R38: nothing is stored for it, and still it comes up, until planned, settled or a month old."""
    [check] = papers_to_check([a_fax()], [], OPERATOR, NOON)
    assert check.due_at == check_due(NOON, OPERATOR)
    planned = a_promise(None, kind=PromiseKind.DOCUMENT_CHECK, contact_key="f1", state=PromiseState.KEPT)
    assert papers_to_check([a_fax()], [planned], OPERATOR, NOON) == ()
    later = a_fax(NOON + timedelta(days=1), key="f2", channel=Channel.EMAIL, attachments=(DOCUMENT,))
    assert papers_to_check([a_fax(), later], [], OPERATOR, NOON + timedelta(days=2)) == ()
    assert papers_to_check([a_fax()], [], OPERATOR, NOON + timedelta(days=31)) == ()
    assert papers_to_check([a_fax(attachments=(DOCUMENT,))], [], OPERATOR, NOON) == ()
    assert papers_to_check([a_fax(answer=AnswerState.ANSWERED)], [], OPERATOR, NOON) == ()
    stranger = replace(later, customer_key="c2")
    assert len(papers_to_check([a_fax(), stranger], [], OPERATOR, NOON + timedelta(days=2))) == 1


def test_r38_the_opening_line_says_when_to_ask_about_an_answered_paper() -> None:
    """R38: asked for, not come yet: the next colleague asks whether it was sent."""
    planned = a_promise(timedelta(hours=20), kind=PromiseKind.DOCUMENT_CHECK, contact_key="f1", ticket_key="")
    asked = a_fax(NOON - timedelta(hours=30), answer=AnswerState.ANSWERED)
    file = a_file(recent_inbound=(asked,), promises=(planned,), tickets=())
    assert Fact.PAPER_CHECK in {one.fact for one in opening(file, NOON, NOON.date(), WARSAW)}
    assert "Ask whether the identity document was sent" in opening_text(file, Now(NOON, WARSAW, {}))


@pytest.mark.parametrize("channel", [Channel.FAX, Channel.LETTER])
async def test_r38_logging_a_paper_plans_its_check_and_the_document_keeps_it(channel: str) -> None:
    """R38: planned by itself with the paper, in one deed; when a document comes it is kept by itself."""
    async with at_counter() as desk:
        values = {"channel": channel, "note": "Move my line", "identity": "no"}
        deed = await desk.do(contacts.log_contact(await desk.scene(), values), "note")
        paper, check = await desk.only(Contact), await desk.only(Promise)
        assert (check.kind, check.contact_key, check.owner) == (PromiseKind.DOCUMENT_CHECK, paper.key, "Ola Desk")
        await desk.do(contacts.log_contact(await desk.scene(), {**values, "note": "My card", "identity": "yes"}))
        assert await desk.all_of(Promise) == [], "kept: it is on no list any more"
        brought = (await desk.all_of(Contact))[-1]
        assert [one.identity_document for one in brought.attachments] == [True]
        last = desk.desk.last_deed()
        assert last is not None
        await desk.desk.undo(last)
        assert (await desk.only(Promise)).state is PromiseState.OPEN
        await desk.desk.undo(deed)
        assert await desk.all_of(Promise) == []


@pytest.mark.parametrize("values", [{"channel": "call"}, {"channel": "fax", "direction": "out"}])
async def test_what_is_no_paper_of_theirs_plans_nothing(values: dict[str, str]) -> None:
    """A call needs no document, and neither does our own fax."""
    async with at_counter() as desk:
        await desk.do(contacts.log_contact(await desk.scene(), {"note": "Hello", **values}))
        assert await desk.all_of(Promise) == []


async def test_r38_asking_for_the_document_of_an_imported_paper_plans_its_check_once() -> None:
    """R38: the reply that asks for it plans the check where no rule has stored one; a second reply plans no second."""
    async with at_counter() as desk:
        fax = await desk.mail(channel=Channel.FAX, sender="+48618520001")
        answer = {"channel": "email", "body": "Please send us a copy", "to": "ewa@example.org"}
        for _time in range(2):
            await desk.do(contacts.reply(await desk.scene(), answer, await desk.backend.contact(fax.key)))
        check = await desk.only(Promise)
        assert (check.kind, check.contact_key) == (PromiseKind.DOCUMENT_CHECK, fax.key)
