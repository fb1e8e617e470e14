"""Words of a case: which chase it is, on which rung it stands, its visits and its promises (R5, R37, R40)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from backends.port import CustomerFile
from backends.records import (
    Key,
    Operator,
    Promise,
    PromiseKind,
    PromiseState,
    Ticket,
    TicketState,
    Visit,
    VisitState,
)
from console.i18n import N_, _, _c
from console.present.labels import plain
from console.present.setting import Now
from console.rules.escalation import SHIPPED, ladder_of, level_of
from console.rules.promises import about_to_break, is_told
from console.rules.visits import COMING, coming, of_ticket
from console.words import day, moment, word
from widgets.views import Line, Span, Tone

RUNGS: Mapping[str, str] = dict(
    zip(
        SHIPPED,
        (N_("team leader"), N_("service manager"), N_("head of customer service"), N_("management")),
        strict=True,
    )
)
"""The shipped rungs in words; an operator's own are names."""

_NTH = (
    lambda: _("1st chase"),
    lambda: _("2nd chase"),
    lambda: _("3rd chase"),
    lambda: _("4th chase"),
    lambda: _("5th chase"),
    lambda: _("6th chase"),
    lambda: _("7th chase"),
    lambda: _("8th chase"),
    lambda: _("9th chase"),
    lambda: _("10th chase"),
)


def nth_chase(count: int) -> str:
    """Return how often it was asked again: `3rd chase`, beyond the tenth `chase no. 11`."""
    return _NTH[count - 1]() if 1 <= count <= len(_NTH) else _c("ordinal", "chase no. {n}").format(n=count)


def rung_words(rung: str) -> str:
    """Return the name of a rung: the role that decides there."""
    found = RUNGS.get(rung)
    return _(found) if found else plain(rung, 40)


def ladder_line(ticket: Ticket, operator: Operator) -> Line:
    """Return the ladder, lowest rung first, with the one that the case stands on."""
    ladder = ladder_of(operator)
    spans: list[Span] = []
    for rung in ladder:
        if spans:
            spans.append(Span(" › ", Tone.DIM))
        here = rung == ticket.escalated_to
        spans.append(Span(f"[{rung_words(rung)}]" if here else rung_words(rung), Tone.BAD if here else Tone.DIM))
    if ticket.escalated_to and not level_of(ticket.escalated_to, ladder):
        spans.append(Span(f" · [{rung_words(ticket.escalated_to)}]", Tone.BAD))
    return tuple(spans)


def escalated_words(ticket: Ticket) -> str:
    """Return where an escalated case stands, empty for one on the ground."""
    return _("with the {role}").format(role=rung_words(ticket.escalated_to)) if ticket.escalated_to else ""


_VISIT_TONES = {
    VisitState.PLANNED: Tone.ACCENT,
    VisitState.CONFIRMED: Tone.GOOD,
    VisitState.DONE: Tone.NORMAL,
    VisitState.MISSED: Tone.BAD,
    VisitState.CANCELLED: Tone.DIM,
}


def window_words(visit: Visit, now: Now) -> str:
    """Return a visit's window as it is told: `Tue 24 Nov 08:00–12:00`, in the operator's time."""
    begin, end = visit.window_from.astimezone(now.zone), visit.window_to.astimezone(now.zone)
    return f"{day(begin.date(), now.today)} {begin:%H:%M}–{end:%H:%M}"


def visit_line(visit: Visit, now: Now) -> Line:
    """Return a visit with its window and state; one whose window is over asks what became of it (R5)."""
    silent = visit.state in COMING and visit.window_to < now.at
    state = _("window over: did the engineer come? P says so") if silent else word(visit.state)
    tone = Tone.BAD if silent else _VISIT_TONES[visit.state]
    rest = " · ".join(part for part in (plain(visit.engineer, 40), plain(visit.note, 80)) if part)
    return (Span(f"{window_words(visit, now)} "), Span(state, tone), Span(f" · {rest}" if rest else "", Tone.DIM))


def promise_line(one: Promise, now: Now) -> Line:
    """Return an open promise with its deed, owner and due time, and how near it is to breaking (R37)."""
    when = moment(one.due_at, now.at, now.zone) if one.due_at else _("when it is over")
    what = plain(one.deed, 80) or word(one.kind)
    spans = [Span(f"{when}: {what}")]
    if one.owner:
        spans.append(Span(f" · {plain(one.owner, 40)}", Tone.DIM))
    if one.due_at is not None and one.due_at < now.at and one.kind is not PromiseKind.WORD_AT_RESTORATION:
        late = _("not kept") if is_told(one) else _("due")
        spans.append(Span(f" · {late}", Tone.BAD if is_told(one) else Tone.WARN))
    elif about_to_break([one], now.at):
        spans.append(Span(f" · {_('due soon')}", Tone.WARN))
    return tuple(spans)


def next_step_words(ticket: Ticket, now: Now) -> str:
    """Return the next step with its date (R5)."""
    step = plain(ticket.next_step, 60)
    if ticket.next_step_at is None:
        return step
    return f"{step}, {moment(ticket.next_step_at, now.at, now.zone, short=True)}"


def ticket_marks(file: CustomerFile, now: Now) -> Mapping[Key, tuple[Span, ...]]:
    """Return what stands before a ticket's subject in a row: the rung it is on, and its visit (R5, R40)."""
    found: dict[Key, tuple[Span, ...]] = {}
    for ticket in file.tickets:
        if ticket.state is TicketState.CLOSED:
            continue
        spans: list[Span] = []
        if ticket.escalated_to:
            spans.append(Span(f"↑{rung_words(ticket.escalated_to)} ", Tone.BAD))
        spans += _visit_mark(ticket, file.visits, now)
        if spans:
            found[ticket.key] = tuple(spans)
    return found


def _visit_mark(ticket: Ticket, visits: Sequence[Visit], now: Now) -> list[Span]:
    every = [one for one in of_ticket(visits, ticket.key) if one.state is not VisitState.CANCELLED]
    if every and every[0].state is VisitState.MISSED:
        return [Span(_("engineer did not come "), Tone.BAD)]
    ahead = coming(every)
    if not ahead:
        return []
    if ahead[0].window_to < now.at:
        return [Span(_("visit over, outcome unknown "), Tone.WARN)]
    return [Span(_("engineer {window} ").format(window=window_words(ahead[0], now)), Tone.ACCENT)]


def case_lines(ticket: Ticket, file: CustomerFile, now: Now) -> list[tuple[str, Line]]:
    """Return what a ticket's text says of ladder, visits and open promises: (label, line) pairs (R5, R37, R40)."""
    found: list[tuple[str, Line]] = []
    if ticket.state is not TicketState.CLOSED or ticket.escalated_to:
        found.append((_("Ladder"), ladder_line(ticket, file.operator)))
    for number, visit in enumerate(of_ticket(file.visits, ticket.key)):
        found.append((_("Visit") if number == 0 else "", visit_line(visit, now)))
    for number, one in enumerate(open_promises(file.promises, ticket.key)):
        found.append((_("Promised") if number == 0 else "", promise_line(one, now)))
    return found


def paper_words(check: Promise, now: Now) -> str:
    """Return what was stored with a paper that lacks its document, and what to do about it (R38)."""
    when = moment(check.due_at or now.at, now.at, now.zone)
    return _("Stored; it counts once an identity document comes. r asks for it; checked {when}.").format(when=when)


def open_promises(promises: Sequence[Promise], ticket_key: str) -> tuple[Promise, ...]:
    """Return a ticket's open promises, the one due first first; those without a time come last."""
    found = [one for one in promises if one.ticket_key == ticket_key and one.state is PromiseState.OPEN]
    return tuple(sorted(found, key=lambda one: (one.due_at is None, one.due_at or one.made_at, one.key)))
