"""Closing and fixing: an open case is closed and classed by what happened to it, and undo gives it back."""

from __future__ import annotations

from pathlib import Path

import pytest

from backends.records import Contact, Outcome, TicketState
from tests.desk_stage import on_desk
from widgets.form import Form


async def test_a_case_chased_three_times_is_proposed_as_compounded(demo_file: Path, tmp_path: Path) -> None:
    """R4: a case that went wrong again and again is not proposed as right first time."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("third_chase")
        await stage.press("x")
        assert stage.app.screen.query_one(Form).values()["outcome"] == Outcome.COMPOUNDED


async def test_r7_fixed_now_closes_the_fault_that_is_open(demo_file: Path, tmp_path: Path) -> None:
    """R7, R4: the open fault is proposed; it is closed with the contact on it, no second case is stored."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("priority")
        assert screen.picture is not None
        before = screen.picture.file
        [fault] = [one for one in before.tickets if one.state is not TicketState.CLOSED]
        await stage.press("f")
        assert stage.app.screen.query_one(Form).values()["ticket"] == fault.key
        await stage.type("plugged in again")
        await stage.press("f2")
        now = screen.picture.file
        assert len(now.tickets) == len(before.tickets)
        [closed] = [one for one in now.tickets if one.key == fault.key]
        assert (closed.state, closed.outcome, closed.resolution) == (
            TicketState.CLOSED, Outcome.RECOVERED, "plugged in again",
        )  # fmt: skip
        newest = next(one for one in screen.picture.entries if isinstance(one, Contact))
        assert (newest.ticket_key, newest.body) == (fault.key, "plugged in again")
        await stage.press("u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert [one.state for one in screen.picture.file.tickets if one.key == fault.key] == [fault.state]
        assert screen.picture.file.contacts_total == before.contacts_total


@pytest.mark.parametrize("code", ["note", "fixed"])
async def test_the_only_open_case_is_proposed_and_none_can_be_chosen(
    demo_file: Path, tmp_path: Path, code: str
) -> None:
    """A contact while one case is open is about it, unless the agent says otherwise."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("priority")
        assert screen.picture is not None
        fault = screen.picture.file.tickets[0]
        await stage.press({"note": "n", "fixed": "f"}[code])
        form = stage.app.screen.query_one(Form)
        assert form.values()["ticket"] == fault.key
        await stage.type("about something else")
        form.set_values({"ticket": ""})
        await stage.press("f2")
        newest = next(one for one in screen.picture.entries if isinstance(one, Contact))
        assert newest.body == "about something else"
        assert newest.ticket_key != fault.key


async def test_a_fault_during_an_outage_is_told_of_it(demo_file: Path, tmp_path: Path) -> None:
    """R28: before a fault is taken in, the form says which outage explains it and what to do instead."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        screen = await stage.open("outage")
        assert screen.picture is not None
        assert screen.picture.hits
        await stage.press("t", "f")
        text = " ".join(stage.text().split())
        assert "An outage covers this line: " in text
        assert "l attaches the caller without a new ticket" in text
        await stage.press("escape", "t", "b")
        assert "An outage covers this line" not in stage.text()
