"""What every act starts from, and how it says that an answer will not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from backends.clean import block, line
from backends.port import Batch, CustomerFile, Put
from backends.records import Agent, Contact, Record, Ticket, TicketEvent, TicketEventKind, new_key
from console.rules.moments import UnreadMoment, read_moment

Values = Mapping[str, str]
"""Answers of a form by question code, as typed."""

DEFAULT_LIMIT = 200


class Unfit(ValueError):
    """An answer cannot be taken: `field` is the question's code, `code` says what is wrong with it."""

    def __init__(self, field: str, code: str) -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code


@dataclass(frozen=True, slots=True)
class Scene:
    """Who acts, for whom, and when. `zone` is the agent's; what they type is meant in it."""

    file: CustomerFile
    agent: Agent
    now: datetime
    zone: ZoneInfo
    language: str = "en"

    def batch(self, *items: Put, act: str = "change", reason: str = "") -> Batch:
        """Return a batch in the agent's name."""
        return Batch(tuple(items), actor=self.agent.login, act=act, reason=reason)


def text_of(values: Values, field: str, *, needed: bool = False) -> str:
    """Return a one-line answer, cleaned; raises Unfit when it is needed and empty."""
    found = line(values.get(field, ""), limit=DEFAULT_LIMIT).strip()
    if needed and not found:
        raise Unfit(field, "needed")
    return found


def note_of(values: Values, field: str, *, needed: bool = False) -> str:
    """Return an answer of many lines, cleaned; raises Unfit when it is needed and empty."""
    found = block(values.get(field, "")).strip()
    if needed and not found:
        raise Unfit(field, "needed")
    return found


def moment_of(values: Values, field: str, scene: Scene, *, needed: bool = False) -> datetime | None:
    """Return the moment that plain words name, in UTC; raises Unfit when they cannot be read or it is needed."""
    typed = text_of(values, field, needed=needed)
    if not typed:
        return None
    try:
        return read_moment(typed, now=scene.now, zone=scene.zone, language=scene.language).at
    except UnreadMoment as error:
        raise Unfit(field, "moment") from error


def new(record: Record) -> Put:
    """Return the storing of a record that did not exist."""
    return Put(record)


def changed(record: Record) -> Put:
    """Return the storing of a changed record, guarded by the version it was made from."""
    return Put(record, seen=record.version)


def event(
    scene: Scene,
    ticket: Ticket,
    kind: TicketEventKind,
    *,
    before: str = "",
    after: str = "",
    text: str = "",
    contact: Contact | None = None,
) -> Put:
    """Return the storing of a ticket event that happens now."""
    return new(
        TicketEvent(
            key=new_key(),
            ticket_key=ticket.key,
            customer_key=ticket.customer_key,
            kind=kind,
            at=scene.now,
            by=scene.agent.name,
            before=before,
            after=after,
            text=text,
            contact_key=contact.key if contact else "",
        )
    )
