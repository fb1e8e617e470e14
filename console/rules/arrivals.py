"""What came in for a customer while somebody wrote to them: nobody answers past news that they have not seen (R32)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

from backends.records import Agent, Channel, Contact, Direction, Entry, Key


def arrived(
    entries: Sequence[Entry], seen: Collection[Key], agent: Agent, since: datetime | None = None
) -> tuple[Contact, ...]:
    """Return the contacts among `entries` that the agent has not seen, newest first.

    What the agent noted or sent is not news to them, a colleague's answer is. With `since`, older entries are taken as
    seen: they lie beyond what was read of the history.
    """
    found = [
        one
        for one in entries
        if isinstance(one, Contact)
        and one.key not in seen
        and not _own(one, agent)
        and (since is None or one.at >= since)
    ]
    return tuple(sorted(found, key=lambda one: (one.at, one.key), reverse=True))


def _own(contact: Contact, agent: Agent) -> bool:
    """Return whether the agent made this contact: sent it, took it, or noted it."""
    taken = contact.direction is not Direction.INBOUND or contact.channel in (Channel.CALL, Channel.VISIT)
    return taken and contact.agent in {agent.name, agent.login} - {""}
