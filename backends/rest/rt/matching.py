"""Whom a text means: everything that RT finds is compared here again, for RT finds more than was asked, or less.

A field that RT cannot search is silently ignored and gives everybody; its own comparisons know accents, spaces and
telephone numbers only as they were typed in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from backends.clean import fold, tokens
from backends.port import Match, MatchedOn
from backends.records import Contact, Customer, Place, PointKind, Ticket

SHORTEST_NUMBER = 4
"""Digits from which a part of a telephone number says anything."""

_DIALLED = re.compile(r"[+\d\s().\-/\u2010-\u2015]+")
_TELEPHONES = frozenset({PointKind.PHONE, PointKind.MOBILE, PointKind.FAX})
_LONGEST_NUMBER = 40

Ranked = tuple[float, Match]
"""How far down the list, and what."""
_DIGITS = 0.5


def compact(text: str) -> str:
    """Return letters and digits of the folded `text`: references and postcodes however they are parted."""
    return "".join(tokens(text))


def name_words(name: str) -> list[str]:
    """Return the words of a name, and those that people write as one: `O'Brien` is `o`, `brien` and `obrien`."""
    return list(dict.fromkeys((*tokens(name), *tokens(re.sub(r"['-]", "", fold(name))))))


def begins(words: Sequence[str], there: Sequence[str]) -> bool:
    """Return whether each of `words` begins one of the words `there`; no words are found nowhere."""
    return bool(words) and all(any(token.startswith(word) for token in there) for word in words)


def numbers(text: str, country: str) -> frozenset[str]:
    """Return what `text` may mean as a telephone number, in E.164, dialled from `country`."""
    if not _DIALLED.fullmatch(text) or len(text) > _LONGEST_NUMBER:
        return frozenset()
    import phonenumbers

    found: set[str] = set()
    international = re.sub(r"^[\s(]*00", "+", text)
    for region in (country or None, None):
        try:
            number = phonenumbers.parse(international, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.add(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return frozenset(found)


@dataclass(frozen=True)
class Query:
    """What was typed, read in every way that it can be meant."""

    text: str
    words: tuple[str, ...]
    compact: str
    email: str
    digits: str
    numbers: frozenset[str]

    @classmethod
    def read(cls, text: str, country: str) -> Query:
        """Return `text` read in every way, telephone numbers as dialled from `country`."""
        text = text.strip()
        dialled = _DIALLED.fullmatch(text) is not None and len(text) <= _LONGEST_NUMBER
        return cls(
            text, tuple(tokens(text)), compact(text), fold(text),
            "".join(re.findall(r"[0-9]", text)) if dialled else "", numbers(text, country),
        )  # fmt: skip


def ranked(
    query: Query, customer: Customer, tickets: Iterable[Ticket], contacts: Iterable[Contact] = ()
) -> Ranked | None:
    """Return the best way in which the query means this customer, None when it does not."""
    return min(_ways(query, customer, tickets, contacts), key=lambda way: way[0], default=None)


def settled(found: Iterable[Ranked], limit: int) -> tuple[Match, ...]:
    """Return the matches, best first; exact is one only when nothing else was meant so."""
    ordered = sorted(found, key=lambda way: (way[0], fold(way[1].customer.name), way[1].customer.key))
    alone = sum(match.exact for _, match in ordered) == 1
    if len(ordered) > 1 and any(rank == _DIGITS for rank, _ in ordered):
        alone = False
    return tuple(match if alone else replace(match, exact=False) for _, match in ordered[:limit])


def _ways(query: Query, customer: Customer, tickets: Iterable[Ticket], contacts: Iterable[Contact]) -> Iterator[Ranked]:
    if query.compact:
        yield from _by_reference(query, customer, tickets, contacts)
    for point in customer.points:
        if point.kind in _TELEPHONES:
            yield from _by_telephone(query, customer, point.value)
        elif point.kind is PointKind.EMAIL and query.email:
            yield from _by_email(query, customer, point.value)
    there = name_words(customer.name)
    if begins(query.words, there):
        yield (1 if set(query.words) <= set(there) else 2), Match(customer, MatchedOn.NAME, customer.name)
    yield from _by_place(query, customer)


def _by_reference(
    query: Query, customer: Customer, tickets: Iterable[Ticket], contacts: Iterable[Contact]
) -> Iterator[Ranked]:
    if compact(customer.number) == query.compact:
        yield 0, Match(customer, MatchedOn.NUMBER, customer.number, exact=True)
    for ticket in tickets:
        reference = compact(ticket.reference)
        found = Match(customer, MatchedOn.TICKET, ticket.reference, exact=True, record_key=ticket.key)
        if reference == query.compact:
            yield 0, found
        elif (digits := re.fullmatch(r"[a-z]*([0-9]{4,})", reference)) is not None and digits[1] == query.compact:
            yield _DIGITS, found
    for contact in contacts:
        if compact(contact.reference) == query.compact:
            yield 0, Match(customer, MatchedOn.CONTACT, contact.reference, exact=True, record_key=contact.key)


def _by_telephone(query: Query, customer: Customer, value: str) -> Iterator[Ranked]:
    if value in query.numbers:
        yield 0, Match(customer, MatchedOn.PHONE, value, exact=True)
    elif _is_part(query.digits, value):
        yield 3, Match(customer, MatchedOn.PHONE, value)


def _is_part(digits: str, value: str) -> bool:
    """Return whether `digits` end a telephone number, or begin it with or without its country code."""
    whole = "".join(re.findall(r"[0-9]", value))
    begun = digits.removeprefix("00").lstrip("0")
    if len(digits) >= SHORTEST_NUMBER and whole.endswith(digits):
        return True
    starts = (whole, *(whole[size:].lstrip("0") for size in (1, 2, 3)))
    return len(begun) >= SHORTEST_NUMBER and any(start.startswith(begun) for start in starts)


def _by_email(query: Query, customer: Customer, address: str) -> Iterator[Ranked]:
    value = fold(address)
    if value == query.email:
        yield 0, Match(customer, MatchedOn.EMAIL, address, exact=True)
    elif len(query.email) > 2 and value.startswith(query.email):
        yield 4, Match(customer, MatchedOn.EMAIL, address)


def _by_place(query: Query, customer: Customer) -> Iterator[Ranked]:
    place: Place = customer.place
    parts = [part for part in (place.street, place.house, place.unit, place.postcode, place.town, place.region) if part]
    there = [token for part in parts for token in tokens(part)]
    if query.compact and compact(place.postcode) == query.compact:
        yield 5, Match(customer, MatchedOn.POSTCODE, place.postcode)
    elif any(word.isalpha() for word in query.words) and begins(query.words, there):
        yield 6, Match(customer, MatchedOn.PLACE, " ".join(parts))
