"""A night shift by keys alone, in the real program: pops, outage, script, mail, chase; every flow is counted."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backends.port import Batch, Put
from backends.records import AnswerState, Channel, Contact, Direction, new_key
from backends.registry import backend_for
from console.desk.picture import find_one
from console.flows import FLOWS, TYPED
from console.keynames import key_named
from tests.desk_stage import number_of
from tests.pty.program_stage import at_home, command, console
from tests.pty.terminal_harness import Session

FLOW = {one.id: one for one in FLOWS}
_BYTES = {"enter": b"\r", "tab": b"\t", "f2": b"\x1bOQ", "escape": b"\x07"}


@pytest.fixture
def desk(demo_file: Path, tmp_path: Path) -> Iterator[Session]:
    """Yield a console at home, 80x24, at night."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        yield session


def play(session: Session, flow: str, *seen: str, text: str = "") -> None:
    """Press a flow's keys, each once what the former brought is on screen; `seen` is waited for after each key."""
    for key, words in zip(FLOW[flow].keys, seen, strict=True):
        assert key == TYPED or key_named(key) == key
        session.send(text.encode() if key == TYPED else _BYTES.get(key, key.encode()))
        session.wait_for(words)


def pop(home: Path, file: Path, *arguments: str) -> None:
    """Let somebody ring: tell the running console from another process, as an exchange does."""
    ended = command(home, file, "pop", *arguments)
    assert ended.returncode == 0, ended.stderr


def taken(session: Session, words: str) -> None:
    """Wait for a caller's view, and until keys are commands again: those pressed as it came were meant for another."""
    session.wait_for(words)
    session.wait_quiet(1.0)


def rows(file: Path, query: str) -> list[tuple[Any, ...]]:
    """Return what is stored."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        return connection.execute(query).fetchall()
    finally:
        connection.close()


def phone_of(file: Path, code: str) -> str:
    """Return the telephone number of a showcase customer."""

    async def found() -> str:
        backend = backend_for(f"sqlite:///{file}")
        await backend.open()
        try:
            key = await find_one(backend, number_of(code))
            (customer,) = await backend.customers([key])
            return next(one.value for one in customer.points if one.value.startswith("+"))
        finally:
            await backend.close()

    return asyncio.run(found())


def a_mail_comes(file: Path, code: str, subject: str, body: str) -> None:
    """Let a customer write in the night."""

    async def store() -> None:
        backend = backend_for(f"sqlite:///{file}")
        await backend.open()
        try:
            key = await find_one(backend, number_of(code))
            (customer,) = await backend.customers([key])
            mail = Contact(
                new_key(), "", key, customer.operator_key, Channel.EMAIL, Direction.INBOUND, datetime.now(UTC),
                subject, body, answer=AnswerState.WAITING,
            )  # fmt: skip
            await backend.write(Batch((Put(mail),), actor="mailbox", act="create"))
        finally:
            await backend.close()

    asyncio.run(store())


def test_no_flow_takes_more_keys_than_it_may() -> None:
    """Identify with three after the number, log and wrap up with six, attach with two; the table tells the truth."""
    assert {flow.id: flow.count for flow in FLOWS if flow.count > flow.most} == {}
    assert (FLOW["identify"].most, FLOW["log"].most, FLOW["attach"].most) == (3, 6, 2)


def test_r22_a_night_shift_by_keys_alone(desk: Session, demo_file: Path, tmp_path: Path) -> None:
    """R22, R26, R37, R10: each caller pops up, each flow takes the keys of the table, and what it stored is there."""
    # Somebody in the middle of the outage rings: attached, no ticket.
    tickets = rows(demo_file, "SELECT count(*) FROM ticket")
    pop(tmp_path, demo_file, phone_of(demo_file, "outage"))
    taken(desk, "Barbara Zielińska · ")
    pop(tmp_path, demo_file, phone_of(demo_file, "outage"), "--state", "answered")
    play(desk, "attach", "Attached to")
    assert rows(demo_file, "SELECT count(*) FROM ticket") == tickets
    assert rows(demo_file, "SELECT count(*) FROM contact WHERE outage_id IS NOT NULL") == [(1,)]

    # Somebody else rings meanwhile: one key goes there, the script asks, technical gets it, the number is read out.
    handed = rows(demo_file, "SELECT count(*) FROM handover")[0][0]
    pop(tmp_path, demo_file, phone_of(demo_file, "contract_end"))
    desk.wait_for("Somebody else rings")
    desk.send(b"I")
    taken(desk, "Margaret Tremlett · ")
    asked = ("What is it about?", "question 1", "question 2", "question 3", "In their words", "Reach them on")
    play(desk, "script", *asked, "Stored:", "Please note this number")
    assert rows(demo_file, "SELECT count(*) FROM handover")[0][0] == handed + 1
    desk.wait_quiet(1.0)  # a key that comes right after the end of a script does nothing
    desk.send(b"\x07")

    # The oldest mail is answered.
    waiting = rows(demo_file, "SELECT count(*) FROM contact WHERE answer = 'waiting'")[0][0]
    play(desk, "mail", "Waiting for an answer", "History", "Reply", "we are on it", "stored", text="we are on it")
    assert rows(demo_file, "SELECT count(*) FROM contact WHERE answer = 'waiting'")[0][0] == waiting - 1

    # A mail comes in about the matter of a customer who is on screen: it is a chase of it.
    play(desk, "identify", "Håkan Lindqvist · ", text=number_of("third_chase"))
    chases = rows(demo_file, "SELECT count(*) FROM chase")[0][0]
    words = "Hej, vi har fortfarande inget nät sedan gatan grävdes upp."
    a_mail_comes(demo_file, "third_chase", "Fortfarande inget nät", words)
    desk.wait_for("Fortfarande inget nät")
    desk.send(b"g")
    play(desk, "join", "Joined")
    assert rows(demo_file, "SELECT count(*) FROM chase")[0][0] == chases + 1
    desk.send(b"u")
    desk.wait_for("Taken back: Join")
    assert rows(demo_file, "SELECT count(*) FROM chase")[0][0] == chases
