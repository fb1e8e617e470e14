"""Nothing of another operator goes into a text that is sent on behalf of this one (R22).

At a hotline the same agent answers for many operators within minutes; a name, an address, a number or a greeting of
the one before, left in a text, tells a customer who else we serve and who they really talk to.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from backends.clean import fold
from backends.records import Operator

SHORTEST_NUMBER = 6
"""Digits from which on a number in a text is compared: shorter ones are prices and years."""
SHORTEST_GREETING = 12
_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"(?<!\w)\+?\d(?:[\d\s().\-/\u00a0]{4,28})\d(?!\w)")
_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
_COMMON_HOSTS = frozenset({"gmail.com", "outlook.com", "hotmail.com", "yahoo.com", "icloud.com", "gmx.net", "gmx.de"})
"""Where anybody may have an address: it tells nothing of an operator."""


@dataclass(frozen=True, slots=True)
class Leak:
    """Something of another operator, as it stands in the text."""

    text: str
    operator: Operator


def leaks(text: str, own: Operator, others: Iterable[Operator]) -> tuple[Leak, ...]:
    """Return what a text that goes out for `own` holds of other operators, in their order; empty when nothing.

    What `own` itself carries in its name, greeting or address is its own, also where it names its parent.
    """
    ours = " ".join((own.name, own.greeting, own.email))
    found: list[Leak] = []
    for other in others:
        if other.key == own.key:
            continue
        for look in (_name, _address, _number, _greeting):
            seen = look(text, other, own)
            if seen and not (look is _name and look(ours, other, own)):
                found.append(Leak(seen, other))
                break
    return tuple(found)


def _name(text: str, other: Operator, _own: Operator) -> str:
    """Find the name as whole words. One word of everyday language, in small letters, is that word and no name."""
    wanted = [fold(word) for word in _WORD.findall(other.name)]
    if not wanted:
        return ""
    words = list(_WORD.finditer(text))
    folded = [fold(word[0]) for word in words]
    single = len(wanted) == 1 and other.name[:1].isupper()
    for start in range(len(words) - len(wanted) + 1):
        if folded[start : start + len(wanted)] != wanted:
            continue
        seen = text[words[start].start() : words[start + len(wanted) - 1].end()]
        if not (single and seen.islower()):
            return seen
    return ""


def _address(text: str, other: Operator, own: Operator) -> str:
    host = other.email.rpartition("@")[2].casefold().strip()
    if "." not in host or host in _COMMON_HOSTS or host == own.email.rpartition("@")[2].casefold().strip():
        return ""
    for seen in _HOST.finditer(text):
        if seen[0].casefold() == host or seen[0].casefold().endswith(f".{host}"):
            return seen[0]
    return ""


def _number(text: str, other: Operator, own: Operator) -> str:
    theirs = {_digits(number) for number in other.numbers} - {_digits(number) for number in own.numbers}
    theirs = {digits for digits in theirs if len(digits) >= SHORTEST_NUMBER}
    for seen in _NUMBER.finditer(text) if theirs else ():
        digits = _digits(seen[0])
        if len(digits) >= SHORTEST_NUMBER and any(_same_number(digits, number) for number in theirs):
            return seen[0].strip()
    return ""


def _same_number(typed: str, known: str) -> bool:
    """Return whether a typed number is the known E.164 one, with its country, with zeros before it, or without."""
    national = typed.lstrip("0")
    return len(national) >= SHORTEST_NUMBER and (national == known or (len(known) - len(national) in (1, 2, 3)
            and known.endswith(national)))  # fmt: skip


def _digits(number: str) -> str:
    return "".join(re.findall(r"[0-9]", number))


def _greeting(text: str, other: Operator, own: Operator) -> str:
    greeting = " ".join(fold(other.greeting).split())
    if len(greeting) < SHORTEST_GREETING or greeting == " ".join(fold(own.greeting).split()):
        return ""
    return other.greeting if greeting in " ".join(fold(text).split()) else ""
