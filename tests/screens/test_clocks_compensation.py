"""Compensation by keys: C begins with what is owed, storing it is one deed, and undo takes it back (R33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from backends.port import Batch, Put
from backends.records import Money, Role, Ticket, TicketKind
from tests.desk_stage import NIGHT, Stage, copy_of, on_desk
from widgets.form import Form


async def a_late_fault(stage: Stage) -> Ticket:
    """Make the open installation of the British customer a fault of a week ago on which nothing works."""
    screen = await stage.open("installation")
    assert screen.picture is not None
    [open_one] = [one for one in screen.picture.file.tickets if one.closed_at is None]
    week_ago = NIGHT - timedelta(days=7)
    late = replace(
        open_one, kind=TicketKind.FAULT, opened_at=week_ago, first_contact_at=week_ago, due_at=None,
        details=(("symptom", "no_service"),),
    )  # fmt: skip
    await stage.backend.write(Batch((Put(late, seen=open_one.version),), actor="test"))
    await screen.refresh_now()
    await stage.settle()
    [found] = [one for one in screen.picture.file.tickets if one.key == late.key]
    return found


async def test_r33_what_is_owed_is_filled_in_stored_and_taken_back(demo_file: Path, tmp_path: Path) -> None:
    """Two keys record what a rule says is owed today; the ticket tells it was given, and undo restores the ticket."""
    async with on_desk(copy_of(demo_file, tmp_path / "own"), tmp_path, size=(110, 36)) as stage:
        fault = await a_late_fault(stage)
        screen = stage.customer
        body = await screen.body_of(f"ticket:{fault.key}")
        assert body is not None
        lines = ["".join(span.text for span in line) for line in body.head]
        assert any(line.startswith("Owed today: £") and "next £" in line for line in lines)
        await stage.press("C")
        form = stage.app.screen.query_one(Form)
        values = form.values()
        assert values["reason"]
        owed = round(float(values["amount"]) * 100)
        assert owed > 1000
        await stage.press("f2")
        [given] = [one for one in screen.picture.file.tickets if one.key == fault.key] if screen.picture else []
        assert [one.amount for one in given.compensations] == [Money(owed, "GBP")]
        body = await screen.body_of(f"ticket:{fault.key}")
        assert body is not None
        assert any("Given: £" in "".join(span.text for span in line) for line in body.head)
        await stage.press("u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert screen.picture is not None
        [back] = [one for one in screen.picture.file.tickets if one.key == fault.key]
        assert replace(back, version=0) == replace(fault, version=0)


async def test_r33_what_cannot_be_read_is_asked_again(demo_file: Path, tmp_path: Path) -> None:
    """An amount in another currency is told at its field, and nothing is stored."""
    async with on_desk(demo_file, tmp_path, size=(110, 36)) as stage:
        screen = await stage.open("third_chase")
        await stage.press("C")
        form = stage.app.screen.query_one(Form)
        form.set_values({"amount": "10 USD", "reason": "goodwill"})
        await stage.press("f2")
        assert "Not an amount I can read" in stage.text()
        assert screen.picture is not None
        assert all(not one.compensations for one in screen.picture.file.tickets if one.closed_at is None)


async def test_r41_who_may_not_compensate_is_told_so(demo_file: Path, tmp_path: Path) -> None:
    """The technical service grants nothing: C says why, and opens no form."""
    async with on_desk(
        demo_file, tmp_path, size=(110, 36), login="zbyszek", roles=frozenset({Role.TECHNICAL})
    ) as stage:
        await stage.open("priority")
        await stage.press("C")
        assert not stage.app.screen.query(Form)
        assert "does not grant compensation" in stage.status()
