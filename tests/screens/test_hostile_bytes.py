"""What reaches a real terminal, a pipe and a file when a customer's texts hold orders: never the orders."""

from __future__ import annotations

import base64
import json
import re
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.desk_stage import copy_of
from tests.pty.program_stage import F2, F10, PROGRAM, at_home, command, console, environment, note_form
from tests.pty.terminal_harness import Session
from tests.screens.hostile_stage import HOSTILE, LONE, NUMBER, hostile_copy

C1 = re.compile(b"\xc2[\x80-\x9f]")
BIDI = re.compile(b"\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c")
ORDER = rb"\x1b(?:\[[0-9;?<>=$]*[ -/]*[@-~]|[=>78M]|\](?:8|22);[^\x07\x1b]*(?:\x07|\x1b\\)|[()][A-Z0-9])"
OWN = re.compile(ORDER + rb"|\x18")


@pytest.fixture(scope="session")
def hostile_once(demo_original: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a demo database with the hostile customer, made once."""
    return hostile_copy(copy_of(demo_original, tmp_path_factory.mktemp("hostile")))


@pytest.fixture
def hostile_file(hostile_once: Path, tmp_path: Path) -> Path:
    """Return a copy of it that a test may write to."""
    return copy_of(hostile_once, tmp_path / "data")


def harmless(data: bytes, *, own: bool = False) -> None:
    """Check that nothing planted is among the bytes, as an order; with `own`, the console's own orders are allowed."""
    text = OWN.sub(b"", data) if own else data
    for control in (*range(8), *(() if own else (8,)), 11, 12, *range(14, 32), 127):  # one cell back is the painter's
        assert bytes((control,)) not in text, (control, text[max(0, text.find(bytes((control,))) - 60) :][:120])
    assert C1.search(text) is None
    assert BIDI.search(text) is None
    for order in (b"\x1b[987;654", b"\x1b]52;c;c3RvbGVu", b"\x1bPq", b"\x1b[2J\x1bPq"):
        assert order not in data
    text.decode()


def told(session: Session, keys: bytes, *words: str) -> None:
    """Press keys, wait for silence and the words."""
    session.send(keys)
    for one in words:
        session.wait_for(one)
    session.wait_quiet()


@pytest.mark.parametrize(("cols", "rows"), [(80, 24), (132, 43)])
def test_no_order_of_a_customer_reaches_the_terminal(hostile_file: Path, tmp_path: Path, cols: int, rows: int) -> None:
    """A walk over all screens in the real program: markup and formats as written, and no order among the bytes."""
    with console(tmp_path, hostile_file, cols=cols, rows=rows) as session:
        at_home(session)
        told(session, b"vile", "1 customer ", "Robin [/bold] {0}")
        told(session, b"\r", "History")
        assert "Robin [/bold] {0} %s Vile" in session.text
        for _row in range(12):
            told(session, b"\r")
            told(session, b"\rj")
        for key in (b"i", b"z", b"o", b"w", b"D", b"L", b"?", b":", b"t", b"c", b"r", b"h", b"e"):
            told(session, key)
            told(session, b"\x07")
            if key not in (b"z",) and "History" not in session.text:
                told(session, b"\x07")
        note_form(session)
        told(session, b"\x05\x0e[/x] %s {0} \xc2\x9b987z", "[/x] %s {0}")
        told(session, F2, "Contact stored.")
        told(session, b"\x1b[200~" + HOSTILE.encode("utf-8", "replace").replace(b"\x1b", b"") + b"\x1b[201~")
        session.send(F10)
        assert session.wait_exit() == 0
        harmless(bytes(session.raw), own=True)
        assert b"\x1b]52" not in session.raw


COMMANDS = (
    ("show", NUMBER),
    ("show", NUMBER, "--json"),
    ("find", "vile"),
    ("find", "vile", "--json"),
    ("find", "--text", "vile"),
    ("find", "--text", "vile", "--json"),
    ("tickets",),
    ("tickets", "--json"),
    ("outage", "list"),
    ("outage", "list", "--json"),
    ("export", NUMBER, "--json"),
    ("doctor",),
    ("find", "\x1b[987;654z\u202e"),
    ("show", "\x1b[987;654z\u202e"),
)


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda one: " ".join(one).encode("ascii", "replace").decode())
@pytest.mark.parametrize("tty", [False, True], ids=["pipe", "terminal"])
def test_no_command_prints_an_order(hostile_file: Path, tmp_path: Path, arguments: tuple[str, ...], tty: bool) -> None:
    """What commands print, to a pipe and to a terminal, holds the words and none of the orders; JSON stays JSON."""
    if tty:
        with Session([str(PROGRAM), *arguments], environment(tmp_path, hostile_file)) as session:
            session.wait_exit(60)
            harmless(bytes(session.raw).replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n"), own=True)
            assert b"Traceback" not in session.raw
        return
    result = command(tmp_path, hostile_file, *arguments, CORDBOARD_AGENT="helena")
    assert b"Traceback" not in result.stderr
    harmless(result.stdout)
    harmless(result.stderr)
    if "--json" in arguments:
        assert result.returncode == 0, result.stderr
        assert "[/bold]" in json.dumps(json.loads(result.stdout), ensure_ascii=False)
    elif arguments[0] == "show" and NUMBER in arguments:
        assert b"[@click=app.quit]go[/]" in result.stdout
        assert len(result.stdout) < 400_000, "two bodies of a megabyte are not printed whole in a view"


@pytest.fixture
def imported(demo_file: Path, tmp_path: Path) -> Path:
    """Return a database into which hostile rows were imported, by JSON lines, CSV and a mailbox."""
    row = {
        "id": "V-1",
        "who": f"vile {HOSTILE}{LONE}",
        "phone": "+48 600 700 800",
        "opened": "2026-11-20 10:00",
        "subject": f"subject {HOSTILE}{LONE}",
        "text": f"body {HOSTILE}{LONE}\n" + "A" * 500_000,
    }
    mapping = (
        'source = "vile"\noperator = "{code}"\ntime_zone = "Europe/Warsaw"\nregion = "PL"\n'
        '[customer]\nid = "who"\nname = "who"\nphone = {{ column = "phone", invalid = "drop" }}\n'
        '[ticket]\nid = "id"\nkind = {{ constant = "complaint" }}\nsubject = "subject"\ndescription = "text"\n'
        'opened_at = {{ column = "opened", formats = ["%Y-%m-%d %H:%M"] }}\n'
        '[contact]\nchannel = {{ constant = "web" }}\nat = {{ same_as = "ticket.opened_at" }}\nbody = "text"\n'
    )
    code = _an_operator_code(demo_file)
    (tmp_path / "map.toml").write_text(mapping.format(code=code))
    lines = [json.dumps({**row, "id": f"V-{turn}", "who": f"{row['who']} {turn}"}) for turn in range(3)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines) + "\n")
    done = command(
        tmp_path, demo_file, "import", str(tmp_path / "in.jsonl"), "--as", "jsonl", "--map", str(tmp_path / "map.toml")
    )
    assert done.returncode == 0, done.stdout + done.stderr
    harmless(done.stdout)
    harmless(done.stderr)
    sender, subject = (_encoded(one) for one in ("Vile \x1b[987;654z [/bold]", "vile \x1b]52;c;c3RvbGVu\x07 [red]x"))
    mail = (
        f"From: {sender} <vile@mail.example.com>\r\nTo: <desk@example.org>\r\nSubject: {subject}\r\n"
        "Message-ID: <vile@mail.example.com>\r\nDate: Fri, 20 Nov 2026 10:00:00 +0100\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\nvile mail {HOSTILE}\r\n"
    )
    (tmp_path / "in.eml").write_bytes(mail.encode("utf-8", "surrogatepass"))
    done = command(tmp_path, demo_file, "import", str(tmp_path / "in.eml"), "--as", "eml", "--operator", code)
    assert done.returncode == 0, done.stdout + done.stderr
    harmless(done.stdout)
    return demo_file


def _encoded(text: str) -> str:
    """Return a header's text as mail programs encode it."""
    return f"=?utf-8?b?{base64.b64encode(text.encode()).decode()}?="


def _an_operator_code(file: Path) -> str:
    connection = sqlite3.connect(f"file:{file}?mode=ro", uri=True)
    try:
        return str(connection.execute("SELECT code FROM operator ORDER BY id LIMIT 1").fetchone()[0])
    finally:
        connection.close()


def test_imported_orders_are_words_everywhere(imported: Path, tmp_path: Path) -> None:
    """Rows and mails with orders come in; screens, lists and exports show their words and never an order."""
    found = json.loads(command(tmp_path, imported, "find", "vile", "--json").stdout)
    assert len(found) >= 4
    for one in found:
        for arguments in (("show",), ("show", "--json"), ("export", "--json")):
            result = command(tmp_path, imported, *arguments, one["number"], CORDBOARD_AGENT="helena")
            assert result.returncode == 0, result.stderr
            harmless(result.stdout)
    with console(tmp_path, imported) as session:
        at_home(session)
        told(session, b"vile", "Found")
        for _customer in range(3):
            told(session, b"\x1b[B")
        told(session, b"\r", "History")
        told(session, b"\r")
        told(session, b"z")
        told(session, b"\x1b[F")
        session.send(F10)
        assert session.wait_exit() == 0
        harmless(bytes(session.raw), own=True)


def test_a_hostile_argument_never_breaks_the_shell(hostile_file: Path, tmp_path: Path) -> None:
    """Arguments that are no UTF-8 and hold orders are answered with words and a code."""
    result = subprocess.run(
        [str(PROGRAM).encode(), b"find", b"\xff\xfe\x1b[987;654z"],
        env=environment(tmp_path, hostile_file),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert b"Traceback" not in result.stderr
    assert result.returncode in (0, 1, 2, 64, 65)
    harmless(result.stdout + result.stderr)
