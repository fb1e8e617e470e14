"""Working through a list: back from a customer to the next row, filter and place kept; a call still goes home."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from backends.port import Batch, Put
from backends.records import AnswerState, Contact
from console.rules.agenda import ItemKind
from console.screens.agenda import AgendaScreen
from console.screens.lists import QueueScreen
from tests.desk_stage import Stage, copy_of, on_desk
from widgets.rows import RowList


async def until(stage: Stage, true: Callable[[], bool]) -> None:
    """Wait until something is true; fails when it does not become so."""
    for _round in range(300):
        await stage.settle()
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(stage.text())


async def at_a_message(stage: Stage) -> tuple[AgendaScreen, list[str], int]:
    """Open the list of messages alone, on its second row; returns the list, its rows, which has the cursor."""
    await stage.press("f4")
    screen = stage.app.screen
    assert isinstance(screen, AgendaScreen)
    for _press in range(12):
        if {one.kind for one in screen.to_do.shown()} == {ItemKind.MESSAGE}:
            break
        await stage.press("v")
    names = [one.name for one in screen.to_do.shown()]
    assert len(names) > 2
    await stage.press("down")
    return screen, names, 1


@pytest.mark.parametrize("key", ["escape", "q"])
async def test_what_was_done_is_gone_and_the_next_row_has_the_cursor(demo_file: Path, tmp_path: Path, key: str) -> None:
    """Enter, done at the customer, back: the same list with the same filter, on the row that comes next."""
    async with on_desk(copy_of(demo_file, tmp_path / "store"), tmp_path) as stage:
        screen, names, at = await at_a_message(stage)
        only = screen.to_do.only
        item = screen.chosen()
        assert item is not None
        assert isinstance(item.record, Contact)
        await stage.press("enter")
        assert stage.customer.picture is not None
        waiting = await stage.backend.contact(item.record.key)
        answered = replace(waiting, answer=AnswerState.ANSWERED)
        await stage.backend.write(Batch((Put(answered, seen=waiting.version),), actor="test"))
        await stage.press(key)
        assert stage.app.screen is screen
        await until(stage, lambda: item.name not in [one.name for one in screen.to_do.shown()])
        assert screen.to_do.only == only
        assert screen.query_one(RowList).cursor_key == names[at + 1]


async def test_nothing_done_leaves_the_place(demo_file: Path, tmp_path: Path) -> None:
    """Looked at only, it is still to be done: the cursor stays on it, also when the key of the list leads back."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen, names, at = await at_a_message(stage)
        for key in ("escape", "f4"):
            await stage.press("enter")
            assert stage.customer.picture is not None
            await stage.press(key)
            assert stage.app.screen is screen
            assert screen.query_one(RowList).cursor_key == names[at]


async def test_a_list_opened_anew_goes_on_behind_what_was_done(demo_file: Path, tmp_path: Path) -> None:
    """A call came in between: M goes on at the next row still there, not at the first."""
    async with on_desk(demo_file, tmp_path) as stage:
        screen, names, at = await at_a_message(stage)
        await stage.press("enter", "f3")
        assert stage.app.screen is stage.app.home
        screen.to_do.without(names[at])
        await stage.press("f4")
        again = stage.app.screen
        assert isinstance(again, AgendaScreen)
        assert again is not screen
        assert again.query_one(RowList).cursor_key in (names[at], names[at + 1])  # reading again may bring it back


@pytest.mark.parametrize("key", ["f3", "5"])
async def test_the_next_caller_is_found_at_home(demo_file: Path, tmp_path: Path, key: str) -> None:
    """F3 and a digit lead from a customer that a list led to straight home; nothing is left on the stack."""
    async with on_desk(demo_file, tmp_path) as stage:
        await at_a_message(stage)
        await stage.press("enter", key)
        assert stage.app.screen is stage.app.home
        assert stage.app.home.typed() == ("5" if key == "5" else "")
        assert len(stage.app.screen_stack) == 1


async def test_messages_that_wait_are_worked_through_in_the_same_way(demo_file: Path, tmp_path: Path) -> None:
    """From a message of the list w opens, Esc and w lead back to its row."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.press("escape", "w", "down")
        screen = stage.app.screen
        assert isinstance(screen, QueueScreen)
        row = screen.query_one(RowList).cursor_key
        for key in ("escape", "w"):
            await stage.press("enter")
            assert stage.customer.picture is not None
            await stage.press(key)
            assert stage.app.screen is screen
            assert screen.query_one(RowList).cursor_key == row


async def test_lists_over_customers_over_lists_do_not_pile_up(demo_file: Path, tmp_path: Path) -> None:
    """Whoever goes from list to customer to list all night has a handful of screens, and Esc ends at home."""
    async with on_desk(demo_file, tmp_path) as stage:
        await stage.open("third_chase")
        for _round in range(4):
            await stage.press("f4", "enter")
            await stage.press("w", "enter")
            assert stage.customer.picture is not None
            assert len(stage.app.screen_stack) <= 6
        for _step in range(6):
            if stage.app.screen is not stage.app.home:
                await stage.press("escape")
        assert stage.app.screen is stage.app.home


async def test_r32_colleagues_are_told_of_the_customer_on_top(demo_file: Path, tmp_path: Path) -> None:
    """Back at the customer below the list, that one is open again for colleagues."""
    async with on_desk(demo_file, tmp_path) as stage:
        first = await stage.open("third_chase")
        await stage.press("f4", "down", "enter")
        second = stage.customer
        assert stage.app.presence.tells(second)
        await stage.press("escape", "escape")
        assert stage.customer is first
        place = stage.app.presence.place()
        assert place is not None
        assert place.customer_key == first.key
