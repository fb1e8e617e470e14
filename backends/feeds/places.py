"""Whom an outage hits, from the names that a feed uses: services, areas, components, operators.

A feed speaks of areas and products of its own. `options.areas` says what they are here; a name that nobody mapped
never widens an outage to everybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from backends.clean import fold, line, tokens
from backends.feeds.options import Options
from backends.records import Coverage, Key, Operator

NOWHERE = Coverage()
_PARTS = ("services", "postcodes", "towns", "elements")
_LONGEST_NAME = 100
_MOST_NAMES = 2_000

_SERVICE_WORDS: Mapping[str, str] = {
    "internet": "internet, broadband, fibre, fiber, dsl, adsl, vdsl, ftth, fttc, ethernet, banda larga, fibra, "
    "haut debit, fibre optique, internetu, swiatlowod, bredband, bredbandet",
    "tv": "tv, iptv, television, televisione, telewizja, telewizji, cable tv, kabel-tv",
    "telephone": "telephone, telephony, telephones, phone, voice, voip, landline, telefono, telefonia, telephonie, "
    "ligne fixe, telefon, telefony, telefonow, telefoni, telefonin, fast telefoni, telefonia fissa",
    "mobile": "mobile, cellular, lte, 4g, 5g, cellulare, rete mobile, reseau mobile, komorkowa, siec komorkowa, "
    "komorkowej, mobil, mobiltelefoni, mobilnat",
}


@dataclass(frozen=True, slots=True)
class Places:
    """What the names of a feed mean; `services`, `areas` and `operators` are by folded name."""

    services: Mapping[str, tuple[str, ...]]
    areas: Mapping[str, Coverage]
    operators: Mapping[str, tuple[Key, ...]]
    everybody: tuple[Key, ...] = ()
    """Operators whose customers every outage of this feed hits, when it names none itself; empty means all."""
    country: str = ""
    anywhere: bool = False
    """Whether an outage without any known place or service counts, as one that hits all customers."""

    def service(self, name: str) -> tuple[str, ...]:
        """Return the services that a name of the feed stands for; an unknown one stays itself and matches nothing."""
        folded = fold(name)
        return self.services.get(folded) or ((folded,) if folded else ())

    def knows_service(self, name: str) -> bool:
        """Return whether the name stands for a service here."""
        return fold(name) in self.services

    def area(self, name: str) -> Coverage | None:
        """Return what an area, element or component of the feed means here, None when nobody said so."""
        return self.areas.get(fold(name))

    def operator(self, name: str) -> tuple[Key, ...]:
        """Return the keys of the operators that a name stands for, or names parted by commas.

        A name that nobody mapped is the code of an operator, whom the desk knows or does not.
        """
        names = [part.strip() for part in name.split(",") if part.strip()]
        keys = [key for part in names for key in self.operators.get(fold(part)) or (operator_key(part),)]
        return tuple(dict.fromkeys(keys)) or self.everybody

    def within(self, text: str) -> Coverage:
        """Return what the areas and services whose names occur in `text` cover together."""
        words = f" {' '.join(tokens(text))} "
        found = [area for name, area in self.areas.items() if _occurs(name, words)]
        services = [code for name, codes in self.services.items() if _occurs(name, words) for code in codes]
        together = joined(found)
        return together if together.services else replace(together, services=_unique(services))

    def settled(self, coverage: Coverage) -> Coverage:
        """Return `coverage` with the feed's country where it names none."""
        return coverage if coverage.country else replace(coverage, country=self.country)


def _occurs(name: str, words: str) -> bool:
    spelled = " ".join(tokens(name))
    return bool(spelled) and f" {spelled} " in words


def _unique(names: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for name in names if name))[:_MOST_NAMES]


def joined(coverages: Iterable[Coverage]) -> Coverage:
    """Return whom any of the coverages hits; a part that is empty in one of them adds nothing."""
    together = list(coverages)

    def all_of(part: str) -> tuple[str, ...]:
        return _unique(name for coverage in together for name in getattr(coverage, part))

    return Coverage(
        all_of("services"),
        all_of("postcodes"),
        all_of("towns"),
        all_of("elements"),
        next((coverage.country for coverage in together if coverage.country), ""),
    )


def placed(coverage: Coverage) -> bool:
    """Return whether the coverage names a place or a network element."""
    return bool(coverage.postcodes or coverage.towns or coverage.elements)


def name_of(text: str) -> str:
    """Return a name of a place, service or element, cleaned."""
    return line(text, limit=_LONGEST_NAME)


def _service_words() -> Iterator[tuple[str, tuple[str, ...]]]:
    for code, words in _SERVICE_WORDS.items():
        for word in words.split(", "):
            yield fold(word), (code,)


def _coverage(table: Options) -> Coverage:
    services, postcodes, towns, elements = (_unique(map(name_of, table.texts(part))) for part in _PARTS)
    coverage = Coverage(services, postcodes, towns, elements, table.text("country").upper())
    table.finish()
    return coverage


def operator_key(code: str) -> Key:
    """Return the key under which a feed names the operator with this code."""
    return f"operator:{name_of(code).casefold()}"


def operators_from(options: Options) -> tuple[Operator, ...]:
    """Return the operators that the options name by their codes; the desk knows everything else about them."""
    brands = options.table("operators")
    codes = {code for name in brands.names() for code in brands.texts(name)} | {*options.texts("hits_operators")}
    country = options.text("country").upper()
    return tuple(Operator(operator_key(code), code, code, country, "en", "UTC") for code in sorted(codes) if code)


def places_from(options: Options) -> Places:
    """Return the mapping that `services`, `areas`, `operators`, `hits_operators`, `country`, `unmapped` describe."""
    services = dict(_service_words())
    mapped = options.table("services")
    services.update({fold(name): mapped.texts(name) for name in mapped.names()})
    areas = options.table("areas")
    brands = options.table("operators")
    operators = {fold(name): tuple(map(operator_key, brands.texts(name))) for name in brands.names()}
    return Places(
        services,
        {fold(name): _coverage(areas.table(name)) for name in areas.names()},
        operators,
        tuple(map(operator_key, options.texts("hits_operators"))),
        options.text("country").upper(),
        options.choice("unmapped", "skip", ("skip", "everybody")) == "everybody",
    )
