"""The demo's outages: one confirmed and one suspected tonight, works tomorrow night, and those of the months before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from random import Random
from zoneinfo import ZoneInfo

from backends.records import (
    Channel,
    Coverage,
    Direction,
    Key,
    Outage,
    OutageKind,
    OutageState,
    OutageUpdate,
    Promise,
    PromiseKind,
    PromiseState,
)
from console.demo import phrases
from console.demo.household import Household, Keys
from console.demo.operators import HOUSES, House
from console.demo.places import AREAS, BY_OLT, Area
from console.demo.telling import new_writer
from console.demo.texts import filled, texts_of

CONFIRMED_OLT = "PUL-OLT-02"
"""Where tonight's confirmed outage is."""
SUSPECTED_NODE = "FAB-N2"
"""Where tonight's suspicion is."""
WORKS_OLT = "OSD-OLT-02"
"""Where the works of tomorrow night are."""


@dataclass(frozen=True, slots=True)
class Trouble:
    """An outage and the areas it hits."""

    outage: Outage
    olts: frozenset[str]
    crowd: float
    """What part of the customers there got in touch about it."""


@dataclass
class _Words:
    """Words of an outage in its operator's language."""

    house: House
    area: Area
    rng: Random
    more: dict[str, str] = field(default_factory=dict)
    variant: int = 0

    def __call__(self, name: str) -> str:
        variants = texts_of(self.house.language)[f"outage.{name}"]
        fields = {"town": self.area.town, "olt": self.area.olt_name, "node": self.area.node_name,
                  "supplier": self.house.supplier, "streets": ", ".join(self.area.streets[:3])} | self.more  # fmt: skip
        return filled(variants[self.variant % len(variants)].body, fields, self.rng, female=False, agent_female=False)


def outages_of(seed: int, now: datetime, keys: Keys, operators: Mapping[str, Key]) -> list[Trouble]:
    """Return all outages as they stand at the UTC moment `now`."""
    troubles = [_confirmed(now, keys, operators), _suspected(now, keys, operators), _works(now, keys, operators)]
    rng = Random(f"{seed}:outages")
    back = 4.0
    for number in range(18):
        back += rng.uniform(6, 26)
        troubles.append(_past(rng, now - timedelta(days=back), keys, operators, number))
    return troubles


def _hour(moment: datetime, house: House) -> str:
    return phrases.hour(moment.astimezone(ZoneInfo(house.time_zone)), house.language)


def _confirmed(now: datetime, keys: Keys, operators: Mapping[str, Key]) -> Trouble:
    house, area = HOUSES["LUN"], BY_OLT[CONFIRMED_OLT]
    started, confirmed = now - timedelta(minutes=132), now - timedelta(minutes=97)
    end = (now + timedelta(minutes=118)).replace(minute=0, second=0, microsecond=0) + timedelta(minutes=15)
    words = _Words(house, area, Random("tonight"), {"until": _hour(end, house), "since": _hour(started, house)})
    updates = (
        OutageUpdate(started + timedelta(minutes=4), words("update_alarm"), "NOC", OutageState.SUSPECTED),
        OutageUpdate(confirmed, words("update_confirmed"), "NOC", OutageState.CONFIRMED),
        OutageUpdate(now - timedelta(minutes=52), words("update_crew"), "NOC"),
        OutageUpdate(now - timedelta(minutes=14), words("update_splicing"), "NOC"),
    )
    outage = Outage(
        keys(), "", OutageState.CONFIRMED, words("title"), started, Coverage(elements=(area.olt_name,), country="PL"),
        (operators["LUN"],), OutageKind.FAULT, words("cause"), end, confirmed, None, "NOC", house.supplier,
        "NSS/77120/N", words("say"), updates,
    )  # fmt: skip
    return Trouble(outage, frozenset({area.olt_name}), 0.34)


def _suspected(now: datetime, keys: Keys, operators: Mapping[str, Key]) -> Trouble:
    house, area = HOUSES["VAL"], BY_OLT["FAB-OLT-02"]
    started = now - timedelta(minutes=41)
    words = _Words(house, area, Random("tonight"), {"until": "", "since": _hour(started, house)})
    updates = (
        OutageUpdate(now - timedelta(minutes=33), words("update_first"), "Matteo Fioretti", OutageState.SUSPECTED),
        OutageUpdate(now - timedelta(minutes=12), words("update_second"), "Matteo Fioretti"),
    )
    outage = Outage(
        keys(), "", OutageState.SUSPECTED, words("title_suspected"), started,
        Coverage(services=("internet",), elements=(SUSPECTED_NODE,), country="IT"), (operators["VAL"],),
        source="Matteo Fioretti", updates=updates,
    )  # fmt: skip
    return Trouble(outage, frozenset({area.olt_name}), 0.0)


def _works(now: datetime, keys: Keys, operators: Mapping[str, Key]) -> Trouble:
    house, area = HOUSES["NOR"], BY_OLT[WORKS_OLT]
    zone = ZoneInfo(house.time_zone)
    local = now.astimezone(zone)
    night = local.date() + timedelta(days=1 if local.hour < 6 else 2)
    started, end = (datetime.combine(night, time(h), zone).astimezone(now.tzinfo) for h in (1, 5))
    words = _Words(house, area, Random("tonight"), {"until": _hour(end, house), "since": _hour(started, house)})
    said = now - timedelta(days=6, hours=3)
    outage = Outage(
        keys(), "", OutageState.CONFIRMED, words("title_works"), started,
        Coverage(postcodes=(area.postcode,), country="SE"), (operators["NOR"],), OutageKind.PLANNED_WORKS,
        words("cause_works"), end, said, None, "NOC", say=words("say_works"),
        updates=(OutageUpdate(said, words("update_works"), "Oskar Viklund", OutageState.CONFIRMED),),
    )  # fmt: skip
    return Trouble(outage, frozenset({area.olt_name}), 0.0)


def _past(rng: Random, about: datetime, keys: Keys, operators: Mapping[str, Key], number: int) -> Trouble:
    area = rng.choices(AREAS, [a.weight for a in AREAS])[0]
    house = HOUSES[area.operator]
    started = about.replace(hour=rng.choice((4, 7, 9, 13, 16, 18, 19, 20)), minute=rng.randrange(60), second=0, microsecond=0)
    started = min(started, about.replace(microsecond=0, second=0) + timedelta(hours=12))
    ended = started + timedelta(minutes=rng.choice((48, 75, 110, 165, 230, 340, 520)))
    confirmed = started + timedelta(minutes=rng.choice((9, 17, 26, 44)))
    words = _Words(house, area, rng, {"until": _hour(ended, house), "since": _hour(started, house)}, number)
    dismissed = number % 7 == 5
    wide = number % 4 == 2
    element = area.node_name if wide else area.olt_name
    hit = {a.olt_name for a in AREAS if a.node_name == area.node_name} if wide else {area.olt_name}
    alarm = OutageUpdate(started + timedelta(minutes=3), words("update_alarm"), "NOC", OutageState.SUSPECTED)
    updates: tuple[OutageUpdate, ...]
    if dismissed:
        state, last = OutageState.DISMISSED, OutageUpdate(confirmed, words("update_dismissed"), "NOC", OutageState.DISMISSED)
        updates, ended = (alarm, last), confirmed
    else:
        state = OutageState.RESTORED
        updates = (
            alarm, OutageUpdate(confirmed, words("update_confirmed"), "NOC", OutageState.CONFIRMED),
            OutageUpdate(ended, words("update_restored"), "NOC", OutageState.RESTORED),
        )  # fmt: skip
    supplied = number % 3 == 0 and not dismissed
    outage = Outage(
        keys(), "", state, words("title"), started, Coverage(elements=(element,), country=area.country),
        (operators[house.code],), OutageKind.FAULT, "" if dismissed else words("cause"), ended, None if dismissed else confirmed, ended, "NOC",
        house.supplier if supplied else "", f"{house.code}{rng.randint(10_000, 99_999)}" if supplied else "",
        words("say"), updates,
    )  # fmt: skip
    return Trouble(outage, frozenset(hit), 0.0 if dismissed else 0.38)


def speak_of(home: Household, trouble: Trouble, *, surely: bool = False, minutes_ago: int = 0) -> None:
    """Let the customer get in touch about an outage, or not, and tell them when it is over."""
    outage, rng = trouble.outage, home.rng
    since = home.customer.since
    if since is None or since > outage.started_at or not (surely or rng.random() < trouble.crowd):
        return
    over = outage.ended_at + timedelta(minutes=9) if outage.ended_at else None
    last = (outage.ended_at or home.now) - timedelta(minutes=3)
    at = outage.started_at + (last - outage.started_at) * rng.uniform(0.08, 0.97)
    if minutes_ago:
        at = home.now - timedelta(minutes=minutes_ago)
    writer = new_writer(home, "outage", rng.randrange(12))
    writer.line_key = home.lines[0].key if home.lines else ""
    zone_end = home.local(outage.expected_end) if outage.expected_end else None
    writer.fields |= {
        "since": phrases.hour(home.local(outage.started_at), home.language),
        "until": phrases.hour(zone_end, home.language) if zone_end else "",
    }
    channel = rng.choices((Channel.CALL, Channel.CHAT), (7, 3))[0]
    told = "" if outage.expected_end else "_suspected"
    name = f"{channel}{told}"
    contact = writer.contact(name, at, channel, Direction.INBOUND, seconds=rng.randint(60, 300))
    word = surely or rng.random() < 0.45
    if channel == Channel.CALL:
        home.contacts[contact.key] = replace(contact, outcome="callback" if word else "solved")
    if word and outage.confirmed_at and at > outage.confirmed_at:
        promise = Promise(
            home.serials.keys(), home.customer.key, PromiseKind.WORD_AT_RESTORATION, writer.text("word", at).body, at, None,
            "", contact.key, outage.key, writer.agent.name, writer.agent.name,
            PromiseState.KEPT if over else PromiseState.OPEN, over,
        )  # fmt: skip
        home.promises[promise.key] = promise
    if over and (word or rng.random() < 0.5):
        writer.contact("sms_over", over, Channel.SMS, Direction.OUTBOUND)
