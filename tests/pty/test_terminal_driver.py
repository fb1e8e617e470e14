"""Keys, output and silence on a real pseudo terminal."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest

from tests.pty.terminal_harness import Session, small_app

READY = "say something"


def keys(folder: Path) -> list[str]:
    """Return the keys that reached the app as keys."""
    file = folder / "keys"
    return file.read_text().split() if file.exists() else []


def settled(session: Session) -> int:
    """Wait for the app to be up and silent; return the bytes written so far."""
    session.wait_for(READY)
    session.wait_quiet()
    return len(session.raw)


def test_typing_arrives_in_every_script(tmp_path: Path) -> None:
    """Letters of several scripts, typed and split at any byte, are what the field holds."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\t")
        session.wait_until(lambda: "tab" in keys(tmp_path))
        for byte in "łódź 漢".encode():
            session.send(bytes((byte,)))
        session.wait_for("typed: łódź 漢")


def test_a_byte_that_is_not_utf8_does_not_end_the_app(tmp_path: Path) -> None:
    """A Latin-1 é is read as é, other bad bytes are survived, and typing goes on."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\t\xe9")
        session.wait_for("typed: é")
        session.send(b"\xff\xfe\xc3\x28\x80 \x1b[99999999999999u ok")
        session.wait_for("ok")
        session.send(b"\x1b[19~")
        assert session.wait_exit() == 0


@pytest.mark.parametrize(
    ("sequence", "key"),
    [
        (b"\x1b", "escape"),
        (b"\x1b[A", "up"),
        (b"\x1bOB", "down"),
        (b"\x1bOT", "f5"),
        (b"\x1bO[", "f12"),
        (b"\x1b[T", "f8"),
        (b"\x1b[15~", "f5"),
    ],
)
def test_keys_of_many_keyboards_are_known(tmp_path: Path, sequence: bytes, key: str) -> None:
    """A lone Escape, arrows of both kinds, PuTTY's VT100+ and xterm's function keys."""
    with small_app(tmp_path) as session:
        settled(session)
        session.send(sequence)
        session.wait_until(lambda: keys(tmp_path)[-1:] == [key], what=key)


def test_sco_keys_are_known_where_they_are_announced(tmp_path: Path) -> None:
    """With CORDBOARD_KEYS=sco, F1 and F4 in that notation are keys and no mouse or focus is reported."""
    with small_app(tmp_path, CORDBOARD_KEYS="sco") as session:
        settled(session)
        session.send(b"\x1b[M\x1b[Q")
        session.wait_until(lambda: keys(tmp_path) == ["f1", "f5"])
        assert b"\x1b[?1000h" not in session.raw
        assert b"\x1b[?1004h" not in session.raw


def test_keys_typed_before_the_first_frame_are_not_lost(tmp_path: Path) -> None:
    """Keys that arrive while the terminal is asked about itself reach the app."""
    with small_app(tmp_path, APP_PROBE="1", LANG="C") as session:
        session.wait_until(lambda: b"\x1b[6n" in session.raw)
        session.send(b"x\x1b[1;2Ry")
        session.wait_for("漢字")
        session.wait_until(lambda: keys(tmp_path) == ["x", "y"])


def test_a_late_answer_of_the_terminal_is_no_key(tmp_path: Path) -> None:
    """A terminal that answers after the patience has ended types nothing into the console."""
    with small_app(tmp_path, APP_PROBE="1", LANG="C") as session:
        settled(session)
        session.send(b"\x1b[1;2Rz")
        session.wait_until(lambda: bool(keys(tmp_path)))
        assert keys(tmp_path) == ["z"]


def test_an_idle_app_writes_nothing_and_sleeps(tmp_path: Path) -> None:
    """For three seconds without a key: no byte, and the process is never woken."""
    with small_app(tmp_path) as session:
        size = settled(session)
        woken = session.switches()
        time.sleep(3)  # idleness can only be seen by waiting
        assert len(session.raw) == size
        assert session.switches() - woken <= 3


@pytest.mark.parametrize(("characters", "last"), [("ascii", 0x7F), ("latin1", 0xFF)])
def test_a_lesser_terminal_gets_only_characters_it_knows(tmp_path: Path, characters: str, last: int) -> None:
    """In ASCII no byte has its eighth bit, in Latin-1 none is an 8-bit command; columns stay in line."""
    with small_app(tmp_path, CORDBOARD_CHARS=characters) as session:
        session.wait_for("entry")
        session.wait_quiet()
        session.send(b"\x1b[12~")
        session.wait_for("really?")
        session.wait_quiet()
        assert max(session.raw) <= last
        assert not any(0x80 <= byte < 0xA0 for byte in session.raw)
        assert "+--" in session.text


def test_ascii_keeps_the_columns(tmp_path: Path) -> None:
    """The frame at the right stands in one column, whatever letters the lines before it had."""
    with small_app(tmp_path, CORDBOARD_CHARS="ascii") as session:
        session.wait_for("entry: lodz, ????, etat -")
        session.wait_quiet()
        lines = [line for line in session.screen() if "entry" in line]
        assert {len(line) for line in lines} == {80}
        assert {line[-1] for line in lines} == {"|"}


def test_no_mouse_is_asked_for_in_gnu_screen(tmp_path: Path) -> None:
    """With STY set, the terminal is never told to report the mouse."""
    with small_app(tmp_path, STY="1.pts-0.host", TERM="screen") as session:
        settled(session)
        assert not re.search(rb"\x1b\[\?100[0-3]h", session.raw)


def test_the_window_may_change_its_size(tmp_path: Path) -> None:
    """After each resize the picture fits: the field's frame is at the bottom and as wide as the window."""
    with small_app(tmp_path) as session:
        settled(session)
        for cols, rows in ((60, 15), (132, 43), (80, 24)):
            session.resize(cols, rows)

            def fits(cols: int = cols) -> bool:
                return session.screen()[-1] == "└" + "─" * (cols - 2) + "┘"

            session.wait_until(fits)


def test_an_asked_for_repaint_comes_with_the_same_size(tmp_path: Path) -> None:
    """SIGWINCH without another size (dtach, a wiped screen) paints everything again."""
    with small_app(tmp_path) as session:
        settled(session)
        before = session.text
        with session.scribbled_over():
            session.signal(28)
            session.wait_until(lambda: session.text == before, what="the same picture again")


def test_a_stalled_terminal_stops_nothing_and_then_shows_the_newest_frame(tmp_path: Path) -> None:
    """For five seconds nothing is taken: timers go on, and afterwards the newest picture comes, not the old ones."""
    count = tmp_path / "count"
    with small_app(tmp_path) as session:
        settled(session)
        session.send(b"\x1b[21~")
        session.wait_for("count 5")
        session.stall()
        at_stall = int(count.read_text())
        time.sleep(5)  # the stall itself
        went_on = int(count.read_text()) - at_stall
        assert went_on > 50
        size = len(session.raw)
        session.resume()
        newest = int(count.read_text())
        session.wait_until(lambda: _shown_count(session) >= newest, 5, "the newest count")
        # What the kernel held, the rest of the frame that was under way, and the newest ones.
        assert len(session.raw) - size < 40_000
        session.send(b"\x1b[19~")
        assert session.wait_exit() == 0


def _shown_count(session: Session) -> int:
    found = re.search(r"count (\d+)", session.text)
    return int(found[1]) if found else 0


def test_leaving_gives_the_terminal_back(tmp_path: Path) -> None:
    """After quitting, the settings are those from before and every mode is off."""
    with small_app(tmp_path) as session:
        settled(session)
        assert session.settings() != session.before
        session.send(b"\x1b[19~")
        assert session.wait_exit() == 0
        assert session.settings() == session.before
        for order in (b"?1049l", b"?25h", b"?1000l", b"?1003l", b"?1006l", b"?1015l", b"?2004l", b"?1004l", b"<u"):
            assert b"\x1b[" + order in session.raw


def test_sleeping_and_waking_paints_everything_again(tmp_path: Path) -> None:
    """SIGTSTP gives the terminal back and stops; SIGCONT takes it again with the same picture."""
    with small_app(tmp_path) as session:
        settled(session)
        before = session.text
        session.send(b"\x1b[20~")
        session.wait_until(lambda: b"\x1b[?1049l" in session.raw)
        session.wait_until(lambda: session.state() == "T", what="a stopped process")
        assert session.settings() == session.before
        size = len(session.raw)
        session.signal(18)
        session.wait_until(lambda: len(session.raw) > size + 1000)
        session.wait_quiet()
        assert session.text == before
        session.send(b"\x1b[12~")
        session.wait_for("really?")


def test_without_the_private_parts_the_stock_driver_serves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When Textual lacks a part the driver needs, it names the part and leaves the choice to Textual."""
    from textual.drivers.linux_driver import LinuxDriver

    from console.terminal import driver
    from console.terminal.capabilities import Terminal

    terminal = Terminal(True, "full", "utf8", False, True)
    assert driver.what_is_missing() == ""
    assert driver.driver_for(terminal) is not None
    monkeypatch.delattr(LinuxDriver, "_patch_lflag")
    assert driver.what_is_missing() == "LinuxDriver._patch_lflag"
    assert driver.driver_for(terminal) is None


def test_the_app_works_on_the_stock_driver(tmp_path: Path) -> None:
    """Painter, filter and leaving do not need the driver."""
    with small_app(tmp_path, APP_DRIVER="stock") as session:
        settled(session)
        session.send(b"\t")
        session.wait_quiet()
        session.send(b"ok")
        session.wait_for("typed: ok")
        session.send(b"\x1b[19~")
        assert session.wait_exit() == 0
        assert session.settings() == session.before
