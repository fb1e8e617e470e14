"""Rows of the customer's lists: the history and the tickets."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta

from backends.delivery import DeliveryState
from backends.port import TimelineFilter
from backends.records import Contact, Direction, Key, Operator, Priority, Ticket, TicketEvent, TicketState
from console.i18n import _, _n
from console.present.cases import next_step_words, nth_chase
from console.present.clocking import TOO_LATE, clock_name, clock_tone, clock_words, is_main, shown_clock
from console.present.happenings import told
from console.present.kept_rows import KeptRows
from console.present.labels import plain
from console.present.setting import Now
from console.present.sources import DELIVERY_TONES, delivery_word
from console.rules.clocks import ClockState
from console.rules.timeline import Happening, Item, OutageMoment, folded
from console.words import AGE_WIDTH, MOMENT_SHORT_WIDTH, age, channel_word, day, moment, word
from widgets.views import Cell, FeedView, RowsView, RowView, Span, Tone

EVERYTHING = TimelineFilter()
NOTHING: Mapping[Key, DeliveryState] = {}
UNPROPOSED: Mapping[Key, str] = {}
UNMARKED: Mapping[Key, Sequence[Span]] = {}
_kept = KeptRows()


def customer_of(happening: Happening) -> Key:
    """Return whose history a happening belongs to; empty for an outage's, which belongs to many."""
    return "" if isinstance(happening, OutageMoment) else happening.customer_key


def _history_row(
    item: Item, now: Now, tickets: Mapping[Key, Ticket], on_way: DeliveryState | None, proposed: str
) -> RowView:
    one = told(item.happening, now, tickets)
    text: list[Span] = []
    if one.owed:
        text.append(Span(f"[!] {one.state} ", one.state_tone))
    if on_way is not None:
        text.append(Span(f"[{delivery_word(on_way)}] ", DELIVERY_TONES[on_way]))
    if proposed:
        text.append(Span(f"J→{proposed}? ", Tone.ACCENT))
    text.append(Span(one.text, Tone.DIM if one.sign.letter == "T" else Tone.NORMAL))
    state = "" if one.owed else one.state
    cells = (
        Cell((Span(age(one.at, now.at), Tone.DIM),), AGE_WIDTH, right=True),
        Cell((Span(moment(one.at, now.at, now.zone, short=True), Tone.DIM),), MOMENT_SHORT_WIDTH, drop=3),
        Cell((Span(one.sign.glyph + one.sign.letter, one.sign.tone),), 2),
        Cell((Span(one.arrow, Tone.STRONG if one.arrow == "↓" else Tone.DIM),), 1),
        Cell(tuple(text), 0, least=52),
        Cell((Span(state, one.state_tone),), 10, drop=2),
        Cell((Span(one.who, Tone.DIM),), 14, drop=1),
    )
    return RowView(
        item.key,
        cells,
        indent=item.depth,
        folded=item.folded,
        dim=one.sign.letter == "T",
        marker=Tone.BAD if one.owed else DELIVERY_TONES[on_way] if on_way is not None else None,
    )


def filter_words(only: TimelineFilter, tickets: Mapping[Key, Ticket]) -> str:
    """Return what a filter lets through, empty for everything."""
    parts = [channel_word(code) for code in sorted(only.channels)]
    parts += [word(direction) for direction in Direction if direction in only.directions]
    if only.unanswered:
        parts.append(_("unanswered"))
    if only.ticket_key:
        ticket = tickets.get(only.ticket_key)
        parts.append(plain(ticket.reference) if ticket else _("one ticket"))
    if only.text:
        parts.append(_("“{text}”").format(text=plain(only.text, 40)))
    return _("only {what} · Backspace shows all").format(what=", ".join(parts)) if parts else ""


def history(
    happenings: Sequence[Happening],
    now: Now,
    tickets: Mapping[Key, Ticket],
    *,
    only: TimelineFilter = EVERYTHING,
    more: bool = False,
    total: int = 0,
    closed: Collection[str] = (),
    opened: Collection[str] = (),
    feed: FeedView | None = None,
    on_way: Mapping[Key, DeliveryState] = NOTHING,
    sources: str = "",
    proposed: Mapping[Key, str] = UNPROPOSED,
) -> RowsView:
    """Return the history as rows: newest first, threads folded as asked. Rows that say the same are the same.

    `on_way` are entries by key that are not with their source yet; `sources` names where it all comes from; `proposed`
    are the references of the tickets that contacts may be about, by the contact's key (R38).
    """
    items = folded(happenings, closed=closed, opened=opened)
    _kept.begin(next((customer_of(one) for one in happenings if customer_of(one)), ""), now)
    rows = tuple(
        _kept.row(
            item,
            now,
            tickets,
            _history_row,
            on_way.get(item.happening.key) if on_way else None,
            proposed.get(item.happening.key, "") if proposed else "",
        )
        for item in items
    )
    note = filter_words(only, tickets)
    if not note:
        note = _n("{n} contact", "{n} contacts", total).format(n=total)
        if sources:
            note = f"{note} · {sources}"
    if feed is None:
        feed = FeedView()
    return RowsView(rows, _("History"), note, more, feed)


def holder_words(ticket: Ticket, now: Now) -> str:
    """Return who has the ball and for how long (R5); nobody has it for any time once the case is closed."""
    who = plain(ticket.holder_name, 30) or word(ticket.holder)
    closed = ticket.state is TicketState.CLOSED
    if closed or ticket.held_since is None or now.at - ticket.held_since < timedelta(minutes=1):
        return who
    return _("{who} for {age}").format(who=who, age=age(ticket.held_since, now.at))


def closed_words(ticket: Ticket, now: Now) -> str:
    """Return since when a ticket is closed, and how it went where it was classed (R4): `closed 28 Aug · fixed`."""
    words = word(TicketState.CLOSED)
    if ticket.closed_at is not None:
        when = day(ticket.closed_at.astimezone(now.zone).date(), now.today)
        words = _("closed {day}").format(day=when)
    return f"{words} · {word(ticket.outcome)}" if ticket.outcome is not None else words


def _ticket_row(
    ticket: Ticket,
    now: Now,
    operator: Operator,
    chases: int,
    broken: bool,
    waits: Sequence[TicketEvent],
    heard: Sequence[Contact],
    on_way: DeliveryState | None,
    marks: Sequence[Span],
) -> RowView:
    one = shown_clock(ticket, operator, now, waits, heard)
    done = ticket.state is TicketState.CLOSED
    text: list[Span] = [Span(f"{closed_words(ticket, now)}  ")] if done else []
    if on_way is not None:
        text.append(Span(f"[{delivery_word(on_way)}] ", DELIVERY_TONES[on_way]))
    if one is not None and not is_main(one, ticket):
        text.append(Span(f"{clock_name(one)}: ", clock_tone(one)))
    if broken:
        text.append(Span(_("promise broken "), Tone.BAD))
    if chases:
        tone = Tone.DIM if done else Tone.BAD if chases >= operator.chase_threshold else Tone.WARN
        text.append(Span(f"{nth_chase(chases)} ", tone))
    text += marks
    if ticket.priority in (Priority.HIGH, Priority.URGENT) and not done:
        text.append(Span(f"{word(ticket.priority)} ", Tone.WARN))
    text.append(Span(plain(ticket.subject) or word(ticket.kind)))
    if ticket.next_step and not done:
        text.append(Span(f" → {next_step_words(ticket, now)}", Tone.DIM))
    late = one is not None and one.state in TOO_LATE
    clock = "" if done and not late else clock_words(one, now)
    state = "" if done else word(ticket.state)
    cells = (
        Cell((Span(plain(ticket.reference), Tone.DIM if done else Tone.ACCENT),), 11),
        Cell((Span(word(ticket.kind)),), 9, drop=4),
        Cell((Span(clock, Tone.DIM if done else clock_tone(one)),), 11),
        Cell((Span(holder_words(ticket, now)),), 18, drop=2),
        Cell(tuple(text), 0, least=44),
        Cell((Span(state, Tone.DIM),), 12, drop=1),
    )
    presses = one is not None and one.state is ClockState.LATE and not done
    marker = Tone.BAD if presses or broken else None
    return RowView(f"ticket:{ticket.key}", cells, dim=done, marker=marker)


def tickets(
    every: Sequence[Ticket],
    now: Now,
    operator: Operator,
    chases: Mapping[Key, int],
    broken: Collection[Key] = (),
    *,
    waits: Sequence[TicketEvent] = (),
    heard: Sequence[Contact] = (),
    closed_too: bool = True,
    on_way: Mapping[Key, DeliveryState] = NOTHING,
    marks: Mapping[Key, Sequence[Span]] = UNMARKED,
) -> RowsView:
    """Return the customer's tickets as rows: open ones first, those with a broken promise leading (R37), then those
    closed lately.

    `marks` are what else stands before a ticket's subject: its rung, its visit.

    `waits` are the events that tell when any of them waited for the customer, `heard` the contacts on them.
    """
    opened = [one for one in every if one.state is not TicketState.CLOSED]
    opened.sort(key=lambda one: one.key not in broken)
    done = [one for one in every if one.state is TicketState.CLOSED] if closed_too else []
    rows = tuple(
        _ticket_row(
            one,
            now,
            operator,
            chases.get(one.key, 0),
            one.key in broken,
            waits,
            heard,
            on_way.get(one.key),
            marks.get(one.key, ()),
        )
        for one in (*opened, *done)
    )
    title = (
        _n("{n} open ticket", "{n} open tickets", len(opened)).format(n=len(opened)) if opened else _("No open ticket")
    )
    note = _n("{n} closed lately", "{n} closed lately", len(done)).format(n=len(done)) if done else ""
    return RowsView(rows, title, note)
