"""Clocks and what is owed in words: time left and working time left, breaches stated, amounts with their next step."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backends.port import CustomerFile
from backends.records import (
    AnswerState,
    Compensation,
    Contact,
    Contract,
    Customer,
    CustomerKind,
    Direction,
    Line,
    Money,
    Operator,
    Outcome,
    Priority,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
)
from console.data import DataError
from console.data.clocks import SHIPPED as CLOCKS_FILE
from console.data.compensation import SHIPPED as TARIFFS_FILE
from console.data.compensation import tariffs
from console.present import body, labels, rows
from console.present.clocking import clock_facts, clock_line, owed_facts, working_words
from console.present.forms_compensation import compensation, known_compensation
from console.present.happenings import event_words
from console.present.setting import Now
from console.rules.clocks import Clock, ClockState, Unit
from console.rules.compensation import owed
from widgets.views import RowView, Tone

LONDON = ZoneInfo("Europe/London")
MOOR = Operator("1", "LRK", "Larkmoor", "GB", "en", "Europe/London", "GBP", desk_hours="Mon-Fri 08:00-18:00")
LUNA = Operator("2", "LUN", "Luna", "PL", "pl", "Europe/London", "PLN", desk_hours="Mon-Fri 08:00-18:00")
START = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
"""A Monday."""
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
CUSTOMER = Customer("1", "C1", "1", CustomerKind.SUBSCRIBER, "Ada", "en")
CONTRACT = Contract("1", "K1", "1", "Fibre", date(2020, 1, 1), price=Money(2999, "GBP"), line_keys=("1",))
FILE = CustomerFile(CUSTOMER, MOOR, lines=(Line("1", "L1", "1", "internet"),), contracts=(CONTRACT,))


def at(moment: datetime) -> Now:
    """Return the present, told in London."""
    return Now(moment, LONDON, {"1": MOOR, "2": LUNA})


def ticket(kind: TicketKind = TicketKind.FAULT, **changes: Any) -> Ticket:
    """Return a case since Monday on which nothing works, taken in charge at once."""
    one = Ticket(
        "5", "T5", "1", "1", kind, "dead", START, first_contact_at=START, taken_in_charge_at=START, line_key="1",
        details=(("symptom", "no_service"),),
    )  # fmt: skip
    return replace(one, **changes)


def said(lines: list[Any]) -> list[str]:
    """Return lines of spans as texts."""
    return ["".join(span.text for span in line) for line in lines]


def row(one: Ticket, now: datetime, operator: Operator = MOOR, **more: Any) -> RowView:
    """Return the row of a ticket."""
    return rows.tickets((one,), at(now), operator, {}, **more).rows[0]


def cells(view: RowView) -> list[str]:
    """Return the cells of a row as texts."""
    return ["".join(span.text for span in cell.spans) for cell in view.cells]


# clocks ---------------------------------------------------------------------------------------------------------------


def test_r1_a_ticket_tells_time_left_and_working_days_left_with_the_date() -> None:
    """Not only the date: how long on the clock, how many working days, and on the last one that it is."""
    assert said(clock_facts(ticket(), MOOR, at(START), ())) == ["Due: Wed 23:59 (in 2 d · 2 working days)"]
    tuesday, wednesday = START + DAY, START + 2 * DAY
    assert said(clock_facts(ticket(), MOOR, at(tuesday), ())) == ["Due: tomorrow 23:59 (in 1 d · 1 working day)"]
    assert said(clock_facts(ticket(), MOOR, at(wednesday), ())) == ["Due: today 23:59 (in 14 h · the last working day)"]


def test_a_breach_is_stated_and_never_hidden() -> None:
    """Late while it is open; after closing how late it was, in the tone of what went wrong."""
    [late] = clock_facts(ticket(), MOOR, at(START + 4 * DAY), ())
    assert said([late]) == ["Due: Wed 23:59 (1 d late)"]
    assert late[-1].tone is Tone.BAD
    closed = ticket(state=TicketState.CLOSED, closed_at=START + 4 * DAY)
    [broken] = clock_facts(closed, MOOR, at(START + 30 * DAY), ())
    assert said([broken]) == ["Due: 18 Nov 23:59 (1 d late)"]
    assert broken[-1].tone is Tone.BAD


def test_r42_taking_charge_too_late_stays_in_the_ticket() -> None:
    """The row goes on to the repair; the text keeps what was broken before."""
    one = ticket(taken_in_charge_at=START + DAY)
    facts = said(clock_facts(one, MOOR, at(START + DAY), ()))
    assert facts == ["Due: tomorrow 23:59 (in 1 d · 1 working day)", "Due, take charge: yesterday 13:00 (20 h late)"]


def test_a_legal_clock_says_so_and_what_its_breach_means() -> None:
    """Poland: after thirty days the complaint counts as accepted, which whoever is on the line must know."""
    one = ticket(TicketKind.COMPLAINT, operator_key="2")
    assert said(clock_facts(one, LUNA, at(START), ())) == ["Due: 16 Dec 23:59 (in 4 w) · set by law"]
    [late] = said(clock_facts(one, LUNA, at(START + 32 * DAY), ()))
    assert late == "Due: Wed 23:59 (1 d late) · set by law: the complaint counts as accepted"


def test_desk_hours_left_are_told_where_they_are_counted() -> None:
    """Four hours at half past five on Monday are half an hour of today and half of Tuesday morning."""
    one = ticket(taken_in_charge_at=None, opened_at=START + 8 * HOUR, first_contact_at=None)
    facts = said(clock_facts(one, MOOR, at(START + 8 * HOUR + HOUR / 2), ()))
    assert facts[0] == "Due, take charge: tomorrow 11:00 (in 17 h · 3 h 30 min of desk hours)"
    one_late = Clock(ClockState.LATE, START, -HOUR, unit=Unit.WORKING_HOURS, counted=-HOUR)
    assert working_words(one_late) == ""


def test_the_row_shows_the_clock_that_presses_most_and_names_it_where_it_is_not_the_main_one() -> None:
    """R42, R15: taking charge before the repair; a breach marks the row."""
    one = ticket(taken_in_charge_at=None, priority=Priority.NORMAL)
    view = row(one, START + HOUR)
    assert cells(view)[2] == "in 3 h"
    assert cells(view)[4].startswith("take charge: dead")
    late = row(one, START + 9 * HOUR)
    assert (cells(late)[2], late.marker) == ("5 h late", Tone.BAD)
    assert cells(row(ticket(), START))[2:5:2] == ["in 2 d", "dead"]


def test_a_closed_row_says_since_when_and_how_it_went_and_its_lateness_quietly() -> None:
    """R4: the day and the class stand before the subject; nothing of a closed case is red or urgent."""
    closed = ticket(
        state=TicketState.CLOSED,
        closed_at=START + 4 * DAY,
        outcome=Outcome.RECOVERED,
        subject="No signal",
        priority=Priority.URGENT,
    )
    view = rows.tickets((closed,), at(START + 30 * DAY), MOOR, {closed.key: 3}).rows[0]
    assert "1 d late" in cells(view)
    assert any(text.startswith("closed 20 Nov · went wrong, recovered  ") for text in cells(view))
    assert not any("urgent" in text for text in cells(view))
    assert Tone.BAD not in {span.tone for cell in view.cells for span in cell.spans}
    assert view.marker is None
    in_time = cells(row(replace(closed, closed_at=START + HOUR, outcome=None), START + DAY))
    assert any(text.startswith("closed yesterday  ") for text in in_time)
    assert "in time" not in in_time


def test_a_row_without_a_clock_has_an_empty_cell() -> None:
    """A case of before any policy was: nothing is made up for it."""
    ancient = datetime(1999, 1, 4, tzinfo=UTC)
    assert cells(row(ticket(opened_at=ancient, first_contact_at=None), START))[2] == ""


def test_r15_a_message_tells_when_its_answer_is_due() -> None:
    """In its text, beside the fact that nobody answered; nothing is due once somebody did."""
    mail = Contact("1", "", "1", "1", "email", Direction.INBOUND, START, "Dead", answer=AnswerState.WAITING)
    head = said(list(body.contact_body(mail, at(START + HOUR), {}).head))
    assert "Answer due: tomorrow 23:59 (in 1 d · 1 working day)" in head
    late = said(list(body.contact_body(mail, at(START + 3 * DAY), {}).head))
    assert any(line.startswith("Answer due: Tue 23:59 (1 d late)") for line in late)
    answered = replace(mail, answer=AnswerState.ANSWERED, answered_at=START + HOUR)
    assert not any("Answer due" in line for line in said(list(body.contact_body(answered, at(START), {}).head)))


def test_r15_a_row_of_the_history_turns_late_at_its_moment() -> None:
    """Rows are kept while they say the same: this one is worded anew when its time runs out, not a day later."""
    mail = Contact("1", "", "1", "1", "email", Direction.INBOUND, START, "Dead", answer=AnswerState.WAITING)
    due = datetime(2026, 11, 17, 23, 59, tzinfo=UTC)

    def words(moment: datetime) -> str:
        [view] = rows.history([mail], at(moment), {}).rows
        return "".join(span.text for cell in view.cells for span in cell.spans)

    assert "late" not in words(due - HOUR)
    assert "late" not in words(due)
    assert "[!] unanswered 1 d, late " in words(due + timedelta(seconds=1))


# what is owed ---------------------------------------------------------------------------------------------------------


def test_r33_a_ticket_tells_what_is_owed_today_and_the_next_step() -> None:
    """Amount, for what, how much next and when, by which rule."""
    facts = owed_facts(ticket(), FILE, at(START + 4 * DAY), ())
    assert said(facts) == [
        "Owed today: £20.68 · repair late · next £31.02 tomorrow 00:00",
        "By: Ofcom automatic compensation, uprated 1 Apr 2026: £10.34 a calendar day after two full working days",
    ]
    assert facts[0][-1].tone is Tone.WARN
    assert said(owed_facts(ticket(), FILE, at(START), ())) == ["Owed today: £0.00 · next £10.34 Thu 00:00"]


def test_r33_what_was_given_is_told_with_whom_and_why() -> None:
    """What was given stands below, and is taken off what is still owed."""
    given = Compensation(Money(2068, "GBP"), "repair late", START + 3 * DAY, "Priya Nair")
    facts = owed_facts(ticket(compensations=(given,)), FILE, at(START + 4 * DAY), ())
    assert said(facts)[0] == "Owed today: £20.68 · repair late · £20.68 given · next £31.02 tomorrow 00:00"
    assert facts[0][-1].tone is Tone.NORMAL
    assert said(facts)[-1] == "Given: £20.68 · yesterday 09:00 · Priya Nair · repair late"


def test_r33_a_doubt_is_said_and_nothing_is_said_where_nothing_is_owed() -> None:
    """Nobody asked whether all service is lost: the amount says so. Without a tariff there is no line."""
    unasked = ticket(details=())
    assert said(owed_facts(unasked, FILE, at(START + 3 * DAY), ()))[0].endswith("only if nothing works: ask")
    assert owed_facts(ticket(TicketKind.BILLING), FILE, at(START + 30 * DAY), ()) == []


def test_r33_a_repeated_complaint_names_the_one_it_is_counted_with() -> None:
    """Italy: one matter is paid once, and whoever has the customer on the line sees with which case."""
    valle = replace(MOOR, code="VAL", country="IT", currency="EUR")
    first = ticket(TicketKind.COMPLAINT, key="4", reference="T4", opened_at=START - DAY, first_contact_at=None)
    second = ticket(TicketKind.COMPLAINT)
    file = replace(FILE, operator=valle, tickets=(first, second))
    assert said(owed_facts(second, file, at(START + 60 * DAY), ())) == [
        "Owed today: €0.00 · complaint answered late: counted with T4"
    ]


def test_r33_the_form_begins_with_what_is_still_owed() -> None:
    """The rest of today's amount and why; with nothing owed both are empty, and the form says so."""
    now = at(START + 4 * DAY)
    given = Compensation(Money(500, "GBP"), "goodwill", START, "Ola")
    found = owed(ticket(compensations=(given,)), FILE, now.at, now.tariffs, now.policies)
    known = known_compensation(found)
    assert known == {"amount": "15.68", "reason": "repair late"}
    view = compensation(ticket(), known, found, "GBP", now)
    assert [(field.code, field.value) for field in view.fields] == [("amount", "15.68"), ("reason", "repair late")]
    assert "owed today £20.68 · repair late · £5.00 given" in view.subtitle
    assert view.fields[0].label == "Amount in GBP"
    empty = compensation(ticket(), known_compensation(None), None, "PLN", now)
    assert [field.value for field in empty.fields] == ["", ""]
    assert "no rule says that anything is owed today" in empty.subtitle


def test_r33_the_history_tells_the_amount_and_why() -> None:
    """An event in the history is read without opening the ticket."""
    one = TicketEvent("1", "5", "1", TicketEventKind.COMPENSATION, START, after="12.50 GBP", text="repair late")
    assert event_words(one, at(START)) == "compensation: 12.50 GBP · repair late"


def test_every_shipped_clock_and_tariff_has_words() -> None:
    """What a file names is told in words, and only what an operator added is shown as it is written."""
    now = at(START)
    assert {one.clock for one in now.policies.every} <= set(labels.CLOCKS)
    assert {one.consequence for one in now.policies.every if one.consequence} <= set(labels.CONSEQUENCES)
    assert {one.name for one in tariffs().every} <= set(labels.TARIFFS)
    odd = Clock(ClockState.RUNNING, START + DAY, DAY, name="call_the_mayor")
    assert clock_line(odd, now) == "tomorrow 09:00 (in 1 d)"


@pytest.mark.parametrize("shipped", [CLOCKS_FILE, TARIFFS_FILE])
def test_a_wrong_file_of_the_operators_own_is_told_when_it_is_used(shipped: Path, tmp_path: Path) -> None:
    """Nobody works by other rules in silence."""
    file = tmp_path / shipped.name
    file.write_text("[[wrong]]\n")
    now = replace(at(START), clocks_file=file, compensation_file=file)
    with pytest.raises(DataError):
        _ = now.policies if shipped == CLOCKS_FILE else now.tariffs
