"""Finding customers by whatever was typed, in a Zammad with Elasticsearch or without.

What the server's search gives is a proposal: words match any field of a user there, numbers are free text, and a
search without Elasticsearch knows names and addresses alone. So several questions are put at once, and every answer is
checked here before it counts. What was typed becomes words and digits only; nothing of it is ever query language.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from backends import clean
from backends.clean import fold, tokens
from backends.errors import NotFound
from backends.port import Match, MatchedOn
from backends.records import Customer, Key, Place, PointKind
from backends.rest.zammad import phones, rows
from backends.rest.zammad.cases import key_for
from backends.rest.zammad.pages import begins
from backends.rest.zammad.people import SYSTEM
from backends.rest.zammad.reading import Reader
from backends.rest.zammad.rows import Row

_MOST_WORDS = 8
_LONGEST_WORD = 60
_SHORTEST_NUMBER = 4
_ASKED = 50
"""Users asked for by each question."""
_TELEPHONES = frozenset({PointKind.PHONE, PointKind.MOBILE, PointKind.FAX})
_EMAIL = re.compile(r"[\w.+-]+@[\w.-]*", re.ASCII)
Found = tuple[int, Match]


@dataclass(frozen=True, slots=True)
class _Typed:
    """What was typed, read in every way that it can be meant."""

    words: list[str]
    raw: list[str]
    compact: str
    email: str
    digits: str
    number: str
    """In E.164, when it is a whole telephone number."""

    @classmethod
    def read(cls, text: str, country: str) -> _Typed:
        """Return `text` read in every way; numbers as dialled from `country`."""
        text = text.strip()
        words = tokens(text)
        return cls(
            words,
            list(re.findall(r"[^\W_]+", clean.line(text).lower())),
            "".join(words),
            fold(text),
            phones.digits(text) if len(text) <= _LONGEST_WORD else "",
            phones.e164(text, country),
        )


async def search(reader: Reader, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
    """Return what `Backend.search` promises."""
    operator = reader.site.options.operator
    if len(text) > 4_000 or (operator_keys and operator.key not in operator_keys):
        return ()
    typed = _Typed.read(text, operator.country)
    if not typed.words or len(typed.words) > _MOST_WORDS or max(map(len, typed.words)) > _LONGEST_WORD:
        return ()
    tickets = await _tickets(reader, typed)
    users = await _users(reader, typed, tickets)
    found: list[Found] = []
    for row in users.values():
        customer = reader.customer_from(row)
        by_ticket = [_by_ticket(customer, ticket, typed) for ticket in tickets]
        ways = sorted((*_ways(typed, customer), *filter(None, by_ticket)), key=lambda way: way[0])
        found.extend(ways[:1])
    found.sort(key=lambda way: (way[0], fold(way[1].customer.name), way[1].customer.key))
    alone = sum(match.exact for _, match in found) == 1
    if len(found) > 1 and any(match.on is MatchedOn.TICKET for _, match in found):
        alone = False  # digits may be a ticket's or a telephone's
    return tuple(match if alone else replace(match, exact=False) for _, match in found[:limit])


async def _users(reader: Reader, typed: _Typed, tickets: list[Row]) -> dict[int, Row]:
    """Return users whom any of the questions brings, and those of the tickets with this number."""
    asked = [reader.site.searched("User", {"query": query}, most=_ASKED) for query in _questions(reader, typed)]
    found = rows.by_id(*await reader.site.together(asked))
    wanted = {rows.number(row, "customer_id") for row in tickets}
    if typed.compact.isascii() and typed.compact.isdigit() and len(typed.compact) < 12:
        wanted.add(int(typed.compact))
    for key in wanted - found.keys() - {0}:
        try:
            found |= rows.by_id([await reader.site.user(key)])
        except NotFound:
            continue
    return {key: row for key, row in found.items() if key > SYSTEM and row.get("active", True) is not False}


async def _tickets(reader: Reader, typed: _Typed) -> list[Row]:
    """Return the tickets whose number was typed, by its digits."""
    if not (typed.compact.isascii() and typed.compact.isdigit() and len(typed.compact) >= _SHORTEST_NUMBER):
        return []
    for query in (f"number:{typed.compact}", typed.compact):
        got = await reader.site.searched("Ticket", {"query": query})
        found = [row for row in got if rows.raw(row, "number") == typed.compact]
        if found:
            return found
    return []


def _questions(reader: Reader, typed: _Typed) -> Iterator[str]:
    """Yield queries that are understood with Elasticsearch, and plain words for searches without."""
    words = [_either(word, folded) for word, folded in _pairs(typed)]
    yield " AND ".join(words)
    yield " ".join(typed.raw)
    if len(typed.words) > 1:
        yield max(typed.raw, key=len)  # a search in SQL looks for all of it in one field
    if _EMAIL.fullmatch(typed.email):
        yield f'email:"{typed.email}"'
        yield typed.email
    if len(typed.digits) >= _SHORTEST_NUMBER:
        fields = ("phone", "mobile", "fax")
        ways = phones.notations(
            typed.digits if not typed.number else typed.number, reader.site.options.operator.country
        )
        yield " OR ".join(f'{name}:"{way}"' for name in fields for way in ways)
        bare = typed.digits.lstrip("0")
        if bare:
            yield " OR ".join(f"{name}:*{bare}*" for name in fields)
    if "number" in reader.site.options.customer:
        name = reader.site.options.customer["number"]
        yield " AND ".join(f"{name}:{word}" for word in typed.words)
        yield f"{name}:*{typed.compact}*"


def _pairs(typed: _Typed) -> Iterable[tuple[str, str]]:
    if len(typed.raw) == len(typed.words):
        return list(zip(typed.raw, typed.words, strict=True))
    return [(word, word) for word in typed.words]


def _either(word: str, folded: str) -> str:
    ways = list(dict.fromkeys((word, folded, folded.replace("ss", "ß"))))
    return f"{word}*" if len(ways) == 1 else f"({' OR '.join(f'{way}*' for way in ways)})"


# checking -------------------------------------------------------------------------------------------------------------


def _ways(typed: _Typed, customer: Customer) -> Iterator[Found]:
    """Yield each way in which the text means this customer; exact ones are 0."""
    if "".join(tokens(customer.number)) == typed.compact:
        yield 0, Match(customer, MatchedOn.NUMBER, customer.number, exact=True)
    yield from _by_telephone(typed, customer)
    yield from _by_email(typed, customer)
    there = list(dict.fromkeys((*tokens(customer.name), *tokens(re.sub(r"['-]", "", fold(customer.name))))))
    if begins(typed.words, there):
        whole = set(typed.words) <= set(there)
        yield (1 if whole else 2), Match(customer, MatchedOn.NAME, customer.name)
    yield from _by_place(typed, customer.place, customer)


def _by_ticket(customer: Customer, row: Row, typed: _Typed) -> Found | None:
    if rows.number(row, "customer_id") != int(customer.key.partition(":")[2]):
        return None
    key = key_for(rows.number(row, "id"))
    return 0, Match(customer, MatchedOn.TICKET, rows.line(row, "number"), exact=True, record_key=key)


def _by_telephone(typed: _Typed, customer: Customer) -> Iterator[Found]:
    for point in customer.points:
        if point.kind not in _TELEPHONES:
            continue
        if typed.number and typed.number == point.value:
            yield 0, Match(customer, MatchedOn.PHONE, point.value, exact=True)
        elif _is_part(typed.digits, point.value):
            yield 3, Match(customer, MatchedOn.PHONE, point.value)


def _is_part(digits: str, value: str) -> bool:
    """Return whether `digits` end a telephone number, or begin it with or without its country code."""
    whole = "".join(re.findall(r"[0-9]", value))
    begun = digits.removeprefix("00").lstrip("0")
    if len(digits) >= _SHORTEST_NUMBER and whole.endswith(digits):
        return True
    starts = (whole, *(whole[size:].lstrip("0") for size in (1, 2, 3)))
    return len(begun) >= _SHORTEST_NUMBER and any(start.startswith(begun) for start in starts)


def _by_email(typed: _Typed, customer: Customer) -> Iterator[Found]:
    for point in customer.points:
        value = fold(point.value)
        if point.kind is not PointKind.EMAIL:
            continue
        if value == typed.email:
            yield 0, Match(customer, MatchedOn.EMAIL, point.value, exact=True)
        elif len(typed.email) > 2 and value.startswith(typed.email):
            yield 4, Match(customer, MatchedOn.EMAIL, point.value)


def _by_place(typed: _Typed, place: Place, customer: Customer) -> Iterator[Found]:
    parts = (place.street, place.house, place.unit, place.postcode, place.town)
    if place.postcode and "".join(tokens(place.postcode)) == typed.compact:
        yield 5, Match(customer, MatchedOn.POSTCODE, place.postcode)
    elif any(word.isalpha() for word in typed.words) and begins(
        typed.words, [token for part in parts for token in tokens(part)]
    ):
        yield 6, Match(customer, MatchedOn.PLACE, " ".join(part for part in parts if part))
