"""`cordboard pop` and what exchanges must know: the command line's part of calls, with a real door and real secrets."""

from __future__ import annotations

import asyncio
import io
import json
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from backends.records import Direction
from console import cli, i18n
from console.calls.call import CallState, Heard
from console.calls.door import Door
from console.calls.ways import Trouble, Ways, open_ways
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting
from console.secrets import FILE_VARIABLE

TOKEN = "exchange-4711"


@dataclass
class Home:
    """A home of its own, and what was printed there."""

    folder: Path
    out: str = ""
    err: str = ""
    environ: dict[str, str] = field(default_factory=dict)

    def setting(self) -> Setting:
        """Return a setting in this home, with what it prints kept here."""
        given = {"CORDBOARD_HOME": str(self.folder), FILE_VARIABLE: str(self.folder / "secrets.json"), "TZ": "UTC"}
        return Setting(Writer(io.StringIO()), Writer(io.StringIO()), {**given, **self.environ})

    def run(self, *argv: str) -> int:
        """Run a command and return its exit code."""
        setting = self.setting()
        code = cli.run(list(argv), setting)
        streams = setting.out.stream, setting.err.stream
        self.out, self.err = (one.getvalue() for one in streams if isinstance(one, io.StringIO))
        i18n.use("en")
        return code


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return an empty home."""
    return Home(tmp_path)


def test_without_a_console_it_says_so(home: Home) -> None:
    """And ends with the code of what cannot be reached."""
    assert home.run("pop", "+48601234567") == codes.UNAVAILABLE
    assert "no console" in home.err


async def test_everything_told_arrives(home: Home) -> None:
    """Number, dialled, name, menu in its order, time waited, transfers, state, id and direction."""
    heard: list[Heard] = []
    door = Door(home.folder / "state" / "run", heard.append)
    await door.open()
    try:
        told = ("+48601234567", "--dialled", "2001", "--name", "Ewa\x1b[2J", "--menu", "1", "tv", "--menu", "2")
        more = ("--waited", "95", "--transfers", "2", "--state", "answered", "--id", "x", "--direction", "out")
        assert await asyncio.to_thread(home.run, "pop", *told, *more) == codes.OK
        assert home.out == home.err == ""
        assert await asyncio.to_thread(home.run, "pop", "anonymous", "--waited", "-5") == codes.OK
    finally:
        await door.close()
    first, second = heard
    assert (first.number, first.dialled, first.menu, first.waited_seconds) == (
        "+48601234567",
        "2001",
        ("1", "tv", "2"),
        95,
    )
    assert (first.state, first.id, first.direction) == (CallState.ANSWERED, "x", Direction.OUTBOUND)
    assert first.transfers == 2
    assert "\x1b" not in first.name
    assert (second.number, second.state, second.waited_seconds) == ("anonymous", CallState.RINGING, 0)


@pytest.mark.parametrize("wrong", [(), ("1", "--state", "busy"), ("1", "--waited", "long"), ("1", "2")])
def test_a_wrong_call_is_told_how(home: Home, wrong: tuple[str, ...]) -> None:
    """One line, and the code for usage."""
    assert home.run("pop", *wrong) == codes.USAGE
    assert "--help" in home.err


def test_the_token_of_exchanges_is_kept_with_all_secrets(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    """Typed, never given as an argument; read when the listener needs it, and forgotten by logout."""
    assert home.setting().ways.token() == ""
    monkeypatch.setattr(sys, "stdin", io.StringIO(TOKEN + "\n"))
    assert home.run("login", "calls") == codes.OK
    assert TOKEN not in home.out + home.err
    assert home.setting().ways.token() == TOKEN
    assert home.run("logout", "calls") == codes.OK
    assert home.setting().ways.token() == ""


def test_a_secret_of_another_kind_is_no_token(home: Home) -> None:
    """A password cannot be told to exchanges."""
    basic = json.dumps({"kind": "basic", "user": "pbx", "password": TOKEN})
    file = home.folder / "secrets.json"
    file.write_text(json.dumps({"cordboard/main/calls": basic}))
    file.chmod(0o600)
    assert home.setting().ways.token() == ""


def test_the_ways_in_are_those_of_the_profile(home: Home) -> None:
    """Addresses as they are written; the doors are in the state folder."""
    (home.folder / "config.toml").write_text('[profiles.main.calls]\nlisten = "5088"\nsoftphone = "localhost"\n')
    ways = home.setting().ways
    assert (ways.listen, ways.softphone, ways.folder) == ("5088", "localhost", home.folder / "state" / "run")


async def _told(ways: Ways) -> list[tuple[Trouble, str]]:
    told: list[tuple[Trouble, str]] = []
    heard = asyncio.Event()

    def tell(trouble: Trouble, where: str) -> None:
        told.append((trouble, where))
        heard.set()

    task = asyncio.create_task(open_ways(ways, lambda _heard: None, tell))
    await asyncio.wait_for(heard.wait(), 20)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return told


def _fails() -> str:
    raise RuntimeError


async def test_what_is_not_heard_is_told(tmp_path: Path) -> None:
    """No address, one that others reach without a token, one that is taken, a keyring that fails, no softphone."""
    assert await _told(Ways(listen="nowhere")) == [(Trouble.ADDRESS, "nowhere")]
    assert await _told(Ways(listen="0.0.0.0:0")) == [(Trouble.NO_TOKEN, "0.0.0.0:0")]
    assert await _told(Ways(listen="127.0.0.1:0", token=_fails)) == [(Trouble.SECRETS, "RuntimeError")]
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    assert await _told(Ways(listen=f"127.0.0.1:{port}")) == [(Trouble.TAKEN, f"127.0.0.1:{port}")]
    server.close()
    await server.wait_closed()
    assert await _told(Ways(softphone=f"127.0.0.1:{port}")) == [(Trouble.SOFTPHONE, f"127.0.0.1:{port}")]
    (tmp_path / "file").write_text("")
    ((trouble, _where),) = await _told(Ways(folder=tmp_path / "file" / "run"))
    assert trouble is Trouble.DOOR
