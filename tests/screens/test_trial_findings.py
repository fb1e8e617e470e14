"""What people who tried the console stumbled over; each promise here was broken once."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from console.desk.local import Draft, LocalStore, Spot
from console.screens.form import FormScreen
from console.screens.palette import PaletteScreen, WordsScreen
from tests.desk_stage import NIGHT, number_of, on_desk
from widgets.body import BodyPane
from widgets.form import Form
from widgets.omnibox import Omnibox
from widgets.rows import RowList


async def test_enter_opens_the_best_match_until_an_arrow_chose_another(demo_file: Path, tmp_path: Path) -> None:
    """The cursor of the results goes back to the first row with each letter."""
    async with on_desk(demo_file, tmp_path) as stage:
        for letter in "bagni":
            await stage.type(letter)
            assert stage.app.home.query_one("#found", RowList).cursor == 0


async def test_the_next_number_begins_anew(demo_file: Path, tmp_path: Path) -> None:
    """The box is empty behind the customer it found."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("outage")
        await stage.press("escape")
        assert stage.app.home.query_one(Omnibox).value == ""
        await stage.open("third_chase")
        assert "Håkan Lindqvist" in stage.text()


async def test_a_number_typed_over_a_customer_finds_the_next_caller(demo_file: Path, tmp_path: Path) -> None:
    """Digits are nothing but the beginning of a number, wherever no text is written."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("outage")
        await stage.open("third_chase")
        assert "Håkan Lindqvist" in stage.text()


async def test_a_new_call_is_found_from_the_history_with_one_key(demo_file: Path, tmp_path: Path) -> None:
    """F3 and Ctrl+N find a customer, while / searches the history."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("outage")
        await stage.press("slash")
        assert isinstance(stage.app.screen, WordsScreen)
        await stage.press("escape", "ctrl+n")
        assert stage.app.base_screen() is stage.app.home


async def test_what_was_taken_back_is_a_draft_again(demo_file: Path, tmp_path: Path) -> None:
    """Undo loses no text: the note that is taken back can be written on."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("prospect")
        await stage.press("n")
        await stage.type("a long story")
        await stage.press("f2", "u")
        await stage.pilot.pause(0.3)
        await stage.press("n")
        assert stage.app.screen.query_one(Form).values()["note"] == "a long story"


async def test_keys_meant_for_a_refused_form_do_nothing(demo_file: Path, tmp_path: Path) -> None:
    """A word typed after a refused key neither undoes nor opens anything."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("third_chase")
        await stage.press("A", "d", "u", "b", "b")
        assert stage.app.screen is stage.customer
        assert stage.customer.picture is not None
        assert not stage.customer.picture.only.directions


async def test_r10_an_untouched_reply_is_not_stored_as_sent(demo_file: Path, tmp_path: Path) -> None:
    """R10: a greeting and a closing with nothing between answer nobody."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("unanswered")
        await stage.press("r", "f2")
        assert isinstance(stage.app.screen, FormScreen)
        assert "Nothing was written yet" in stage.text()


async def test_r26_what_to_say_can_be_read_to_its_end(demo_file: Path, tmp_path: Path) -> None:
    """R26: the sentence to read aloud wraps in the text of the outage."""
    async with on_desk(demo_file, tmp_path, size=(100, 30)) as stage:
        screen = await stage.open("outage")
        assert screen.picture is not None
        say = screen.picture.hits[0].outage.say
        shown = " ".join(screen.query_one("#reading", BodyPane).view.text.split())
        assert " ".join(say.split()) in shown


async def test_times_are_the_customers(demo_file: Path, tmp_path: Path) -> None:
    """What is promised to a British customer is meant and told in British time, wherever the agent sits."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("installation")
        await stage.press("p")
        form = stage.app.screen.query_one(Form)
        form.set_values({"due": "tomorrow 10", "deed": "ring with the visit's time"})
        await stage.press("f2")
        assert screen.picture is not None
        due = max(one.due_at for one in screen.picture.file.promises if one.due_at)
        assert (due.hour, due.day) == (10, NIGHT.day + 1)
        assert "Europe/London" in stage.text()


async def test_the_new_ticket_is_the_chosen_one(demo_file: Path, tmp_path: Path) -> None:
    """After opening a ticket, the next action is about it and not about the one before."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen = await stage.open("third_chase")
        await stage.press("t", "b")
        stage.app.screen.query_one(Form).set_values({"description": "billed twice"})
        await stage.press("f2", "escape")
        await stage.pilot.pause(0.3)
        await stage.settle()
        ticket = screen.open_ticket()
        assert ticket is not None
        assert ticket.subject == "billed twice"


async def test_commands_take_their_words_along(demo_file: Path, tmp_path: Path) -> None:
    """`:callback tomorrow 10` fills in when, and a colon means commands at home too."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("colon")
        assert isinstance(stage.app.screen, PaletteScreen)
        await stage.type(f"find {number_of('prospect')}")
        await stage.press("enter")
        await stage.pilot.pause(0.4)
        await stage.settle()
        await stage.press("colon")
        await stage.type("callback tomorrow 10")
        await stage.press("enter")
        assert stage.app.screen.query_one(Form).values()["due"] == "tomorrow 10"


def _left(folder: Path, store: str, age: timedelta, key: str) -> None:
    """Leave a draft and a spot behind, as a console does that ends without a word."""
    local = LocalStore(folder / "desk.db", store=store, agent="iga")
    local.open()
    local.keep(Draft(key, "note", "", {"note": "where was I"}, NIGHT - age))
    local.at(Spot(key, "note", ""))
    local.close()
    import sqlite3

    with sqlite3.connect(folder / "desk.db") as connection:
        connection.execute("UPDATE places SET process = 999999999")
    connection.close()


async def test_a_fresh_form_comes_back_and_says_so(demo_file: Path, tmp_path: Path) -> None:
    """After a crash within the same call the form is back, with words above it that nobody overlooks."""
    _left(tmp_path, f"sqlite:///{demo_file}", timedelta(minutes=2), "customer:3")
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert isinstance(stage.app.screen, FormScreen)
        assert "Back where you were" in stage.text()


async def test_an_old_form_waits_in_the_drafts(demo_file: Path, tmp_path: Path) -> None:
    """Hours later the console begins at home: the next caller's number must not land in an old note."""
    _left(tmp_path, f"sqlite:///{demo_file}", timedelta(hours=2), "customer:3")
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.pilot.pause(0.3)
        await stage.settle()
        assert stage.app.screen is stage.app.home
        assert "draft is kept" in stage.status()
