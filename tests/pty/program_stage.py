"""The real program in a real terminal, on a copy of the demo database, with a home of its own."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.desk_stage import number_of
from tests.pty.terminal_harness import Session

PROGRAM = Path(sys.executable).with_name("cordboard")
ENTER, ESCAPE, F2, F10 = b"\r", b"\x1b", b"\x1bOQ", b"\x1b[21~"
HOME_READY = "Waiting for an answer"


def environment(home: Path, file: Path, **more: str) -> dict[str, str]:
    """Return the whole environment of a program that lives in `home` on the records in `file`."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "CORDBOARD_HOME": str(home / "cordboard"),
        "CORDBOARD_BACKEND": f"sqlite:///{file}",
        "CORDBOARD_AGENT": "iga",
        "CORDBOARD_LANGUAGE": "en",
        "TERM": "xterm-256color",
        "LANG": "C.UTF-8",
        "TZ": "Europe/Warsaw",
    }
    environ.update(more)
    return environ


def console(home: Path, file: Path, *arguments: str, cols: int = 80, rows: int = 24, **env: str) -> Session:
    """Start the console in a terminal."""
    return Session([str(PROGRAM), *arguments], environment(home, file, **env), cols, rows, answers_cursor=True)


def command(home: Path, file: Path, *arguments: str, **env: str) -> subprocess.CompletedProcess[bytes]:
    """Run a command of the program without a terminal; bytes as they came."""
    return subprocess.run(
        [str(PROGRAM), *arguments], env=environment(home, file, **env), capture_output=True, check=False, timeout=120
    )


def at_home(session: Session) -> None:
    """Wait until home is there and its lists are read."""
    session.wait_for(HOME_READY)
    session.wait_until(lambda: "one moment" not in session.text, what="the lists of home")


def open_by_number(session: Session, code: str) -> None:
    """Type a showcase customer's number and wait for their view."""
    session.send(number_of(code).encode())
    session.wait_for("History")


def note_form(session: Session) -> None:
    """Open the form that logs a contact."""
    session.send(b"n")
    session.wait_for("Log a contact")


def drafts(home: Path) -> list[dict[str, Any]]:
    """Return the drafts on disk, the newest first."""
    file = home / "cordboard" / "state" / "desk.db"
    if not file.exists():
        return []
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        rows = connection.execute("SELECT customer, action, answers FROM drafts ORDER BY at DESC").fetchall()
    except sqlite3.OperationalError:  # the file is being made
        return []
    finally:
        connection.close()
    return [{"customer": customer, "action": action, **json.loads(answers)} for customer, action, answers in rows]


def bodies(file: Path) -> list[str]:
    """Return the bodies of all contacts in the records."""
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)
    try:
        return [row[0] for row in connection.execute("SELECT body FROM contact ORDER BY id")]
    finally:
        connection.close()
