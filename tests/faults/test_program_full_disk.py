"""A console on a disk that fills up: the agent is told in the form, nothing looks stored, and the text stays."""

from __future__ import annotations

import asyncio
import resource
import signal
from pathlib import Path

from backends.registry import backend_for
from tests.pty.program_stage import F2, PROGRAM, at_home, bodies, drafts, environment, note_form, open_by_number
from tests.pty.terminal_harness import Session

NOTE = "to be kept although the disk is full"


def start(home: Path, file: Path, room: int) -> Session:
    """Start a console whose files may not grow beyond `room` bytes: to SQLite that is a full disk."""

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))

    return Session([str(PROGRAM)], environment(home, file), prepare=limit)


def make_room(session: Session) -> None:
    """Let the files of a running console grow again."""
    resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def take_room(session: Session, room: int) -> None:
    """Let the files of a running console grow no further than `room` bytes."""
    resource.prlimit(session.pid, resource.RLIMIT_FSIZE, (room, resource.RLIM_INFINITY))


async def sound(file: Path) -> list[str]:
    """Return the checks that fail."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        return [name for name, good, _detail in await backend.check() if not good]  # type: ignore[attr-defined]
    finally:
        await backend.close()


def test_a_full_disk_is_told_in_the_form_and_nothing_looks_stored(demo_file: Path, tmp_path: Path) -> None:
    """Saving without room: words at once, the form and its text stay, no record is touched; with room it saves."""
    with start(tmp_path, demo_file, resource.RLIM_INFINITY) as session:
        at_home(session)
        open_by_number(session, "prospect")
        before = bodies(demo_file)
        note_form(session)
        session.send(NOTE.encode())
        session.wait_for(NOTE)
        take_room(session, 4096)
        session.send(F2)
        session.wait_for("Disk full: NOTHING was saved. Your text stays here; tell a supervisor.")
        assert NOTE in session.text
        assert "Log a contact" in session.text
        assert "Contact stored." not in session.text
        assert bodies(demo_file) == before
        text = NOTE
        while "Drafts cannot be written" not in session.text:
            text += "."
            session.send(b".")
            session.wait_for(text)
            session.wait_quiet()
            assert len(text) < len(NOTE) + 10, "it is told within some letters"
        make_room(session)
        session.wait_until(lambda: [one["note"] for one in drafts(tmp_path)] == [text], what="the draft")
        session.send(F2)
        session.wait_for("Contact stored.")
        assert bodies(demo_file).count(text) == 1
        assert len(bodies(demo_file)) == len(before) + 1
        session.wait_until(lambda: drafts(tmp_path) == [], what="no draft of what is stored")
    assert asyncio.run(sound(demo_file)) == []


def test_a_full_disk_keeps_no_customer_from_being_opened(demo_file: Path, tmp_path: Path) -> None:
    """That the reading cannot go on the audit trail is told; the caller is served all the same."""
    with start(tmp_path, demo_file, resource.RLIM_INFINITY) as session:
        at_home(session)
        take_room(session, 4096)
        open_by_number(session, "prospect")
        session.wait_for("The disk is full: nothing can be stored.")
        assert "Amina Lundgren" in session.text


def test_a_console_works_where_no_draft_can_be_kept(demo_file: Path, tmp_path: Path) -> None:
    """Without a file for drafts one can look customers up and store contacts; that nothing is kept is told."""
    (tmp_path / "cordboard" / "state" / "desk.db").mkdir(parents=True)
    with start(tmp_path, demo_file, resource.RLIM_INFINITY) as session:
        at_home(session)
        open_by_number(session, "prospect")
        note_form(session)
        session.send(b"word")
        session.wait_for("Drafts cannot be written")
        session.send(F2)
        session.wait_for("Contact stored.")
        assert bodies(demo_file).count("word") == 1
