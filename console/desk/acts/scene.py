"""What every act starts from, and how it says that an answer will not do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from backends.clean import LINE_LIMIT, block, line
from backends.port import Batch, CustomerFile, Put
from backends.records import Agent, Contact, Record, Ticket, TicketEvent, TicketEventKind, new_key
from console.data.clocks import policies
from console.rules.clocks import Policies
from console.rules.moments import AmbiguousMoment, NoSuchMoment, PastMoment, UnreadMoment, read_moment

Values = Mapping[str, str]
"""Answers of a form by question code, as typed."""

E = TypeVar("E", bound=StrEnum)

_UNREAD: Mapping[type[UnreadMoment], str] = {
    AmbiguousMoment: "moment_unclear",
    PastMoment: "moment_past",
    NoSuchMoment: "moment_none",
}


class Unfit(ValueError):
    """An answer cannot be taken: `field` is the question's code, `code` says what is wrong with it.

    `advice` are words of its own about this very answer, where there are any.
    """

    def __init__(self, field: str, code: str, advice: str = "") -> None:
        super().__init__(f"{field}: {code}")
        self.field = field
        self.code = code
        self.advice = advice


@dataclass(frozen=True, slots=True)
class Scene:
    """Who acts, for whom, and when. `zone` is the agent's; what they type is meant in it."""

    file: CustomerFile
    agent: Agent
    now: datetime
    zone: ZoneInfo
    language: str = "en"
    policies: Policies = field(default_factory=policies)
    """By which policies clocks run."""

    def batch(self, *items: Put, act: str = "change", reason: str = "") -> Batch:
        """Return a batch in the agent's name."""
        return Batch(tuple(items), actor=self.agent.login, act=act, reason=reason)


def text_of(values: Values, field: str, *, needed: bool = False, limit: int = LINE_LIMIT) -> str:
    """Return a one-line answer, cleaned and at most `limit` characters; raises Unfit when it is needed and empty."""
    found = line(values.get(field, ""), limit=limit).strip()
    if needed and not found:
        raise Unfit(field, "needed")
    return found


def note_of(values: Values, field: str, *, needed: bool = False) -> str:
    """Return an answer of many lines, cleaned; raises Unfit when it is needed and empty."""
    found = block(values.get(field, "")).strip()
    if needed and not found:
        raise Unfit(field, "needed")
    return found


def code_of(values: Values, field: str, kind: type[E], default: E | None = None) -> E:
    """Return the code that a choice holds, `default` for an empty answer.

    Raises Unfit `needed` for an empty answer without a default, `unknown` for what is no code: a draft of an older
    version, an answer from a script.
    """
    typed = values.get(field, "").strip()
    if not typed:
        if default is None:
            raise Unfit(field, "needed")
        return default
    try:
        return kind(typed)
    except ValueError as error:
        raise Unfit(field, "unknown") from error


def moment_in(
    values: Values, field: str, *, now: datetime, zone: ZoneInfo, language: str, needed: bool = False
) -> datetime | None:
    """Return the moment that plain words name, in UTC, as meant in `zone`; None for an empty answer.

    Raises Unfit when it is needed and empty, and `moment`, `moment_unclear`, `moment_past` or `moment_none` when the
    words name none that can be taken.
    """
    typed = text_of(values, field, needed=needed)
    if not typed:
        return None
    try:
        return read_moment(typed, now=now, zone=zone, language=language).at
    except UnreadMoment as error:
        raise Unfit(field, _UNREAD.get(type(error), "moment"), error.advice) from error


def moment_of(values: Values, field: str, scene: Scene, *, needed: bool = False) -> datetime | None:
    """Return the moment that plain words name to the scene's agent; raises Unfit as `moment_in` does."""
    return moment_in(values, field, now=scene.now, zone=scene.zone, language=scene.language, needed=needed)


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
