"""Hand-overs in words: who handed what to whom, until when it is to be accepted, and that nobody did (R22)."""

from __future__ import annotations

from collections.abc import Iterable

from backends.records import Handover, Operator
from console.i18n import _
from console.present.labels import plain
from console.present.setting import Now
from console.rules.handover import accept_by, is_open, late, late_by
from console.words import moment, word
from widgets.views import Span, Tone


def handed_words(handover: Handover, now: Now) -> str:
    """Return who handed what to whom, and when, on one line."""
    by, when = plain(handover.by, 30) or _("somebody"), moment(handover.at, now.at, now.zone)
    return _("{by} to {to}, {when}").format(by=by, to=word(handover.to), when=when)


def until_words(handover: Handover, operator: Operator, now: Now) -> str:
    """Return until when a handover is to be accepted, or that nobody did in time."""
    due = accept_by(handover, operator)
    if late(handover, operator, now.at):
        minutes = int(late_by(handover, operator, now.at).total_seconds() // 60)
        return _("not accepted in time, {n} min late").format(n=minutes)
    return _("to be accepted by {when}").format(when=moment(due, now.at, now.zone))


def flags(handovers: Iterable[Handover], operator: Operator, now: Now) -> list[Span]:
    """Return what everybody who opens the customer must know of hand-overs: those that nobody accepted yet.

    A late one is told the same way to who gave it and to who gets it.
    """
    spans: list[Span] = []
    for one in handovers:
        if is_open(one):
            tone = Tone.BAD if late(one, operator, now.at) else Tone.ACCENT
            words = _("{who}: {until}").format(who=word(one.to), until=until_words(one, operator, now))
            spans.append(Span(words, tone))
    return spans
