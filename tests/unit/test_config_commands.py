"""The configuration on the command line: checked, shown, and where everything is kept."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from backends.memory import MemoryBackend
from console import cli
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting, paths_from, sqlite_file, sqlite_url
from console.cli.zone import computer_zone


@dataclass
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture
def call(tmp_path: Path) -> Callable[..., Ended]:
    """Return a function that runs a command in a home of its own, on an empty backend in memory."""

    def run(*argv: str, **environ: str) -> Ended:
        out, err = io.StringIO(), io.StringIO()
        settings = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_SECRETS_FILE": str(tmp_path / "none"), **environ}
        setting = Setting(Writer(out), Writer(err), settings, connect=lambda _url, **_settings: MemoryBackend())
        return Ended(cli.run(argv, setting), out.getvalue(), err.getvalue())

    return run


def test_config_check_explains_by_line_and_ends_with_78(call: Callable[..., Ended], tmp_path: Path) -> None:
    """Each fault is a line with file and line; a right file ends with 0."""
    file = tmp_path / "config.toml"
    file.write_text("[interface]\nlean = 'x'\nmouse = 1\n", encoding="utf-8")
    ended = call("config", "check")
    assert ended.code == codes.CONFIG
    assert [line.split(": ")[1] for line in ended.err.splitlines()] == [f"{file}:2", f"{file}:3"]
    found = json.loads(call("config", "check", "--json").out)
    assert [fault["line"] for fault in found["faults"]] == [2, 3]
    file.write_text("[interface]\nlean = 'on'\n", encoding="utf-8")
    assert call("config", "check").code == codes.OK


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        ("[interface.keys]\nfly = 'x'\n", 2, "no such action"),
        ("[interface.keys]\n\nnote = 't'\n", 3, "belongs to"),
        ("[interface.keys]\nnote = 'alt+x'\n", 2, "terminal"),
        ("[profiles.main]\nbackend = 'gopher://x/'\n", 2, "known schemes"),
    ],
)
def test_config_check_knows_what_names_mean(
    call: Callable[..., Ended], tmp_path: Path, content: str, line: int, words: str
) -> None:
    """Actions, keys and kinds of backend that do not exist are faults as well."""
    (tmp_path / "config.toml").write_text(content, encoding="utf-8")
    ended = call("config", "check")
    assert ended.code == codes.CONFIG
    assert f"config.toml:{line}: " in ended.err
    assert words in ended.err


def test_a_wrong_configuration_stops_what_needs_it_and_nothing_else(call: Callable[..., Ended], tmp_path: Path) -> None:
    """A list ends with 78; path, example and doctor still work."""
    (tmp_path / "config.toml").write_text("nonsense = 1\n", encoding="utf-8")
    ended = call("tickets")
    assert ended.code == codes.CONFIG
    assert f"{tmp_path}/config.toml:1: nonsense" in ended.err
    assert call("config", "path").out == f"{tmp_path}/config.toml\n"
    assert call("config", "example").code == codes.OK
    assert "[X]" in call("doctor").out


def test_config_show_prints_what_is_in_force(call: Callable[..., Ended], tmp_path: Path) -> None:
    """Flags win over environment, environment over file."""
    (tmp_path / "config.toml").write_text(
        "profile = 'b'\n[profiles.a]\n[profiles.b]\nagent = 'anna'\n[interface]\nlanguage = 'it'\n", encoding="utf-8"
    )

    def shown(*argv: str, **environ: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(call("config", "show", "--json", *argv, **environ).out)
        return found

    assert shown()["profiles.b.agent"] == "anna"
    assert shown()["interface.language"] == "it"
    assert shown(CORDBOARD_AGENT="eve")["profiles.b.agent"] == "eve"
    assert shown("--agent", "ole", CORDBOARD_AGENT="eve")["profiles.b.agent"] == "ole"
    assert shown("--profile", "a")["profile"] == "a"
    assert shown(CORDBOARD_PROFILE="a")["profile"] == "a"
    assert shown(CORDBOARD_LANGUAGE="pl")["interface.language"] == "pl"
    assert call("config", "show", "--profile", "zzz").code == codes.CONFIG
    assert 'interface.lean = "auto"\n' in call("config", "show").out


def test_the_home_variable_moves_everything(tmp_path: Path) -> None:
    """Configuration, data and state stay in one folder; without it the platform's rules hold."""
    paths = paths_from({"CORDBOARD_HOME": str(tmp_path / "home")})
    assert {path.is_relative_to(tmp_path / "home") for path in (paths.config, paths.data, paths.state)} == {True}
    paths.make()
    assert all(path.stat().st_mode & 0o777 == 0o700 for path in (paths.config, paths.data, paths.state))
    assert "cordboard" in str(paths_from({}).config)


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    """A file in the way ends with 73 and names it."""
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(codes.Stop) as caught:
        paths_from({"CORDBOARD_HOME": str(tmp_path / "home")}).make()
    assert caught.value.code == codes.CANNOT_CREATE


@pytest.mark.parametrize("name", ["/srv/desk.db", "/srv/a b/100%.db", "/srv/łąka?#.db"])
def test_a_database_file_is_found_again_in_its_url(name: str) -> None:
    """Whatever the folder is called."""
    assert sqlite_file(sqlite_url(Path(name))) == Path(name)


@pytest.mark.parametrize("url", ["memory:", "tmf+https://host/x", "sqlite://", "sqlite:///", "postgresql://h/d"])
def test_other_urls_name_no_database_file(url: str) -> None:
    """Only the embedded database is a file."""
    assert sqlite_file(url) is None


def test_the_computers_zone_is_known_by_name(tmp_path: Path) -> None:
    """TZ first, then the link that systems set, then UTC."""
    assert str(computer_zone({"TZ": "Europe/Rome"})) == "Europe/Rome"
    assert str(computer_zone({"TZ": ":Europe/Rome"})) == "Europe/Rome"
    link = tmp_path / "localtime"
    assert str(computer_zone({}, link)) == "UTC"
    zone = tmp_path / "zoneinfo" / "Europe" / "Warsaw"
    zone.parent.mkdir(parents=True)
    zone.write_bytes(b"")
    link.symlink_to(zone)
    assert str(computer_zone({"TZ": "Nowhere/Land"}, link)) == "Europe/Warsaw"
