"""News at the worst moment: while a customer's screen is being built or taken down."""

from __future__ import annotations

import asyncio
from pathlib import Path

from console.desk.picture import find_one
from console.screens.customer import CustomerScreen
from tests.desk_stage import number_of, on_desk


async def test_news_while_a_screen_is_built_or_taken_down(demo_file: Path, tmp_path: Path) -> None:
    """A minute that passes, outages, changes and a lost source between opening and the first picture end nothing."""
    async with on_desk(demo_file, tmp_path) as stage:
        app = stage.app
        key = await find_one(app.desk.backend, number_of("outage"))
        for _turn in range(5):
            picture = await app.desk.open(key)
            screen = CustomerScreen(key, picture)
            pushed = app.push_screen(screen)
            app._all_dirty = True
            app._refresh_dirty()
            for _moment in range(12):
                app._minute()
                await app.refresh_outages()
                await asyncio.sleep(0)
            await pushed
            popped = app.pop_screen()
            for _moment in range(12):
                app._minute()
                await app.refresh_outages()
                await asyncio.sleep(0)
            await popped
        await stage.settle()
        assert app.failure is None
        assert app.is_running


async def test_news_that_came_while_a_screen_was_built_is_shown(demo_file: Path, tmp_path: Path) -> None:
    """What changed between reading a customer and showing them is on the screen by itself."""
    from console.desk.acts.contacts import log_contact

    async with on_desk(demo_file, tmp_path) as stage:
        app = stage.app
        key = await find_one(app.desk.backend, number_of("prospect"))
        picture = await app.desk.open(key)
        await app.desk.backend.write(log_contact(app.desk.scene(picture), {"note": "in between", "outcome": "solved"}))
        pushed = app.push_screen(CustomerScreen(key, picture))
        app._dirty.add(key)
        app._refresh_dirty()
        await pushed
        for _wait in range(100):
            await stage.pilot.pause(0.02)
            if "in between" in stage.text():
                break
        assert "in between" in stage.text()
