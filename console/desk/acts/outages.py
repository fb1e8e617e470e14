"""Acts on outages: raise, confirm, update, restore, dismiss. They need no customer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

from backends.port import Batch
from backends.records import Agent, Coverage, Key, Outage, OutageState, OutageUpdate, new_key
from console.desk.acts.scene import Unfit, Values, changed, moment_in, new, text_of
from console.rules.coverage import is_live

LIST_LIMIT = 100_000
"""Characters of a list of places: a name that was cut off would be a customer who is told nothing (R26)."""
NEWS_LIMIT = 2_000


def _words(values: Values, field: str) -> tuple[str, ...]:
    typed = text_of(values, field, limit=LIST_LIMIT).replace(";", ",")
    return tuple(dict.fromkeys(part.strip() for part in typed.split(",") if part.strip()))


def _until(values: Values, now: datetime, zone: ZoneInfo, language: str) -> datetime | None:
    return moment_in(values, "expected_end", now=now, zone=zone, language=language)


def raise_outage(
    values: Values,
    *,
    agent: Agent,
    now: datetime,
    zone: ZoneInfo,
    language: str = "en",
    operator_keys: Sequence[Key] = (),
    confirmed: bool = False,
) -> Batch:
    """Say that something is brewing (R26).

    Answers: title (needed), services, elements, postcodes, towns (each a list with commas; at least one of the last
    three), expected_end (plain words), supplier, supplier_reference, say, cause.
    """
    coverage = Coverage(
        services=_words(values, "services"),
        postcodes=_words(values, "postcodes"),
        towns=_words(values, "towns"),
        elements=_words(values, "elements"),
        country=text_of(values, "country"),
    )
    if not (coverage.postcodes or coverage.towns or coverage.elements):
        raise Unfit("elements", "place_needed")
    outage = Outage(
        key=new_key(),
        reference="",
        state=OutageState.CONFIRMED if confirmed else OutageState.SUSPECTED,
        title=text_of(values, "title", needed=True),
        started_at=now,
        confirmed_at=now if confirmed else None,
        coverage=coverage,
        operator_keys=tuple(operator_keys),
        expected_end=_until(values, now, zone, language),
        cause=text_of(values, "cause"),
        source=agent.name,
        supplier=text_of(values, "supplier"),
        supplier_reference=text_of(values, "supplier_reference"),
        say=text_of(values, "say", limit=NEWS_LIMIT),
    )
    return Batch((new(outage),), actor=agent.login, act="create")


_NEXT: dict[OutageState, frozenset[OutageState]] = {
    OutageState.SUSPECTED: frozenset({OutageState.CONFIRMED, OutageState.RESTORED, OutageState.DISMISSED}),
    OutageState.CONFIRMED: frozenset({OutageState.RESTORED}),
    OutageState.RESTORED: frozenset(),
    OutageState.DISMISSED: frozenset(),
}


def may_become(outage: Outage, state: OutageState) -> bool:
    """Return whether an outage in its present state can take that one next."""
    return state in _NEXT[outage.state]


def update_outage(
    outage: Outage,
    values: Values,
    *,
    agent: Agent,
    now: datetime,
    zone: ZoneInfo,
    language: str = "en",
    state: OutageState | None = None,
    said_anew: bool = False,
) -> Batch:
    """Add to what is known: a text, a new expected end, another state.

    Answers: text (needed without a new state, and for a dismissal), expected_end, say. What is empty stays as it is;
    with `said_anew` an empty say lets the rules word it again. Raises Unfit for a state that cannot follow, and for an
    outage that is over.
    """
    if not is_live(outage):
        raise Unfit("outage", "over")
    if state is not None and not may_become(outage, state):
        raise Unfit("state", "cannot_follow")
    text = text_of(values, "text", needed=state is None or state is OutageState.DISMISSED, limit=NEWS_LIMIT)
    known = replace(
        outage,
        expected_end=_until(values, now, zone, language) or outage.expected_end,
        say=text_of(values, "say", limit=NEWS_LIMIT) or ("" if said_anew else outage.say),
        updates=(*outage.updates, OutageUpdate(now, text, agent.name, state)),
    )
    if state is OutageState.CONFIRMED:
        known = replace(known, state=state, confirmed_at=now)
    elif state is not None:
        known = replace(known, state=state, ended_at=now)
    return Batch((changed(known),), actor=agent.login)
