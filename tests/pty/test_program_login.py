"""Signing in on a real terminal: what is typed is never shown, and goes nowhere but into the store."""

from __future__ import annotations

import json
from pathlib import Path

from console.secrets import FILE_VARIABLE
from tests.pty.program_stage import PROGRAM, environment
from tests.pty.terminal_harness import Session

SECRET = "sesame-4711"


def test_a_password_is_typed_unseen(tmp_path: Path) -> None:
    """User in view, password without echo; the terminal is as before, and the file holds both."""
    kept = tmp_path / "secrets.json"
    (tmp_path / "cordboard").mkdir(mode=0o700)
    (tmp_path / "cordboard" / "config.toml").write_text(
        '[profiles.main.sources.helpdesk]\nurl = "rt+https://helpdesk.example/"\n'
    )
    env = environment(tmp_path, tmp_path / "desk.db", **{FILE_VARIABLE: str(kept)})
    env.pop("CORDBOARD_BACKEND", None)
    argv = [str(PROGRAM), "login", "helpdesk", "--kind", "basic", "--no-try"]
    with Session(argv, env) as session:
        session.wait_for("User at helpdesk:")
        session.send(b"anna\r")
        session.wait_for("Password at helpdesk:")
        session.send(SECRET.encode() + b"\r")
        session.wait_for("is kept in")
        assert session.wait_exit() == 0
        assert b"anna" in session.raw
        assert SECRET.encode() not in session.raw
    held = json.loads(json.loads(kept.read_text())["cordboard/main/helpdesk"])
    assert held == {"kind": "basic", "user": "anna", "password": SECRET}


def test_an_interrupted_question_keeps_nothing(tmp_path: Path) -> None:
    """Ctrl-C at the password ends the command with 130, and the terminal echoes again."""
    kept = tmp_path / "secrets.json"
    env = environment(tmp_path, tmp_path / "desk.db", **{FILE_VARIABLE: str(kept)})
    env.pop("CORDBOARD_BACKEND", None)
    with Session([str(PROGRAM), "login", "rt+https://helpdesk.example/", "--no-try"], env) as session:
        session.wait_for("Token for helpdesk.example:")
        session.wait_quiet()  # the question stands before the reading begins; a signal between the two waits for a key
        session.send(b"half\x03")
        assert session.wait_exit() == 130
        assert session.settings() == session.before
    assert not kept.exists()
