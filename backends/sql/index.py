"""What searching needs beside the records: folded words, comparable codes, and the full-text index.

All of it is made from the records in the transaction that stores them, so that what was just written is found at
once, and can be made anew from them.
"""

from __future__ import annotations

import ipaddress
import re
import sqlite3
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import replace

from backends.clean import fold, tokens
from backends.records import Contact, ContactPoint, Customer, Line, Place, PointKind
from backends.sql.columns import micros, row_of
from backends.sql.shapes import BY_KIND

NAME, PLACE, POSTCODE = 0, 1, 2
"""`search_word.field`"""

PHONE, PHONE_REVERSED, EMAIL, MAC, MAC_REVERSED, IP = "phone", "phone_reversed", "email", "mac", "mac_reversed", "ip"
"""`search_code.kind`"""

TELEPHONES = frozenset({PointKind.PHONE, PointKind.MOBILE, PointKind.FAX})

LONGEST_WORD = 64
"""Characters of a word that are indexed."""

_ID_BITS = 31
_ID_MASK = (1 << _ID_BITS) - 1
_LAST_SECOND = (1 << 32) - 1
_HEX = re.compile("[0-9a-f]+")

Words = set[tuple[int, str]]
Codes = set[tuple[str, str, int]]


def digits_of(text: str) -> str:
    """Return the ASCII digits of `text`."""
    return re.sub("[^0-9]", "", text)


def hex_of(text: str) -> str:
    """Return the hexadecimal digits of a MAC address in any notation; empty when other letters are in it."""
    plain = re.sub(r"[\s:.\-]", "", text.lower())
    return plain if _HEX.fullmatch(plain) else ""


def address_of(text: str) -> str:
    """Return an IP address in its one normal notation, without a prefix length; empty when it is none."""
    try:
        return str(ipaddress.ip_interface(text.strip()).ip)
    except ValueError:
        return ""


def word_row(at: int, row: int) -> int:
    """Return the row id, in the full-text index, of the contact in `row` at a moment in microseconds.

    It is the second, then the row: row ids sort as time does from 1970 to 2106; what lies outside stands at the
    nearer end.
    """
    second = min(max(at // 1_000_000, 0), _LAST_SECOND)
    return second << _ID_BITS | row


def contact_row(word_row_id: int) -> int:
    """Return the contact that a row of the full-text index is about."""
    return word_row_id & _ID_MASK


def words_of(contact: Contact) -> set[str]:
    """Return the words of a contact's text as the full-text index holds them."""
    return {word[:LONGEST_WORD] for word in tokens(f"{contact.subject}\n{contact.body}")}


def _entry(contact: Contact, words: set[str]) -> str:
    """Return what the full-text index holds of a contact: each word once, and the token of its customer."""
    return " ".join((owner_token(row_of("customer", contact.customer_key)), *sorted(words)))


def owner_token(customer: int | None) -> str:
    """Return the word that all contacts of a customer share; no folded text holds a `=`."""
    return f"={customer}"


def _name_words(text: str) -> set[str]:
    """Return the words of a name, and those with a sign inside also as one: `o`, `brien` and `obrien`."""
    found = set(tokens(text))
    for chunk in text.split():
        found.add("".join(tokens(chunk)))
    return found - {""}


def _place_words(place: Place) -> Words:
    found: Words = set()
    for part in (place.street, place.house, place.unit, place.town, place.region):
        found.update((PLACE, word) for word in _name_words(part))
    parts = tokens(place.postcode)
    found.update((POSTCODE, word) for word in parts)
    if len(parts) > 1:
        found.add((POSTCODE, "".join(parts)))
    return found


def _phone_codes(value: str, line: int) -> Codes:
    digits = digits_of(value)
    return {(PHONE, digits, line), (PHONE_REVERSED, digits[::-1], line)} if digits else set()


def _point_codes(point: ContactPoint) -> Codes:
    if point.kind in TELEPHONES:
        return _phone_codes(point.value, 0)
    return {(EMAIL, fold(point.value), 0)} if point.value else set()


def _line_codes(line: Line, row: int) -> Codes:
    found = _phone_codes(line.phone, row)
    if mac := hex_of(line.mac):
        found |= {(MAC, mac, row), (MAC_REVERSED, mac[::-1], row)}
    if line.ip:
        found.add((IP, address_of(line.ip) or line.ip.strip().lower(), row))
    return found


def entries_of(customer: Customer, lines: Iterable[tuple[int, Line]]) -> tuple[Words, Codes]:
    """Return all words and codes by which a customer is found."""
    words: Words = {(NAME, word) for word in _name_words(customer.name)} | _place_words(customer.place)
    codes: Codes = set()
    for point in customer.points:
        codes |= _point_codes(point)
    for row, line in lines:
        words |= _place_words(line.place)
        codes |= _line_codes(line, row)
    return words, codes


def index_customers(connection: sqlite3.Connection, rows: Iterable[int], fresh: set[int]) -> None:
    """Bring words and codes of these customers up to date; `fresh` ones have none yet."""
    customers, lines = BY_KIND["customer"], BY_KIND["line"]
    words: list[tuple[int, str, int]] = []
    codes: list[tuple[str, str, int, int]] = []
    for row in rows:
        if row not in fresh:
            drop_customer(connection, row)
        found = connection.execute(f"SELECT {customers.selected} FROM customer WHERE id = ?", (row,)).fetchone()  # noqa: S608
        if found is None:
            continue
        held = connection.execute(f"SELECT {lines.selected} FROM line WHERE customer_id = ?", (row,))  # noqa: S608
        new_words, new_codes = entries_of(customers.build(found), [(each[0], lines.build(each)) for each in held])
        words.extend((field, word, row) for field, word in new_words)
        codes.extend((kind, code, row, line) for kind, code, line in new_codes)
    connection.executemany("INSERT INTO search_word (field, word, customer_id) VALUES (?, ?, ?)", words)
    connection.executemany("INSERT INTO search_code (kind, code, customer_id, line_id) VALUES (?, ?, ?, ?)", codes)


def drop_customer(connection: sqlite3.Connection, row: int) -> None:
    """Forget by which words and codes a customer is found."""
    connection.execute("DELETE FROM search_word WHERE customer_id = ?", (row,))
    connection.execute("DELETE FROM search_code WHERE customer_id = ?", (row,))


def add_words(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> None:
    """Put contacts, with their whole bodies, into the full-text index."""
    if not contacts:
        return
    renew_words(connection)
    _add_words(connection, contacts)


def _add_words(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> None:
    rows, known = [], set()
    for contact in contacts:
        words = words_of(contact)
        known |= words
        rows.append((word_row(micros(contact.at), _row(contact)), _entry(contact, words)))
    connection.executemany("INSERT INTO contact_words (rowid, words) VALUES (?, ?)", rows)
    connection.executemany("INSERT OR IGNORE INTO text_word (word) VALUES (?)", [(word,) for word in sorted(known)])


def drop_words(connection: sqlite3.Connection, contacts: Sequence[Contact]) -> None:
    """Take contacts, as they were stored, out of the full-text index.

    The index keeps no text and must be told what it held; after a change of the folding that would be another text,
    so that the index is made anew first.
    """
    if not contacts:
        return
    renew_words(connection)
    gone: set[str] = set()
    for contact in contacts:
        words = words_of(contact)
        gone |= words
        connection.execute(
            "INSERT INTO contact_words (contact_words, rowid, words) VALUES ('delete', ?, ?)",
            (word_row(micros(contact.at), _row(contact)), _entry(contact, words)),
        )
    connection.executemany(
        "DELETE FROM text_word WHERE word = ? AND NOT EXISTS (SELECT 1 FROM contact_words WHERE contact_words MATCH ?)",
        [(word, f'"{word}"') for word in sorted(gone)],
    )


def _row(contact: Contact) -> int:
    row = row_of("contact", contact.key)
    assert row is not None
    return row


def folding() -> str:
    """Return a name for how texts are folded now: our rules by an example, and Python's edition of Unicode."""
    return f"{fold('Łódź Straße ÆØÅ')} {unicodedata.unidata_version} {sys.version_info[:2]}"


def renew_words(connection: sqlite3.Connection, *, always: bool = False) -> bool:
    """Make the full-text index anew when texts were folded differently before; returns whether it was."""
    now = folding()
    before = connection.execute("SELECT value FROM fact WHERE name = 'folding'").fetchone()
    if before is not None and before[0] == now and not always:
        return False
    connection.execute("INSERT INTO fact (name, value) VALUES ('folding', ?) ON CONFLICT DO UPDATE SET value = ?",
                       (now, now))  # fmt: skip
    if before is None and not always:
        return False
    connection.execute("INSERT INTO contact_words (contact_words) VALUES ('delete-all')")
    connection.execute("DELETE FROM text_word")
    shape = BY_KIND["contact"]
    found = connection.execute(
        f"SELECT contact_body.body, {shape.selected} FROM contact LEFT JOIN contact_body USING (id)"  # noqa: S608
    )
    while rows := found.fetchmany(1_000):
        _add_words(connection, [whole(shape.build(row[1:]), row[0]) for row in rows])
    return True


def whole(contact: Contact, body: str | None) -> Contact:
    """Return a contact with its whole body, which is the one kept apart where there is one."""
    return contact if body is None else replace(contact, body=body, whole=True)
