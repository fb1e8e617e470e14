"""Keeping a case together by keys: joining, the ladder, visits, papers, classes, two numbers of one person."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from backends.port import Batch, Put
from backends.records import (
    AnswerState,
    Channel,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Outcome,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketState,
    VisitState,
    new_key,
)
from console.screens.customer import CustomerScreen
from console.screens.picking import PickScreen
from console.screens.same import SameScreen
from tests.desk_stage import NIGHT, Stage, on_desk
from widgets.form import Form
from widgets.omnibox import Omnibox
from widgets.rows import RowList


@asynccontextmanager
async def with_mail(file: Path, folder: Path) -> AsyncIterator[tuple[Stage, CustomerScreen, Ticket]]:
    """Open a customer with one open fault who has just written about it, the cursor on that mail."""
    async with on_desk(file, folder, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        customer = screen.picture.file.customer
        [fault] = [one for one in screen.picture.file.tickets if one.state is not TicketState.CLOSED]
        mail = Contact(
            new_key(), "", customer.key, customer.operator_key, Channel.EMAIL, Direction.INBOUND,
            NIGHT - timedelta(minutes=20), f"Re: {fault.subject}", fault.description, answer=AnswerState.WAITING,
        )  # fmt: skip
        await stage.backend.write(Batch((Put(mail),), actor="test"))
        await stage.press("ctrl+r")
        screen.query_one("#history", RowList).action_first()
        await stage.settle()
        yield stage, screen, fault


def newest(screen: CustomerScreen) -> Contact:
    """Return the newest contact on the screen."""
    assert screen.picture is not None
    return next(one for one in screen.picture.entries if isinstance(one, Contact))


async def test_r38_a_mail_about_the_open_fault_is_joined_with_one_key(demo_file: Path, tmp_path: Path) -> None:
    """R38: the row says quietly which ticket it looks like; J joins and says why; u gives it back; J again parts."""
    async with with_mail(demo_file, tmp_path) as (stage, screen, fault):
        assert f"J→{fault.reference}?" in stage.text()
        assert screen.picture is not None
        chases = len(screen.picture.file.chases)
        await stage.press("J")
        assert newest(screen).ticket_key == fault.key
        assert len(screen.picture.file.chases) == chases + 1
        assert f"Joined to {fault.reference}: same subject;" in stage.status()
        assert f"J→{fault.reference}?" not in stage.text()
        await stage.press("u")
        assert newest(screen).ticket_key == ""
        assert len(screen.picture.file.chases) == chases
        assert f"J→{fault.reference}?" in stage.text()


async def test_j_on_a_joined_contact_offers_parting(demo_file: Path, tmp_path: Path) -> None:
    """What was joined wrongly is taken off again, and is not proposed any more."""
    async with with_mail(demo_file, tmp_path) as (stage, screen, fault):
        await stage.press("J")
        screen.query_one("#history", RowList).go_to(f"contact:{newest(screen).key}")
        await stage.press("J")
        assert isinstance(stage.app.screen, PickScreen)
        await stage.press("p")
        assert newest(screen).ticket_key == ""
        assert f"Taken off {fault.reference}." in stage.status()
        assert f"J→{fault.reference}?" not in stage.text()


async def test_a_proposal_that_is_wrong_is_waved_away(demo_file: Path, tmp_path: Path) -> None:
    """`:join not` says that it is another matter: nothing is joined, and it is not proposed again."""
    async with with_mail(demo_file, tmp_path) as (stage, screen, fault):
        assert screen.picture is not None
        chases = len(screen.picture.file.chases)
        await stage.press("colon")
        await stage.type("join not")
        await stage.press("enter")
        assert f"J→{fault.reference}?" not in stage.text()
        assert newest(screen).ticket_key == ""
        assert len(screen.picture.file.chases) == chases
        await stage.press("u")
        assert f"J→{fault.reference}?" in stage.text()


async def test_opening_a_ticket_about_it_says_that_it_is_open_already(demo_file: Path, tmp_path: Path) -> None:
    """R38: before a second case is stored, the form names the first and what to press instead."""
    async with with_mail(demo_file, tmp_path) as (stage, _screen, fault):
        await stage.press("t", "f")
        text = " ".join(stage.text().split())
        assert f"Looks like {fault.reference}" in text
        assert "Esc, then J joins it" in text


async def test_two_tickets_are_joined_from_the_list_of_tickets(demo_file: Path, tmp_path: Path) -> None:
    """The younger is closed and names the older; all of it is there; undo opens it again."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        [fault] = [one for one in screen.picture.file.tickets if one.state is not TicketState.CLOSED]
        younger = replace(
            fault, key=new_key(), reference="", version=0, opened_at=NIGHT, origin=None, first_contact_at=NIGHT
        )
        await stage.backend.write(Batch((Put(younger),), actor="test"))
        await stage.press("ctrl+r")
        tickets = screen.query_one("#tickets", RowList)
        tickets.focus()
        await stage.settle()
        tickets.action_last()
        await stage.press("J", "enter")
        assert tickets.cursor_key == f"ticket:{fault.key}", "the cursor is on the one that goes on"
        assert tickets.cursor >= tickets.top
        states = {one.reference: one for one in screen.picture.file.tickets}
        assert states[fault.reference].state is not TicketState.CLOSED
        [closed] = [one for one in states.values() if ("joined_into", fault.reference) in one.details]
        assert closed.state is TicketState.CLOSED
        await stage.press("u")
        assert all(not one.details or one.details[-1][0] != "joined_into" for one in screen.picture.file.tickets)


async def test_r40_the_ladder_is_climbed_with_a_reason_and_shown(demo_file: Path, tmp_path: Path) -> None:
    """R40: E asks for rung and reason; the row and the text of the ticket name the role; u steps back."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        await stage.press("E")
        await stage.press("f2")
        assert isinstance(stage.app.screen.query_one(Form), Form)
        await stage.type("nobody came twice")
        await stage.press("f2")
        assert screen.picture is not None
        [ticket] = [one for one in screen.picture.file.tickets if one.escalated_to]
        assert ticket.escalated_to == "team_leader"
        assert "↑team leader" in stage.text()
        screen.query_one("#tickets", RowList).focus()
        await stage.settle()
        assert "[team leader] › service manager" in stage.text()
        await stage.press("u")
        assert not any(one.escalated_to for one in screen.picture.file.tickets)


async def test_r5_a_visit_is_planned_confirmed_and_missed_by_keys(demo_file: Path, tmp_path: Path) -> None:
    """R5: P plans with a window, then asks what became of it; what is shown follows."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        before = {one.key for one in screen.picture.file.visits}
        await stage.press("P")
        if isinstance(stage.app.screen, PickScreen):
            await stage.press("p")
        form = stage.app.screen.query_one(Form)
        form.set_values({"window_from": "in 9 days 8:00", "window_to": "12:00", "engineer": "Sven"})
        await stage.press("f2")
        [visit] = [one for one in screen.picture.file.visits if one.key not in before]
        assert (visit.engineer, visit.state) == ("Sven", VisitState.PLANNED)
        await stage.press("u")
        assert {one.key for one in screen.picture.file.visits} == before


async def test_r4_another_class_than_proposed_needs_a_reason(demo_file: Path, tmp_path: Path) -> None:
    """R4: the class follows from the history; whoever says otherwise says why, and both are kept."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        [fault] = [one for one in screen.picture.file.tickets if one.state is not TicketState.CLOSED]
        open_ones = [
            one
            for one in screen.picture.file.promises
            if one.ticket_key == fault.key and one.state is PromiseState.OPEN
        ]
        for one in open_ones:
            kept = replace(one, state=PromiseState.KEPT, closed_at=NIGHT)
            await stage.backend.write(Batch((Put(kept, seen=one.version),), actor="test"))
        await stage.press("ctrl+r")
        await stage.press("x")
        form = stage.app.screen.query_one(Form)
        assert form.values()["outcome"] == Outcome.COMPOUNDED
        form.set_values({"outcome": Outcome.RECOVERED})
        await stage.press("f2")
        assert stage.app.screen.query(Form)
        form.set_values({"outcome": Outcome.RECOVERED, "reason": "two chases were about the bill"})
        await stage.press("f2")
        [closed] = [one for one in screen.picture.file.tickets if one.key == fault.key]
        assert (closed.outcome, closed.class_proposed) == (Outcome.RECOVERED, Outcome.COMPOUNDED)
        assert closed.outcome_reason == "two chases were about the bill"


async def test_r38_a_fax_without_document_is_asked_for_one_and_checked(demo_file: Path, tmp_path: Path) -> None:
    """R38: logging a fax asks for the document; without one a check is planned, and r writes the request in Swedish."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        await stage.press("n")
        form = stage.app.screen.query_one(Form)
        await stage.type("Flytta linan")
        assert "Identity document" not in stage.text()
        form.set_values({"channel": Channel.FAX, "ticket": ""})
        retold = stage.app.screen.plan.retold  # type: ignore[attr-defined]
        view = retold("channel", form.values())
        await form.show(view)
        await stage.settle()
        assert "Identity document" in stage.text()
        await stage.press("f2")
        assert screen.picture is not None
        checks = [one for one in screen.picture.file.promises if one.kind is PromiseKind.DOCUMENT_CHECK]
        [check] = checks
        fax = newest(screen)
        assert check.contact_key == fax.key
        assert check.due_at is not None
        assert timedelta(hours=48) <= check.due_at - stage.app.desk.clock() <= timedelta(hours=96)
        assert "it counts once an identity document comes" in stage.status()
        await stage.press("r")
        reply = stage.app.screen.query_one(Form).values()
        assert "id-handling" in reply["body"]
        await stage.press("f2")
        assert not stage.app.screen.query(Form), stage.text()


async def test_r37_a_promise_has_an_owner_who_can_be_chosen(demo_file: Path, tmp_path: Path) -> None:
    """R37: whoever promises is proposed; a colleague can be named instead."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        await stage.press("p")
        form = stage.app.screen.query_one(Form)
        assert form.values()["owner"] == stage.app.desk.agent.name
        colleague = next(one.name for one in stage.app.desk.colleagues if one.name != stage.app.desk.agent.name)
        form.set_values({"due": "tomorrow 10", "deed": "Ring with the result", "owner": colleague})
        await stage.press("f2")
        assert screen.picture is not None
        [made] = [one for one in screen.picture.file.promises if one.deed == "Ring with the result"]
        assert isinstance(made, Promise)
        assert made.owner == colleague


async def test_two_numbers_of_one_person_are_made_one_by_keys(demo_file: Path, tmp_path: Path) -> None:
    """R38: = shows who looks like them in this store, s moves everything, the old number opens the person, u undoes."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        known = screen.picture.file.customer
        twin = Customer(
            new_key(), "", known.operator_key, CustomerKind.PROSPECT, known.name, known.language, points=known.points
        )
        receipt = await stage.backend.write(Batch((Put(twin),), actor="test"))
        stored = receipt.changes[0].after
        assert isinstance(stored, Customer)
        await stage.press("equals_sign")
        assert stored.number in stage.text()
        await stage.press("enter", "s")
        assert f"{stored.number} is this customer from now on." in stage.status()
        await stage.press("escape")
        await stage.type(stored.number)
        if stage.app.base_screen() is stage.app.home:
            await stage.press("enter")
        await stage.settle()
        assert stage.customer.key == known.key
        await stage.press("u")
        [found] = await stage.app.desk.find(stored.number)
        assert found.customer.key == stored.key


async def test_another_number_is_typed_on_the_sheet_and_merged_with_its_own_key(
    demo_file: Path, tmp_path: Path
) -> None:
    """A number is looked for on the sheet, wherever the keys are; the keys below are the sheet's and work."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        known = screen.picture.file.customer
        other = Customer(new_key(), "", known.operator_key, CustomerKind.PROSPECT, "Zenobia Quist", known.language)
        receipt = await stage.backend.write(Batch((Put(other),), actor="test"))
        stored = receipt.changes[0].after
        assert isinstance(stored, Customer)
        await stage.press("equals_sign")
        sheet = stage.app.screen
        assert isinstance(sheet, SameScreen)
        hints = stage.text().splitlines()[-1]
        assert "s The same" in hints
        assert "Log contact" not in hints
        await stage.type(stored.number.removeprefix("C-"))
        assert stage.app.screen is sheet, "the digits are no caller's"
        assert sheet.query_one(Omnibox).value == stored.number.removeprefix("C-")
        await _until(stage, lambda: "Zenobia Quist" in stage.text())
        assert "Tab To the list" in stage.text().splitlines()[-1]
        assert "Esc Empty the line" in stage.text().splitlines()[-1]
        await stage.press("tab", "s")
        await _until(stage, lambda: f"{stored.number} is this customer from now on." in stage.status())


async def test_what_was_asked_of_somebody_is_said_of_them(demo_file: Path, tmp_path: Path) -> None:
    """The list may change under a question: the answer holds for whom it named."""
    async with on_desk(demo_file, tmp_path, size=(132, 43)) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        known = screen.picture.file.customer
        new = [
            Customer(new_key(), "", known.operator_key, CustomerKind.PROSPECT, name, known.language)
            for name in ("Zenobia Quist", "Ottokar Quell")
        ]
        receipt = await stage.backend.write(Batch(tuple(Put(one) for one in new), actor="test"))
        meant, late = (one.after for one in receipt.changes)
        assert isinstance(meant, Customer)
        assert isinstance(late, Customer)
        await stage.press("equals_sign", "slash")
        await stage.type("zenobia quist")
        await _until(stage, lambda: meant.number in stage.text())
        await stage.press("enter")
        sheet = stage.app.base_screen()
        assert isinstance(sheet, SameScreen)
        sheet._show((sheet._judged(known, late),))
        await stage.press("s")
        await _until(stage, lambda: f"{meant.number} is this customer from now on." in stage.status())


async def _until(stage: Stage, true: Callable[[], bool]) -> None:
    for _turn in range(200):
        await stage.settle()
        if true():
            return
        await asyncio.sleep(0.05)
    raise AssertionError(stage.text())
