"""Who has which customer open (R32): what a console tells, when it is quiet, and how it is worded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from datetime import UTC, timedelta
from typing import Any

import pytest

from backends.errors import Unavailable
from backends.port import Presence
from backends.records import Agent
from console.desk import presence as telling
from console.desk.presence import PresenceTeller
from console.present.presence import others_line
from console.present.setting import Now
from tests.acts_stage import NOW, Counter, at_counter


class Told:
    """What a backend was told, beside what it keeps of it."""

    def __init__(self, counter: Counter, patch: pytest.MonkeyPatch) -> None:
        self.places: list[Presence | None] = []
        self.fails = False
        kept = counter.desk.backend.present

        async def present(place: Presence | None, *, agent: str, console: str) -> None:
            self.places.append(place)
            if self.fails:
                raise Unavailable(source="memory")
            await kept(place, agent=agent, console=console)

        patch.setattr(counter.desk.backend, "present", present)

    async def until(self, true: Callable[[], bool]) -> None:
        """Wait until something is true."""
        for _round in range(500):
            if true():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(self.places)


@asynccontextmanager
async def telling_at(counter: Counter) -> AsyncIterator[PresenceTeller]:
    """Run a console's telling."""
    teller = PresenceTeller(counter.desk)
    task = asyncio.create_task(teller.run())
    try:
        yield teller
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_r32_nothing_is_told_while_nobody_is_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: a console at home costs nothing; one that goes home says so once."""
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        async with telling_at(counter) as teller:
            await asyncio.sleep(0.02)
            assert told.places == []
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) == 1)
            teller.close(counter)
            await told.until(lambda: told.places[-1] is None)
            await asyncio.sleep(0.02)
            assert len(told.places) == 2


async def test_r32_writing_is_told_when_it_begins_and_ends_and_not_by_the_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R32: a hundred keys are one change."""
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) == 1)
            for _key in range(100):
                teller.write(True, "t1")
            await told.until(lambda: len(told.places) == 2)
            assert told.places[-1] is not None
            assert (told.places[-1].writing, told.places[-1].ticket_key) == (True, "t1")
            teller.write(False)
            await told.until(lambda: len(told.places) == 3)
            await asyncio.sleep(0.02)
            assert len(told.places) == 3


async def test_r32_it_is_told_again_before_it_is_too_old(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: the beat repeats where the agent is, so that only a console that is gone is forgotten."""
    monkeypatch.setattr(telling, "HEARTBEAT", 0.01)
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) >= 4)
            assert {one.customer_key for one in told.places if one} == {counter.customer.key}


async def test_r32_a_source_that_does_not_take_it_is_told_with_the_next_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: telling is no act: a failure is nobody's business, and is made good."""
    monkeypatch.setattr(telling, "HEARTBEAT", 0.01)
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        told.fails = True
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) >= 2)
            told.fails = False
            colleague = replace(counter.desk, agent=Agent("", "mia", "Mia", frozenset()))
            seen: tuple[Any, ...] = ()
            for _round in range(300):
                seen = await PresenceTeller(colleague).others(counter.customer.key)
                if seen:
                    break
                await asyncio.sleep(0.01)
            assert [one.agent for _name, one in seen] == ["ola"]


async def test_r32_a_lock_hides_who_is_there_and_unlocking_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: a locked screen has nobody in front of it."""
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) == 1)
            teller.hide()
            await told.until(lambda: told.places[-1] is None)
            teller.show()
            await told.until(lambda: told.places[-1] is not None)


async def test_r32_a_screen_that_goes_late_does_not_take_the_next_ones_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """R32: the next customer opens before the last screen is gone; the agent is at the next one."""
    async with at_counter() as counter:
        Told(counter, monkeypatch)
        teller = PresenceTeller(counter.desk)
        first, second = object(), object()
        teller.open(first, "c1")
        teller.open(second, "c2")
        teller.close(first)
        place = teller.place()
        assert place is not None
        assert place.customer_key == "c2"


async def test_r32_leaving_says_so_and_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: the last word is said when the console ends; a source that hangs does not hold it."""
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await told.until(lambda: len(told.places) == 1)
        await teller.leave()
        assert told.places[-1] is None

        async def hang(*_args: Any, **_named: Any) -> None:
            await asyncio.Event().wait()

        monkeypatch.setattr(telling, "GOODBYE", 0.01)
        monkeypatch.setattr(counter.desk.backend, "present", hang)
        teller._told = Presence("ola", "c1", NOW, NOW)
        await teller.leave()


async def test_r32_one_is_not_told_of_oneself() -> None:
    """R32: a second console of the same agent is no colleague; names are those of the agents."""
    async with at_counter() as counter:
        await counter.stored(Agent("new:0123456789abcdef0123456789abcdef", "mia", "Mia Lind"))
        for login in ("ola", "mia"):
            place = Presence(login, counter.customer.key, NOW, NOW, writing=login == "mia")
            await counter.backend.present(place, agent=login, console=login)
        found = await PresenceTeller(counter.desk).others(counter.customer.key)
        assert [(name, one.writing) for name, one in found] == [("Mia Lind", True)]


async def test_r32_a_source_that_cannot_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """R32: where nobody keeps who is where, nothing is asked, told or shown."""
    async with at_counter() as counter:
        told = Told(counter, monkeypatch)
        monkeypatch.setattr(counter.desk.backend, "capabilities", frozenset())
        async with telling_at(counter) as teller:
            teller.open(counter, counter.customer.key)
            await asyncio.sleep(0.02)
            assert told.places == []
            assert await teller.others(counter.customer.key) == ()


@pytest.mark.parametrize(
    ("writing", "minutes", "expected"),
    [
        ((), (), ""),
        ((True,), (0,), "Marta has this open, writing"),
        ((False,), (0,), "Marta has this open"),
        ((False,), (5,), "Marta has this open  for 5 min"),
        ((True, False), (0, 0), "Marta (writing) and Ola have this open"),
    ],
)
def test_r32_who_has_it_open_is_one_line(writing: tuple[bool, ...], minutes: tuple[int, ...], expected: str) -> None:
    """R32: who, whether they write, and for how long; nobody is no line."""
    names = ("Marta", "Ola")
    others = [
        (name, Presence(name, "c1", NOW - timedelta(minutes=ago), NOW, writing=writes))
        for name, writes, ago in zip(names, writing, minutes, strict=False)
    ]
    line = others_line(others, Now(NOW, UTC))
    assert "".join(span.text for span in line) == expected


def test_r32_what_a_colleague_writes_about_is_named() -> None:
    """R32: the ticket stands beside them, where it is on the screen."""
    others = [("Marta", Presence("marta", "c1", NOW, NOW, ticket_key="t1", writing=True))]
    for references, expected in (({"t1": "NOR-1"}, " · NOR-1"), ({"t2": "NOR-2"}, "")):
        line = others_line(others, Now(NOW, UTC), references)
        assert "".join(span.text for span in line) == "Marta has this open, writing" + expected
