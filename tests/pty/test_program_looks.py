"""The real program on large, small and poor terminals: nothing stale, nothing lost with colours or characters."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.pty.program_stage import F10, at_home, console, note_form, open_by_number
from tests.pty.terminal_harness import Session

SIZES = ((132, 43), (40, 12), (80, 24))


def after(session: Session, cause: Callable[[], None]) -> list[str]:
    """Do something that paints, and return the screen once it is painted."""
    size = len(session.raw)
    cause()
    session.wait_until(lambda: len(session.raw) > size, what="a frame")
    session.wait_quiet(0.4)
    return session.screen()


@pytest.mark.parametrize("where", ["home", "customer", "form", "outages", "help", "palette"])
def test_the_window_may_change_its_size_anywhere(demo_file: Path, tmp_path: Path, where: str) -> None:
    """80x24, 132x43, 40x12 and back, on every kind of screen: it fits, goes on, and no row is a stale one."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        if where != "home":
            open_by_number(session, "third_chase")
            session.wait_quiet()
        if where == "form":
            note_form(session)
            session.send(b"a word")
        elif where != "home" and where != "customer":
            session.send({"outages": b"o", "help": b"?", "palette": b":"}[where])
        session.wait_quiet()
        for cols, rows in SIZES:
            shown = after(session, partial(session.resize, cols, rows))
            assert sum(bool(line) for line in shown) >= min(rows, 12) // 2
            assert after(session, partial(session.send, b"\x0c")) == shown, "a whole repaint changes nothing"
        if where == "form":
            session.wait_for("a word")
        session.send(F10)
        assert session.wait_exit() == 0


@pytest.mark.parametrize(
    ("colours", "characters"), [("mono", "ascii"), ("sixteen", "ascii"), ("sixteen", "utf8"), ("mono", "latin1")]
)
def test_a_poor_terminal_is_told_everything(demo_file: Path, tmp_path: Path, colours: str, characters: str) -> None:
    """Outage, cursor, chosen option and disabled keys are words and marks; only bytes are sent that are known there."""
    with console(tmp_path, demo_file, CORDBOARD_COLOURS=colours, CORDBOARD_CHARS=characters, TERM="xterm") as session:
        at_home(session)
        session.wait_for("CONFIRMED")
        open_by_number(session, "outage")
        session.wait_for("(c Chase)")
        session.wait_quiet()
        assert "CONFIRMED" in session.screen()[0]
        assert any(line.startswith(">") for line in session.screen()), "the cursor has a mark of its own"
        before = [line for line in session.screen() if line.startswith(">")]
        session.send(b"j")
        session.wait_until(lambda: [line for line in session.screen() if line.startswith(">")] != before)
        note_form(session)
        assert re.search(r"\[x\] information", session.text)
        assert "CONFIRMED" in session.text, "the outage stays in sight, or the form repeats it"
        session.wait_quiet()
        sent = bytes(session.raw)
        colour_orders = set(re.findall(rb"[34]8;[25];", sent))
        assert not colour_orders, "no colour beyond sixteen"
        if colours == "mono":
            assert not re.search(rb"\x1b\[(?:\d+;)*(?:3[0-7]|4[0-7]|9[0-7]|10[0-7])[;m]", sent)
        if characters == "ascii":
            assert max(sent) < 0x80
        elif characters == "latin1":
            assert not any(0x80 <= byte < 0xA0 for byte in sent)
