"""Card numbers in texts: what looks like one is shown with its first six and last four digits (PCI DSS 3.4).

A card number is 13 to 19 digits that begin as a card scheme's do, are grouped as cards are, and pass the check of
ISO/IEC 7812 (Luhn). Telephone numbers, IBANs and references are left alone. The three or four digits that prove the
card (CVV, CVC, CID) are taken out wholly: they may not be kept by anybody, ever (PCI DSS 3.3).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

FIRST, LAST = 6, 4
"""Digits of a card number that may be shown."""
HIDDEN = "*"

_RUN = re.compile(r"(?<![\d+*])\d(?:[ \u00a0\u2009\u202f.-]?\d){12,60}")
"""Digits with at most one sign between two of them; a number behind a plus is a telephone's."""
_SCHEMES: tuple[tuple[str, frozenset[int]], ...] = (
    (r"4", frozenset({13, 16, 19})),  # Visa
    (r"5[1-5]|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720", frozenset({16})),  # Mastercard
    (r"3[47]", frozenset({15})),  # American Express
    (r"30[0-5]|3095|36|38|39", frozenset({14, 16})),  # Diners
    (r"6011|64[4-9]|65|62", frozenset({16, 17, 18, 19})),  # Discover, UnionPay
    (r"35(2[89]|[3-8]\d)", frozenset({16, 17, 18, 19})),  # JCB
    (r"50|5[6-8]|6[0379]", frozenset({16, 18, 19})),  # Maestro
    (r"220[0-4]", frozenset({16})),  # Mir
)
_BEGINS = tuple((re.compile(begins), lengths) for begins, lengths in _SCHEMES)
_LENGTHS = (13, 19)
_LEAST_GROUP = 4
_IBAN = re.compile(r"(?<![A-Za-z0-9])([A-Z]{2}) ?\d{2}(?: ?[A-Z0-9]){11,30}")
_IBAN_LENGTHS: Mapping[str, int] = {
    "AD": 24, "AL": 28, "AT": 20, "BA": 20, "BE": 16, "BG": 22, "CH": 21, "CY": 28, "CZ": 24, "DE": 22, "DK": 18,
    "EE": 20, "ES": 24, "FI": 18, "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "HR": 21,
    "HU": 28, "IE": 22, "IL": 23, "IS": 26, "IT": 27, "LI": 21, "LT": 20, "LU": 20, "LV": 21, "MC": 27, "MD": 24,
    "ME": 22, "MK": 19, "MT": 31, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "RS": 22, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "TR": 26, "UA": 29, "VA": 22, "XK": 20,
}  # fmt: skip
"""Signs of an account number by country (registry of ISO 13616): two letters before a card are not taken for one."""
_PROOF_WORDS = (
    r"cvv2?|cvc2?|cv2|cid|csc|card security code|security code|kod (?:cvv|cvc|zabezpieczaj\w+)|kod bezpiecze\w+"
    r"|codice di sicurezza|cryptogramme(?: visuel)?|code de s\w+curit\w+|s\w+kerhetskod|kartenpr\w+fnummer|pr\w+fziffer"
)
_PROOF = re.compile(rf"(?<!\w)((?:{_PROOF_WORDS})\b[^\w\n]{{0,4}}(?:(?:is|jest|è|e|est|är|ist|no|nr)\b[^\w\n]{{0,3}})?)"
                    r"(\d{3,4})(?!\d)", re.IGNORECASE)  # fmt: skip
_BEHIND = re.compile(
    r"((?:[ \t,;/|]{1,3}(?:exp\w*[ .:]{0,2}|valid[ \w]{0,8}[ .:]{0,2})?\d{1,2} ?[/.-] ?\d{2,4})?[ \t,;/|]{1,3})"
    r"(\d{3,4})(?!:|[ .-]?\d)",
    re.IGNORECASE,
)
"""Behind a card number: its end, where that is said, and then the digits that prove it."""


class Card(NamedTuple):
    """Where a card number stands in a text, and its digits."""

    start: int
    end: int
    digits: str


def passes_luhn(digits: str) -> bool:
    """Return whether the last digit checks the others (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_card(digits: str) -> bool:
    return (
        any(len(digits) in lengths and begins.match(digits) for begins, lengths in _BEGINS)
        and len(set(digits)) > 1
        and passes_luhn(digits)
    )


def _readings(pieces: list[str]) -> Iterator[tuple[int, str]]:
    """Yield how many of the first groups can be a card, the most first, with their digits.

    Digits stand on a card in groups of four or more, the last of any length.
    """
    digits, found = "", []
    for count, piece in enumerate(pieces, start=1):
        digits += piece
        if len(digits) > _LENGTHS[1]:
            break
        if len(digits) >= _LENGTHS[0]:
            found.append((count, digits))
        if len(piece) < _LEAST_GROUP:
            break
    yield from reversed(found)


def _in_run(run: re.Match[str]) -> Iterator[Card]:
    """Yield the card numbers in a run of digits, which may have others behind them."""
    pieces = [(found.start() + run.start(), found.group()) for found in re.finditer(r"\d+", run.group())]
    plain = ["".join(str(int(sign)) for sign in piece) for _at, piece in pieces]
    first = 0
    while first < len(pieces):
        count = 1
        for taken, digits in _readings(plain[first : first + _LENGTHS[1]]):
            if _is_card(digits):
                at, piece = pieces[first + taken - 1]
                yield Card(pieces[first][0], at + len(piece), digits)
                count = taken
                break
        first += count


def cards_in(text: str) -> tuple[Card, ...]:
    """Return the card numbers of a text, in order."""
    found = [card for run in _RUN.finditer(text) for card in _in_run(run)]
    if not found:
        return ()
    accounts = list(_accounts_in(text))
    return tuple(card for card in found if not any(start <= card.start < end for start, end in accounts))


def _accounts_in(text: str) -> Iterator[tuple[int, int]]:
    """Yield where the bank accounts of a text stand: IBANs that pass their own check (ISO 13616)."""
    for begun in _IBAN.finditer(text):
        signs = [(at, sign) for at, sign in enumerate(begun.group(), begun.start()) if sign != " "]
        length = _IBAN_LENGTHS.get(begun[1], 0)
        if not 0 < length <= len(signs):
            continue
        end = signs[length - 1][0] + 1
        if text[end : end + 1].isalnum() or not _is_account("".join(sign for _at, sign in signs[:length])):
            continue
        yield begun.start(), end


def _is_account(iban: str) -> bool:
    moved = iban[4:] + iban[:4]
    return moved.isascii() and int("".join(str(int(sign, 36)) for sign in moved)) % 97 == 1


def _shown(digits: str) -> str:
    return digits[:FIRST] + HIDDEN * (len(digits) - FIRST - LAST) + digits[-LAST:]


def masked(text: str) -> str:
    """Return a text whose card numbers show their first six and last four digits only, without what proves them.

    Masking a masked text changes nothing.
    """
    if sum(map(str.isdigit, text)) < 3:
        return text
    found = cards_in(text)
    if found:
        parts: list[str] = []
        at = 0
        for card in found:
            parts += (text[at : card.start], _shown(card.digits))
            at = card.end
            proof = _BEHIND.match(text, at)
            if proof is not None:
                parts += (proof[1], HIDDEN * 3)
                at = proof.end()
        text = "".join((*parts, text[at:]))
    return _PROOF.sub(lambda proof: proof[1] + HIDDEN * 3, text)


def tells_card(text: str) -> bool:
    """Return whether a text holds what may not be kept: a whole card number, or the digits that prove one."""
    return masked(text) != text


_NUMBERED = frozenset({"key", "base64", "digest", "previous", "sha256", "foreign_id", "customer_key", "record_key"})
"""Names of values that are made of signs without being written by anybody."""


def masked_values(value: Any) -> Any:
    """Return plain JSON values with every text masked; what programs made, such as keys and digests, stays."""
    if isinstance(value, str):
        return masked(value)
    if isinstance(value, Mapping):
        return {name: one if name in _NUMBERED else masked_values(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [masked_values(one) for one in value]
    return value
