"""A console on a small demo operator, at a fixed night, for tests of screens, snapshots and real terminals."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from textual.pilot import Pilot

from backends.port import Backend
from backends.records import Role
from backends.registry import backend_for
from console.app import Cordboard
from console.demo import highlights, load
from console.desk.desk import Desk, agent_for
from console.desk.local import LocalStore
from console.screens.customer import CustomerScreen

NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
"""A Saturday night in November."""
CUSTOMERS = 24
SEED = 1
ALL_ROLES = frozenset({Role.DESK, Role.HOTLINE, Role.TECHNICAL, Role.SUPERVISOR})


def number_of(code: str) -> str:
    """Return the customer number of a showcase, e.g. `third_chase`."""
    return highlights()[code].number


def make_demo(file: Path) -> Path:
    """Write the demo into a database file."""

    async def write() -> None:
        backend = backend_for(f"sqlite:///{file}")
        await backend.open()
        try:
            await load(backend, customers=CUSTOMERS, seed=SEED, now=NIGHT)
        finally:
            await backend.close()

    asyncio.run(write())
    return file


def copy_of(file: Path, folder: Path) -> Path:
    """Return a copy of a closed database file, to be written to."""
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / file.name
    for part in file.parent.glob(f"{file.name}*"):
        shutil.copy(part, folder / part.name)
    return copy


class Stage:
    """A running console with its pilot."""

    def __init__(self, app: Cordboard, pilot: Pilot[int]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def backend(self) -> Backend:
        """The records."""
        return self.app.desk.backend

    @property
    def customer(self) -> CustomerScreen:
        """The open customer's screen."""
        screen = self.app.base_screen()
        assert isinstance(screen, CustomerScreen), screen
        return screen

    async def settle(self) -> None:
        """Wait until nothing is under way but the listening."""
        for _round in range(50):
            await self.pilot.pause()
            busy = [one for one in self.app.workers if one.group != "live" and not one.is_finished]
            if not busy and not self.app.screen._pruning:
                break
            await asyncio.sleep(0.01)
        await self.pilot.pause()

    async def read_all(self) -> None:
        """Wait until home also tells what is to be done, which it reads after everything else."""
        for _round in range(500):
            await self.settle()
            if "F4" in self.text() and "to do" in self.text():
                return
            await asyncio.sleep(0.02)
        raise AssertionError(self.text())

    async def press(self, *keys: str) -> None:
        """Press keys as somebody who looks at what each one does, then settle."""
        for key in keys:
            await self.pilot.press(key)
            if key == "enter" or key.isdecimal():
                await self.stored()
        await self.settle()

    async def stored(self) -> None:
        """Wait until what is being stored is stored and keys act again; a source that hangs is not waited for."""
        for _round in range(80):
            storing = any(one.group == "store" and not one.is_finished for one in self.app.workers)
            if not storing and not self.app.phone.hush.after_storing:
                return
            await asyncio.sleep(0.02)

    async def type(self, text: str) -> None:
        """Type a text into whatever has the focus."""
        named = {" ": "space", "/": "slash", ":": "colon", ".": "full_stop", ",": "comma", "-": "minus", "+": "plus"}
        await self.pilot.press(*(named.get(character, character) for character in text))
        await self.settle()

    async def open(self, code: str) -> CustomerScreen:
        """Open a showcase customer by typing their number and Enter."""
        await self.type(number_of(code))
        if self.app.base_screen() is self.app.home:
            await self.press("enter")
        await self.settle()
        return self.customer

    def text(self) -> str:
        """Return what is on the screen, line by line."""
        lines = []
        for strips in self.app.screen._compositor.render_strips():
            lines.append("".join(segment.text for segment in strips).rstrip())
        return "\n".join(lines)

    def status(self) -> str:
        """Return the words in the status line."""
        from widgets.bottom import StatusLine

        return self.app.base_screen().query_one("#status", StatusLine).view.words


@asynccontextmanager
async def on_desk(
    file: Path,
    folder: Path,
    *,
    size: tuple[int, int] = (80, 24),
    login: str = "iga",
    roles: frozenset[Role] = ALL_ROLES,
    theme: str = "",
    now: datetime = NIGHT,
    around: Callable[[Backend], Backend] | None = None,
) -> AsyncIterator[Stage]:
    """Run a console on a database file; its own drafts are in `folder`. `around` puts other sources beside the file."""
    backend = backend_for(f"sqlite:///{file}")
    if around is not None:
        backend = around(backend)
    await backend.open()
    local = LocalStore(folder / "desk.db", store=backend.url, agent=login)
    local.open()
    desk = Desk(backend, agent_for(login, roles=roles), ZoneInfo("Europe/Warsaw"), clock=lambda: now)
    await desk.start()
    app = Cordboard(desk, local, theme=theme)
    try:
        async with app.run_test(size=size) as pilot:
            stage = Stage(app, pilot)
            await stage.settle()
            yield stage
    finally:
        local.close()
        await backend.close()
