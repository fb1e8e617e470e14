"""One box for everything that a caller may say: the text is read in every way it can be meant, cheapest first.

Exact numbers come before telephone numbers and mailboxes, those before names (whole words before beginnings, who was
in touch lately first), those before places. Each way is a range of one index; none looks through a table.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from backends.clean import fold, tokens
from backends.port import Match, MatchedOn
from backends.records import Customer, Key, Line, Place
from backends.sql import leaving, names, nearness, phones
from backends.sql.columns import key_of, row_of
from backends.sql.finding import LAST, Asked, Found
from backends.sql.index import EMAIL, IP, MAC, MAC_REVERSED, TELEPHONES, address_of, digits_of, hex_of
from backends.sql.shapes import BY_KIND, comparable

LONGEST = 200
"""Characters of a query that are read: more than any name, address or number has."""
SHORTEST = 3
"""Letters and digits from which the beginning of a number or mailbox is looked for."""
SHORTEST_DIGITS = 4
"""Digits from which a ticket is found by those of its reference alone."""

_REFERENCES = (
    ("customer", "number", MatchedOn.NUMBER),
    ("ticket", "reference", MatchedOn.TICKET),
    ("contact", "reference", MatchedOn.CONTACT),
    ("line", "number", MatchedOn.LINE),
    ("contract", "number", MatchedOn.CONTRACT),
)
_SHORT_MAC = 6
_DEVICE = re.compile(r"[0-9a-fA-F:.\-/ ]{2,50}")


def search(connection: sqlite3.Connection, text: str, limit: int, operator_keys: frozenset[Key]) -> tuple[Match, ...]:
    """Return customers that `text` may mean, best first, each once."""
    text = text.encode("utf-8", "replace").decode().replace("\0", " ")[:LONGEST].strip()
    operators = tuple(row for key in operator_keys if (row := row_of("operator", key)) is not None)
    if not text or limit < 1 or (operator_keys and not operators):
        return ()
    asked = Asked(connection, text, limit, operators)
    best: dict[int, Found] = {}
    for way in _WAYS:
        for found in way(asked):
            if not leaving.may_be_found(connection, found.row, found.on):
                continue
            before = best.get(found.row)
            if before is None or found.rank < before.rank:
                best[found.row] = found
        if len(best) >= limit and not any(found.only for found in best.values()):
            break
    if not best:
        best = {found.row: found for found in nearness.find(asked)}
    ranked = sorted(best.values(), key=lambda one: (one.rank, -one.recent, one.row))
    matches = [match for one in ranked[:limit] if (match := _match(asked, one)) is not None]
    exact = sum(found.exact for found in best.values())
    if exact > 1 or (len(best) > 1 and any(found.only for found in best.values())):
        return tuple(replace(match, exact=False) for match in matches)  # what means two customers is not exact
    return tuple(matches)


def _match(asked: Asked, found: Found) -> Match | None:
    """Return the match with its customer, and the piece of data that matched as people write it."""
    shape = BY_KIND["customer"]
    held = asked.connection.execute(f"SELECT {shape.selected} FROM customer WHERE id = ?", (found.row,)).fetchone()  # noqa: S608
    if held is None:
        return None
    customer = _customer(held)
    line = _line(asked, found.line) if found.line else None
    record_key = found.record_key or (line.key if line else "")
    shown = found.shown or _shown(asked, customer, line, found)
    return Match(customer, found.on, shown, found.exact, record_key, found.near)


@lru_cache(maxsize=256)
def _customer(held: tuple[Any, ...]) -> Customer:
    """Return the customer of a row; with each letter typed mostly the same ones are found again."""
    found: Customer = BY_KIND["customer"].build(held)
    return found


def _line(asked: Asked, row: int) -> Line | None:
    shape = BY_KIND["line"]
    query = f"SELECT {leaving.selected(shape)} FROM line WHERE id = ?"  # noqa: S608 -- names of our own
    held = asked.connection.execute(query, (row,)).fetchone()
    return None if held is None else shape.build(held)


def _shown(asked: Asked, customer: Customer, line: Line | None, found: Found) -> str:
    match found.on:
        case MatchedOn.NUMBER:
            return customer.number
        case MatchedOn.PHONE if line is not None:
            return line.phone
        case MatchedOn.PHONE:
            numbers = [point.value for point in customer.points if point.kind in TELEPHONES]
            return next((value for value in numbers if digits_of(value) == found.code), found.code)
        case MatchedOn.EMAIL:
            values = [point.value for point in customer.points if point.kind not in TELEPHONES]
            return next((value for value in values if fold(value) == found.code), found.code)
        case MatchedOn.MAC if line is not None:
            return line.mac
        case MatchedOn.IP if line is not None:
            return line.ip
        case MatchedOn.POSTCODE | MatchedOn.PLACE:
            return _place_shown(asked, customer, found)
    return customer.name


def _place_shown(asked: Asked, customer: Customer, found: Found) -> str:
    """Return the first of a customer's places, their own before those of their lines, that has the typed words."""
    words = tokens(asked.text)

    def missing(place: Place) -> int:
        there = {*tokens(_one_line(place)), "".join(tokens(place.postcode))}
        return sum(not any(one.startswith(word) for one in there) for word in words)

    best = customer.place
    if missing(best):
        shape = BY_KIND["line"]
        query = f"SELECT {leaving.selected(shape)} FROM line WHERE customer_id = ?"  # noqa: S608 -- names of our own
        held = asked.connection.execute(query, (found.row,))
        best = min((best, *(shape.build(row).place for row in held)), key=missing)
    return best.postcode if found.on is MatchedOn.POSTCODE else _one_line(best)


def _one_line(place: Place) -> str:
    parts = (place.street, place.house, place.unit, place.postcode, place.town, place.region)
    return " ".join(part for part in parts if part)


def _by_reference(asked: Asked) -> Iterator[Found]:
    """Yield who is meant by a number or reference, however its parts are separated."""
    plain = comparable(asked.text)
    for kind, field, on in _REFERENCES:
        if leaving.never_found_by(on):
            continue
        own = kind == "customer"
        query = (
            f'SELECT id, {"id" if own else "customer_id"} AS customer_id, "{field}" FROM "{kind}"'  # noqa: S608
            f' WHERE "{field}_key" = ?{_theirs(asked, kind)} LIMIT ?'
        )
        for each in (plain, f"C{plain}") if own and plain.isdigit() else (plain,):
            for row, customer, shown in asked.connection.execute(query, (each, asked.limit)):
                record_key = "" if own else key_of(kind, row)
                yield Found(customer, 0, on, shown=shown, exact=True, record_key=record_key)


def _theirs(asked: Asked, kind: str) -> str:
    """Return the condition that rows of `kind` belong to the operators asked for."""
    if kind != "customer" or not asked.operators:
        return asked.theirs
    return f" AND operator_id IN ({', '.join(str(int(row)) for row in asked.operators)})"


def _by_beginning(asked: Asked) -> Iterator[Found]:
    """Yield customers whose number begins so."""
    plain = comparable(asked.text)
    if len(plain) < SHORTEST or not any(character.isdigit() for character in plain):
        return
    query = (
        "SELECT id, number FROM customer WHERE number_key >= ? AND number_key < ?"  # noqa: S608
        f"{_theirs(asked, 'customer')} ORDER BY number_key LIMIT ?"
    )
    for start in (plain, f"C{plain}") if plain.isdigit() else (plain,):
        for row, number in asked.connection.execute(query, (start, start + LAST, asked.limit)):
            yield Found(row, 30, MatchedOn.NUMBER, shown=number)


def _by_digits(asked: Asked) -> Iterator[Found]:
    """Yield whose ticket's reference has these digits behind its letters: callers leave the letters out."""
    plain = comparable(asked.text)
    if len(plain) < SHORTEST_DIGITS or not (plain.isascii() and plain.isdigit()):
        return
    query = (
        "SELECT id, customer_id, reference FROM ticket"  # noqa: S608
        f" WHERE ltrim(reference_key, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') = ? AND reference_key <> ?{asked.theirs} LIMIT ?"
    )
    found = asked.connection.execute(query, (plain, plain, asked.limit + 1)).fetchall()
    for row, customer, shown in found:
        record_key = key_of("ticket", row)
        alone = len(found) == 1
        yield Found(customer, 15, MatchedOn.TICKET, shown=shown, exact=alone, only=True, record_key=record_key)


def _by_email(asked: Asked) -> Iterator[Found]:
    if "@" in asked.text:
        yield from _mailboxes(asked)


def _by_mailbox(asked: Asked) -> Iterator[Found]:
    """Yield whose e-mail begins so; without the sign of one it is a name first."""
    if "@" not in asked.text:
        yield from _mailboxes(asked)


def _mailboxes(asked: Asked) -> Iterator[Found]:
    typed = fold(asked.text)
    if " " in typed or len(typed) < SHORTEST or typed.isdigit():
        return
    for code, row, _line_row in asked.codes(EMAIL, typed):
        whole = code == typed
        yield Found(row, 10 if whole else 53, MatchedOn.EMAIL, code, exact=whole)


def _by_device(asked: Asked) -> Iterator[Found]:
    """Yield who has the device with this MAC or IP address; three bytes of a MAC are enough, from either end."""
    if _DEVICE.fullmatch(asked.text) is None or leaving.never_found_by(MatchedOn.MAC):
        return
    address = address_of(asked.text)
    if address or asked.text.count(".") >= 2:
        for code, row, line in asked.codes(IP, address or asked.text.lower()):
            if code == address or not address:
                yield Found(row, 0 if address else 35, MatchedOn.IP, code, exact=bool(address), line=line)
    plain = hex_of(asked.text)
    parted = re.search(r"[:.\-]", asked.text) is not None or not plain.isdigit()
    if (_SHORT_MAC <= len(plain) < 12 and parted) or len(plain) == 12:
        for kind, start in ((MAC, plain), (MAC_REVERSED, plain[::-1])):
            for code, row, line in asked.codes(kind, start):
                exact = len(code) == len(plain)
                yield Found(row, 0 if exact else 35, MatchedOn.MAC, code, exact=exact, line=line)


_WAYS: Sequence[Callable[[Asked], Iterator[Found]]] = (
    _by_reference,
    _by_digits,
    _by_device,
    _by_email,
    phones.find,
    _by_beginning,
    names.find,
    _by_mailbox,
)
"""The ways to read a text, in the order of their cost and, mostly, of their rank."""
