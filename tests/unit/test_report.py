"""The provider's own report: what it counts, and what it is made of (R3, R1, R2, R15)."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.records import AnswerState, Channel, Contact, Direction, Operator, Ticket, TicketKind, TicketState
from console import cli
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting
from console.data.clocks import policies
from console.rules.clocks import ClockState
from console.rules.performance import Measured, of_contact, of_ticket, scores

POLAND = Operator("operator:1", "ZETA", "Zeta", "PL", "pl", "Europe/Warsaw", "PLN", desk_hours="Mon-Fri 08:00-18:00")
MONDAY = datetime(2031, 5, 5, 8, 0, tzinfo=UTC)


Report = Callable[..., tuple[int, str, str]]


@pytest.fixture
def report(demo_file: Path, tmp_path: Path) -> Report:
    """Return a way to call `cordboard report` on the demo: exit code, output, errors."""

    def call(*arguments: str) -> tuple[int, str, str]:
        out, err = io.StringIO(), io.StringIO()
        environ = {"CORDBOARD_HOME": str(tmp_path / "home"), "CORDBOARD_BACKEND": f"sqlite:///{demo_file}"}
        setting = Setting(Writer(out), Writer(err), {**environ, "CORDBOARD_LANGUAGE": "en", "TZ": "Europe/Warsaw"})
        code = cli.run(["report", *arguments], setting)
        return code, out.getvalue(), err.getvalue()

    return call


def fault(*, closed_after: timedelta | None = None) -> Ticket:
    """Return a fault reported on a Monday morning, closed so long afterwards, or open."""
    ticket = Ticket("ticket:1", "ZETA-1", "customer:1", POLAND.key, TicketKind.FAULT, "no internet", MONDAY)
    if closed_after is None:
        return ticket
    return replace(ticket, state=TicketState.CLOSED, closed_at=MONDAY + closed_after)


def repair(ticket: Ticket, now: datetime) -> Measured:
    """Return the row of the ticket's repair clock."""
    rows = of_ticket(ticket, POLAND, now, (), (), policies())
    return next(row for row in rows if row.clock == "repair")


def test_r1_a_repair_within_two_working_days_is_kept_and_a_later_one_is_not() -> None:
    """The two days are working days, the row tells when it was due and when it ended."""
    later = MONDAY + timedelta(days=30)
    kept = repair(fault(closed_after=timedelta(days=2)), later)
    missed = repair(fault(closed_after=timedelta(days=3)), later)
    assert (kept.kept, missed.kept) == (True, False)
    assert kept.due_at == missed.due_at
    assert missed.ended_at == MONDAY + timedelta(days=3)
    assert kept.reference == "ZETA-1"


def test_r3_what_is_late_counts_as_missed_and_what_runs_counts_for_neither() -> None:
    """Nobody improves a report by leaving late cases open."""
    late = repair(fault(), MONDAY + timedelta(days=9))
    running = repair(fault(), MONDAY + timedelta(hours=1))
    assert (late.kept, running.kept) == (False, None)
    (line,) = scores([late, running, repair(fault(closed_after=timedelta(hours=5)), MONDAY + timedelta(days=9))])
    assert (line.kept, line.missed, line.running, line.share) == (1, 1, 1, 50)
    assert line.reached is False
    assert line.typical == timedelta(hours=5)


def test_r15_the_first_response_is_reported_by_channel() -> None:
    """A message that was answered in time is kept; one that needs no answer is no row."""
    mail = Contact(
        "contact:1", "C-1", "customer:1", POLAND.key, Channel.EMAIL, Direction.INBOUND, MONDAY,
        answer=AnswerState.ANSWERED, answered_at=MONDAY + timedelta(minutes=10),
    )  # fmt: skip
    row = of_contact(mail, POLAND, MONDAY + timedelta(days=9), policies())
    assert row is not None
    assert (row.part, row.kept, row.ended_at) == ("email", True, mail.answered_at)
    assert of_contact(replace(mail, answer=AnswerState.NOT_NEEDED), POLAND, MONDAY, policies()) is None


_states = st.lists(st.sampled_from(list(ClockState)), max_size=40)


@given(states=_states, order=st.randoms(use_true_random=False))
def test_r3_the_lines_count_every_row_once_in_any_order(states: Sequence[ClockState], order: object) -> None:
    """Kept, missed and running add up to the rows; the share is of those decided, between nothing and all."""
    rows = [
        Measured(f"Z-{n}", "operator:1", "repair", "fault", MONDAY, MONDAY, None, state)
        for n, state in enumerate(states)
    ]
    mixed = list(rows)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    assert scores(mixed) == scores(rows)
    for line in scores(rows):
        assert line.kept + line.missed + line.running == len(rows)
        assert line.share is None or 0 <= line.share <= 100


def test_r3_anybody_can_report_any_period_with_its_raw_rows(report: Report) -> None:
    """The rows of `--rows` are those the lines count; a period without anything is empty and no error."""
    code, out, err = report("--json", "--rows")
    assert (code, err) == (codes.OK, "")
    told = json.loads(out)
    assert {one["clock"] for one in told["scores"]} >= {"repair", "first_response"}
    counted = sum(one["kept"] + one["missed"] + one["running"] for one in told["scores"])
    assert counted == len(told["rows"]) > 20
    assert len(report()[1].splitlines()) == len(told["scores"])
    assert json.loads(report("--json", "--from", "1999-01-01", "--to", "1999-02-01")[1])["scores"] == []


def test_a_period_that_ends_before_it_begins_is_refused(report: Report) -> None:
    """The error names both flags."""
    code, _out, err = report("--from", "2031-05-02", "--to", "2031-05-01")
    assert code == codes.USAGE
    assert "--from 2031-05-02 --to 2031-05-01" in err
