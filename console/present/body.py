"""The text of one entry, to read: a contact's body, a ticket event, an outage's news, a ticket."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backends.port import CustomerFile
from backends.records import (
    NEEDS_IDENTITY_DOCUMENT,
    AnswerState,
    Contact,
    Direction,
    Key,
    Operator,
    Ticket,
    TicketEvent,
)
from console.i18n import _, _n
from console.present.banners import headline, say_words, title_words, why_words
from console.present.card import number_shown
from console.present.cases import case_lines, nth_chase
from console.present.clocking import clock_facts, clock_line, clock_tone, owed_facts
from console.present.happenings import event_words
from console.present.labels import ANSWERS, QUESTIONS, plain, whole_text, worded
from console.present.rows import holder_words
from console.present.setting import Now
from console.rules.clocks import first_response
from console.rules.timeline import Happening, OutageMoment, name_of
from console.words import channel_word, duration, moment, word
from widgets.views import BodyView, Line, Span, Tone

MOST = 64_000
"""Characters that are shown at once; more is offered, not painted."""


def _fact(label: str, value: str, tone: Tone = Tone.NORMAL) -> Line:
    return (Span(f"{label}: ", Tone.DIM), Span(value, tone))


def _cut(text: str) -> tuple[str, str]:
    if len(text) <= MOST:
        return text, ""
    left = len(text) - MOST
    return text[:MOST], _n("{n} more character not shown", "{n} more characters not shown", left).format(n=left)


def _route(contact: Contact) -> list[Line]:
    route = contact.route
    if route is None:
        return []
    parts = [_("dialled {number}").format(number=number_shown(route.dialled))] if route.dialled else []
    parts += [plain(choice, 40) for choice in route.menu]
    if route.waited_seconds:
        parts.append(_("waited {time}").format(time=duration(route.waited_seconds)))
    if route.transfers:
        parts.append(_n("passed on once", "passed on {n} times", route.transfers).format(n=route.transfers))
    return [_fact(_("Came in"), " · ".join(parts))] if parts else []


def _answer(contact: Contact, now: Now) -> list[Line]:
    if contact.answer is AnswerState.NOT_NEEDED:
        return []
    words = word(contact.answer)
    if contact.answered_at is not None:
        words = f"{words}, {moment(contact.answered_at, now.at, now.zone)}"
    if contact.waived_reason:
        words = f"{words}: {plain(contact.waived_reason)}"
    waiting = contact.answer is AnswerState.WAITING
    lines = [_fact(_("Answer"), words, Tone.BAD if waiting else Tone.NORMAL)]
    operator = now.operators.get(contact.operator_key)
    due = first_response(contact, operator, now.at, now.policies) if waiting and operator is not None else None
    return lines if due is None else [*lines, _fact(_("Answer due"), clock_line(due, now), clock_tone(due))]


def _attachments(contact: Contact) -> list[Line]:
    names: list[str] = []
    for one in contact.attachments:
        size = _("{n} kB").format(n=max(1, one.size // 1024))
        notes = (size, _("identity document")) if one.identity_document else (size,)
        names.append(f"{plain(one.name, 60)} ({', '.join(notes)})")
    return [_fact(_("Attached"), ", ".join(names))] if names else []


def _identity(contact: Contact) -> list[Line]:
    """Return a warning on a fax or letter that does not count yet (R38)."""
    if contact.channel not in NEEDS_IDENTITY_DOCUMENT or contact.direction is not Direction.INBOUND:
        return []
    if any(one.identity_document for one in contact.attachments):
        return []
    return [_fact(_("Identity document"), _("none came with it; it counts once there is one"), Tone.WARN)]


def contact_body(contact: Contact, now: Now, tickets: Mapping[Key, Ticket]) -> BodyView:
    """Return a contact to read: who and when above, the text below."""
    when = moment(contact.at, now.at, now.zone)
    head: list[Line] = [
        (
            Span(channel_word(contact.channel), Tone.STRONG),
            Span(f" {word(contact.direction)} · {when}"),
            Span(f" · {plain(contact.agent)}" if contact.agent else ""),
            Span(f" · {duration(contact.seconds)}" if contact.seconds else ""),
            Span(f" · {plain(contact.reference)}", Tone.DIM),
        )
    ]
    if contact.channel != "call" and (contact.sender or contact.recipient):
        inbound = contact.direction is Direction.INBOUND
        head.append(_fact(_("From") if inbound else _("To"), plain(contact.sender if inbound else contact.recipient)))
    if contact.subject:
        head.append(_fact(_("Subject"), plain(contact.subject)))
    head += _route(contact) + _answer(contact, now) + _attachments(contact) + _identity(contact)
    if ticket := tickets.get(contact.ticket_key):
        head.append(_fact(_("Ticket"), plain(f"{ticket.reference} {ticket.subject}"), Tone.ACCENT))
    text, cut = _cut(whole_text(contact.body))
    return BodyView(f"contact:{contact.key}", plain(contact.subject) or when, tuple(head), text, cut)


def ticket_body(
    ticket: Ticket,
    now: Now,
    operator: Operator,
    chases: int,
    waits: Sequence[TicketEvent] = (),
    heard: Sequence[Contact] = (),
    file: CustomerFile | None = None,
) -> BodyView:
    """Return a ticket to read: state, holder, clocks, what is owed, next step, what was asked, and how it ended.

    `waits` are the events that tell when it waited for the customer, `heard` the contacts on it, others' among them or
    not; without the customer's `file` nothing is said of what they are owed.
    """
    head: list[Line] = [
        (
            Span(plain(ticket.reference), Tone.ACCENT),
            Span(f" {word(ticket.kind)} · {word(ticket.state)} · {word(ticket.priority)}"),
        ),
        _fact(_("Opened"), f"{moment(ticket.opened_at, now.at, now.zone)} · {plain(ticket.opened_by)}"),
        _fact(_("Has the ball"), holder_words(ticket, now)),
        *clock_facts(ticket, operator, now, waits, heard),
        *(owed_facts(ticket, file, now, waits, heard) if file is not None else ()),
    ]
    if ticket.next_step:
        when = f" {moment(ticket.next_step_at, now.at, now.zone)}" if ticket.next_step_at else ""
        head.append(_fact(_("Next step"), f"{plain(ticket.next_step)}{when}"))
    if chases:
        threshold = operator.chase_threshold
        head.append(_fact(_("Chases"), nth_chase(chases), Tone.BAD if chases >= threshold else Tone.WARN))
    for label, line in case_lines(ticket, file, now) if file is not None else ():
        head.append((Span(f"{label}: " if label else "  ", Tone.DIM), *line))
    for code, answer in ticket.details:
        head.append(_fact(worded(QUESTIONS, code), worded(ANSWERS, answer)))
    if ticket.outcome is not None:
        head.append(
            _fact(
                _("Outcome"), " · ".join(part for part in (word(ticket.outcome), plain(ticket.outcome_reason)) if part)
            )
        )
    text = "\n\n".join(part for part in (whole_text(ticket.description), whole_text(ticket.resolution)) if part)
    text, cut = _cut(text)
    return BodyView(f"ticket:{ticket.key}", plain(f"{ticket.reference} {ticket.subject}"), tuple(head), text, cut)


def event_body(event: TicketEvent, now: Now, tickets: Mapping[Key, Ticket]) -> BodyView:
    """Return a ticket event to read."""
    ticket = tickets.get(event.ticket_key)
    head: list[Line] = [(Span(event_words(event, now), Tone.STRONG),)]
    head.append((Span(f"{moment(event.at, now.at, now.zone)} · {plain(event.by)}"),))
    if ticket is not None:
        head.append(_fact(_("Ticket"), plain(f"{ticket.reference} {ticket.subject}"), Tone.ACCENT))
    return BodyView(f"event:{event.key}", word(event.kind), tuple(head), whole_text(event.text))


def outage_body(one: OutageMoment, now: Now, language: str = "") -> BodyView:
    """Return an outage to read, from one of its moments: what is known, what to say, all its news.

    `language` is the customer's. What to say is part of the text, which wraps: it is read out to its end.
    """
    outage = one.hit.outage
    head: list[Line] = [
        (Span(word(outage.state).upper(), Tone.STRONG), Span(f" {headline(outage, now)}")),
        _fact(_("Matches"), why_words(one.hit)),
    ]
    say = say_words(outage, now, language)
    told = [_("Say: {words}").format(words=say), ""] if say else []
    news = [f"{moment(update.at, now.at, now.zone)}  {plain(update.text, 2000)}" for update in reversed(outage.updates)]
    return BodyView(one.key, plain(f"{outage.reference} {title_words(outage)}"), tuple(head), "\n".join((*told, *news)))


def body(happening: Happening, now: Now, tickets: Mapping[Key, Ticket], language: str = "") -> BodyView:
    """Return a happening to read; a contact must have its whole body. `language` is the customer's."""
    if isinstance(happening, Contact):
        return contact_body(happening, now, tickets)
    if isinstance(happening, TicketEvent):
        return event_body(happening, now, tickets)
    return outage_body(happening, now, language)


__all__ = ["body", "contact_body", "name_of", "ticket_body"]
