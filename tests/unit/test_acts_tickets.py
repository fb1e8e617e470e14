"""Acts on tickets and promises: opening, chasing, handing over, closing; what is stored, refused and undone."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from backends.clean import strip_controls
from backends.errors import Conflict
from backends.records import (
    Channel,
    Chase,
    Contact,
    Direction,
    Holder,
    Outcome,
    Priority,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from console.desk.acts import contacts, promises, tickets
from console.desk.acts.scene import Unfit
from console.rules.asking import QUESTIONS
from tests.acts_stage import BODY, NOW, Counter, at_counter

FAULT = {"kind": "fault", "symptom": "slow", "subject": "Slow line", "channel": "call"}


async def events_of(desk: Counter) -> list[TicketEventKind]:
    """Return the kinds of events of the customer's tickets, oldest first."""
    return sorted(one.kind for one in await desk.all_of(TicketEvent))


async def test_r36_a_ticket_opened_on_the_phone_is_a_case_a_contact_and_an_event() -> None:
    """R36, R42: what was asked is kept, the technical service has the ball, a human is on it since now."""
    async with at_counter() as desk:
        line = (await desk.picture()).file.lines[0]
        values = {**FAULT, "since": "days", "tried": "", "line": line.key, "description": "Slow\nsince days"}
        await desk.do(tickets.open_ticket(await desk.scene(), values))
        one, contact, event = await desk.only(Ticket), await desk.only(Contact), await desk.only(TicketEvent)
        assert one.details == (("symptom", "slow"), ("since", "days"))
        assert (one.subject, one.description, one.line_key) == ("Slow line", "Slow\nsince days", line.key)
        assert (one.holder, one.held_since, one.taken_in_charge_at) == (Holder.TECHNICAL, NOW, NOW)
        assert (one.first_contact_at, one.opened_by, one.state) == (NOW, "Ola Desk", TicketState.OPEN)
        assert one.reference
        assert (contact.ticket_key, contact.direction, contact.channel) == (one.key, Direction.INBOUND, Channel.CALL)
        assert (event.kind, event.contact_key, event.ticket_key) == (TicketEventKind.OPENED, contact.key, one.key)


@pytest.mark.parametrize("on_file", [False, True])
async def test_a_ticket_about_a_mail_starts_its_clock_at_the_mail(on_file: bool, tmp_path: Path) -> None:
    """The legal clock runs from the first contact, and the mail hangs on the ticket with its whole text."""
    async with at_counter(tmp_path if on_file else None) as desk:
        await desk.mail()
        shown = await desk.only(Contact)
        values = {key: value for key, value in FAULT.items() if key not in ("channel", "subject")}
        await desk.do(tickets.open_ticket(await desk.scene(), values, shown))
        one = await desk.only(Ticket)
        assert (one.first_contact_at, one.opened_at) == (NOW - timedelta(hours=9), NOW)
        assert (one.subject, one.taken_in_charge_at) == ("Nothing works", None)
        mail = await desk.backend.contact(shown.key)
        assert (mail.ticket_key, mail.body) == (one.key, BODY)
        assert (await desk.only(Contact)).key == shown.key


@pytest.mark.parametrize("kind", list(TicketKind))
async def test_r36_every_kind_opens_with_what_it_needs_and_not_without(kind: TicketKind) -> None:
    """R36: the needed questions of each kind block, the others do not."""
    needed = {question.code: (*question.choices, "something")[0] for question in QUESTIONS[kind] if question.needed}
    async with at_counter() as desk:
        scene = await desk.scene()
        await desk.do(tickets.open_ticket(scene, {"kind": kind, "subject": "x", **needed}))
        assert (await desk.only(Ticket)).kind is kind
        for code in needed:
            with pytest.raises(Unfit, match=f"{code}: needed"):
                tickets.open_ticket(scene, {"kind": kind, "subject": "x", **needed, code: " "})
        for question in QUESTIONS[kind]:
            if question.choices:
                with pytest.raises(Unfit, match=f"{question.code}: unknown"):
                    tickets.open_ticket(scene, {"kind": kind, "subject": "x", **needed, question.code: "no such"})


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"kind": ""}, "kind", "needed"),
        ({"kind": "weather"}, "kind", "unknown"),
        ({"subject": "", "description": " \n "}, "subject", "needed"),
        ({"line": "somebody else's"}, "line", "unknown"),
        ({"priority": "enormous"}, "priority", "unknown"),
    ],
)
async def test_a_ticket_that_cannot_be_opened_says_why(changes: dict[str, str], field: str, code: str) -> None:
    """Each wrong answer names its question."""
    async with at_counter() as desk:
        with pytest.raises(Unfit) as refused:
            tickets.open_ticket(await desk.scene(), {**FAULT, **changes})
        assert (refused.value.field, refused.value.code) == (field, code)


async def test_chases_count_and_raise_the_priority_at_the_operators_threshold() -> None:
    """R37: two chases change nothing but the count; the third raises the ticket, and each later one again."""
    async with at_counter() as desk:
        await desk.ticket()
        seen = []
        for _number in range(5):
            batch = tickets.chase(await desk.scene(), await desk.only(Ticket), {"note": "again!"})
            await desk.do(batch)
            seen.append((await desk.only(Ticket)).priority)
        assert seen == [Priority.NORMAL, Priority.NORMAL, Priority.HIGH, Priority.URGENT, Priority.URGENT]
        counts = sorted(one.after for one in await desk.all_of(TicketEvent) if one.kind is TicketEventKind.CHASED)
        assert counts == ["1", "2", "3", "4", "5"]
        assert len(await desk.all_of(Chase)) == 5
        assert all(one.ticket_key for one in await desk.all_of(Contact))


async def test_our_own_chasing_of_a_supplier_is_not_the_customers() -> None:
    """R37: chases that we made for the customer do not bring the threshold nearer."""
    async with at_counter() as desk:
        one = await desk.ticket()
        for key in ("new:1", "new:2"):
            await desk.stored(Chase(key, one.key, desk.customer.key, NOW, outbound=True))
        await desk.do(tickets.chase(await desk.scene(), one, {}))
        chased = await desk.all_of(TicketEvent)
        assert [event.after for event in chased] == ["1"]


async def test_handing_over_moves_the_ball_with_its_step_and_date() -> None:
    """R5: holder, since when, next step and its date; a step that stays keeps its date; the clock of holding too."""
    async with at_counter() as desk:
        await desk.ticket(held_since=NOW - timedelta(days=2))
        values = {"holder": "supplier", "holder_name": "Netz", "next_step": "splice", "next_step_at": "in 2 days"}
        await desk.do(tickets.hand_over(await desk.scene(), await desk.only(Ticket), values))
        one = await desk.only(Ticket)
        assert (one.holder, one.holder_name, one.held_since, one.next_step) == (Holder.SUPPLIER, "Netz", NOW, "splice")
        assert one.next_step_at is not None
        assert abs(one.next_step_at - NOW - timedelta(days=2)) <= timedelta(hours=1)
        assert await events_of(desk) == [TicketEventKind.HOLDER, TicketEventKind.NEXT_STEP, TicketEventKind.STATE]
        earlier = replace(one, held_since=NOW - timedelta(hours=5))
        same = {"holder": "supplier", "holder_name": "Netz", "next_step": "splice"}
        with pytest.raises(Unfit, match="holder: unchanged"):
            tickets.hand_over(await desk.scene(), one, same)
        moved = tickets.hand_over(await desk.scene(), earlier, {**same, "holder_reference": "N-77"}).items[0].record
        assert isinstance(moved, Ticket)
        assert (moved.held_since, moved.next_step_at) == (earlier.held_since, one.next_step_at)


async def test_the_customer_with_the_ball_stops_the_case_and_taking_it_back_goes_on() -> None:
    """Waiting for the customer is a state of its own, told by an event both ways."""
    async with at_counter() as desk:
        await desk.ticket()
        for holder, state in (("customer", TicketState.WAITING_CUSTOMER), ("desk", TicketState.IN_PROGRESS)):
            await desk.do(tickets.hand_over(await desk.scene(), await desk.only(Ticket), {"holder": holder}))
            assert (await desk.only(Ticket)).state is state
        states = [one.after for one in await desk.all_of(TicketEvent) if one.kind is TicketEventKind.STATE]
        assert sorted(states) == ["in_progress", "waiting_customer"]


@pytest.mark.parametrize(
    ("typed", "code"),
    [("gibberish", "moment"), ("yesterday", "moment_past"), ("31.11. 9:00", "moment_none")],
)
async def test_a_date_that_cannot_be_taken_says_why(typed: str, code: str) -> None:
    """Unread, past and impossible times are told apart, so that the agent knows what to type."""
    async with at_counter() as desk:
        one = await desk.ticket()
        with pytest.raises(Unfit) as refused:
            tickets.hand_over(await desk.scene(), one, {"holder": "desk", "next_step_at": typed})
        assert (refused.value.field, refused.value.code) == ("next_step_at", code)
    for holder, expected in (("", "needed"), ("the moon", "unknown")):
        async with at_counter() as desk:
            with pytest.raises(Unfit, match=f"holder: {expected}"):
                tickets.hand_over(await desk.scene(), await desk.ticket(), {"holder": holder})


async def test_closing_classes_the_case() -> None:
    """R4: every closed ticket says how it went and what settled it."""
    async with at_counter() as desk:
        await desk.ticket()
        scene, one = await desk.scene(), await desk.only(Ticket)
        for typed, code in (("", "needed"), ("splendid", "unknown")):
            with pytest.raises(Unfit, match=f"outcome: {code}"):
                tickets.close(scene, one, {"outcome": typed})
        await desk.do(
            tickets.close(scene, one, {"outcome": "compounded", "resolution": "new\nmodem", "reason": "late"})
        )
        closed, told = await desk.only(Ticket), await desk.only(TicketEvent)
        assert (closed.state, closed.closed_at, closed.outcome) == (TicketState.CLOSED, NOW, Outcome.COMPOUNDED)
        assert (closed.resolution, closed.outcome_reason) == ("new\nmodem", "late")
        assert (told.kind, told.after) == (TicketEventKind.CLOSED, "compounded")


async def test_a_case_with_an_open_promise_is_closed_only_with_a_reason() -> None:
    """A promise is not forgotten by closing; another ticket's promise, or a kept one, does not matter."""
    async with at_counter() as desk:
        one, other = await desk.ticket(), await desk.ticket()
        await desk.do(promises.promise(await desk.scene(), {"deed": "call", "due": "in 1h"}, one))
        with pytest.raises(Unfit, match="reason: open_promise"):
            tickets.close(await desk.scene(), one, {"outcome": "recovered"})
        right = {"outcome": "right_first_time"}
        assert tickets.close(await desk.scene(), other, right).items
        assert tickets.close(await desk.scene(), one, {"outcome": "recovered", "reason": "moved away"}).items
        await desk.do(promises.keep(await desk.scene(), await desk.only(Promise)))
        assert tickets.close(await desk.scene(), one, right).items


async def test_a_closed_case_takes_nothing_but_reopening() -> None:
    """Chasing, handing over and closing again are refused; reopening keeps reference and clock, and only then works."""
    async with at_counter() as desk:
        one = await desk.ticket()
        with pytest.raises(Unfit, match="ticket: open"):
            tickets.reopen(await desk.scene(), one)
        await desk.do(tickets.close(await desk.scene(), one, {"outcome": "recovered", "reason": "late"}))
        scene, closed = await desk.scene(), await desk.only(Ticket)
        for act in (tickets.chase, tickets.hand_over, tickets.close):
            with pytest.raises(Unfit, match="ticket: closed"):
                act(scene, closed, {"holder": "desk", "outcome": "recovered"})
        await desk.do(tickets.reopen(scene, closed))
        again = await desk.only(Ticket)
        assert (again.reference, again.opened_at, again.first_contact_at) == (
            one.reference, one.opened_at, one.first_contact_at,
        )  # fmt: skip
        assert (again.state, again.closed_at, again.outcome) == (TicketState.OPEN, None, None)


async def test_r7_fixed_on_the_spot_is_a_case_that_was_right_first_time() -> None:
    """R7: one text becomes contact, case and both events; nothing else is needed."""
    async with at_counter() as desk:
        with pytest.raises(Unfit, match="note: needed"):
            tickets.fix_on_spot(await desk.scene(), {})
        with pytest.raises(Unfit, match="line: unknown"):
            tickets.fix_on_spot(await desk.scene(), {"note": "x", "line": "?"})
        await desk.do(tickets.fix_on_spot(await desk.scene(), {"note": "cable loose; plugged in"}))
        one, contact = await desk.only(Ticket), await desk.only(Contact)
        assert (one.state, one.outcome, one.kind) == (TicketState.CLOSED, Outcome.RIGHT_FIRST_TIME, TicketKind.FAULT)
        assert one.opened_at == one.closed_at == one.taken_in_charge_at == NOW
        assert (contact.ticket_key, contact.outcome) == (one.key, "solved")
        assert await events_of(desk) == [TicketEventKind.CLOSED, TicketEventKind.OPENED]


async def test_r34_the_reference_is_recorded_as_given_once() -> None:
    """R34: the console knows that it was given; asking again stores nothing."""
    async with at_counter() as desk:
        await desk.do(tickets.give_reference(await desk.scene(), await desk.ticket()))
        one = await desk.only(Ticket)
        assert one.reference_given_at == NOW
        assert await events_of(desk) == [TicketEventKind.REFERENCE_GIVEN]
        assert tickets.give_reference(await desk.scene(), one) is None


async def test_promises_are_made_kept_and_withdrawn() -> None:
    """R17: deed and time are needed, a call back needs the time only; settled ones cannot be settled again."""
    async with at_counter() as desk:
        one, scene = await desk.ticket(), await desk.scene()
        for values, field, code in (
            ({"due": "in 1h"}, "deed", "needed"),
            ({"deed": "x"}, "due", "needed"),
            ({"deed": "x", "due": "soonish"}, "due", "moment"),
            ({"deed": "x", "due": "in 1h", "kind": "vow"}, "kind", "unknown"),
        ):
            with pytest.raises(Unfit) as refused:
                promises.promise(scene, values, one)
            assert (refused.value.field, refused.value.code) == (field, code)
        await desk.do(promises.promise(scene, {"kind": "call_back", "due": "in 1h"}, one))
        made = await desk.only(Promise)
        assert (made.kind, made.due_at, made.owner) == (PromiseKind.CALL_BACK, NOW + timedelta(hours=1), "Ola Desk")
        with pytest.raises(Unfit, match="reason: needed"):
            promises.withdraw(await desk.scene(), made, {})
        deed = await desk.do(promises.withdraw(await desk.scene(), made, {"reason": "no crew"}))
        gone = await desk.only(Promise)
        assert (gone.state, gone.closed_reason, gone.closed_at) == (PromiseState.WITHDRAWN, "no crew", NOW)
        with pytest.raises(Unfit, match="promise: not_open"):
            promises.keep(await desk.scene(), gone)
        await desk.desk.undo(deed)
        await desk.do(promises.keep(await desk.scene(), await desk.only(Promise)))
        assert (await desk.only(Promise)).state is PromiseState.KEPT
        assert await events_of(desk) == [TicketEventKind.PROMISE_KEPT, TicketEventKind.PROMISED]


async def test_a_promise_without_a_ticket_leaves_no_event() -> None:
    """A promise can stand alone; there is then no ticket to tell it."""
    async with at_counter() as desk:
        await desk.do(promises.promise(await desk.scene(), {"deed": "send the offer", "due": "in 1h"}))
        assert (await desk.only(Promise)).ticket_key == ""
        await desk.do(promises.keep(await desk.scene(), await desk.only(Promise)))
        assert await desk.all_of(TicketEvent) == []


async def test_hostile_text_is_cleaned_on_every_act() -> None:
    """No control or bidi character reaches ticket, event, chase or promise."""
    bad = "a\x1b[31mb\x07\u202ec [bold] {x}"
    async with at_counter() as desk:
        await desk.do(
            tickets.open_ticket(await desk.scene(), {**FAULT, "subject": bad, "description": bad, "tried": bad})
        )
        one = await desk.only(Ticket)
        await desk.do(promises.promise(await desk.scene(), {"deed": bad, "due": "in 1h"}, one))
        await desk.do(tickets.chase(await desk.scene(), one, {"note": bad, "channel": bad}))
        handed = {"holder": "supplier", "holder_name": bad, "holder_reference": bad, "next_step": bad}
        await desk.do(tickets.hand_over(await desk.scene(), await desk.only(Ticket), handed))
        ended = {"outcome": "recovered", "resolution": bad, "reason": bad}
        await desk.do(tickets.close(await desk.scene(), await desk.only(Ticket), ended))
        for kind in (Ticket, TicketEvent, Chase, Promise, Contact):
            for record in await desk.all_of(kind):
                texts = [getattr(record, name) for name in record.__dataclass_fields__]
                for text in (text for text in texts if isinstance(text, str)):
                    assert strip_controls(text) == text, (kind, text)


def _acts(one: Ticket, kept: Promise) -> list[Any]:
    return [
        lambda scene: tickets.open_ticket(scene, FAULT),
        lambda scene: tickets.chase(scene, one, {"note": "again"}),
        lambda scene: tickets.hand_over(scene, one, {"holder": "customer", "next_step": "x", "next_step_at": "in 1h"}),
        lambda scene: tickets.close(scene, one, {"outcome": "recovered", "reason": "x"}),
        lambda scene: tickets.fix_on_spot(scene, {"note": "x"}),
        lambda scene: tickets.give_reference(scene, one),
        lambda scene: promises.promise(scene, {"deed": "x", "due": "in 1h"}, one),
        lambda scene: promises.keep(scene, kept),
        lambda scene: promises.withdraw(scene, kept, {"reason": "x"}),
        lambda scene: contacts.log_contact(scene, {"note": "x", "ticket": one.key}),
    ]


@pytest.mark.parametrize("on_file", [False, True])
async def test_every_act_can_be_taken_back(on_file: bool, tmp_path: Path) -> None:
    """Undo restores the very same content after each act, with its contacts, events and chases."""
    async with at_counter(tmp_path if on_file else None) as desk:
        await desk.ticket()
        await desk.do(promises.promise(await desk.scene(), {"deed": "call", "due": "in 2h"}, await desk.only(Ticket)))
        before = await desk.content()
        for number in range(len(_acts(await desk.only(Ticket), await desk.only(Promise)))):
            act = _acts(await desk.only(Ticket), await desk.only(Promise))[number]
            deed = await desk.do(act(await desk.scene()))
            assert await desk.content() != before, number
            await desk.desk.undo(deed)
            assert await desk.content() == before, number


async def test_an_act_and_what_followed_are_taken_back_as_one() -> None:
    """Opening a ticket and giving its reference are one deed to the agent."""
    async with at_counter() as desk:
        before = await desk.content()
        deed = await desk.do(tickets.open_ticket(await desk.scene(), FAULT))
        given = tickets.give_reference(await desk.scene(), await desk.only(Ticket))
        assert given is not None
        await desk.desk.go_on(given, deed)
        await desk.desk.undo(deed)
        assert await desk.content() == before


@pytest.mark.parametrize("on_file", [False, True])
async def test_a_colleagues_change_is_neither_overwritten_nor_undone_over(on_file: bool, tmp_path: Path) -> None:
    """Two agents at one ticket: the later save, and a late undo, are refused as conflicts; the deed stays undoable."""
    async with at_counter(tmp_path if on_file else None) as desk:
        one, scene = await desk.ticket(), await desk.scene()
        first = await desk.do(tickets.hand_over(scene, one, {"holder": "supplier"}))
        with pytest.raises(Conflict):
            await desk.do(tickets.close(scene, one, {"outcome": "right_first_time"}))
        await desk.do(tickets.hand_over(await desk.scene(), await desk.only(Ticket), {"holder": "technical"}))
        with pytest.raises(Conflict):
            await desk.desk.undo(first)
        assert not first.undone
        assert (await desk.only(Ticket)).holder is Holder.TECHNICAL


@pytest.mark.parametrize("on_file", [False, True])
async def test_several_deeds_on_one_record_are_taken_back_one_after_the_other(on_file: bool, tmp_path: Path) -> None:
    """The agent's own undo of the last deed does not stand in the way of the one before it."""
    async with at_counter(tmp_path if on_file else None) as desk:
        states = [await desk.content()]
        await desk.do(tickets.open_ticket(await desk.scene(), FAULT))
        for holder in ("supplier", "customer", "desk"):
            states.append(await desk.content())
            await desk.do(tickets.hand_over(await desk.scene(), await desk.only(Ticket), {"holder": holder}))
        while (deed := desk.desk.last_deed()) is not None:
            await desk.desk.undo(deed)
            assert await desk.content() == states.pop()
        assert states == []
