"""The real program when somebody or something ends it: codes, the terminal, and the draft on disk."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_stage import number_of
from tests.pty import program_writer
from tests.pty.program_stage import (
    F2,
    at_home,
    bodies,
    command,
    console,
    drafts,
    environment,
    note_form,
    open_by_number,
)
from tests.pty.terminal_harness import Session

TYPED = "said that it rains into the splitter"


@pytest.fixture
def writing(demo_file: Path, tmp_path: Path) -> Iterator[Session]:
    """Yield a console in which a note was just typed."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        open_by_number(session, "prospect")
        note_form(session)
        session.send(TYPED.encode())
        session.wait_for(TYPED)
        yield session


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_saves_restores_and_says_so(writing: Session, tmp_path: Path, number: int, code: int) -> None:
    """TERM ends with 143, HUP with 129; the terminal is as it was before and the draft is on disk."""
    writing.signal(number)
    assert writing.wait_exit(5) == code
    assert writing.settings() == writing.before
    assert writing.raw.rstrip().endswith(b"\x1b[?25h")
    assert drafts(tmp_path)[0]["note"] == TYPED


def test_a_terminal_that_is_gone_ends_the_console(writing: Session, tmp_path: Path) -> None:
    """The line drops: within five seconds the process has ended and what was typed is on disk."""
    writing.hangup()
    assert writing.wait_exit(5) in (129, -signal.SIGHUP)
    assert drafts(tmp_path)[0]["note"] == TYPED


def test_the_next_console_is_where_the_last_one_was(writing: Session, tmp_path: Path, demo_file: Path) -> None:
    """After a lost line the same agent is back at the customer, in the form, with the text; saving stores it once."""
    writing.hangup()
    writing.wait_exit(5)
    with console(tmp_path, demo_file) as session:
        session.wait_for("Log a contact")
        session.wait_for(TYPED)
        session.send(F2)
        session.wait_for("Contact stored.")
        session.wait_until(lambda: drafts(tmp_path) == [], 2, "no draft of what is stored")
    assert bodies(demo_file).count(TYPED) == 1


def test_a_stalled_line_stops_neither_drafts_nor_records(writing: Session, tmp_path: Path, demo_file: Path) -> None:
    """For ten seconds no byte is taken: typing is kept, others write, and afterwards the newest picture is there."""
    number = number_of("prospect")
    arguments = [sys.executable, program_writer.__file__, str(demo_file), number, "stall", "40", "0.1", "30"]
    with subprocess.Popen(arguments, env=environment(tmp_path, demo_file), stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        writing.stall()
        for turn in range(20):
            writing.send(f" {turn:02d}".encode())
            time.sleep(0.5)  # the stall itself
        text = TYPED + "".join(f" {turn:02d}" for turn in range(20))
        writing.wait_until(lambda: drafts(tmp_path)[0]["note"] == text, 2, "the draft of what was typed meanwhile")
        assert writer.wait(60) == 0
    assert sum(body.startswith("stall-") for body in bodies(demo_file)) == 40
    writing.resume()
    writing.wait_for(" 19", 5)
    writing.wait_for("44 contacts", 5)
    writing.send(F2)
    writing.wait_for("Contact stored.")
    assert text in bodies(demo_file)
    writing.send(b"g")
    writing.wait_for("stall-0039")


def test_a_terminal_that_can_nothing_gets_words(demo_file: Path, tmp_path: Path) -> None:
    """TERM=dumb and no terminal at all: a line that says why and which commands work, and the code for it."""
    with console(tmp_path, demo_file, TERM="dumb") as session:
        assert session.wait_exit() == 69
        assert "cordboard find" in session.text
        assert b"\x1b" not in session.raw
    piped = command(tmp_path, demo_file)
    assert piped.returncode == 69
    assert b"cordboard find" in piped.stderr
    assert piped.stdout == b""
