"""A guide's sentences as they are read out: in the caller's language, with names, times and answers in their places.

These are words to customers, like letters: they follow the customer's language and not the interface's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo

from backends.records import Operator, Outage
from console.i18n import _
from console.present.banners import say_words
from console.present.labels import plain
from console.present.setting import Now
from console.rules.guides import HELD, HELPED, NO, NO_HELP, NOT_DONE, YES, Ask, Guide, Step, Words, said
from console.rules.interview import Interview

_PLACE = re.compile(r"\{([^{}]*)\}")
_SENTENCES = re.compile(r"(?<=[.!?])\s+")

_AT_ONCE: Mapping[str, str] = {
    "en": "right away", "it": "subito", "fr": "tout de suite", "pl": "od razu", "sv": "genast", "de": "sofort",
    "uk": "одразу",
}  # fmt: skip
_AT_TIME: Mapping[str, str] = {
    "en": "on {day} at {time}", "it": "{day} alle {time}", "fr": "{day} à {time}", "pl": "{day} o {time}",
    "sv": "{day} klockan {time}", "de": "am {day} um {time} Uhr", "uk": "{day} о {time}",
}  # fmt: skip
_DAY: Mapping[str, str] = {"pl": "d MMMM", "uk": "d MMMM"}
"""How a day is said; where the weekday would have to be inflected, it is left out."""
_WITH_WEEKDAY = "EEEE d MMMM"
_DENIED: Mapping[str, str] = {
    "en": "Please leave everything as it is for a moment; there is a fault of ours around you, and we are looking "
    "whether yours comes from it.",
    "it": "Lasci tutto com'è per un momento: c'è un nostro guasto nella Sua zona e stiamo verificando se dipende da "
    "quello.",
    "fr": "Laissez tout tel quel un instant, s'il vous plaît : nous avons une panne dans votre secteur et nous "
    "vérifions si cela vient de là.",
    "pl": "Proszę na razie niczego nie zmieniać: w okolicy mamy awarię i sprawdzamy, czy to przez nią.",
    "sv": "Låt allt vara som det är en stund: vi har ett fel i ditt område och tittar på om det beror på det.",
    "de": "Bitte lassen Sie einen Moment alles, wie es ist: Bei Ihnen in der Gegend haben wir eine Störung und prüfen, "
    "ob es daran liegt.",
    "uk": "Будь ласка, поки що нічого не змінюйте: поблизу у нас аварія, і ми перевіряємо, чи причина в ній.",
}
"""Said where a guide has no words for somebody who sees something else than the outage around them."""
_SOON = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks, for whom, to whom, and what the sentences may name. `language` is the one read out."""

    language: str
    operator: Operator
    agent: str
    now: Now
    name: str = ""
    outage: Outage | None = None
    table_at: datetime | None = None
    due_at: datetime | None = None
    lines: Mapping[str, str] = field(default_factory=dict)
    """The caller's lines in words, by key."""


def day_said(moment: datetime, zone: tzinfo, language: str) -> str:
    """Return a day as it is said aloud: `Tuesday 24 November`."""
    from babel import UnknownLocaleError
    from babel.dates import format_date  # 60 ms, at the end of a conversation

    local = moment.astimezone(zone).date()
    try:
        return format_date(local, _DAY.get(language, _WITH_WEEKDAY), locale=language)
    except (UnknownLocaleError, ValueError):
        return local.isoformat()


def when_said(moment: datetime, now: Now, language: str) -> str:
    """Return when something is on somebody's table, as it is said aloud: right away, or on a day at a time."""
    if moment <= now.at + _SOON:
        return _AT_ONCE.get(language, _AT_ONCE["en"])
    says = _AT_TIME.get(language, "{day} {time}")
    return says.format(day=day_said(moment, now.zone, language), time=f"{moment.astimezone(now.zone):%H:%M}")


def read_out(words: Words, here: Interview, who: Speaker) -> str:
    """Return a sentence to read out, its places filled; one with a place for what is not known is left out."""
    return filled(said(words, who.language), _places(here, who))


def filled(text: str, places: Mapping[str, str]) -> str:
    """Return a text with its places filled; a sentence whose place has nothing to put in is left out."""
    kept: list[str] = []
    for sentence in _SENTENCES.split(text):
        named = _PLACE.findall(sentence)
        if all(places.get(name) for name in named):
            kept.append(_PLACE.sub(lambda found: places[found[1]], sentence))
    return " ".join(kept)


def _places(here: Interview, who: Speaker) -> dict[str, str]:
    places = {"name": plain(who.name, 80), "operator": plain(who.operator.name, 60), "agent": plain(who.agent, 60)}
    if who.outage is not None:
        places["outage"] = say_words(who.outage, who.now, who.language)
    if who.table_at is not None:
        places["when"] = when_said(who.table_at, who.now, who.language)
    if who.due_at is not None:
        places["due"] = day_said(who.due_at, who.now.zone, who.language)
    for name in here.given:
        places.setdefault(name, answer_said(here, name, who))
    return places


def held_words(here: Interview, who: Speaker) -> str:
    """Return what to say instead of what an outage holds back (R28): the guide's words, else the outage's own.

    Whoever said that it is not the outage is not told that it is: only that we look whether it comes from there.
    """
    if here.denied:
        denied = read_out(here.guide.held_denied, here, who) or _DENIED.get(who.language, "")
        if denied:
            return denied
    own = read_out(here.guide.held, here, who)
    return own or (say_words(who.outage, who.now, who.language) if who.outage is not None else "")


def greeting(who: Speaker, general: Words | None) -> str:
    """Return the first sentence: the operator's own where it is in the language spoken, else a general one (R22)."""
    own = plain(who.operator.greeting)
    if own and (who.language == who.operator.language or not general):
        return own
    places = {"operator": plain(who.operator.name, 60), "agent": plain(who.agent, 60)}
    return filled(said(general or {}, who.language), places)


def subject(here: Interview, who: Speaker) -> str:
    """Return what the case is called, in the language of the desk that reads it; else the guide's name."""
    return filled(said(here.guide.subject, who.language), _places(here, who)) or said(here.guide.title, who.language)


def matter(step: Step, language: str) -> str:
    """Return the matter of a question in a word or two."""
    return said(step.label, language) or step.id


_PLAIN_ANSWERS: Mapping[str, Mapping[str, str]] = {
    YES: {"en": "yes", "it": "sì", "fr": "oui", "pl": "tak", "sv": "ja", "de": "ja", "uk": "так"},
    NO: {"en": "no", "it": "no", "fr": "non", "pl": "nie", "sv": "nej", "de": "nein", "uk": "ні"},
    HELPED: {
        "en": "it works again", "it": "funziona di nuovo", "fr": "cela remarche", "pl": "znowu działa",
        "sv": "det fungerar igen", "de": "es geht wieder", "uk": "знову працює",
    },
    NO_HELP: {
        "en": "no change", "it": "nessun cambiamento", "fr": "pas de changement", "pl": "bez zmian",
        "sv": "ingen skillnad", "de": "keine Änderung", "uk": "без змін",
    },
    NOT_DONE: {
        "en": "not done", "it": "non fatto", "fr": "pas fait", "pl": "nie zrobiono", "sv": "inte gjort",
        "de": "nicht gemacht", "uk": "не зроблено",
    },
    HELD: {
        "en": "held back: outage", "it": "tralasciato: guasto in zona", "fr": "laissé de côté : panne",
        "pl": "pominięte: awaria", "sv": "utelämnat: störning", "de": "ausgelassen: Störung", "uk": "пропущено: аварія",
    },
}  # fmt: skip


def plain_answer(code: str, language: str) -> str:
    """Return yes, no or whether something helped, in a language; another code as it is."""
    return said(_PLAIN_ANSWERS.get(code, {}), language) or code


def answer_said(here: Interview, name: str, who: Speaker) -> str:
    """Return the answer to a step in words; what was typed as it was typed."""
    step, answer = here.guide.steps[name], here.answers.get(name, "")
    option = step.option(answer)
    if option is not None and option.label:
        return said(option.label, who.language)
    if step.ask is Ask.LINE:
        return plain(who.lines.get(answer, ""), 60)
    if step.ask in (Ask.YES_NO, Ask.ADVICE):
        return plain_answer(answer, who.language)
    return plain(answer.replace("\n", " "), 200)


def rows(here: Interview, who: Speaker) -> tuple[tuple[str, str, str], ...]:
    """Return each answer so far with its step and its matter, in the order of the questions."""
    asked = [name for name in here.given if here.guide.steps[name].is_question]
    return tuple((name, matter(here.guide.steps[name], who.language), answer_said(here, name, who)) for name in asked)


def title(guide: Guide, language: str) -> str:
    """Return a guide's name; in the agent's language where it speaks that, for the list they choose from."""
    return plain(said(guide.title, language), 60)


def unfinished(count: int) -> str:
    """Return that a guide was begun here before, and how far it got."""
    return _("begun, {n} answered").format(n=count)
