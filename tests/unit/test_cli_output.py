"""What the command line prints, whatever it is given to print."""

from __future__ import annotations

import io
import json
import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends import errors
from console.cli import codes
from console.cli.output import Column, Writer, fitted, json_text, moment_text, width
from console.cli.progress import Progress
from console.cli.wording import without_secret, worded

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=60)
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    """A stream that a program reads."""

    encoding = "utf-8"


@given(ANY_TEXT)
def test_a_line_has_no_control_characters(text: str) -> None:
    """Whatever is printed, the terminal obeys nothing of it."""
    stream = Terminal()
    Writer(stream).line(text)
    assert UNSAFE.search(stream.getvalue()) is None
    assert "\t" not in stream.getvalue()


@given(st.lists(st.lists(ANY_TEXT, min_size=3, max_size=3), max_size=5))
def test_a_table_in_a_pipe_keeps_its_shape(rows: list[list[str]]) -> None:
    """No cell can add a column or a row of its own."""
    stream = Pipe()
    Writer(stream).table((Column("a"), Column("b"), Column("c")), rows)
    lines = stream.getvalue().split("\n")
    assert len(lines) == len(rows) + 1
    assert all(line.count("\t") == 2 for line in lines[:-1])
    assert UNSAFE.search(stream.getvalue()) is None


@given(st.lists(st.lists(ANY_TEXT, min_size=3, max_size=3), min_size=1, max_size=5), st.integers(40, 120))
def test_a_table_on_a_terminal_fits_and_lines_up(rows: list[list[str]], room: int) -> None:
    """Every line is at most as wide as the terminal, and has the columns where the headings are."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COLUMNS", str(room))
        stream = Terminal()
        Writer(stream).table((Column("a"), Column("b"), Column("c", drop=1)), rows)
    lines = stream.getvalue().split("\n")
    assert len(lines) == len(rows) + 2
    assert all(width(line) <= room for line in lines)
    assert UNSAFE.search(stream.getvalue()) is None


def test_columns_that_matter_least_leave_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """A narrow terminal shows fewer columns rather than slivers of all."""
    columns = (Column("Reference", fixed=True), Column("Kind", drop=1), Column("Holder", drop=2), Column("Subject"))
    row = ("T-1", "complaint about a bill", "the technical service", "No internet since Monday morning")
    headings = {}
    for room in (40, 60, 120):
        monkeypatch.setenv("COLUMNS", str(room))
        stream = Terminal()
        Writer(stream).table(columns, [row])
        headings[room] = stream.getvalue().split("\n")[0].split()
    assert headings == {
        40: ["Reference", "Subject"],
        60: ["Reference", "Kind", "Subject"],
        120: ["Reference", "Kind", "Holder", "Subject"],
    }


def test_wide_characters_count_twice() -> None:
    """Columns line up by cells, not by characters."""
    assert (width("日本"), width("e\u0301"), width("abc")) == (4, 1, 3)
    assert fitted("日本語日本語", 5) == "日本…"


@given(ANY_TEXT, st.integers(1, 30))
def test_what_is_cut_fits(text: str, cells: int) -> None:
    """A cut text never takes more than its cells."""
    text = unicodedata.normalize("NFC", text)
    assert width(fitted(text, cells)) <= max(cells, 1)


@given(
    st.recursive(st.text() | st.integers(), lambda inner: st.dictionaries(st.text(), inner), max_leaves=9),
    st.booleans(),
)
def test_json_means_what_was_given_and_shows_nothing_by_itself(value: object, ascii_only: bool) -> None:
    """Escaped where it could do something, the same when read back."""
    text = json_text(value, ascii_only=ascii_only)
    assert json.loads(text) == value
    assert UNSAFE.search(text) is None
    if ascii_only:
        assert text.isascii()


def test_json_escapes_what_is_half_a_character() -> None:
    """A lone surrogate comes out as it went in."""
    assert json_text(["a\ud83d"]) == '[\n  "a\\ud83d"\n]'


def test_json_is_readable_and_ends_its_line() -> None:
    """Letters of all languages stay as they are; one document, one line end."""
    stream = Pipe()
    Writer(stream).json({"name": "Łódź"})
    assert stream.getvalue() == '{\n  "name": "Łódź"\n}\n'


def test_json_into_another_encoding_is_ascii() -> None:
    """A stream that is not UTF-8 gets escapes, not question marks."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    Writer(stream).json(["Łódź"])
    stream.flush()
    assert json.loads(raw.getvalue()) == ["Łódź"]


def test_a_letter_that_the_stream_lacks_does_not_end_the_command() -> None:
    """On a Latin-1 terminal ł is a question mark and é is é."""
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="latin-1")
    Writer(stream).line("Łucja Müller")
    stream.flush()
    assert raw.getvalue() == "?ucja Müller\n".encode("latin-1")


def test_json_of_records_is_plain() -> None:
    """Dataclasses become objects, moments ISO 8601 in UTC, sets sorted lists."""

    @dataclass
    class Something:
        at: datetime
        on: date
        flags: frozenset[str]

    zone = timezone(timedelta(hours=2))
    value = Something(datetime(2031, 5, 1, 10, 30, 5, 7, zone), date(2031, 5, 1), frozenset({"b", "a"}))
    expected = {"at": "2031-05-01T08:30:05Z", "on": "2031-05-01", "flags": ["a", "b"]}
    assert json.loads(json_text(value)) == expected
    assert moment_text(datetime(2031, 5, 1, tzinfo=UTC)) == "2031-05-01T00:00:00Z"


def test_progress_is_silent_in_a_pipe() -> None:
    """A log file is not filled with bars."""
    stream = Pipe()
    progress = Progress(Writer(stream), 10, "Reading")
    progress.advance(10)
    progress.clear()
    assert stream.getvalue() == ""


def test_progress_is_painted_in_place_and_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stays on one line, is clean, and leaves nothing behind."""
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    progress = Progress(Writer(stream), 10, "Read\x1b[2Jing")
    for _ in range(10):
        progress.advance()
    progress.clear()
    painted = stream.getvalue()
    assert "10/10 100%" in painted
    assert "\n" not in painted
    assert "\x1b" not in painted
    assert painted.endswith("\r" + " " * 59 + "\r")


def subclasses(kind: type[errors.BackendError]) -> list[type[errors.BackendError]]:
    """Return an error and everything below it in the tree of the port; backends have finer ones of their own."""
    direct = [one for one in kind.__subclasses__() if one.__module__ == errors.__name__]
    return [kind, *(below for one in direct for below in subclasses(one))]


@pytest.mark.parametrize("kind", subclasses(errors.BackendError))
def test_every_backend_error_has_words_and_a_code(kind: type[errors.BackendError]) -> None:
    """No error of a backend is shown by its Python name."""
    made: dict[type[errors.BackendError], errors.BackendError] = {
        errors.Invalid: errors.Invalid("phone", "bad"),
        errors.Conflict: errors.Conflict(None),
        errors.Unsupported: errors.Unsupported("write"),
        errors.WrongVersion: errors.WrongVersion("1", "2", newer=False),
    }
    says, code = worded(made.get(kind) or kind("detail"), "x://me:secret@host/db")
    assert kind.__name__ not in says
    assert "secret" not in says
    assert says.startswith("x://host/db: ")
    assert code in vars(codes).values()


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (errors.TimedOut(), codes.TRY_AGAIN, "try again"),
        (errors.Busy(retry_after=3.2), codes.TRY_AGAIN, "3 seconds"),
        (errors.Unavailable("no route"), codes.UNAVAILABLE, "no route"),
        (errors.NotSignedIn(), codes.NOT_ALLOWED, "cordboard login desk"),
        (errors.NotAllowed(), codes.NOT_ALLOWED, "may not"),
        (errors.Invalid("name", "required"), codes.DATA, "name must not be empty"),
        (errors.Conflict(None), codes.TRY_AGAIN, "meanwhile"),
        (errors.Unsupported("audit"), codes.UNAVAILABLE, "audit trail"),
        (errors.WrongVersion("3", "2", newer=True), codes.DATA, "update cordboard"),
        (errors.WrongVersion("1", "2", newer=False), codes.DATA, "cordboard db upgrade"),
        (errors.Full(), codes.CANNOT_CREATE, "nothing was stored"),
        (errors.Damaged(), codes.DATA, "cordboard db check"),
    ],
)
def test_each_error_says_what_to_do(error: errors.BackendError, code: int, words: str) -> None:
    """The line names the remedy, the code its kind."""
    error.source = "desk"
    says, found = worded(error, "")
    assert found == code
    assert words in says
    assert says.startswith("desk: ")


def test_urls_are_shown_without_user_and_password() -> None:
    """A message can be sent to a colleague."""
    assert without_secret("tmf+https://me:pw@host:8443/api/a@b") == "tmf+https://host:8443/api/a@b"
    assert without_secret("sqlite:////srv/a.db") == "sqlite:////srv/a.db"
    assert without_secret("memory:") == "memory:"
