"""The forms of the actions: their questions in words, with what is known already filled in (R16, R35, R36).

A form asks what its action needs and nothing else; answers are plain texts by question code, as the acts read them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from backends.port import CustomerFile
from backends.records import (
    CHANNELS,
    NEEDS_IDENTITY_DOCUMENT,
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
from console.present.banners import badge, title_words
from console.present.card import place_shown
from console.present.labels import ANSWERS, LANGUAGE_NAMES, OUTCOMES, QUESTIONS, plain, service, worded
from console.present.questions import (
    NONE,
    Filled,
    channels,
    choice,
    form_of,
    moment_line,
    pick,
    text_line,
    text_lines,
    words_of,
)
from console.present.results import contact_line
from console.present.setting import Now
from console.rules.asking import QUESTIONS as ASKED
from console.rules.asking import REPLY_CHANNELS, Question
from console.rules.coverage import Hit, hit, is_live
from console.rules.standing import open_tickets
from console.words import moment, word
from widgets.views import ChoiceView, FieldView, FormView


def _tickets(opened: Sequence[Ticket]) -> tuple[ChoiceView, ...]:
    return (
        choice(NONE, _("none")),
        *(choice(one.key, plain(f"{one.reference} {one.subject}", 34)) for one in opened),
    )


def line_label(line: Line) -> str:
    """Return a line in a few words: service, product, place."""
    return " ".join(part for part in (service(line.service), plain(line.product, 24), place_shown(line.place)) if part)


def _lines(file: CustomerFile) -> tuple[ChoiceView, ...]:
    return (choice(NONE, _("none")), *(choice(line.key, line_label(line)[:40]) for line in file.lines))


def _ticket_field(opened: Sequence[Ticket], filled: Filled) -> list[FieldView]:
    """Ask which of the tickets is meant: the only one is proposed, none can be chosen."""
    if not opened:
        return []
    only = opened[0].key if len(opened) == 1 else NONE
    return [pick("ticket", _("About ticket"), _tickets(opened), filled, default=only)]


def _line_field(file: CustomerFile, filled: Filled, hit: Sequence[Key] = ()) -> list[FieldView]:
    """Ask which line is meant: the only one, or the only one of those that an outage hits, is proposed."""
    if not file.lines:
        return []
    likely = hit or [line.key for line in file.lines]
    only = likely[0] if len(likely) == 1 else NONE
    return [pick("line", _("Line"), _lines(file), filled, default=only)]


def log_contact(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for a contact while it happens: the note first, the wrap-up below."""
    outcomes = tuple(choice(code, _(label), code[0]) for code, label in OUTCOMES.items())
    directions = (
        choice(Direction.INBOUND, _("they contacted us")),
        choice(Direction.OUTBOUND, _("we contacted them")),
    )
    fields = [
        text_lines("note", _("Notes"), filled, height=5, needed=True),
        pick("outcome", _("Wrap-up"), outcomes, filled, default="information"),
        pick("channel", _("Channel"), channels(CHANNELS), filled, default=Channel.CALL),
        pick("direction", _("Direction"), directions, filled, default=Direction.INBOUND),
        *_identity_field(filled),
        *_ticket_field(open_tickets(file), filled),
    ]
    return form_of(_("Log a contact"), fields, plain(file.customer.name))


def _identity_field(filled: Filled) -> list[FieldView]:
    """Ask of a fax or letter that came whether an identity document came with it: without, it does not count (R38)."""
    came = filled.get("direction", Direction.INBOUND) == Direction.INBOUND
    if not came or filled.get("channel") not in NEEDS_IDENTITY_DOCUMENT:
        return []
    answers = (choice("no", _("none came; it is asked for and checked")), choice("yes", _("it came with it")))
    return [pick("identity", _("Identity document"), answers, filled, default="no")]


def _asked(question: Question, filled: Filled) -> FieldView:
    label = worded(QUESTIONS, question.code)
    if question.choices:
        choices = tuple(choice(code, worded(ANSWERS, code)) for code in question.choices)
        return pick(question.code, label, choices, filled, needed=question.needed)
    return text_line(question.code, label, filled, needed=question.needed)


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
    return tuple(choice(kind, word(kind), key) for kind, key in keys.items())


def _lines_hit(file: CustomerFile, outages: Sequence[Outage]) -> list[Key]:
    """Return the keys of the customer's lines that any of the outages covers."""
    above = (file.operator.parent_key,) if file.operator.parent_key else ()
    return [line.key for line in file.lines if any(hit(outage, line, file.customer, above) for outage in outages)]


def _warning(outages: Sequence[Outage]) -> str:
    """Return what a form for a fault says of the outages that explain it: the gravest one, and what to do instead."""
    if not outages:
        return ""
    words = _("An outage covers this line: {outage}; Esc, then l attaches the caller without a new ticket")
    return words.format(outage=plain(f"{badge(outages[0])} {title_words(outages[0])}", 80))


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
    fields.append(text_lines("description", _("In their words"), filled, height=4))
    fields.append(text_line("subject", _("Subject"), filled, hint=_("empty: the first line above")))
    fields += _line_field(file, filled, _lines_hit(file, outages))
    fields.append(pick("priority", _("Priority"), words_of(Priority), filled, default=Priority.NORMAL))
    if about is None:
        none = choice(NONE, _("no contact"))
        fields.append(pick("channel", _("Told us by"), (*channels(spoken), none), filled, default=Channel.CALL))
    subtitle = contact_line(about, now) if about is not None else plain(file.customer.name)
    title = _("New ticket: {kind}").format(kind=word(kind))
    return replace(form_of(title, fields, subtitle), banner=_warning(outages))


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
        text_lines("note", _("What they said"), filled, height=3),
        pick("channel", _("Channel"), channels(spoken), filled, default=Channel.CALL),
    ]
    return form_of(_("Chase number {n}").format(n=count), fields, subtitle)


def reply(
    file: CustomerFile,
    filled: Filled,
    now: Now,
    to: Contact | None = None,
    cursor: int | None = None,
) -> FormView:
    """Return the form for a message, begun with the customer's name and language (R16), the cursor in its gap."""
    fields = [
        pick("channel", _("Channel"), channels(REPLY_CHANNELS), filled, default=Channel.EMAIL),
        text_line("to", _("To"), filled),
        text_line("subject", _("Subject"), filled),
        replace(text_lines("body", _("Text"), filled, height=7, needed=True), cursor=cursor),
        *_ticket_field(open_tickets(file), filled),
    ]
    subtitle = _("answers {contact}").format(contact=contact_line(to, now)) if to else plain(file.customer.name)
    return form_of(_("Write to the customer"), fields, subtitle, _("Store as sent"))


def promise(
    file: CustomerFile, filled: Filled, ticket: Ticket | None, *, call_back: bool, owners: Sequence[str] = ()
) -> FormView:
    """Return the form for a promise or a call back: when, what, and who does it; `owners` are names, ours first."""
    deed = _("What about") if call_back else _("What is promised")
    fields = [
        moment_line("due", _("When"), filled, needed=True),
        text_line(
            "deed", deed, filled, hint=_("for the colleague who calls") if call_back else "", needed=not call_back
        ),
    ]
    if len(owners) > 1:
        names = tuple(choice(name, plain(name, 24)) for name in owners)
        fields.append(pick("owner", _("Who does it"), names, filled, default=owners[0]))
    subtitle = _ticket_title(ticket) if ticket else plain(file.customer.name)
    return form_of(_("Promise a call back") if call_back else _("Promise"), fields, subtitle)


def withdraw(one: Promise, filled: Filled) -> FormView:
    """Return the form for withdrawing a promise."""
    return form_of(_("Withdraw a promise"), [text_line("reason", _("Why"), filled, needed=True)], plain(one.deed, 70))


def close_ticket(ticket: Ticket, filled: Filled, *, proposed: Outcome, promise_open: bool) -> FormView:
    """Return the form for closing: how it went (R4), and why when a promise is open or the class is another one."""
    other = filled.get("outcome", proposed) != proposed
    fields = [
        pick("outcome", _("How it went"), words_of(Outcome), filled, default=proposed, needed=True),
        text_lines("resolution", _("What settled it"), filled, height=3),
    ]
    label = _("Why, promise open") if promise_open else _("Why that class") if other else _("Remark")
    fields.append(text_line("reason", label, filled, needed=promise_open or other))
    return form_of(_("Close ticket"), fields, _ticket_title(ticket))


def fix_on_spot(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for what was fixed within the contact: one text, nothing else needed (R7).

    With a fault open already, that one is proposed: it is closed instead of a new case being stored.
    """
    faults = [one for one in open_tickets(file) if one.kind is TicketKind.FAULT]
    fields = [
        text_lines("note", _("What helped"), filled, height=3, needed=True),
        *_ticket_field(faults, filled),
        pick("kind", _("Kind"), ticket_kinds(), filled, default=TicketKind.FAULT),
        *_line_field(file, filled),
    ]
    return form_of(_("Fixed within this contact"), fields, plain(file.customer.name))


def hand_over(ticket: Ticket, filled: Filled) -> FormView:
    """Return the form for handing the ball on: to whom, what next, until when (R5)."""
    fields = [
        pick("holder", _("To"), words_of(Holder), filled, default=ticket.holder, needed=True),
        text_line("holder_name", _("Name"), filled, hint=_("person, team or company")),
        text_line("holder_reference", _("Their number"), filled),
        text_line("next_step", _("Next step"), filled),
        moment_line("next_step_at", _("By when"), filled),
    ]
    return form_of(_("Who has the ball"), fields, _ticket_title(ticket))


def waive(contact: Contact, filled: Filled, now: Now) -> FormView:
    """Return the form for saying that a message needs no answer (R10)."""
    return form_of(
        _("No answer needed"), [text_line("reason", _("Why"), filled, needed=True)], contact_line(contact, now)
    )


def _languages(filled: Filled, default: str) -> FieldView:
    codes = list(LANGUAGE_NAMES)
    current = filled.get("language", default)
    if current and current not in codes:
        codes.append(current)
    choices = tuple(choice(code, worded(LANGUAGE_NAMES, code)) for code in codes)
    return pick("language", _("Language"), choices, filled, default=default)


def _person(filled: Filled, language: str) -> list[FieldView]:
    return [
        text_line("name", _("Name"), filled, needed=True),
        text_line("phone", _("Telephone"), filled),
        text_line("email", _("E-mail"), filled),
        _languages(filled, language),
        text_line("greeting_name", _("Addressed as"), filled, hint=_("as a letter begins, e.g. Ms Nowak")),
        text_line("street", _("Street"), filled),
        text_line("house", _("House"), filled),
        text_line("postcode", _("Postcode"), filled),
        text_line("town", _("Town"), filled),
    ]


def new_customer(operators: Sequence[Operator], filled: Filled) -> FormView:
    """Return the form for somebody who asks for the first time (R18)."""
    choices = tuple(choice(one.key, plain(one.name, 30)) for one in operators)
    first = operators[0] if operators else None
    fields = _person(filled, first.language if first else "en")
    if len(operators) > 1 and first:
        fields.insert(1, pick("operator", _("Operator"), choices, filled, default=first.key, needed=True))
    return form_of(_("New customer"), fields, _("A prospect until a contract runs"))


def correct_customer(file: CustomerFile, filled: Filled) -> FormView:
    """Return the form for correcting what is known of a customer."""
    fields = _person(filled, file.customer.language)
    fields.append(text_line("tone", _("Tone"), filled, hint=_("for the next colleague, in neutral words")))
    return form_of(_("Correct customer"), fields, plain(file.customer.number))


def raise_outage(operators: Sequence[Operator], filled: Filled, *, may_confirm: bool) -> FormView:
    """Return the form for saying that something is brewing (R26).

    Whose it is stands early: it decides who is told of it, and in whose name.
    """
    theirs: list[FieldView] = []
    if len(operators) > 1:
        every = (choice(NONE, _("all")), *(choice(one.key, plain(one.name, 24)) for one in operators))
        theirs.append(pick("operator", _("Operator"), every, filled))
    fields = [
        text_line("title", _("What is broken"), filled, needed=True),
        *theirs,
        text_line("elements", _("Elements"), filled, hint=_("exchange, node, OLT, port; with commas")),
        text_line("postcodes", _("Postcodes"), filled, hint=_("61-001, 61-010..61-020, 62-*")),
        text_line("towns", _("Towns"), filled),
        text_line("services", _("Services"), filled, hint=_("internet, tv, telephone; empty: all")),
        moment_line("expected_end", _("Expected end"), filled),
        text_line("say", _("What to say"), filled, hint=_("empty: a kind sentence from the facts")),
        text_line("supplier", _("Supplier"), filled),
        text_line("supplier_reference", _("Their number"), filled),
    ]
    if may_confirm:
        states = (choice("suspected", _("suspected")), choice("confirmed", _("confirmed")))
        fields.append(pick("state", _("State"), states, filled, default="suspected"))
    return form_of(_("Raise an outage"), fields, _("Every console shows it at once"))


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
    fields = [text_line("text", label, filled, needed=text_needed)]
    if state is not None and state in _TOLD_AT_THE_END:
        return form_of(title, fields, f"{_(_TOLD_AT_THE_END[state])}: {subtitle}")
    fields.append(moment_line("expected_end", _("Expected end"), filled))
    fields.append(text_line("say", _("What to say"), filled, hint=_("empty: a kind sentence from the facts")))
    return form_of(title, fields, subtitle)


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
