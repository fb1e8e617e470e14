"""What each kind of ticket needs to be asked, briefly (R36), and what follows from channel and direction.

Questions are codes; the words are found elsewhere. Nothing is asked that is known already (R35).
"""

from __future__ import annotations

from dataclasses import dataclass

from backends.records import (
    AnswerState,
    Channel,
    Contact,
    Direction,
    Holder,
    Priority,
    TicketKind,
)


@dataclass(frozen=True, slots=True)
class Question:
    """One thing to ask; `choices` are codes, none for free text. `needed` ones block saving until answered."""

    code: str
    choices: tuple[str, ...] = ()
    needed: bool = False


SYMPTOMS = ("no_service", "slow", "drops", "no_picture", "no_tone", "noise", "wifi", "other")
SINCE = ("now", "today", "days", "always")

QUESTIONS: dict[TicketKind, tuple[Question, ...]] = {
    TicketKind.FAULT: (
        Question("symptom", SYMPTOMS, needed=True),
        Question("since", SINCE),
        Question("tried"),
    ),
    TicketKind.INSTALLATION: (Question("wish_date"), Question("access")),
    TicketKind.BILLING: (Question("invoice"), Question("amount")),
    TicketKind.COMPLAINT: (Question("about", needed=True), Question("wanted")),
    TicketKind.SALES: (Question("product"), Question("reach_at")),
    TicketKind.CHANGE: (Question("what", needed=True), Question("from_date")),
    TicketKind.DATA_REQUEST: (Question("scope", ("copy", "erase", "correct"), needed=True), Question("identity")),
}

HOLDERS: dict[TicketKind, Holder] = {
    TicketKind.FAULT: Holder.TECHNICAL,
    TicketKind.INSTALLATION: Holder.TECHNICAL,
    TicketKind.BILLING: Holder.BILLING,
    TicketKind.COMPLAINT: Holder.DESK,
    TicketKind.SALES: Holder.DESK,
    TicketKind.CHANGE: Holder.DESK,
    TicketKind.DATA_REQUEST: Holder.DESK,
}
"""Who gets the ball when a ticket of this kind is opened."""

WRITTEN = frozenset({Channel.EMAIL, Channel.SMS, Channel.FAX, Channel.LETTER, Channel.WEB, Channel.SOCIAL})
"""Channels on which an inbound contact is a debt until it is answered (R10)."""

REPLY_CHANNELS = (Channel.EMAIL, Channel.SMS, Channel.CHAT, Channel.LETTER, Channel.FAX)

_LADDER = tuple(Priority)


def answer_needed(channel: str, direction: Direction) -> AnswerState:
    """Return whether a contact that arrives now waits for an answer."""
    if direction is Direction.INBOUND and channel in WRITTEN:
        return AnswerState.WAITING
    return AnswerState.NOT_NEEDED


def can_be_answered(contact: Contact) -> bool:
    """Return whether marking this contact as answered, or as needing no answer, makes sense."""
    return contact.direction is Direction.INBOUND and contact.answer is AnswerState.WAITING


def raised(priority: Priority) -> Priority:
    """Return the next higher priority; the highest stays."""
    return _LADDER[min(_LADDER.index(priority) + 1, len(_LADDER) - 1)]


def reply_channel(contact: Contact | None, has_email: bool, has_phone: bool) -> str:
    """Return the channel on which a reply is expected: the one they used, else e-mail, else SMS, else letter."""
    if contact is not None and contact.channel in REPLY_CHANNELS:
        return contact.channel
    if has_email:
        return Channel.EMAIL
    return Channel.SMS if has_phone else Channel.LETTER
