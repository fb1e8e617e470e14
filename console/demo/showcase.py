"""Gives every showcase customer the situation they are there for, relative to now."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from random import Random

from backends import clean
from backends.records import (
    AuthorisedParty,
    Channel,
    CustomerFlag,
    Direction,
    Holder,
    Key,
    LineState,
    PromiseKind,
    TicketKind,
)
from console.demo import everyday, people
from console.demo.arcs import ARCS
from console.demo.cast import CAST, HOSTILE_BODY, HOSTILE_NAME, HOSTILE_SUBJECT, Part
from console.demo.effects import tell, tell_at
from console.demo.household import Household, Serials, flagged, found_household, furnish
from console.demo.notices import give_notices
from console.demo.operators import HOUSES
from console.demo.outages import Trouble, speak_of
from console.demo.places import BY_OLT
from console.demo.script import Arc, Book, Chased, HandTo, Open, Promised, call, mail, reply
from console.demo.telling import new_writer

_CHASED = Arc("chased", TicketKind.FAULT, 0, (
    call("report", 0, "", Open(), HandTo(Holder.TECHNICAL), Promised(0, "", hours=43)),
    call("first", 0, "", Chased()),
    mail("second", 0, "", Chased()),
    reply("holding", 0, "", Promised(0, "", PromiseKind.CALL_BACK, hours=24)),
    call("third", 0, "", Chased()),
))  # fmt: skip
"""Three chases within a week and a promise that nobody kept; its moments are given."""

_DELAYED = ARCS["installation"]


@dataclass(frozen=True, slots=True)
class Scene:
    """What a showcase is made in: the customer, the outages, and now (UTC)."""

    home: Household
    troubles: list[Trouble]
    now: datetime

    def ago(self, *, days: float = 0, hours: float = 0, minutes: float = 0) -> datetime:
        """Return a moment so long before now."""
        return self.now - timedelta(days=days, hours=hours, minutes=minutes)

    def tale(self, name: str, days: int, variant: int = 0) -> None:
        """Tell a story that began so many days ago."""
        tell(self.home, ARCS[name], self.home.local(self.ago(days=days)).date(), variant)

    def tale_at(self, arc: Arc, *moments: datetime) -> None:
        """Tell the beginning of a story at these moments; the rest lies ahead."""
        ahead = [self.now + timedelta(days=99)] * (len(arc.steps) - len(moments))
        tell_at(self.home, arc, [*moments, *ahead], 0)

    def small(self, *days: float) -> None:
        """Let everyday exchanges happen so many days ago."""
        for back in days:
            everyday.happen(self.home, self.ago(days=back))


def _outage(scene: Scene) -> None:
    scene.tale("channel", 210)
    scene.tale("bill", 96)
    scene.small(300, 151, 64, 20)
    speak_of(scene.home, scene.troubles[0], surely=True, minutes_ago=72)


def _suspected(scene: Scene) -> None:
    scene.tale("slow", 130)
    scene.small(260, 190, 58)
    speak_of(scene.home, scene.troubles[1], surely=True, minutes_ago=36)


def _suspected_too(scene: Scene) -> None:
    scene.tale("wifi", 75)
    scene.small(340, 122, 9)
    speak_of(scene.home, scene.troubles[1], surely=True, minutes_ago=13)


def _third_chase(scene: Scene) -> None:
    scene.tale("smooth", 885)
    scene.small(420, 300, 140, 33)
    scene.tale_at(_CHASED, scene.ago(days=6, hours=3), scene.ago(days=3, hours=5), scene.ago(days=2, hours=1),
                  scene.ago(days=1, hours=10), scene.ago(hours=1, minutes=50))  # fmt: skip
    scene.home.customer = replace(scene.home.customer, tone=_tone(scene.home))


def _tone(home: Household) -> str:
    return new_writer(home, "chased", 0).text("tone", home.now).body


def _fax(scene: Scene) -> None:
    scene.tale("phone", 170)
    scene.small(380, 90, 44)
    scene.tale_at(ARCS["fax"], scene.ago(hours=1, minutes=24))


def _contract_end(scene: Scene) -> None:
    scene.tale("intermittent", 230)
    scene.small(310, 120, 66, 30, 5)
    ends = scene.home.local(scene.now).date() + timedelta(days=20)
    scene.home.contracts = [
        replace(contract, started_on=ends.replace(year=ends.year - 2, day=min(ends.day, 28)), ends_on=ends, term_months=24)
        for contract in scene.home.contracts
    ]


def _dispute(scene: Scene) -> None:
    scene.small(200, 110, 70, 31)
    scene.tale_at(ARCS["bill"], scene.ago(days=11, hours=4), scene.ago(days=7, hours=2))
    day = scene.home.local(scene.now).date() + timedelta(days=3)
    disputed = scene.home.disputes[-1].charge_keys
    scene.home.charges = [replace(c, dunning_on=day, paid_on=None) if c.key in disputed else c for c in scene.home.charges]


def _priority(scene: Scene) -> None:
    home = scene.home
    flagged(home, CustomerFlag.PRIORITY_REPAIR, CustomerFlag.AUTHORISED_THIRD_PARTY, CustomerFlag.VULNERABLE)
    scope = new_writer(home, "parent", 0).text("scope", home.now).body
    party = AuthorisedParty("Ewa Kaźmierczak-Lis", "córka", "+48601555018", scope)
    home.customer = replace(home.customer, authorised=(party,))
    scene.tale("phone", 250)
    scene.tale("parent", 190)
    scene.small(520, 410, 98, 41)
    arc = ARCS["parent"]
    again = Arc("parent", arc.kind, 0, (replace(arc.steps[0], name="daughter_known"), arc.steps[3]))
    scene.tale_at(again, scene.ago(days=2, hours=6), scene.ago(hours=4, minutes=10))


def _hostile(scene: Scene) -> None:
    home = scene.home
    home.customer = replace(home.customer, name=clean.line(HOSTILE_NAME), greeting_name=clean.line("Mr [/bold] Bracket"))
    scene.small(160, 80)
    writer = new_writer(home, "fresh", 0)
    for back, channel in ((5, Channel.EMAIL), (0.12, Channel.WEB)):
        contact = writer.contact("ask_bill", scene.ago(days=back), channel, Direction.INBOUND)
        body = clean.block(HOSTILE_BODY)
        home.contacts[contact.key] = replace(contact, subject=clean.line(HOSTILE_SUBJECT), body=body)
        home.raws[contact.key] = f"Subject: {HOSTILE_SUBJECT}\n\n{HOSTILE_BODY}".encode()
    chat = writer.contact("ask_public", scene.ago(days=2), Channel.CHAT, Direction.INBOUND, seconds=310)
    home.contacts[chat.key] = replace(chat, subject=clean.line("[reverse]" + HOSTILE_SUBJECT), body=clean.block("\n".join([HOSTILE_BODY] * 3)))


def _monster(scene: Scene) -> None:
    home, rng = scene.home, scene.home.rng
    names = [n for n, a in ARCS.items() if a.services & home.services and not a.prospect and a.business is not False
             and n not in ("installation", "smooth", "left", "moving", "data", "parent", "reminder")]  # fmt: skip
    back = 2590.0
    while back > 12:
        for _ in range(rng.randint(1, 2)):
            arc = ARCS[rng.choice(names)]
            if arc.steps[-1].day + 8 < back:
                tell(home, arc, home.local(scene.ago(days=back)).date(), rng.randrange(12))
        everyday.happen(home, scene.ago(days=back, hours=rng.uniform(0, 9)))
        back -= rng.uniform(6, 25)
    scene.small(11, 6.5, 3.2)
    scene.tale_at(ARCS["till"], scene.ago(days=1, hours=2), scene.ago(days=1))


def _unanswered(scene: Scene) -> None:
    scene.tale("channel" if "tv" in scene.home.services else "wifi", 205)
    scene.small(300, 77)
    everyday.wait(scene.home, scene.ago(days=8, hours=22), "ask_end")
    everyday.wait(scene.home, scene.ago(days=2, hours=3), "ask_bill")


def _prospect(scene: Scene) -> None:
    scene.tale_at(ARCS["enquiry"], scene.ago(days=5, hours=2), scene.ago(days=4, hours=10), scene.ago(days=3, hours=6),
                  scene.ago(hours=5, minutes=20))  # fmt: skip


def _business(scene: Scene) -> None:
    scene.tale("staticip", 320)
    scene.tale("refused", 140)
    scene.small(400, 220, 90, 35, 12)
    scene.tale_at(ARCS["till"], scene.ago(hours=9, minutes=5))


def _installation(scene: Scene) -> None:
    home = scene.home
    home.lines = [replace(line, state=LineState.ORDERED, since=None) for line in home.lines]
    order, delay, angry = (step for step in _DELAYED.steps[:3])
    ring = replace(_DELAYED.steps[3], effects=(*_DELAYED.steps[3].effects[:1], Book(1, 8, 12)))
    arc = Arc("installation", _DELAYED.kind, 0, (order, delay, angry, ring))
    scene.tale_at(arc, scene.ago(days=12, hours=4), scene.ago(days=5, hours=7), scene.ago(days=5, hours=5), scene.ago(hours=9))


def _works(scene: Scene) -> None:
    scene.tale("channel", 118, 1)
    scene.tale("renewal", 240)
    scene.small(360, 61, 15)


_SCENES: Mapping[str, Callable[[Scene], None]] = {
    "outage": _outage, "suspected": _suspected, "suspected_too": _suspected_too, "third_chase": _third_chase, "fax": _fax,
    "contract_end": _contract_end, "dispute": _dispute, "priority": _priority, "hostile": _hostile, "monster": _monster,
    "unanswered": _unanswered, "prospect": _prospect, "business": _business, "installation": _installation, "works": _works,
}  # fmt: skip


def showcases(serials: Serials, operators: Mapping[str, Key], troubles: list[Trouble], now: datetime) -> list[Household]:
    """Return all showcase customers as they stand at the UTC moment `now`."""
    return [_made(part, serials, operators, troubles, now) for part in CAST]


def _made(part: Part, serials: Serials, operators: Mapping[str, Key], troubles: list[Trouble], now: datetime) -> Household:
    house, area = HOUSES[part.operator], BY_OLT[part.olt]
    rng = Random(f"showcase:{part.code}")
    person = people.named(house.language, part.first, part.last, part.female, part.company)
    since = now - timedelta(days=round(part.years * 365) + 9)
    home = found_household(rng, serials, house, area, person, operator_key=operators[part.operator], now=now,
                           since=since, prospect=not part.services)  # fmt: skip
    if part.services:
        furnish(home, services=part.services, since=since, months=24)
    _SCENES[part.code](Scene(home, troubles, now))
    if part.code != "contract_end":
        give_notices(home)
    return home


