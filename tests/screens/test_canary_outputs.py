"""R41 from outside: what a role hides is on no screen, in no command's output, no file, no answer of a server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from textual.widgets import TextArea

from backends.registry import backend_for
from backends.serve.ledger import Ledger
from backends.serve.office import Office
from backends.serve.running import Address, running
from console.cli.output import Writer
from console.cli.setting import Setting
from console.cli.sources import records_of
from console.cli.veiling import hides_for_token
from console.desk.starting import begin
from console.launch import make
from tests.canaries import IP, MAC, NUMBER, PLAIN, Planted, found_in, planted
from tests.desk_stage import Stage

ROOT = Path(__file__).parents[2]
CONFIG = """
[profiles.main.answering.CAN]
hides = ["network"]

[profiles.main.role.supervisor]
hides = []
"""
OPEN = "[profiles.main]\n"
"""For a supervisor: the operator's own rule would hide the network from everybody."""
COMMANDS: Sequence[Sequence[str]] = (
    ["show", NUMBER, "--bodies"],
    ["show", NUMBER, "--bodies", "--json"],
    ["find", "canary"],
    ["find", NUMBER, "--json"],
    ["find", "--text", PLAIN],
    ["tickets"],
    ["tickets", "--json"],
    ["queue"],
    ["queue", "--json"],
    ["audit", "list"],
    ["audit", "list", "--json"],
    ["export", NUMBER],
    ["agenda"],
    ["agenda", "--json"],
)


@pytest.fixture
async def home(tmp_path: Path) -> Planted:
    """Return the planted database, which lies where the program looks for it."""
    (tmp_path / "config.toml").write_text(CONFIG)
    return await planted(tmp_path / "cordboard.db")


def environ(home: Planted, agent: str) -> dict[str, str]:
    """Return the environment of an agent of this desk."""
    folder = str(home.file.parent)
    return {"CORDBOARD_HOME": folder, "CORDBOARD_AGENT": agent, "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT),
            "LC_ALL": "C.UTF-8", "TZ": "UTC"}  # fmt: skip


def ran(home: Planted, agent: str, commands: Sequence[Sequence[str]] = COMMANDS) -> str:
    """Return what the commands say on both of their outputs, in a process of its own."""
    script = (
        "import sys, json\nfrom console.cli import main\n"
        "for one in json.loads(sys.argv[1]):\n"
        "    try:\n        code = main(one)\n    except SystemExit as ended:\n        code = ended.code\n"
        "    print('=ended=', code, flush=True)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, json.dumps([list(one) for one in commands])],
        env=environ(home, agent), cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.stdout.count("=ended=") == len(commands), done.stderr
    return done.stdout + done.stderr


def left_behind(home: Planted) -> str:
    """Return what all files of the desk but the records themselves hold."""
    kept = [one for one in home.file.parent.rglob("*") if one.is_file() and not one.name.startswith(home.file.name)]
    return "\n".join(one.read_bytes().decode("utf-8", "replace") for one in kept if one.name != "config.toml")


def test_r41_no_command_prints_what_a_role_hides(home: Planted) -> None:
    """Text and JSON, answers and errors, as the hotline; searching for a hidden word finds what a made-up one finds."""
    said = ran(home, "hot")
    assert found_in(said, home.hidden) == []
    assert PLAIN in said
    typed = [word for word in home.payment if word.startswith("qzmail")]
    for word in (*typed, MAC, IP, home.contract_number):
        asked: list[list[str]] = [["find", word], ["find", "--text", word], ["show", word]]
        nothing = [[*one[:-1], "qznosuchthing"] for one in asked]
        heard, silence = ran(home, "hot", asked), ran(home, "hot", nothing)
        assert heard.replace(word, "") == silence.replace("qznosuchthing", "")
    assert found_in(left_behind(home), home.hidden) == []


def test_r41_a_supervisor_reads_it_all(home: Planted) -> None:
    """The same commands print every planted word to who may see it: the test above can fail."""
    home.file.with_name("config.toml").write_text(OPEN)
    said = ran(home, "sup")
    missing = set(home.hidden) - set(found_in(said, home.hidden))
    assert missing == set()


@asynccontextmanager
async def console_of(home: Planted, agent: str) -> AsyncIterator[Stage]:
    """Run the console as the command line starts it."""
    writer = Writer(sys.stdout)
    setting = Setting(writer, writer, environ(home, agent))
    setting.paths.make()
    backend = records_of(setting)
    await backend.open()
    app = make(setting, backend, None)
    await begin(app.desk, app.local)
    try:
        async with app.run_test(size=(132, 43)) as pilot:
            stage = Stage(app, pilot)
            await stage.settle()
            yield stage
    finally:
        app.local.close()
        await backend.close()


async def everything_seen(home: Planted, agent: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return all that a walk through every screen paints, says and puts on the clipboard."""
    async with console_of(home, agent) as stage:
        copied: list[str] = []
        monkeypatch.setattr(stage.app, "copy_to_clipboard", copied.append)
        seen = [stage.text()]

        async def press(*keys: str) -> None:
            for key in keys:
                await stage.press(key)
                seen.append(stage.text())

        async def leave() -> None:
            for _time in range(6):
                if stage.app.screen is stage.app.home or stage.app.screen is stage.customer:
                    return
                await press("escape")

        for word in (NUMBER[2:], *home.payment[:2], MAC[:8]):
            stage.app.go_home()
            await stage.type(word)
            seen.append(stage.text())
        stage.app.open_customer(home.customer)
        await stage.settle()
        await press("i", "escape")
        for rows, count in (("#history", 4), ("#tickets", 2)):
            stage.customer.query_one(rows).focus()
            await stage.settle()
            for _row in range(count):
                await press("enter", "z", "escape", "down")
        await press("y", "escape")
        for key in ("c", "t", "r", "h", "x", "e", "p", "E", "P", "C", "B", "n", "K", "W", "m"):
            await press(key)
            for area in stage.app.screen.query(TextArea):
                seen.append(area.text)
            await leave()
        for key in ("w", "M", "D", "L"):
            await press(key)
            await leave()
            stage.app.go_home()
            await stage.settle()
        seen += copied
        return "\n".join(seen)


async def test_r41_no_screen_shows_what_a_role_hides(home: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """Find, view, details, every entry, every form, lists, clipboard; and the drafts that are left on the disk."""
    seen = await everything_seen(home, "hot", monkeypatch)
    typed = {home.payment[0], home.payment[1], MAC}
    seen = "\n".join(row for row in seen.split("\n") if not any(found_in(row, [one]) for one in typed))
    assert found_in(seen, home.hidden) == []
    assert PLAIN in seen
    assert found_in(left_behind(home), home.hidden) == []


async def test_r41_a_supervisor_sees_it_on_the_screens(home: Planted, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same walk shows a supervisor what was planted in charges, disputes, tickets, mails and lines."""
    home.file.with_name("config.toml").write_text(OPEN)
    seen = await everything_seen(home, "sup", monkeypatch)
    shown = found_in(seen, home.hidden)
    for word in ("qzchargetextzq", "qzbillsubjectzq", "qzbilldescriptionzq", "qzmailsubjectzq", "qzmailendzq",
                 "qzdisputereasonzq", "qzpassportzq", "qzpatholtzq", MAC, "98765431"):  # fmt: skip
        assert word in shown


async def asked(home: Planted, *roles: str) -> str:
    """Return what a server answers to a token of these roles, whatever it is asked."""
    writer = Writer(sys.stdout)
    setting = Setting(writer, writer, environ(home, "sup"))
    backend = backend_for(f"sqlite:///{home.file}")
    await backend.open()
    ledger = Ledger(home.file.with_name("serve.db"))
    token = ledger.add_token(f"t-{'-'.join(roles)}", "hot", roles)
    office = Office(backend, ledger, hides=lambda given: hides_for_token(setting, given))
    key = home.customer
    calls: list[tuple[str, dict[str, object]]] = [
        ("customer_file", {"key": key}), ("timeline", {"customer_key": key}), ("contact", {"key": home.mail}),
        ("contact", {"key": home.fax}), ("ticket", {"reference_or_key": "T-880001"}), ("tickets", {}), ("queue", {}),
        ("pending", {}), ("search", {"text": "canary"}), ("search_text", {"text": PLAIN}), ("audit", {}),
        ("export", {"customer_key": key, "actor": ""}), ("contact", {"key": "contact:99999"}),
    ]  # fmt: skip
    try:
        async with (
            running(office, Address(port=0)) as (server, _task),
            httpx.AsyncClient(
                base_url=f"http://127.0.0.1:{server.listening_port}", headers={"Authorization": f"Bearer {token}"}
            ) as client,
        ):
            said = [(await client.post(f"/desk/v1/{name}", json=given)).text for name, given in calls]
            for path in (
                "troubleTicket/v5/troubleTicket",
                f"troubleTicket/v5/troubleTicket/{home.billing}",
                "customerManagement/v5/customer",
                "partyInteractionManagement/v5/partyInteraction",
                f"agreementManagement/v5/agreement?engagedParty.id={key}",
            ):
                said.append((await client.get(f"/tmf-api/{path}")).text)
            ticket = json.loads(said[4])
            stale = {"batch": {"actor": "", "items": [{"": "put", "record": ticket, "seen": 77}]}}
            said.append((await client.post("/desk/v1/write", json=stale)).text)
            return "\n".join(said)
    finally:
        ledger.close()
        await backend.close()


async def test_r41_a_server_hides_by_the_roles_of_the_token(home: Planted, caplog: pytest.LogCaptureFixture) -> None:
    """Both of its interfaces, refusals, log; a supervisor's token gets everything but what nobody sees."""
    hidden = (*home.payment, *home.documents, *home.network)
    said = await asked(home, "hotline")
    assert found_in(said + caplog.text, hidden) == []
    assert PLAIN in said
    said = await asked(home, "supervisor")
    assert {*home.payment, *home.documents} <= set(found_in(said, hidden))
    assert found_in(said, home.network) == [], "of this operator's customers nobody sees the network here"
