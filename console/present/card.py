"""Who it is: the card above everything else, and the details behind it."""

from __future__ import annotations

from collections.abc import Collection
from functools import lru_cache

from backends.port import CustomerFile
from backends.records import ContactPoint, Customer, CustomerFlag, DisputeState, Key, Place, PointKind
from console.i18n import _, _n
from console.present import handovers
from console.present.labels import LANGUAGE_NAMES, plain, worded
from console.present.opening import left_out, opening_line
from console.present.setting import Now
from console.rules.standing import (
    NOTICE_DAYS,
    broken_promises,
    contacts_within,
    current_contract,
    dunning_ahead,
    hold_refused,
    live_disputes,
    most_chased,
    waiting,
)
from console.words import day, word
from widgets.views import CardView, Line, Span, Tone

GAP = Span("  ")
DOT = Span(" · ", Tone.DIM)


@lru_cache(maxsize=2048)
def number_shown(value: str) -> str:
    """Return an E.164 number grouped as its country writes it; anything else as it is."""
    if not value.startswith("+") or not value[1:].isdigit():
        return plain(value)
    import phonenumbers  # 44 ms, after the first frame

    try:
        parsed = phonenumbers.parse(value)
    except phonenumbers.NumberParseException:
        return plain(value)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def point_shown(point: ContactPoint) -> str:
    """Return a contact point for reading."""
    return plain(point.value) if point.kind in (PointKind.EMAIL, PointKind.SOCIAL) else number_shown(point.value)


def place_shown(place: Place) -> str:
    """Return a place in one line; empty parts leave no trace."""
    street = " ".join(part for part in (place.street, place.house) if part)
    if place.unit:
        street = f"{street}/{place.unit}" if street else place.unit
    town = " ".join(part for part in (place.postcode, place.town) if part)
    return plain(", ".join(part for part in (street, town) if part))


def first_point(customer: Customer, *kinds: PointKind) -> ContactPoint | None:
    """Return the preferred point of these kinds, else the first, else None."""
    fitting = [point for point in customer.points if point.kind in kinds]
    return next((point for point in fitting if point.preferred), fitting[0] if fitting else None)


def flags_of(file: CustomerFile, now: Now, live: Collection[Key] | None = None) -> tuple[Span, ...]:
    """Return what everybody must know at once, derived facts first: each a span with its own tone."""
    spans: list[Span] = []
    week = len(contacts_within(file.recent_inbound, now.at))
    if week >= 3:
        spans.append(Span(_n("{n} contact this week", "{n} contacts this week", week).format(n=week), Tone.WARN))
    if chased := most_chased(file):
        spans.append(Span(_n("{n} chase", "{n} chases", chased).format(n=chased), Tone.WARN))
    if broken_promises(file.promises, now.at):
        spans.append(Span(_("promise broken"), Tone.BAD))
    spans += handovers.flags(file.handovers, file.operator, now)
    spans += left_out(file, now, live)
    spans += _disputes(file, now)
    if unanswered := len(waiting(file.recent_inbound)):
        spans.append(Span(_n("{n} unanswered", "{n} unanswered", unanswered).format(n=unanswered), Tone.WARN))
    for flag in CustomerFlag:
        if flag in file.customer.flags:
            spans.append(Span(word(flag), Tone.ACCENT))
    return tuple(spans)


def _disputes(file: CustomerFile, now: Now) -> list[Span]:
    """Return how disputes stand, and that dunning goes on in spite of one (R39); a fresh answer of billing as well."""
    spans: list[Span] = []
    ahead = dunning_ahead(file.charges, file.disputes, now.today)
    if live := live_disputes(file.disputes):
        held = all(one.state is DisputeState.ON_HOLD for one in live)
        asked = any(one.state is DisputeState.HOLD_ASKED for one in live)
        state = DisputeState.ON_HOLD if held else DisputeState.HOLD_ASKED if asked else None
        words = _("dispute, {state}").format(state=word(state)) if state is not None else _("dispute")
        if ahead is not None and ahead.dunning_on:
            words = _("{dispute}, dunning {day}").format(dispute=words, day=day(ahead.dunning_on, now.today))
        spans.append(Span(words, Tone.BAD if ahead else Tone.ACCENT if held else Tone.WARN))
    if hold_refused(file.disputes, now.at) is not None:
        spans.append(Span(_("hold refused"), Tone.WARN))
    return spans


def contract_words(file: CustomerFile, now: Now) -> Span | None:
    """Return when the customer's contract ends, warning within the notice window; None without a contract."""
    contract = current_contract(file.contracts)
    if contract is None:
        return None
    if contract.ends_on is None:
        return Span(_("open term"), Tone.DIM)
    left = (contract.ends_on - now.today).days
    if left < 0:
        return Span(_("out of contract since {day}").format(day=day(contract.ends_on, now.today)), Tone.WARN)
    when = day(contract.ends_on, now.today)
    if left == 0:
        return Span(_("contract ends today"), Tone.WARN)
    if left <= NOTICE_DAYS:
        return Span(
            _n("contract ends {day}, {n} day", "contract ends {day}, {n} days", left).format(day=when, n=left),
            Tone.WARN,
        )
    return Span(_("contract until {day}").format(day=when))


def _joined(spans: list[Span]) -> Line:
    line: list[Span] = []
    for one in spans:
        if line:
            line.append(DOT)
        line.append(one)
    return tuple(line)


def _bracketed(flags: tuple[Span, ...]) -> Line:
    line: list[Span] = []
    for one in flags:
        if line:
            line.append(Span(" "))
        line.append(Span(f"[{one.text}]", one.tone))
    return tuple(line)


def card(file: CustomerFile, now: Now, live: Collection[Key] | None = None) -> CardView:
    """Return the customer's card: who, how to reach them, where, until when, what to know, and the opening line.

    `live` are the keys of the outages that go on for this customer, None when that is not known.
    """
    customer = file.customer
    title = [
        Span(plain(customer.name), Tone.STRONG),
        Span(plain(customer.number), Tone.ACCENT),
        Span(word(customer.kind)),
    ]
    title += [Span(plain(file.operator.name)), Span(worded(LANGUAGE_NAMES, customer.language))]
    reach: list[Span] = []
    if phone := first_point(customer, PointKind.MOBILE, PointKind.PHONE):
        reach.append(Span(point_shown(phone)))
    if place := place_shown(customer.place):
        reach.append(Span(place))
    if (contract := contract_words(file, now)) is not None:
        reach.append(contract)
    if email := first_point(customer, PointKind.EMAIL):
        reach.append(Span(point_shown(email), Tone.DIM))
    lines = [_joined(reach)]
    if flags := flags_of(file, now, live):
        lines.append(_bracketed(flags))
    if customer.authorised:
        party = customer.authorised[0]
        who = ", ".join(plain(part) for part in (party.name, party.relation, party.scope) if part)
        lines.append((Span(_("may speak for them: "), Tone.DIM), Span(who)))
    if customer.tone:
        lines.append((Span(_("tone: "), Tone.DIM), Span(plain(customer.tone))))
    return CardView(_joined(title), tuple(line for line in lines if line), opening_line(file, now, live))
