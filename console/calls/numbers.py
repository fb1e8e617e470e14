"""Numbers as telephones and exchanges write them: national or international, in a SIP URI, withheld, or no number.

A caller's number without a country is meant in the country of the operator who was called, so that a Swede who rings
the Polish hotline is not taken for a Pole only where the network says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from urllib.parse import unquote

from backends.clean import fold, line
from backends.records import Operator
from console.calls.call import TEXT

WITHHELD = frozenset(
    {
        "", "anonymous", "withheld", "unknown", "<unknown>", "private", "restricted", "unavailable", "hidden",
        "blocked", "no number", "no caller id", "not available", "none", "null", "asserted", "-", "?",
        "unbekannt", "anonym", "anonimo", "sconosciuto", "nieznany", "zastrzezony", "okand", "okant", "inconnu",
        "anonyme", "masque",
    }
)  # fmt: skip
"""What exchanges write, folded, when a caller does not show a number."""

_SCHEME = re.compile(r"^(?:sips?|tel|callto|h323):", re.IGNORECASE)
_ANGLED = re.compile(r"<([^<>]*)>[^<>]*$")
_CONTEXT = re.compile(r";phone-context=(\+[0-9 .()-]{1,20})", re.IGNORECASE)
_TELEPHONE = re.compile(r"[+＋]?[\d\s().\-/‐-―\u00a0]{2,40}")


def bare(text: str) -> str:
    """Return the part of a SIP or tel URI, or of a header with a name, that names the other end."""
    plain = line(text, limit=4 * TEXT).strip()
    if (angled := _ANGLED.search(plain)) and angled[1] != "unknown":
        plain = angled[1].strip()
    is_uri = _SCHEME.match(plain) is not None
    plain = _SCHEME.sub("", plain)
    context = _CONTEXT.search(plain)
    if is_uri or "@" in plain:
        plain = plain.partition("@")[0]
    plain = plain.partition(";")[0].partition("?")[0]
    if is_uri:
        plain = line(unquote(plain.partition(":")[0], errors="replace"), limit=TEXT)
    plain = plain.strip()[:TEXT]
    if context and plain[:1].isdigit():
        return context[1] + plain.lstrip("0")
    return plain


def is_withheld(text: str) -> bool:
    """Return whether this says that the caller's number is not shown."""
    return " ".join(fold(bare(text)).split()) in WITHHELD


def read(text: str, countries: Sequence[str] = (), *, whole: bool = False) -> str:
    """Return a number in E.164, read as dialled in the first of `countries` (ISO 3166) that makes sense of it.

    Empty when it is withheld; the text itself, cleaned, when it is no telephone number. With `whole`, digits without
    `+` and without leading zeros are an international number first, as the generic webhook writes them.
    """
    plain = bare(text)
    if is_withheld(plain):
        return ""
    if not _TELEPHONE.fullmatch(plain):
        return plain
    tries = _tries(plain, countries, whole=whole)
    return _first(tries, strict=True) or _first(tries, strict=False) or plain


def _tries(plain: str, countries: Sequence[str], *, whole: bool) -> list[tuple[str, str | None]]:
    digits = "".join(character for character in plain if character.isdigit())
    national: list[tuple[str, str | None]] = [(plain, country.upper()) for country in countries if country]
    international: tuple[str, str | None] = (f"+{digits}", None)
    if plain[:1] in "+＋":
        return [international]
    if digits.startswith("00"):
        return [*national, (f"+{digits[2:]}", None)]
    if digits.startswith("0"):
        return national
    return [international, *national] if whole else [*national, international]


def _first(tries: Iterable[tuple[str, str | None]], *, strict: bool) -> str:
    import phonenumbers  # 44 ms, and no first frame needs it

    for text, country in tries:
        try:
            number = phonenumbers.parse(text, country)
        except phonenumbers.NumberParseException:
            continue
        fits = phonenumbers.is_valid_number(number) if strict else phonenumbers.is_possible_number(number)
        if fits:
            return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return ""


def shown(number: str) -> str:
    """Return a number as people write it, in groups; what is no telephone number stays as it is."""
    if not number.startswith("+"):
        return number
    import phonenumbers

    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def operator_dialled(
    dialled: str, operators: Iterable[Operator], more: Sequence[tuple[str, str]] = (), *, whole: bool = False
) -> Operator | None:
    """Return the operator whose number was dialled (R22); None when it is nobody's, or is two operators'.

    `more` are further numbers, each with its operator's code in capitals; they may be extensions or SIP accounts.
    """
    typed = fold(bare(dialled))
    if not typed:
        return None
    found: dict[str, Operator] = {}
    for operator in operators:
        own = [*operator.numbers, *(number for number, code in more if code == operator.code.upper())]
        here = (operator.country,)
        dialled_here = read(dialled, here, whole=whole)
        if any(typed == fold(bare(one)) or dialled_here == read(one, here) for one in own if one):
            found[operator.key] = operator
    return next(iter(found.values())) if len(found) == 1 else None
