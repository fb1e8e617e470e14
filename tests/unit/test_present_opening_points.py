"""The opening line makes the point: visits, words promised, papers that do not count, the last promise broken."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from backends.port import CustomerFile
from backends.records import (
    AnswerState,
    Attachment,
    Channel,
    Chase,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Operator,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketKind,
    TicketState,
    Visit,
    VisitState,
)
from console.present import card, opening, rows
from console.present.setting import Now
from console.rules.standing import missed_visit, next_visit

NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
"""A Saturday, 3:14 in Warsaw."""
WARSAW = ZoneInfo("Europe/Warsaw")
OPERATOR = Operator("2", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
NOW = Now(NIGHT, WARSAW, {"2": OPERATOR})
TICKET = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "No internet", NIGHT - timedelta(days=1))
CUSTOMER = Customer("1", "C1", "2", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl")
FILE = CustomerFile(CUSTOMER, OPERATOR, tickets=(TICKET,), contacts_total=9)


def visit(hours: float, **changes: Any) -> Visit:
    """Return a planned visit that begins in some hours and takes four."""
    start = NIGHT + timedelta(hours=hours)
    return replace(Visit(f"v{hours}", "5", "1", start, start + timedelta(hours=4)), **changes)


def promise(hours: float | None, kind: PromiseKind = PromiseKind.DEED, **changes: Any) -> Promise:
    """Return an open promise that is due in some hours."""
    due = None if hours is None else NIGHT + timedelta(hours=hours)
    return replace(Promise(f"p{hours}", "1", kind, "a technician comes", NIGHT - timedelta(days=9), due), **changes)


def fax(**changes: Any) -> Contact:
    """Return a fax of an hour ago that waits, without an identity document."""
    at = NIGHT - timedelta(hours=1)
    one = Contact("7", "K7", "1", "2", Channel.FAX, Direction.INBOUND, at, "Notice", answer=AnswerState.WAITING)
    return replace(one, **changes)


def said(file: CustomerFile, live: frozenset[str] | None = None) -> str:
    """Return the opening line."""
    return opening.opening_text(file, NOW, live)


@pytest.mark.parametrize(
    ("hours", "text"),
    [
        (4.75, "Engineer today 07:59–11:59; one open ticket (fault), opened 1 d ago."),
        (29, "Engineer tomorrow 08:14–12:14; one open ticket (fault), opened 1 d ago."),
        (53, "One open ticket (fault), opened 1 d ago."),
        (-2, "Engineer today 01:14–05:14; one open ticket (fault), opened 1 d ago."),
        (-5, "One open ticket (fault), opened 1 d ago."),
    ],
)
def test_an_engineer_who_comes_today_or_tomorrow_is_told(hours: float, text: str) -> None:
    """R5: the first question of somebody who waits for an engineer; later ones and those over are no news."""
    assert said(replace(FILE, visits=(visit(hours),))) == text


def test_an_engineer_who_did_not_come_is_told_until_there_is_another_date() -> None:
    """R5: a missed visit of an open case; not one of a closed case, nor one that was made up for."""
    missed = visit(-90, state=VisitState.MISSED)
    assert said(replace(FILE, visits=(missed,))).startswith("Engineer did not come Tue 17 Nov; ")
    assert missed_visit(replace(FILE, visits=(missed, visit(80)))) is None
    assert missed_visit(replace(FILE, visits=(missed, visit(80, state=VisitState.CANCELLED)))) == missed
    closed = replace(TICKET, state=TicketState.CLOSED, closed_at=NIGHT)
    assert missed_visit(replace(FILE, tickets=(closed,), visits=(missed,))) is None


@pytest.mark.parametrize("state", [VisitState.DONE, VisitState.MISSED, VisitState.CANCELLED])
def test_only_a_visit_to_come_comes(state: VisitState) -> None:
    """What was done, missed or cancelled is not announced."""
    assert next_visit((visit(5, state=state),), NIGHT, NOW.today, WARSAW) is None


def test_r6_of_several_broken_promises_the_last_is_told() -> None:
    """R6: the one the customer calls about is the one of yesterday, not that of last week."""
    file = replace(FILE, tickets=(), promises=(promise(-170), promise(-20)))
    assert said(file) == "Promised yesterday 07:14, not kept."


def test_a_word_at_restoration_is_told_while_its_outage_goes_on_and_owed_afterwards() -> None:
    """R27: whatever end was expected, it is not broken before the outage is over; then it is owed."""
    word = promise(-5, PromiseKind.WORD_AT_RESTORATION, outage_key="9")
    file = replace(FILE, tickets=(), promises=(word,))
    assert said(file) == "Promised word when the outage is over."
    assert said(file, frozenset({"9"})) == "Promised word when the outage is over."
    assert said(file, frozenset()) == "The outage is over, the promised word is owed."
    kept = replace(file, promises=(replace(word, state=PromiseState.KEPT, closed_at=NIGHT),))
    assert "word" not in said(kept, frozenset())


def test_r6_a_call_back_promised_is_told_as_such() -> None:
    """R6: also beside a promise that was broken."""
    call = promise(5, PromiseKind.CALL_BACK, deed="")
    assert said(replace(FILE, tickets=(), promises=(call,))) == "Call back promised for today 08:14."
    text = said(replace(FILE, tickets=(), promises=(call, promise(-20))))
    assert text == "Promised yesterday 07:14, not kept; call back promised for today 08:14."


def test_papers_without_identity_document_are_told_apart_from_other_messages() -> None:
    """R38: it does not count yet, and that is what to say; with the document it is a message that waits."""
    document = Attachment("id.tif", "image/tiff", 9000, identity_document=True)
    assert said(replace(FILE, tickets=(), recent_inbound=(fax(),))) == "Fax without identity document."
    two = (fax(), fax(key="8", channel=Channel.LETTER))
    assert said(replace(FILE, tickets=(), recent_inbound=two)).startswith("2 faxes and letters without identity")
    assert said(replace(FILE, tickets=(), recent_inbound=(fax(attachments=(document,)),))).startswith("Not answered")
    assert "identity" not in said(replace(FILE, tickets=(), recent_inbound=(fax(answer=AnswerState.ANSWERED),)))


@pytest.mark.parametrize("answer", [AnswerState.WAITING, AnswerState.ANSWERED, AnswerState.WAIVED])
def test_the_row_of_a_paper_without_identity_document_says_so(answer: AnswerState) -> None:
    """R38: in the history too, whether it waits or not; an e-mail needs none."""
    view = rows.history([fax(answer=answer)], NOW, {})
    assert "[!] no ID" in "".join(span.text for cell in view.rows[0].cells for span in cell.spans)
    view = rows.history([fax(key="17", answer=answer, channel=Channel.EMAIL)], NOW, {})
    assert "no ID" not in "".join(span.text for cell in view.rows[0].cells for span in cell.spans)


def test_r6_what_has_no_room_in_the_opening_is_a_flag_and_nothing_is_said_twice() -> None:
    """R6: a visit and a call back are known at once, in the line or beside it."""
    call = promise(5, PromiseKind.CALL_BACK)
    calm = replace(FILE, visits=(visit(5),), promises=(call,))
    assert [span.text for span in card.flags_of(calm, NOW)] == []
    assert said(calm) == "Engineer today 08:14–12:14; call back promised for today 08:14."
    busy = replace(
        calm,
        promises=(call, promise(-20)),
        chases=(Chase("c", "5", "1", NIGHT),),
    )
    flags = [span.text for span in card.flags_of(busy, NOW)]
    assert "call back promised for today 08:14" in flags
    assert "call back" not in said(busy)
    assert len(said(busy)) <= opening.LONGEST + 1
