"""Somebody rings: the real program on a real terminal hears of it by command, by webhook, and over real SIP."""

from __future__ import annotations

import json
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path

import pytest

from console.demo.operators import HOUSES
from tests.pty.program_stage import ENTER, ESCAPE, F10, at_home, command, console, drafts, note_form, open_by_number
from tests.pty.terminal_harness import Session
from tests.servers.alertmanager import free_port
from tests.servers.softphone import running

NUMBER, NAME = "+46701740605", "Håkan Lindqvist"
"""The showcase of the third chase, and the number they alone have."""
DIALLED, GREETING = HOUSES["NOR"].hotline, HOUSES["NOR"].greeting
UNAVAILABLE = 69


def configured(home: Path, **calls: str) -> None:
    """Write the profile's `calls` into the home's configuration."""
    folder = home / "cordboard"
    folder.mkdir(parents=True, exist_ok=True)
    lines = "".join(f'{name} = "{value}"\n' for name, value in calls.items())
    (folder / "config.toml").write_text(f"[profiles.main.calls]\n{lines}")


def pop(home: Path, file: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run `cordboard pop` as a softphone's hook does."""
    return command(home, file, "pop", *arguments)


def test_a_command_in_another_process_opens_the_caller(demo_file: Path, tmp_path: Path) -> None:
    """With the greeting of the operator that was dialled, and the menu; without a console it says so."""
    told = pop(tmp_path, demo_file, NUMBER)
    assert told.returncode == UNAVAILABLE
    assert b"no console" in told.stderr
    with console(tmp_path, demo_file, cols=110, rows=30) as session:
        at_home(session)
        told = pop(
            tmp_path, demo_file, "070-174 06 05", "--dialled", DIALLED, "--name", "Bob\x1b[2J", "--menu", "fault", "tv",
            "--waited", "95",
        )  # fmt: skip
        assert told.returncode == 0, told.stderr
        assert told.stdout == b""
        session.wait_for(f"{NAME} · ")
        screen = session.screen()
        assert GREETING in screen[0]
        assert "fault › tv" in screen[1]
        assert "1 min 35 s" in screen[1]
        assert list((tmp_path / "cordboard" / "state" / "run").glob("*")) != []
        session.send(b"?")  # which keys do nothing so soon after a call, and then they do
        session.wait_until(lambda: "did nothing" in session.text or "──[Keys]" in session.text, what="keys that work")
        session.send(F10)
        assert session.wait_exit() == 0
    assert list((tmp_path / "cordboard" / "state" / "run").glob("*")) == []


def test_what_is_being_written_is_parked_in_the_real_program(demo_file: Path, tmp_path: Path) -> None:
    """The draft is on the disk before the caller is on the screen."""
    with console(tmp_path, demo_file, cols=110, rows=30) as session:
        at_home(session)
        open_by_number(session, "priority")
        note_form(session)
        session.send(b"she says it is down ag")
        session.wait_for("down ag")
        assert pop(tmp_path, demo_file, NUMBER, "--dialled", DIALLED).returncode == 0
        session.wait_for(f"{NAME} · ")
        session.wait_until(
            lambda: any("down ag" in draft.get("note", "") for draft in drafts(tmp_path)), what="the parked draft"
        )
        session.wait_for("D shows it")


def test_two_at_once_anonymous_and_unknown(demo_file: Path, tmp_path: Path) -> None:
    """The second stands in the call line; who shows no number leaves the box ready."""
    with console(tmp_path, demo_file, cols=110, rows=30) as session:
        at_home(session)
        assert pop(tmp_path, demo_file, NUMBER, "--id", "a").returncode == 0
        session.wait_for(f"{NAME} · ")
        assert pop(tmp_path, demo_file, NUMBER, "--id", "a", "--state", "answered").returncode == 0
        session.wait_for("on the line since")
        assert pop(tmp_path, demo_file, "anonymous", "--dialled", DIALLED, "--id", "b").returncode == 0
        session.wait_for("also: number withheld")
        assert f"{NAME} · " in session.text
        session.wait_quiet(1.0)  # keys pressed as a call comes in were meant for what was there before
        session.send(b"I")
        session.wait_for("Opened last")
        assert GREETING in session.screen()[0]
        session.send(ESCAPE)
        session.wait_for("Keys are commands here")
        session.send(b"I")
        session.wait_for(f"{NAME} · ")


def test_an_exchange_on_this_computer_tells_of_a_call(demo_file: Path, tmp_path: Path) -> None:
    """The generic CTI webhook, as documented; noise before it ends nothing."""
    port = free_port()
    configured(tmp_path, listen=f"127.0.0.1:{port}")
    with console(tmp_path, demo_file, cols=110, rows=30) as session:
        at_home(session)
        session.wait_until(lambda: _posted(port, {"event": "noise"}) == 400, what="the listener")
        news = {
            "event": "newCall", "from": NUMBER[1:], "to": DIALLED[1:], "direction": "in", "callId": "1",
            "user": ["iga"],
        }  # fmt: skip
        assert _posted(port, news) == 200
        session.wait_for(f"{NAME} · ")
        assert GREETING in session.screen()[0]
        assert _posted(port, {**news, "event": "answer"}) == 200
        session.wait_for("on the line since")
        assert _posted(port, {**news, "event": "hangup", "cause": "normalClearing"}) == 200
        session.wait_for("not logged yet")


def _posted(port: int, fields: Mapping[str, object]) -> int:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/v1/cti/x", json.dumps(fields).encode(), {"Content-Type": "application/json"}
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except OSError:
        return 0


@pytest.mark.slow
def test_a_real_sip_call_opens_the_console_at_the_caller(demo_file: Path, tmp_path: Path) -> None:
    """Rung, answered, hung up; a second caller meanwhile, with an odd name; a third who shows no number."""
    (tmp_path / "phone").mkdir()
    with running(tmp_path / "phone", DIALLED.lstrip("+")) as phone:
        configured(tmp_path, softphone=f"127.0.0.1:{phone.events}")
        with console(tmp_path, demo_file, cols=110, rows=30) as session:
            at_home(session)
            _answered(session, phone.events)
            phone.rings(NUMBER, "Ewa $(x) <b> %s ☎")
            session.wait_for(f"{NAME} · ")
            assert GREETING in session.screen()[0]
            assert "“Ewa $(x) <b> %s ☎”" in session.text
            phone.answers()
            session.wait_for("on the line since")
            second = phone.rings("anonymous", patience=2.0)
            session.wait_for("also: number withheld")
            assert second.wait(60) == 0
            session.wait_until(lambda: "also:" not in session.text, what="the second caller to give up")
            phone.hangs_up()
            session.wait_for("not logged yet")
            session.send(b"I")
            session.wait_for("Calls of today")
            session.wait_for("missed")
            session.send(ENTER)


def _answered(session: Session, port: int) -> None:
    """Wait until the console has a line to the softphone: the port tells nothing of what was before."""

    def connected() -> bool:
        with open("/proc/net/tcp", encoding="ascii") as table:
            peers = [line.split()[2] for line in table if line.split()[3] == "01"]
        return any(int(peer.rpartition(":")[2], 16) == port for peer in peers)

    session.wait_until(connected, what="the console at the softphone's port")
