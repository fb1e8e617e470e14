"""A call, from the number to the stored contact, in the real program on a real terminal."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.desk_stage import number_of
from tests.pty.program_stage import (
    ENTER,
    ESCAPE,
    F2,
    F10,
    at_home,
    bodies,
    console,
    drafts,
    note_form,
    open_by_number,
)
from tests.pty.terminal_harness import Session


@pytest.fixture
def desk(demo_file: Path, tmp_path: Path) -> Iterator[Session]:
    """Yield a console at home, 80x24."""
    with console(tmp_path, demo_file) as session:
        at_home(session)
        yield session


class Keys:
    """Counts the keys pressed besides text."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.count = 0

    def press(self, key: bytes, then: str) -> None:
        """Press a key and wait for what it brings."""
        self.count += 1
        self.session.send(key)
        self.session.wait_for(then)


def test_from_a_number_to_the_customer_in_at_most_three_keys(desk: Session) -> None:
    """A whole number opens by itself; the first letters of a name need Enter, and nothing else."""
    desk.send(number_of("third_chase").encode())
    desk.wait_for("Håkan Lindqvist · 2437897")
    keys = Keys(desk)
    keys.press(b"/", "Words in this history")
    keys.press(b"/", "Opened last")
    desk.send("Öber".encode())
    desk.wait_for("Ingrid Öberg")
    keys.press(ENTER, "open ticket")
    assert "Ingrid Öberg" in desk.screen()[0] + desk.screen()[1]
    assert keys.count == 3


def test_a_call_is_logged_and_wrapped_up_with_few_keys(desk: Session, demo_file: Path) -> None:
    """Note, wrap-up and save take at most six keys besides the text; what is stored is there and can be taken back."""
    open_by_number(desk, "third_chase")
    keys = Keys(desk)
    keys.press(b"n", "Log a contact")
    desk.send("Frågar efter Łukasz, ß, é and ń".encode())
    desk.wait_for("Frågar efter Łukasz, ß, é and ń")
    keys.press(b"\t", "> Wrap-up")
    keys.press(b"s", "[x] solved")
    keys.press(F2, "Contact stored.")
    assert keys.count <= 6
    assert "Frågar efter Łukasz, ß, é and ń" in bodies(demo_file)
    desk.wait_for("18 contacts")
    keys.press(b"u", "Taken back: Log contact")
    desk.wait_for("17 contacts")
    assert "Frågar efter Łukasz, ß, é and ń" not in bodies(demo_file)


def test_palette_help_and_leaving(desk: Session) -> None:
    """`:` does a command by name, `?` shows the keys, F10 ends with 0 and gives the terminal back as it was."""
    desk.send(ESCAPE)
    desk.wait_for("Keys are commands here")
    desk.send(b":")
    desk.wait_for("── Commands")
    desk.send(b"outages\r")
    desk.wait_for("[Outages]")
    desk.send(ESCAPE)
    desk.wait_for("Opened last")
    desk.wait_until(lambda: "Keys are commands here" not in desk.text, what="no words that are no longer true")
    desk.send(ESCAPE)
    desk.wait_for("Keys are commands here")
    desk.send(b"?")
    desk.wait_for("[Keys]")
    desk.send(F10)
    assert desk.wait_exit() == 0
    assert desk.settings() == desk.before


def test_r25_what_is_typed_ahead_goes_where_it_belongs(desk: Session, demo_file: Path) -> None:
    """A whole call sent at once, as a slow line delivers it: customer, form, note and save, no letter a command."""
    note = "under the xx cable, hu hu, XAKW 0 1 2 3 : / ? u D"
    desk.send(number_of("third_chase").encode() + b"\rn" + note.encode() + b"\tc" + F2)
    desk.wait_until(lambda: note in bodies(demo_file), what="the contact in the records")
    desk.wait_for("Promise a call back")
    desk.send(b"\x07\x1b[11~")
    desk.wait_for("[Keys]")


def test_leaving_works_from_every_form_and_question(demo_file: Path, tmp_path: Path) -> None:
    """F10 ends the console with 0 from a form, which stays as a draft, from a question and from the palette."""
    for keys, seen in ((b"n", "Log a contact"), (b"t", "what is it about"), (b":", "── Commands")):
        with console(tmp_path, demo_file) as session:
            at_home(session)
            open_by_number(session, "prospect")
            session.send(keys)
            session.wait_for(seen)
            session.send(b"word" + F10 if keys == b"n" else F10)
            assert session.wait_exit() == 0
            assert session.settings() == session.before
    assert drafts(tmp_path)[0]["note"] == "word"


def test_letters_with_marks_reach_the_box(desk: Session) -> None:
    """ń, ß, å, é and ł arrive as typed, also when their bytes come one by one."""
    for byte in "ńßåéł".encode():
        desk.send(bytes((byte,)))
    desk.wait_until(lambda: "ńßåéł" in desk.screen()[1], what="the letters in the box")


@pytest.mark.parametrize("where", ["box", "list", "note", "palette", "help"])
def test_a_byte_that_is_not_utf8_ends_nothing(desk: Session, tmp_path: Path, where: str) -> None:
    """Latin-1 é, broken UTF-8 and stray controls in any place: the console goes on and leaves in good order."""
    if where == "list":
        desk.send(ESCAPE)
    if where in ("note", "palette", "help"):
        open_by_number(desk, "prospect")
    if where == "note":
        note_form(desk)
    elif where == "palette":
        desk.send(b":")
        desk.wait_for("── Commands")
    elif where == "help":
        desk.send(b"?")
        desk.wait_for("[Keys]")
    desk.send(b"\xe9\xff\xfe\xc3\x28\x80\x9b")
    desk.wait_quiet()
    if where == "note":
        desk.send(b" go on")
        desk.wait_for("go on")
        desk.wait_until(lambda: "go on" in drafts(tmp_path)[0].get("note", ""), what="the draft on disk")
        assert drafts(tmp_path)[0]["note"].startswith("é")
    elif where == "box":
        desk.wait_until(lambda: "é" in desk.screen()[1], what="é in the box")
    desk.send(F10)
    assert desk.wait_exit() == 0
