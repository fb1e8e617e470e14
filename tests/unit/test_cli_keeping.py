"""Looking after it: database, doctor, faults of our own, and opening the console."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backends.errors import BackendError, Unavailable, WrongVersion
from backends.memory import MemoryBackend
from backends.veil import Veil
from console import cli
from console.cli import codes
from console.cli import open as opening
from console.cli.output import Writer
from console.cli.setting import Setting
from console.terminal.capabilities import Terminal as Abilities

ROOT = Path(__file__).parents[2]


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


class Pipe(io.StringIO):
    """A stream that a program reads."""

    encoding = "utf-8"


class Kept(MemoryBackend):
    """A store with a keeper's doors, which fails as it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.failure: BackendError | None = None
        self.done: list[str] = []
        self.checks: list[tuple[str, bool, str]] = [("integrity", True, ""), ("audit", True, "3 rows")]

    async def open(self) -> None:
        if self.failure is not None:
            raise self.failure
        await super().open()

    async def check(self) -> list[tuple[str, bool, str]]:
        return self.checks

    async def backup(self, to: str, progress: Callable[[int, int], None] | None = None) -> int:
        if progress is not None:
            progress(1, 2)
        Path(to).write_text("copy", encoding="utf-8")
        self.done.append("backup")
        return 4000

    async def upgrade(self, progress: Callable[[str], None] | None = None) -> str:
        if progress is not None:
            progress("0002")
        self.done.append("upgrade")
        self.failure = None
        return "0002"


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def kept() -> Kept:
    """Return a store that can be checked, copied and upgraded."""
    return Kept()


@pytest.fixture
def call(tmp_path: Path, kept: Kept) -> Callable[..., Ended]:
    """Return a function that runs a command in a home of its own, on `kept`."""
    tmp_path.chmod(0o700)

    def run(*argv: str, tty: bool = False, **environ: str) -> Ended:
        out, err = (Terminal(), Terminal()) if tty else (Pipe(), Pipe())
        home = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_SECRETS_FILE": str(tmp_path / "none")}
        setting = Setting(Writer(out), Writer(err), {**home, **environ}, connect=lambda _url, **_settings: kept)
        return Ended(cli.run(argv, setting), out.getvalue(), err.getvalue())

    return run


# database -----------------------------------------------------------------------------------------------------------


def make_database(tmp_path: Path) -> None:
    """Make a file where the database belongs."""
    (tmp_path / "cordboard.db").touch(0o600)


def test_db_check_names_each_check_and_ends_with_65_on_damage(
    call: Callable[..., Ended], kept: Kept, tmp_path: Path
) -> None:
    """Whole is 0, damaged is a data error that says what to do."""
    make_database(tmp_path)
    assert call("db", "check").out == "[ok] integrity\n[ok] audit: 3 rows\n"
    kept.checks.append(("references", False, "7 rows"))
    ended = call("db", "check")
    assert ended.code == codes.DATA
    assert "[X]  references: 7 rows" in ended.out
    assert "restore a backup" in ended.err
    assert json.loads(call("db", "check", "--json").out)[2] == {"check": "references", "ok": False, "detail": "7 rows"}


def test_db_backup_never_writes_over_a_file(call: Callable[..., Ended], tmp_path: Path) -> None:
    """A copy goes to a new file, by default beside the database."""
    make_database(tmp_path)
    to = tmp_path / "copy.db"
    ended = call("db", "backup", str(to))
    assert (ended.code, ended.out) == (codes.OK, f"Backup: {to} (4 kB)\n")
    assert call("db", "backup", str(to)).code == codes.CANNOT_CREATE
    assert call("db", "backup").code == codes.OK
    assert len(list(tmp_path.glob("cordboard-*.db"))) == 1


def test_db_backup_names_the_folder_that_is_missing_or_closed(
    call: Callable[..., Ended], kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is the copy's folder that is wrong, not the database; nothing is copied."""
    make_database(tmp_path)
    ended = call("db", "backup", str(tmp_path / "nope" / "x.db"))
    assert ended.code == codes.CANNOT_CREATE
    assert f"there is no folder {tmp_path / 'nope'}" in ended.err
    (tmp_path / "a-file").write_text("", encoding="utf-8")
    assert "there is no folder" in call("db", "backup", str(tmp_path / "a-file" / "x.db")).err
    monkeypatch.setattr("os.access", lambda path, _mode: Path(path) != tmp_path)
    ended = call("db", "backup", str(tmp_path / "x.db"))
    assert ended.code == codes.CANNOT_CREATE
    assert f"you may not write into the folder {tmp_path}" in ended.err
    assert kept.done == []


def test_db_upgrade_copies_first(call: Callable[..., Ended], kept: Kept, tmp_path: Path) -> None:
    """Unless told otherwise, nothing is changed without a copy."""
    make_database(tmp_path)
    kept.failure = WrongVersion("0001", "0002", newer=False)
    assert "version 0002" in call("db", "upgrade").out
    assert kept.done == ["backup", "upgrade"]
    assert call("db", "upgrade", "--no-backup").code == codes.OK
    assert kept.done == ["backup", "upgrade", "upgrade"]


def test_an_older_database_is_not_touched_by_the_way(call: Callable[..., Ended], kept: Kept, tmp_path: Path) -> None:
    """A list says which command brings it up to date."""
    make_database(tmp_path)
    kept.failure = WrongVersion("0001", "0002", newer=False)
    ended = call("tickets")
    assert ended.code == codes.DATA
    assert "cordboard db upgrade" in ended.err
    assert kept.done == []


@pytest.mark.parametrize("argv", [["find", "x"], ["show", "x"], ["db", "check"], ["db", "backup"], ["db", "upgrade"]])
def test_no_command_that_looks_makes_a_database(call: Callable[..., Ended], tmp_path: Path, argv: list[str]) -> None:
    """Looking into nothing ends with 69, names the file and leaves nothing behind."""
    ended = call(*argv)
    assert ended.code == codes.UNAVAILABLE
    assert str(tmp_path / "cordboard.db") in ended.err
    assert list(tmp_path.iterdir()) == []


def test_what_has_no_keeper_says_so(tmp_path: Path) -> None:
    """A source that is no embedded database cannot be copied."""
    out, err = Pipe(), Pipe()
    environ = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_BACKEND": "memory:"}
    setting = Setting(Writer(out), Writer(err), environ, connect=lambda _url: MemoryBackend())
    assert cli.run(["db", "check"], setting) == codes.UNAVAILABLE
    assert "checks, backups and upgrades" in err.getvalue()


# doctor -------------------------------------------------------------------------------------------------------------


def test_doctor_finds_nothing_broken_in_a_fresh_home(call: Callable[..., Ended]) -> None:
    """A first start is no illness; every finding is marked."""
    ended = call("doctor")
    assert ended.code == codes.OK, ended.out
    assert all(line.startswith(("  [ok]", "  [!] ", "       ")) for line in ended.out.splitlines() if line[0] == " ")


def test_doctor_names_what_is_broken_and_what_to_do(call: Callable[..., Ended], kept: Kept, tmp_path: Path) -> None:
    """Open files, an unreachable store and a wrong setting are found together."""
    make_database(tmp_path)
    (tmp_path / "cordboard.db").chmod(0o644)
    kept.failure = Unavailable("no route")
    ended = call("doctor", "--json")
    assert ended.code == codes.FAILED
    broken = {finding["part"]: finding for finding in json.loads(ended.out) if finding["state"] == "broken"}
    assert set(broken) == {"Records", "Files"}
    assert broken["Files"]["remedy"] == f"chmod 600 {tmp_path}/cordboard.db"
    assert "no route" in broken["Records"]["says"]


def test_doctor_survives_what_it_looks_at(
    call: Callable[..., Ended], kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part that fails in an unforeseen way is one broken line, and the others are still looked at."""
    make_database(tmp_path)

    async def explode() -> tuple[Any, ...]:
        raise RuntimeError("secret of a customer")

    monkeypatch.setattr(kept, "operators", explode)
    ended = call("doctor")
    assert ended.code == codes.FAILED
    assert "RuntimeError" in ended.out
    assert "secret of" not in ended.out
    assert "Keyring" in ended.out


# a fault of our own -------------------------------------------------------------------------------------------------


def test_a_fault_of_our_own_is_short_on_screen_and_whole_in_a_private_file(
    call: Callable[..., Ended], kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, which may quote a customer, reaches the terminal."""
    make_database(tmp_path)

    async def explode() -> tuple[Any, ...]:
        raise RuntimeError("secret of a customer")

    monkeypatch.setattr(kept, "operators", explode)
    ended = call("tickets")
    assert ended.code == codes.BROKEN
    assert "secret" not in ended.err
    [report] = (tmp_path / "state").glob("*.txt")
    assert str(report) in ended.err
    assert "secret of a customer" in report.read_text(encoding="utf-8")
    assert report.stat().st_mode & 0o777 == 0o600


def test_an_interrupted_command_ends_with_130(
    call: Callable[..., Ended], kept: Kept, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C prints nothing and ends as shells expect."""
    make_database(tmp_path)

    async def interrupt() -> tuple[Any, ...]:
        raise KeyboardInterrupt

    monkeypatch.setattr(kept, "operators", interrupt)
    assert call("tickets") == Ended(codes.INTERRUPTED, "", "")


# opening ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def screen(monkeypatch: pytest.MonkeyPatch, kept: Kept) -> list[dict[str, Any]]:
    """Put a console that only notes how it was opened in the place of the real one, on a terminal that can."""
    opened: list[dict[str, Any]] = []

    def run(setting: Setting, backend: Veil, terminal: Abilities, *, customer: str | None = None) -> int:
        assert backend.inner is kept
        if kept.failure is not None:
            raise kept.failure
        opened.append({"url": setting.backend_url, "theme": setting.theme, "customer": customer})
        return 7

    module = types.ModuleType("console.launch")
    module.run = run  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "console.launch", module)
    abilities = Abilities(True, "full", "utf8", False, True)
    monkeypatch.setattr(opening, "terminal_of", lambda _setting, _wishes=None: abilities)
    monkeypatch.setattr("console.terminal.capabilities.apply_environment", lambda _terminal: None)
    return opened


def test_no_terminal_means_the_line_commands(call: Callable[..., Ended]) -> None:
    """Opened into a pipe, it says what to use instead and ends with 69."""
    ended = call("open", TERM="dumb")
    assert ended.code == codes.UNAVAILABLE
    assert "cordboard show" in ended.err


def test_a_first_start_says_how_to_get_something_to_look_at(
    call: Callable[..., Ended], screen: list[dict[str, Any]], tmp_path: Path
) -> None:
    """The console opens on an empty database, and what remains on the terminal names demo and import."""
    ended = call("--theme", "night", tty=True)
    assert ended.code == 7
    assert "cordboard demo" in ended.err
    assert screen == [{"url": f"sqlite:///{tmp_path}/cordboard.db", "theme": "night", "customer": None}]
    make_database(tmp_path)
    assert call("open", "C-1001", tty=True).err == ""
    assert screen[1]["customer"] == "C-1001"


@pytest.mark.parametrize(("answer", "done"), [("y\n", ["backup", "upgrade"]), ("\n", []), ("n\n", []), ("", [])])
def test_an_older_database_is_upgraded_only_when_agreed(
    call: Callable[..., Ended],
    kept: Kept,
    screen: list[dict[str, Any]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    answer: str,
    done: list[str],
) -> None:
    """The question's default is no; a copy comes before the change."""
    make_database(tmp_path)
    kept.failure = WrongVersion("0001", "0002", newer=False)
    typed = Terminal(answer)
    monkeypatch.setattr(sys, "stdin", typed)
    ended = call(tty=True)
    assert "older cordboard (0001)" in ended.err
    assert kept.done == done
    assert ended.code == (7 if done else codes.DATA)


def test_a_newer_database_is_refused(
    call: Callable[..., Ended], kept: Kept, screen: list[dict[str, Any]], tmp_path: Path
) -> None:
    """Nobody is asked anything; the word says what to do."""
    make_database(tmp_path)
    kept.failure = WrongVersion("0009", "0002", newer=True)
    ended = call(tty=True)
    assert ended.code == codes.DATA
    assert "update cordboard" in ended.err
    assert screen == []


# the whole way ------------------------------------------------------------------------------------------------------


def shell(*argv: str, home: Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own."""
    environ = {"CORDBOARD_HOME": str(home), "PATH": os.environ["PATH"], "LANG": "C.UTF-8", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "console.cli", *argv]
    return subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60, check=False, **settings)


def test_a_process_keeps_what_it_is_told_in_private_files(tmp_path: Path) -> None:
    """On a real database: raised by one process, listed by the next, readable by its owner alone, and whole."""
    home = tmp_path / "home"
    raised = shell("outage", "raise", "Slow", "--town", "Lund", "--json", home=home)
    assert raised.returncode == codes.OK, raised.stderr
    listed = json.loads(shell("outage", "list", "--json", home=home).stdout)
    assert [one["reference"] for one in listed] == [json.loads(raised.stdout)["reference"]]
    assert shell("db", "check", home=home).returncode == codes.OK
    assert shell("audit", "verify", home=home).returncode == codes.OK
    assert all(path.stat().st_mode & 0o077 == 0 for path in (home, *home.iterdir()))


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`cordboard config example | head -1` prints no traceback."""
    script = f"{sys.executable} -m console.cli config example | head -1; echo ${{PIPESTATUS[0]}}"
    environ = {"CORDBOARD_HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    ran = subprocess.run(["bash", "-c", script], env=environ, capture_output=True, text=True, timeout=60, check=True)
    assert ran.stderr == ""
    assert ran.stdout.splitlines()[-1] in ("0", str(codes.PIPE_CLOSED))


def test_a_full_device_is_said(tmp_path: Path) -> None:
    """Output that was not written is not taken for written."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        environ = {"CORDBOARD_HOME": str(tmp_path), "PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
        command = [sys.executable, "-m", "console.cli", "config", "example"]
        ran = subprocess.run(
            command, env=environ, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False
        )
    assert ran.returncode == codes.CANNOT_CREATE
    assert ran.stderr.count("\n") == 1
