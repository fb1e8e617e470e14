"""`cordboard login`, `logout` and what the doctor says of sources: with a real server and a real file of secrets."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest

from backends.memory import MemoryBackend
from backends.port import Backend
from backends.remote import Exchange
from backends.rest.access import access_from
from backends.rest.http import Http
from backends.rest.signing import Signer
from console import cli, i18n
from console.cli import codes
from console.cli.login import ask_where_nothing_keeps
from console.cli.output import Writer
from console.cli.setting import Setting
from console.cli.sources import far_sources
from console.secrets import FILE_VARIABLE, reader
from tests.servers.plain import PlainServer, Request, reply, serving

SECRET = "sesame-4711"


class Line:
    """A backend of the test: one request to a real server, and nothing else."""

    def __init__(self, url: str, **settings: Any) -> None:
        access = access_from(url, name=settings["name"], deadline=settings["deadline"])
        self._http = Http(access, Signer(settings["secret"]))

    async def open(self) -> None:
        await self._http.open()

    async def close(self) -> None:
        await self._http.close()

    async def signed_in_as(self) -> str:
        return str((await self._http.get("me", {"full": True})).object().get("login", ""))

    @property
    def exchanges(self) -> Sequence[Exchange]:
        return self._http.exchanges


def _connect(url: str, **settings: Any) -> Backend:
    return MemoryBackend(()) if url == "memory:" else cast("Backend", Line(url, **settings))


def _handler(request: Request) -> bytes:
    known = ("Bearer " + SECRET, "Basic YW5uYTpzZXNhbWUtNDcxMQ==")
    if request.headers.get("authorization") in known:
        return reply(200, {"login": "anna\x1b[2J"})
    return reply(401, {"error": f"who is {request.headers.get('authorization', 'nobody')}?"})


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Desk:
    """A configuration with one source, a server behind it, and a file of secrets."""

    home: Path
    server: PlainServer
    monkeypatch: pytest.MonkeyPatch

    @property
    def secrets(self) -> Path:
        return self.home / "secrets.json"

    def kept(self) -> dict[str, Any]:
        if not self.secrets.exists():
            return {}
        return {name: json.loads(text) for name, text in json.loads(self.secrets.read_text()).items()}

    def call(self, *argv: str, typed: str = "", **environ: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        given = {"CORDBOARD_HOME": str(self.home), FILE_VARIABLE: str(self.secrets), "TZ": "UTC", **environ}
        code = cli.run(argv, Setting(Writer(out), Writer(err), given, connect=_connect))
        assert SECRET not in out.getvalue() + err.getvalue()
        assert "\x1b" not in out.getvalue() + err.getvalue()
        return Ended(code, out.getvalue(), err.getvalue())


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    """Run a server that knows one token, and configure it as the source `helpdesk`."""
    with serving(_handler) as server:
        config = f'[profiles.main]\nbackend = "memory:"\n\n[profiles.main.sources.helpdesk]\nurl = "rt+{server.url}/"\n'
        (tmp_path / "config.toml").write_text(config + "deadline_seconds = 3\n")
        yield Desk(tmp_path, server, monkeypatch)
    i18n.use("en")


def test_a_token_is_tried_and_kept(desk: Desk) -> None:
    """The line on standard input is the token; the source says whose it is, and the file holds it for this profile."""
    ended = desk.call("login", "helpdesk", typed=SECRET + "\n")
    assert ended.code == codes.OK
    assert "knows you as anna" in ended.out
    assert str(desk.secrets) in ended.out
    assert desk.kept() == {"cordboard/main/helpdesk": {"kind": "token", "token": SECRET}}
    assert desk.secrets.stat().st_mode & 0o777 == 0o600


def test_a_user_and_a_password(desk: Desk) -> None:
    """With --user it is basic; nothing but the password is read."""
    assert desk.call("login", "helpdesk", "--user", "anna", typed=SECRET + "\r\n").code == codes.OK
    assert desk.kept()["cordboard/main/helpdesk"] == {"kind": "basic", "user": "anna", "password": SECRET}


def test_client_credentials_are_kept_as_they_are(desk: Desk) -> None:
    """Everything but the secret comes by options."""
    argv = ("--client-id", "desk", "--token-url", "https://id.example/token", "--scope", "tickets", "--no-try")
    assert desk.call("login", "helpdesk", *argv, typed=SECRET).code == codes.OK
    assert desk.kept()["cordboard/main/helpdesk"] == {
        "kind": "oauth2",
        "client_id": "desk",
        "client_secret": SECRET,
        "token_url": "https://id.example/token",
        "scope": "tickets",
    }


def test_a_refused_secret_replaces_nothing(desk: Desk) -> None:
    """A mistyped secret leaves the one that works, and the server's echo of it is not printed."""
    desk.call("login", "helpdesk", typed=SECRET)
    ended = desk.call("login", "helpdesk", typed="mistyped-one")
    assert ended.code == codes.NOT_ALLOWED
    assert "does not accept" in ended.err
    assert "mistyped-one" not in ended.err
    assert desk.kept()["cordboard/main/helpdesk"]["token"] == SECRET


def test_a_source_that_is_down_does_not_keep_anybody_from_signing_in(desk: Desk) -> None:
    """The secret is kept, and that it was not tried is said."""
    url = "rt+http://127.0.0.1:1/"
    ended = desk.call("login", url, typed=SECRET)
    assert ended.code == codes.OK
    assert "could not be tried" in ended.out
    assert list(desk.kept()) == ["cordboard/main/127.0.0.1"]


@pytest.mark.parametrize(
    ("argv", "typed", "says"),
    [
        (("login", "helpdesk"), "\n", "nothing was typed"),
        (("login", "helpdesk"), "", "nothing was typed"),
        (("login", "helpdesk"), "a\x1bb\n", "no secret"),
        (("login", "helpdesk"), "a" * 20_000, "no secret"),
        (("login", "helpdesk", "--kind", "basic"), SECRET, "--user"),
        (("login", "helpdesk", "--kind", "oauth2"), SECRET, "--client-id"),
        (("login", "helpdesk", "--client-id", "a", "--token-url", "ftp://x"), SECRET, "https://"),
        (("login", "helpdesk", SECRET), "", "unrecognized"),
        (("login", "elsewhere"), SECRET, "no source"),
        (("login", "rt+https://anna:pw@host/"), SECRET, "password"),
    ],
)
def test_what_cannot_be_used_is_refused(desk: Desk, argv: tuple[str, ...], typed: str, says: str) -> None:
    """A wrong use names what to do, keeps nothing, and asks no server."""
    if SECRET in argv:  # the parser repeats what it does not know; that is why no secret belongs there
        argv = (*argv[:2], "somewhat")
    ended = desk.call(*argv, typed=typed)
    assert ended.code == codes.USAGE
    assert says in ended.err
    assert desk.kept() == {}
    assert desk.server.requests == []


def test_without_a_keyring_nothing_is_kept(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """The words say how to have one; nothing is written in clear anywhere."""
    monkeypatch.setattr("console.secrets.available_stores", lambda *_: ())
    ended = desk.call("login", "helpdesk", typed=SECRET)
    assert ended.code == codes.CANNOT_CREATE
    assert FILE_VARIABLE in ended.err
    assert not desk.secrets.exists()
    assert not any(SECRET.encode() in file.read_bytes() for file in desk.home.rglob("*") if file.is_file())


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("user", "typed", "kept"),
    [
        ("anna", SECRET, {"kind": "basic", "user": "anna", "password": SECRET}),
        ("", SECRET, {"kind": "token", "token": SECRET}),
        ("", "", None),
    ],
)
def test_where_nothing_keeps_secrets_they_are_asked_for_and_held(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, user: str, typed: str, kept: object
) -> None:
    """Without any store the console asks before it opens; what is typed lasts as long as the program, unseen."""
    monkeypatch.setattr("console.secrets.available_stores", lambda *_: ())
    monkeypatch.setattr("console.secrets_kernel.kernel_keyring", lambda: None)
    monkeypatch.setattr("console.secrets._held", {})
    monkeypatch.setattr("getpass.getpass", lambda _question, stream: typed)
    monkeypatch.setattr(sys, "stdin", Terminal(user + "\n"))
    out, err = Terminal(), Terminal()
    setting = Setting(Writer(out), Writer(err), {"CORDBOARD_HOME": str(desk.home)}, connect=_connect)
    ask_where_nothing_keeps(setting, far_sources(setting))
    held = reader("main", "helpdesk", setting.environ)()
    assert (json.loads(held) if held else None) == kept
    assert "helpdesk" in err.getvalue()
    assert SECRET not in out.getvalue() + err.getvalue()


def test_where_something_keeps_secrets_nobody_is_asked(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store, or nobody there to answer, and the console opens without a question."""
    monkeypatch.setattr(sys, "stdin", Terminal(""))
    err = Terminal()
    kept = {"CORDBOARD_HOME": str(desk.home), FILE_VARIABLE: str(desk.secrets)}
    ask_where_nothing_keeps(Setting(Writer(Terminal()), Writer(err), kept), ["helpdesk"])
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    ask_where_nothing_keeps(Setting(Writer(io.StringIO()), Writer(err), {}), ["helpdesk"])
    assert err.getvalue() == ""


def test_logout_forgets(desk: Desk) -> None:
    """Afterwards there is no secret; a second logout says so, also of a source that left the configuration."""
    desk.call("login", "helpdesk", typed=SECRET)
    assert desk.call("logout", "helpdesk").code == codes.OK
    assert desk.kept() == {}
    assert desk.call("logout", "helpdesk").code == codes.FAILED
    assert desk.call("logout", "gone").code == codes.FAILED


def test_the_doctor_tells_of_each_source(desk: Desk) -> None:
    """Without a secret it names the remedy; signed in it says who one is, how long it took, and the last exchanges."""
    ended = desk.call("doctor")
    assert "no secret is kept" in ended.out
    assert "does not know us" in ended.out
    assert "cordboard login helpdesk" in ended.out
    assert "GET /me?full: 401 in" in ended.out
    desk.call("login", "helpdesk", typed=SECRET)
    ended = desk.call("doctor", "--json")
    told = {row["says"]: row["state"] for row in json.loads(ended.out) if row["part"] == "Source helpdesk"}
    assert set(told.values()) == {"ok"}
    assert any("knows you as anna" in says for says in told)
    assert any(says.startswith("GET /me?full: 200 in") for says in told)


def test_the_doctor_tells_a_dead_source_from_a_broken_secret(desk: Desk) -> None:
    """A source that is down cannot be reached; a file of secrets that is none is said to be that."""
    config = desk.home / "config.toml"
    config.write_text(config.read_text().replace(desk.server.url, "http://127.0.0.1:1"))
    desk.secrets.write_text("not json")
    desk.secrets.chmod(0o600)
    ended = desk.call("doctor")
    assert "cannot be reached" in ended.out or "cannot be read" in ended.out
    assert "is no file of secrets" in ended.out
    desk.secrets.unlink()
    ended = desk.call("doctor")
    assert "cannot be reached (Connection refused)" in ended.out
