"""The program on three systems at once: a TM Forum server, a Request Tracker, a Prometheus Alertmanager, all real."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from backends.contract.samples import a_ticket, ago, points
from backends.port import Batch, Put
from backends.records import Channel, Contact, Customer, CustomerKind, Direction, Place, new_key
from backends.registry import backend_for
from tests.pty.program_stage import ENTER, F2, F10, PROGRAM, at_home, command, environment, note_form
from tests.pty.terminal_harness import Session
from tests.servers.alertmanager import Alertmanager, alert, free_port
from tests.servers.alertmanager import running as alertmanager_running
from tests.servers.rt import OPTIONS, RequestTracker

pytestmark = pytest.mark.xdist_group("rt")

F8 = b"\x1b[19~"
MAIL, NAME = "tomasz.lis@post.example", "Tomasz Lis"
SUBJECT = "Zegar na tunerze miga"
NOTE = "Klient pyta o zegar"
OPERATOR = {"code": "LUN", "name": "Luniec", "country": "PL", "language": "pl", "time_zone": "Europe/Warsaw"}


def settings(tmf: str, rt: RequestTracker, alarms: Alertmanager) -> str:
    """Return the configuration of a desk on all three."""
    options = {**OPTIONS, "operator": OPERATOR}
    return f"""
profile = "night"
[interface]
idle_lock_minutes = 0
[profiles.night]
agent = "iga"
roles = ["supervisor"]
[profiles.night.sources.crm]
url = "tmf+{tmf}/"
options = {inline({"operator": OPERATOR})}
[profiles.night.sources.helpdesk]
url = "{rt.url}"
writes = ["contacts", "tickets"]
poll_seconds = 1
options = {inline(options)}
[profiles.night.sources.alarms]
url = "{alarms.url}"
poll_seconds = 1
options = {inline({"labels": {"town": "town"}})}
"""


def inline(value: object) -> str:
    """Return a value as TOML on one line."""
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{json.dumps(key)} = {inline(one)}" for key, one in value.items()) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(inline(one) for one in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@contextmanager
def served(home: Path, file: Path, port: int = 0) -> Iterator[tuple[str, str]]:
    """Serve the records in `file`; gives the address and a token."""
    env = environment(home, file)
    name = f"pty{time.monotonic_ns()}"
    made = command(home, file, "serve", "token", "add", "iga", "--role", "supervisor", "--name", name)
    found = re.search(rb"cbd_[\w-]+", made.stdout)
    assert found is not None, made.stderr
    process = subprocess.Popen(
        [str(PROGRAM), "serve", "--port", str(port)], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout is not None
    try:
        said = ""
        for line in process.stdout:
            said += line.decode()
            if address := re.search(r"http://127\.0\.0\.1:\d+", said):
                break
        else:
            raise AssertionError(said)
        yield address[0], found[0].decode()
    finally:
        process.terminate()
        process.wait(30)
        process.stdout.close()


async def _in_helpdesk(rt: RequestTracker) -> None:
    """Put a customer with a ticket into the helpdesk."""
    backend = rt.backend(options={**OPTIONS, "operator": OPERATOR})
    await backend.open()
    try:
        (operator,) = await backend.operators()
        person = Customer(
            new_key(), "", operator.key, CustomerKind.SUBSCRIBER, NAME, "pl", points=points(MAIL, "+48601222333")
        )
        receipt = await backend.write(Batch((Put(person),), actor="desk", idempotency_key="stage/person"))
        stored = receipt.changes[0].after
        assert isinstance(stored, Customer)
        ticket = a_ticket(stored, subject=SUBJECT)
        await backend.write(Batch((Put(ticket),), actor="desk", idempotency_key="stage/ticket"))
    finally:
        await backend.close()


async def _in_store(file: Path) -> str:
    """Put the same person and a call of theirs into the served records; returns their number."""
    backend = backend_for(f"sqlite:///{file}")
    await backend.open()
    try:
        operator = next(one for one in await backend.operators() if one.code == "LUN")
        person = Customer(
            new_key(), "", operator.key, CustomerKind.SUBSCRIBER, NAME, "pl", points=points(MAIL),
            place=Place("Rynek", "1", postcode="22-400", town="Zamość", country="PL"),
        )  # fmt: skip
        call = Contact(
            new_key(), "", person.key, operator.key, Channel.CALL, Direction.INBOUND, ago(days=2), body="Zamawia tuner"
        )
        receipt = await backend.write(Batch((Put(person), Put(call)), actor="iga"))
        stored = receipt.changes[0].after
        assert isinstance(stored, Customer)
        return stored.number
    finally:
        await backend.close()


def _notes_in(rt: RequestTracker) -> int:
    """Return how many times the note is in the helpdesk's own store."""
    return rt.count("SELECT COUNT(*) FROM Attachments WHERE Content LIKE ?", f"%{NOTE}%")


def test_three_sources_are_one_view_and_one_may_die(
    demo_file: Path, tmp_path: Path, rt_server: RequestTracker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """One history of all; the helpdesk is killed, the console stays quick and honest, the note arrives once later."""
    rt_server.wipe()
    asyncio.run(_in_helpdesk(rt_server))
    number = asyncio.run(_in_store(demo_file))
    home = tmp_path / "desk"
    folder = home / "cordboard"
    folder.mkdir(parents=True, mode=0o700)
    secrets = folder / "secrets.json"
    with (
        served(tmp_path / "server", demo_file) as (tmf, token),
        alertmanager_running(tmp_path_factory.mktemp("alarms")) as alarms,
    ):
        (folder / "config.toml").write_text(settings(tmf, rt_server, alarms))
        (folder / "config.toml").chmod(0o600)
        env = environment(home, demo_file, CORDBOARD_SECRETS_FILE=str(secrets), CORDBOARD_AGENT="iga")
        del env["CORDBOARD_BACKEND"]
        for name, word in (("crm", token), ("helpdesk", rt_server.token)):
            done = subprocess.run(
                [str(PROGRAM), "login", name, "--kind", "token"], input=word.encode(), env=env, capture_output=True,
                check=False,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
        with Session([str(PROGRAM)], env, 132, 43, answers_cursor=True) as session:
            at_home(session)
            _all_three(session, alarms, number)
            rt_server.stop()
            try:
                _without_helpdesk(session)
            finally:
                rt_server.start()
            session.wait_until(lambda: _notes_in(rt_server) == 1, 90, "the note in the helpdesk")
            session.wait_until(lambda: "not sent yet" not in session.text, 60, "the mark gone from the row")
            session.wait_until(lambda: "stale since" not in session.text, 60, "the helpdesk being fresh again")
            session.send(F10)
            assert session.wait_exit() == 0
    assert _notes_in(rt_server) == 1
    assert not _left_in_journals(folder)


def _all_three(session: Session, alarms: Alertmanager, number: str) -> None:
    session.send(number.encode())
    session.wait_for(NAME)
    session.send(ENTER)
    session.wait_for("Zamawia tuner")
    session.wait_for(SUBJECT)
    alarms.post([alert("OltDown", summary="Brak sygnału", town="Zamość", severity="critical")])
    session.wait_for("CONFIRMED")
    assert "Zamawia tuner" in session.text
    assert SUBJECT in session.text


def _without_helpdesk(session: Session) -> None:
    session.wait_until(lambda: "helpdesk: stale since" in session.text, 60, "that the helpdesk does not answer")
    assert SUBJECT in session.text, "what it told stays"
    assert "Zamawia tuner" in session.text
    note_form(session)
    session.send(NOTE.encode())
    session.wait_for(NOTE)
    session.send(F2)
    session.wait_for("NOT SENT yet")
    session.wait_for("[not sent yet]")
    assert "CONFIRMED" in session.text


def _left_in_journals(folder: Path) -> list[str]:
    """Return the journals that still hold the note: what was sent is kept no longer than needed."""
    found = []
    for file in (folder / "state" / "outbox").glob("*.db*"):
        if NOTE.encode() in file.read_bytes():
            found.append(os.fspath(file))
    return found


def test_it_begins_without_its_source_and_takes_reports(demo_file: Path, tmp_path: Path) -> None:
    """The shared server is away: the console opens, says so, takes in a new caller; back again, the caller is there."""
    home = tmp_path / "desk"
    folder = home / "cordboard"
    folder.mkdir(parents=True, mode=0o700)
    port = free_port()
    (folder / "config.toml").write_text(
        f"""
        [profiles.main]
        backend = "shared"
        agent = "iga"
        [profiles.main.sources.shared]
        url = "cordboard+http://127.0.0.1:{port}/"
        """
    )
    (folder / "config.toml").chmod(0o600)
    env = environment(home, demo_file, CORDBOARD_SECRETS_FILE=str(folder / "secrets.json"))
    del env["CORDBOARD_BACKEND"]
    with served(tmp_path / "server", demo_file, port) as (_address, token):
        login = [str(PROGRAM), "login", "shared", "--kind", "token"]
        done = subprocess.run(login, input=token.encode(), env=env, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        with Session([str(PROGRAM)], env, 100, 40, answers_cursor=True) as session:
            at_home(session)
            session.send(F10)
            assert session.wait_exit() == 0
    with Session([str(PROGRAM)], env, 100, 40, answers_cursor=True) as session:
        session.wait_for("Not live since the start")
        session.send(F8)
        session.wait_for("A prospect until a contract runs")
        session.send(b"Irena Nowa\t\t+48601999888")
        session.wait_for("+48601999888")
        session.send(F2)
        session.wait_for("not sent yet")
        with served(tmp_path / "server", demo_file, port):
            session.wait_until(lambda: "Irena Nowa" in _names_in(demo_file), 90, "the caller in the records")
            session.wait_until(lambda: "not sent yet" not in session.text, 60, "that nothing waits")
            session.send(F10)
            assert session.wait_exit() == 0
    assert _names_in(demo_file).count("Irena Nowa") == 1


def _names_in(file: Path) -> list[str]:
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, timeout=5)) as connection:
        return [row[0] for row in connection.execute("SELECT name FROM customer")]
