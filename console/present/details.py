"""What lies behind the card: lines with their network path, contracts, charges, disputes, people, ways to reach."""

from __future__ import annotations

from collections.abc import Collection

from backends.port import CustomerFile
from backends.records import Area, Charge, Line, Money
from console.i18n import _
from console.present.card import place_shown, point_shown
from console.present.labels import plain, service
from console.present.setting import Now
from console.rules.standing import live_disputes
from console.words import day, joined, moment, money, word
from widgets.views import BodyView, Span, Tone
from widgets.views import Line as SpanLine

CHARGES = 12
"""Charges that are shown: a year's worth."""


def _amount(amount: Money | None) -> str:
    return money(amount.minor, amount.currency) if amount else ""


def _path(line: Line) -> str:
    path = line.path
    return " › ".join(plain(part) for part in (path.exchange, path.node, path.olt, path.port) if part)


def line_lines(line: Line) -> list[str]:
    """Return one line of a customer in a few lines of text."""
    head = " · ".join(
        part for part in (service(line.service), plain(line.product), plain(line.number), word(line.state)) if part
    )
    rest = [
        place_shown(line.place),
        _path(line),
        " ".join(plain(part) for part in (line.phone, line.mac, line.ip) if part),
    ]
    return [head, *(f"  {part}" for part in rest if part)]


def _contracts(file: CustomerFile, now: Now) -> list[str]:
    lines: list[str] = []
    for one in file.contracts:
        until = day(one.ends_on, now.today) if one.ends_on else _("open term")
        price = _amount(one.price)
        if one.list_price:
            price = _("{price} a month, then {list}").format(price=price, list=_amount(one.list_price))
        term = f"{day(one.started_on, now.today)} – {until}"
        lines.append(f"{plain(one.number)} {plain(one.product)} · {word(one.state)}")
        lines.append(f"  {term} · {price}" if price else f"  {term}")
    return lines


def _urgency(one: Charge) -> tuple[bool, int]:
    """Return an order with what is dunned first, then the newest."""
    return one.paid_on is not None or one.dunning_on is None, -one.charged_on.toordinal()


def _charges(file: CustomerFile, now: Now) -> list[str]:
    lines: list[str] = []
    for one in sorted(file.charges, key=_urgency)[:CHARGES]:
        state = _("paid {day}").format(day=day(one.paid_on, now.today)) if one.paid_on else _("not paid")
        if one.dunning_on and not one.paid_on:
            state = _("{state}, dunning {day}").format(state=state, day=day(one.dunning_on, now.today))
        lines.append(f"{day(one.charged_on, now.today)}  {_amount(one.amount)}  {plain(one.text, 60)} · {state}")
    return lines


def _disputes(file: CustomerFile, now: Now) -> list[str]:
    live = live_disputes(file.disputes)
    lines: list[str] = []
    for one in file.disputes:
        lines.append(
            f"{'[!] ' if one in live else ''}{moment(one.opened_at, now.at, now.zone)}  {_amount(one.amount)}  "
            f"{plain(one.reason, 80)} · {word(one.state)}"
        )
        if one.answer:
            lines.append("  " + _("billing: {answer}").format(answer=plain(one.answer)))
    return lines


def _people(file: CustomerFile) -> list[str]:
    return [
        " · ".join(plain(part) for part in (one.name, one.relation, one.phone, one.scope) if part)
        for one in file.customer.authorised
    ]


def sections(file: CustomerFile, now: Now) -> list[tuple[str, list[str]]]:
    """Return the details as titled lists of lines; empty sections are left out."""
    points = [f"{word(one.kind)}  {point_shown(one)}  {plain(one.label)}".rstrip() for one in file.customer.points]
    promises = [
        f"{moment(one.due_at, now.at, now.zone) if one.due_at else _('when it is over')}  "
        f"{plain(one.deed) or word(one.kind)} · {word(one.state)}"
        for one in file.promises
    ]
    visits = [
        f"{moment(one.window_from, now.at, now.zone)} – {one.window_to.astimezone(now.zone):%H:%M}  "
        f"{plain(one.engineer)} · {word(one.state)}"
        for one in file.visits
    ]
    every = [
        (_("Reach"), points),
        (_("Lines"), [text for line in file.lines for text in line_lines(line)]),
        (_("Promises"), promises),
        (_("Visits"), visits),
        (_("Contracts"), _contracts(file, now)),
        (_("Disputes"), _disputes(file, now)),
        (_("Charges"), _charges(file, now)),
        (_("May speak for them"), _people(file)),
    ]
    return [(title, lines) for title, lines in every if lines]


def hidden_words(hidden: Collection[Area], *, may_reveal: bool = False) -> str:
    """Return what is not shown to the agent's role, and how it can be seen; nothing where all is shown."""
    if not hidden:
        return ""
    what = joined([word(one) for one in Area if one in hidden])
    if may_reveal:
        return _("Not shown to your role: {what}. V shows it for a while, with a reason.").format(what=what)
    return _("Not shown to your role: {what}.").format(what=what)


def details(file: CustomerFile, now: Now, hidden: Collection[Area] = (), *, may_reveal: bool = False) -> BodyView:
    """Return the details as one text to read; `hidden` is what the agent's role does not see of them (R41)."""
    parts: list[str] = []
    for title, lines in sections(file, now):
        parts.append("\n".join([title.upper(), *(f"  {text}" for text in lines)]))
    if words := hidden_words(hidden, may_reveal=may_reveal):
        parts.append(words)
    head: tuple[SpanLine, ...] = ((Span(plain(file.customer.name), Tone.STRONG),),)
    return BodyView(f"details:{file.customer.key}", _("Details"), head, "\n\n".join(parts))
