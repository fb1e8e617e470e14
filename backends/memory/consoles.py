"""Who has which customer open now: kept beside the state, because it is no deed and outlives nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from backends.port import PRESENCE_AGE, Presence, each_agent
from backends.records import Key


class Consoles:
    """Where each console is, by its agent and its name."""

    def __init__(self) -> None:
        self._at: dict[tuple[str, str], Presence] = {}

    def present(self, told: Presence | None, agent: str, console: str, now: datetime) -> list[Key]:
        """Note where a console is; returns the customers at whom that, or the end of another console, is news."""
        news = {one.customer_key for one in self._at.values() if _is_gone(one, now)}
        self._at = {name: one for name, one in self._at.items() if not _is_gone(one, now)}
        before = self._at.pop((agent, console), None)
        after = None
        if told is not None and told.customer_key:
            after = replace(told, agent=agent, since=min(told.since, now), seen_at=now)
            self._at[agent, console] = after
        if before is not None and (after is None or after.customer_key != before.customer_key):
            news.add(before.customer_key)
        if after is not None and (before is None or _shown(before) != _shown(after)):
            news.add(after.customer_key)
        return sorted(news)

    def at(self, customer_key: Key, now: datetime) -> tuple[Presence, ...]:
        """Return who has a customer open now, each agent once, by login."""
        return each_agent(
            one for one in self._at.values() if one.customer_key == customer_key and not _is_gone(one, now)
        )

    def forget(self, customer_key: Key) -> None:
        """Drop who has a customer open."""
        self._at = {name: one for name, one in self._at.items() if one.customer_key != customer_key}


def _is_gone(one: Presence, now: datetime) -> bool:
    return one.seen_at < now - PRESENCE_AGE


def _shown(one: Presence) -> tuple[Key, bool]:
    return one.customer_key, one.writing
