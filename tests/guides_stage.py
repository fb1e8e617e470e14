"""Guides for tests: small ones made here, and the shipped ones with a made-up caller."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from backends.port import CustomerFile
from backends.records import (
    Agent,
    ContactPoint,
    Coverage,
    Customer,
    CustomerKind,
    Line,
    Operator,
    Outage,
    OutageState,
    Place,
    PointKind,
    Role,
)
from console.data.clocks import policies
from console.data.guides import load, read
from console.desk.acts.guided import stranger
from console.desk.acts.scene import Scene
from console.rules.guide_conditions import ALWAYS, read_condition
from console.rules.guides import Ask, Branch, End, EndKind, Guide, Option, Step
from console.screens.guiding import Guiding

NIGHT = datetime(2026, 11, 21, 2, 14, tzinfo=UTC)
"""A Saturday night; the desk opens on Monday at 8 in Warsaw, which is 7 in UTC."""
DAY = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
OPERATOR = Operator(
    "op", "LUN", "Luna", "PL", "pl", "Europe/Warsaw", greeting="Luna, dzień dobry!", desk_hours="Mon-Fri 08:00-18:00"
)
PLACE = Place(postcode="61-001", town="Poznań", country="PL")
HOTLINE = Agent("", "nocny", "Nocny Dyżur", frozenset({Role.HOTLINE}))
TECHNICAL = Agent("", "tom", "Tom Technik", frozenset({Role.TECHNICAL}))


def customer_file(**changes: object) -> CustomerFile:
    """Return a subscriber with one internet line."""
    customer = Customer(
        "cu", "10001", "op", CustomerKind.SUBSCRIBER, "Ewa Nowak", "pl", place=PLACE,
        points=(ContactPoint(PointKind.MOBILE, "+48601234567", preferred=True),),
    )  # fmt: skip
    line = Line("li", "L-1", "cu", "internet", place=PLACE)
    return CustomerFile(customer, OPERATOR, lines=(line,), **changes)  # type: ignore[arg-type]


def outage(now: datetime = NIGHT) -> Outage:
    """Return a confirmed outage at the customer's postcode."""
    covered = Coverage(postcodes=("61-001",))
    return Outage("ou", "O-1", OutageState.CONFIRMED, "cable cut", now - timedelta(hours=1), covered)


def going(
    guide_id: str = "fault-internet",
    *,
    outages: Sequence[Outage] | Callable[[], Sequence[Outage]] = (),
    file: CustomerFile | None = None,
    known: bool = True,
    agent: Agent = HOTLINE,
    now: datetime = NIGHT,
    language: str = "en",
    technical: str = "at_once",
    phone: str = "",
) -> Guiding:
    """Return a shipped guide on its way with a caller."""
    found = load()
    guide = found.named(guide_id)
    assert guide is not None
    there = file or (customer_file() if known else stranger({}, OPERATOR, now))
    scene = Scene(there, agent, now, ZoneInfo(OPERATOR.time_zone), "en")
    told = outages if callable(outages) else lambda: outages
    return Guiding(
        guide=guide, operator=OPERATOR, scene=lambda: scene, outages=told, policies=policies(), known_customer=known,
        technical=technical, greeting=found.greeting, caller_steps=found.caller, language=language, phone=phone,
    )  # fmt: skip


def take(on: Guiding, *answers: str) -> Guiding:
    """Give answers one after the other; `held` is the answer to what is held back."""
    for answer in answers:
        on.take(answer)
    return on


def words(text: str) -> dict[str, str]:
    """Return a sentence in the one language of a test's guide."""
    return {"en": text}


def ask(name: str, goto: str = "", *, when: str = "", kind: Ask = Ask.CHOICE, **options: str) -> Step:
    """Return a question; options are codes and where each leads, two that lead nowhere when none are given."""
    made = tuple(Option(code, words(code), to) for code, to in (options or {"a": "", "b": ""}).items())
    condition = read_condition(when) if when else ALWAYS
    return Step(
        name,
        kind,
        words(f"{name}?"),
        words(name),
        options=made if kind is Ask.CHOICE else (),
        goto=goto,
        when=condition,
    )


def end(name: str = "end", kind: EndKind = EndKind.TOLD, **more: object) -> Step:
    """Return an end."""
    return Step(name, words=words("goodbye"), end=End(kind), **more)  # type: ignore[arg-type]


def guide_of(*steps: Step, start: str = "") -> Guide:
    """Return a guide of these steps, in one language."""
    return Guide("test", words("Test"), ("en",), start or steps[0].id, {step.id: step for step in steps})


def branch(when: str, to: str) -> Branch:
    """Return a branch."""
    return Branch(read_condition(when), to)


def written(folder: Path, text: str, name: str = "own.toml") -> tuple[Guide | None, list[str]]:
    """Write a guide's file and return what is read of it, with its mistakes as they are told."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    guide, faults = read(path)
    return guide, [str(one).removeprefix(f"{folder}/") for one in faults]
