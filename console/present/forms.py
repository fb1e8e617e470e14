"""The forms of the actions: their questions in words, with what is known already filled in (R16, R35, R36).

A form asks what its action needs and nothing else; answers are plain texts by question code, as the acts read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from backends.port import CustomerFile
from backends.records import (
    CHANNELS,
    Channel,
    Contact,
    Direction,
    Holder,
    Key,
    Line,
    Operator,
    Outage,
    OutageState,
    Outcome,
    Priority,
    Promise,
    Ticket,
    TicketKind,
)
from console.i18n import N_, _
from console.present.banners import badge, headline
from console.present.card import place_shown
from console.present.labels import ANSWERS, LANGUAGE_NAMES, OUTCOMES, QUESTIONS, plain, service, sign_of, worded
from console.present.results import contact_line
from console.present.setting import Now
from console.rules.asking import QUESTIONS as ASKED
from console.rules.asking import REPLY_CHANNELS, Question
from console.rules.coverage import Hit, hit, is_live
from console.rules.standing import open_tickets
from console.words import channel_word, moment, word
from widgets.views import ChoiceView, FieldKind, FieldView, FormView

Filled = Mapping[str, str]
"""Answers to begin with: from the context, or from a draft."""

NONE = ""


def _choice(code: str, label: str, key: str = "", hint: str = "") -> ChoiceView:
    return ChoiceView(code, label, key, hint)


def _words_of(kind: type[StrEnum], *leave_out: str) -> tuple[ChoiceView, ...]:
    return tuple(_choice(str(one), word(one)) for one in kind if one not in leave_out)


def _channels(codes: Sequence[str]) -> tuple[ChoiceView, ...]:
    return tuple(_choice(code, channel_word(code), sign_of(code).letter.lower()) for code in codes)


def _field(code: str, label: str, filled: Filled, *, hint: str = "", needed: bool = False) -> FieldView:
    return FieldView(code, label, value=filled.get(code, ""), hint=hint, needed=needed)


def _note(code: str, label: str, filled: Filled, *, height: int = 4, needed: bool = False, hint: str = "") -> FieldView:
    return FieldView(code, label, FieldKind.NOTE, filled.get(code, ""), hint=hint, needed=needed, height=height)


DIGITS = "123456789"


def keyed(choices: Sequence[ChoiceView]) -> tuple[ChoiceView, ...]:
    """Return the choices, each with a key of its own that picks it: its own, else a letter of its label, else a digit.

    Letters are plain ones, which every keyboard has; what is left when letters and digits are used up has no key.
    """
    used = {one.key.casefold() for one in choices if one.key}
    found: list[ChoiceView] = []
    for one in choices:
        key = one.key or next((sign for sign in (*_plain_letters(one.label), *DIGITS) if sign not in used), "")
        used.add(key.casefold())
        found.append(replace(one, key=key))
    return tuple(found)


def _plain_letters(label: str) -> str:
    return "".join(sign for sign in label.casefold() if sign.isascii() and sign.isalpha())


def _pick(
    code: str, label: str, choices: Sequence[ChoiceView], filled: Filled, *, default: str = "", needed: bool = False
) -> FieldView:
    return FieldView(code, label, FieldKind.CHOICE, filled.get(code, default), keyed(choices), needed=needed)


def _when(code: str, label: str, filled: Filled, *, needed: bool = False) -> FieldView:
    hint = _("tomorrow 10 · in 1h · fri 14:30")
    return FieldView(code, label, FieldKind.MOMENT, filled.get(code, ""), hint=hint, needed=needed)


def _form(title: str, fields: Sequence[FieldView], subtitle: str = "", save: str = "") -> FormView:
    return FormView(title, tuple(fields), subtitle, "", save or _("Save"), _("Back, keep as a draft"))


def _tickets(opened: Sequence[Ticket]) -> tuple[ChoiceView, ...]:
    return (
        _choice(NONE, _("none")),
        *(_choice(one.key, plain(f"{one.reference} {one.subject}", 34)) for one in opened),
    )


def line_label(line: Line) -> str:
    """Return a line in a few words: service, product, place."""
    return " ".join(part for part in (service(line.service), plain(line.product, 24), place_shown(line.place)) if part)


def _lines(file: CustomerFile) -> tuple[ChoiceView, ...]:
    return (_choice(NONE, _("none")), *(_choice(line.key, line_label(line)[:40]) for line in file.lines))


def _ticket_field(opened: Sequence[Ticket], filled: Filled) -> list[FieldView]:
    """Ask which of the tickets is meant: the only one is proposed, none can be chosen."""
    if not opened:
        return []
    only = opened[0].key if len(opened) == 1 else NONE
    return [_pick("ticket", _("About ticket"), _tickets(opened), filled, default=only)]


def _line_field(file: CustomerFile, filled: Filled, hit: Sequence[Key] = ()) -> list[FieldView]:
    """Ask which line is meant: the only one, or the only one of those that an outage hits, is proposed."""
    if not file.lines:
        return []
    likely = hit or [line.key for line in file.lines]
    only = likely[0] if len(likely) == 1 else NONE
    return [_pick("line", _("Line"), _lines(file), filled, default=only)]


def log_contact(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for a contact while it happens: the note first, the wrap-up below."""
    outcomes = tuple(_choice(code, _(label), code[0]) for code, label in OUTCOMES.items())
    directions = (
        _choice(Direction.INBOUND, _("they contacted us")),
        _choice(Direction.OUTBOUND, _("we contacted them")),
    )
    fields = [
        _note("note", _("Notes"), filled, height=5, needed=True),
        _pick("outcome", _("Wrap-up"), outcomes, filled, default="information"),
        _pick("channel", _("Channel"), _channels(CHANNELS), filled, default=Channel.CALL),
        _pick("direction", _("Direction"), directions, filled, default=Direction.INBOUND),
        *_ticket_field(open_tickets(file), filled),
    ]
    return _form(_("Log a contact"), fields, plain(file.customer.name))


def _asked(question: Question, filled: Filled) -> FieldView:
    label = worded(QUESTIONS, question.code)
    if question.choices:
        choices = tuple(_choice(code, worded(ANSWERS, code)) for code in question.choices)
        return _pick(question.code, label, choices, filled, needed=question.needed)
    return _field(question.code, label, filled, needed=question.needed)


def ticket_kinds() -> tuple[ChoiceView, ...]:
    """Return the kinds of ticket with the key that picks each."""
    keys = {
        TicketKind.FAULT: "f",
        TicketKind.INSTALLATION: "i",
        TicketKind.BILLING: "b",
        TicketKind.COMPLAINT: "c",
        TicketKind.SALES: "s",
        TicketKind.CHANGE: "h",
        TicketKind.DATA_REQUEST: "d",
    }
    return tuple(_choice(kind, word(kind), key) for kind, key in keys.items())


def _lines_hit(file: CustomerFile, outages: Sequence[Outage]) -> list[Key]:
    """Return the keys of the customer's lines that any of the outages covers."""
    above = (file.operator.parent_key,) if file.operator.parent_key else ()
    return [line.key for line in file.lines if any(hit(outage, line, file.customer, above) for outage in outages)]


def _warning(outages: Sequence[Outage], now: Now) -> str:
    """Return what a form for a fault says of the outages that explain it: the gravest one, and what to do instead."""
    if not outages:
        return ""
    words = _("An outage covers this line: {outage}; n logs the call without a new ticket")
    return words.format(outage=plain(f"{badge(outages[0])} {outages[0].title or headline(outages[0], now)}", 80))


def open_ticket(
    file: CustomerFile,
    kind: TicketKind,
    filled: Filled,
    now: Now,
    about: Contact | None = None,
    hits: Sequence[Hit] = (),
) -> FormView:
    """Return the form for a new ticket: what that kind needs, no more (R36).

    `hits` are the outages that hit the customer; those that go on now are told before a fault is taken in (R28).
    """
    spoken = (Channel.CALL, Channel.CHAT, Channel.VISIT)
    outages = [one.outage for one in hits if is_live(one.outage) and one.outage.started_at <= now.at]
    outages = outages if kind is TicketKind.FAULT else []
    fields = [_asked(question, filled) for question in ASKED[kind]]
    fields.append(_note("description", _("In their words"), filled, height=4))
    fields.append(_field("subject", _("Subject"), filled, hint=_("empty: the first line above")))
    fields += _line_field(file, filled, _lines_hit(file, outages))
    fields.append(_pick("priority", _("Priority"), _words_of(Priority), filled, default=Priority.NORMAL))
    if about is None:
        none = _choice(NONE, _("no contact"))
        fields.append(_pick("channel", _("Told us by"), (*_channels(spoken), none), filled, default=Channel.CALL))
    subtitle = contact_line(about, now) if about is not None else plain(file.customer.name)
    title = _("New ticket: {kind}").format(kind=word(kind))
    return replace(_form(title, fields, subtitle), banner=_warning(outages, now))


def _ticket_title(ticket: Ticket) -> str:
    return plain(f"{ticket.reference} {ticket.subject}", 70)


def chase(ticket: Ticket, count: int, filled: Filled, now: Now) -> FormView:
    """Return the form for a chase: a note of what was said; nothing is needed (R37)."""
    spoken = (Channel.CALL, Channel.EMAIL, Channel.CHAT, Channel.SMS, Channel.VISIT, Channel.LETTER, Channel.FAX)
    who = plain(ticket.holder_name) or word(ticket.holder)
    since = (
        moment(ticket.held_since, now.at, now.zone) if ticket.held_since else moment(ticket.opened_at, now.at, now.zone)
    )
    subtitle = _("{ticket} · with {who} since {when}").format(ticket=_ticket_title(ticket), who=who, when=since)
    fields = [
        _note("note", _("What they said"), filled, height=3),
        _pick("channel", _("Channel"), _channels(spoken), filled, default=Channel.CALL),
    ]
    return _form(_("Chase number {n}").format(n=count), fields, subtitle)


def reply(
    file: CustomerFile,
    filled: Filled,
    now: Now,
    to: Contact | None = None,
    cursor: int | None = None,
) -> FormView:
    """Return the form for a message, begun with the customer's name and language (R16), the cursor in its gap."""
    fields = [
        _pick("channel", _("Channel"), _channels(REPLY_CHANNELS), filled, default=Channel.EMAIL),
        _field("to", _("To"), filled),
        _field("subject", _("Subject"), filled),
        replace(_note("body", _("Text"), filled, height=7, needed=True), cursor=cursor),
        *_ticket_field(open_tickets(file), filled),
    ]
    subtitle = _("answers {contact}").format(contact=contact_line(to, now)) if to else plain(file.customer.name)
    return _form(_("Write to the customer"), fields, subtitle, _("Store as sent"))


def promise(file: CustomerFile, filled: Filled, ticket: Ticket | None, *, call_back: bool) -> FormView:
    """Return the form for a promise or a call back: when, and what."""
    deed = _("What about") if call_back else _("What is promised")
    fields = [
        _when("due", _("When"), filled, needed=True),
        _field("deed", deed, filled, hint=_("for the colleague who calls") if call_back else "", needed=not call_back),
    ]
    subtitle = _ticket_title(ticket) if ticket else plain(file.customer.name)
    return _form(_("Promise a call back") if call_back else _("Promise"), fields, subtitle)


def withdraw(one: Promise, filled: Filled) -> FormView:
    """Return the form for withdrawing a promise."""
    return _form(_("Withdraw a promise"), [_field("reason", _("Why"), filled, needed=True)], plain(one.deed, 70))


def close_ticket(ticket: Ticket, filled: Filled, *, proposed: Outcome, promise_open: bool) -> FormView:
    """Return the form for closing: how it went (R4), and why when a promise is still open."""
    fields = [
        _pick("outcome", _("How it went"), _words_of(Outcome), filled, default=proposed, needed=True),
        _note("resolution", _("What settled it"), filled, height=3),
    ]
    label = _("Why, promise open") if promise_open else _("Remark")
    fields.append(_field("reason", label, filled, needed=promise_open))
    return _form(_("Close ticket"), fields, _ticket_title(ticket))


def fix_on_spot(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for what was fixed within the contact: one text, nothing else needed (R7).

    With a fault open already, that one is proposed: it is closed instead of a new case being stored.
    """
    faults = [one for one in open_tickets(file) if one.kind is TicketKind.FAULT]
    fields = [
        _note("note", _("What helped"), filled, height=3, needed=True),
        *_ticket_field(faults, filled),
        _pick("kind", _("Kind"), ticket_kinds(), filled, default=TicketKind.FAULT),
        *_line_field(file, filled),
    ]
    return _form(_("Fixed within this contact"), fields, plain(file.customer.name))


def hand_over(ticket: Ticket, filled: Filled) -> FormView:
    """Return the form for handing the ball on: to whom, what next, until when (R5)."""
    fields = [
        _pick("holder", _("To"), _words_of(Holder), filled, default=ticket.holder, needed=True),
        _field("holder_name", _("Name"), filled, hint=_("person, team or company")),
        _field("holder_reference", _("Their number"), filled),
        _field("next_step", _("Next step"), filled),
        _when("next_step_at", _("By when"), filled),
    ]
    return _form(_("Who has the ball"), fields, _ticket_title(ticket))


def waive(contact: Contact, filled: Filled, now: Now) -> FormView:
    """Return the form for saying that a message needs no answer (R10)."""
    return _form(_("No answer needed"), [_field("reason", _("Why"), filled, needed=True)], contact_line(contact, now))


def _languages(filled: Filled, default: str) -> FieldView:
    codes = list(LANGUAGE_NAMES)
    current = filled.get("language", default)
    if current and current not in codes:
        codes.append(current)
    choices = tuple(_choice(code, worded(LANGUAGE_NAMES, code)) for code in codes)
    return _pick("language", _("Language"), choices, filled, default=default)


def _person(filled: Filled, language: str) -> list[FieldView]:
    return [
        _field("name", _("Name"), filled, needed=True),
        _field("phone", _("Telephone"), filled),
        _field("email", _("E-mail"), filled),
        _languages(filled, language),
        _field("greeting_name", _("Addressed as"), filled, hint=_("as a letter begins, e.g. Ms Nowak")),
        _field("street", _("Street"), filled),
        _field("house", _("House"), filled),
        _field("postcode", _("Postcode"), filled),
        _field("town", _("Town"), filled),
    ]


def new_customer(operators: Sequence[Operator], filled: Filled) -> FormView:
    """Return the form for somebody who asks for the first time (R18)."""
    choices = tuple(_choice(one.key, plain(one.name, 30)) for one in operators)
    first = operators[0] if operators else None
    fields = _person(filled, first.language if first else "en")
    if len(operators) > 1 and first:
        fields.insert(1, _pick("operator", _("Operator"), choices, filled, default=first.key, needed=True))
    return _form(_("New customer"), fields, _("A prospect until a contract runs"))


def correct_customer(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for correcting what is known of a customer."""
    fields = _person(filled, file.customer.language)
    fields.append(_field("tone", _("Tone"), filled, hint=_("for the next colleague, in neutral words")))
    return _form(_("Correct customer"), fields, plain(file.customer.number))


def raise_outage(operators: Sequence[Operator], filled: Filled, *, may_confirm: bool) -> FormView:
    """Return the form for saying that something is brewing (R26)."""
    fields = [
        _field("title", _("What is broken"), filled, needed=True),
        _field("elements", _("Elements"), filled, hint=_("exchange, node, OLT, port; with commas")),
        _field("postcodes", _("Postcodes"), filled, hint=_("61-001, 61-010..61-020, 62*")),
        _field("towns", _("Towns"), filled),
        _field("services", _("Services"), filled, hint=_("internet, tv, telephone; empty: all")),
        _when("expected_end", _("Expected end"), filled),
        _field("say", _("What to say"), filled, hint=_("empty: a kind sentence from the facts")),
        _field("supplier", _("Supplier"), filled),
        _field("supplier_reference", _("Their number"), filled),
    ]
    if len(operators) > 1:
        every = (_choice(NONE, _("all")), *(_choice(one.key, plain(one.name, 24)) for one in operators))
        fields.append(_pick("operator", _("Operator"), every, filled))
    if may_confirm:
        states = (_choice("suspected", _("suspected")), _choice("confirmed", _("confirmed")))
        fields.append(_pick("state", _("State"), states, filled, default="suspected"))
    return _form(_("Raise an outage"), fields, _("Every console shows it at once"))


_TOLD_AT_THE_END: Mapping[OutageState, str] = {
    OutageState.RESTORED: N_("Every console is told that it is over"),
    OutageState.DISMISSED: N_("Every console is told that it was no outage"),
}


def update_outage(
    title: str, subtitle: str, filled: Filled, *, text_needed: bool, state: OutageState | None = None
) -> FormView:
    """Return the form for news about an outage, or for a step to `state`.

    A step that ends it asks for no expected end, and says that everybody hears of it.
    """
    label = _("Why") if state is OutageState.DISMISSED else _("What is new")
    fields = [_field("text", label, filled, needed=text_needed)]
    if state is not None and state in _TOLD_AT_THE_END:
        return _form(title, fields, f"{_(_TOLD_AT_THE_END[state])}: {subtitle}")
    fields.append(_when("expected_end", _("Expected end"), filled))
    fields.append(_field("say", _("What to say"), filled, hint=_("empty: a kind sentence from the facts")))
    return _form(title, fields, subtitle)


def filled_from_ticket(ticket: Ticket) -> dict[str, str]:
    """Return the answers that a hand-over form begins with."""
    return {
        "holder": ticket.holder,
        "holder_name": ticket.holder_name,
        "holder_reference": ticket.holder_reference,
        "next_step": ticket.next_step,
    }


def key_of(filled: Filled, field: str) -> Key:
    """Return the key that a choice holds, empty for none."""
    return filled.get(field, "")
