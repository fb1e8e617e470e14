"""Two consoles on one file: each says who else has the customer open, and who is writing (R32)."""

from __future__ import annotations

import os
import signal
from pathlib import Path

from tests.pty.program_stage import ESCAPE, F10, at_home, console, note_form, open_by_number

F3 = b"\x1bOR"
OPEN, WRITING = "has this open", "has this open, writing"


def test_r32_the_other_console_is_seen_coming_writing_and_leaving(demo_file: Path, tmp_path: Path) -> None:
    """R32: opening, writing, stopping and leaving are seen by the colleague without a key of theirs."""
    with (
        console(tmp_path / "a", demo_file) as iga,
        console(tmp_path / "b", demo_file, CORDBOARD_AGENT="marek") as marek,
    ):
        for session in (iga, marek):
            at_home(session)
        open_by_number(iga, "prospect")
        assert OPEN not in iga.text
        open_by_number(marek, "prospect")
        iga.wait_for(OPEN)
        marek.wait_for(OPEN)
        note_form(marek)
        marek.send(b"half a sentence")
        iga.wait_for(WRITING)
        marek.send(ESCAPE)
        iga.wait_until(lambda: WRITING not in iga.text and OPEN in iga.text, what="no more writing")
        marek.send(F10)
        iga.wait_until(lambda: OPEN not in iga.text, what="the other one gone")


def test_r32_somebody_at_another_customer_is_not_shown(demo_file: Path, tmp_path: Path) -> None:
    """R32: who goes on to the next customer has left this one."""
    with (
        console(tmp_path / "a", demo_file) as iga,
        console(tmp_path / "b", demo_file, CORDBOARD_AGENT="marek") as marek,
    ):
        for session in (iga, marek):
            at_home(session)
            open_by_number(session, "prospect")
        iga.wait_for(OPEN)
        marek.send(F3)
        marek.wait_for("Opened last")
        iga.wait_until(lambda: OPEN not in iga.text, what="the other one gone home")
        open_by_number(marek, "third_chase")
        assert OPEN not in marek.text


def test_r32_a_hang_up_is_a_leaving(demo_file: Path, tmp_path: Path) -> None:
    """R32: a console whose terminal is closed says goodbye on its way out."""
    with console(tmp_path / "a", demo_file) as iga:
        at_home(iga)
        open_by_number(iga, "prospect")
        with console(tmp_path / "b", demo_file, CORDBOARD_AGENT="marek") as marek:
            at_home(marek)
            open_by_number(marek, "prospect")
            iga.wait_for(OPEN)
            os.kill(marek.pid, signal.SIGTERM)
            iga.wait_until(lambda: OPEN not in iga.text, what="the other one gone")
