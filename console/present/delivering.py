"""What is on its way to a source, in words: what it is, for whom, why it is not there, and both sides of a conflict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from enum import Enum

from backends.delivery import Delivery, DeliveryState
from backends.records import Chase, Contact, Customer, Key, Outage, Promise, Record, Ticket, TicketEvent
from console.i18n import N_, _
from console.present.failures import cause_words
from console.present.labels import plain, whole_text
from console.present.setting import Now
from console.present.sources import DELIVERY_TONES, delivery_word
from console.words import AGE_WIDTH, age, channel_word, moment
from widgets.views import BodyView, Cell, Feed, FeedView, RowsView, RowView, Span, Tone

_KINDS: Mapping[str, str] = {
    "Contact": N_("contact"),
    "Ticket": N_("ticket"),
    "TicketEvent": N_("ticket event"),
    "Customer": N_("customer"),
    "Chase": N_("chase"),
    "Promise": N_("promise"),
    "Visit": N_("visit"),
    "Handover": N_("hand-over"),
    "Outage": N_("outage"),
    "Contract": N_("contract"),
    "Line": N_("line"),
    "Charge": N_("charge"),
    "Dispute": N_("dispute"),
    "Link": N_("link"),
    "Operator": N_("operator"),
    "Agent": N_("agent"),
}
_LEFT_OUT = frozenset({"key", "version", "customer_key", "operator_key", "origin", "whole"})
_WEIGHT = (Contact, Ticket, Customer, Outage, Promise, Chase, TicketEvent)
"""Kinds that say best what was done, the best first."""


_TEXTS = ("subject", "title", "deed", "note", "description", "body", "text", "resolution")


def kind_word(record: Record) -> str:
    """Return what kind of record it is, in a word."""
    return _(_KINDS.get(type(record).__name__, "record"))


def _text(record: Record) -> str:
    """Return the words that tell a record from others of its kind."""
    if isinstance(record, Contact):
        body = record.body.replace("\n", " ")
        parts = (body,) if body.startswith(record.subject) else (record.subject, body)
        words = " — ".join(part for part in parts if part)
        return f"{channel_word(record.channel)}: {plain(words)}"
    for name in ("subject", "title", "deed", "note", "text", "name", "product"):
        if words := getattr(record, name, ""):
            return plain(str(words))
    return ""


def _rank(record: Record) -> int:
    return next((place for place, kind in enumerate(_WEIGHT) if isinstance(record, kind)), len(_WEIGHT))


def what_words(one: Delivery) -> str:
    """Return what a delivery is, by its most telling record."""
    records = sorted(
        one.records, key=lambda record: next((n for n, k in enumerate(_WEIGHT) if isinstance(record, k)), 9)
    )
    if not records:
        return ""
    said = _text(records[0])
    return f"{kind_word(records[0])}: {said}" if said and not isinstance(records[0], Contact) else said


def customer_of(one: Delivery) -> Key:
    """Return whom a delivery is about, empty when nobody."""
    for record in one.records:
        key = record.key if isinstance(record, Customer) else getattr(record, "customer_key", "")
        if key:
            return str(key)
    return ""


def outbox(deliveries: Sequence[Delivery], names: Mapping[Key, str], now: Now) -> RowsView:
    """Return what is on its way as rows, oldest first; `names` are customers' names by key."""
    rows = []
    for one in deliveries:
        why = cause_words(one.error) if one.error is not None else ""
        tone = DELIVERY_TONES[one.state]
        cells = (
            Cell((Span(age(one.since, now.at), Tone.DIM),), AGE_WIDTH, right=True),
            Cell((Span(delivery_word(one.state), tone),), 13),
            Cell((Span(plain(one.source)),), 12, drop=3),
            Cell((Span(names.get(customer_of(one), ""), Tone.STRONG),), 18, drop=2),
            Cell((Span(what_words(one)),), 0, least=14),
            Cell((Span(why, tone),), 20, drop=1),
        )
        rows.append(RowView(str(one.number), cells, marker=tone if one.state is not DeliveryState.WAITING else None))
    feed = FeedView() if rows else FeedView(Feed.EMPTY, _("Everything you stored is with its source."))
    return RowsView(tuple(rows), _("Not sent yet"), str(len(rows)), feed=feed)


def _shown(value: object, now: Now) -> str:
    if isinstance(value, datetime):
        return moment(value, now.at, now.zone)
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, tuple | frozenset):
        return ", ".join(_shown(one, now) for one in value)
    return plain(str(value), 2000) if value not in (None, "") else "–"


def differences(mine: Record, theirs: Record, now: Now) -> list[tuple[str, str, str]]:
    """Return (field, mine, theirs) of everything in which two versions of a record differ."""
    found = []
    for one in fields(mine):
        if one.name in _LEFT_OUT:
            continue
        ours, other = getattr(mine, one.name), getattr(theirs, one.name)
        if ours != other:
            found.append((one.name.replace("_", " "), _shown(ours, now), _shown(other, now)))
    return found


def delivery_body(one: Delivery, now: Now) -> BodyView:
    """Return a delivery to read: everything that it holds, why it is not there, and both versions of a conflict."""
    head = [
        (Span(f"{delivery_word(one.state)} ", DELIVERY_TONES[one.state]), Span(plain(one.source), Tone.STRONG)),
        (Span(_("since {when}, tried {n} times").format(when=moment(one.since, now.at, now.zone), n=one.tries)),),
    ]
    if one.error is not None:
        detail = plain(one.error.detail, 200)
        head.append((Span(cause_words(one.error), Tone.BAD), Span(f"  {detail}" if detail else "", Tone.DIM)))
    parts: list[str] = []
    if one.theirs is not None:
        mine = next((record for record in one.records if type(record) is type(one.theirs)), None)
        if mine is not None:
            parts += _conflict(mine, one.theirs, now)
    for record in one.records:
        text = "\n".join(whole_text(str(value)) for name in _TEXTS if (value := getattr(record, name, "")))
        parts.append(f"{kind_word(record).upper()}\n{text}".rstrip())
    return BodyView(f"delivery:{one.number}", what_words(one), tuple(head), "\n\n".join(parts))


def _conflict(mine: Record, theirs: Record, now: Now) -> list[str]:
    lines = [_("BOTH VERSIONS")]
    for name, ours, other in differences(mine, theirs, now):
        lines.append(f"{name}\n  {_('yours:')}  {ours}\n  {_('theirs:')} {other}")
    return ["\n".join(lines)] if len(lines) > 1 else [_("Both versions say the same by now.")]
