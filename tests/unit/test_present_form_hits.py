"""The form for a fault knows the outages: it warns, and proposes the line that is hit (R28)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from backends.port import CustomerFile
from backends.records import (
    Coverage,
    Customer,
    CustomerKind,
    Line,
    NetworkPath,
    Operator,
    Outage,
    OutageState,
    TicketKind,
)
from console.present import forms
from console.present.setting import Now
from console.rules.coverage import hits

NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
OPERATOR = Operator("2", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
NOW = Now(NIGHT, ZoneInfo("Europe/Warsaw"), {"2": OPERATOR})
LINES = (
    Line("l1", "L1", "1", "internet", path=NetworkPath(olt="lub-3")),
    Line("l2", "L2", "1", "tv", path=NetworkPath(olt="lub-4")),
)
FILE = CustomerFile(Customer("1", "C1", "2", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl"), OPERATOR, lines=LINES)
OUTAGE = Outage("9", "O9", OutageState.CONFIRMED, "No light", NIGHT - timedelta(hours=1), Coverage(elements=("lub-3",)))


def form_during(outage: Outage, kind: TicketKind = TicketKind.FAULT, **filled: str) -> tuple[str, str]:
    """Return the warning of a form for a new ticket during an outage, and the line it begins with."""
    found = hits([outage], LINES, FILE.customer)
    form = forms.open_ticket(FILE, kind, filled, NOW, None, found)
    [line] = [field.value for field in form.fields if field.code == "line"]
    return form.banner, line


def test_the_line_that_is_hit_is_proposed_and_the_outage_told() -> None:
    """One line of two is hit: that is the one, and the agent reads what to do without a ticket."""
    warning, line = form_during(OUTAGE)
    assert warning == (
        "An outage covers this line: CONFIRMED No light; Esc, then l attaches the caller without a new ticket"
    )  # fmt: skip
    assert line == "l1"


def test_a_draft_keeps_its_line() -> None:
    """What the agent chose before is not chosen anew."""
    assert form_during(OUTAGE, line="l2")[1] == "l2"


def test_two_lines_hit_leave_the_choice_open() -> None:
    """Nothing is guessed between two."""
    both = replace(OUTAGE, coverage=Coverage(elements=("lub-3", "lub-4")))
    warning, line = form_during(both)
    assert warning
    assert line == ""


@pytest.mark.parametrize(
    ("outage", "kind"),
    [
        (replace(OUTAGE, state=OutageState.RESTORED, ended_at=NIGHT), TicketKind.FAULT),
        (replace(OUTAGE, started_at=NIGHT + timedelta(hours=3)), TicketKind.FAULT),
        (OUTAGE, TicketKind.BILLING),
    ],
)
def test_what_does_not_explain_the_case_is_not_told(outage: Outage, kind: TicketKind) -> None:
    """Neither an outage that is over, nor works of later, nor any outage when it is about a bill."""
    assert form_during(outage, kind) == ("", "")
