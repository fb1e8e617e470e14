"""The painter in a running app: the same picture as Textual's own, in far fewer bytes."""

from __future__ import annotations

import unicodedata
import zlib
from pathlib import Path
from typing import Any

import pytest

from tests.pty.terminal_harness import Session, small_app

TAB, DOWN, UP, PAGE_DOWN, END = b"\t", b"\x1b[B", b"\x1b[A", b"\x1b[6~", b"\x1b[F"
DIALOG, CLOSE = b"\x1b[12~", b"\x1b[13~"

STORY: list[tuple[str, bytes | tuple[int, int]]] = [
    ("one down", DOWN),
    ("page down", PAGE_DOWN),
    ("scrolling down", DOWN * 12),
    ("scrolling up", UP * 25),
    ("to the end", END),
    ("a dialog", DIALOG),
    ("smaller under the dialog", (61, 17)),
    ("dialog closed", CLOSE),
    ("wider", (100, 30)),
    ("into the field", TAB),
    ("typing", "ab漢é".encode()),
    ("deleting", b"\x7f\x7f"),
    ("back to 80", (80, 24)),
]


def seen(session: Session) -> list[list[tuple[Any, ...]]]:
    """Return what a person can tell apart in each cell."""
    return [[_visible(cell) for cell in row] for row in session.cells()]


def _visible(cell: tuple[Any, ...]) -> tuple[Any, ...]:
    text, colour, background, bold, reverse, underscore = cell
    if text == " " and not reverse and not underscore:
        return (text, background)
    return (unicodedata.normalize("NFC", text), colour, background, bold, reverse, underscore)


@pytest.mark.parametrize(
    "env",
    [
        {"TERM": "xterm-256color"},
        {"TERM": "xterm", "COLORTERM": "truecolor"},
        {"TERM": "xterm"},
        {"TERM": "screen", "STY": "1.host"},
        {"TERM": "xterm-256color", "APP_PAINTER": "odd"},
    ],
    ids=["256", "truecolour", "sixteen", "screen", "updates of an unknown shape"],
)
def test_the_picture_is_the_one_textual_paints(tmp_path: Path, env: dict[str, str]) -> None:
    """Two programs get the same keys and sizes; after each step every cell of both terminals is the same."""
    one, two = tmp_path / "one", tmp_path / "two"
    one.mkdir()
    two.mkdir()
    term, others = env["TERM"], {name: value for name, value in env.items() if name != "TERM"}
    environ: dict[str, Any] = {"TERM": term, **others}
    stock: dict[str, Any] = environ | {"APP_PAINTER": "stock"}
    with small_app(one, **environ) as ours, small_app(two, **stock) as theirs:
        for session in (ours, theirs):
            session.wait_for("say something")
        compare(ours, theirs, "start")
        for name, act in STORY:
            for session in (ours, theirs):
                if isinstance(act, bytes):
                    session.send(act)
                else:
                    session.resize(*act)
            compare(ours, theirs, name)
        assert len(ours.raw) < len(theirs.raw) / 2


def compare(ours: Session, theirs: Session, name: str) -> None:
    """Wait until both have painted, then until they show the same; fail with both pictures."""
    theirs.wait_quiet(0.15)
    try:
        ours.wait_until(lambda: seen(ours) == seen(theirs), 10)
    except AssertionError:
        raise AssertionError(f"after {name}:\n{ours.text}\n\n{theirs.text}") from None


def test_what_steps_cost(tmp_path: Path) -> None:
    """At 80x24 in a lean terminal: first frame, arrows, scrolled rows, letters and a dialog stay in their budgets."""
    cost: dict[str, tuple[int, int]] = {}
    with small_app(tmp_path, CORDBOARD_LEAN="1") as session:
        session.wait_for("say something")
        session.wait_quiet()
        cost["first"] = (len(session.raw), len(zlib.compress(bytes(session.raw))))
        deflate = zlib.compressobj()
        deflate.compress(bytes(session.raw))
        deflate.flush(zlib.Z_SYNC_FLUSH)

        def step(name: str, data: bytes) -> None:
            size = len(session.raw)
            session.send(data)
            session.wait_until(lambda: len(session.raw) > size)
            session.wait_quiet(0.25)
            new = bytes(session.raw[size:])
            packed = len(deflate.compress(new)) + len(deflate.flush(zlib.Z_SYNC_FLUSH))
            cost[name] = (len(new), packed)

        step("arrow", DOWN)
        step("page", PAGE_DOWN)
        step("to the last line", DOWN)
        step("scrolled row", DOWN)
        step("focus", TAB)
        step("letter", b"a")
        step("second letter", b"b")
        step("dialog", DIALOG)
    (tmp_path / "cost").write_text(repr(cost))
    budgets = {
        "first": (12_000, 2_500),
        "arrow": (400, 120),
        "page": (3_000, 300),
        "scrolled row": (500, 160),
        "second letter": (300, 80),
        "dialog": (8_000, 700),
    }
    for name, (raw, packed) in budgets.items():
        assert cost[name][0] <= raw, (name, cost)
        assert cost[name][1] <= packed, (name, cost)


def test_hostile_text_reaches_the_terminal_without_commands(tmp_path: Path) -> None:
    """An ESC, a C1 control or a direction mark typed by a paste is drawn by no widget."""
    with small_app(tmp_path) as session:
        session.wait_for("say something")
        session.wait_quiet()
        session.send(TAB)
        session.wait_quiet()
        size = len(session.raw)
        session.send("\x1b[200~ev\u202eil\x05\u009b2J\u2066!\x1b[201~".encode())
        session.wait_for("typed: evil2J!")
        painted = bytes(session.raw[size:]).decode()
        assert not any(mark in painted for mark in "\u202e\u2066\u009b\x05")


def test_everything_is_painted_again_on_request(tmp_path: Path) -> None:
    """After another program wrote over the screen, a repaint brings every cell back."""
    with small_app(tmp_path) as session:
        session.wait_for("say something")
        session.wait_quiet()
        before = seen(session)
        with session.scribbled_over():
            session.send(b"\x1b[15~")
            session.wait_until(lambda: seen(session) == before, what="the same picture again")


def test_the_cursor_can_be_shown_where_letters_go(tmp_path: Path) -> None:
    """For a screen reader the terminal's own cursor is visible and stands in the field after what was typed."""
    with small_app(tmp_path, APP_CURSOR="1") as session:
        session.wait_for("say something")
        session.send(TAB)
        session.wait_quiet()
        session.send(b"abc")
        session.wait_for("typed: abc")
        # Textual's field places it one column further when it is at the end of the text.
        session.wait_until(lambda: session.cursor() in ((6, 22, True), (7, 22, True)), what="the cursor")


def test_a_hidden_cursor_stays_hidden(tmp_path: Path) -> None:
    """Without the wish for it, the terminal's own cursor is never switched on."""
    with small_app(tmp_path) as session:
        session.wait_for("say something")
        session.wait_quiet()
        assert not session.cursor()[2]
