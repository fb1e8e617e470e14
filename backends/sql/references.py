"""Numbers that people quote: short, speakable, with a check character, and never given twice.

Tickets, contacts, outages, lines and contracts are named like `T-7F3K9-2`: a letter for the kind, the number written
in an alphabet of 29 characters without those that are mistaken for each other (0 O Q, 1 I L, U V), scattered so that
neighbours look different, and a check character. Customers get digits, `C-100234`, for the keypad of a telephone.
Both checks find every single wrong character and every swap of neighbours.
"""

from __future__ import annotations

ALPHABET = "23456789ABCDEFGHJKMNPRSTVWXYZ"
_BASE = len(ALPHABET)
_VALUES = {character: value for value, character in enumerate(ALPHABET)}
_SHORTEST = 5
_SCATTER = 7_368_787  # prime to 29, so that each number of a length keeps a place of its own
_APART = 1_234_577
_FIRST_CUSTOMER = 10_000

_DAMM = (
    "0317598642", "7092154863", "4206871359", "1750983426", "6123045978",
    "3674209581", "5869720134", "8945362017", "9438617205", "2581436790",
)  # fmt: skip
"""The weakly totally anti-symmetric quasigroup of order ten from H. M. Damm's thesis (Marburg, 2004)."""


def assigned(letter: str, row: int) -> str:
    """Return the number of the `row`th record (from 1) of the kind that `letter` stands for."""
    if letter == "C":
        digits = str(_FIRST_CUSTOMER + row - 1)
        return f"C-{digits}{_damm(digits)}"
    body = _scattered(row - 1, letter)
    return f"{letter}-{body}-{_check(letter, body)}"


def is_sound(reference: str) -> bool:
    """Return whether the check character of a number of ours fits; dashes, spaces and case do not matter."""
    plain = "".join(character for character in reference.upper() if character.isalnum())
    if plain.startswith("C"):
        return plain[1:].isascii() and plain[1:].isdigit() and len(plain) > 2 and _damm(plain[1:]) == "0"
    letter, body, check = plain[:1], plain[1:-1], plain[-1:]
    return len(body) >= _SHORTEST and all(one in ALPHABET for one in body) and _check(letter, body) == check


def _scattered(count: int, letter: str) -> str:
    """Return `count` in at least five characters; each letter scatters from a place of its own."""
    length, room = _SHORTEST, _BASE**_SHORTEST
    while count >= room:
        count -= room
        length, room = length + 1, room * _BASE
    value = (count * _SCATTER + ord(letter) * _APART) % room
    characters = []
    for _ in range(length):
        value, digit = divmod(value, _BASE)
        characters.append(ALPHABET[digit])
    return "".join(reversed(characters))


def _check(letter: str, body: str) -> str:
    """Return the check character: weights 2, 3, … modulo the prime 29; a wrong first letter shows as well."""
    total = ord(letter) + sum(weight * _VALUES[one] for weight, one in enumerate(body, start=2))
    return ALPHABET[-total % _BASE]


def _damm(digits: str) -> str:
    interim = "0"
    for digit in digits:
        interim = _DAMM[int(interim)][int(digit)]
    return interim
