"""A person gets everything held about them, and is erased when they ask for it."""

from __future__ import annotations

import argparse
import asyncio
import base64
import io
import json
import os
import pty
import stat
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from backends.memory import MemoryBackend, Store
from backends.port import Backend
from backends.registry import backend_for
from console.cli import codes, exporting
from console.cli.output import Writer
from console.cli.setting import Setting
from console.desk.importing import Format, Order, Rejects, Report, mapping_from, run

CANARY = "canary-8472"
NOW = datetime(2031, 6, 1, tzinfo=UTC)
MAPPING = mapping_from(
    {
        "source": "old",
        "operator": {
            "code": "nord", "name": "Nordnet", "country": "SE", "language": "sv", "time_zone": "Europe/Stockholm"},
        "region": "SE",
        "customer": {"id": "nr", "number": "who", "name": "name", "email": "mail", "phone": "tel",
                     "place": {"town": "name"}},
        "ticket": {"id": "nr", "kind": {"constant": "fault"}, "subject": "text", "description": "text",
                   "opened_at": {"column": "opened"}, "details": {"light": "text"}},
        "contact": {"channel": {"constant": "web"}, "at": {"same_as": "ticket.opened_at"}, "body": "text",
                    "sender": "name"},
    }
)  # fmt: skip
TABLE = f"""nr,who,name,mail,tel,text,opened
1,C-1,Anna {CANARY},{CANARY}@example.net,08-123 456 78,I am {CANARY},2031-05-01
2,C-2,Bo Ek,bo@example.net,08-123 456 79,Quiet,2031-05-02
3,C-3,Bo Ek,bo@example.net,08-123 456 80,Quiet too,2031-05-03
"""


@dataclass
class Desk:
    """A home with records in it, and what commands printed there."""

    home: Path
    connect: Callable[..., Backend]
    out: io.StringIO
    err: io.StringIO
    environ: dict[str, str]

    def run(self, part: Any, *arguments: str) -> int:
        """Return the exit code of a command."""
        parser = argparse.ArgumentParser()
        part.arguments(parser)
        setting = Setting(Writer(self.out), Writer(self.err), environ=self.environ, connect=self.connect)
        return int(part.run(parser.parse_args(arguments), setting))


@pytest.fixture(params=["memory", "sqlite"])
def desk(request: pytest.FixtureRequest, tmp_path: Path) -> Desk:
    """Return a desk into which the table was imported, on each kind of store."""
    if request.param == "memory":
        store = Store()
        environ = {"CORDBOARD_BACKEND": "memory:"}

        def connect(_url: str, **_settings: object) -> Backend:
            return MemoryBackend(store=store)
    else:
        environ = {"CORDBOARD_BACKEND": f"sqlite:///{tmp_path / 'cordboard.db'}"}
        connect = backend_for  # type: ignore[assignment]
    table = tmp_path / "in.csv"
    table.write_text(TABLE, encoding="utf-8")

    async def fill() -> None:
        backend = connect(environ["CORDBOARD_BACKEND"])
        await backend.open()
        report = Report()
        order = Order(MAPPING, Format.CSV, (table,), "tester", NOW)
        await run(order, backend, report, Rejects(None), lambda _done, _total: None)
        await backend.close()
        assert report.rejected == 0

    asyncio.run(fill())
    environ = {**environ, "CORDBOARD_HOME": str(tmp_path), "CORDBOARD_AGENT": "tester"}
    return Desk(tmp_path, connect, io.StringIO(), io.StringIO(), environ)


def acts(desk: Desk) -> list[str]:
    """Return the newest acts in the audit trail, newest first."""

    async def read() -> list[str]:
        backend = desk.connect(desk.environ["CORDBOARD_BACKEND"])
        await backend.open()
        try:
            return [entry.act for entry in (await backend.audit(limit=2)).rows]
        finally:
            await backend.close()

    return asyncio.run(read())


@pytest.mark.parametrize("named", ["C-1", "c-1", "+46 8 123 456 78", f"{CANARY}@example.net"])
def test_an_export_holds_everything_and_is_audited(desk: Desk, named: str) -> None:
    """Found by number, telephone or mail; records and originals are in it, and of nobody else."""
    assert desk.run(exporting, named, "--json") == codes.OK
    text = desk.out.getvalue()
    held = json.loads(text)
    assert {CANARY in json.dumps(held[kind]) for kind in ("customer", "contact", "ticket")} == {True}
    originals = [base64.b64decode(each["base64"]).decode() for each in held["originals"]]
    assert any(CANARY in original for original in originals)
    assert "Bo Ek" not in text
    assert acts(desk)[0] == "export"


def test_an_export_to_a_file_is_private_and_never_overwrites(desk: Desk) -> None:
    """The file is new, 0600, and complete; one that exists stays as it is."""
    file = desk.home / "export.json"
    assert desk.run(exporting, "C-1", "--output", str(file)) == codes.OK
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert CANARY in file.read_text(encoding="utf-8")
    assert desk.out.getvalue() == ""
    before = acts(desk)
    with pytest.raises(codes.Stop) as stop:
        desk.run(exporting, "C-2", "--output", str(file))
    assert stop.value.code == codes.CANNOT_CREATE
    assert acts(desk) == before
    assert CANARY in file.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("named", "code", "says"),
    [
        ("bo@example.net", codes.DATA, "C-3"),
        ("Anna", codes.DATA, "C-1"),
        ("08-123 456", codes.DATA, "C-2"),
        ("nobody@example.net", codes.FAILED, "nobody@example.net"),
    ],
)
@pytest.mark.parametrize("part", [exporting, exporting.forget], ids=["export", "forget"])
def test_only_the_whole_of_a_number_or_address_will_do(desk: Desk, part: Any, named: str, code: int, says: str) -> None:
    """Several matches, or a likeness, are listed and nothing is done."""
    with pytest.raises(codes.Stop) as stop:
        desk.run(part, named, *(["--yes"] if part is exporting.forget else []))
    assert stop.value.code == code
    assert says in stop.value.says
    assert acts(desk)[0] not in ("export", "forget")


def test_forgetting_takes_the_canary_away_and_leaves_the_clocks(desk: Desk) -> None:
    """Not in the export, not by search, not in the database's bytes; the ticket is still counted."""
    assert desk.run(exporting.forget, "C-1", "--yes", "--reason", "asked by letter") == codes.OK
    assert acts(desk)[0] == "forget"
    assert desk.run(exporting, "C-1", "--json") == codes.OK
    held = json.loads(desk.out.getvalue()[desk.out.getvalue().index("{") :])
    for kind in ("customer", "contact", "ticket", "ticket_event", "originals", "audit"):
        assert CANARY not in json.dumps(held.get(kind, [])), kind
    assert held["ticket"][0]["opened_at"]
    assert held["ticket"][0]["reference"]
    for file in desk.home.glob("cordboard.db*"):
        assert CANARY.encode() not in file.read_bytes(), file.name

    async def look() -> tuple[int, int]:
        backend = desk.connect(desk.environ["CORDBOARD_BACKEND"])
        await backend.open()
        try:
            return len(await backend.search(CANARY)), len((await backend.search_text(CANARY)).rows)
        finally:
            await backend.close()

    assert asyncio.run(look()) == (0, 0)
    assert desk.run(exporting.forget, "C-1", "--yes") == codes.OK


def test_nobody_to_ask_means_nothing_is_done(desk: Desk) -> None:
    """Without a terminal and without --yes it is refused before anything is read."""
    with pytest.raises(codes.Stop) as stop:
        desk.run(exporting.forget, "C-1")
    assert stop.value.code == codes.USAGE
    assert acts(desk)[0] != "forget"


@pytest.mark.parametrize(("answer", "code"), [("", 1), ("n", 1), ("nonsense", 1), ("y", 0)])
@pytest.mark.parametrize("desk", ["sqlite"], indirect=True)
def test_forgetting_asks_and_only_yes_is_yes(desk: Desk, answer: str, code: int) -> None:
    """On a terminal it shows what goes and what stays; Enter alone is no."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "console.cli", "forget", "C-1"],
        stdin=theirs, stdout=subprocess.PIPE, stderr=theirs, cwd=Path(__file__).parents[2],
        env={**os.environ, **desk.environ, "LC_ALL": "C.UTF-8"},
    )  # fmt: skip
    os.close(theirs)
    shown = b""
    while b"[y/N]" not in shown:
        shown += os.read(ours, 4096)
    os.write(ours, answer.encode() + b"\n")
    out, _err = process.communicate(timeout=60)
    os.close(ours)
    assert process.returncode == code, shown + out
    assert b"C-1" in shown
    assert (b"Forgotten" in out) == (code == 0)
    assert (acts(desk)[0] == "forget") == (code == 0)
