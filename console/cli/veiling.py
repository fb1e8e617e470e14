"""What is hidden from whoever works here: by their roles in the records, and for single operators by the profile."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from backends.port import Backend
from backends.records import Agent, Area, Role
from console.rules.roles import hidden_from

if TYPE_CHECKING:
    from backends.veil import Hides
    from console.cli.setting import Setting


class Wearer:
    """Who works here, as far as hiding goes; until the records have said who it is, everything is hidden."""

    def __init__(self, setting: Setting) -> None:
        self._setting = setting
        self._roles: frozenset[Role] | None = None

    def learn(self, agents: Sequence[Agent]) -> None:
        """Take the roles that the records give the login, else those of the configuration."""
        known = next((one for one in agents if one.login == self._setting.actor), None)
        self._roles = known.roles if known is not None else frozenset(Role(name) for name in self._setting.roles)

    def hides(self) -> Hides:
        """Return what is hidden from them now."""
        if self._roles is None:
            from backends.veil import Hides

            return Hides(frozenset(Area))
        return hides_for(self._setting, self._roles)


def hides_for(setting: Setting, roles: frozenset[Role]) -> Hides:
    """Return what is hidden from somebody with these roles, by the profile of the setting."""
    from backends.veil import Hides

    operators = {
        code: frozenset(Area(name) for name in one.hides)
        for code, one in setting.profile.answering.items()
        if one.hides
    }  # fmt: skip
    return Hides(hidden_from(roles, setting.profile.role), operators)


def hides_for_token(setting: Setting, roles: Collection[str]) -> Hides:
    """Return what is hidden from a token with these roles; a program that signs its own agents in hides by itself."""
    from backends.serve.callers import SYSTEM

    people = frozenset({Role.SUPERVISOR}) if SYSTEM in roles else frozenset(Role(one) for one in roles if one in _ROLES)
    return hides_for(setting, people)


_ROLES = frozenset(role.value for role in Role)


def veiled(backend: Backend, wearer: Wearer, *, tells: bool) -> Backend:
    """Return a source behind its veil; the one that `tells` is asked who works here."""
    from backends.veil import Veil

    return Veil(backend, wearer.hides, learn=wearer.learn) if tells else Veil(backend, wearer.hides)


def veiled_copy(backend: Backend, wearer: Wearer) -> Backend:
    """Return a source and the copy that is kept of it behind a veil of their own."""
    from backends.veil import VeilOverCopy

    return VeilOverCopy(backend, wearer.hides)
