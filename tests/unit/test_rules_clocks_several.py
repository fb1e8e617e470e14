"""Several clocks of one case: which press, what ends each, what pauses them and what never does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.records import (
    AnswerState,
    Contact,
    Direction,
    Holder,
    Operator,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from console.data.clocks import policies
from console.rules.clocks import (
    MAIN,
    Clock,
    ClockState,
    Pause,
    Policies,
    Policy,
    Unit,
    clock,
    clocks,
    depends_on_history,
    first_response,
    pressing,
    started_at,
)

UNTIMED = settings(deadline=None)
"""Calendars of holidays are made when they are first asked for, on whatever computer."""
HOURS = "Mon-Fri 08:00-18:00; Sat 09:00-13:00"
LUNA = Operator("1", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", desk_hours=HOURS)
MOOR = Operator("2", "LRK", "Larkmoor", "GB", "en", "Europe/London", desk_hours=HOURS)
RHEIN = Operator("3", "RHE", "Rhein", "DE", "de", "Europe/Berlin", desk_hours=HOURS)
OPERATORS = (LUNA, MOOR, RHEIN)
START = datetime(2026, 11, 17, 9, 0, tzinfo=UTC)
"""A Tuesday."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ticket(kind: TicketKind = TicketKind.FAULT, **changes: Any) -> Ticket:
    """Return an open ticket that somebody took charge of."""
    one = Ticket("5", "T5", "1", "1", kind, "no internet", START, first_contact_at=START, taken_in_charge_at=START)
    return replace(one, **changes)


def contact(at: datetime, channel: str = "email", direction: Direction = Direction.INBOUND, **changes: Any) -> Contact:
    """Return a contact on the ticket."""
    return replace(Contact(f"{at}", "", "1", "1", channel, direction, at, ticket_key="5"), **changes)


def state_event(at: datetime, after: TicketState, key: str = "1") -> TicketEvent:
    """Return a change of state."""
    return TicketEvent(key, "5", "1", TicketEventKind.STATE, at, after=after)


def named(
    name: str,
    one: Ticket,
    now: datetime,
    operator: Operator = LUNA,
    events: Sequence[TicketEvent] = (),
    contacts: Sequence[Contact] = (),
) -> Clock:
    """Return one of the clocks of a ticket."""
    [found] = [each for each in clocks(one, operator, now, events, contacts, policies()) if each.name == name]
    return found


# taking charge (R42) --------------------------------------------------------------------------------------------------


def test_r42_taking_charge_has_a_clock_of_its_own() -> None:
    """A fault of the morning is taken in charge within four desk hours, and that clock presses more than the repair."""
    one = ticket(taken_in_charge_at=None)
    every = clocks(one, LUNA, START, (), (), policies())
    first = pressing(every)
    assert first is not None
    assert (first.name, first.due_at, first.working_time) == ("take_charge", START + 4 * HOUR, 4 * HOUR)
    assert {each.name for each in every} == {"take_charge", "repair"}
    assert named("take_charge", one, START + 5 * HOUR).state is ClockState.LATE


@pytest.mark.parametrize(("hours", "state"), [(4, ClockState.KEPT), (5, ClockState.BROKEN)])
def test_r42_taken_in_charge_ends_that_clock_and_its_breach_stays_stated(hours: int, state: ClockState) -> None:
    """However much later one looks: a breach is never hidden, and it presses no more."""
    one = ticket(taken_in_charge_at=START + hours * HOUR)
    found = named("take_charge", one, START + 9 * DAY)
    assert found.state is state
    first = pressing(clocks(one, LUNA, START + DAY, (), (), policies()))
    assert first is not None
    assert first.name == "repair"


def test_r42_a_report_of_the_night_is_taken_in_charge_from_the_next_opening() -> None:
    """At eleven on Friday night nobody is there: Saturday at nine the four hours begin, and end when the desk does."""
    night = datetime(2026, 11, 20, 23, 0, tzinfo=ZoneInfo("Europe/Warsaw")).astimezone(UTC)
    one = ticket(opened_at=night, first_contact_at=night, taken_in_charge_at=None)
    due = named("take_charge", one, night).due_at.astimezone(ZoneInfo("Europe/Warsaw"))
    assert (due.weekday(), due.hour, due.minute) == (5, 13, 0)


def test_r42_somebody_at_work_took_charge_though_the_source_does_not_say_when() -> None:
    """A ticket of a helpdesk that keeps no such time is not told to be late."""
    one = ticket(taken_in_charge_at=None, state=TicketState.IN_PROGRESS)
    assert "take_charge" not in {each.name for each in clocks(one, LUNA, START + 9 * DAY, (), (), policies())}


# first answers (R15) --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("channel", "due"),
    [
        ("chat", START + timedelta(minutes=5)),
        ("sms", START + 4 * HOUR),
        ("call", START + 4 * HOUR),
        ("email", datetime(2026, 11, 18, 22, 59, tzinfo=UTC)),
        ("letter", datetime(2026, 11, 20, 22, 59, tzinfo=UTC)),
        ("pigeon", datetime(2026, 11, 18, 22, 59, tzinfo=UTC)),
    ],
)
def test_r15_an_unanswered_contact_has_a_clock_by_its_channel(channel: str, due: datetime) -> None:
    """Five minutes for a chat, half a working day for who left a message, three working days for paper."""
    one = contact(START, channel, answer=AnswerState.WAITING)
    found = first_response(one, LUNA, START, policies())
    assert found is not None
    assert (found.name, found.due_at) == ("first_response", due)
    late = first_response(one, LUNA, due + HOUR, policies())
    assert late is not None
    assert late.state is ClockState.LATE


def test_r15_an_answer_ends_the_clock_and_who_needs_none_has_none() -> None:
    """Answered late stays broken; a waived contact and one of ours have no clock."""
    one = contact(START, answer=AnswerState.ANSWERED, answered_at=START + 3 * DAY)
    found = first_response(one, LUNA, START + 30 * DAY, policies())
    assert found is not None
    assert found.state is ClockState.BROKEN
    for state in (AnswerState.WAIVED, AnswerState.NOT_NEEDED):
        assert first_response(replace(one, answer=state), LUNA, START, policies()) is None


def test_r15_a_message_that_waits_presses_on_the_row_of_its_ticket() -> None:
    """The repair has until Thursday; the e-mail on the ticket since yesterday does not."""
    mail = contact(START - DAY, answer=AnswerState.WAITING)
    other = contact(START - 9 * DAY, answer=AnswerState.WAITING, ticket_key="6")
    found = pressing(clocks(ticket(), LUNA, START + 4 * HOUR, (), (mail, other), policies()))
    assert found is not None
    assert found.name == "first_response"
    assert found.due_at > START


# what a law sets ------------------------------------------------------------------------------------------------------


def test_a_german_customer_is_told_on_the_next_day_what_is_done() -> None:
    """TKG § 58(2): not repaired in one calendar day, told during the day after it; a word on any channel ends it."""
    found = named("notice", ticket(), START, RHEIN)
    assert found.due_at.astimezone(ZoneInfo("Europe/Berlin")) == datetime(
        2026, 11, 19, 23, 59, tzinfo=ZoneInfo("Europe/Berlin")
    )
    assert found.legal
    at_report = contact(START, "call")
    theirs = contact(START + 5 * HOUR)
    assert not named("notice", ticket(), START + DAY, RHEIN, contacts=(at_report, theirs)).ended
    for told in (contact(START + DAY, "sms", Direction.OUTBOUND), contact(START + DAY, "call")):
        assert named("notice", ticket(), START + 9 * DAY, RHEIN, contacts=(told,)).state is ClockState.KEPT
    tardy = contact(START + 3 * DAY, "sms", Direction.OUTBOUND)
    assert named("notice", ticket(), START + 9 * DAY, RHEIN, contacts=(tardy,)).state is ClockState.BROKEN


def test_the_letter_about_dispute_resolution_is_a_letter() -> None:
    """Six weeks after the complaint; no call and no e-mail stands for it, one at deadlock comes earlier."""
    one = ticket(TicketKind.COMPLAINT)
    due = named("adr_letter", one, START, MOOR).due_at
    assert due == datetime(2026, 12, 29, 23, 59, tzinfo=UTC)
    mail = contact(START + 9 * DAY, "email", Direction.OUTBOUND)
    assert named("adr_letter", one, due + HOUR, MOOR, contacts=(mail,)).state is ClockState.LATE
    letter = contact(START + 9 * DAY, "letter", Direction.OUTBOUND)
    assert named("adr_letter", one, due + HOUR, MOOR, contacts=(mail, letter)).state is ClockState.KEPT


def test_a_polish_complaint_counts_as_accepted_when_its_answer_is_late() -> None:
    """The clock says what follows, and one by post is acknowledged besides."""
    one = ticket(TicketKind.COMPLAINT)
    late = named("answer", one, START + 31 * DAY)
    assert (late.state, late.consequence) == (ClockState.LATE, "accepted")
    paper = (contact(START, "letter"), contact(START + DAY, "call"))
    assert named("acknowledgement", one, START, contacts=paper).due_at > START + 13 * DAY
    assert "acknowledgement" not in {each.name for each in clocks(one, LUNA, START, (), paper[1:], policies())}


def test_a_data_request_is_answered_within_a_month() -> None:
    """GDPR 12(3): a month is no number of days; it warns days before, not hours."""
    one = ticket(TicketKind.DATA_REQUEST)
    assert (
        named("data_request", one, START).due_at.astimezone(ZoneInfo("Europe/Warsaw")).date().isoformat()
        == "2026-12-17"
    )
    assert named("data_request", one, START + 26 * DAY).state is ClockState.WARNING
    assert named("data_request", one, START + 20 * DAY).state is ClockState.RUNNING


def test_a_due_time_of_a_helpdesk_takes_the_place_of_a_usage_but_not_of_a_law() -> None:
    """A fact wins over the house; a Polish complaint keeps its thirty days beside the helpdesk's forty."""
    given_due = START + 40 * DAY
    fault = clocks(ticket(due_at=given_due), LUNA, START, (), (), policies())
    assert [each.due_at for each in fault if each.name == "repair"] == [given_due]
    complaint = clocks(ticket(TicketKind.COMPLAINT, due_at=given_due), LUNA, START, (), (), policies())
    answers = [each for each in complaint if each.name == "answer"]
    assert [(each.legal, each.due_at < given_due) for each in answers] == [(True, True), (False, False)]


# what starts, stops and warns -----------------------------------------------------------------------------------------


def test_clocks_start_at_the_first_contact_on_any_channel() -> None:
    """An e-mail the day before somebody opened a ticket: the customer waits since then."""
    early = ticket(first_contact_at=START - DAY)
    assert started_at(early) == START - DAY
    assert named("repair", early, START).due_at == named("repair", ticket(), START).due_at - DAY


@pytest.mark.parametrize("holder", list(Holder))
def test_a_suppliers_delay_stops_no_clock(holder: Holder) -> None:
    """R1: whoever has the ball, the customer waits for us."""
    events = tuple(
        TicketEvent(str(n), "5", "1", TicketEventKind.HOLDER, START + n * HOUR, after=Holder.SUPPLIER) for n in range(9)
    )
    held = ticket(holder=holder, held_since=START + HOUR)
    for operator in OPERATORS:
        for kind in TicketKind:
            one, moment = replace(held, kind=kind), START + 3 * DAY
            assert clocks(one, operator, moment, events, (), policies()) == clocks(
                ticket(kind), operator, moment, (), (), policies()
            )


def test_a_weekend_in_which_the_customer_is_waited_for_costs_no_working_time() -> None:
    """Waiting from Friday evening to Monday morning moves a clock in desk hours by what the desk was open meanwhile."""
    rules = Policies((
        Policy("repair", 20, Unit.WORKING_HOURS, "test", frozenset({TicketKind.FAULT}), pauses_for=frozenset(Pause)),
    ))  # fmt: skip
    events = (
        state_event(START + 3 * DAY + 7 * HOUR, TicketState.WAITING_CUSTOMER),  # Friday 17:00
        state_event(START + 6 * DAY, TicketState.IN_PROGRESS, "2"),  # Monday 10:00
    )
    plain = clock(ticket(), LUNA, START + 7 * DAY, (), rules)
    waited = clock(ticket(), LUNA, START + 7 * DAY, events, rules)
    assert plain is not None
    assert waited is not None
    assert waited.counted - plain.counted == (1 + 4 + 2) * HOUR


def test_a_clock_warns_before_the_desk_goes_home_for_the_last_time() -> None:
    """Due on Sunday night: there is nobody from Saturday at one on, so it warns on Saturday morning."""
    rules = Policies((Policy("repair", 5, Unit.CALENDAR_DAYS, "test", frozenset({TicketKind.FAULT})),))
    states = {
        when: clock(ticket(), LUNA, datetime.fromisoformat(f"2026-11-{when}:00+01:00"), (), rules)
        for when in ("20T12:00", "21T09:30", "22T12:00")
    }
    assert [each.state for each in states.values() if each is not None] == [
        ClockState.RUNNING, ClockState.WARNING, ClockState.WARNING,
    ]  # fmt: skip


def test_working_time_left_is_told_beside_the_date() -> None:
    """A repair of Tuesday has two whole working days left; over the weekend the date moves on and they do not."""
    assert named("repair", ticket(), START).working_days == 2
    friday = START + 3 * DAY
    late = replace(ticket(), opened_at=friday, first_contact_at=friday)
    found = named("repair", late, friday + 12 * HOUR)
    assert (found.working_days, found.left > 4 * DAY - 12 * HOUR) == (2, True)
    assert named("repair", late, friday + 5 * DAY).working_days is None


def test_what_depends_on_history_asks_for_it() -> None:
    """A German fault with a due time of a helpdesk still needs to know whether the customer was told."""
    assert depends_on_history(ticket(due_at=START), RHEIN, policies())
    assert not depends_on_history(ticket(due_at=START), LUNA, policies())
    assert depends_on_history(ticket(), LUNA, policies())
    assert not depends_on_history(ticket(TicketKind.DATA_REQUEST), MOOR, policies())


def test_without_a_policy_there_is_no_clock() -> None:
    """An empty table of policies is no reason to fail, or to make a time up."""
    assert clock(ticket(), LUNA, START, (), Policies()) is None
    assert clocks(ticket(), LUNA, START, (), (), Policies()) == ()
    assert pressing(()) is None


# properties -----------------------------------------------------------------------------------------------------------

_states = st.sampled_from([TicketState.WAITING_CUSTOMER, TicketState.IN_PROGRESS, TicketState.OPEN])
_histories = st.lists(st.tuples(st.integers(-2_000, 40_000), _states), max_size=8).map(
    lambda rows: tuple(
        state_event(START + timedelta(minutes=minutes), after, str(key)) for key, (minutes, after) in enumerate(rows)
    )
)
_channels = st.sampled_from(["call", "email", "letter", "chat", "sms"])
_contacts = st.lists(
    st.tuples(st.integers(-2_000, 40_000), _channels, st.sampled_from(Direction), st.sampled_from(AnswerState)),
    max_size=6,
).map(
    lambda rows: tuple(
        contact(START + timedelta(minutes=at), channel, way, key=str(key), answer=answer)
        for key, (at, channel, way, answer) in enumerate(rows)
    )
)
_kinds = st.sampled_from(list(TicketKind))
_operators = st.sampled_from(OPERATORS)


@UNTIMED
@given(events=_histories, kind=_kinds, operator=_operators, minutes=st.integers(0, 40_000))
def test_pausing_never_moves_a_legal_clock(
    events: tuple[TicketEvent, ...], kind: TicketKind, operator: Operator, minutes: int
) -> None:
    """Whatever the history says of waiting, a legal clock is due when it was due without it."""
    now = START + timedelta(minutes=minutes)
    waited = {one.name: one for one in clocks(ticket(kind), operator, now, events, (), policies()) if one.legal}
    plain = {one.name: one for one in clocks(ticket(kind), operator, now, (), (), policies()) if one.legal}
    assert waited == plain
    assert not any(one.state is ClockState.PAUSED for one in waited.values())


@UNTIMED
@given(
    events=_histories, contacts=_contacts, kind=_kinds, operator=_operators,
    order=st.randoms(use_true_random=False), minutes=st.integers(0, 40_000),
)  # fmt: skip
def test_the_order_of_events_and_contacts_does_not_matter(
    events: tuple[TicketEvent, ...],
    contacts: tuple[Contact, ...],
    kind: TicketKind,
    operator: Operator,
    order: Any,
    minutes: int,
) -> None:
    """Pages come newest first, files in any order: all clocks are the same."""
    now = START + timedelta(minutes=minutes)
    mixed_events, mixed_contacts = list(events), list(contacts)
    order.shuffle(mixed_events)
    order.shuffle(mixed_contacts)
    one = ticket(kind, taken_in_charge_at=None)
    assert clocks(one, operator, now, events, contacts, policies()) == clocks(
        one, operator, now, mixed_events, mixed_contacts, policies()
    )


@UNTIMED
@given(kind=_kinds, operator=_operators, moments=st.lists(st.integers(0, 90_000), min_size=2, max_size=6))
def test_time_left_never_grows_while_a_clock_runs(kind: TicketKind, operator: Operator, moments: list[int]) -> None:
    """A minute later there is a minute less, or, of the time that a policy counts, at most that."""
    one = ticket(kind, taken_in_charge_at=None)
    at = [START + timedelta(minutes=each) for each in sorted(moments)]
    for earlier, later in pairwise(at):
        before = {each.name: each for each in clocks(one, operator, earlier, (), (), policies())}
        after = {each.name: each for each in clocks(one, operator, later, (), (), policies())}
        assert before.keys() == after.keys()
        for name, found in after.items():
            assert found.left == before[name].left - (later - earlier)
            assert found.counted <= before[name].counted


@UNTIMED
@given(events=_histories, operator=_operators, moments=st.lists(st.integers(0, 90_000), min_size=2, max_size=6))
def test_what_is_left_of_the_time_that_counts_never_grows_even_in_pauses(
    events: tuple[TicketEvent, ...], operator: Operator, moments: list[int]
) -> None:
    """While the customer is waited for it stands still; it never comes back."""
    at = [START + timedelta(minutes=each) for each in sorted(moments)]
    found = [clock(ticket(), operator, each, events, policies()) for each in at]
    left = [each.counted for each in found if each is not None]
    assert len(left) == len(at)
    assert all(later <= earlier for earlier, later in pairwise(left))


@UNTIMED
@given(events=_histories, contacts=_contacts, kind=_kinds, operator=_operators, minutes=st.integers(0, 90_000))
def test_the_most_pressing_clock_is_late_before_any_other(
    events: tuple[TicketEvent, ...], contacts: tuple[Contact, ...], kind: TicketKind, operator: Operator, minutes: int
) -> None:
    """If anything is late, what is shown is late; else nothing that runs is due earlier in the same state."""
    now = START + timedelta(minutes=minutes)
    every = clocks(ticket(kind), operator, now, events, contacts, policies())
    first = pressing(every)
    assert first is not None
    running = [one for one in every if not one.ended]
    assert first == every[0]
    assert (first.state is ClockState.LATE) == any(one.state is ClockState.LATE for one in running)
    assert all(first.due_at <= one.due_at for one in running if one.state is first.state)
    assert MAIN[kind] in {one.name for one in every}
