"""How the fake Zammad searches: a little of Lucene's syntax over tokens as Elasticsearch makes them, or LIKE in SQL.

Words of a field are its runs of letters and digits in lower case, accents kept, as the standard analyser gives them. A
bare word matches any field. `AND` is understood between words; operators are upper case; what is not well formed raises
`BadQuery`, as the real one fails.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping
from typing import Any

Row = Mapping[str, Any]
Test = Callable[[Row], bool]

_PIECE = re.compile(r'\s*(\(|\)|[\w.]+:(?=\()|(?:[\w.]+:)?"[^"]*"|(?:[\w.]+:)?[^\s()":]+)')
_SPECIAL = re.compile(r"[+\-!{}\[\]^~?\\/&|<>=]")


class BadQuery(Exception):
    """The query is not well formed."""


def tokens(value: object) -> list[str]:
    """Return the words of a field as they are indexed."""
    if isinstance(value, Mapping):
        return [token for each in value.values() for token in tokens(each)]
    if isinstance(value, list):
        return [token for each in value for token in tokens(each)]
    return re.findall(r"\w+", str(value).lower()) if value is not None else []


def matcher(query: str) -> Test:
    """Return whether a row is found by a query; raises BadQuery."""
    pieces: list[str] = []
    place = 0
    while query[place:].strip():
        found = _PIECE.match(query, place)
        if found is None:
            raise BadQuery(query)
        pieces.append(found[1])
        place = found.end()
    if not pieces:
        return lambda row: False
    test, rest = _either(pieces, "")
    if rest:
        raise BadQuery(query)
    return test


def _either(pieces: list[str], field: str) -> tuple[Test, list[str]]:
    test, pieces = _all(pieces, field)
    tests = [test]
    while pieces and pieces[0] == "OR":
        test, pieces = _all(pieces[1:], field)
        tests.append(test)
    return (lambda row: any(each(row) for each in tests)), pieces


def _all(pieces: list[str], field: str) -> tuple[Test, list[str]]:
    tests: list[Test] = []
    while pieces and pieces[0] not in (")", "OR"):
        if pieces[0] == "AND":
            pieces = pieces[1:]
        test, pieces = _one(pieces, field)
        tests.append(test)
    if not tests:
        raise BadQuery("an operator without words")
    return (lambda row: all(each(row) for each in tests)), pieces


def _one(pieces: list[str], field: str) -> tuple[Test, list[str]]:
    if not pieces or pieces[0] in ("AND", "OR", ")"):
        raise BadQuery("an operator without words")
    if pieces[0] == "NOT":
        test, rest = _one(pieces[1:], field)
        return (lambda row: not test(row)), rest
    if pieces[0] == "(" or pieces[0].endswith(":"):
        named = pieces[0].rstrip(":") if pieces[0] != "(" else field
        begin = 1 if pieces[0] == "(" else 2
        test, rest = _either(pieces[begin:], named)
        if not rest or rest[0] != ")":
            raise BadQuery("a bracket is open")
        return test, rest[1:]
    name, colon, value = pieces[0].partition(":")
    return (_term(name, value) if colon else _term(field, pieces[0])), pieces[1:]


def _term(field: str, value: str) -> Test:
    if value.startswith('"'):
        words = tokens(value.strip('"'))
        return lambda row: any(_in_row(words, held) for held in _fields(row, field))
    if value == "*":
        return lambda row: not field or bool(tokens(row.get(field)))
    if _SPECIAL.search(value.replace("-", "").replace("+", "")):
        raise BadQuery(value)
    if "*" in value:
        pattern = value.lower()
        return lambda row: any(fnmatch.fnmatchcase(token, pattern) for held in _fields(row, field) for token in held)
    words = tokens(value)
    return lambda row: bool(words) and any(_in_row(words, held) for held in _fields(row, field))


def _fields(row: Row, field: str) -> list[list[str]]:
    if not field:
        return [tokens(value) for value in row.values()]
    name = field.removesuffix(".name")
    return [tokens(row.get(name))]


def _in_row(words: list[str], held: list[str]) -> bool:
    return any(held[start : start + len(words)] == words for start in range(len(held) - len(words) + 1))


def like(query: str, *fields: object) -> bool:
    """Return whether one of the fields holds the query, as `ILIKE '%query%'` says."""
    return any(query.lower() in str(field or "").lower() for field in fields)


def fulfils(condition: Mapping[str, Any], row: Row) -> bool:
    """Return whether a row meets each part of a condition."""
    for name, wanted in condition.items():
        value, operator = wanted["value"], wanted["operator"]
        held = str(row.get(name.partition(".")[2]))
        values = [str(each) for each in value] if isinstance(value, list) else [str(value)]
        if operator not in ("is", "is not") or (held in values) is not (operator == "is"):
            return False
    return True
