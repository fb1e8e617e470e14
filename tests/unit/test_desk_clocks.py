"""What the desk gathers for clocks: all that moves them, however little of the history is on the screen."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from backends.records import (
    AnswerState,
    Channel,
    Contact,
    Direction,
    Outcome,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    VisitState,
    new_key,
)
from console.desk.acts.tickets import class_of
from console.desk.ruling import DeskRules
from console.rules.clocks import ClockState, clocks
from tests.acts_stage import NOW, at_counter

DAY = timedelta(days=1)


@pytest.mark.parametrize("first_page", [60, 3])
async def test_a_clock_that_ended_with_a_word_to_the_customer_knows_it_from_any_page(first_page: int) -> None:
    """TKG § 58(2): the message of nine days ago ends the clock, though the screen shows the last three entries only."""
    async with at_counter(country="DE", zone="Europe/Berlin") as desk:
        opened = NOW - 10 * DAY
        ticket = await desk.ticket(opened_at=opened, first_contact_at=opened)
        told = Contact(
            new_key(), "", desk.customer.key, desk.customer.operator_key, Channel.SMS, Direction.OUTBOUND,
            NOW - 9 * DAY, "We are on it", ticket_key=ticket.key,
        )  # fmt: skip
        await desk.stored(told)
        await desk.stored(
            TicketEvent(
                new_key(),
                ticket.key,
                desk.customer.key,
                TicketEventKind.VISIT,
                NOW - 8 * DAY,
                after=VisitState.CANCELLED,
            )
        )
        for minutes in range(5):
            await desk.mail(at=NOW - timedelta(minutes=minutes), answer=AnswerState.NOT_NEEDED)
        picture = await desk.desk.open(desk.customer.key, limit=first_page)
        assert [one.subject for one in picture.heard] == ["We are on it"]
        assert [one.kind for one in picture.waits] == [TicketEventKind.VISIT], "compensation is reckoned from it"
        every = clocks(ticket, picture.file.operator, NOW, picture.waits, picture.heard, desk.desk.policies)
        assert {one.name: one.state for one in every}["notice"] is ClockState.KEPT
        assert (await desk.desk.refreshed(picture)).heard == picture.heard


async def test_an_operators_own_clock_decides_how_a_case_is_classed(tmp_path: Path) -> None:
    """R4: three hours are in time by the shipped clock of two working days, and late by an own one of an hour."""
    file = tmp_path / "clocks.toml"
    file.write_text(
        '[[clock]]\nclock = "repair"\nkinds = ["fault"]\ncount = 1\nunit = "hours"\n'
        'from = 2013-01-01\noperator = "LUN"\nsource = "our contracts"\n'
    )
    async with at_counter() as desk:
        opened = NOW - timedelta(hours=3)
        ticket = await desk.ticket(opened_at=opened, first_contact_at=opened)
        assert class_of(await desk.scene(), ticket) is Outcome.RIGHT_FIRST_TIME
        desk.desk.rules = replace(desk.desk.rules, clocks_file=file)
        assert class_of(await desk.scene(), ticket) is Outcome.RECOVERED


async def test_a_case_from_before_any_policy_is_classed_all_the_same() -> None:
    """Without a clock nothing was late."""
    async with at_counter() as desk:
        ticket = await desk.ticket(
            opened_at=NOW.replace(year=1999, day=1),
            first_contact_at=None,
            kind=TicketKind.SALES,
            state=TicketState.OPEN,
        )
        assert class_of(await desk.scene(), ticket) is Outcome.RIGHT_FIRST_TIME


def test_a_desk_without_files_works_by_what_ships() -> None:
    """Nothing has to be configured for clocks to run."""
    rules = DeskRules()
    assert (rules.clocks_file, rules.compensation_file) == (None, None)
