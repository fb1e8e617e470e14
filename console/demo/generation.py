"""Makes the whole demo: foundation, showcases, and as many other customers as are asked for."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from random import Random

from backends.port import Batch, Put
from backends.records import Channel, CustomerFlag, Key, PointKind, utc
from console.demo import everyday, names, people
from console.demo.arcs import ARCS
from console.demo.cast import CAST, FEWEST
from console.demo.effects import live_start, tell
from console.demo.household import Household, Serials, flagged, found_household, furnish
from console.demo.notices import give_notices
from console.demo.operators import COLLEAGUES, HOUSES, House
from console.demo.outages import Trouble, outages_of, speak_of
from console.demo.places import draw_area
from console.demo.script import Arc
from console.demo.showcase import showcases
from console.demo.telling import jitters_of

ACTOR = "demo"
_BATCH = 2_500
_NEVER_AT_RANDOM = frozenset({"installation", "smooth", "left"})
_SERVICES = (
    (("internet",), 52), (("internet", "tv"), 20), (("internet", "telephone"), 12), (("internet", "tv", "telephone"), 9),
    (("telephone",), 7),
)  # fmt: skip


def generate(
    *, customers: int = 2000, seed: int = 1, now: datetime, progress: Callable[[int, int], None] | None = None
) -> Iterator[Batch]:
    """Yield the demo as batches to be written in this order; the first holds operators, agents and outages.

    The same arguments give the same batches. Keys are new ones, unique over all batches; a later batch names operators
    and outages by the keys of the first. Nothing but plans (visits, works, promises, ends of contracts) lies after the
    UTC moment `now`. There are never fewer than `FEWEST` customers; `progress` hears (customers done, in all). Raises
    ValueError for a naive `now`.
    """
    now = utc(now).replace(microsecond=0)
    customers = max(customers, FEWEST)
    serials = Serials()
    operators = {code: serials.keys() for code in HOUSES}
    troubles = outages_of(seed, now, serials.keys, operators)
    yield _batch(_foundation(serials, operators, troubles))
    items: list[Put] = []
    for number, home in enumerate(_households(serials, operators, troubles, customers, seed, now), start=1):
        items += [Put(record, raw=home.raws.get(record.key)) for record in home.records()]
        if len(items) >= _BATCH:
            yield _batch(items)
            items = []
        if progress is not None:
            progress(number, customers)
    if items:
        yield _batch(items)


def _batch(items: list[Put]) -> Batch:
    return Batch(tuple(items), actor=ACTOR, act="demo")


def _foundation(serials: Serials, operators: Mapping[str, Key], troubles: list[Trouble]) -> list[Put]:
    records = [Put(house.record(operators[code], operators.get(house.parent, ""))) for code, house in HOUSES.items()]
    agents = [Put(colleague.record(serials.keys(), operators)) for colleague in COLLEAGUES]
    return [*records, *agents, *(Put(trouble.outage) for trouble in troubles)]


def _households(
    serials: Serials, operators: Mapping[str, Key], troubles: list[Trouble], customers: int, seed: int, now: datetime
) -> Iterator[Household]:
    yield from showcases(serials, operators, troubles, now)
    for number in range(customers - len(CAST)):
        rng = Random(f"{seed}:{number}")
        house = rng.choices(list(HOUSES.values()), [house.share for house in HOUSES.values()])[0]
        yield _household(rng, serials, house, operators[house.code], troubles, now)


def _household(
    rng: Random, serials: Serials, house: House, operator_key: Key, troubles: list[Trouble], now: datetime
) -> Household:
    """Return a customer like many others, with a history."""
    area = draw_area(rng, house.code)
    prospect = rng.random() < 0.08
    company = rng.choice(names.COMPANIES[house.language]) if not prospect and rng.random() < 0.07 else ""
    language = "en" if house.language != "en" and not company and rng.random() < 0.035 else house.language
    person = people.draw_person(rng, language, company=company)
    since = now - timedelta(days=rng.randint(4, 60) if prospect else int(rng.triangular(30, 2600, 500)), hours=rng.randrange(12))
    home = found_household(rng, serials, house, area, person, operator_key=operator_key, now=now, since=since,
                           language=language, prospect=prospect, email=bool(company) or rng.random() < 0.9)  # fmt: skip
    if prospect:
        _prospect_life(home, since)
    else:
        services = ("internet",) if company else rng.choices([s for s, _ in _SERVICES], [w for _, w in _SERVICES])[0]
        furnish(home, services=services, since=since, months=rng.choice((12, 24, 24, 24, 0)), bills=rng.randint(2, 6))
        _marks(home)
        _life(home, since, troubles)
        give_notices(home)
    return home


def _marks(home: Household) -> None:
    rng = home.rng
    if CustomerFlag.BUSINESS in home.customer.flags:
        return
    for flag, share in ((CustomerFlag.NO_MARKETING, 0.11), (CustomerFlag.VULNERABLE, 0.045), (CustomerFlag.ACCESSIBLE_FORMAT, 0.01)):
        if rng.random() < share:
            flagged(home, flag)
    if CustomerFlag.VULNERABLE in home.customer.flags and rng.random() < 0.5:
        flagged(home, CustomerFlag.PRIORITY_REPAIR)


def _fitting(home: Household) -> list[Arc]:
    """Return the stories that can happen to this customer at any time."""
    business = CustomerFlag.BUSINESS in home.customer.flags
    frail = CustomerFlag.VULNERABLE in home.customer.flags
    mail = any(point.kind is PointKind.EMAIL for point in home.customer.points)
    return [
        arc for arc in ARCS.values()
        if arc.name not in _NEVER_AT_RANDOM
        and arc.prospect == (not home.lines)
        and (not home.lines or arc.services & home.services)
        and arc.business in (None, business)
        and (arc.name != "parent" or (frail and not home.customer.authorised))
        and (mail or all(step.channel != Channel.EMAIL for step in arc.steps))
    ]  # fmt: skip


def _drawn(home: Household, arcs: list[Arc]) -> Arc:
    return home.rng.choices(arcs, [arc.weight for arc in arcs])[0]


def _prospect_life(home: Household, since: datetime) -> None:
    rng, arcs = home.rng, _fitting(home)
    if arcs:
        tell(home, _drawn(home, arcs), home.local(since).date(), rng.randrange(12))
    for _ in range(rng.randint(0, 2)):
        everyday.happen(home, since + (home.now - since) * rng.random())


def _life(home: Household, since: datetime, troubles: list[Trouble]) -> None:
    """Fill the years since the customer came: stories, everyday things, outages, and perhaps something open now."""
    rng, now = home.rng, home.now
    heavy = rng.random() < 0.03
    days = min((now - since).days, 1100 if heavy else 500)
    target = rng.randint(60, 150) if heavy else rng.choices((2, 5, 8, 11, 15, 24), (5, 16, 26, 24, 20, 9))[0]
    target = min(target, max(2, days // 4))
    arcs = _fitting(home)
    begin = now - timedelta(days=days)
    if days < 500 and rng.random() < 0.7 and "internet" in home.services:
        _arrive(home)
    lately = _happening_now(home, arcs, 0.35 if heavy else 0.062) if arcs else None
    guard = 0
    while len(home.contacts) < target and guard < 200:
        guard += 1
        back = rng.uniform(1, days)
        arc = _drawn(home, arcs) if arcs and rng.random() < 0.55 else None
        if arc is None:
            everyday.happen(home, begin + timedelta(days=days - back, hours=rng.uniform(-3, 3)))
        elif arc.name != lately and arc.steps[-1].day + 9 < back:
            tell(home, arc, home.local(now - timedelta(days=back)).date(), rng.randrange(12))
    for trouble in troubles:
        if home.lines[0].path.olt in trouble.olts and trouble.crowd:
            speak_of(home, trouble)
    if rng.random() < 0.035:
        everyday.wait(home, now - timedelta(minutes=int(rng.choice((1, 9, 60, 300, 1300)) * rng.uniform(3, 9.9))))


def _arrive(home: Household) -> None:
    """Tell how the line was put in, and set the customer's beginning to it."""
    mail = any(point.kind is PointKind.EMAIL for point in home.customer.points)
    arc = ARCS["installation" if mail and home.rng.random() < 0.4 else "smooth"]
    if home.customer.since is not None:
        tell(home, arc, home.local(home.customer.since).date(), home.rng.randrange(12))


def _happening_now(home: Household, arcs: list[Arc], share: float) -> str | None:
    """Perhaps tell a story that stands unfinished now, and return its name."""
    rng = home.rng
    if rng.random() >= share:
        return None
    if home.contracts and rng.random() < 0.06:
        start: date | None = home.local(home.now - timedelta(days=rng.randint(1, 20))).date()
        arc = ARCS["left"]
        if any(contract.ends_on is None for contract in home.contracts):
            tell(home, arc, start or home.now.date(), rng.randrange(12))
            return arc.name
    arc = _drawn(home, arcs)
    jitters = jitters_of(arc, home)
    start = live_start(home, arc, jitters)
    if start is None:
        return None
    tell(home, arc, start, rng.randrange(12), jitters)
    return arc.name

