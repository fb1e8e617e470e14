"""The demo's fictional operators, what they sell, and the people who answer for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from backends.records import Agent, Key, Operator, Role


@dataclass(frozen=True, slots=True)
class Product:
    """Something an operator sells; prices in the smallest unit, a month."""

    service: str
    name: str
    technology: str
    price: int
    list_price: int
    business: bool = False


@dataclass(frozen=True, slots=True)
class House:
    """An operator with everything the demo needs to know about it; `share` is its part of the customers."""

    code: str
    name: str
    country: str
    language: str
    time_zone: str
    currency: str
    hotline: str
    parent: str
    share: float
    greeting: str
    hours: str
    products: tuple[Product, ...]
    supplier: str
    domain: str

    def record(self, key: Key, parent_key: Key) -> Operator:
        """Return the operator as a backend keeps it."""
        return Operator(
            key=key, code=self.code, name=self.name, country=self.country, language=self.language,
            time_zone=self.time_zone, currency=self.currency, parent_key=parent_key, numbers=(self.hotline,),
            email=f"info@{self.domain}", greeting=self.greeting, desk_hours=self.hours,
        )  # fmt: skip


HOUSES: Mapping[str, House] = {
    house.code: house
    for house in (
        House(
            "LUN", "Łuniec Telekom", "PL", "pl", "Europe/Warsaw", "PLN", "+48800155501", "", 0.42,
            "Łuniec Telekom, dobry wieczór, w czym mogę pomóc?", "Mon-Fri 08:00-18:00; Sat 09:00-13:00",
            (
                Product("internet", "Światłowód 300", "gpon", 5990, 7990),
                Product("internet", "Światłowód 600", "gpon", 7490, 9490),
                Product("internet", "Łącze DSL 20", "vdsl", 4990, 5990),
                Product("tv", "Telewizja Domowa 120", "iptv", 3990, 4990),
                Product("telephone", "Telefon Stały", "voip", 1990, 2490),
                Product("internet", "Łącze Firmowe 1000", "gpon", 18900, 22900, business=True),
            ),
            "Nadwiśle Sieci Szkieletowe", "luniec.example.com",
        ),
        House(
            "VAL", "Valdorsa Fibra", "IT", "it", "Europe/Rome", "EUR", "+39800155502", "", 0.24,
            "Valdorsa Fibra, buonasera, come posso aiutarla?", "Mon-Fri 08:30-18:30; Sat 09:00-13:00",
            (
                Product("internet", "Fibra Casa 1000", "gpon", 2790, 3390),
                Product("internet", "Fibra Casa 2500", "xgspon", 3290, 3990),
                Product("internet", "ADSL Paese", "adsl", 2290, 2590),
                Product("telephone", "Voce Casa", "voip", 690, 890),
                Product("tv", "Visione Più", "iptv", 990, 1290),
                Product("internet", "Fibra Ufficio 1000", "gpon", 5900, 6900, business=True),
            ),
            "Dorsale Adriatica Servizi", "valdorsa.example.com",
        ),
        House(
            "NOR", "Norrglänt Fiber", "SE", "sv", "Europe/Stockholm", "SEK", "+46205550120", "", 0.20,
            "Norrglänt Fiber, god kväll, vad kan jag hjälpa till med?", "Mon-Fri 08:00-17:00",
            (
                Product("internet", "Bredband 250", "fiber", 34900, 42900),
                Product("internet", "Bredband 500", "fiber", 39900, 48900),
                Product("internet", "Bredband 1000", "fiber", 48900, 59900),
                Product("tv", "TV Lagom", "iptv", 19900, 24900),
                Product("telephone", "Hemtelefoni", "voip", 9900, 12900),
                Product("internet", "Företag 1000", "fiber", 89900, 109900, business=True),
            ),
            "Mittnorden Transportnät", "norrglant.example.com",
        ),
        House(
            "LRK", "Larkmoor Broadband", "GB", "en", "Europe/London", "GBP", "+448081570155", "NOR", 0.14,
            "Good evening, Larkmoor Broadband, how can I help?", "Mon-Fri 08:00-18:00; Sat 09:00-13:00",
            (
                Product("internet", "Moor 80", "fttc", 2799, 3499),
                Product("internet", "Moor Full Fibre 300", "fttp", 3299, 3999),
                Product("internet", "Moor Full Fibre 900", "fttp", 4299, 5199),
                Product("telephone", "Home Line", "voip", 899, 1199),
                Product("tv", "Moor TV", "iptv", 1299, 1599),
                Product("internet", "Moor Business 900", "fttp", 6900, 8400, business=True),
            ),
            "Westacre Wholesale", "larkmoor.example.com",
        ),
    )
}  # fmt: skip
"""The operators by code: a Polish, an Italian and a Swedish company, and a British brand of the Swedish one."""

ENGINEERS: Mapping[str, tuple[str, ...]] = {
    "LUN": ("Grzegorz Lis", "Paweł Ostrowski", "Marek Zając"),
    "VAL": ("Luca Brandi", "Simone Cesari", "Paolo Giuliani"),
    "NOR": ("Johan Edlund", "Mats Sjödin", "Erik Näslund"),
    "LRK": ("Dave Pascoe", "Tom Hannaford", "Imran Shah"),
}
"""Who rings at the customers' doors."""

DEMO_LOGIN = "iga"
"""The agent as whom the demo console opens."""


@dataclass(frozen=True, slots=True)
class Colleague:
    """One agent of the demo; `female` decides the forms of verbs in some languages."""

    login: str
    name: str
    female: bool
    roles: frozenset[Role]
    languages: tuple[str, ...]
    operators: tuple[str, ...]

    @property
    def first(self) -> str:
        """The name a chat is signed with."""
        return self.name.partition(" ")[0]

    def record(self, key: Key, operator_keys: Mapping[str, Key]) -> Agent:
        """Return the agent as a backend keeps it."""
        return Agent(key, self.login, self.name, self.roles, self.languages,
                     tuple(operator_keys[code] for code in self.operators))  # fmt: skip


_D, _H, _T, _B, _S, _A = Role.DESK, Role.HOTLINE, Role.TECHNICAL, Role.BILLING, Role.SUPERVISOR, Role.ADVISOR


def _colleague(login: str, name: str, female: bool, roles: tuple[Role, ...], languages: str, operators: str) -> Colleague:
    return Colleague(login, name, female, frozenset(roles), tuple(languages.split()), tuple(operators.split()))


COLLEAGUES: tuple[Colleague, ...] = (
    _colleague(DEMO_LOGIN, "Iga Sobczak", True, (_D, _H, _T), "pl en it sv", ""),
    _colleague("marta", "Marta Gawlik", True, (_D,), "pl en", "LUN"),
    _colleague("tomek", "Tomasz Rudnik", False, (_D, _H), "pl", "LUN"),
    _colleague("kinga", "Kinga Bielak", True, (_B,), "pl", "LUN"),
    _colleague("zbyszek", "Zbigniew Paluch", False, (_T,), "pl", "LUN"),
    _colleague("chiara", "Chiara Benelli", True, (_D, _A), "it en", "VAL"),
    _colleague("matteo", "Matteo Fioretti", False, (_D, _H), "it", "VAL"),
    _colleague("silvia", "Silvia Marinelli", True, (_B,), "it", "VAL"),
    _colleague("davide", "Davide Lucarelli", False, (_T,), "it en", "VAL"),
    _colleague("astrid", "Astrid Hedlund", True, (_D,), "sv en", "NOR LRK"),
    _colleague("oskar", "Oskar Viklund", False, (_D, _H, _T), "sv en", "NOR"),
    _colleague("priya", "Priya Nair", True, (_D, _A), "en", "LRK"),
    _colleague("gareth", "Gareth Penrose", False, (_D, _B), "en", "LRK"),
    _colleague("helena", "Helena Wirth", True, (_S,), "en sv pl it", ""),
)
"""Everybody who answers for the demo's operators; an empty list of operators means all."""


def desk_of(operator: str) -> tuple[Colleague, ...]:
    """Return the colleagues who take contacts for `operator`."""
    return tuple(c for c in COLLEAGUES if operator in c.operators and c.roles & {_D, _H})
