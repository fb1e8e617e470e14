"""Finding customers by whatever the agent typed, and contacts by their words: all are looked at, nothing is indexed."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from backends.clean import fold, tokens
from backends.memory.state import State
from backends.nearness import spellings, typed_words
from backends.port import Match, MatchedOn
from backends.records import Contact, Contract, Customer, Key, Line, Operator, Place, PointKind, Ticket

SHORTEST_NUMBER = 4
"""Digits from which a part of a telephone number says anything."""

_DIALLED = re.compile(r"[+\d\s().\-/]+")
_HEX = re.compile(r"[0-9a-fA-F:.\-\s]+")
_TELEPHONES = frozenset({PointKind.PHONE, PointKind.MOBILE, PointKind.FAX})


def name_words(name: str) -> list[str]:
    """Return the words of a name, and those that people write as one: `O'Brien` is `o`, `brien` and `obrien`."""
    return list(dict.fromkeys((*tokens(name), *tokens(re.sub(r"['-]", "", fold(name))))))


def has_words(words: list[str], *texts: str) -> bool:
    """Return whether each of `words` begins some word of `texts`; no words are found nowhere."""
    return begins(words, [token for text in texts for token in tokens(text)])


def begins(words: list[str], there: list[str]) -> bool:
    """Return whether each of `words` begins one of the words `there`; no words are found nowhere."""
    return bool(words) and all(any(token.startswith(word) for token in there) for word in words)


def around(words: list[str], text: str, width: int = 60) -> str:
    """Return the piece of `text` around the first of `words`, `width` characters to each side; else its beginning."""
    for found in re.finditer(r"\w+", text):
        if any(token.startswith(word) for token in tokens(found.group()) for word in words):
            return text[max(0, found.start() - width) : found.end() + width]
    return text[: 2 * width]


def compact(text: str) -> str:
    """Return letters and digits of the folded `text`: references and postcodes however they are parted."""
    return "".join(tokens(text))


def address(text: str) -> str:
    """Return an IP address in its one normal notation, without a prefix length; empty when it is none."""
    try:
        return str(ipaddress.ip_interface(text.strip()).ip)
    except ValueError:
        return ""


def mac(text: str) -> str:
    """Return the twelve hexadecimal digits of a MAC address in any notation; empty when it is none."""
    digits = re.sub(r"[^0-9a-f]", "", text.lower()) if _HEX.fullmatch(text) else ""
    return digits if len(digits) == 12 else ""


def numbers(text: str, countries: Iterable[str]) -> frozenset[str]:
    """Return what `text` may mean as a telephone number, in E.164, dialled from any of `countries`."""
    if not _DIALLED.fullmatch(text) or len(text) > 40:
        return frozenset()
    import phonenumbers

    found: set[str] = set()
    international = re.sub(r"^[\s(]*00", "+", text)
    for country in (*countries, None):
        try:
            number = phonenumbers.parse(international, country)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_possible_number(number):
            found.add(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
    return frozenset(found)


@dataclass(frozen=True)
class Query:
    """What was typed, read in every way that it can be meant."""

    words: list[str]
    compact: str
    email: str
    digits: str
    numbers: frozenset[str]
    mac: str
    ip: str
    countries: frozenset[str]

    @classmethod
    def read(cls, text: str, state: State) -> Query:
        """Return `text` read in every way, telephone numbers as dialled from the operators' countries."""
        text = text.strip()
        countries = frozenset(operator.country for operator in state.every(Operator))
        return cls(
            words=tokens(text),
            compact=compact(text),
            email=fold(text),
            digits="".join(re.findall(r"[0-9]", text)) if _DIALLED.fullmatch(text) else "",
            numbers=numbers(text, countries),
            mac=mac(text),
            ip=address(text),
            countries=countries,
        )


Found = tuple[float, Match]
"""How far down the list, and what."""

_DIGITS = 0.5
"""Where the digits of a ticket's reference stand: below whole numbers, above parts of telephone numbers."""


def search(state: State, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
    """Return what `Backend.search` promises."""
    query = Query.read(text, state)
    found: list[Found] = []
    for customer in state.every(Customer):
        if operator_keys and customer.operator_key not in operator_keys:
            continue
        ways = sorted(_ways(state, query, customer), key=lambda way: way[0])
        found.extend(ways[:1])
    if not found:
        found = list(_near(state, text, operator_keys))
    found.sort(key=lambda way: (way[0], fold(way[1].customer.name), way[1].customer.key))
    alone = sum(match.exact for _, match in found) == 1
    if len(found) > 1 and any(rank == _DIGITS for rank, _ in found):  # digits of a ticket, and something else
        alone = False
    return tuple(match if alone else replace(match, exact=False) for _, match in found[:limit])


def _near(state: State, text: str, operator_keys: frozenset[Key]) -> Iterator[Found]:
    """Yield whose name is spelt much like the text; each word by its beginning or by another spelling of it."""
    words = typed_words(text)
    meant = {word: spellings(word) for word in words}
    for customer in state.every(Customer):
        if operator_keys and customer.operator_key not in operator_keys:
            continue
        places = [customer.place, *(line.place for line in state.every(Line) if line.customer_key == customer.key)]
        there = name_words(customer.name)
        held = there + [token for place in places for part in _parts(place) for token in tokens(part)]
        changed = [word for word in words if not begins([word], held)]
        if changed and all(meant[word].intersection(there) for word in changed):
            yield 7 + len(changed), Match(customer, MatchedOn.NAME, customer.name, near=True)


def _ways(state: State, query: Query, customer: Customer) -> Iterator[Found]:
    """Yield each way in which the query means this customer; exact ones are 0."""
    lines = [line for line in state.every(Line) if line.customer_key == customer.key]
    yield from _by_reference(state, query, customer, lines)
    yield from _by_device(query, customer, lines)
    yield from _by_telephone(query, customer, lines)
    yield from _by_email(query, customer)
    there = name_words(customer.name)
    if begins(query.words, there):
        whole = set(query.words) <= set(there)
        yield (1 if whole else 2), Match(customer, MatchedOn.NAME, customer.name)
    yield from _by_place(query, customer, [customer.place, *(line.place for line in lines)])


def _by_reference(state: State, query: Query, customer: Customer, lines: list[Line]) -> Iterator[Found]:
    named: list[tuple[MatchedOn, str, Key]] = [(MatchedOn.NUMBER, customer.number, "")]
    named += [(MatchedOn.TICKET, x.reference, x.key) for x in state.every(Ticket) if x.customer_key == customer.key]
    named += [(MatchedOn.CONTACT, x.reference, x.key) for x in state.every(Contact) if x.customer_key == customer.key]
    named += [(MatchedOn.LINE, line.number, line.key) for line in lines]
    named += [(MatchedOn.CONTRACT, x.number, x.key) for x in state.every(Contract) if x.customer_key == customer.key]
    for on, reference, key in named:
        if query.compact and compact(reference) == query.compact:
            yield 0, Match(customer, on, reference, exact=True, record_key=key)
        elif on is MatchedOn.TICKET and _has_digits(compact(reference), query.compact):
            yield _DIGITS, Match(customer, on, reference, exact=True, record_key=key)


def _has_digits(reference: str, typed: str) -> bool:
    """Return whether `typed` are the digits, four or more, behind the letters of a reference: callers say no more."""
    digits = re.fullmatch(r"[a-z]*([0-9]{4,})", reference)
    return digits is not None and digits[1] == typed


def _by_device(query: Query, customer: Customer, lines: list[Line]) -> Iterator[Found]:
    for line in lines:
        if query.mac and mac(line.mac) == query.mac:
            yield 0, Match(customer, MatchedOn.MAC, line.mac, exact=True, record_key=line.key)
        if query.ip and address(line.ip) == query.ip:
            yield 0, Match(customer, MatchedOn.IP, line.ip, exact=True, record_key=line.key)


def _by_telephone(query: Query, customer: Customer, lines: list[Line]) -> Iterator[Found]:
    known = [(point.value, "") for point in customer.points if point.kind in _TELEPHONES]
    known += [(line.phone, line.key) for line in lines if line.phone]
    for value, key in known:
        if query.numbers & ({value} | numbers(value, query.countries)):
            yield 0, Match(customer, MatchedOn.PHONE, value, exact=True, record_key=key)
        elif _is_part(query.digits, value):
            yield 3, Match(customer, MatchedOn.PHONE, value, record_key=key)


def _is_part(digits: str, value: str) -> bool:
    """Return whether `digits` end a telephone number, or begin it with or without its country code."""
    whole = "".join(re.findall(r"[0-9]", value))
    begun = digits.removeprefix("00").lstrip("0")
    if len(digits) >= SHORTEST_NUMBER and whole.endswith(digits):
        return True
    starts = (whole, *(whole[size:].lstrip("0") for size in (1, 2, 3)))
    return len(begun) >= SHORTEST_NUMBER and any(start.startswith(begun) for start in starts)


def _by_email(query: Query, customer: Customer) -> Iterator[Found]:
    for point in customer.points:
        value = fold(point.value)
        if point.kind is not PointKind.EMAIL or not query.email:
            continue
        if value == query.email:
            yield 0, Match(customer, MatchedOn.EMAIL, point.value, exact=True)
        elif len(query.email) > 2 and value.startswith(query.email):
            yield 4, Match(customer, MatchedOn.EMAIL, point.value)


def _parts(place: Place) -> tuple[str, ...]:
    return (place.street, place.house, place.unit, place.postcode, place.town, place.region)


def _by_place(query: Query, customer: Customer, places: list[Place]) -> Iterator[Found]:
    for place in places:
        parts = _parts(place)
        shown = " ".join(part for part in parts if part)
        if query.compact and compact(place.postcode) == query.compact:
            yield 5, Match(customer, MatchedOn.POSTCODE, place.postcode)
        elif any(word.isalpha() for word in query.words) and has_words(query.words, *parts):
            yield 6, Match(customer, MatchedOn.PLACE, shown)
