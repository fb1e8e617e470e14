"""What the terminal can show is found out in a fixed order, with a reason for each finding."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import termios
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pytest

from console.terminal.capabilities import Terminal, Wishes, apply_environment, detect, findings
from console.terminal.probe import Answer, ask


@contextmanager
def a_terminal() -> Iterator[tuple[int, int]]:
    """Open a pseudo terminal and close both its ends at last."""
    master, slave = pty.openpty()
    try:
        yield master, slave
    finally:
        os.close(master)
        os.close(slave)


def found(environ: Mapping[str, str], answer: Answer | None = None, **flags: Any) -> Terminal:
    """Detect on a real terminal that gives `answer` when it is asked, and must not be asked when there is none."""
    asked = []

    def ask_terminal(_read: int, _write: int) -> Answer:
        asked.append(True)
        assert answer is not None, "the terminal was asked"
        return answer

    with a_terminal() as (_, slave):
        return detect(environ, flags=Wishes(**flags), read_fd=slave, write_fd=slave, ask_terminal=ask_terminal)


UTF8 = {"LANG": "pl_PL.UTF-8"}
QUICK = Answer(1, 0.01, b"")


@pytest.mark.parametrize(
    ("environ", "colours"),
    [
        ({"TERM": "xterm"}, "sixteen"),
        ({"TERM": "linux"}, "sixteen"),
        ({"TERM": "screen"}, "sixteen"),
        ({"TERM": "putty"}, "sixteen"),
        ({"TERM": "putty-256color"}, "full"),
        ({"TERM": "tmux-256color"}, "full"),
        ({"TERM": "xterm-kitty"}, "full"),
        ({"TERM": "xterm", "COLORTERM": "truecolor"}, "full"),
        ({"TERM": "vt100"}, "mono"),
        ({"TERM": "vt220"}, "mono"),
        ({"TERM": "xterm-mono"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1"}, "mono"),
        ({"TERM": "xterm-256color", "NO_COLOR": ""}, "full"),
        ({"TERM": "xterm-256color", "NO_COLOR": "1", "CORDBOARD_COLOURS": "sixteen"}, "sixteen"),
        ({"TERM": "xterm-256color", "CORDBOARD_COLOURS": "puce"}, "full"),
    ],
)
def test_colours_follow_the_environment(environ: dict[str, str], colours: str) -> None:
    """The terminal's type, COLORTERM, NO_COLOR and our own variable decide, the last one first."""
    assert found(UTF8 | environ).colours == colours


def test_a_flag_wins_over_everything() -> None:
    """What was asked for on the command line is not overruled by any variable."""
    environ = {
        "TERM": "xterm", "NO_COLOR": "1", "CORDBOARD_COLOURS": "mono", "CORDBOARD_CHARS": "ascii",
        "CORDBOARD_LEAN": "1", "CORDBOARD_MOUSE": "0", "STY": "1.pts", "LANG": "C",
    }  # fmt: skip
    terminal = found(environ, colours="full", characters="utf8", lean=False, mouse=True)
    assert (terminal.colours, terminal.characters, terminal.lean, terminal.mouse) == ("full", "utf8", False, True)
    assert terminal.why("colours") == "asked for by a flag"


def test_a_plain_local_terminal_is_not_asked() -> None:
    """With a UTF-8 locale and no SSH nothing is open, so no round trip is spent."""
    terminal = found(UTF8 | {"TERM": "xterm-256color"})
    assert (terminal.characters, terminal.lean, terminal.mouse) == ("utf8", False, True)


@pytest.mark.parametrize(
    ("environ", "answer", "characters"),
    [
        ({}, QUICK, "utf8"),
        ({"LANG": "C"}, Answer(2, 0.01, b""), "ascii"),
        ({"LANG": "C"}, Answer(None, 1.5, b""), "ascii"),
        ({"LANG": "C", "LC_CTYPE": "C.UTF-8"}, Answer(2, 0.01, b""), "ascii"),
        ({"LC_ALL": "pl_PL.UTF-8", "SSH_TTY": "/dev/pts/1"}, Answer(2, 0.01, b""), "ascii"),
        ({"LC_ALL": "pl_PL.UTF-8", "SSH_TTY": "/dev/pts/1"}, Answer(None, 1.5, b""), "utf8"),
        ({"LANG": "it_IT.ISO-8859-1"}, None, "latin1"),
        ({"LANG": "it_IT.ISO-8859-15@euro"}, None, "latin1"),
        ({"LANG": "ja_JP.eucJP"}, None, "ascii"),
        ({"LC_ALL": "", "LC_CTYPE": "sv_SE.utf8", "LANG": "C"}, None, "utf8"),
        ({"LANG": "C", "CORDBOARD_CHARS": "latin1"}, None, "latin1"),
    ],
)
def test_characters_follow_the_locale_and_the_measured_width(
    environ: dict[str, str], answer: Answer | None, characters: str
) -> None:
    """The locale is believed unless the terminal itself shows é in two columns."""
    assert found({"TERM": "xterm"} | environ, answer).characters == characters


@pytest.mark.parametrize(
    ("answer", "lean"), [(Answer(1, 0.02, b""), False), (Answer(1, 0.6, b""), True), (Answer(None, 1.5, b""), True)]
)
def test_a_slow_or_silent_terminal_over_ssh_is_lean_and_has_no_mouse(answer: Answer, lean: bool) -> None:
    """A late answer means a slow line; so does none."""
    terminal = found(UTF8 | {"TERM": "xterm", "SSH_CONNECTION": "1 2 3 4"}, answer)
    assert terminal.lean is lean
    assert terminal.mouse is not lean


def test_keys_typed_during_the_question_are_kept() -> None:
    """What was typed ahead is handed on to the console."""
    assert found({"TERM": "xterm"}, Answer(1, 0.01, b"/ann")).typed_ahead == b"/ann"


@pytest.mark.parametrize(
    ("environ", "mouse"),
    [
        ({"TERM": "screen", "STY": "77.pts-0.host"}, False),
        ({"TERM": "screen-256color"}, False),
        ({"TERM": "screen-256color", "TMUX": "/tmp/tmux,1,0"}, True),
        ({"TERM": "screen", "STY": "77", "CORDBOARD_MOUSE": "1"}, True),
    ],
)
def test_the_mouse_is_off_in_gnu_screen(environ: dict[str, str], mouse: bool) -> None:
    """GNU screen holds back Escape while mouse reporting is on."""
    assert found(UTF8 | environ).mouse is mouse


@pytest.mark.parametrize("term", ["dumb", "", "unknown"])
def test_a_terminal_that_cannot_place_text_is_refused_with_the_reason(term: str) -> None:
    """No full-screen picture is tried on it, and the words say why."""
    terminal = found(UTF8 | {"TERM": term})
    assert not terminal.interactive
    assert term in terminal.why_not
    assert terminal.why_not


def test_without_a_terminal_there_is_no_picture() -> None:
    """A pipe as input or output is refused, each with its own reason."""
    read, write = os.pipe()
    with a_terminal() as (_, slave):
        no_output = detect({"TERM": "xterm"}, read_fd=slave, write_fd=write)
        no_input = detect({"TERM": "xterm"}, read_fd=read, write_fd=slave)
    os.close(read)
    os.close(write)
    assert not no_output.interactive
    assert not no_input.interactive
    assert no_output.why_not != no_input.why_not


def test_a_serial_line_is_lean() -> None:
    """A real line speed below that of any pseudo terminal means a slow line."""
    with a_terminal() as (_, slave):
        settings = termios.tcgetattr(slave)
        settings[4] = settings[5] = termios.B9600
        termios.tcsetattr(slave, termios.TCSANOW, settings)
        terminal = detect(UTF8 | {"TERM": "vt220"}, read_fd=slave, write_fd=slave)
    assert terminal.lean
    assert "9600" in terminal.why("lean")


def test_the_environment_is_prepared_for_the_toolkit() -> None:
    """Animations are off, and the toolkit's idea of colours is ours."""
    for terminal, colour_system, no_color in (
        (found(UTF8 | {"TERM": "xterm", "COLORTERM": "truecolor"}), "truecolor", False),
        (found(UTF8 | {"TERM": "xterm-256color"}), "256", False),
        (found(UTF8 | {"TERM": "xterm"}), "standard", False),
        (found(UTF8 | {"TERM": "xterm"}, colours="mono"), "standard", True),
    ):
        environ = {"NO_COLOR": ""}
        apply_environment(terminal, environ)
        assert environ["TEXTUAL_ANIMATIONS"] == "none"
        assert environ["TEXTUAL_COLOR_SYSTEM"] == colour_system
        assert ("NO_COLOR" in environ) is no_color


def test_doctor_names_every_finding_with_its_reason() -> None:
    """Each line has a name, a value and why; hostile variables do not reach the terminal."""
    environ = UTF8 | {"TERM": "xterm\x1b[2J", "TMUX": "x"}
    listed = findings(found(environ), environ)
    assert [line.name for line in listed] == ["terminal", "colours", "characters", "lean display", "mouse"]
    assert all(line.because for line in listed)
    assert all((line.value + line.because).isprintable() for line in listed)


def test_finding_out_does_not_load_the_toolkit() -> None:
    """Capabilities run before Textual is imported, and do not import it."""
    code = "import sys, console.terminal.capabilities; print([m for m in ('textual', 'rich') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


class _Answering(threading.Thread):
    """The other end of a terminal: answers the first question with `reply`."""

    def __init__(self, master: int, reply: bytes) -> None:
        super().__init__(daemon=True)
        self._master, self._reply = master, reply
        self.heard = b""

    def run(self) -> None:
        while b"\x1b[6n" not in self.heard:
            self.heard += os.read(self._master, 100)
        os.write(self._master, self._reply)


def test_the_question_measures_and_keeps_what_was_typed() -> None:
    """One é, one answer; other bytes are keys; the settings are as before."""
    with a_terminal() as (master, slave):
        before = termios.tcgetattr(slave)
        other_end = _Answering(master, b"ab\x1b[5;2Rc")
        other_end.start()
        answer = ask(slave, slave, patience=10)
        other_end.join()
        assert (answer.columns, answer.typed) == (1, b"abc")
        assert termios.tcgetattr(slave) == before


def test_the_question_is_given_up_in_time_and_leaves_no_trace() -> None:
    """A silent terminal costs the patience and no more, and its settings come back."""
    with a_terminal() as (_, slave):
        before = termios.tcgetattr(slave)
        started = time.monotonic()
        answer = ask(slave, slave, patience=0.2)
        assert answer.columns is None
        assert time.monotonic() - started >= 0.2
        assert termios.tcgetattr(slave) == before


def test_a_terminal_that_is_gone_answers_nothing() -> None:
    """A hang-up during the question raises nothing."""
    master, slave = pty.openpty()
    os.close(master)
    assert ask(slave, slave, patience=0.2).columns is None
    os.close(slave)
