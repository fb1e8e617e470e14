"""The customer's screen: from a number to a stored contact, and back again."""

from __future__ import annotations

from pathlib import Path

from backends.port import TimelineFilter
from backends.records import AnswerState, Contact, Direction, Outcome, TicketState
from console.desk.picture import find_one
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from console.screens.reference import ReferenceScreen
from tests.desk_stage import number_of, on_desk
from widgets.form import Form


async def test_r12_a_number_opens_its_customer_by_itself(demo_file: Path, tmp_path: Path) -> None:
    """R12: a complete customer number opens the one view without a further key."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.type(number_of("third_chase"))
        await stage.pilot.pause(0.4)
        await stage.settle()
        assert isinstance(stage.app.screen, CustomerScreen)
        assert "Håkan Lindqvist" in stage.text()
        assert "not kept" in stage.text()


async def test_three_letters_and_enter_open_a_customer(demo_file: Path, tmp_path: Path) -> None:
    """A name typed without its diacritics finds the customer; Enter opens the first."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.type("hak")
        assert "Håkan Lindqvist" in stage.text()
        await stage.press("enter")
        assert isinstance(stage.app.screen, CustomerScreen)


async def test_r26_the_outage_is_above_everything(demo_file: Path, tmp_path: Path) -> None:
    """R26: state, since, source and what to say stand above the customer that the outage hits."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("outage")
        first = stage.text().splitlines()[0]
        assert "CONFIRMED" in first
        assert "since" in first


async def test_a_contact_is_logged_and_taken_back(demo_file: Path, tmp_path: Path) -> None:
    """Notes while talking become an inbound call; u removes it and the history is as before."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        before = screen.picture.file.contacts_total if screen.picture else -1
        await stage.press("n")
        await stage.type("wants to know when")
        await stage.press("f2")
        assert screen.picture is not None
        newest = screen.picture.entries[0]
        assert isinstance(newest, Contact)
        assert (newest.channel, newest.direction, newest.body) == ("call", Direction.INBOUND, "wants to know when")
        assert screen.picture.file.contacts_total == before + 1
        await stage.press("u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert screen.picture.file.contacts_total == before
        assert "Taken back" in stage.status()


async def test_a_draft_survives_leaving_the_form(demo_file: Path, tmp_path: Path) -> None:
    """Escape keeps what was typed; the same key continues it, and saving removes the draft."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("n")
        await stage.type("half a sen")
        await stage.press("escape")
        assert not isinstance(stage.app.screen, FormScreen)
        await stage.press("n")
        assert stage.app.screen.query_one(Form).values()["note"] == "half a sen"
        await stage.press("f2")
        assert stage.app.local.drafts() == ()


async def test_r36_a_ticket_is_asked_for_by_its_kind_and_its_reference_shown(demo_file: Path, tmp_path: Path) -> None:
    """R36, R34: a fault asks what happens; once stored, its reference is shown large and noted as given."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        await stage.press("t", "f")
        form = stage.app.screen.query_one(Form)
        assert "symptom" in form.values()
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen), "a needed answer is missing, so nothing is stored"
        form.set_values({"symptom": "slow", "description": "slow since the storm"})
        await stage.press("f2")
        assert isinstance(stage.app.screen, ReferenceScreen)
        await stage.press("escape")
        assert screen.picture is not None
        ticket = screen.picture.file.tickets[0]
        assert ticket.details[0] == ("symptom", "slow")
        assert ticket.reference_given_at is not None
        assert ticket.reference in stage.text()


async def test_a_chase_counts_and_raises_at_the_threshold(demo_file: Path, tmp_path: Path) -> None:
    """R37: one key and a save count a chase on the open ticket."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        before = len(screen.picture.file.chases)
        await stage.press("c")
        await stage.press("f2")
        assert len(screen.picture.file.chases) == before + 1
        assert f"{before + 1} chases" in stage.text()


async def test_r10_a_reply_settles_the_message(demo_file: Path, tmp_path: Path) -> None:
    """R10, R16: a reply begins with the name and answers the chosen message."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("unanswered")
        assert screen.picture is not None
        waiting = [
            one for one in screen.picture.entries if isinstance(one, Contact) and one.answer is AnswerState.WAITING
        ]
        screen.query_one("#history").go_to(f"contact:{waiting[0].key}")  # type: ignore[attr-defined]
        await stage.settle()
        await stage.press("r")
        body = stage.app.screen.query_one(Form).values()["body"]
        assert "Ingrid" in body
        await stage.type("We call you tonight")
        await stage.press("f2")
        settled = await stage.backend.contact(waiting[0].key)
        assert settled.answer is AnswerState.ANSWERED
        answer = await stage.backend.contact(settled.answered_by)
        assert answer.direction is Direction.OUTBOUND
        assert answer.thread == settled.thread


async def test_closing_with_an_open_promise_needs_a_reason(demo_file: Path, tmp_path: Path) -> None:
    """R4: a case is classed when it is closed; with a promise open, only with a reason."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        await stage.press("x")
        await stage.press("f2")
        assert isinstance(stage.app.screen, FormScreen)
        stage.app.screen.query_one(Form).set_values({"reason": "the customer was told in person"})
        await stage.press("f2")
        assert screen.picture is not None
        closed = [one for one in screen.picture.file.tickets if one.state is TicketState.CLOSED]
        assert closed[0].outcome is Outcome.COMPOUNDED


async def test_filters_narrow_the_history_and_backspace_shows_all(demo_file: Path, tmp_path: Path) -> None:
    """Channel, direction and words narrow; Backspace shows everything again."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        everything = len(screen.picture.entries)
        await stage.press("v")
        assert {one.channel for one in screen.picture.entries if isinstance(one, Contact)} == {"call"}
        await stage.press("backspace")
        assert len(screen.picture.entries) == everything
        await stage.press("slash")
        await stage.type("internet")
        await stage.press("enter")
        assert screen.picture.only == TimelineFilter(text="internet")
        assert 0 < len(screen.picture.entries) < everything


async def test_a_disabled_action_says_why(demo_file: Path, tmp_path: Path) -> None:
    """A key that cannot be used now is not silent."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("escape", "c")
        assert "Open a customer first" in stage.status()


async def test_what_another_process_stores_appears_by_itself(demo_file: Path, tmp_path: Path) -> None:
    """A change by somebody else is on screen without a key."""
    from backends.registry import backend_for
    from console.desk.acts.contacts import log_contact
    from console.desk.desk import Desk, agent_for
    from console.desk.picture import gather

    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        other = backend_for(f"sqlite:///{demo_file}")
        await other.open()
        desk = Desk(other, agent_for("marta"), stage.app.desk.zone)
        picture = await gather(other, await find_one(other, number_of("prospect")), desk.clock())
        await other.write(log_contact(desk.scene(picture), {"note": "from the next desk"}))
        for _wait in range(100):
            await stage.pilot.pause(0.02)
            if "from the next desk" in stage.text():
                break
        await other.close()
        assert "from the next desk" in stage.text()
        assert screen.picture is not None


async def test_undo_takes_a_ticket_and_its_given_reference_back_as_one(demo_file: Path, tmp_path: Path) -> None:
    """The reference is noted as given right after opening; one undo takes back both."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        assert screen.picture is not None
        before = screen.picture.file.tickets
        await stage.press("t", "b")
        stage.app.screen.query_one(Form).set_values({"description": "billed twice"})
        await stage.press("f2")
        await stage.press("escape", "u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert screen.picture.file.tickets == before
        assert "Taken back" in stage.status()


async def test_r18_undoing_a_new_customer_goes_home(demo_file: Path, tmp_path: Path) -> None:
    """R18: somebody new is a prospect; taking that back leaves no screen about nobody."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("escape", "N")
        stage.app.screen.query_one(Form).set_values({"name": "Ada Nowicka", "phone": "+48 601 602 603"})
        await stage.press("f2")
        assert "Ada Nowicka" in stage.text()
        await stage.press("u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert stage.app.screen is stage.app.home


async def test_r26_an_outage_is_raised_confirmed_and_restored(demo_file: Path, tmp_path: Path) -> None:
    """R26: whoever may decide takes an outage from suspicion to restoration; each step is on every screen."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("escape", "o", "n")
        stage.app.screen.query_one(Form).set_values({"title": "Dead switch", "elements": "ZZZ-9"})
        await stage.press("f2")
        assert "Dead switch" in stage.text()
        live = {one.title: one for one in await stage.app.desk.live_outages()}
        rows = stage.app.screen.query_one("#outages")
        assert rows.go_to(live["Dead switch"].key)  # type: ignore[attr-defined]
        await stage.press("c")
        await stage.press("f2")
        await stage.press("x")
        await stage.press("f2")
        assert "Dead switch" not in {one.title for one in await stage.app.desk.live_outages()}
