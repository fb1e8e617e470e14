"""`cordboard import` as people run it: exit codes, reports, and an end at any moment."""

from __future__ import annotations

import csv
import json
import os
import signal
import sqlite3
import stat
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

MAPPING = """
source = "old"
batch = 20
[operator]
code = "nord"
name = "Nordnet"
country = "SE"
language = "sv"
time_zone = "Europe/Stockholm"
[customer]
name = "name"
[ticket]
id = "nr"
kind = { column = "kind", table = { Fel = "fault" } }
subject = "subject"
opened_at = { column = "opened", formats = ["%d/%m/%Y", "%m/%d/%Y"] }
[contact]
channel = { constant = "web" }
at = { same_as = "ticket.opened_at" }
body = "subject"
"""
ROW = "{n},Name {n},Fel,\x1b[2Jword{n} =cmd,22/05/2021\n"


def files(folder: Path, rows: int, extra: str = "") -> tuple[Path, Path]:
    """Return a mapping and a table of so many good rows and what follows them."""
    mapping, table = folder / "map.toml", folder / "in.csv"
    mapping.write_text(MAPPING, encoding="utf-8")
    text = "nr,name,kind,subject,opened\n" + "".join(ROW.format(n=n) for n in range(rows)) + extra
    table.write_text(text, encoding="utf-8")
    return mapping, table


def command(home: Path, *arguments: str | Path) -> list[str]:
    """Return the command line; `home` is kept by the environment."""
    return [sys.executable, "-m", "console.cli", *map(str, arguments)]


def environment(home: Path) -> dict[str, str]:
    """Return an environment in which everything of ours lies in `home`."""
    return {**os.environ, "CORDBOARD_HOME": str(home), "CORDBOARD_AGENT": "tester", "LC_ALL": "C.UTF-8"}


def cordboard(home: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Return what came of a command."""
    return subprocess.run(
        command(home, *arguments), env=environment(home), capture_output=True, text=True, timeout=120, check=False,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip


def count(home: Path, table: str = "ticket") -> int:
    """Return how many records are stored, 0 before there is a database."""
    file = home / "cordboard.db"
    if not file.exists():
        return 0
    with closing(sqlite3.connect(f"file:{file}?mode=rw", uri=True, timeout=60)) as raw:
        if not raw.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (table,)).fetchone():
            return 0
        return int(raw.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])


def report_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """Return the report that a command printed as JSON."""
    return dict(json.loads(done.stdout))


def test_a_whole_import_ends_with_0_and_a_second_one_adds_nothing(tmp_path: Path) -> None:
    """Also in the words that a person reads; no control byte of the table reaches the terminal."""
    mapping, table = files(tmp_path, 45)
    first = cordboard(tmp_path, "import", table, "--as", "csv", "--map", mapping)
    second = cordboard(tmp_path, "import", table, "--as", "csv", "--map", mapping)
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert "tickets: 45 added, 0 known" in first.stdout
    assert "tickets: 0 added, 45 known" in second.stdout
    assert count(tmp_path) == 45
    assert not any(ord(letter) < 32 and letter != "\n" for letter in first.stdout + second.stdout + second.stderr)


def test_rejected_rows_end_with_65_and_lie_in_a_private_file(tmp_path: Path) -> None:
    """The report says how many, why and where; formulas in the file are disarmed."""
    bad = "x1,=HYPERLINK(1),Hund,s,22/05/2021\nx2,n,Fel,s,05/06/2021\nx3,n,Fel,s,5 June\n"
    mapping, table = files(tmp_path, 3, bad)
    rejects = tmp_path / "rejects.csv"
    done = cordboard(tmp_path, "import", table, "--map", mapping, "--rejects", rejects, "--json")
    report = report_of(done)
    assert (done.returncode, report["rejected"], report["ambiguous"]) == (65, 3, 1)
    assert report["added"]["ticket"] == 3
    assert {(each["field"], each["reason"]) for each in report["reasons"]} == {
        ("ticket.kind", "unknown_value"), ("ticket.opened_at", "ambiguous_date"), ("ticket.opened_at", "no_date"),
    }  # fmt: skip
    assert stat.S_IMODE(rejects.stat().st_mode) == 0o600
    with rejects.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["row"] for row in rows] == ["5", "6", "7"]
    again = cordboard(tmp_path, "import", table, "--map", mapping, "--rejects", rejects)
    assert again.returncode == 73
    assert "exists already" in again.stderr
    elsewhere = report_of(cordboard(tmp_path, "import", table, "--map", mapping, "--json"))["rejects_file"]
    assert Path(elsewhere).parent == tmp_path / "state" / "rejects"
    assert stat.S_IMODE(Path(elsewhere).stat().st_mode) == 0o600


def test_rejects_as_json_lines_hold_the_row_as_it_was(tmp_path: Path) -> None:
    """Nothing is disarmed or cleaned there, and nothing in it is a control byte."""
    mapping, table = files(tmp_path, 0, "x1,\x1b[31m=1+1,Hund,s,22/05/2021\n")
    rejects = tmp_path / "rejects.jsonl"
    cordboard(tmp_path, "import", table, "--map", mapping, "--rejects", rejects)
    text = rejects.read_text(encoding="ascii")
    assert "\x1b" not in text
    assert json.loads(text)["original"] == "x1,\x1b[31m=1+1,Hund,s,22/05/2021"


def test_a_trial_run_stores_nothing(tmp_path: Path) -> None:
    """Not even the operator, and no rejects unless a file is named."""
    mapping, table = files(tmp_path, 30, "x,n,Hund,s,22/05/2021\n")
    done = cordboard(tmp_path, "import", table, "--map", mapping, "--dry-run", "--json")
    report = report_of(done)
    assert (done.returncode, report["dry_run"], report["added"]["ticket"]) == (65, True, 30)
    assert (count(tmp_path), count(tmp_path, "operator")) == (0, 0)
    assert report["rejects_file"] == ""
    assert not (tmp_path / "state" / "rejects").exists()


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (["in.csv"], 2, "--map"),
        (["in.csv", "--map", "none.toml"], 78, "none.toml"),
        (["in.csv", "--map", "bad.toml"], 78, "customer.nmae"),
        (["in.csv", "--map", "map.toml", "--operator", "nobody"], 65, "nobody"),
        (["none.csv", "--map", "map.toml"], 65, "none.csv"),
        (["in.dat"], 2, "--as"),
    ],
)
def test_what_cannot_work_is_said_in_words(tmp_path: Path, arguments: list[str], code: int, says: str) -> None:
    """With the exit code that scripts expect, and never with a traceback."""
    files(tmp_path, 1)
    (tmp_path / "bad.toml").write_text(MAPPING.replace('\nname = "name"', '\nnmae = "name"'), encoding="utf-8")
    made = [str(tmp_path / each) if "." in each else each for each in arguments]
    done = cordboard(tmp_path, "import", *made)
    assert done.returncode == code, done.stderr
    assert says in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_a_mailbox_needs_no_mapping_when_there_is_one_operator(tmp_path: Path) -> None:
    """The operator's customers get their mails; a second run knows them."""
    mapping, table = files(tmp_path, 1)
    cordboard(tmp_path, "import", table, "--map", mapping)
    mail = "From: Anna <anna@example.net>\nTo: care@x\nSubject: Hi\nMessage-ID: <1@x>\n\nHello\n"
    (tmp_path / "one.eml").write_text(mail, encoding="utf-8")
    for added, known in ((1, 0), (0, 1)):
        done = cordboard(tmp_path, "import", tmp_path / "one.eml")
        assert done.returncode == 0, done.stderr
        assert f"contacts: {added} added, {known} known" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_an_import_that_is_ended_in_the_middle_goes_on_when_repeated(tmp_path: Path, how: signal.Signals) -> None:
    """What is stored is whole batches with all that belongs to them; the second run adds the rest."""
    rows = 6000  # enough that a busy machine has not read them all before it is told to end
    mapping, table = files(tmp_path, rows)
    process = subprocess.Popen(
        command(tmp_path, "import", table, "--map", mapping), env=environment(tmp_path), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while count(tmp_path) < 100 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(how)
    _out, err = process.communicate(timeout=60)
    stored = count(tmp_path)
    assert 100 <= stored < rows
    assert stored % 20 == 0
    assert count(tmp_path, "contact") == count(tmp_path, "customer") == count(tmp_path, "ticket_event") == stored
    if how is signal.SIGINT:
        assert process.returncode == 130
        assert "Traceback" not in err
    done = cordboard(tmp_path, "import", table, "--map", mapping, "--json")
    report = report_of(done)
    assert (report["added"]["ticket"], report["known"]["ticket"]) == (rows - stored, stored)
    assert count(tmp_path) == count(tmp_path, "ticket_event") == rows
