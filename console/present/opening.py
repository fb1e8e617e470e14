"""The opening line: what the agent should know before the first sentence, in one line (R6)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from backends.port import CustomerFile
from backends.records import Key, TicketKind
from console.i18n import _, _n
from console.present.labels import plain
from console.present.setting import Now
from console.rules.standing import Fact, Said, facts, opening
from console.words import age, channel_word, day, left, moment, ordinal_contact, word
from widgets.views import Line, Span, Tone

LONGEST = 76
"""Cells of the opening line: what follows the most pressing fact stays out where it would be cut on a small screen."""

_BETWEEN = "; "

_TONES: dict[Fact, Tone] = {
    Fact.BROKEN_PROMISE: Tone.BAD,
    Fact.PROMISE_DUE: Tone.WARN,
    Fact.PAPER_CHECK: Tone.ACCENT,
    Fact.VISIT_MISSED: Tone.BAD,
    Fact.WORD_DUE: Tone.BAD,
    Fact.VISIT_AHEAD: Tone.ACCENT,
    Fact.WORD_PROMISED: Tone.ACCENT,
    Fact.CALL_BACK: Tone.ACCENT,
    Fact.NO_IDENTITY: Tone.WARN,
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


def _broken(said: Said, now: Now, *, short: bool = False) -> str:
    when = moment(said.at or now.at, now.at, now.zone, short=short)
    return _("promised {when}, not kept").format(when=when)


def _due(said: Said, now: Now) -> str:
    when = left(said.at or now.at, now.at)
    deed = plain(said.text, 60)
    return _("promised, due {when}: {deed}").format(when=when, deed=deed or _("a call back"))


def _check(said: Said, now: Now) -> str:
    when = moment(said.at or now.at, now.at, now.zone)
    return _("ask whether the identity document was sent: {when}").format(when=when)


def _visit(said: Said, now: Now) -> str:
    begin = (said.at or now.at).astimezone(now.zone)
    end = (said.until or now.at).astimezone(now.zone)
    on = day(begin.date(), now.today)
    return _("engineer {day} {begin}–{end}").format(day=on, begin=f"{begin:%H:%M}", end=f"{end:%H:%M}")


def _missed(said: Said, now: Now) -> str:
    on = day((said.at or now.at).astimezone(now.zone).date(), now.today)
    return _("engineer did not come {day}").format(day=on)


def _word(_said: Said, _now: Now) -> str:
    return _("promised word when the outage is over")


def _word_due(_said: Said, _now: Now) -> str:
    return _("the outage is over, the promised word is owed")


def _papers(said: Said, _now: Now) -> str:
    if said.count > 1:
        return _("{n} faxes and letters without identity document").format(n=said.count)
    return _("{channel} without identity document").format(channel=channel_word(said.channel))


def _call_back(said: Said, now: Now) -> str:
    when = moment(said.at or now.at, now.at, now.zone)
    return _("call back promised for {when}").format(when=when)


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
        n=said.count, subject=plain(said.text, 60) or (word(said.kind) if said.kind else "")
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
    Fact.PROMISE_DUE: _due,
    Fact.PAPER_CHECK: _check,
    Fact.VISIT_MISSED: _missed,
    Fact.VISIT_AHEAD: _visit,
    Fact.WORD_DUE: _word_due,
    Fact.WORD_PROMISED: _word,
    Fact.NO_IDENTITY: _papers,
    Fact.CALL_BACK: _call_back,
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


def _shown(file: CustomerFile, now: Now, live: Collection[Key] | None) -> list[tuple[Fact, str]]:
    """Return the facts of the opening line with their words: those that fit behind the most pressing one."""
    every = [(said, _WORDING[said.fact](said, now)) for said in opening(file, now.at, now.today, now.zone, live)]
    if len(every) > 1 and every[0][0].fact is Fact.BROKEN_PROMISE:
        together = len(every[0][1]) + len(_BETWEEN) + len(every[1][1])
        if together > LONGEST:  # said shorter, it leaves room for what it is about
            every[0] = (every[0][0], _broken(every[0][0], now, short=True))
    shown: list[tuple[Fact, str]] = []
    taken = 0
    for said, text in every:
        room = LONGEST - taken - len(_BETWEEN) if shown else len(text)
        if len(text) > room:
            continue
        taken += len(text) + (len(_BETWEEN) if shown else 0)
        shown.append((said.fact, text))
    return shown


def opening_line(file: CustomerFile, now: Now, live: Collection[Key] | None = None) -> Line:
    """Return the opening line as spans, most pressing first; empty when nothing stands out.

    `live` are the keys of the outages that go on for this customer, None when that is not known.
    """
    spans: list[Span] = []
    for fact, text in _shown(file, now, live):
        if spans:
            spans.append(Span(_BETWEEN, Tone.DIM))
        spans.append(Span(text if spans else _sentence(text), _TONES.get(fact, Tone.NORMAL)))
    return tuple(spans)


_FLAGGED = (Fact.VISIT_MISSED, Fact.WORD_DUE, Fact.VISIT_AHEAD, Fact.WORD_PROMISED, Fact.CALL_BACK)


def left_out(file: CustomerFile, now: Now, live: Collection[Key] | None = None) -> tuple[Span, ...]:
    """Return visits and promises for which the opening line has no room: they are flags then."""
    there = {fact for fact, _text in _shown(file, now, live)}
    return tuple(
        Span(_WORDING[said.fact](said, now), _TONES[said.fact])
        for said in facts(file, now.at, now.today, now.zone, live)
        if said.fact in _FLAGGED and said.fact not in there
    )


def opening_text(file: CustomerFile, now: Now, live: Collection[Key] | None = None) -> str:
    """Return the opening line as plain text, ending with a full stop; empty when nothing stands out."""
    text = "".join(span.text for span in opening_line(file, now, live))
    return text if not text or text.endswith((".", "?", "!", "…")) else f"{text}."
