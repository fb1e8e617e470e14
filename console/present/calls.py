"""Calls in words: who rings, how they came in, what to say first (R22, R35), and the list of today's calls."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from backends.records import Key, Operator
from console.i18n import _, _n
from console.present.card import place_shown
from console.present.labels import LANGUAGE_NAMES, plain, worded
from console.present.setting import Now
from console.rules.callers import Candidate
from console.rules.working_time import calendar_of, next_opening, zone_of
from console.words import AGE_WIDTH, age, moment
from widgets.views import Cell, Feed, FeedView, RowsView, RowView, Span, StatusView, Tone

if TYPE_CHECKING:
    from console.calls.call import Call

NAME = 32
"""Characters shown of what a caller's telephone claims."""


def number_words(call: Call) -> str:
    """Return the number at the other end, or that it is withheld."""
    if call.withheld:
        return _("number withheld")
    return plain(call.number_shown(), NAME)


def length_words(seconds: int) -> str:
    """Return a length of time as it is said on the telephone."""
    minutes, rest = divmod(seconds, 60)
    if minutes >= 60:
        return _("{hours} h {minutes} min").format(hours=minutes // 60, minutes=minutes % 60)
    return _("{minutes} min {seconds} s").format(minutes=minutes, seconds=rest) if minutes else f"{rest} s"


def route_words(call: Call) -> str:
    """Return how the caller came in, so that nobody is asked again (R35); empty when nothing is known of it."""
    parts = []
    if call.menu:
        parts.append(_("chose {menu}").format(menu=" › ".join(plain(one, 24) for one in call.menu)))
    if call.waited_seconds:
        parts.append(_("waited {length}").format(length=length_words(call.waited_seconds)))
    if call.transfers:
        parts.append(_n("passed on once", "passed on {n} times", call.transfers).format(n=call.transfers))
    return " · ".join(parts)


def who_words(call: Call) -> str:
    """Return number and claimed name in a few words; the name stands in quotes, for it proves nothing."""
    name = plain(call.name, NAME)
    return f"{number_words(call)} “{name}”" if name and name != call.number else number_words(call)


def note_words(call: Call) -> str:
    """Return whose call a form is about, for its head."""
    return " · ".join(part for part in (who_words(call), route_words(call)) if part)


def state_words(call: Call, now: Now) -> str:
    """Return how far a call is."""
    if call.answered_by:
        return _("answered by {who}").format(who=plain(call.answered_by, 24))
    if call.missed:
        return _("missed")
    if not call.live:
        return _("ended after {length}").format(length=length_words(call.seconds(now.at)))
    if call.answered_at is not None:
        when = moment(call.answered_at, now.at, now.zone, short=True)
        return _("on the line since {when}").format(when=when)
    return _("rings") if call.inbound else _("we ring them")


def greeting(call: Call | None, operator: Operator | None, now: Now) -> StatusView:
    """Return what to say first, in the name of whom they rang, in which language, and when the desk is there (R22).

    Nothing for a call that is over.
    """
    if call is None or operator is None or not call.live or not call.inbound:
        return StatusView()
    name = plain(operator.name, 30)
    words = plain(operator.greeting, 200)
    said = f"{name}: “{words}”" if words else _("They rang {operator}.").format(operator=name)
    told = [Span(worded(LANGUAGE_NAMES, operator.language), Tone.ACCENT)]
    opens = next_opening(now.at, calendar_of(operator))
    if opens > now.at:
        when = moment(opens, now.at, zone_of(operator), short=True)
        told += [Span(" · "), Span(_("desk opens {when}").format(when=when), Tone.WARN)]
    return StatusView(said, Tone.STRONG, tuple(told))


def call_line(call: Call | None, others: Sequence[Call], now: Now, key: str) -> StatusView:
    """Return the line about the open call, and at its right end the next one beside it, after the `key` to it.

    The key stands first: where the line is short, the end of what it leads to is cut.
    """
    right = _beside(others, key)
    if call is None:
        return StatusView("☎" if right else "", Tone.CALL, right)
    parts = [who_words(call), state_words(call, now), route_words(call), _unknown_dialled(call)]
    if not call.live and not call.noted and not call.missed:
        parts.append(_("not logged yet"))
    return StatusView("☎ " + " · ".join(part for part in parts if part), Tone.CALL, right)


def _unknown_dialled(call: Call) -> str:
    """Return the number that was dialled where it is no operator's: whoever configures it reads it here."""
    if call.operator_key or not call.dialled or not call.inbound:
        return ""
    return _("dialled {number}").format(number=plain(call.dialled, NAME))


def _beside(others: Sequence[Call], key: str) -> tuple[Span, ...]:
    if not others:
        return ()
    count = len(others)
    words = who_words(others[0])
    if count > 1:  # how many there are tells more than the name that one of them claims
        words = _("{who} and {n} more").format(who=number_words(others[0]), n=count - 1)
    return (Span(f"{key}  ", Tone.ACCENT), Span(_("also: {who}").format(who=words), Tone.WARN))


def calls_list(calls: Sequence[Call], names: Mapping[Key, str], current: str, now: Now) -> RowsView:
    """Return today's calls: the one that is open, those that wait, those that were missed, then the rest."""
    rows = []
    for call in sorted(calls, key=lambda one: _order(one, current)):
        who = names.get(call.customer_key, "")
        told = " · ".join(part for part in (plain(call.name, NAME), route_words(call)) if part)
        cells = (
            Cell((Span(age(call.at, now.at), Tone.DIM),), AGE_WIDTH, right=True),
            Cell((Span(state_words(call, now), _tone(call, current)),), 26),
            Cell((Span(number_words(call), Tone.ACCENT),), 18),
            Cell((Span(who, Tone.STRONG), Span("  " if who else ""), Span(told, Tone.DIM)), 0, least=16),
            Cell((Span(plain(now.operator_name(call.operator_key)) or plain(call.dialled, 16), Tone.DIM),), 16, drop=2),
            Cell((Span(_("logged") if call.noted else "", Tone.GOOD),), 7, drop=3),
        )
        rows.append(
            RowView(call.id, cells, dim=call.noted, marker=Tone.BAD if call.missed and not call.noted else None)
        )
    feed = FeedView() if rows else FeedView(Feed.EMPTY, _("Nobody rang yet since this console was started."))
    missed = sum(1 for one in calls if one.missed and not one.noted)
    note = _n("{n} missed", "{n} missed", missed).format(n=missed) if missed else str(len(rows))
    return RowsView(tuple(rows), _("Calls of today"), note, feed=feed)


def _order(call: Call, current: str) -> tuple[int, float]:
    if call.live:
        return (1 if call.id == current else 0), call.at.timestamp()
    return (2 if call.missed and not call.noted else 3), -call.at.timestamp()


def _tone(call: Call, current: str) -> Tone:
    if call.live:
        return Tone.GOOD if call.id == current else Tone.WARN
    return Tone.BAD if call.missed and not call.noted else Tone.DIM


def candidates(
    found: Sequence[Candidate], call: Call, now: Now, *, asking: bool = False, trouble: str = ""
) -> RowsView:
    """Return who may be calling, each with the digit that opens them; the likeliest first."""
    rows = []
    for digit, one in enumerate(found, start=1):
        customer = one.customer
        last = _("last contact {age} ago").format(age=age(one.last_contact_at, now.at)) if one.last_contact_at else ""
        opened = _n("{n} open ticket", "{n} open tickets", one.open_tickets).format(n=one.open_tickets)
        told = " · ".join(part for part in (opened if one.open_tickets else "", last) if part)
        tone = Tone.DIM if one.of_dialled else Tone.WARN
        cells = (
            Cell((Span(str(digit), Tone.ACCENT),), 2),
            Cell((Span(plain(customer.name), Tone.STRONG),), 24),
            Cell((Span(plain(customer.number), Tone.ACCENT),), 10, drop=2),
            Cell((Span(place_shown(customer.place)),), 0, least=16),
            Cell((Span(told, Tone.NORMAL),), 34, drop=3),
            Cell((Span(plain(now.operator_name(customer.operator_key)), tone),), 16, drop=1),
        )
        rows.append(RowView(customer.key, cells))
    feed = FeedView()
    if asking:
        feed = FeedView(Feed.LOADING, _("looking for the caller"))
    elif trouble:
        feed = FeedView(Feed.STALE if rows else Feed.FAILED, trouble)
    elif not rows:
        words = _("Nobody is known with {number}. N takes in a new customer; / finds a known one, then # binds it.")
        feed = FeedView(Feed.EMPTY, words.format(number=number_words(call)))
    title = _("Who is calling? {who}").format(who=who_words(call))
    return RowsView(tuple(rows), title, route_words(call), feed=feed)


def trouble_words(code: str, where: str) -> str:
    """Return why calls are not heard on one of the ways, and what to do (`console.calls.ways.Trouble`)."""
    says = {
        "door": _("cordboard pop cannot reach this console: {where}"),
        "address": _("Calls are not heard: {where} is no address. It is written host:port."),
        "taken": _("Calls are not heard at {where}: something else listens there, or it is not this computer's."),
        "no_token": _(
            "Calls are not heard at {where}: others reach it, so it needs a token. Run: cordboard login calls"
        ),
        "secrets": _("Calls are not heard: the token cannot be read ({where}). Run: cordboard doctor"),
        "softphone": _("The softphone at {where} does not answer; calls are not shown until it does."),
        "softphone_back": _("The softphone answers; calls are shown."),
    }
    return says[code].format(where=plain(where, 60))
