"""Marks by which what this console wrote is known again on a server that has no idempotency keys.

Zammad takes every POST as a new one. So each step of a batch carries a mark made from the batch's key and the step's
number, in fields that the documented API takes and gives back and that no colleague reads:

- an article that sends nothing: its `message_id`, which only mails need, in the form of RFC 5322;
- an article that is sent as a mail: its `in_reply_to`, for Zammad gives every mail it sends a message id of its own;
- a ticket: one attribute, `note` unless the profile names another; its history keeps the marks it had before;
- a customer: the `login`, which nobody types who signs in by e-mail.

The mark of an article also says when it happened, how long it took, who spoke and on which channel: a contact that
waited in the outbox happened earlier than the server believes, and a letter is no channel that Zammad knows.
"""

from __future__ import annotations

import hashlib
import re
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from backends.records import Direction

_DOMAIN = "cordboard.invalid"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ARTICLE = re.compile(
    r"<cordboard\.(?P<digest>[0-9a-f]{24})\.(?P<part>[cdo])\.(?P<at>-?\d{1,18})\.(?P<seconds>\d{1,10})"
    r"\.(?P<direction>in|out|internal)\.(?P<channel>(?:[0-9a-f]{2}){0,200})@cordboard\.invalid>"
)
_TICKET = re.compile(r"cordboard (?P<digest>[0-9a-f]{24}) (?P<at>-?\d{1,18})(?: (?P<made>[0-9a-f]{24}))?")

CONTACT, DESCRIPTION, OPENING = "c", "d", "o"
"""What an article of ours is: a contact, the description of its ticket, or what a ticket must begin with, no more."""


def digest(key: str, step: int) -> str:
    """Return the mark of a step of the batch with this key; of a batch without one, a mark that nobody looks for."""
    text = f"{key}/{step}" if key else uuid.uuid4().hex
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:24]


def micros(at: datetime) -> int:
    """Return a moment as microseconds since 1970, exactly."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment_of(count: int) -> datetime | None:
    """Return the moment that many microseconds after 1970 in UTC, None when no calendar has it."""
    try:
        return _EPOCH + timedelta(microseconds=count)
    except OverflowError:
        return None


@dataclass(frozen=True, slots=True)
class ArticleMark:
    """What the mark of an article says."""

    digest: str
    part: str
    at: datetime
    seconds: int = 0
    direction: Direction = Direction.INTERNAL
    channel: str = ""

    def written(self) -> str:
        """Return the mark as a message id."""
        channel = self.channel.encode("utf-8", "replace")[:200].hex()
        local = f"cordboard.{self.digest}.{self.part}.{micros(self.at)}.{self.seconds}.{self.direction}.{channel}"
        return f"<{local}@{_DOMAIN}>"


def article_mark(*fields: str) -> ArticleMark | None:
    """Return the first mark of ours in the message ids of an article, None when it has none."""
    for field in fields:
        found = _ARTICLE.search(field)
        at = moment_of(int(found["at"])) if found else None
        if found and at is not None:
            channel = bytes.fromhex(found["channel"]).decode("utf-8", "replace")
            said = Direction(found["direction"])
            return ArticleMark(found["digest"], found["part"], at, int(found["seconds"]), said, channel)
    return None


@dataclass(frozen=True, slots=True)
class TicketMark:
    """What the mark of a ticket says: the step that last wrote it, and when the case was first taken."""

    digest: str
    at: datetime
    made: str = ""
    """The step that opened it, when that was one of ours: later marks must not hide it."""

    def written(self) -> str:
        """Return the mark as an attribute's text."""
        return f"cordboard {self.digest} {micros(self.at)} {self.made}".strip()


def ticket_mark(text: str) -> TicketMark | None:
    """Return the mark in a ticket's attribute, None when it holds something else."""
    found = _TICKET.fullmatch(text.strip())
    at = moment_of(int(found["at"])) if found else None
    return TicketMark(found["digest"], at, found["made"] or "") if found and at is not None else None


def login_for(mark: str) -> str:
    """Return the login that a customer made by a step gets."""
    return f"cordboard-{mark}"
