"""What a guide stores at its end, and what becomes of a hand-over: accepted, declined, raised once (R22)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import Busy
from backends.memory import MemoryBackend
from backends.port import Batch, PendingFilter, PendingKind, Put, Receipt
from backends.records import (
    Agent,
    CallRoute,
    Chase,
    Contact,
    Customer,
    CustomerKind,
    Handover,
    Holder,
    Operator,
    Outcome,
    Priority,
    Promise,
    PromiseKind,
    Role,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    new_key,
)
from console.desk.acts import handing, tickets
from console.desk.acts.scene import Unfit
from console.desk.desk import Desk
from console.desk.handing import HandoverWatch
from console.rules.handover import MUST_ACCEPT, accept_by, late, must_accept, table_at, to_accept
from tests.acts_stage import NOW, Counter, at_counter
from tests.guides_stage import DAY, HOTLINE, NIGHT, OPERATOR, TECHNICAL, customer_file, going, outage, take

DESK = Agent("", "ola", "Ola Desk", frozenset({Role.DESK}))
MONDAY = NIGHT.replace(day=23, hour=7, minute=0)


def of(batch: Batch, kind: type[Any]) -> Any:
    """Return the one record of a kind in a batch."""
    found = [item.record for item in batch.items if isinstance(item.record, kind)]
    assert len(found) == 1, found
    return found[0]


def kinds(batch: Batch) -> set[type[Any]]:
    """Return the kinds of records in a batch."""
    return {type(item.record) for item in batch.items}


def to_the_end(*answers: str, **settings: Any) -> Batch:
    """Return what the internet guide stores after these answers."""
    on = take(going(**settings), *answers)
    assert on.here.ended, on.here.at
    return on.batch()


FAULT = ("no_service", "today", "fault", "all lights red", "+48 601 234 567")


def test_r22_a_fault_at_night_goes_to_technical_at_once_as_a_package() -> None:
    """One batch: the ticket with its details, the call with what was said, the hand-over with what was told."""
    batch = to_the_end(*FAULT)
    ticket, contact, handover = of(batch, Ticket), of(batch, Contact), of(batch, Handover)
    assert (ticket.kind, ticket.holder, ticket.line_key) == (TicketKind.FAULT, Holder.TECHNICAL, "li")
    assert ("symptom", "no_service") in ticket.details
    assert ticket.description == "all lights red"
    assert ticket.subject == "Internet: nic nie działa", "the desk reads its own language"
    assert contact.ticket_key == ticket.key
    assert "all lights red" in contact.body
    assert contact.line_key == "li"
    assert handover.to is Holder.TECHNICAL
    assert handover.due_at == NIGHT + timedelta(minutes=OPERATOR.accept_minutes)
    assert handover.told_customer.startswith("Thank you, I have everything.")
    assert "right away" in handover.told_customer
    assert "Tuesday 24 November" in handover.told_customer or "25 November" in handover.told_customer
    assert handover.told_customer in contact.body


def test_r22_an_operator_may_keep_technical_asleep() -> None:
    """With `technical = working_hours` the report lies on the table when the desk works next."""
    handover = of(to_the_end(*FAULT, technical="working_hours"), Handover)
    assert handover.due_at == MONDAY + timedelta(minutes=OPERATOR.accept_minutes)
    assert "on Monday 23 November at 08:00" in handover.told_customer


def test_r22_what_is_the_desks_lies_on_its_table_on_its_next_working_day() -> None:
    """A complaint taken at night by the hotline waits for Monday's desk, and must be accepted there."""
    on = take(going("complaint"), "Nobody came.", "promise", "", "", "phone", "+48601234567")
    batch = on.batch()
    ticket, handover = of(batch, Ticket), of(batch, Handover)
    assert (ticket.holder, ticket.priority) == (Holder.DESK, Priority.HIGH)
    assert handover.to is Holder.DESK
    assert handover.due_at == MONDAY + timedelta(minutes=OPERATOR.accept_minutes)
    assert ticket.details[0] == ("about", "promise")


def test_the_desk_hands_nothing_to_itself_while_it_is_open() -> None:
    """What a desk agent takes in for the desk is theirs: nobody has to accept it."""
    on = take(going("complaint", agent=DESK, now=DAY), "Nobody came.", "promise", "", "", "phone", "+48601234567")
    assert Handover not in kinds(on.batch())
    assert of(on.batch(), Ticket).taken_in_charge_at == DAY


def test_r21_what_helped_is_a_case_of_its_own_right_first_time() -> None:
    """R7: a restart that helped is opened and closed within the call."""
    batch = to_the_end("no_service", "today", "fine", "helped")
    ticket = of(batch, Ticket)
    assert (ticket.state, ticket.outcome, ticket.closed_at) == (
        TicketState.CLOSED, Outcome.RIGHT_FIRST_TIME, NIGHT,
    )  # fmt: skip
    assert of(batch, Contact).outcome == "solved"
    assert Handover not in kinds(batch)


def test_r27_a_caller_of_the_outage_makes_no_ticket() -> None:
    """The call hangs on the outage, and a word is promised for its end; never twice."""
    batch = to_the_end("this", outages=(outage(),))
    assert Ticket not in kinds(batch)
    assert of(batch, Contact).outage_key == "ou"
    promise = of(batch, Promise)
    assert (promise.kind, promise.outage_key, promise.due_at) == (PromiseKind.WORD_AT_RESTORATION, "ou", None)
    again = customer_file(promises=(replace(promise, key="pr"),))
    assert Promise not in kinds(to_the_end("this", outages=(outage(),), file=again))


def test_r28_an_override_is_kept_with_its_reason() -> None:
    """Event and call say why a step at home was tried in spite of the outage."""
    on = take(going(outages=(outage(),)), "other", "no_service", "today", "fine")
    assert on.here.held
    on.override("her neighbours have it")
    batch = take(on, "no_help", "no_help", "", "+48601234567").batch()
    told = [one.record for one in batch.items if isinstance(one.record, TicketEvent)]
    [event] = [one for one in told if one.kind is TicketEventKind.OVERRIDDEN]
    assert event.text == "her neighbours have it"
    assert batch.reason == "her neighbours have it"
    assert "her neighbours have it" in of(batch, Contact).body


def test_r28_what_was_held_back_is_told_as_such() -> None:
    """Who reads the case sees that nothing was tried at home, and why."""
    batch = to_the_end("other", "no_service", "today", "fine", "x", "x", "", "+48601234567", outages=(outage(),))
    assert "pominięte: awaria" in dict(of(batch, Ticket).details).values()
    assert TicketEventKind.OVERRIDDEN not in {
        one.record.kind for one in batch.items if isinstance(one.record, TicketEvent)
    }


def test_r37_asking_again_is_a_chase_and_no_new_ticket() -> None:
    """A caller about the open fault is counted there, and the holder hears of it."""
    opened = Ticket("ti", "LUN-1", "cu", "op", TicketKind.FAULT, "No internet", NIGHT - timedelta(days=2))
    batch = to_the_end("same", file=customer_file(tickets=(opened,)))
    assert of(batch, Chase).ticket_key == "ti"
    assert of(batch, Contact).ticket_key == "ti"
    assert all(one.record.key == "ti" for one in batch.items if isinstance(one.record, Ticket))


def test_a_case_that_was_settled_meanwhile_is_not_chased() -> None:
    """The open fault is closed by a colleague while they talk: nothing is stored, and it says why."""
    opened = Ticket("ti", "LUN-1", "cu", "op", TicketKind.FAULT, "No internet", NIGHT)
    on = take(going(file=customer_file(tickets=(opened,))), "same")
    closed = on.scene
    on.scene = lambda: replace(closed(), file=customer_file())
    with pytest.raises(Unfit) as caught:
        on.batch()
    assert caught.value.code == "closed"


def test_r18_a_stranger_is_taken_in_with_the_case() -> None:
    """Name, telephone and place are asked first; one batch holds the prospect, the case and the call."""
    on = take(going("fault-tv", known=False), "Jan Nowy", "601 234 568", "61-002", "Poznań")
    on = take(on, "no_picture", "now", "none", "fault", "", "601234568")
    batch = on.batch()
    customer, ticket = of(batch, Customer), of(batch, Ticket)
    assert isinstance(batch.items[0], Put)
    assert batch.items[0].record == customer
    assert (customer.name, customer.kind, customer.place.postcode) == ("Jan Nowy", CustomerKind.PROSPECT, "61-002")
    assert customer.points[0].value == "+48601234568"
    assert ticket.customer_key == customer.key
    assert of(batch, Contact).customer_key == customer.key
    assert of(batch, Handover).customer_key == customer.key


def test_r28_a_strangers_postcode_finds_the_outage() -> None:
    """Nobody knows the caller, but where they live is down: the guide says so before anything is tried."""
    on = take(going(known=False, outages=(outage(),)), "Jan Nowy", "601234568", "61-001", "Poznań")
    assert on.here.at == "outage_now"
    assert take(going(known=False, outages=(outage(),)), "J", "601234568", "00-950", "Warszawa").here.at == "symptom"


def test_r35_what_the_exchange_told_is_proposed_and_kept() -> None:
    """The number they call from is proposed where it is asked; the way in stands on the contact."""
    on = going(known=False, phone="+48601234568")
    on.route = CallRoute("+48800155501", ("fault",), 40)
    on = take(on, "Jan Nowy")
    assert on.view().value == "+48601234568"
    on = take(on, "+48601234568", "61-002", "Poznań", *FAULT)
    assert of(on.batch(), Contact).route == CallRoute("+48800155501", ("fault",), 40)


@pytest.mark.parametrize(
    ("guide", "answers", "code"),
    [
        ("fault-internet", ("", ), "needed"),
        ("fault-internet", ("sloow", ), "unknown"),
        ("fault-internet", ("slow", "now", "fault", "", "12"), "phone"),
        ("billing", ("too_high", "", "a lot"), "number"),
        ("billing", ("too_high", "", "-5"), "too_small"),
        ("billing", ("paid_already", "", "soonish"), "moment"),
        ("billing", ("paid_already", "", "1.6.2031"), "moment_ahead"),
        ("moving", ("Nowa 1", "61-002", "Poznań", "1.6.2019"), "moment_past"),
        ("billing", ("too_high", "x" * 41), "too_long"),
        ("new-customer", ("internet", "Długa", "1", "61-001", "Poznań", "", "no", "J", "601234567", "no at"), "email"),
    ],
)  # fmt: skip
def test_an_answer_that_will_not_do_is_told_at_once(guide: str, answers: Sequence[str], code: str) -> None:
    """Each kind of question checks its answer before the next is asked."""
    on = take(going(guide), *answers[:-1])
    with pytest.raises(Unfit) as caught:
        on.take(answers[-1])
    assert (caught.value.field, caught.value.code) == (on.here.at, code)


def test_days_are_kept_on_the_operators_clock_and_can_be_read_again() -> None:
    """Going back shows the day that was understood, and taking it again means the same."""
    on = take(going("moving"), "Nowa 1", "61-002", "Poznań", "next friday")
    assert on.here.answers["when_moving"] == "2026-11-27"
    on.back()
    assert on.view().value == "2026-11-27"
    assert take(on, on.view().value).here.answers["when_moving"] == "2026-11-27"


@pytest.mark.parametrize(
    ("typed", "day"),
    [
        ("yesterday", "2026-11-20"),
        ("14.11.", "2026-11-14"),
        ("2026-11-02", "2026-11-02"),
        ("3 may", "2026-05-03"),
        ("friday", "2026-11-20"),
        ("today", "2026-11-21"),
    ],
)
def test_a_day_that_has_been_is_the_last_of_its_name(typed: str, day: str) -> None:
    """When something was paid lies behind: a date means this year's or last year's, a weekday the one before."""
    on = take(going("billing"), "paid_already", "", typed)
    assert on.here.answers["paid_on"] == day


def test_a_draft_brings_everything_back() -> None:
    """Answers, place, language, reason and the half-typed word are as they were."""
    on = take(going(outages=(outage(),), language="sv"), "other", "no_service", "today", "fine")
    on.override("why not")
    on = take(on, "no_help")
    kept = on.kept("half a w")
    again = going(outages=(outage(),))
    assert again.resume(kept) == "half a w"
    assert (again.here.at, again.here.trail, again.here.reason) == (on.here.at, on.here.trail, "why not")
    assert again.language == "sv"


# handing on -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("roles", "to", "must"),
    [
        ({Role.HOTLINE}, Holder.TECHNICAL, True),
        ({Role.HOTLINE}, Holder.DESK, True),
        ({Role.DESK}, Holder.DESK, False),
        ({Role.DESK}, Holder.BILLING, True),
        ({Role.TECHNICAL}, Holder.TECHNICAL, False),
        ({Role.DESK, Role.TECHNICAL}, Holder.TECHNICAL, True),
        ({Role.SUPERVISOR}, Holder.TECHNICAL, True),
        ({Role.DESK}, Holder.CUSTOMER, False),
        ({Role.DESK}, Holder.SUPPLIER, False),
    ],
)
def test_r22_who_must_accept(roles: set[Role], to: Holder, must: bool) -> None:
    """What leaves the side where somebody sits must be accepted; the customer and a supplier are no side of ours."""
    assert must_accept(Agent("", "x", "X", frozenset(roles)), to) is must


def test_r22_a_colleague_by_name_and_tomorrows_desk_must_accept() -> None:
    """Within a side it is still somebody else; a supplier accepts by the colleague who minds it."""
    assert must_accept(DESK, Holder.DESK, "Marta")
    assert not must_accept(DESK, Holder.DESK, "Ola Desk")
    assert must_accept(DESK, Holder.DESK, later=True)
    assert must_accept(DESK, Holder.SUPPLIER, "Marta", ["Marta"])
    assert not must_accept(DESK, Holder.SUPPLIER, "Backbone Ltd", ["Marta"])


def test_r22_the_table_is_that_of_the_next_working_hour() -> None:
    """A Saturday night's report lies there on Monday at 8 on the operator's clock; at once is at once."""
    assert table_at(Holder.DESK, NIGHT, OPERATOR, at_once=False) == MONDAY
    assert table_at(Holder.DESK, DAY, OPERATOR, at_once=False) == DAY
    assert table_at(Holder.TECHNICAL, NIGHT, OPERATOR, at_once=True) == NIGHT
    assert table_at(Holder.CUSTOMER, NIGHT, OPERATOR, at_once=False) == NIGHT


@given(minutes=st.integers(0, 60 * 24 * 400), to=st.sampled_from(Holder), at_once=st.booleans())
def test_r22_nothing_lies_on_a_table_before_its_hours(minutes: int, to: Holder, at_once: bool) -> None:
    """Whenever a report is taken: it lies there now or later, and a desk's table only while that desk is open."""
    now = NIGHT + timedelta(minutes=minutes)
    lies = table_at(to, now, OPERATOR, at_once=at_once)
    assert lies >= now
    here = lies.astimezone(ZoneInfo("Europe/Warsaw"))
    if lies > now:
        assert (here.hour, here.minute, here.weekday() < 5) == (8, 0, True)
    elif to in MUST_ACCEPT and not at_once:
        assert here.weekday() < 5
        assert 8 <= here.hour < 18 or (here.hour, here.minute) == (18, 0)


async def _handed(counter: Counter, agent: Agent = HOTLINE, **values: str) -> tuple[Ticket, Handover]:
    """Hand a fresh fault to the technical service and return ticket and handover as stored."""
    ticket = await counter.ticket(holder=Holder.DESK)
    scene = replace(await counter.scene(), agent=agent)
    answers = {"holder": "technical", "next_step": "measure the line", **values}
    deed = await counter.do(handing.hand_over(scene, ticket, answers), "hand_over")
    made = {type(one.after): one.after for one in deed.receipt.changes}
    handover, moved = made[Handover], made[Ticket]
    assert isinstance(handover, Handover)
    assert isinstance(moved, Ticket)
    return moved, handover


async def test_r22_giving_the_ball_on_hands_over_without_another_key() -> None:
    """The act of giving the ball makes the handover too; undo takes both back as one."""
    async with at_counter() as counter:
        before = await counter.content()
        ticket, handover = await _handed(counter)
        assert (ticket.holder, handover.to) == (Holder.TECHNICAL, Holder.TECHNICAL)
        assert handover.note == "measure the line"
        assert accept_by(handover, (await counter.picture()).file.operator) == NOW + timedelta(minutes=30)
        deed = counter.desk.last_deed()
        assert deed is not None
        await counter.desk.undo(deed)
        after = await counter.content()
        assert (await counter.picture()).file.handovers == ()
        assert {one.holder for one in after["tickets"].values()} == {Holder.DESK}
        assert len(after["events"]) == len(before["events"])


async def test_r22_accepting_takes_the_case_in_charge() -> None:
    """R42: whoever accepts minds it from now on, and the case counts as taken in charge."""
    async with at_counter() as counter:
        _ticket, handover = await _handed(counter)
        scene = replace(await counter.scene(), agent=TECHNICAL)
        await counter.do(handing.accept(scene, handover), "accept")
        file = (await counter.picture()).file
        assert file.handovers[0].accepted_by == "Tom Technik"
        assert file.tickets[0].holder_name == "Tom Technik"
        assert file.tickets[0].taken_in_charge_at == NOW
        with pytest.raises(Unfit) as caught:
            handing.accept(replace(scene, file=file), file.handovers[0])
        assert caught.value.code == "settled"


async def test_r22_declining_needs_a_reason_and_gives_the_ball_back() -> None:
    """Declined, it lies with who handed it over, and everybody reads why."""
    async with at_counter() as counter:
        _ticket, handover = await _handed(counter)
        scene = replace(await counter.scene(), agent=TECHNICAL)
        with pytest.raises(Unfit) as caught:
            handing.decline(scene, handover, {})
        assert caught.value.field == "reason"
        await counter.do(handing.decline(scene, handover, {"reason": "this is billing's"}), "accept")
        file = (await counter.picture()).file
        assert file.handovers[0].declined_reason == "this is billing's"
        assert (file.tickets[0].holder, file.tickets[0].holder_name) == (Holder.DESK, HOTLINE.name)
        lies = table_at(Holder.DESK, NOW, scene.file.operator, at_once=False)
        assert file.tickets[0].next_step == "measure the line"
        assert file.tickets[0].next_step_at == lies + timedelta(minutes=scene.file.operator.accept_minutes)


async def test_r22_what_was_declined_is_on_the_list_of_what_to_do() -> None:
    """R22: whoever handed it over may have gone home, so it comes up for the desk, with the reason where no step is."""
    async with at_counter() as counter:
        _ticket, handover = await _handed(counter, next_step="")
        scene = replace(await counter.scene(), agent=TECHNICAL)
        await counter.do(handing.decline(scene, handover, {"reason": "this is billing's"}), "accept")
        page = await counter.backend.pending(PendingFilter(frozenset({PendingKind.TICKET})))
        assert [one.record.next_step for one in page.rows if isinstance(one.record, Ticket)] == ["this is billing's"]


async def test_r22_another_side_cannot_accept() -> None:
    """What was handed to the technical service is not the desk's to accept."""
    async with at_counter() as counter:
        _ticket, handover = await _handed(counter)
        scene = replace(await counter.scene(), agent=DESK)
        with pytest.raises(Unfit) as caught:
            handing.accept(scene, handover)
        assert caught.value.code == "not_yours"
        assert to_accept([handover], DESK) == ()
        assert to_accept([handover], TECHNICAL) == (handover,)


async def test_r22_closing_settles_what_nobody_accepted() -> None:
    """R22: the technical service fixed it and closed it without accepting it first; nothing is raised of it."""
    async with at_counter() as counter:
        ticket, _handover = await _handed(counter)
        scene = replace(await counter.scene(), agent=TECHNICAL)
        right = {"outcome": "right_first_time", "resolution": "port reset"}
        deed = await counter.do(tickets.close(scene, ticket, right), "close")
        pending = PendingFilter(frozenset({PendingKind.HANDOVER}))
        assert (await counter.backend.pending(pending)).rows == ()
        assert (await counter.picture()).file.handovers[0].accepted_by == TECHNICAL.name
        await counter.desk.undo(deed)
        assert len((await counter.backend.pending(pending)).rows) == 1


async def test_handing_on_settles_what_was_open() -> None:
    """Technical passes it on to billing: the first handover is nobody's debt any more."""
    async with at_counter() as counter:
        ticket, _handover = await _handed(counter)
        scene = replace(await counter.scene(), agent=TECHNICAL)
        await counter.do(handing.hand_over(scene, ticket, {"holder": "billing"}), "hand_over")
        opened = [one for one in (await counter.picture()).file.handovers if one.accepted_at is None]
        assert [one.to for one in opened] == [Holder.BILLING]


@pytest.mark.parametrize("minutes", [29, 30, 31, 600])
def test_r22_late_is_after_the_operators_minutes(minutes: int) -> None:
    """Half an hour is the operator's patience; settled ones are never late."""
    handover = Handover("ha", "ti", "cu", Holder.TECHNICAL, NIGHT)
    now = NIGHT + timedelta(minutes=minutes)
    assert late(handover, OPERATOR, now) is (minutes > 30)
    assert not late(replace(handover, accepted_at=NIGHT), OPERATOR, now)
    assert not late(replace(handover, declined_at=NIGHT), OPERATOR, now)
    assert late(handover, replace(OPERATOR, accept_minutes=5), now)


async def test_r22_what_nobody_accepted_is_raised_once_on_both_sides() -> None:
    """However many consoles look, and however often: one event on the case, told to the giver and to the receiver."""
    async with at_counter() as counter:
        _ticket, handover = await _handed(counter)
        first, second = HandoverWatch(counter.desk), HandoverWatch(counter.desk)
        assert await first.look() == 0, "half an hour is not over"
        counter.desk.clock = lambda: NOW + timedelta(minutes=31)
        assert [await first.look(), await second.look(), await first.look()] == [1, 0, 0]
        events = [one for one in await counter.all_of(TicketEvent) if one.kind is TicketEventKind.RAISED]
        assert len(events) == 1
        assert (events[0].before, events[0].after) == (HOTLINE.name, Holder.TECHNICAL)
        assert handover.key


async def test_r22_one_that_cannot_be_raised_keeps_no_other_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """The first write fails: the second handover is raised all the same, and the error is told afterwards."""
    async with at_counter() as counter:
        await _handed(counter)
        await _handed(counter)
        counter.desk.clock = lambda: NOW + timedelta(minutes=31)
        write, failed = counter.desk.backend.write, iter([True])

        async def unsteady(batch: Batch) -> Receipt:
            if next(failed, False):
                raise Busy
            return await write(batch)

        monkeypatch.setattr(counter.desk.backend, "write", unsteady)
        watch = HandoverWatch(counter.desk)
        with pytest.raises(Busy):
            await watch.look()
        events = [one for one in await counter.all_of(TicketEvent) if one.kind is TicketEventKind.RAISED]
        assert len(events) == 1
        assert await watch.look() == 1


async def test_a_source_that_lists_nothing_pending_is_left_alone() -> None:
    """Where the source cannot say what is pending, the watch does nothing and breaks nothing."""
    backend = MemoryBackend()
    await backend.open()
    try:
        desk = Desk(backend, HOTLINE, ZoneInfo("UTC"))
        desk.agent = replace(HOTLINE, roles=frozenset())
        assert await HandoverWatch(desk).look() == 0
    finally:
        await backend.close()


async def test_one_batch_is_stored_whole_and_taken_back_whole() -> None:
    """A stranger with case, call and hand-over comes and goes as one, in a real store."""
    backend = MemoryBackend()
    await backend.open()
    try:
        made = Operator(new_key(), "LUN", "Luna", "PL", "pl", "Europe/Warsaw", desk_hours=OPERATOR.desk_hours)
        stored = (await backend.write(Batch((Put(made),), actor="t"))).changes[0].after
        assert isinstance(stored, Operator)
        desk = Desk(backend, HOTLINE, ZoneInfo("UTC"), clock=lambda: NIGHT)
        await desk.start()
        on = going(known=False)
        scene = on.scene
        on.operator = stored
        on.scene = lambda: replace(scene(), file=replace(scene().file, operator=stored))
        take(on, "Jan Nowy", "601234568", "61-002", "Poznań", *FAULT)
        deed = await desk.do(on.batch(backend.stores), "script")
        [match] = await backend.search("Jan Nowy")
        file = await backend.customer_file(match.customer.key)
        assert (len(file.tickets), len(file.handovers), file.contacts_total) == (1, 1, 1)
        await desk.undo(deed)
        assert await backend.search("Jan Nowy") == ()
    finally:
        await backend.close()
