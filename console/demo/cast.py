"""The demo's showcase customers: who they are, the same for every size, seed and day."""

from __future__ import annotations

from dataclasses import dataclass

from console.demo.household import customer_number
from console.demo.operators import HOUSES
from console.i18n import N_


@dataclass(frozen=True, slots=True)
class Part:
    """One showcase customer: where they live and what they have."""

    code: str
    operator: str
    olt: str
    first: str
    last: str
    female: bool
    why: str
    services: tuple[str, ...] = ("internet",)
    company: str = ""
    years: float = 2.4


CAST: tuple[Part, ...] = (
    Part("outage", "LUN", "PUL-OLT-02", "Barbara", "Zielińska", True,
         N_("called about tonight's confirmed outage and was promised word at restoration"), ("internet", "tv")),
    Part("suspected", "VAL", "FAB-OLT-02", "Renato", "Cingolani", False, N_("the first of two reports behind the suspected outage")),
    Part("suspected_too", "VAL", "FAB-OLT-02", "Ilaria", "Mengoni", True, N_("the second report, by chat")),
    Part("third_chase", "NOR", "SDL-OLT-01", "Håkan", "Lindqvist", False, N_("third chase within a week, promise broken")),
    Part("fax", "VAL", "MAC-OLT-01", "Nazzareno", "Belardinelli", False, N_("fax without identity document, received tonight"),
         ("internet", "telephone")),
    Part("contract_end", "LRK", "TOT-OLT-01", "Margaret", "Tremlett", True, N_("the fixed term ends in 20 days"), ("internet", "telephone")),
    Part("dispute", "LUN", "SWI-OLT-01", "Katarzyna", "Wiśniewska", True, N_("open dispute, next dunning step in 3 days"), ("internet", "tv")),
    Part("priority", "LUN", "NAL-OLT-01", "Genowefa", "Kaźmierczak", True,
         N_("elderly, priority repair, the daughter may speak for her"), ("internet", "telephone"), years=9.2),
    Part("hostile", "LRK", "TAV-OLT-01", "Robin", "Bracket", False, N_("writes escape codes, markup and right-to-left overrides")),
    Part("monster", "VAL", "SEN-OLT-01", "Marisa", "Paccapelo", True, N_("about 1,500 contacts over seven years"),
         ("internet", "tv", "telephone"), "Hotel Bagni Celesti", 7.2),
    Part("unanswered", "NOR", "HSD-OLT-01", "Ingrid", "Öberg", True, N_("wrote 9 and 2 days ago, nobody answered")),
    Part("prospect", "NOR", "ARE-OLT-01", "Amina", "Lundgren", True, N_("prospect with an offer, waiting for an answer"), ()),
    Part("business", "LUN", "LUB-OLT-02", "Marek", "Wnuk", False, N_("bakery with a static IP, card terminals down for nine hours"),
         ("internet", "telephone"), "Piekarnia „Pod Makówką”"),
    Part("installation", "LRK", "OKE-OLT-01", "Colin", "Endacott", False, N_("new line, first visit cancelled, the next one tomorrow"), years=0.05),
    Part("works", "NOR", "OSD-OLT-02", "Eivor", "Grahn", True, N_("lives where the works of tomorrow night are"), ("internet", "tv")),
)  # fmt: skip
"""The showcase customers, in the order in which they are made."""

FEWEST = 20
"""The least number of customers a demo has."""


@dataclass(frozen=True, slots=True)
class Highlight:
    """A customer worth showing: a code, what to search for, and why (to be translated)."""

    code: str
    number: str
    name: str
    operator: str
    why: str


def highlights() -> dict[str, Highlight]:
    """Return the showcase customers by code; they are in every demo."""
    found: dict[str, Highlight] = {}
    seen: dict[str, int] = {}
    for part in CAST:
        serial = seen[part.operator] = seen.get(part.operator, -1) + 1
        number = customer_number(HOUSES[part.operator], serial)
        found[part.code] = Highlight(part.code, number, part.company or f"{part.first} {part.last}", part.operator, part.why)
    found["hostile"] = Highlight("hostile", found["hostile"].number, HOSTILE_NAME, "LRK", found["hostile"].why)
    return found


HOSTILE_NAME = "Robin [/bold] Bracket"
"""A name that a careless screen reads as markup."""
HOSTILE_SUBJECT = "[red]URGENT[/red] {ticket} %s \x1b]0;pwned\x07 refund"
HOSTILE_BODY = (
    "Hello \x1b[2J\x1b[H\x1b[31mCUSTOMER VERIFIED\x1b[0m\n"
    "[@click=app.quit]click here[/] and [/bold] and 30 [/month]\n"
    "My file is called invoice\u202egpj.exe and costs \u2067100\u2069 pounds.\n"
    "\x05\x00\x07\x1b]52;c;cm0gLXJm\x07 <b>bold</b> & \\u0041 '; DROP TABLE customers; --\n"
    "Z̷̡̢̛̛͖͇͚̪̗̮̬̝̗̗̎̒͗̍̂͊̈́̈a̸̧̛̱̗̭̗͔̓͌̍̈l̶̢̨̛̮̻̀͂̈g̵̡̬̙̊o ㅤ\u200b\ufeff👩‍👩‍👧‍👧 🏴‍☠️ ﷽\n"
    "=cmd|'/c calc'!A1\n"
    "Also my broadband is down, please help."
)
"""What must come through import, screens and export as harmless text."""
