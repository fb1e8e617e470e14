"""How a case is classed when it is closed: proposed from what happened, not from hope."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from backends.records import Chase, Outcome, Promise, PromiseKind, PromiseState, Ticket, TicketKind
from console.rules.classing import proposed_outcome
from console.rules.clocks import ClockState

NOW = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
TICKET = Ticket("5", "T5", "1", "2", TicketKind.FAULT, "no internet", NOW - timedelta(days=3))
RIGHT, RECOVERED, COMPOUNDED = Outcome.RIGHT_FIRST_TIME, Outcome.RECOVERED, Outcome.COMPOUNDED


def chases(count: int, ticket: str = "5", *, outbound: bool = False) -> tuple[Chase, ...]:
    """Return so many chases."""
    return tuple(Chase(f"{ticket}{number}", ticket, "1", NOW, outbound=outbound) for number in range(count))


def promise(hours: float | None, **changes: object) -> Promise:
    """Return a promise on the ticket that was due so many hours ago."""
    due = None if hours is None else NOW - timedelta(hours=hours)
    one = Promise("8", "1", PromiseKind.DEED, "a technician comes", NOW - timedelta(days=2), due, ticket_key="5")
    return replace(one, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("asked", "broken", "clock", "expected"),
    [
        (0, False, ClockState.RUNNING, RIGHT),
        (0, False, ClockState.WARNING, RIGHT),
        (0, False, ClockState.PAUSED, RIGHT),
        (0, False, ClockState.LATE, RECOVERED),
        (0, False, ClockState.BROKEN, RECOVERED),
        (1, False, ClockState.RUNNING, RECOVERED),
        (2, False, ClockState.LATE, RECOVERED),
        (0, True, ClockState.RUNNING, RECOVERED),
        (0, True, ClockState.LATE, COMPOUNDED),
        (3, False, ClockState.RUNNING, COMPOUNDED),
    ],
)
def test_the_class_follows_what_went_wrong(asked: int, broken: bool, clock: ClockState, expected: Outcome) -> None:
    """R4: days late is not right first time; asked three times, or late on a broken promise, is compounded."""
    promises = (promise(5),) if broken else ()
    assert proposed_outcome(TICKET, chases(asked), promises, clock, NOW) is expected


def test_a_case_that_came_back_is_recovered_at_best() -> None:
    """R4: what had to be opened again was not right the first time."""
    assert proposed_outcome(TICKET, (), (), ClockState.RUNNING, NOW, reopened=True) is RECOVERED


def test_what_belongs_to_others_does_not_count() -> None:
    """Chases and promises of another case, and our own asking of a supplier, say nothing about this one."""
    others = (*chases(4, "6"), *chases(4, outbound=True))
    assert proposed_outcome(TICKET, others, (promise(5, ticket_key="6"),), ClockState.RUNNING, NOW) is RIGHT


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (promise(None), RIGHT),
        (promise(-5), RIGHT),
        (promise(5, state=PromiseState.KEPT, closed_at=NOW - timedelta(hours=6)), RIGHT),
        (promise(5, state=PromiseState.KEPT, closed_at=NOW - timedelta(hours=4)), RECOVERED),
        (promise(5, state=PromiseState.WITHDRAWN, closed_at=NOW - timedelta(hours=6)), RIGHT),
        (promise(5, state=PromiseState.WITHDRAWN, closed_at=NOW), RECOVERED),
    ],
)
def test_a_promise_is_broken_by_its_time(one: Promise, expected: Outcome) -> None:
    """Kept too late is broken; kept or withdrawn in time, ahead, or without a time is not."""
    assert proposed_outcome(TICKET, (), (one,), ClockState.RUNNING, NOW) is expected


def test_r27_a_word_at_restoration_is_not_broken_by_an_expected_end() -> None:
    """R27: it is due when the outage is over, whatever time was expected."""
    word = promise(5, kind=PromiseKind.WORD_AT_RESTORATION)
    assert proposed_outcome(TICKET, (), (word,), ClockState.RUNNING, NOW) is RIGHT
