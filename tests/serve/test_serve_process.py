"""`cordboard serve` as it is run: a process of its own, certificates, signals, tokens made beside it."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import trustme

from backends.contract.samples import an_agent, an_outage
from backends.errors import Unavailable
from backends.port import Batch, Put
from backends.records import Role
from backends.rest import cordboard
from backends.sql import open_url

ROOT = Path(__file__).parents[2]


def _cordboard(home: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "console.cli", *args],
        capture_output=True,
        text=True,
        env=_environ(home),
        cwd=ROOT,
        check=False,
    )


def _environ(home: Path) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    return {**kept, "CORDBOARD_HOME": str(home), "CORDBOARD_LANGUAGE": "en"}


class Served:
    """A running `cordboard serve`."""

    def __init__(self, home: Path, *args: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "console.cli", "serve", "--port", "0", *args],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=_environ(home),
            cwd=ROOT,
        )
        self.said = ""
        self.base = self._base()

    def _base(self) -> str:
        assert self.process.stderr is not None
        for line in self.process.stderr:
            self.said += line
            found = re.search(r"Serving on (\S+);", line)
            if found:
                return found[1]
        raise AssertionError(f"it did not start: {self.said}")

    def end(self, sign: signal.Signals = signal.SIGTERM) -> int:
        """Send a signal, wait for the end and return the exit code."""
        self.process.send_signal(sign)
        _out, err = self.process.communicate(timeout=20)
        self.said += err
        return self.process.returncode


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return a folder for everything, with a token `ola` made for the role of a program."""
    return tmp_path / "home"


@pytest.fixture
def served(home: Path) -> Iterator[Served]:
    """Run a server on a free port of this computer."""
    found = Served(home)
    yield found
    if found.process.poll() is None:
        found.end()


def test_tokens_are_made_listed_and_removed(home: Path) -> None:
    """A token is printed once and listed without its secret; a name is unique; what is removed is gone."""
    made = _cordboard(home, "serve", "token", "add", "ola", "--role", "desk", "--role", "technical", "--days", "30")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip()
    assert re.fullmatch(r"cbd_[\w-]{43}", token)
    second = json.loads(_cordboard(home, "serve", "token", "add", "ola", "--role", "monitor", "--json").stdout)
    assert second["name"] == "ola-2"
    listed = _cordboard(home, "serve", "token", "list", "--json")
    rows = json.loads(listed.stdout)
    assert [(row["name"], row["roles"]) for row in rows] == [("ola", ["desk", "technical"]), ("ola-2", ["monitor"])]
    assert rows[0]["ends_at"]
    assert token not in listed.stdout + _cordboard(home, "serve", "token", "list").stdout
    taken = _cordboard(home, "serve", "token", "add", "ola", "--name", "ola", "--role", "desk")
    assert taken.returncode == 65
    assert _cordboard(home, "serve", "token", "remove", "ola").returncode == 0
    gone = _cordboard(home, "serve", "token", "remove", "ola")
    assert (gone.returncode, "no token" in gone.stderr) == (1, True)
    assert stat.S_IMODE((home / "serve.db").stat().st_mode) == 0o600
    assert _cordboard(home, "serve", "token", "add", "ewa", "--role", "king").returncode == 2


def test_an_agent_whom_the_records_know_needs_no_roles(home: Path) -> None:
    """The roles are those of the records; for an unknown agent they must be said."""

    async def store() -> None:
        backend = open_url(f"sqlite://{home}/cordboard.db")
        await backend.open()
        ewa = an_agent(login="ewa", roles=frozenset({Role.BILLING, Role.ADVISOR}))
        await backend.write(Batch((Put(ewa),), "ola"))
        await backend.close()

    asyncio.run(store())
    made = json.loads(_cordboard(home, "serve", "token", "add", "ewa", "--json").stdout)
    assert (made["agent"], made["roles"]) == ("ewa", ["advisor", "billing"])
    unknown = _cordboard(home, "serve", "token", "add", "jan")
    assert (unknown.returncode, "--role" in unknown.stderr) == (2, True)


def test_it_serves_until_it_is_asked_to_end(served: Served) -> None:
    """A token made beside the running server works at once; SIGTERM ends it in order while somebody listens."""
    token = _cordboard(served.home, "serve", "token", "add", "ola", "--role", "system").stdout.strip()

    async def use() -> bool:
        secret = json.dumps({"kind": "token", "token": token})
        client = cordboard.open_url(f"cordboard+{served.base}", secret=lambda: secret)
        await client.open()
        listening = client.events("")
        async with asyncio.timeout(10):
            await anext(listening)
            await client.write(Batch((Put(an_outage()),), "ola"))
            await anext(listening)
        ended = asyncio.create_task(asyncio.to_thread(served.end))
        with pytest.raises(Unavailable):
            await anext(listening)
        code = await ended
        await client.close()
        return code == 0

    assert asyncio.run(use())
    assert token not in served.said
    assert "Traceback" not in served.said


def test_sigint_ends_it_as_well(served: Served) -> None:
    """Ctrl-C in a terminal is an orderly end."""
    assert served.end(signal.SIGINT) == 0


def test_it_speaks_https_with_a_certificate(home: Path, tmp_path: Path) -> None:
    """With a certificate the line is encrypted; a client trusts it by its authority's file, and by nothing less."""
    authority = trustme.CA()
    certificate = authority.issue_cert("127.0.0.1", "localhost")
    chain, key, trusted = tmp_path / "chain.pem", tmp_path / "key.pem", tmp_path / "ca.pem"
    chain.write_bytes(b"".join(blob.bytes() for blob in certificate.cert_chain_pems))
    certificate.private_key_pem.write_to_path(str(key))
    authority.cert_pem.write_to_path(str(trusted))
    served = Served(home, "--certificate", str(chain), "--key", str(key))
    try:
        assert served.base.startswith("https://")
        token = _cordboard(home, "serve", "token", "add", "ola", "--role", "system").stdout.strip()
        secret = json.dumps({"kind": "token", "token": token})

        async def use() -> None:
            client = cordboard.open_url(f"cordboard+{served.base}", secret=lambda: secret, ca_file=str(trusted))
            await client.open()
            assert await client.operators() == ()
            await client.close()
            stranger = cordboard.open_url(f"cordboard+{served.base}", secret=lambda: secret, deadline=3.0)
            with pytest.raises(Unavailable):
                await stranger.open()
            await stranger.close()

        asyncio.run(use())
    finally:
        served.end()


def test_two_cannot_listen_in_one_place(served: Served) -> None:
    """A port that is taken is said in words, with an exit code."""
    port = served.base.rsplit(":", 1)[1].strip("/")
    other = _cordboard(served.home, "serve", "--port", port)
    assert other.returncode == 69
    assert "Traceback" not in other.stderr


@pytest.mark.parametrize(
    "args",
    [("--host", "0.0.0.0"), ("--certificate", "/nowhere.pem", "--key", "/nowhere.pem"), ("--certificate", "x"),
     ("--port", "70000"), ("--port", "x"), ("--rate", "-1")],
)  # fmt: skip
def test_an_unsafe_or_wrong_start_is_refused_in_words(home: Path, args: tuple[str, ...]) -> None:
    """What cannot be served safely ends with a usage error that says what to do."""
    done = _cordboard(home, "serve", *args)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_health_is_for_everybody(served: Served) -> None:
    """Whoever watches the process needs no token; whoever reads figures does."""
    assert httpx.get(f"{served.base}health").json() == {"status": "ok"}
    assert httpx.get(f"{served.base}ready").json() == {"status": "ready"}
    assert httpx.get(f"{served.base}metrics").status_code == 401


def test_without_its_packages_it_says_what_to_install(home: Path) -> None:
    """The extra is not needed for anything else, and is named when it is missing."""
    code = (
        "import sys; sys.modules['starlette'] = None; sys.argv = ['cordboard', 'serve'];"
        "from console.cli import main; sys.exit(main())"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=_environ(home), cwd=ROOT, check=False
    )
    assert done.returncode == 69
    assert "cordboard[serve]" in done.stderr


def test_nothing_else_loads_the_web_framework() -> None:
    """Asking for help, and every client, do without it."""
    code = (
        "import sys; from console.cli import main; main(['--help']);"
        "import backends.rest.cordboard.backend, backends.wire.calls;"
        "print('LOADED', *[name for name in sys.modules if name in ('starlette', 'uvicorn', 'h11')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.splitlines()[-1] == "LOADED"
