"""Drawing people: a name with its forms, telephone numbers and addresses that reach nobody."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from random import Random

from console.demo import names
from console.demo.places import Area


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a name; `greeting` is how a letter addresses them."""

    first: str
    last: str
    female: bool
    greeting: str
    company: str = ""

    @property
    def name(self) -> str:
        """The name that stands on the contract."""
        return self.company or f"{self.first} {self.last}"


def polish_surname(base: str, female: bool) -> str:
    """Return the surname as a woman or a man bears it: Kowalski and Cichy change, Nowak does not."""
    if female and base.endswith(("ski", "cki", "dzki")):
        return base[:-1] + "a"
    if female and base.endswith(("ny", "hy")):
        return base[:-1] + "a"
    return base


def polish_greeting(first: str, female: bool) -> str:
    """Return the vocative of politeness: `Pani Anno`, `Panie Marku`."""
    if not female:
        return f"Panie {names.POLISH_MEN.get(first, first)}"
    return f"Pani {first[:-1]}o" if first.endswith("a") else f"Pani {first}"


def named(language: str, first: str, last: str, female: bool, company: str = "") -> Person:
    """Return the person with the greeting that `language` asks for."""
    if language == "pl":
        greeting = polish_greeting(first, female)
    elif language == "it":
        greeting = f"{'sig.ra' if female else 'sig.'} {last}"
    elif language == "sv":
        greeting = first
    else:
        greeting = f"{'Ms' if female else 'Mr'} {last}"
    return Person(first, last, female, greeting, company)


def draw_person(rng: Random, language: str, *, company: str = "") -> Person:
    """Return a random person whose name fits `language`."""
    female = rng.random() < 0.52
    if language == "pl":
        first = rng.choice(names.POLISH_WOMEN if female else list(names.POLISH_MEN))
        last = polish_surname(rng.choice(names.POLISH_SURNAMES), female)
        if female and rng.random() < 0.06:
            last += "-" + polish_surname(rng.choice(names.POLISH_SURNAMES), True)
    elif language == "it":
        first = rng.choice(names.ITALIAN_WOMEN if female else names.ITALIAN_MEN)
        last = rng.choice(names.ITALIAN_SURNAMES)
    elif language == "sv":
        first = rng.choice(names.SWEDISH_WOMEN if female else names.SWEDISH_MEN)
        last = rng.choice(names.SWEDISH_SURNAMES)
    else:
        first = rng.choice(names.BRITISH_WOMEN if female else names.BRITISH_MEN)
        last = rng.choice(names.BRITISH_SURNAMES)
    return named(language, first, last, female, company)


_PLAIN = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "ß": "ss", "æ": "ae"})
_DOMAINS = {
    "pl": ("poczta.example.com", "skrzynka.example.net", "example.org", "mail.example.com"),
    "it": ("posta.example.com", "casella.example.net", "example.org", "mail.example.com"),
    "sv": ("post.example.com", "brev.example.net", "example.org", "mail.example.com"),
    "en": ("mail.example.com", "inbox.example.net", "example.org", "example.com"),
}


def plain(text: str) -> str:
    """Return `text` as people write it into an address: lower case, without diacritics, letters and digits alone."""
    bare = unicodedata.normalize("NFD", text.translate(_PLAIN))
    return re.sub("[^a-z0-9]+", "", "".join(c for c in bare if not unicodedata.combining(c)).lower())


def email_of(rng: Random, person: Person, language: str, serial: int) -> str:
    """Return an address at a domain kept for examples (RFC 2606), unique by `serial`."""
    domain = rng.choice(_DOMAINS[language])
    if person.company:
        return f"{rng.choice(('biuro', 'kontakt') if language == 'pl' else ('info', 'office'))}@{plain(person.company)}{serial}.example.com"
    first, last = plain(person.first), plain(person.last)
    local = rng.choice((f"{first}.{last}", f"{first[0]}.{last}", f"{last}{first[:2]}", f"{first}{last[:3]}"))
    return f"{local}{serial % 89 + 11 if rng.random() < 0.6 else ''}@{domain}"


_SWEDISH = (
    *(f"+46701740{n}" for n in range(605, 700)),
    *(f"+468465004{n:02d}" for n in range(100)),
    *(f"+46313900{n}" for n in range(600, 700)),
    *(f"+46406280{n}" for n in range(400, 500)),
    *(f"+46980319{n}" for n in range(200, 300)),
)
"""The Swedish numbers kept for books and films."""


def phone_of(rng: Random, country: str, area: Area, serial: int) -> str:
    """Return a number in E.164: from ranges kept for fiction where the country has them, else a plausible one.

    `serial` counts the country's customers; within such a range numbers do not repeat before it is used up.
    """
    if country == "GB":
        prefix = ("+447700900", "+442079460", "+447700900", "+441134960", "+441174960")[serial % 5]
        return f"{prefix}{(serial // 5 * 2 + serial % 5 // 2) * 619 % 1000:03d}"
    if country == "SE":
        return _SWEDISH[serial * 211 % len(_SWEDISH)]
    if country == "IT":
        if rng.random() < 0.7:
            return f"+39{rng.choice(('320', '328', '333', '347', '349'))}{serial * 7919 % 9_000_000 + 1_000_000}"
        return f"+39{area.dial}{serial * 7919 % 900_000 + 100_000}"
    if rng.random() < 0.75:
        return f"+48{rng.choice(('501', '505', '601', '604', '691', '787'))}{serial * 7919 % 900_000 + 100_000}"
    return f"+48{area.dial}{rng.choice(('440', '555', '743'))}{serial * 7919 % 9_000 + 1_000}"


def mac_of(serial: int) -> str:
    """Return a locally administered MAC address, unique by `serial`."""
    value = serial * 2_654_435_761 % (1 << 40)
    return "02:" + ":".join(f"{value >> shift & 255:02x}" for shift in (32, 24, 16, 8, 0))


def ip_of(serial: int, *, fixed: bool = False) -> str:
    """Return an address from a range kept for documentation: IPv4 (RFC 5737) for `fixed` ones, else IPv6 (RFC 3849)."""
    if fixed:
        block = ("192.0.2", "198.51.100", "203.0.113")[serial // 250 % 3]
        return f"{block}.{serial % 250 + 3}"
    return f"2001:db8:{serial >> 16:x}:{serial & 0xFFFF:x}::1"
