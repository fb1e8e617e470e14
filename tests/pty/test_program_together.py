"""Two consoles, another program and the command line on one file: nothing lost, nothing late, nothing for nothing."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from backends.registry import backend_for
from tests.desk_stage import number_of
from tests.pty import program_writer
from tests.pty.program_stage import (
    F2,
    at_home,
    bodies,
    command,
    console,
    environment,
    note_form,
    open_by_number,
)
from tests.pty.terminal_harness import Session


def log_a_call(session: Session, note: str) -> None:
    """Log a call in a console; returns once the console says that it is stored."""
    note_form(session)
    session.send(note.encode())
    session.wait_for(note)
    session.send(F2)
    session.wait_until(
        lambda: "Contact stored." in session.text and "Log a contact" not in session.text.replace("n Log contact", ""),
        what="the contact stored",
    )
    session.send(b"\x12")  # reload: the next "stored" is another one
    session.wait_until(lambda: "locked" not in session.text)


def a_minute_of_writes(demo_file: Path, tmp_path: Path, seconds: float) -> tuple[list[str], list[bytes]]:
    """Let two consoles, a program and the command line write at once; return what was acknowledged and said."""
    number = number_of("prospect")
    acknowledged: list[str] = []
    said: list[bytes] = []
    arguments = [sys.executable, program_writer.__file__, str(demo_file), number, "w", "100000", "0.02", str(seconds)]
    with (
        console(tmp_path / "a", demo_file) as one,
        console(tmp_path / "b", demo_file, CORDBOARD_AGENT="marek") as two,
        subprocess.Popen(
            arguments, env=environment(tmp_path, demo_file), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as writer,
    ):
        for session in (one, two):
            at_home(session)
            open_by_number(session, "prospect")
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end:
            for name, session in (("one", one), ("two", two)):
                note = f"{name}-{turn:04d}"
                log_a_call(session, note)
                acknowledged.append(note)
            if turn % 4 == 0:
                said.append(command(tmp_path / "c", demo_file, "show", number, "--json").stderr)
            turn += 1
        output, errors = writer.communicate(timeout=60)
        acknowledged += output.decode().split()
        said += [errors, bytes(one.raw), bytes(two.raw)]
        assert writer.returncode == 0, errors
    return acknowledged, said


def nothing_is_lost(demo_file: Path, acknowledged: list[str], said: list[bytes]) -> None:
    """Check that each acknowledged contact is there once, that nobody met a lock, and that the file is sound."""
    stored = bodies(demo_file)
    assert len(acknowledged) == len(set(acknowledged)) > 20
    assert [note for note in acknowledged if stored.count(note) != 1] == []
    for words in said:
        assert b"locked" not in words
        assert b"Traceback" not in words

    async def check() -> list[str]:
        backend = backend_for(f"sqlite:///{demo_file}")
        await backend.open()
        try:
            return [name for name, sound, _detail in await backend.check() if not sound]  # type: ignore[attr-defined]
        finally:
            await backend.close()

    assert asyncio.run(check()) == []


@pytest.mark.slow
def test_thirty_seconds_of_writes_by_all(demo_file: Path, tmp_path: Path) -> None:
    """Two consoles, a program and the command line write for half a minute: all of it is there, each once."""
    nothing_is_lost(demo_file, *a_minute_of_writes(demo_file, tmp_path, 30))


@pytest.mark.bench
def test_two_minutes_of_writes_by_all(demo_file: Path, tmp_path: Path) -> None:
    """The same for two minutes."""
    nothing_is_lost(demo_file, *a_minute_of_writes(demo_file, tmp_path, 120))


def test_a_change_of_one_appears_at_the_other_without_a_key(demo_file: Path, tmp_path: Path) -> None:
    """A contact of another console and an outage of the command line are on screen by themselves, within a second."""
    with console(tmp_path / "a", demo_file) as one, console(tmp_path / "b", demo_file, CORDBOARD_AGENT="marek") as two:
        for session in (one, two):
            at_home(session)
            open_by_number(session, "prospect")
        log_a_call(one, "seen by the other desk")
        two.wait_for("seen by the other desk", 3)
        live = json.loads(command(tmp_path / "c", demo_file, "outage", "list", "--json").stdout)
        reference = next(each["reference"] for each in live if each["state"] == "suspected")
        two.send(b"o")
        two.wait_for("[Outages]")
        two.wait_for("SUSPECTED")
        done = command(tmp_path / "c", demo_file, "outage", "confirm", reference)
        assert done.returncode == 0, done.stderr
        two.wait_until(lambda: "SUSPECTED" not in two.text, 3, "the outage confirmed")


@pytest.mark.parametrize("where", ["home", "customer", "form"])
def test_an_idle_console_costs_nothing(demo_file: Path, tmp_path: Path, where: str) -> None:
    """For five seconds without a key: not a byte, hardly a wake-up, and no processor time."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        if where != "home":
            open_by_number(session, "prospect")
        if where == "form":
            note_form(session)
            session.send(b"word")
        session.wait_quiet(1.5)
        while not 3 < time.time() % 60 < 53:
            time.sleep(0.5)  # ages change with the minute
        size, woken, used = len(session.raw), session.switches(), session.cpu_seconds()
        time.sleep(5)  # idleness can only be seen by waiting
        assert len(session.raw) == size
        assert session.switches() - woken <= 15, "the toolkit's own driver wakes fifty times in this time"
        assert session.cpu_seconds() - used <= 0.05
