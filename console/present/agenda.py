"""The list of what to do now in words: rows, the filters in force, what is missing, and the one line at home."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

from backends.records import Contact, Dispute, Handover, Money, Promise, PromiseKind, Ticket, TicketKind
from console.i18n import N_, _, _n
from console.present.labels import LANGUAGE_NAMES, plain, service, sign_of, worded
from console.present.setting import Now
from console.rules.agenda import AgendaFilter, Item, ItemKind, Urgency
from console.rules.clocks import zone_of
from console.rules.renewals import Renewal
from console.words import LEFT_WIDTH, age, channel_word, day, joined, left, moment, money, word
from widgets.views import Cell, Feed, FeedView, Line, RowsView, RowView, Span, Tone

KINDS: Mapping[ItemKind, str] = {
    ItemKind.PROMISE: N_("promise"),
    ItemKind.CALL_BACK: N_("call-back"),
    ItemKind.WORD: N_("word owed"),
    ItemKind.MESSAGE: N_("message"),
    ItemKind.HANDOVER: N_("hand-over"),
    ItemKind.DOCUMENT: N_("document"),
    ItemKind.NEXT_STEP: N_("next step"),
    ItemKind.HOLD: N_("hold"),
    ItemKind.RENEWAL: N_("renewal"),
}
"""What a thing to do is called, in at most ten cells."""

PARTS: Mapping[str, str] = {
    "messages": N_("messages"),
    "due": N_("promises, hand-overs and next steps"),
    "renewals": N_("renewals"),
    "holds": N_("holds"),
    "outages": N_("words owed after outages"),
}
"""What a part of the list is called that is missing."""

TONES: Mapping[Urgency, Tone] = {
    Urgency.BROKEN: Tone.BAD,
    Urgency.ABOUT_TO_BREAK: Tone.WARN,
    Urgency.AHEAD: Tone.NORMAL,
}


def kind_word(kind: ItemKind) -> str:
    """Return what a kind of thing to do is called."""
    return _(KINDS[kind])


def price_words(price: Money | None) -> str:
    """Return a month's price; empty for none."""
    return money(price.minor, price.currency) if price is not None else ""


def date_words(on: date, today: date) -> str:
    """Return a date as a date, never as `today` or `tomorrow`: `3 Dec`, in another year `3 Dec 2027`."""
    if on.year != today.year:
        return day(on, date(on.year - 1, 1, 15))
    return day(on, date(on.year, 12 if on.month < 7 else 1, 15))


def window_words(one: Renewal, now: Now) -> str:
    """Return between which days the customer is to be told: `notify between 3 Dec and 12 Dec`."""
    first, last = date_words(one.notify_from, now.today), date_words(one.notify_to, now.today)
    if one.notify_to < now.today:
        return _("notify at once: the last day was {last}").format(last=last)
    if one.notify_from == one.notify_to:
        return _("notify on {last}").format(last=last)
    return _("notify between {first} and {last}").format(first=first, last=last)


def offers_words(one: Renewal) -> str:
    """Return what may be offered: `12 months £31.00, 24 months £28.00`; empty where nothing is."""
    words = _("{n} months {price}")
    return ", ".join(words.format(n=offer.months, price=price_words(offer.price)) for offer in one.offers)


def list_price_words(one: Renewal) -> str:
    """Return what a month costs once the term is over; empty where that is not known."""
    listed = price_words(one.contract.list_price)
    return _("afterwards {price}").format(price=listed) if listed else ""


def renewal_words(one: Renewal, now: Now) -> str:
    """Return a term that ends in one line: when to tell, what ends when, the list price after, what is offered."""
    ends = _("{product} ends {day}").format(product=plain(one.contract.product, 30), day=day(one.ends_on, now.today))
    offers = offers_words(one)
    parts = (
        window_words(one, now),
        ends,
        list_price_words(one),
        _("offer {what}").format(what=offers) if offers else "",
    )
    return " · ".join(part for part in parts if part)


def _promise_words(one: Promise) -> str:
    deed = plain(one.deed, 120)
    if one.kind is PromiseKind.WORD_AT_RESTORATION:
        return _("say that the outage is over: {deed}").format(deed=deed) if deed else _("say that the outage is over")
    if one.kind is PromiseKind.DOCUMENT_CHECK:
        return deed or _("see whether the document has come")
    return deed or word(one.kind)


def _message_words(one: Contact, now: Now) -> str:
    text = plain(one.subject or one.body.replace("\n", " "), 200)
    return _("waits {age}: {text}").format(age=age(one.at, now.at), text=text)


def _handover_words(item: Item, one: Handover) -> str:
    told = plain(one.note or one.told_customer, 120)
    by = plain(one.by, 24)
    if item.urgency is Urgency.BROKEN:
        return _("not accepted yet by {side}, from {who}: {note}").format(side=word(one.to), who=by, note=told)
    return _("accept for {side}, from {who}: {note}").format(side=word(one.to), who=by, note=told)


def what_words(item: Item, now: Now) -> str:
    """Return what is to be done, in one line."""
    record = item.record
    if isinstance(record, Contact):
        if item.kind is ItemKind.DOCUMENT:
            return _("{channel} without identity document: {text}").format(
                channel=channel_word(record.channel), text=plain(record.subject or record.body.replace("\n", " "), 120)
            )
        return _message_words(record, now)
    if isinstance(record, Promise):
        return _promise_words(record)
    if isinstance(record, Handover):
        return _handover_words(item, record)
    if isinstance(record, Dispute):
        return _("asks not to dun: {reason}").format(reason=plain(record.reason, 120))
    if isinstance(record, Ticket):
        return plain(record.next_step, 120) or plain(record.subject, 120)
    return renewal_words(item.renewal, now) if item.renewal is not None else plain(record.product, 80)


def time_words(item: Item, now: Now) -> str:
    """Return how much time is left, or how late it is; for what has no time, how old it is."""
    return left(item.due_at, now.at) if item.due_at is not None else age(item.since, now.at)


def _owner_words(item: Item) -> str:
    return ", ".join(sorted(plain(one, 20) for one in item.owners))


def _row(item: Item, now: Now, marked: bool) -> RowView:
    tone = TONES[item.urgency]
    text: list[Span] = [Span("* ", Tone.ACCENT)] if marked else []
    if item.legal and item.urgency is not Urgency.AHEAD:
        text.append(Span(_("[law] "), Tone.BAD))
    if item.priority:
        text.append(Span(_("[first] "), Tone.WARN))
    if isinstance(item.record, Contact):
        sign = sign_of(item.record.channel)
        text.append(Span(f"{sign.glyph}{sign.letter} ", sign.tone))
    text.append(Span(what_words(item, now)))
    reference = item.ticket.reference if item.ticket is not None else getattr(item.record, "reference", "")
    cells = (
        Cell((Span(time_words(item, now), tone),), LEFT_WIDTH, right=True),
        Cell((Span(kind_word(item.kind), Tone.ACCENT),), 10),
        Cell((Span(plain(item.customer.name), Tone.STRONG),), 20),
        Cell(tuple(text), 0, least=34),
        Cell((Span(plain(reference), Tone.DIM),), 11, drop=3),
        Cell((Span(plain(now.operator_name(item.operator_key)), Tone.DIM),), 14, drop=2),
        Cell((Span(_owner_words(item), Tone.DIM),), 14, drop=1),
    )
    return RowView(item.name, cells, marker=Tone.BAD if item.urgency is Urgency.BROKEN else None)


def detail(item: Item | None, now: Now) -> Line:
    """Return what the cursor stands on in a whole line: when it is due, and all of what is to be done."""
    if item is None:
        return ()
    zone = zone_of(now.operators[item.operator_key]) if item.operator_key in now.operators else now.zone
    due = _("due {when}").format(when=moment(item.due_at, now.at, zone)) if item.due_at is not None else _("no time")
    line: list[Span] = [Span(due, TONES[item.urgency]), Span(" · "), Span(what_words(item, now))]
    if owner := _owner_words(item):
        line.append(Span(f" · {owner}", Tone.DIM))
    return tuple(line)


def filter_words(only: AgendaFilter, now: Now) -> str:
    """Return which things are shown, empty when all are."""
    parts = [_("mine")] if only.mine else []
    parts += [kind_word(kind) for kind in ItemKind if kind in only.kinds]
    parts += sorted(plain(now.operator_name(key)) for key in only.operator_keys)
    if only.languages:
        several = _("my languages") if len(only.languages) > 1 else ""
        parts.append(several or worded(LANGUAGE_NAMES, min(only.languages)))
    if only.skills:
        parts.append(_("my skills") if len(only.skills) > 1 else skill_word(min(only.skills)))
    return ", ".join(parts)


def skill_word(code: str) -> str:
    """Return what a skill is called: a kind of ticket or a service."""
    return word(TicketKind(code)) if code in set(TicketKind) else service(code)


def missing_words(gaps: Mapping[str, Sequence[str]], failed: Mapping[str, str]) -> str:
    """Return what is not in the list: parts that a source cannot tell, and parts that failed with why; else empty."""
    told = [
        _n("{source} keeps no list of {part}", "{source} keep no list of {part}", len(names)).format(
            source=joined([plain(one, 16) for one in names]), part=_(PARTS[part])
        )
        for part, names in gaps.items()
    ]
    told += [_("{part}: {why}").format(part=_(PARTS[part]), why=why) for part, why in failed.items()]
    return _("Not in this list: {what}").format(what=" · ".join(told)) if told else ""


def rows(
    items: Sequence[Item],
    now: Now,
    only: AgendaFilter,
    *,
    total: int = 0,
    window: int = 0,
    more: bool = False,
    marked: frozenset[str] = frozenset(),
    feed: FeedView | None = None,
) -> RowsView:
    """Return the list: the first `window` rows of `items` (0: all).

    `total` is how many there are without the filter, `more` whether not all were read.
    """
    shown = items[:window] if window else items
    views = tuple(_row(one, now, one.name in marked) for one in shown)
    what = filter_words(only, now)
    count = f"{len(items)}{'+' if more else ''}"
    if what:
        note = _("only {what} · {n} of {total} · Backspace shows all").format(what=what, n=count, total=total)
    else:
        note = _n("{n} to do", "{n} to do", len(items)).format(n=count)
    if feed is None:
        feed = FeedView() if views else FeedView(Feed.EMPTY, empty_words(what))
    return RowsView(views, _("To do now"), note, len(shown) < len(items), feed)


def empty_words(what: str) -> str:
    """Return what is said in place of rows when nothing is to be done; `what` are the words of the filter."""
    if what:
        return _("Nothing to do: only {what}. Backspace shows everything.").format(what=what)
    return _("Nothing is to be done now. Everybody has an answer, every promise is kept.")


def summary(items: Sequence[Item], now: Now, key: str, *, more: bool = False, missing: bool = False) -> Line:
    """Return the line at home: how much there is to do, how much is late, and the most urgent of it.

    `key` opens the list; `missing` says that a part of it is not known.
    """
    if not items:
        words = _("To do: not known now") if missing else _("To do: nothing")
        return (Span(f"{words} · {key}", Tone.WARN if missing else Tone.DIM),)
    late = sum(1 for one in items if one.urgency is Urgency.BROKEN)
    count = f"{len(items)}{'+' if more else ''}"
    line = [Span(_n("{n} to do", "{n} to do", len(items)).format(n=count), Tone.STRONG)]
    if late:
        line.append(Span(_n(", {n} late", ", {n} late", late).format(n=late), Tone.BAD))
    first = items[0]
    line.append(Span(f" · {key} · ", Tone.DIM))
    line.append(Span(f"{time_words(first, now)} ", TONES[first.urgency]))
    line.append(Span(f"{kind_word(first.kind)} ", Tone.ACCENT))
    line.append(Span(plain(first.customer.name, 24), Tone.STRONG))
    line.append(Span(f": {what_words(first, now)}"))
    return tuple(line)
