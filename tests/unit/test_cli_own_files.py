"""An operator's own files on the command line: wrong ones are told by line, and no desk opens by other rules."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from backends.memory import MemoryBackend
from backends.port import Batch, Put
from backends.records import Operator, new_key
from console import cli
from console.cli import codes
from console.cli.output import Writer
from console.cli.own_files import must_be_right
from console.cli.setting import Setting
from console.data import DataError

PROFILE = '[profiles.main]\nclocks = "own/clocks.toml"\ncompensation = "own/compensation.toml"\n'
CLOCK = """[[clock]]
clock = "repair"
kinds = ["fault"]
count = 1
unit = "working_days"
pauses_for = ["customer"]
from = 2026-01-01
source = "our contracts"
"""
TARIFF = """[[tariff]]
name = "repair_late"
currency = "PLN"
kinds = ["fault"]
after = "calendar_days"
grace = 2
amounts = ["5.00"]
from = 2026-01-01
source = "our contracts"
"""


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Give a configuration that names two files of its own, both right."""
    (tmp_path / "own").mkdir()
    (tmp_path / "config.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "own" / "clocks.toml").write_text(CLOCK, encoding="utf-8")
    (tmp_path / "own" / "compensation.toml").write_text(TARIFF, encoding="utf-8")
    return tmp_path


@pytest.fixture
def backend() -> MemoryBackend:
    """Give an empty store."""
    return MemoryBackend()


@pytest.fixture
def call(home: Path, backend: MemoryBackend) -> Callable[..., Ended]:
    """Return a function that runs a command in that home."""

    def run(*argv: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        environ = {"CORDBOARD_HOME": str(home), "CORDBOARD_SECRETS_FILE": str(home / "none")}
        setting = Setting(Writer(out), Writer(err), environ, connect=lambda _url, **_settings: backend)
        return Ended(cli.run(argv, setting), out.getvalue(), err.getvalue())

    return run


def test_config_check_reads_the_files_that_a_profile_names(call: Callable[..., Ended], home: Path) -> None:
    """Right ones pass; of two wrong ones both are told, each with its own file, line and field."""
    assert call("config", "check").code == codes.OK
    clocks, tariffs = home / "own" / "clocks.toml", home / "own" / "compensation.toml"
    clocks.write_text(CLOCK.replace('"customer"', '"supplier"') + "\n", encoding="utf-8")
    tariffs.write_text(TARIFF.replace('"5.00"', "5.00") + "\n", encoding="utf-8")
    ended = call("config", "check")
    assert ended.code == codes.CONFIG
    assert f"{clocks}:6: clock 1, pauses_for: " in ended.err
    assert "A supplier's delay" in ended.err
    assert f"{tariffs}:7: tariff 1, amounts: " in ended.err


def test_a_file_that_is_not_there_is_a_fault(call: Callable[..., Ended], home: Path) -> None:
    """A misspelt name in the configuration would otherwise leave everybody with the shipped rules."""
    (home / "own" / "clocks.toml").unlink()
    ended = call("config", "check")
    assert ended.code == codes.CONFIG
    assert "clocks.toml: The file cannot be read" in ended.err


def test_no_desk_opens_by_wrong_rules(home: Path) -> None:
    """What the console reckons by is read before it opens; what is not named needs no reading."""
    clocks = home / "own" / "clocks.toml"
    must_be_right(None, None)
    must_be_right(clocks, home / "own" / "compensation.toml")
    wrong = home / "own" / "wrong.toml"
    wrong.write_text("[[clock]]\n", encoding="utf-8")
    for files in ((wrong, None), (None, wrong)):
        with pytest.raises(DataError):
            must_be_right(*files)


async def _keep(backend: MemoryBackend, hours: str) -> None:
    await backend.open()
    one = Operator(new_key(), "LUN", "Luna", "PL", "pl", "Europe/Warsaw", desk_hours=hours)
    await backend.write(Batch((Put(one),), actor="test"))


@pytest.mark.parametrize(("hours", "told"), [("Mon-Fri 8-18", False), ("", False), ("Mo-Fr 8-18", True)])
async def test_r22_the_doctor_tells_of_desk_hours_that_nobody_can_read(
    backend: MemoryBackend, home: Path, hours: str, told: bool
) -> None:
    """A desk counts as always open until they are put right, and somebody must learn of it."""
    from console.cli.findings import _unread_hours

    await _keep(backend, hours)
    found = list(_unread_hours("Records", await backend.operators()))
    assert bool(found) is told
    if told:
        assert "Luna" in found[0].says
        assert "Mo" in found[0].says
        assert "Mon-Fri 08:00-18:00" in found[0].remedy


def test_a_folder_of_guides_is_meant_from_the_configuration_and_checked(call: Callable[..., Ended], home: Path) -> None:
    """R22: a wrong script is told by its file, a folder that is not there too, and `guide list` looks in the same."""
    (home / "config.toml").write_text('[profiles.main]\nguides = "scripts"\n', encoding="utf-8")
    missing = call("config", "check")
    assert (missing.code, str(home / "scripts") in missing.err) == (codes.CONFIG, True)
    (home / "scripts").mkdir()
    assert call("config", "check").code == codes.OK
    (home / "scripts" / "ours.toml").write_text('id = "ours"\n', encoding="utf-8")
    wrong = call("config", "check")
    assert (wrong.code, "ours.toml" in wrong.err) == (codes.CONFIG, True)
    assert "ours.toml" in call("guide", "list").err
