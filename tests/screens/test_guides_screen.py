"""A guide on the screen: digits and Enter alone, back without loss, held back by news, stored as one, read out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from backends.port import Batch, Put
from backends.records import (
    Contact,
    Coverage,
    Outage,
    OutageState,
    PromiseKind,
    TicketEvent,
    TicketEventKind,
    new_key,
)
from console.calls.call import CallState, Heard
from console.screens.customer import CustomerScreen
from console.screens.form import FormScreen
from console.screens.guide import GuideScreen
from console.screens.reference import ReferenceScreen
from tests.desk_stage import NIGHT, Stage, on_desk
from widgets.field import Field
from widgets.guide import GuideChoices


def guide(stage: Stage) -> GuideScreen:
    """Return the guide on the screen."""
    screen = stage.app.screen
    assert isinstance(screen, GuideScreen), screen
    return screen


def at(stage: Stage) -> str:
    """Return the step on the screen."""
    return guide(stage).going.here.at


async def typed(stage: Stage, text: str) -> None:
    """Type an answer and Enter."""
    await stage.type(text)
    await stage.press("enter")


async def to_reach(stage: Stage) -> None:
    """Go through the internet guide up to the last question: nothing works, since today, our fault."""
    await stage.press("Q", "1", "1", "2", "2")
    await typed(stage, "red light")
    assert at(stage) == "reach"


async def test_r22_a_fault_by_keys_alone_ends_with_its_number(demo_file: Path, tmp_path: Path) -> None:
    """Digits and Enter: from Q to the number read out, with ticket, call and hand-over stored as one deed."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        await to_reach(stage)
        await stage.press("enter")
        assert "tekniska avdelningen" in stage.text()
        assert "they must accept it" in stage.text()
        await stage.press("1")
        assert isinstance(stage.app.screen, ReferenceScreen)
        assert screen.picture is not None
        file = screen.picture.file
        ticket = file.tickets[0]
        assert dict(ticket.details)["symptom"] == "no_service"
        assert ticket.description == "red light"
        assert ticket.reference_given_at is not None
        [handover] = file.handovers
        assert handover.ticket_key == ticket.key
        await stage.press("enter")
        assert stage.status().startswith(f"Ticket {ticket.reference} is stored, handed to technical service. u takes")
        await stage.press("u")
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert ticket.key not in {one.key for one in screen.picture.file.tickets}
        assert screen.picture.file.handovers == ()


async def test_r22_the_operators_greeting_stands_first_in_their_language(demo_file: Path, tmp_path: Path) -> None:
    """The first line is what the operator says; the guide speaks the caller's language, and another at a key."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1")
        assert "Norrglänt Fiber, god kväll" in stage.text().splitlines()[6]
        assert "ingenting fungerar" in stage.text()
        await stage.press("f6")
        assert "nothing works" in stage.text()
        assert "Norrglänt Fiber, good day" in stage.text()


async def test_going_back_keeps_answers(demo_file: Path, tmp_path: Path) -> None:
    """Up, Esc and Ctrl+G go back one question each; what was answered there is proposed again."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await to_reach(stage)
        await stage.press("up")
        assert at(stage) == "more"
        assert stage.app.screen.query_one(Field).answer == "red light"
        await stage.press("escape")
        assert (at(stage), stage.app.screen.query_one(GuideChoices).cursor) == ("line_check", "fault")
        await stage.press("ctrl+g")
        assert (at(stage), stage.app.screen.query_one(GuideChoices).cursor) == ("since", "today")
        await stage.press("enter", "enter", "enter")
        assert at(stage) == "reach"


async def test_up_from_the_first_answer_goes_back(demo_file: Path, tmp_path: Path) -> None:
    """Among answers Up moves; above the first lies the question before."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1", "1")
        await stage.press("down", "down", "up")
        assert (at(stage), stage.app.screen.query_one(GuideChoices).cursor) == ("since", "today")
        await stage.press("up", "up")
        assert at(stage) == "symptom"


async def test_a_left_guide_goes_on_where_it_was(demo_file: Path, tmp_path: Path) -> None:
    """Esc at the first question or F5 anywhere keep it; the same key goes on with answers and half a word."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1", "1", "2", "2")
        await stage.type("half a wo")
        await stage.press("f5")
        assert isinstance(stage.app.screen, CustomerScreen)
        assert "Kept as a draft" in stage.status()
        await stage.press("Q")
        assert "begun, 3 answered" in stage.text()
        await stage.press("1")
        assert (at(stage), stage.app.screen.query_one(Field).answer) == ("more", "half a wo")
        await stage.press("f5", "D")
        await stage.press("enter")
        await stage.settle()
        assert at(stage) == "more"


async def test_looking_at_a_guide_leaves_no_draft(demo_file: Path, tmp_path: Path) -> None:
    """Opened and left again, nothing is kept."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1", "escape")
        assert isinstance(stage.app.screen, CustomerScreen)
        assert stage.app.local.drafts() == ()


async def test_r27_the_outage_is_said_first_and_the_call_attached(demo_file: Path, tmp_path: Path) -> None:
    """Three keys after Q: it is the outage, so the call hangs on it with a promised word, and no ticket is made."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("outage")
        assert screen.picture is not None
        before = len(screen.picture.file.tickets)
        hit = screen.picture.hits[0].outage
        await stage.press("Q", "1")
        assert "[!] CONFIRMED" in stage.text()
        await stage.press("1", "1")
        assert isinstance(stage.app.screen, CustomerScreen)
        newest = next(one for one in screen.picture.entries if isinstance(one, Contact))
        assert newest.outage_key == hit.key
        assert f"Attached to {hit.reference}: word when it is over." in stage.status()
        assert len(screen.picture.file.tickets) == before
        promised = [one for one in screen.picture.file.promises if one.outage_key == hit.key]
        assert [one.kind for one in promised] == [PromiseKind.WORD_AT_RESTORATION]


async def test_r28_steps_at_home_are_held_back_until_a_reason_is_given(demo_file: Path, tmp_path: Path) -> None:
    """With an outage the restart is not offered but what to say instead; a reason brings it, and is kept."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("outage")
        await stage.press("Q", "1", "2", "1", "2", "1")
        assert "HELD BACK: Restart" in stage.text()
        assert "wyjąć wtyczkę" not in stage.text()
        await stage.press("2")
        assert "YOUR REASON" in stage.text()
        await stage.press("enter")
        assert "Please fill this in." in stage.text(), "no reason is none"
        await typed(stage, "neighbours work")
        assert "wyjąć wtyczkę" in stage.text()
        await stage.press("2", "2", "enter", "enter", "1")
        await stage.press("escape")
        assert screen.picture is not None
        told = [one for one in screen.picture.entries if isinstance(one, TicketEvent)]
        assert [one.text for one in told if one.kind is TicketEventKind.OVERRIDDEN] == ["neighbours work"]


async def test_r28_an_outage_that_comes_up_holds_back_while_they_talk(demo_file: Path, tmp_path: Path) -> None:
    """The restart is on the screen when the network's alarm comes: within a second or two it is held back."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        line = next(one for one in screen.picture.file.lines if one.service == "internet")
        await stage.press("Q", "1")
        while at(stage) != "symptom":
            await stage.press("2" if at(stage) == "open_already" else "1")
        await stage.press("1", "2", "1")
        assert not guide(stage).going.here.held
        covered = Coverage(postcodes=(line.place.postcode,))
        began = NIGHT - timedelta(minutes=2)
        await stage.backend.write(
            Batch((Put(Outage(new_key(), "", OutageState.SUSPECTED, "OLT silent", began, covered)),), actor="net")
        )
        for _turn in range(60):
            await stage.pilot.pause(0.1)
            if at(stage) == "outage_now":
                break
        assert "[!]" in stage.text()
        assert at(stage) == "outage_now", "the outage is said before anything else"


async def test_r18_a_strangers_guide_ends_at_their_view(demo_file: Path, tmp_path: Path) -> None:
    """Name and number first; at the end the new customer is open, with the case's number on top."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("f9")
        await typed(stage, "script")
        assert "For which operator is the call?" in stage.text()
        await stage.press("1", "2")
        assert at(stage) == "caller_name"
        await typed(stage, "Jan Nowy")
        await typed(stage, "+48601234999")
        await typed(stage, "61-003")
        await typed(stage, "Poznan")
        while not guide(stage).going.here.ended:
            await stage.press("1") if guide(stage).query_one(GuideChoices).display else await stage.press("enter")
            if at(stage) == "restart":
                await stage.press("2")
            if at(stage) == "reach":
                await typed(stage, "+48601234999")
        await stage.press("1")
        await stage.settle()
        assert isinstance(stage.app.screen, ReferenceScreen)
        assert stage.customer.picture is not None
        assert stage.customer.picture.file.customer.name == "Jan Nowy"
        assert len(stage.customer.picture.file.tickets) == 1
        assert stage.app.local.drafts() == ()


async def test_r22_what_was_handed_over_is_accepted_with_a_key(demo_file: Path, tmp_path: Path) -> None:
    """H shows who handed it, until when, and what the customer was told; F2 accepts."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        await to_reach(stage)
        await stage.press("enter", "1", "escape", "H")
        assert isinstance(stage.app.screen, FormScreen)
        assert "Iga Sobczak to technical service" in stage.text()
        assert "The customer was told: Tack" in stage.text()
        await stage.press("f2")
        assert screen.picture is not None
        assert screen.picture.file.handovers[0].accepted_by == "Iga Sobczak"
        await stage.press("H")
        assert "Nothing was handed over" in stage.status()


async def test_r22_declining_asks_why(demo_file: Path, tmp_path: Path) -> None:
    """Without a reason it is not declined; with one it is back with who handed it over."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("prospect")
        await to_reach(stage)
        await stage.press("enter", "1", "escape", "H", "d", "f2")
        assert "Please fill this in." in stage.text()
        await stage.type("not ours")
        await stage.press("f2")
        assert screen.picture is not None
        assert screen.picture.file.handovers[0].declined_reason == "not ours"
        assert "back with Iga Sobczak" in stage.status()


async def test_r22_giving_the_ball_on_makes_the_hand_over(demo_file: Path, tmp_path: Path) -> None:
    """The form of h, one choice and F2: no further key for the hand-over."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        assert screen.picture is not None
        before = len(screen.picture.file.handovers)
        await stage.press("h", "b", "f2")
        made = [one for one in screen.picture.file.handovers if one.accepted_at is None]
        assert len(screen.picture.file.handovers) == before + 1
        assert made[-1].to == "billing"


async def test_a_guide_with_a_mistake_is_left_out_and_told(demo_file: Path, tmp_path: Path) -> None:
    """An operator's wrong file keeps nobody from working: the others are offered, and the line is named."""
    own = tmp_path / "own"
    own.mkdir()
    (own / "broken.toml").write_text('id = "broken"\n', encoding="utf-8")
    async with on_desk(demo_file, tmp_path) as stage:
        stage.app.desk.rules = replace(stage.app.desk.rules, guides_folder=own)
        await stage.open("prospect")
        await stage.press("Q")
        assert "Fel på internet" in stage.text() or "Internet fault" in stage.text()
        await stage.press("escape")
        assert "broken.toml" in stage.status()


def rings(stage: Stage, number: str, call_id: str = "1") -> None:
    """Let somebody ring the Polish operator and be answered here."""
    news = Heard("exchange", call_id, CallState.ANSWERED, number=number, dialled="+48800155501", menu=("fault",))
    stage.app.phone.hear(news)


async def until(stage: Stage, condition: Callable[[], bool]) -> None:
    """Wait until something holds, for seconds at most."""
    for _turn in range(80):
        await stage.pilot.pause(0.05)
        if condition():
            break
    await stage.settle()
    assert condition()


async def test_r35_a_strangers_call_brings_operator_and_number(demo_file: Path, tmp_path: Path) -> None:
    """R22: the number dialled sets the operator, so nobody chooses it; the caller's is proposed; the way in is kept."""
    async with on_desk(demo_file, tmp_path) as stage:
        rings(stage, "+48601234987")
        await until(stage, lambda: stage.app.call is not None and stage.app.call.answered)
        await stage.pilot.pause(0.8)
        stage.app.go_home()
        await stage.press("f9")
        await typed(stage, "script")
        assert "What is it about?" in stage.text()
        await stage.press("4")
        assert guide(stage).going.operator.code == "LUN"
        await typed(stage, "Jan Nowy")
        assert stage.app.screen.query_one(Field).answer == "+48601234987"
        await stage.press("enter")
        await typed(stage, "61-003")
        await typed(stage, "Poznan")
        await stage.press("1")
        await stage.press("enter", "enter")
        await typed(stage, "too much")
        await typed(stage, "+48601234987")
        await stage.press("1", "escape")
        await stage.settle()
        picture = stage.customer.picture
        assert picture is not None
        [contact] = [one for one in picture.entries if isinstance(one, Contact)]
        assert contact.route is not None
        assert (contact.route.dialled, contact.route.menu) == ("+48800155501", ("fault",))
        assert stage.app.call is not None
        assert stage.app.call.noted
        assert stage.app.call.customer_key == picture.key


async def test_a_second_call_parks_the_guide_and_comes_back_to_it(demo_file: Path, tmp_path: Path) -> None:
    """Somebody else takes the screen: the guide is a draft at its question, and the call's key goes back there."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("Q", "1", "1", "2")
        assert at(stage) == "line_check"
        rings(stage, "+48601234987")
        await until(stage, lambda: not isinstance(stage.app.screen, GuideScreen))
        [draft] = [one for one in stage.app.local.drafts() if one.action == "script"]
        assert draft.answers["_trail"] == "symptom,since"
