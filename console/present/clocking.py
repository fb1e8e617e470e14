"""Clocks and what is owed in words: how much is left, by which clock, what was broken (R1, R15, R33, R42)."""

from __future__ import annotations

from collections.abc import Sequence

from backends.port import CustomerFile
from backends.records import Contact, Money, Operator, Ticket, TicketEvent, TicketState
from console.i18n import _, _n
from console.present.labels import CLOCK_TONES, CLOCKS, CONSEQUENCES, DOUBTS, TARIFFS, plain, worded
from console.present.setting import Now
from console.rules.clocks import MAIN, Clock, ClockState, clock, clocks, pressing
from console.rules.compensation import Owed, Share, owed
from console.words import duration, left, moment, money
from widgets.views import Line, Span, Tone

TOO_LATE = (ClockState.LATE, ClockState.BROKEN)
"""States of a clock that ran out, of an open case or of one that was closed too late."""


def clock_words(one: Clock | None, now: Now) -> str:
    """Return how a clock stands in few cells: time left, how late, paused, or how it ended; empty for none."""
    if one is None:
        return ""
    if one.state is ClockState.PAUSED:
        return _("paused")
    if one.state is ClockState.KEPT:
        return _("in time")
    if one.state is ClockState.BROKEN:
        return left(now.at + one.left, now.at)
    return left(one.due_at, now.at)


def clock_tone(one: Clock | None) -> Tone:
    """Return how a clock looks."""
    return CLOCK_TONES[one.state] if one is not None else Tone.NORMAL


def clock_name(one: Clock) -> str:
    """Return what is due by a clock."""
    return worded(CLOCKS, one.name)


def shown_clock(
    ticket: Ticket, operator: Operator, now: Now, events: Sequence[TicketEvent], contacts: Sequence[Contact] = ()
) -> Clock | None:
    """Return the clock that a ticket's row shows: the most pressing one, of a closed case its main one."""
    if ticket.state is not TicketState.CLOSED:
        found = pressing(clocks(ticket, operator, now.at, events, contacts, now.policies))
        if found is not None:
            return found
    return clock(ticket, operator, now.at, events, now.policies)


def is_main(one: Clock, ticket: Ticket) -> bool:
    """Return whether a clock is the one by which the whole case is judged: it needs no name in a row."""
    return one.name == MAIN[ticket.kind]


def working_words(one: Clock) -> str:
    """Return how much of the working time is left; empty for a clock that counts none, and one that ran out."""
    if one.working_days is not None:
        days = one.working_days
        return _n("{n} working day", "{n} working days", days).format(n=days) if days else _("the last working day")
    if one.working_time is not None:
        return _("{time} of desk hours").format(time=duration(one.working_time))
    return ""


def clock_line(one: Clock, now: Now) -> str:
    """Return a clock in full: date, time left, working time left, whether a law sets it, what its breach means."""
    words = clock_words(one, now)
    if not one.ended and (working := working_words(one)):
        words = f"{words} · {working}"
    said = f"{moment(one.due_at, now.at, now.zone)} ({words})"
    if one.legal:
        said = _("{when} · set by law").format(when=said)
    if one.state in TOO_LATE and one.consequence:
        said = f"{said}: {worded(CONSEQUENCES, one.consequence)}"
    return said


def clock_facts(
    ticket: Ticket, operator: Operator, now: Now, events: Sequence[TicketEvent], contacts: Sequence[Contact] = ()
) -> list[Line]:
    """Return the clocks of a ticket, one a line, the most pressing first: those that run and those that were broken.

    One that was kept is told only when it is the main one.
    """
    lines: list[Line] = []
    for one in clocks(ticket, operator, now.at, events, contacts, now.policies):
        main = is_main(one, ticket)
        if one.state is not ClockState.KEPT or main:
            label = _("Due") if main else _("Due, {what}").format(what=clock_name(one))
            tone = CLOCK_TONES[one.state] if one.state in (*TOO_LATE, ClockState.WARNING) else Tone.NORMAL
            lines.append((Span(f"{label}: ", Tone.DIM), Span(clock_line(one, now), tone)))
    return lines


def amount_words(amount: Money) -> str:
    """Return an amount as it is written."""
    return money(amount.minor, amount.currency)


def _share_words(share: Share, currency: str) -> str:
    name = worded(TARIFFS, share.name)
    if share.counted_with:
        return _("{what}: counted with {reference}").format(what=name, reference=plain(share.counted_with))
    return _("{what} {amount}").format(what=name, amount=money(share.amount, currency))


def owed_words(one: Owed, now: Now) -> str:
    """Return what is owed today, for what, and when it comes to how much next."""
    currency = one.amount.currency
    parts = [amount_words(one.amount)]
    shares = [share for share in one.shares if share.amount or share.counted_with]
    if len(shares) == 1 and not shares[0].counted_with:
        parts.append(worded(TARIFFS, shares[0].name))
    elif shares:
        parts.append(", ".join(_share_words(share, currency) for share in shares))
    if one.given:
        parts.append(_("{amount} given").format(amount=money(one.given, currency)))
    if one.next_amount is not None and one.next_at is not None:
        when = moment(one.next_at, now.at, now.zone)
        parts.append(_("next {amount} {when}").format(amount=amount_words(one.next_amount), when=when))
    parts += [worded(DOUBTS, code) for code in one.doubts]
    return " · ".join(parts)


def owed_now(
    ticket: Ticket, file: CustomerFile, now: Now, events: Sequence[TicketEvent], contacts: Sequence[Contact] = ()
) -> Owed | None:
    """Return what a ticket is owed at this moment by the tariffs that hold here; None where none concerns it."""
    return owed(ticket, file, now.at, now.tariffs, now.policies, events, contacts)


def owed_facts(
    ticket: Ticket, file: CustomerFile, now: Now, events: Sequence[TicketEvent], contacts: Sequence[Contact] = ()
) -> list[Line]:
    """Return what a ticket is owed, and what was given, one fact a line (R33); nothing where neither is anything."""
    lines: list[Line] = []
    found = owed_now(ticket, file, now, events, contacts)
    if found is not None and (found.amount.minor or found.next_at is not None or _counted(found)):
        tone = Tone.WARN if found.open.minor else Tone.NORMAL
        lines.append((Span(f"{_('Owed today')}: ", Tone.DIM), Span(owed_words(found, now), tone)))
        for share in found.shares:
            if share.amount:
                lines.append((Span(f"{_('By')}: ", Tone.DIM), Span(share.source, Tone.DIM)))
    for given in ticket.compensations:
        said = f"{amount_words(given.amount)} · {moment(given.at, now.at, now.zone)} · {given.by} · {given.reason}"
        lines.append((Span(f"{_('Given')}: ", Tone.DIM), Span(plain(said))))
    return lines


def _counted(found: Owed) -> bool:
    return any(share.counted_with for share in found.shares)
