"""The console killed at any moment: what was typed is back, what was stored is whole and there once."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import sqlite3
import time
from pathlib import Path

import pytest

from backends.records import Contact
from backends.registry import backend_for
from console.desk.picture import find_one
from tests.desk_stage import number_of
from tests.pty.program_stage import F2, at_home, bodies, command, console, drafts, note_form, open_by_number
from tests.pty.terminal_harness import Session

TYPING = 10
SAVING = 14
SAFE = 1.0
"""Seconds after which what was typed has to be on the disk."""


def kill(session: Session) -> None:
    """End the console as the kernel would for want of memory."""
    os.kill(session.pid, signal.SIGKILL)
    session.wait_exit()


def type_until_killed(session: Session, tag: str, seconds: float) -> str:
    """Type word after word, kill in the middle, and return what had been typed long enough before."""
    typed: list[tuple[float, str]] = []
    end = time.monotonic() + seconds
    word = 0
    while (now := time.monotonic()) < end:
        text = f"{tag}{word:03d} "  # five characters in 80 ms: faster than anybody types
        session.send(text.encode())
        typed.append((now, text))
        word += 1
        time.sleep(0.08)
    killed = time.monotonic()
    kill(session)
    return "".join(text for at, text in typed if at <= killed - SAFE)


async def whole(file: Path) -> list[str]:
    """Return what is wrong with the records: failed checks, contacts without their rows, events of nothing."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        wrong = [name for name, sound, _detail in await backend.check() if not sound]  # type: ignore[attr-defined]
        verdict = await backend.audit_verify()
        wrong += [] if verdict.broken_at is None else ["audit"]
        key = await find_one(backend, number_of("prospect"))
        page = await backend.timeline(key, limit=200)
        contacts = [one for one in page.rows if isinstance(one, Contact)]
        total = (await backend.customer_file(key)).contacts_total
        wrong += [] if len(contacts) == total else ["count"]
        for one in contacts:
            body = (await backend.contact(one.key)).body
            hits = await backend.search_text(body.split()[0]) if body.startswith("s") and "-" in body else None
            wrong += [] if hits is None or one.key in {hit.contact.key for hit in hits.rows} else ["search"]
    finally:
        await backend.close()
    return wrong


def orphans(file: Path) -> list[tuple[str, int]]:
    """Return how many rows point at nothing, by table."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return [(row[0], row[1]) for row in connection.execute("PRAGMA foreign_key_check")]
    finally:
        connection.close()


@pytest.mark.slow
def test_killed_while_typing_it_comes_back_with_the_words(demo_file: Path, tmp_path: Path) -> None:
    """Ten kills while typing: the next console opens that customer, that form, with all but the last second."""
    chance = random.Random(9)
    safe = ""
    for turn in range(TYPING + 1):
        with console(tmp_path, demo_file) as session:
            if turn == 0:
                at_home(session)
                open_by_number(session, "prospect")
                note_form(session)
            else:
                session.wait_for("Log a contact")
                session.wait_for(safe.split()[-1])
                assert drafts(tmp_path)[0]["note"].startswith(safe)
                safe = drafts(tmp_path)[0]["note"]
            if turn < TYPING:
                safe += type_until_killed(session, f"{turn}t", SAFE + chance.uniform(0.1, 0.9))
    assert asyncio.run(whole(demo_file)) == []


@pytest.mark.slow
def test_killed_while_saving_it_is_stored_once_or_offered_again(demo_file: Path, tmp_path: Path) -> None:
    """Kills around the save: the contact is whole or not there; saving what is offered again never stores it twice."""
    chance = random.Random(10)
    before = len(bodies(demo_file))
    for turn in range(SAVING):
        note = f"s{turn}-call note to be stored"
        with console(tmp_path, demo_file, "open", number_of("prospect")) as session:
            session.wait_for("History")
            note_form(session)
            session.send(note.encode())
            session.wait_until(lambda note=note: [one["note"] for one in drafts(tmp_path)] == [note])  # type: ignore[misc]
            session.send(F2)
            time.sleep(turn % 7 * 0.008 + chance.uniform(0, 0.008))  # the moment is the fault that is tried
            kill(session)
        stored, offered = bodies(demo_file).count(note), len(drafts(tmp_path))
        assert stored + offered >= 1
        assert stored <= 1
        assert orphans(demo_file) == []
        if offered:
            with console(tmp_path, demo_file) as session:
                session.wait_for("Log a contact")
                session.wait_for(note)
                session.send(F2)
                session.wait_for("Contact stored.")
                session.wait_until(lambda: drafts(tmp_path) == [], what="no draft of what is stored")
        assert bodies(demo_file).count(note) == 1
    assert len(bodies(demo_file)) == before + SAVING
    assert asyncio.run(whole(demo_file)) == []
    for arguments in (("db", "check"), ("audit", "verify")):
        result = command(tmp_path, demo_file, *arguments)
        assert result.returncode == 0, result.stdout + result.stderr
