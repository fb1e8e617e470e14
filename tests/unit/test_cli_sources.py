"""The command line on a profile of several sources: what is wired, and what is told of one that is away."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from backends.outbox import Outbox
from backends.records import Contact, Ticket
from console import cli
from console.cli import codes
from console.cli.output import Writer
from console.cli.setting import Setting
from console.cli.sources import named_in, records_of
from console.desk.several import Several
from tests.servers.alertmanager import free_port


def home(folder: Path, content: str) -> dict[str, str]:
    """Write a configuration and return the environment of a program that reads it."""
    (folder / "config.toml").write_text(content)
    environ = {"CORDBOARD_HOME": str(folder), "CORDBOARD_AGENT": "ola", "CORDBOARD_LANGUAGE": "en", "TZ": "UTC"}
    return {**environ, "CORDBOARD_SECRETS_FILE": str(folder / "secrets.json")}


def ran(environ: dict[str, str], *argv: str) -> tuple[int, str, str]:
    """Run a command in this process and return code, output and errors."""
    out, err = io.StringIO(), io.StringIO()
    code = cli.run(argv, Setting(Writer(out), Writer(err), environ))
    return code, out.getvalue(), err.getvalue()


def setting(environ: dict[str, str], backend: str = "") -> Setting:
    """Return what a command is run in."""
    return Setting(Writer(io.StringIO()), Writer(io.StringIO()), environ, backend_flag=backend)


TWO = """
[profiles.main.sources.helpdesk]
url = "zammad+http://127.0.0.1:{port}/"
writes = ["tickets", "contacts"]
deadline_seconds = 1
[profiles.main.sources.alarms]
url = "alertmanager+http://127.0.0.1:{port}/"
deadline_seconds = 1
"""


def test_a_profile_with_sources_is_several_as_one(tmp_path: Path) -> None:
    """The own store, a helpdesk behind an outbox, and alarms that are only read."""
    one = records_of(setting(home(tmp_path, TWO.format(port=9))))
    assert isinstance(one, Several)
    assert list(one.members) == ["", "helpdesk", "alarms"]
    assert isinstance(one.members["helpdesk"].backend, Outbox)
    assert not isinstance(one.members["alarms"].backend, Outbox)
    assert one.members["helpdesk"].writes == {Ticket, Contact}


def test_the_own_store_may_be_one_of_the_sources(tmp_path: Path) -> None:
    """`backend` may name a source; with no other there is one store, and records named for one call stand alone."""
    content = '[profiles.main]\nbackend = "shared"\n[profiles.main.sources.shared]\nurl = "cordboard+http://127.0.0.1:9/"'
    environ = home(tmp_path, content)
    one = records_of(setting(environ))
    assert isinstance(one, Outbox)
    assert one.name == "shared"
    alone = records_of(setting(environ, backend="memory:"))
    assert alone.name == "memory"


def test_a_source_that_is_away_is_told_beside_what_was_found(tmp_path: Path) -> None:
    """Nobody found is no answer while a source is away: standard error names it and why."""
    code, out, err = ran(home(tmp_path, TWO.format(port=free_port())), "find", "nowak")
    assert (code, out) == (codes.FAILED, "")
    assert "helpdesk: failed:" in err
    assert "alarms: failed:" in err


def test_a_source_is_named_by_its_name_or_url(tmp_path: Path) -> None:
    """A typing error lists the names there are; a password in a URL is refused and not repeated."""
    known = setting(home(tmp_path, TWO.format(port=9)))
    assert named_in(known, "alarms")[1].url == "alertmanager+http://127.0.0.1:9/"
    assert named_in(known, "rt+https://desk.example/rt/")[0] == "desk.example"
    with pytest.raises(codes.Stop, match="helpdesk"):
        named_in(known, "helpdsk")
    with pytest.raises(codes.Stop) as stopped:
        named_in(known, "rt+https://ola:secret@desk.example/")
    assert "secret" not in str(stopped.value)
