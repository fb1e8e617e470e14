"""A console on its own records and a helpdesk far away: what it says while the helpdesk is there, gone, and back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

from backends.contract.samples import a_contact, a_ticket, ago
from backends.errors import Invalid, Unavailable
from backends.memory import MemoryBackend
from backends.outbox import Outbox
from backends.port import Backend, Batch, Put
from backends.records import Contact, Customer, Ticket
from console.desk.several import Several
from console.screens.outbox import OutboxScreen
from tests.desk_stage import Stage, number_of, on_desk
from tests.several_stage import HELPDESK, Far, operator_in, person_in, put

CODE = "third_chase"


class Desk:
    """The stage, and the helpdesk behind it."""

    def __init__(self, stage: Stage, far: Far, there: Customer) -> None:
        self.stage = stage
        self.far = far
        self.there = there

    async def until(self, true: Callable[[], bool], seconds: float = 15.0) -> None:
        """Wait until something is so on screen."""
        for _turn in range(int(seconds / 0.05)):
            await self.stage.settle()
            if true():
                return
            await asyncio.sleep(0.05)
        raise AssertionError(self.stage.text())


@asynccontextmanager
async def desk(file: Path, folder: Path, size: tuple[int, int] = (100, 30)) -> AsyncIterator[Desk]:
    """Give a console whose third_chase is known to the helpdesk as well; contacts are written there."""
    far = Far(name="desk", capabilities=HELPDESK)
    await far.open()

    def around(home: Backend) -> Backend:
        box = Outbox(far, folder / "outbox.db", agent="iga", patience=0.3)
        return Several(home, {"desk": box}, writes={"desk": frozenset({Contact, Ticket})})

    operator = await operator_in(far, "NOR")
    there = await person_in(far, operator, "+46700000000", name="Håkan Lindqvist", number=number_of(CODE))
    await put(far, a_ticket(there, subject="Router byts"), a_contact(there, body="Ringde helpdesken", at=ago(hours=2)))
    async with on_desk(file, folder, size=size, around=around) as stage:
        yield Desk(stage, far, there)


async def test_both_sources_are_one_view(demo_file: Path, tmp_path: Path) -> None:
    """Tickets and contacts of both stand in one list; the title names where they come from."""
    async with desk(demo_file, tmp_path) as one:
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text() and "Ringde helpdesken" in one.stage.text())
        assert "demo, desk" in one.stage.text()


async def test_while_the_helpdesk_is_gone_work_goes_on(demo_file: Path, tmp_path: Path) -> None:
    """What is stored is marked on its row and told as not sent; back again, it is sent once and the mark goes."""
    async with desk(demo_file, tmp_path) as one:
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text())
        one.far.failing = Unavailable("gone", source="desk")
        await one.stage.press("n")
        await one.stage.type("Modemet blinkar")
        await one.stage.press("f2")
        await one.until(lambda: "[not sent yet]" in one.stage.text())
        assert "NOT SENT yet" in one.stage.status()
        await one.until(lambda: "1 not sent yet" in one.stage.text())
        await one.until(lambda: "stale since" in one.stage.text())
        assert "Router byts" in one.stage.text(), "what it told stays"
        one.far.failing = None
        backend = one.stage.backend
        assert isinstance(backend, Several)
        await backend.deliver()
        await one.until(lambda: "not sent yet" not in one.stage.text())
        rows = [
            row.body for row in (await MemoryBackend.timeline(one.far, one.there.key)).rows if isinstance(row, Contact)
        ]
        assert sum("Modemet blinkar" in body for body in rows) == 1


async def test_the_outbox_lists_reads_and_gives_up(demo_file: Path, tmp_path: Path) -> None:
    """O shows what waits, whom it is for, and why; giving up asks first."""
    async with desk(demo_file, tmp_path) as one:
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text())
        one.far.failing = Unavailable("gone", source="desk")
        await one.stage.press("n")
        await one.stage.type("Modemet blinkar")
        await one.stage.press("f2")
        await one.until(lambda: "[not sent yet]" in one.stage.text())
        await one.stage.press("O")
        await one.until(lambda: "Modemet blinkar" in one.stage.text() and "Håkan Lindqvist" in one.stage.text())
        await one.stage.press("enter", "r")
        await one.until(lambda: "CONTACT" in one.stage.text())
        await one.stage.press("escape")
        assert isinstance(one.stage.app.base_screen(), OutboxScreen)
        await one.stage.press("d")
        await one.stage.press("n")
        assert len(one.stage.app.desk.deliveries()) == 1
        await one.stage.press("d")
        await one.stage.press("y")
        await one.until(lambda: not one.stage.app.desk.deliveries())
        await one.until(lambda: "Everything you stored is with its source" in one.stage.text())


async def test_what_was_refused_later_says_why_and_can_be_sent_again(demo_file: Path, tmp_path: Path) -> None:
    """A helpdesk that comes back and says no: the text is still here, and goes out when that is mended."""
    async with desk(demo_file, tmp_path) as one:
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text())
        one.far.failing = Unavailable("gone", source="desk")
        await one.stage.press("n")
        await one.stage.type("Modemet blinkar")
        await one.stage.press("f2")
        await one.until(lambda: "[not sent yet]" in one.stage.text())
        one.far.failing = Invalid("subject", "refused", "too short", source="desk")
        backend = one.stage.backend
        assert isinstance(backend, Several)
        await backend.deliver()
        await one.until(lambda: "1 refused" in one.stage.text())
        await one.stage.press("O")
        await one.until(lambda: "does not take it" in one.stage.text())
        one.far.failing = None
        await one.stage.press("enter", "s")
        await one.until(lambda: not one.stage.app.desk.deliveries())
        assert one.stage.status() == "Sent."


async def test_the_sources_tell_how_they_stand(demo_file: Path, tmp_path: Path) -> None:
    """S lists each source with its state and why."""
    async with desk(demo_file, tmp_path, (132, 43)) as one:
        await one.stage.press("escape", "S")
        await one.until(lambda: "fresh" in one.stage.text())
        assert "desk" in one.stage.text()


async def test_somebody_is_said_to_be_the_same_and_parted_again(demo_file: Path, tmp_path: Path) -> None:
    """= finds a person of the helpdesk whom nothing joins; said to be the same, both are one; u parts them."""
    async with desk(demo_file, tmp_path) as one:
        operator = (await MemoryBackend.operators(one.far))[0]
        stranger = await person_in(one.far, operator, "old@post.example", name="Firma Zeta", number="Z-1")
        await put(one.far, a_ticket(stranger, subject="Zetas ticket"))
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text())
        await one.stage.press("equals_sign")
        await one.until(lambda: "shown as one" in one.stage.text())
        await one.stage.press("slash")
        await one.stage.type("firma zeta")
        await one.until(lambda: "Firma Zeta" in one.stage.text())
        await one.stage.press("enter")
        await one.until(lambda: "The same person: show them as one" in one.stage.text())
        await one.stage.press("s")
        await one.until(lambda: "Zetas ticket" in one.stage.text())
        await one.stage.press("u")
        await one.until(lambda: "Zetas ticket" not in one.stage.text())


async def test_a_colleague_was_faster_and_the_agent_chooses(demo_file: Path, tmp_path: Path) -> None:
    """A ticket changed on both sides: both versions are shown, and mine is stored over theirs when I say so."""
    async with desk(demo_file, tmp_path) as one:
        await one.stage.open(CODE)
        await one.until(lambda: "Router byts" in one.stage.text())
        backend = one.stage.backend
        assert isinstance(backend, Several)
        ticket = next(
            one for one in (await backend.customer_file(one.stage.customer.key)).tickets if one.subject == "Router byts"
        )
        one.far.failing = Unavailable("gone", source="desk")
        await backend.write(Batch((Put(replace(ticket, next_step="ring kunden"), seen=ticket.version),), actor="iga"))
        theirs = (await MemoryBackend.tickets(one.far)).rows[0]
        await MemoryBackend.write(
            one.far, Batch((Put(replace(theirs, next_step="skicka tekniker"), seen=theirs.version),), actor="eva")
        )
        one.far.failing = None
        await backend.deliver()
        await one.stage.press("O")
        await one.until(lambda: "conflict" in one.stage.text())
        await one.stage.press("enter", "r")
        await one.until(lambda: "BOTH VERSIONS" in one.stage.text())
        assert "ring kunden" in one.stage.text()
        assert "skicka tekniker" in one.stage.text()
        await one.stage.press("escape", "enter", "m")
        await one.until(lambda: not one.stage.app.desk.deliveries())
        assert (await MemoryBackend.tickets(one.far)).rows[0].next_step == "ring kunden"
