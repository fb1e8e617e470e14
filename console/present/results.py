"""Rows of lists that are not about one customer: search results, recent customers, what waits, outages, drafts."""

from __future__ import annotations

from collections.abc import Sequence

from backends.port import Match
from backends.records import Contact, Customer, Outage, PointKind
from console.i18n import _, _n
from console.present.banners import badge, headline, places_words, services_words
from console.present.card import first_point, place_shown, point_shown
from console.present.labels import MATCHES, OUTAGE_TONES, plain, sign_of, worded
from console.present.setting import Now
from console.words import AGE_WIDTH, age, channel_word, moment, word
from widgets.views import Cell, Feed, FeedView, RowsView, RowView, Span, Tone


def _person(customer: Customer, now: Now, why: tuple[Span, ...], key: str) -> RowView:
    point = first_point(customer, PointKind.MOBILE, PointKind.PHONE, PointKind.EMAIL)
    cells = (
        Cell((Span(plain(customer.name), Tone.STRONG),), 24),
        Cell((Span(plain(customer.number), Tone.ACCENT),), 10, drop=2),
        Cell(why, 0, least=30),
        Cell((Span(point_shown(point) if point else "", Tone.DIM),), 18, drop=4),
        Cell((Span(plain(now.operator_name(customer.operator_key)), Tone.DIM),), 16, drop=3),
    )
    return RowView(key, cells)


def matches(found: Sequence[Match], now: Now, typed: str, *, asking: bool = False, trouble: str = "") -> RowsView:
    """Return search results with why each matched.

    While `asking`, further sources are still to answer; `trouble` names those that did not: nobody found is then no
    answer.
    """
    rows = []
    for match in found:
        why = [Span(worded(MATCHES, match.on), Tone.DIM)]
        if match.near:
            why = [Span(_("similar name"), Tone.WARN)]
        if match.shown != match.customer.name:
            why += [Span(" "), Span(plain(match.shown))]
        where = place_shown(match.customer.place)
        if where and where != match.shown:
            why += [Span("  "), Span(where, Tone.DIM)]
        rows.append(_person(match.customer, now, tuple(why), match.customer.key))
    feed = FeedView()
    if asking:
        feed = FeedView(Feed.LOADING, _("asking further sources"))
    elif trouble:
        feed = FeedView(Feed.STALE if rows else Feed.FAILED, trouble)
    elif not rows:
        feed = FeedView(
            Feed.EMPTY, _("Nobody found for “{text}”. N takes in a new customer.").format(text=plain(typed, 40))
        )
    return RowsView(
        tuple(rows), _("Found"), _n("{n} customer", "{n} customers", len(rows)).format(n=len(rows)), feed=feed
    )


def recent(customers: Sequence[Customer], now: Now) -> RowsView:
    """Return the customers that the agent opened last."""
    rows = tuple(_person(one, now, (Span(place_shown(one.place), Tone.DIM),), one.key) for one in customers)
    empty = FeedView(Feed.EMPTY, _("Type a name, a number, an address: whatever the caller tells you."))
    return RowsView(rows, _("Opened last"), "", feed=FeedView() if rows else empty)


def waiting(rows: Sequence[tuple[Contact, Customer]], now: Now, more: bool, trouble: str = "") -> RowsView:
    """Return what waits for an answer, oldest first (R10); `trouble` names sources that did not tell theirs."""
    shown = []
    for contact, customer in rows:
        sign = sign_of(contact.channel)
        text = plain(contact.subject or contact.body.replace("\n", " "))
        cells = (
            Cell((Span(age(contact.at, now.at), Tone.BAD),), AGE_WIDTH, right=True),
            Cell((Span(sign.glyph + sign.letter, sign.tone),), 2),
            Cell((Span(plain(customer.name), Tone.STRONG),), 20),
            Cell((Span(text),), 0, least=30),
            Cell((Span(plain(now.operator_name(contact.operator_key)), Tone.DIM),), 16, drop=2),
            Cell((Span(plain(contact.reference), Tone.DIM),), 10, drop=3),
        )
        shown.append(RowView(contact.key, cells))
    feed = FeedView() if shown else FeedView(Feed.EMPTY, _("Everybody has an answer."))
    if trouble:
        feed = FeedView(Feed.STALE if shown else Feed.FAILED, trouble)
    count = f"{len(shown)}+" if more else str(len(shown))
    return RowsView(tuple(shown), _("Waiting for an answer"), count, more, feed)


def outages(every: Sequence[Outage], now: Now) -> RowsView:
    """Return outages, live ones first as given."""
    rows = []
    for outage in every:
        operators = ", ".join(plain(now.operator_name(key)) for key in outage.operator_keys) or _("all operators")
        cells = (
            Cell((Span(plain(outage.reference), Tone.ACCENT),), 10, drop=3),
            Cell((Span(badge(outage), OUTAGE_TONES[outage.state]),), 13),
            Cell((Span(headline(outage, now)),), 0, least=50),
            Cell((Span(services_words(outage), Tone.DIM),), 18, drop=4),
            Cell((Span(places_words(outage)),), 20, drop=2),
            Cell((Span(operators, Tone.DIM),), 16, drop=5),
        )
        rows.append(RowView(outage.key, cells))
    feed = FeedView() if rows else FeedView(Feed.EMPTY, _("No outage is known. n raises one."))
    return RowsView(tuple(rows), _("Outages"), str(len(rows)), feed=feed)


def contact_line(contact: Contact, now: Now) -> str:
    """Return a contact in a few words, for the head of a form about it."""
    return _("{channel} of {when}: {subject}").format(
        channel=channel_word(contact.channel),
        when=moment(contact.at, now.at, now.zone),
        subject=plain(contact.subject or contact.body, 60),
    )


def outage_line(outage: Outage, now: Now) -> str:
    """Return an outage in a few words, for the head of a form about it."""
    return f"{plain(outage.reference)} {word(outage.state)} · {headline(outage, now)}"
