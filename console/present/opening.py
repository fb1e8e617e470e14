"""The opening line: what the agent should know before the first sentence, in one line (R6)."""

from __future__ import annotations

from datetime import datetime, timedelta

from backends.port import CustomerFile
from backends.records import TicketKind
from console.i18n import _, _n
from console.present.labels import plain
from console.present.setting import Now
from console.rules.standing import Fact, Said, opening
from console.words import age, channel_word, day, moment, ordinal_contact, word
from widgets.views import Line, Span, Tone

LONGEST = 76
"""Cells of the opening line: what follows the most pressing fact stays out where it would be cut on a small screen."""

_TONES: dict[Fact, Tone] = {
    Fact.BROKEN_PROMISE: Tone.BAD,
    Fact.SAME_MATTER: Tone.WARN,
    Fact.CHASED: Tone.WARN,
    Fact.NTH_CONTACT: Tone.WARN,
    Fact.DUNNING: Tone.BAD,
    Fact.DISPUTE: Tone.WARN,
    Fact.UNANSWERED: Tone.WARN,
}


def ago(then: datetime, now: Now) -> str:
    """Return how long ago it was as part of a sentence: `3 h ago`, and not `now ago` for the last minute."""
    if now.at - then < timedelta(minutes=1):
        return _("just now")
    return _("{age} ago").format(age=age(then, now.at))


def _broken(said: Said, now: Now) -> str:
    when = moment(said.at or now.at, now.at, now.zone)
    return _("promised {when}, not kept").format(when=when)


def _same(said: Said, _now: Now) -> str:
    spoken = said.kind in (TicketKind.FAULT, TicketKind.COMPLAINT)
    what = word(said.kind) if said.kind is not None and spoken else _("matter")
    within = _n("today", "in {n} days", said.days).format(n=said.days)
    return _("{nth} {within} about the same {matter}").format(
        nth=ordinal_contact(said.count), within=within, matter=what
    )


def _nth(said: Said, _now: Now) -> str:
    return _n("{count} contacts today", "{count} contacts in {n} days", said.days).format(count=said.count, n=said.days)


def _chased(said: Said, _now: Now) -> str:
    return _n("asked again once: {subject}", "asked again {n} times: {subject}", said.count).format(
        n=said.count, subject=plain(said.text, 60)
    )


def _dunning(said: Said, now: Now) -> str:
    step = said.day or now.today
    words = _("dunning goes on {day} although a dispute is open")
    if step < now.today:
        words = _("dunned {day} although a dispute is open")
    return words.format(day=day(step, now.today))


def _dispute(said: Said, now: Now) -> str:
    return _("disputed a bill {ago}: {reason}").format(ago=ago(said.at or now.at, now), reason=plain(said.text, 60))


def _unanswered(said: Said, now: Now) -> str:
    channel = channel_word(said.channel)
    if said.count == 1:
        return _("not answered: their {channel}, {ago}").format(channel=channel, ago=ago(said.at or now.at, now))
    return _("{n} messages are not answered, the oldest came {ago}").format(
        n=said.count, ago=ago(said.at or now.at, now)
    )


def _ahead(said: Said, now: Now) -> str:
    when = moment(said.at or now.at, now.at, now.zone)
    deed = plain(said.text, 80)
    return _("promised for {when}: {deed}").format(when=when, deed=deed or _("a call back"))


def _ticket(said: Said, now: Now) -> str:
    opened = ago(said.at or now.at, now)
    if said.count == 1:
        return _("one open ticket ({kind}), opened {ago}").format(kind=word(said.kind) if said.kind else "", ago=opened)
    return _("{n} open tickets, the newest opened {ago}").format(n=said.count, ago=opened)


def _ends(said: Said, now: Now) -> str:
    left = ((said.day or now.today) - now.today).days
    if left <= 0:
        return _("the contract ends today")
    return _n("the contract ends tomorrow", "the contract ends in {n} days", left).format(n=left)


def _last(said: Said, now: Now) -> str:
    when, channel = ago(said.at or now.at, now), channel_word(said.channel)
    if not said.text:
        return _("last heard of them {ago} by {channel}").format(ago=when, channel=channel)
    return _("last heard of them {ago} by {channel}: {subject}").format(
        ago=when, channel=channel, subject=plain(said.text, 60)
    )


def _new(_said: Said, _now: Now) -> str:
    return _("first contact with us")


_WORDING = {
    Fact.BROKEN_PROMISE: _broken,
    Fact.SAME_MATTER: _same,
    Fact.NTH_CONTACT: _nth,
    Fact.CHASED: _chased,
    Fact.DUNNING: _dunning,
    Fact.DISPUTE: _dispute,
    Fact.UNANSWERED: _unanswered,
    Fact.PROMISE_AHEAD: _ahead,
    Fact.OPEN_TICKET: _ticket,
    Fact.TERM_ENDS: _ends,
    Fact.LAST_CONTACT: _last,
    Fact.NEW: _new,
}


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def opening_line(file: CustomerFile, now: Now) -> Line:
    """Return the opening line as spans, most pressing first; empty when nothing stands out."""
    spans: list[Span] = []
    for said in opening(file, now.at, now.today, now.zone):
        text = _WORDING[said.fact](said, now)
        if spans and sum(len(span.text) for span in spans) + len(text) + 2 > LONGEST:
            continue
        if spans:
            spans.append(Span("; ", Tone.DIM))
        spans.append(Span(text if spans else _sentence(text), _TONES.get(said.fact, Tone.NORMAL)))
    return tuple(spans)


def opening_text(file: CustomerFile, now: Now) -> str:
    """Return the opening line as plain text, ending with a full stop; empty when nothing stands out."""
    text = "".join(span.text for span in opening_line(file, now))
    return text if not text or text.endswith((".", "?", "!", "…")) else f"{text}."
