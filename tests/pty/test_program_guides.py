"""A guide in the real program, killed in the middle: the next console stands at the same question, by keys alone."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from backends.registry import backend_for
from console.desk.picture import find_one
from tests.desk_stage import number_of
from tests.pty.program_stage import ENTER, at_home, bodies, console, drafts, open_by_number
from tests.pty.terminal_harness import Session


def kill(session: Session) -> None:
    """End the console as the kernel would for want of memory."""
    os.kill(session.pid, signal.SIGKILL)
    session.wait_exit()


async def handovers(file: Path) -> int:
    """Return how many hand-overs the prospect has."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        key = await find_one(backend, number_of("prospect"))
        return len((await backend.customer_file(key)).handovers)
    finally:
        await backend.close()


@pytest.mark.slow
def test_r22_a_killed_script_resumes_where_it_was(demo_file: Path, tmp_path: Path) -> None:
    """Killed after three answers and half a word: customer, question and word are there; it ends stored once."""
    before = len(bodies(demo_file))
    with console(tmp_path, demo_file) as session:
        at_home(session)
        open_by_number(session, "prospect")
        session.send(b"Q")
        session.wait_for("What is it about?")
        session.send(b"1")
        session.wait_for("ingenting fungerar")
        for answer, then in ((b"1", "alldeles nyss"), (b"2", "a fault on our side"), (b"2", "Med egna ord")):
            session.send(answer)
            session.wait_for(then)
        session.send(b"red li")
        session.wait_until(lambda: [one.get("_typed") for one in drafts(tmp_path)] == ["red li"], what="the draft")
        kill(session)
    with console(tmp_path, demo_file) as session:
        session.wait_for("Is it still the same caller?")
        session.wait_for("red li")
        assert "sedan i dag" in session.text
        session.send(b"ght" + ENTER)
        session.wait_for("+46")
        session.send(ENTER)
        session.wait_for("they must accept it")
        session.send(b"1")
        session.wait_for("Please note this number")
        session.wait_until(lambda: drafts(tmp_path) == [], what="no draft of what is stored")
    stored = bodies(demo_file)
    assert len(stored) == before + 1
    assert "red light" in stored[-1]
    assert asyncio.run(handovers(demo_file)) == 1


@pytest.mark.slow
def test_a_killed_strangers_script_resumes_too(demo_file: Path, tmp_path: Path) -> None:
    """Nobody is open yet, and still nothing is lost: name, place in the guide and operator come back."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        session.send(b":")
        session.wait_for("a part of its name")
        session.send(b"script" + ENTER)
        session.wait_for("For which operator is the call?")
        session.send(b"1")
        session.wait_for("What is it about?")
        session.send(b"1")
        session.wait_for("what is your name")
        session.send(b"Jan Nowy" + ENTER)
        session.wait_for("On which number")
        session.wait_until(lambda: [one.get("_trail") for one in drafts(tmp_path)] == ["caller_name"], what="the draft")
        kill(session)
    with console(tmp_path, demo_file) as session:
        session.wait_for("Is it still the same caller?")
        session.wait_for("On which number")
        assert "Jan Nowy" in session.text
