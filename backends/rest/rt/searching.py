"""Finding customers in RT: several narrow questions at once, whose answers are compared here again (`matching`)."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence

from backends.clean import fold
from backends.errors import NotFound, Refused
from backends.port import Match
from backends.records import Contact, Customer, Key, Ticket
from backends.rest.rt import people, talks
from backends.rest.rt.matching import SHORTEST_NUMBER, Query, Ranked, ranked, settled
from backends.rest.rt.reading import Reader, reference_terms
from backends.rest.rt.rows import TicketRow, UserRow
from backends.rest.rt.wire import PAGE, quoted

Terms = Sequence[Mapping[str, str]]

_LONGEST = 200  # characters of a text that may mean somebody
_LONGEST_WORD = 40
_MOST_WORDS = 6
_SHORTEST_WORD = 4
_TELLING_DIGITS = 7  # of a telephone number's end: without the country and the zero before it
_PLACES = ("Address1", "City", "Zip")
_ACCENTED = frozenset("acdegilnorstuyz")
"""Letters that stand for accented ones, which most databases tell apart."""
_MOST_READ = 60  # users whose whole record is read for one search


async def search(reader: Reader, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
    """Return what `Backend.search` promises."""
    options = reader.options
    if operator_keys and options.operator.key not in operator_keys:
        return ()
    query = Query.read(text, options.operator.country)
    if not query.compact or len(query.text) > _LONGEST or limit < 1:
        return ()
    tickets, contact = await asyncio.gather(_tickets_meant(reader, query), _contact_meant(reader, query))
    contacts = [contact] if contact is not None else []
    keys = {ticket.customer_key for ticket in tickets} | {each.customer_key for each in contacts}
    found = await _ranked(reader, query, keys | await _people(reader, query), tickets, contacts)
    if not found:
        found = await _ranked(reader, query, await _unaccented(reader, query), [], [])
    return settled(found, limit)


async def _ranked(
    reader: Reader, query: Query, keys: Iterable[Key], tickets: Sequence[Ticket], contacts: Sequence[Contact]
) -> list[Ranked]:
    """Return the customers among `keys` whom the query means, as they are now; staff are none."""
    found: list[Ranked] = []
    for customer in await reader.customers(sorted(key for key in keys if key)[:_MOST_READ]):
        way = ranked(
            query, customer,
            [ticket for ticket in tickets if ticket.customer_key == customer.key],
            [contact for contact in contacts if contact.customer_key == customer.key],
        )  # fmt: skip
        if way is not None:
            found.append(way)
    return found


async def _people(reader: Reader, query: Query) -> set[Key]:
    """Return the keys of users who may be meant by name, number, address, telephone or place."""
    asked = [reader.wire.users(terms) for terms in _terms(reader, query)]
    users, owners = await asyncio.gather(asyncio.gather(*asked), _owners(reader, query))
    rows = {user.id: user for found in users for user in found}
    keys = {people.key_of(number) for number, user in rows.items() if _is_meant(reader, query, user)}
    number = re.fullmatch(r"u([0-9]{1,18})", query.compact)
    return keys | owners | ({people.key_of(int(number[1]))} if number else set())


def _is_meant(reader: Reader, query: Query, user: UserRow) -> bool:
    customer: Customer = people.customer_of(user, reader.options)
    return ranked(query, customer, ()) is not None


def _terms(reader: Reader, query: Query) -> list[Terms]:
    """Return searches over users: each finds those who are meant in one way, and perhaps others."""
    options = reader.options
    found: list[Terms] = []
    typed = _words(query.text)
    if typed and any(character.isalpha() for character in query.text):
        found += [_all_words("RealName", typed), _all_words("City", typed)]
    if len(query.email) > 2 and " " not in query.text:
        found.append([{"field": "EmailAddress", "operator": "STARTSWITH", "value": query.text.lower()}])
    if options.number_field and len(query.compact) <= _LONGEST_WORD:
        found.append(_in_field(options.number_field, "%".join(query.compact)))
    if options.phones_field and len(query.digits) >= SHORTEST_NUMBER:
        found.append(_in_field(options.phones_field, _telling(query)))
    return found


def _words(text: str) -> list[str]:
    """Return the words as typed, without the signs around them and those that RT's pattern would take for its own."""
    words = re.findall(r"[^\W_]+(?:['’\-][^\W_]+)*", text)
    return [re.sub(r"['’\-]", "_", word) for word in words[:_MOST_WORDS] if len(word) <= _LONGEST_WORD]


def _all_words(name: str, words: Iterable[str]) -> Terms:
    return [{"field": name, "operator": "LIKE", "value": word, "entry_aggregator": "AND"} for word in words]


def _in_field(name: str, pattern: str) -> Terms:
    return [{"field": f"CustomField.{{{name}}}", "operator": "LIKE", "value": pattern}]


def _telling(query: Query) -> str:
    digits = query.digits.lstrip("0") or query.digits
    return digits[-_TELLING_DIGITS:]


async def _owners(reader: Reader, query: Query) -> set[Key]:
    """Return requestors of tickets by what RT does not search users by: telephone and address."""
    terms: list[str] = []
    if len(query.digits) >= SHORTEST_NUMBER:
        # RT keeps numbers as they were typed: any sign may stand between the digits
        like = quoted("%".join(_telling(query)))
        terms += [f"Requestor.{name} LIKE {like}" for name in ("MobilePhone", "HomePhone", "WorkPhone")]
    words = _words(query.text)
    if words and len(query.text) <= _LONGEST_WORD and not terms:
        terms += [f"Requestor.{name} LIKE {quoted(words[0])}" for name in _PLACES]
    elif words:
        terms.append(f"Requestor.Zip LIKE {quoted('%'.join(query.compact[:12]))}")
    if not terms:
        return set()
    return _requestors(await reader.wire.tickets_at_most(" OR ".join(terms), PAGE))


def _requestors(rows: Iterable[TicketRow]) -> set[Key]:
    return {people.key_of(number) for row in rows for number in row.requestors}


async def _unaccented(reader: Reader, query: Query) -> set[Key]:
    """Return the keys of users whose name has the typed letters, some of them perhaps with accents.

    RT cannot fold: letters that may carry an accent are asked for as any letter.
    """
    words = [word for word in query.words if len(word) > 1 and not word.isdigit()][:_MOST_WORDS]
    if not words or len(words) < len(query.words):
        return set()
    patterns = [_pattern(word) for word in words]
    if all(set(pattern) <= {"_", "%"} for pattern in patterns) and max(map(len, words)) < _SHORTEST_WORD:
        return set()  # any name would do
    asked = [_all_words(name, patterns) for name in ("RealName", "City")]
    found = await asyncio.gather(*(reader.wire.users(terms) for terms in asked))
    return {people.key_of(user.id) for users in found for user in users if _is_meant(reader, query, user)}


def _pattern(word: str) -> str:
    loose = re.sub(r"ss|ae|oe|ue|th|aa", "%", fold(word))
    return "".join("_" if letter in _ACCENTED or not letter.isascii() else letter for letter in loose)


async def _tickets_meant(reader: Reader, query: Query) -> list[Ticket]:
    """Return the tickets whose reference, or its digits, the text may be."""
    if len(query.compact) > _LONGEST_WORD:
        return []
    terms = reference_terms(query.text, reader.options)
    if query.compact.isascii() and query.compact.isdigit() and 4 <= len(query.compact) < 19:
        terms.append(f"id = {int(query.compact)}")
    if not terms:
        return []
    rows = await reader.wire.tickets_at_most(" OR ".join(dict.fromkeys(terms)), PAGE)
    return [reader.ticket_of(case) for case in await reader.book.cases(rows)]


async def _contact_meant(reader: Reader, query: Query) -> Contact | None:
    number = re.fullmatch(re.escape("".join(filter(str.isalnum, talks.REFERENCE.lower()))) + r"([0-9]{1,18})",
                          query.compact)  # fmt: skip
    if number is None:
        return None
    try:
        return await reader.contact(talks.contact_key(int(number[1])))
    except (NotFound, Refused):
        return None
