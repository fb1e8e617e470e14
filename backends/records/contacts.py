"""Contacts: one exchange with a customer on one channel."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from backends.records.base import Key, Origin


class Channel:
    """Codes of the channels we ship; a channel is data, so others may appear in records (R14)."""

    CALL = "call"
    EMAIL = "email"
    CHAT = "chat"
    SMS = "sms"
    FAX = "fax"
    LETTER = "letter"
    VISIT = "visit"
    WEB = "web"
    SOCIAL = "social"
    NOTE = "note"
    """An agent's own note without an exchange."""


CHANNELS = (
    Channel.CALL,
    Channel.EMAIL,
    Channel.CHAT,
    Channel.SMS,
    Channel.FAX,
    Channel.LETTER,
    Channel.VISIT,
    Channel.WEB,
    Channel.SOCIAL,
    Channel.NOTE,
)

NEEDS_IDENTITY_DOCUMENT = frozenset({Channel.FAX, Channel.LETTER})
"""Channels on which a request counts only with an identity document attached (R38)."""


class Direction(StrEnum):
    """Who spoke first in this exchange."""

    INBOUND = "in"
    OUTBOUND = "out"
    INTERNAL = "internal"


class AnswerState(StrEnum):
    """Whether an inbound contact is a debt (R10)."""

    NOT_NEEDED = "not_needed"
    """Nothing to answer by its nature: a call, a visit, our own message."""
    WAITING = "waiting"
    ANSWERED = "answered"
    WAIVED = "waived"
    """A person said, with a reason, that no answer is needed."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that came with a contact; the bytes stay in the store under a name of our own."""

    name: str
    content_type: str
    size: int
    sha256: str = ""
    identity_document: bool = False


@dataclass(frozen=True, slots=True)
class CallRoute:
    """How a caller came in, known before the first word (R35)."""

    dialled: str = ""
    menu: tuple[str, ...] = ()
    waited_seconds: int = 0
    transfers: int = 0


@dataclass(frozen=True, slots=True)
class Contact:
    """One exchange. In pages `body` may be cut to a preview; `Backend.contact` has it whole."""

    key: Key
    reference: str
    """Given to every contact at arrival (R11); assigned by the backend when empty at creation."""
    customer_key: Key
    operator_key: Key
    channel: str
    direction: Direction
    at: datetime
    subject: str = ""
    body: str = ""
    whole: bool = True
    """False when `body` is only the beginning."""
    seconds: int = 0
    """How long a call, chat or visit took."""
    thread: str = ""
    """Contacts of one thread share it; empty for one that stands alone."""
    ticket_key: Key = ""
    line_key: Key = ""
    outage_key: Key = ""
    """The outage that the caller was attached to (R26)."""
    agent: str = ""
    """Name of the colleague who took or sent it."""
    sender: str = ""
    recipient: str = ""
    answer: AnswerState = AnswerState.NOT_NEEDED
    answered_at: datetime | None = None
    answered_by: Key = ""
    """The contact that answered this one."""
    waived_reason: str = ""
    route: CallRoute | None = None
    attachments: tuple[Attachment, ...] = ()
    outcome: str = ""
    """Wrap-up code of a call, e.g. `solved`, `ticket`, `callback`."""
    origin: Origin | None = None
    version: int = 0
