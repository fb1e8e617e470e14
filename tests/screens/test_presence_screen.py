"""Colleagues on the customer's screen (R32), without a second process: the line, the lock, the form."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from backends.port import Presence
from backends.registry import backend_for
from console.screens.lock import LockScreen
from tests.desk_stage import Stage, copy_of, on_desk


async def until(stage: Stage, true: Callable[[], bool]) -> None:
    """Wait until something is true; fails when it does not become so."""
    for _round in range(300):
        await stage.settle()
        if true():
            return
        await asyncio.sleep(0.02)
    raise AssertionError(stage.text())


async def test_r32_a_colleague_is_shown_at_once_and_gone_at_once(demo_file: Path, tmp_path: Path) -> None:
    """R32: told by a second desk on the same file, the line is there without a key, and leaves without a trace."""
    file = copy_of(demo_file, tmp_path / "two")
    async with on_desk(file, tmp_path) as stage:
        screen = await stage.open("prospect")
        before = stage.text()
        other = backend_for(f"sqlite:///{file}")
        await other.open()
        try:
            now = datetime.now(UTC)
            place = Presence("marek", screen.key, now, now, writing=True)
            await other.present(place, agent="marek", console="b")
            await until(stage, lambda: "has this open, writing" in stage.text())
            await other.present(None, agent="marek", console="b")
            await until(stage, lambda: "has this open" not in stage.text())
        finally:
            await other.close()
        assert stage.text() == before


async def test_r32_locked_nobody_is_there(demo_file: Path, tmp_path: Path) -> None:
    """R32: hidden behind the lock the agent is not shown to others; a form that was begun is writing again after it."""
    async with on_desk(copy_of(demo_file, tmp_path / "two"), tmp_path) as stage:
        screen = await stage.open("prospect")
        await stage.press("n")
        await stage.type("half")
        presence = stage.app.presence
        place = presence.place()
        assert place is not None
        assert (place.customer_key, place.writing) == (screen.key, True)
        await stage.app.push_screen(LockScreen())
        assert presence.place() is None
        await stage.press("enter")
        place = presence.place()
        assert place is not None
        assert place.writing
        await stage.press("escape")
        place = presence.place()
        assert place is not None
        assert not place.writing


async def test_r32_the_list_of_what_to_do_is_no_leaving(demo_file: Path, tmp_path: Path) -> None:
    """R32: who looks at their list with a customer open still has that customer open; home is leaving."""
    async with on_desk(copy_of(demo_file, tmp_path / "two"), tmp_path) as stage:
        screen = await stage.open("prospect")
        await stage.press("M")
        place = stage.app.presence.place()
        assert place is not None
        assert place.customer_key == screen.key
        await stage.press("escape", "escape")
        assert stage.app.presence.place() is None
