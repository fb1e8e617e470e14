"""What happened, in words: a contact, a ticket event, an outage's moment; shared by rows, bodies and plain text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from backends.records import (
    AnswerState,
    Contact,
    DisputeState,
    Holder,
    Key,
    OutageKind,
    Outcome,
    Priority,
    PromiseKind,
    Ticket,
    TicketEvent,
    TicketEventKind,
    TicketKind,
    TicketState,
    VisitState,
)
from console.i18n import N_, _
from console.present.banners import title_words, who_words
from console.present.cases import nth_chase, rung_words
from console.present.labels import ARROWS, OUTAGE_TONES, Sign, plain, sign_of
from console.present.setting import Now
from console.rules.clocks import ClockState, first_response
from console.rules.standing import without_identity
from console.rules.timeline import Happening, OutageMoment
from console.words import age, channel_word, moment, word
from widgets.views import Tone

EVENT_SIGN = Sign("·", "T", Tone.EVENT)
MOST_CHASES = 10_000
"""More is no number of chases, but a code from elsewhere."""
OUTAGE_SIGN = Sign("!", "!", Tone.WARN)


@dataclass(frozen=True, slots=True)
class Told:
    """A happening in words: sign, arrow, one line of text, who, and what it owes."""

    at: datetime
    sign: Sign
    arrow: str
    channel: str
    text: str
    who: str
    state: str = ""
    state_tone: Tone = Tone.DIM
    owed: bool = False
    reference: str = ""


_AFTER: Mapping[
    TicketEventKind,
    type[Holder]
    | type[Priority]
    | type[TicketState]
    | type[Outcome]
    | type[TicketKind]
    | type[VisitState]
    | type[DisputeState],
] = {
    TicketEventKind.NOTE: DisputeState,
    TicketEventKind.OPENED: TicketKind,
    TicketEventKind.STATE: TicketState,
    TicketEventKind.HOLDER: Holder,
    TicketEventKind.HANDOVER: Holder,
    TicketEventKind.PRIORITY: Priority,
    TicketEventKind.CLOSED: Outcome,
    TicketEventKind.VISIT: VisitState,
}


HANDED: Mapping[str, str] = {"accepted": N_("accepted"), "declined": N_("declined")}
"""What became of a hand-over, by the code in its event."""


def _coded(kind: TicketEventKind, code: str) -> str:
    if kind is TicketEventKind.ESCALATED:
        return rung_words(code) if code else _("off the ladder")
    if kind is TicketEventKind.JOINED:
        return nth_chase(int(code)) if code.isdecimal() and 0 < int(code) < MOST_CHASES else ""
    table = _AFTER.get(kind)
    if table is None or not code:
        return ""
    if kind is TicketEventKind.HANDOVER and code in HANDED:
        return _(HANDED[code])
    try:
        return word(table(code))
    except ValueError:
        return plain(code, 40)


def _promised(event: TicketEvent, now: Now) -> str:
    try:
        due = datetime.fromisoformat(event.after) if event.after else None
    except ValueError:
        due = None
    word_later = event.before == PromiseKind.WORD_AT_RESTORATION
    what = plain(event.text) or word(PromiseKind.WORD_AT_RESTORATION if word_later else PromiseKind.CALL_BACK)
    if due is None or due.tzinfo is None:
        return _("promised: {what}").format(what=what)
    return _("promised for {when}: {what}").format(when=moment(due, now.at, now.zone), what=what)


def event_words(event: TicketEvent, now: Now) -> str:
    """Return a ticket event in words, without the ticket's reference."""
    if event.kind is TicketEventKind.PROMISED:
        return _promised(event, now)
    said = word(event.kind)
    if event.kind is TicketEventKind.CHASED and event.after.isdigit() and int(event.after) > 1:
        said = _("chase number {n}").format(n=event.after)
    after = plain(event.after, 40) if event.kind is TicketEventKind.COMPENSATION else _coded(event.kind, event.after)
    details = [part for part in (after, plain(event.text)) if part]
    return f"{said}: {' · '.join(details)}" if details else said


def _answered_too_late(contact: Contact, now: Now) -> bool:
    """Return whether the clock of a message that waits for its answer has run out (R15)."""
    operator = now.operators.get(contact.operator_key)
    clock = first_response(contact, operator, now.at, now.policies) if operator is not None else None
    return clock is not None and clock.state is ClockState.LATE


def _contact(contact: Contact, now: Now) -> Told:
    preview = plain(contact.body.replace("\n", " "))
    subject = plain(contact.subject)
    text = subject if not preview or (preview.startswith(subject.rstrip("…")) and len(subject) > 40) else preview
    if subject and preview and not preview.startswith(subject.rstrip("…")):
        text = f"{subject} — {preview}"
    state, tone, owed = "", Tone.DIM, False
    if contact.answer is AnswerState.WAITING:
        fresh = now.at - contact.at < timedelta(minutes=1)
        state = _("unanswered") if fresh else _("unanswered {age}").format(age=age(contact.at, now.at))
        state = _("{unanswered}, late").format(unanswered=state) if _answered_too_late(contact, now) else state
        tone, owed = Tone.BAD, True
    elif contact.answer is AnswerState.ANSWERED:
        state = _("answered")
    elif contact.answer is AnswerState.WAIVED:
        state = _("no answer needed")
    if without_identity(contact):  # what is owed gets its mark where it is shown
        state = f"{_('no ID')} · {state}" if owed else _("[!] no ID")
        tone = tone if owed else Tone.WARN
    if not text:
        text = channel_word(contact.channel)
    sign = sign_of(contact.channel)
    arrow = ARROWS[contact.direction]
    who = plain(contact.agent, 40)
    return Told(
        contact.at, sign, arrow, channel_word(contact.channel), text, who, state, tone, owed, plain(contact.reference)
    )


def _event(event: TicketEvent, now: Now, tickets: Mapping[Key, Ticket]) -> Told:
    ticket = tickets.get(event.ticket_key)
    reference = plain(ticket.reference) if ticket else ""
    text = " ".join(part for part in (reference, event_words(event, now)) if part)
    return Told(event.at, EVENT_SIGN, " ", _("ticket"), text, plain(event.by, 40), reference=reference)


def _moment(one: OutageMoment) -> Told:
    outage = one.hit.outage
    state = word(one.state) if one.state else _("outage news")
    if one.part == "start" and outage.kind is OutageKind.PLANNED_WORKS:
        state = word(outage.kind)
    what = plain(one.text) or title_words(outage)
    text = " ".join(part for part in (plain(outage.reference), f"{state}:", what) if part)
    sign = OUTAGE_SIGN._replace(tone=OUTAGE_TONES[one.state]) if one.state else OUTAGE_SIGN
    return Told(one.at, sign, " ", _("outage"), text, who_words(outage.source)[:40], reference=plain(outage.reference))


def told(happening: Happening, now: Now, tickets: Mapping[Key, Ticket]) -> Told:
    """Return a happening in words; `tickets` are those whose references may be named."""
    if isinstance(happening, Contact):
        return _contact(happening, now)
    if isinstance(happening, TicketEvent):
        return _event(happening, now, tickets)
    return _moment(happening)
