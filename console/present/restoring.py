"""Words at the end of an outage: each prepared in the customer's language, and the rows that list them (R27, R31)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from backends.port import CustomerFile
from backends.records import Agent, Channel, Customer, CustomerFlag, Key, Outage, Promise
from console.i18n import _, _n
from console.present import letters
from console.present.card import place_shown, point_shown
from console.present.labels import plain, sign_of
from console.present.outage_texts import Kind, Voice, text_of
from console.present.setting import Now
from console.rules.restoring import FIRST, way_to
from console.words import age, channel_word, moment, word
from widgets.views import BodyView, Cell, Feed, FeedView, RowsView, RowView, Span, Tone

_SENTENCE = re.compile(r"(?<=\w{3})[.!](?:\s|$)")
"""Where a sentence ends, and not an abbreviation such as `St.`."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """What one customer will be told: by which channel, where to (as stored and as shown), subject and text."""

    channel: str
    to: str
    shown: str
    subject: str
    body: str


def prepared(customer: Customer, outage: Outage, agent: Agent, voice: Voice) -> Prepared:
    """Return the word for one customer, in their language; `voice` speaks for their operator.

    A short channel gets the message, an e-mail or letter a letter with the web text, a call what to say.
    """
    channel, point = way_to(customer)
    language = customer.language
    subject = ""
    if channel == Channel.SMS:
        body = text_of(outage, Kind.MESSAGE, language, voice)
    elif channel == Channel.CALL or voice.operator is None:
        body = text_of(outage, Kind.SAY, language, voice)
    else:
        begun = letters.begun(CustomerFile(customer, voice.operator), agent, channel)
        middle = text_of(outage, Kind.WEB, language, voice)
        body = f"{begun.text[: begun.cursor]}{middle}{begun.text[begun.cursor :]}"
        subject = plain(f"{_SENTENCE.split(middle)[0]} [{outage.reference}]", 160)
    shown = point_shown(point) if point is not None else place_shown(customer.place)
    return Prepared(channel, point.value if point is not None else "", shown, subject, body)


def _flags(customer: Customer) -> str:
    return ", ".join(word(one) for one in CustomerFlag if one in FIRST and one in customer.flags)


def promised_rows(
    promised: Sequence[tuple[Promise, Customer]],
    words: Mapping[Key, Prepared],
    now: Now,
    *,
    title: str,
    left_out: Set[Key] = frozenset(),
    over: bool = True,
) -> RowsView:
    """Return those who wait for a word, in order: what will be sent, what is to be called, what was left out."""
    rows = []
    for promise, customer in promised:
        one = words[promise.key]
        sign = sign_of(one.channel)
        out = promise.key in left_out
        mark = Span("–" if out else ("☎" if one.channel == Channel.CALL else "✓"), Tone.DIM if out else Tone.GOOD)
        name = (Span(plain(customer.name), Tone.STRONG), *_flag_spans(customer))
        cells = (
            Cell((mark,), 1),
            Cell(name, 26),
            Cell((Span(sign.glyph + sign.letter, sign.tone), Span(f" {one.shown}")), 24),
            Cell((Span(plain(one.body.replace("\n", " ")), Tone.DIM),), 0, least=20),
            Cell((Span(age(promise.made_at, now.at), Tone.DIM),), 6, right=True, drop=2),
            Cell((Span(plain(customer.language), Tone.DIM),), 2, drop=1),
        )
        rows.append(RowView(promise.key, cells, dim=out))
    feed = FeedView()
    if not rows:
        feed = FeedView(Feed.EMPTY, _("Nobody waits for a word about this outage."))
    calls = sum(1 for one in promised if words[one[0].key].channel == Channel.CALL)
    note = _n("{n} waits", "{n} wait", len(rows)).format(n=len(rows))
    if calls and over:
        note = f"{note}, {_n('{n} to call', '{n} to call', calls).format(n=calls)}"
    return RowsView(tuple(rows), title, note, feed=feed)


def _flag_spans(customer: Customer) -> tuple[Span, ...]:
    return (Span(f" ! {_('first')}", Tone.WARN),) if _flags(customer) else ()


def word_body(promise: Promise, customer: Customer, one: Prepared, now: Now) -> BodyView:
    """Return the word of one customer to read before it is sent."""
    made = _("promised {when} by {who}").format(
        when=moment(promise.made_at, now.at, now.zone), who=plain(promise.made_by, 40)
    )
    head = [
        (Span(f"{channel_word(one.channel)} {one.shown}", Tone.STRONG), Span(f" · {plain(customer.number)}")),
        (Span(made, Tone.DIM),),
    ]
    if flags := _flags(customer):
        head.append((Span(flags, Tone.WARN),))
    return BodyView(promise.key, plain(customer.name), tuple(head), one.body)


def affected_words(count: int, lines: int, *, whole: bool) -> str:
    """Return how many customers an outage hits, in honest words (R31)."""
    told = _n("{n} customer", "{n} customers", count).format(n=count)
    if lines:
        told = f"{told}, {_n('{n} line', '{n} lines', lines).format(n=lines)}"
    return told if whole else _("at least {what}").format(what=told)


def affected_rows(customers: Sequence[Customer], now: Now, note: str) -> RowsView:
    """Return the customers whom an outage hits, those who come first before the others."""
    rows = tuple(
        RowView(
            one.key,
            (
                Cell((Span(plain(one.name), Tone.STRONG), *_flag_spans(one)), 30),
                Cell((Span(plain(one.number), Tone.ACCENT),), 10, drop=2),
                Cell((Span(place_shown(one.place)),), 0, least=20),
                Cell((Span(plain(now.operator_name(one.operator_key)), Tone.DIM),), 16, drop=1),
            ),
        )
        for one in customers
    )
    feed = FeedView() if rows else FeedView(Feed.EMPTY, _("Nobody is known whom it hits."))
    return RowsView(rows, _("Whom it hits"), note, feed=feed)
