"""What to tell a customer about an outage when nobody wrote it: in the customer's language, friendly, without blame.

These are words to customers, not of the interface (R28, R29); like letters they follow the customer's language. A
language that is not here is told in the interface's own words (`banners.say_words`).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from backends.records import Outage, OutageKind, OutageState
from console.present.setting import Now

_RESTORED: Mapping[str, str] = {
    "it": "Il guasto era da parte nostra ed è risolto. Se da Lei non funziona ancora, ce lo dica.",
    "fr": "La panne venait de chez nous et c'est réparé. Si cela ne marche pas chez vous, dites-le-nous.",
    "pl": "Awaria była po naszej stronie i jest już usunięta. Jeśli u Państwa nadal nie działa, proszę dać nam znać.",
    "sv": "Felet låg hos oss och är åtgärdat. Om det inte fungerar hos dig, säg gärna till.",
}
_SUSPECTED: Mapping[str, str] = {
    "it": "Più persone ce lo segnalano in questo momento; stiamo verificando. Lasci pure gli apparecchi come sono.",
    "fr": "Plusieurs personnes nous le signalent en ce moment ; nous vérifions. Laissez vos appareils tels quels.",
    "pl": "Kilka osób zgłasza nam to w tej chwili; sprawdzamy. Proszę nic nie zmieniać w swoim sprzęcie.",
    "sv": "Flera har hört av sig om samma sak just nu; vi undersöker det. Låt utrustningen vara som den är.",
}
_EXPECTED: Mapping[str, str] = {
    "it": "È un guasto nostro, ci stiamo lavorando e contiamo di risolvere entro {when}. A casa non deve fare nulla.",
    "fr": "La panne est chez nous, nous y travaillons et pensons rétablir vers {when}. Rien à faire de votre côté.",
    "pl": "Awaria jest po naszej stronie, pracujemy nad nią; powinno działać około {when}. W domu nic nie trzeba.",
    "sv": "Felet ligger hos oss och vi arbetar med det; vi räknar med att det är klart {when}. Du behöver inget göra.",
}
_WORKING: Mapping[str, str] = {
    "it": "È un guasto nostro e ci stiamo lavorando. A casa non deve cambiare nulla.",
    "fr": "La panne est chez nous et nous y travaillons. Vous n'avez rien à changer chez vous.",
    "pl": "Awaria jest po naszej stronie i pracujemy nad nią. Nic nie trzeba zmieniać w domu.",
    "sv": "Felet ligger hos oss och vi arbetar med det. Du behöver inte ändra något hemma.",
}
_WORKS: Mapping[str, str] = {
    "it": "Lavoriamo sulla rete della zona dalle {start} alle {end}. A casa non deve fare nulla.",
    "fr": "Nous travaillons sur le réseau de {start} à {end}. Rien à faire de votre côté.",
    "pl": "Prowadzimy prace w sieci od {start} do {end}. Nic nie trzeba robić w domu.",
    "sv": "Vi arbetar i nätet från {start} till {end}. Du behöver inget göra.",
}


LANGUAGES = frozenset(_WORKING)
"""Languages that are spoken here."""


def _clock(moment: datetime, now: Now) -> str:
    """Return a time as it is said in any language: the clock today, the date before it on another day."""
    local = moment.astimezone(now.zone)
    return f"{local:%H:%M}" if local.date() == now.today else f"{local.day}.{local.month}. {local:%H:%M}"


def said(outage: Outage, now: Now, language: str) -> str:
    """Return a sentence for a customer who speaks `language`, one of `LANGUAGES`; the outage has none of its own."""
    if outage.state is OutageState.RESTORED:
        return _RESTORED[language]
    if outage.kind is OutageKind.PLANNED_WORKS and outage.expected_end is not None:
        start, end = _clock(outage.started_at, now), _clock(outage.expected_end, now)
        return _WORKS[language].format(start=start, end=end)
    if outage.state is OutageState.SUSPECTED:
        return _SUSPECTED[language]
    if outage.expected_end is not None and outage.expected_end >= now.at:
        return _EXPECTED[language].format(when=_clock(outage.expected_end, now))
    return _WORKING[language]
