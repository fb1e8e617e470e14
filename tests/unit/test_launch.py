"""Starting the console: what is said before the first picture."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from backends.memory import MemoryBackend
from backends.records import Agent, Role
from console import launch
from console.app import Cordboard
from console.cli.output import Writer
from console.cli.setting import Setting
from console.terminal.capabilities import Terminal


@pytest.mark.parametrize(
    ("named", "says"),
    [
        ({"CORDBOARD_AGENT": "nobody"}, 'cordboard: these records know no agent "nobody"\n'),
        ({"CORDBOARD_AGENT": "ana"}, 'cordboard: these records know no agent "ana"; did you mean "anna"?\n'),
        ({"CORDBOARD_AGENT": "anna"}, ""),
        ({}, ""),
    ],
)
def test_a_named_agent_whom_nobody_knows_is_warned_of_and_works_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, named: dict[str, str], says: str
) -> None:
    """The console opens with the configuration's roles; the warning is there when it is left."""
    ran: list[tuple[str, frozenset[Role]]] = []

    async def run_async(self: Cordboard, **_more: object) -> None:
        ran.append((self.desk.agent.login, self.desk.agent.roles))

    monkeypatch.setattr(Cordboard, "run_async", run_async)
    err = io.StringIO()
    environ = {"CORDBOARD_HOME": str(tmp_path), "CORDBOARD_LANGUAGE": "en", **named}
    setting = Setting(Writer(io.StringIO()), Writer(err), environ)
    setting.paths.make()
    backend = MemoryBackend([Agent("a1", "anna", "Anna", frozenset({Role.DESK}))])
    terminal = Terminal(interactive=True, colours="full", characters="utf8", lean=False, mouse=False)
    assert launch.run(setting, backend, terminal) == 0
    assert err.getvalue() == says
    known = setting.actor == "anna"
    assert ran == [(setting.actor, frozenset({Role.DESK if known else Role.SUPERVISOR}))]
