"""What customers are told of an outage, made from its facts: what to say, telephone greeting, web page, message.

These are words to customers, not of the interface: they follow the customer's language, name towns and postcodes but
never an element, a cause or a supplier, and speak in the name of one operator alone (R22, R28 to R31).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo
from enum import StrEnum
from functools import cached_property

from backends.records import Operator, Outage, OutageKind, OutageState
from console.data.texts import Texts
from console.present.labels import plain
from console.rules.clocks import zone_of
from console.rules.concerned import concerned
from console.rules.other_brands import leaks

MOST_PLACES = 3
LONGEST_SAY = 2_000
NO_END = "–"


class Kind(StrEnum):
    """The texts that are made of one outage."""

    SAY = "say"
    GREETING = "greeting"
    WEB = "web"
    MESSAGE = "message"


@dataclass(frozen=True)
class Voice:
    """In whose name is spoken, and when: moments are told in `zone`, texts come from `texts`."""

    texts: Texts
    at: datetime
    zone: tzinfo
    operator: Operator | None = None
    others: tuple[Operator, ...] = ()
    """All operators that are served here: nothing of another one is spoken in this one's name (R22)."""

    @cached_property
    def name(self) -> str:
        """The operator's name, empty when nobody's in particular."""
        return plain(self.operator.name, 80) if self.operator else ""

    def moment(self, moment: datetime, form: str, language: str) -> str:
        """Return a moment in a language's words; `form` is `since`, `until` or `at`."""
        local, today = moment.astimezone(self.zone), self.at.astimezone(self.zone).date()
        days = (local.date() - today) // timedelta(days=1)
        near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days, "day")
        if f"{form}_{near}" in ("since_tomorrow", "until_yesterday"):
            near = "day"
        words = self.texts.get(language, f"when.{form}_{near}")
        return words.format(time=f"{local:%H:%M}", day=local.day, month=local.month)


def voice_of(
    operator: Operator | None, texts: Texts, at: datetime, zone: tzinfo, others: Iterable[Operator] = ()
) -> Voice:
    """Return who speaks: an operator in their own time, else nobody in particular in the given zone."""
    return Voice(texts, at, zone_of(operator) if operator is not None else zone, operator, tuple(others))


def state_of(outage: Outage, at: datetime) -> str:
    """Return which texts an outage needs at a moment, as `console.data.texts.STATES` names them."""
    if outage.state in (OutageState.RESTORED, OutageState.DISMISSED):
        return outage.state.value
    if outage.kind is OutageKind.PLANNED_WORKS and (outage.started_at > at or _ahead(outage, at)):
        return "works"
    if outage.state is OutageState.SUSPECTED:
        return "suspected"
    return "until" if _ahead(outage, at) else "confirmed"


def _ahead(outage: Outage, at: datetime) -> bool:
    return outage.expected_end is not None and outage.expected_end >= at


def concerns(outage: Outage, operator: Operator) -> bool:
    """Return whether an operator's customers may be hit: by name, through the network above, or in their country."""
    return bool(concerned(outage, (operator,)).operators)


def languages_of(outage: Outage, operators: Iterable[Operator]) -> frozenset[str]:
    """Return the languages in which an outage may have been written about: those of the operators it names, else of
    all whom it may concern.
    """
    every = tuple(operators)
    theirs = [one for one in every if one.key in outage.operator_keys] or [
        one for one in every if concerns(outage, one)
    ]
    return frozenset(one.language for one in theirs)


def with_towns(outage: Outage, towns: Sequence[str]) -> Outage:
    """Return an outage of which only engineers' names are known, with the towns where its customers live (R30)."""
    coverage = outage.coverage
    if coverage.towns or coverage.postcodes or not coverage.elements:
        return outage
    return replace(outage, coverage=replace(coverage, towns=tuple(towns)))


def _listed(parts: Sequence[str], last: str) -> str:
    if len(parts) < 2:
        return "".join(parts)
    return f"{', '.join(parts[:-1])} {last} {parts[-1]}"


def services_of(outage: Outage, language: str, texts: Texts) -> str:
    """Return the services that an outage hits, as they stand in a sentence."""
    named = [plain(texts.service(language, code), 40) for code in outage.coverage.services]
    return _listed(named, texts.get(language, "and")) or texts.get(language, "all_services")


def area_of(outage: Outage, language: str, texts: Texts) -> str:
    """Return where an outage is, in a customer's words: towns, else postcodes; never what only engineers name."""
    coverage = outage.coverage
    names = [plain(one, 40) for one in coverage.towns] or [
        plain(one.replace("..", "–").replace("*", "…"), 40) for one in coverage.postcodes
    ]
    if not names:
        return texts.get(language, "parts" if coverage.elements else "everywhere")
    if len(names) > MOST_PLACES:
        names = [*names[:MOST_PLACES], texts.get(language, "more_places")]
    return texts.get(language, "area").format(place=_listed(names, texts.get(language, "and")))


def written(outage: Outage, language: str, voice: Voice) -> str:
    """Return what a colleague wrote for customers, where it is in this language; it takes the place of ours.

    It is written in the language of the outage's operators; where these speak several nobody knows in which, and where
    nobody in particular speaks it is not used. What one brand wrote for an outage of all is not used for another when
    it names the first (R22).
    """
    over = outage.state in (OutageState.RESTORED, OutageState.DISMISSED)
    operator = voice.operator
    if over or operator is None or not concerns(outage, operator):
        return ""
    if languages_of(outage, (operator, *voice.others)) != {language}:
        return ""
    said = plain(outage.say, LONGEST_SAY)
    return "" if leaks(said, operator, voice.others) else said


def text_of(outage: Outage, kind: Kind, language: str, voice: Voice) -> str:
    """Return one text of an outage in a language; unknown languages are answered in English."""
    texts = voice.texts
    said = written(outage, language, voice)
    if said and kind in (Kind.SAY, Kind.WEB):
        return said
    if said and kind is Kind.MESSAGE:
        return f"{voice.name}: {said}"
    end = voice.moment(outage.expected_end, "at", language) if outage.expected_end else NO_END
    words = texts.get(language, f"{state_of(outage, voice.at)}.{kind}").format(
        operator=voice.name,
        services=services_of(outage, language, texts),
        area=area_of(outage, language, texts),
        since=voice.moment(outage.started_at, "since", language),
        until=voice.moment(outage.expected_end, "until", language) if outage.expected_end else NO_END,
        start=voice.moment(outage.started_at, "at", language),
        end=end,
        reference=plain(outage.reference, 40),
    )
    return capital(words.strip())


def capital(text: str) -> str:
    """Return a text that begins a line, its first letter large."""
    return text[:1].upper() + text[1:]
