"""`cordboard demo`: a database of its own, kept when somebody wrote in it, and taken by real backends."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from backends.memory import MemoryBackend
from backends.port import Backend, Batch, MatchedOn, OutageFilter, Put, TimelineFilter
from backends.records import LIVE_OUTAGE_STATES
from backends.registry import backend_for
from console import cli, i18n
from console.cli import codes
from console.cli import demo as command
from console.cli.output import Writer
from console.cli.setting import Setting, sqlite_url
from console.demo import highlights, load

NIGHT = datetime(2031, 3, 6, 22, 40, tzinfo=UTC)
SMALL = ["demo", "--customers", "20", "--no-open"]


@pytest.fixture(autouse=True)
def _english() -> None:
    i18n.use("en")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """The program's folders, all in one."""
    return tmp_path / "home"


def cordboard(home: Path, *argv: str, **more: str) -> tuple[int, str, str]:
    """Run the command line and return exit code, standard output and standard error."""
    out, err = io.StringIO(), io.StringIO()
    environ = {"CORDBOARD_HOME": str(home), "CORDBOARD_LANGUAGE": "en", **more}
    code = cli.run(list(argv), Setting(Writer(out), Writer(err), environ))
    return code, out.getvalue(), err.getvalue()


def age(home: Path, **changes: object) -> None:
    """Let the demo look as if it had been made otherwise."""
    note = home / "demo.json"
    note.write_text(json.dumps({**json.loads(note.read_text()), **changes}))


async def _write(home: Path) -> None:
    backend = backend_for(sqlite_url(home / "demo.db"))
    await backend.open()
    try:
        number = highlights()["fax"].number
        found = (await backend.search(number))[0].customer
        await backend.write(Batch((Put(replace(found, tone="calm"), seen=found.version),), actor="iga"))
    finally:
        await backend.close()


async def _tone(home: Path) -> str:
    backend = backend_for(sqlite_url(home / "demo.db"))
    await backend.open()
    try:
        return (await backend.search(highlights()["fax"].number))[0].customer.tone
    finally:
        await backend.close()


async def _loaded(backend: Backend) -> None:
    heard: list[int] = []
    await backend.open()
    try:
        written = await load(backend, customers=24, seed=1, now=NIGHT, progress=lambda done, _total: heard.append(done))
        assert written > 3_000
        assert heard[-1] == 24
        for shown in highlights().values():
            match = (await backend.search(shown.number))[0]
            assert (match.customer.name, match.on) == (shown.name, MatchedOn.NUMBER)
        business = (await backend.search(highlights()["business"].number))[0].customer
        file = await backend.customer_file(business.key)
        assert file.operator.code == "LUN"
        assert file.lines
        assert file.tickets
        page = await backend.timeline(business.key, only=TimelineFilter(), limit=5)
        assert page.rows
        alive = await backend.outages(OutageFilter(states=frozenset(LIVE_OUTAGE_STATES)))
        assert len(alive) == 3
    finally:
        await backend.close()


async def test_memory_backend_takes_the_demo() -> None:
    """Every batch is accepted by the reference backend, and the showcases are found by number."""
    await _loaded(MemoryBackend())


async def test_sqlite_backend_takes_the_demo(tmp_path: Path) -> None:
    """Every batch is accepted by the embedded database, and the showcases are found by number."""
    await _loaded(backend_for(sqlite_url(tmp_path / "own.db")))


def test_demo_is_made_and_lists_whom_to_look_at(home: Path) -> None:
    """The command makes the demo and prints whom to look at; the real database stays away."""
    code, out, err = cordboard(home, *SMALL)
    assert code == codes.OK
    for shown in highlights().values():
        assert shown.number in out
        assert shown.name in out
    assert str(home / "demo.db") in err
    assert not (home / "cordboard.db").exists()
    assert sorted(p.name for p in home.iterdir() if p.is_file()) == ["demo.db", "demo.json"]
    assert (home / "demo.db").stat().st_mode & 0o077 == 0


def test_demo_of_tonight_is_used_again(home: Path) -> None:
    """A second call opens what is there."""
    cordboard(home, *SMALL)
    before = (home / "demo.db").stat().st_ino
    assert cordboard(home, "demo", "--no-open")[0] == codes.OK
    assert cordboard(home, *SMALL)[0] == codes.OK
    assert (home / "demo.db").stat().st_ino == before


def test_reset_makes_it_anew(home: Path) -> None:
    """With --reset another database takes the place of the first, of the same size."""
    cordboard(home, *SMALL)
    before = (home / "demo.db").stat().st_ino
    assert cordboard(home, "demo", "--reset", "--no-open")[0] == codes.OK
    assert (home / "demo.db").stat().st_ino != before
    assert json.loads((home / "demo.json").read_text())["customers"] == 20


def test_stale_demo_that_nobody_wrote_in_is_made_anew(home: Path) -> None:
    """Yesterday's night is replaced by tonight's when nothing is lost by it."""
    cordboard(home, *SMALL)
    age(home, at=(datetime.now(UTC) - timedelta(hours=13)).isoformat())
    code, _out, err = cordboard(home, "demo", "--no-open")
    assert code == codes.OK
    assert "a new one is made" in err
    made = datetime.fromisoformat(json.loads((home / "demo.json").read_text())["at"])
    assert datetime.now(UTC) - made < timedelta(hours=1)


async def _kept_after(home: Path, *argv: str) -> tuple[int, str]:
    import asyncio

    code, _out, err = await asyncio.to_thread(cordboard, home, *argv)
    return code, err


async def test_stale_demo_that_somebody_wrote_in_is_kept(home: Path) -> None:
    """What was written in a demo is not thrown away unasked: the command says how to get a new one."""
    await _kept_after(home, *SMALL)
    await _write(home)
    age(home, at=(datetime.now(UTC) - timedelta(hours=13)).isoformat())
    code, err = await _kept_after(home, "demo", "--no-open")
    assert code == codes.OK
    assert "--reset" in err
    assert await _tone(home) == "calm"


async def test_another_demo_does_not_replace_work_unasked(home: Path) -> None:
    """Asking for another size or seed over a demo with work in it is refused, and done with --reset."""
    await _kept_after(home, *SMALL)
    await _write(home)
    code, err = await _kept_after(home, "demo", "--seed", "5", "--no-open")
    assert code == codes.FAILED
    assert "--reset" in err
    assert await _tone(home) == "calm"
    assert (await _kept_after(home, "demo", "--seed", "5", "--reset", "--no-open"))[0] == codes.OK
    assert await _tone(home) == ""


async def test_demo_in_use_is_not_replaced(home: Path) -> None:
    """While a console has the demo open, --reset is refused and nothing changes."""
    await _kept_after(home, *SMALL)
    before = (home / "demo.db").stat().st_ino
    backend = backend_for(sqlite_url(home / "demo.db"))
    await backend.open()
    try:
        await backend.operators()
        code, err = await _kept_after(home, "demo", "--reset", "--no-open")
    finally:
        await backend.close()
    assert code == codes.TRY_AGAIN
    assert "open" in err
    assert (home / "demo.db").stat().st_ino == before


def test_demo_whose_making_is_interrupted_leaves_nothing(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C while the demo is made leaves no half of one behind."""

    async def interrupted(*_args: object, **_settings: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("console.demo.loading.load", interrupted)
    assert cordboard(home, *SMALL)[0] == codes.INTERRUPTED
    assert [p.name for p in home.iterdir() if p.is_file()] == []


def test_damaged_demo_is_made_anew(home: Path) -> None:
    """A file that is no database any more is replaced when asked to, without a fault."""
    cordboard(home, *SMALL)
    (home / "demo.db").write_bytes(b"not a database at all" * 400)
    assert cordboard(home, "demo", "--reset", "--no-open")[0] == codes.OK
    assert cordboard(home, "demo", "--no-open")[0] == codes.OK


def test_demo_opens_as_its_own_agent_on_its_own_database(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The console is opened on demo.db as the demo's agent, or as who was named."""
    opened: list[tuple[str, str]] = []

    def opening(setting: Setting, url: str, **_more: object) -> int:
        opened.append((setting.actor, url))
        return codes.OK

    monkeypatch.setattr(command, "run_console", opening)
    cordboard(home, "demo", "--customers", "20")
    cordboard(home, "demo", "--agent", "oskar")
    cordboard(home, "demo", CORDBOARD_AGENT="anna")
    cordboard(home, "demo", "--agent", "oskar", CORDBOARD_AGENT="anna")
    url = sqlite_url(home / "demo.db")
    assert opened == [("iga", url), ("oskar", url), ("anna", url), ("oskar", url)]


def test_a_demo_without_a_note_is_somebodys(home: Path) -> None:
    """A database that was put where the demo belongs stays as it is until it is said that it may go."""
    cordboard(home, *SMALL)
    (home / "demo.json").unlink()
    before = (home / "demo.db").read_bytes()
    for argv in (["demo"], ["demo", "--no-open"], SMALL):
        code, _out, err = cordboard(home, *argv)
        assert code == codes.FAILED
        assert "--reset" in err
        assert sqlite_url(home / "demo.db") in err
        assert (home / "demo.db").read_bytes() == before
    assert cordboard(home, *SMALL, "--reset")[0] == codes.OK
    assert (home / "demo.json").exists()


def test_after_a_demo_the_other_commands_say_how_to_use_it(home: Path) -> None:
    """Without a database of one's own, what looks names the demo that is there; its URL works as it is given."""
    assert cordboard(home, *SMALL)[2].count(sqlite_url(home / "demo.db")) == 1
    code, _out, err = cordboard(home, "find", "nowak")
    assert code == codes.UNAVAILABLE
    url = sqlite_url(home / "demo.db")
    assert f"--backend {url}," in err
    number = highlights()["fax"].number
    assert cordboard(home, "find", number, "--backend", url)[0] == codes.OK
    assert cordboard(home, "find", number, CORDBOARD_BACKEND=url)[0] == codes.OK
