"""Leaving at any moment: the draft is kept, the terminal is as it was, the exit code is right."""

from __future__ import annotations

import re
import signal
import stat
import time
from pathlib import Path

import pytest

from tests.pty.terminal_harness import Session, small_app

READY = "say something"
RESTORING = (b"?1049l", b"?25h", b"?1000l", b"?1003l", b"?1006l", b"?1015l", b"?2004l", b"?1004l", b"<u")
SIGNALS = [(signal.SIGTERM, 143), (signal.SIGHUP, 129)]


def restored(session: Session) -> bool:
    """Return whether the terminal has its settings back and every mode was switched off."""
    return session.settings() == session.before and all(b"\x1b[" + order in session.raw for order in RESTORING)


def settled(session: Session) -> None:
    """Wait for the app to be up and silent."""
    session.wait_for(READY)
    session.wait_quiet()


@pytest.mark.parametrize(("number", "code"), SIGNALS)
@pytest.mark.parametrize("driver", ["ours", "stock"])
def test_a_signal_saves_and_restores(tmp_path: Path, number: int, code: int, driver: str) -> None:
    """SIGTERM and SIGHUP keep the draft, give the terminal back and exit with 128 and their number."""
    with small_app(tmp_path, APP_DRIVER=driver) as session:
        settled(session)
        session.signal(number)
        assert session.wait_exit() == code
        assert (tmp_path / "draft").read_text() == "kept"
        assert restored(session)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_is_heard_while_the_event_loop_is_stuck(tmp_path: Path, number: int, code: int) -> None:
    """A handler that never returns does not keep the program from leaving in order."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\x1b[18~")
        session.wait_until((tmp_path / "blocked").exists)
        session.signal(number)
        assert session.wait_exit() == code
        assert (tmp_path / "draft").read_text() == "kept"
        assert restored(session)


def test_a_signal_is_heard_while_the_main_thread_is_busy_outside_python(tmp_path: Path) -> None:
    """Python runs no handler meanwhile; the watcher leaves all the same."""
    with small_app(tmp_path, APP_BLOCK="c") as session:
        settled(session)
        session.send(b"\x1b[18~")
        session.wait_until((tmp_path / "blocked").exists)
        session.signal(signal.SIGTERM)
        assert session.wait_exit() == 143
        assert (tmp_path / "draft").read_text() == "kept"
        assert restored(session)


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_is_heard_while_the_terminal_is_stalled(tmp_path: Path, number: int, code: int) -> None:
    """A terminal that takes no byte holds nobody up; its settings at least come back."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\x1b[21~")
        session.wait_for("count 3")
        session.stall()
        time.sleep(1)  # until the line is full
        session.signal(number)
        assert session.wait_exit_undrained() == code
        assert (tmp_path / "draft").read_text() == "kept"
        assert session.settings() == session.before


def test_a_save_that_hangs_or_fails_does_not_keep_us(tmp_path: Path) -> None:
    """Saving is given its time; then the program leaves without it, with the same code."""
    for way in ("hang", "raise"):
        with small_app(tmp_path, APP_SAVE=way) as session:
            settled(session)
            session.signal(signal.SIGTERM)
            assert session.wait_exit(5) == 143
            assert restored(session)


@pytest.mark.parametrize("ignored", [False, True])
@pytest.mark.parametrize("driver", ["ours", "stock"])
def test_a_lost_terminal_ends_the_program_without_spinning(tmp_path: Path, ignored: bool, driver: str) -> None:
    """When the line drops the draft is kept and the program ends, also where SIGHUP is ignored, at next to no cost."""
    with small_app(tmp_path, APP_DRIVER=driver, APP_NOHUP="1" if ignored else "") as session:
        settled(session)
        before = session.cpu_seconds()
        session.hangup()
        session.wait_until(lambda: session.state() == "Z", 5, "the end")
        assert session.cpu_seconds() - before < 1
        assert session.wait_exit() == 129
        assert (tmp_path / "draft").read_text() == "kept"


def test_a_failure_is_told_in_a_few_words(tmp_path: Path) -> None:
    """The terminal shows an id and a file, no traceback, no values; the file is private and holds the traceback."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\x1bOS")
        assert session.wait_exit() == 1
        assert restored(session)
        tail = bytes(session.raw).rpartition(b"\x1b[?25h")[2].decode()
        told = re.search(r"reference ([0-9a-f]{8})", tail)
        assert told
        assert "Your drafts are saved." in tail
        assert "Traceback" not in tail
        assert tail.splitlines()[-1].endswith(f"{told[1]}.txt")  # a path in one piece, however long
        assert "4111" not in tail
        assert "deliberate" not in tail
    assert (tmp_path / "draft").read_text() == "kept"
    (file,) = (tmp_path / "failures").iterdir()
    assert told[1] in file.name
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    details = file.read_text()
    assert "RuntimeError: deliberate" in details
    assert "4111" not in details.replace('secret = "card 4111"', "")


def test_a_failure_is_told_even_where_nothing_can_be_filed(tmp_path: Path) -> None:
    """A folder that cannot be made hides neither the failure nor the exit code."""
    (tmp_path / "failures").write_text("in the way")
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\x1bOS")
        assert session.wait_exit() == 1
        assert b"reference" in session.raw
        assert b"Details" not in session.raw
