"""Dates, sums and the frame of a letter, the way each language writes them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from backends.records import Money

_WEEKDAYS = {
    "pl": ("pon.", "wt.", "śr.", "czw.", "pt.", "sob.", "niedz."),
    "it": ("lun", "mar", "mer", "gio", "ven", "sab", "dom"),
    "sv": ("mån", "tis", "ons", "tors", "fre", "lör", "sön"),
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
}
_MONTHS = {
    "pl": ["styczeń", "luty", "marzec", "kwiecień", "maj", "czerwiec", "lipiec", "sierpień", "wrzesień", "październik", "listopad", "grudzień"],
    "it": ["gennaio", "febbraio", "marzo", "aprile", "maggio", "giugno", "luglio", "agosto", "settembre", "ottobre", "novembre", "dicembre"],
    "sv": ["januari", "februari", "mars", "april", "maj", "juni", "juli", "augusti", "september", "oktober", "november", "december"],
    "en": ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"],
}


def day(moment: datetime, language: str) -> str:
    """Return a short date with its weekday; `moment` is local."""
    name = _WEEKDAYS[language][moment.weekday()]
    if language == "en":
        return f"{name} {moment.day} {_MONTHS['en'][moment.month - 1][:3]}"
    if language == "pl":
        return f"{name} {moment.day}.{moment.month:02d}"
    return f"{name} {moment.day}/{moment.month}"


def month(moment: datetime, language: str) -> str:
    """Return the month's name."""
    return _MONTHS[language][moment.month - 1]


def hour(moment: datetime, language: str) -> str:
    """Return the time of day; `moment` is local."""
    mark = "." if language == "sv" else ":"
    return f"{moment.hour}{mark}{moment.minute:02d}"


def window(start: datetime, end: datetime, language: str) -> str:
    """Return a visit's window: the day and from when to when, local."""
    return f"{day(start, language)}, {hour(start, language)}–{hour(end, language)}"


_DUE = {"pl": "{0} do {1}", "it": "{0} entro le {1}", "sv": "{0} senast {1}", "en": "{0} by {1}"}


def due(moment: datetime, language: str) -> str:
    """Return a promised moment as it is told to a customer, local."""
    return _DUE[language].format(day(moment, language), hour(moment, language))


def money(amount: Money, language: str) -> str:
    """Return a sum with its currency's sign."""
    whole, cents = divmod(amount.minor, 100)
    if amount.currency == "SEK":
        return f"{whole} kr"
    if amount.currency == "GBP":
        return f"£{whole}.{cents:02d}"
    sign = "zł" if amount.currency == "PLN" else "€"
    return f"{whole}{'.' if language == 'en' else ','}{cents:02d} {sign}"


@dataclass(frozen=True, slots=True)
class Frame:
    """What stands around the text of a letter or an e-mail."""

    dear: str
    closings: tuple[str, ...]
    """How customers sign."""
    ours: str
    """How the desk signs."""
    wrote: str
    """The line above quoted text."""
    reply: str


FRAMES: Mapping[str, Frame] = {
    "pl": Frame(
        "Dzień dobry, {greeting}!", ("Pozdrawiam\n{name}", "Z poważaniem\n{name}", "{name}", "Pozdrawiam,\n{name}\ntel. {phone}"),
        "Z wyrazami szacunku\n{agent}\nBiuro Obsługi Klienta {operator}\n{hotline}",
        "W dniu {date} o {time} {name} napisał(a):", "Odp: ",
    ),
    "it": Frame(
        "Gentile {greeting},", ("Cordiali saluti\n{name}", "Distinti saluti\n{name}", "Grazie\n{first}", "Saluti\n{name}\ncell. {phone}"),
        "Un cordiale saluto\n{agent}\nServizio Clienti {operator}\n{hotline}",
        "Il giorno {date} alle {time} {name} ha scritto:", "R: ",
    ),
    "sv": Frame(
        "Hej {greeting}!", ("Mvh\n{name}", "Vänliga hälsningar\n{name}", "/{first}", "Hälsningar\n{name}\n{phone}"),
        "Vänliga hälsningar\n{agent}\nKundtjänst {operator}\n{hotline}",
        "Den {date} kl. {time} skrev {name}:", "Sv: ",
    ),
    "en": Frame(
        "Dear {greeting},", ("Regards\n{name}", "Kind regards,\n{name}", "{first}", "Many thanks\n{name}\n{phone}"),
        "Kind regards\n{agent}\n{operator} Customer Service\n{hotline}",
        "On {date} at {time} {name} wrote:", "Re: ",
    ),
}  # fmt: skip


def quoted(body: str, wrote: str) -> str:
    """Return `body` as a reply quotes it, below the line that says who wrote it."""
    return wrote + "\n" + "\n".join(f"> {line}".rstrip() for line in body.splitlines())
