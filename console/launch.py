"""Starting the console: what it needs of whoever starts it, and the one place where its parts are put together."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from backends.port import Backend
from backends.records import Agent, Role
from console import i18n
from console.app import Cordboard
from console.calls.ways import Ways
from console.desk.desk import Desk, agent_for
from console.desk.local import LocalStore
from console.desk.ruling import DeskRules
from console.desk.starting import begin
from console.terminal import leaving
from console.terminal.failures import ReportsFailuresBriefly

if TYPE_CHECKING:
    from console.terminal.capabilities import Terminal


class Paths(Protocol):
    """Where things are kept."""

    @property
    def state(self) -> Path:
        """The folder for drafts and failures."""


class Interface(Protocol):
    """The part of the configuration that concerns the screen."""

    @property
    def idle_lock_minutes(self) -> int:
        """Minutes without a key after which customers are hidden; 0 never."""

    @property
    def keys(self) -> Mapping[str, tuple[str, ...]]:
        """Own keys by action id."""


class DraftSettings(Protocol):
    """How drafts are kept."""

    @property
    def save_after_ms(self) -> int:
        """Milliseconds until a draft is on disk."""

    @property
    def keep_days(self) -> int:
        """Days that a draft is kept."""


class Settings(Protocol):
    """The configuration."""

    @property
    def interface(self) -> Interface:
        """How the console looks and answers."""

    @property
    def drafts(self) -> DraftSettings:
        """How drafts are kept."""


class Setting(Protocol):
    """What whoever starts the console knows; the command line has it."""

    @property
    def paths(self) -> Paths:
        """The program's folders."""

    @property
    def settings(self) -> Settings:
        """The configuration."""

    @property
    def actor(self) -> str:
        """The agent's login."""

    @property
    def roles(self) -> Sequence[str]:
        """The agent's roles where the records know none."""

    @property
    def language(self) -> str:
        """The language to speak."""

    @property
    def zone(self) -> ZoneInfo:
        """The time zone that moments are typed and shown in."""

    @property
    def rules(self) -> DeskRules:
        """By which rules the desk works."""

    @property
    def ways(self) -> Ways:
        """How calls come in."""

    @property
    def theme(self) -> str:
        """The theme asked for, empty for one that fits."""

    def warn_of_unknown_agent(self, agents: Sequence[Agent]) -> None:
        """Say on standard error when the agent who was named is none of these."""


def make(setting: Setting, backend: Backend, terminal: Terminal | None, customer: str | None = None) -> Cordboard:
    """Return the console for a setting, with its local store opened; the backend must be open."""
    roles = frozenset(Role(role) for role in setting.roles)
    agent = agent_for(setting.actor, roles=roles)
    desk = Desk(backend, agent, setting.zone, setting.language, rules=setting.rules)
    drafts = setting.settings.drafts
    local = LocalStore(
        setting.paths.state / "desk.db",
        store=backend.url,
        agent=setting.actor,
        rest=drafts.save_after_ms / 1000,
        keep_days=drafts.keep_days,
    )
    local.open()
    interface = setting.settings.interface
    return Cordboard(
        desk,
        local,
        theme=setting.theme,
        keys=interface.keys,
        lock_minutes=interface.idle_lock_minutes,
        customer=customer,
        terminal=terminal,
        ways=setting.ways,
    )


def run(setting: Setting, backend: Backend, terminal: Terminal, *, customer: str | None = None) -> int:
    """Run the console until it is left and return the exit code; raises what opening the backend raises."""
    i18n.use(setting.language)
    ReportsFailuresBriefly.failure_folder = setting.paths.state
    return asyncio.run(_run(setting, backend, terminal, customer))


async def _run(setting: Setting, backend: Backend, terminal: Terminal, customer: str | None) -> int:
    await backend.open()
    try:
        app = make(setting, backend, terminal, customer)
        app.source_error = await begin(app.desk, app.local)
        if app.source_error is None and not app.desk.agent.key:
            setting.warn_of_unknown_agent(await backend.agents())
        leaving.install(app, app.save)
        try:
            await app.run_async(mouse=terminal.mouse)
        finally:
            leaving.uninstall()
            await app.presence.leave()
            app.local.close()
        return app.return_code or 0
    finally:
        await backend.close()
