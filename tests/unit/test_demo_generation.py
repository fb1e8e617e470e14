"""The demo: the same for the same seed and night, coherent, valid, and in the right language."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, timedelta
from functools import cache
from ipaddress import ip_address, ip_network
from typing import TypeVar

import phonenumbers
import pytest

from backends.port import Batch, Put
from backends.records import (
    LIVE_OUTAGE_STATES,
    OPEN_STATES,
    Agent,
    AnswerState,
    Channel,
    Chase,
    Contact,
    Contract,
    Customer,
    CustomerFlag,
    CustomerKind,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Line,
    LineState,
    Operator,
    Outage,
    OutageKind,
    OutageState,
    PointKind,
    Promise,
    PromiseState,
    Record,
    Role,
    Ticket,
    TicketEvent,
    Visit,
    VisitState,
)
from backends.records.lines import Charge
from console.demo import DEMO_LOGIN, FEWEST, generate, highlights
from console.demo.arcs import ARCS
from console.demo.cast import HOSTILE_BODY
from console.demo.people import polish_greeting, polish_surname
from console.demo.texts import texts_of

NIGHT = datetime(2031, 3, 6, 22, 40, tzinfo=UTC)
NIGHTS = (
    NIGHT,
    datetime(2031, 1, 1, 0, 10, tzinfo=UTC),
    datetime(2032, 2, 29, 12, 0, tzinfo=UTC),
    datetime(2031, 3, 30, 1, 30, tzinfo=UTC),
    datetime(2031, 10, 26, 0, 59, tzinfo=UTC),
    datetime(2031, 8, 17, 15, 5, tzinfo=UTC),
)
LANGUAGES = ("en", "it", "pl", "sv")
R = TypeVar("R", bound=Record)


@dataclass(frozen=True)
class Demo:
    """All records of a demo, and when its night is."""

    now: datetime
    puts: tuple[Put, ...]

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of a kind."""
        return [put.record for put in self.puts if isinstance(put.record, kind)]

    def of(self, kind: type[R], code: str) -> list[R]:
        """Return a showcase customer's records of a kind."""
        key = self.customer(code).key
        return [record for record in self.all(kind) if getattr(record, "customer_key", "") == key]

    def customer(self, code: str) -> Customer:
        """Return a showcase customer."""
        number = highlights()[code].number
        return next(customer for customer in self.all(Customer) if customer.number == number)


@cache
def demo(customers: int = 300, seed: int = 1, now: datetime = NIGHT) -> Demo:
    """Return a demo, made once for all tests."""
    return Demo(now, tuple(_puts(generate(customers=customers, seed=seed, now=now))))


def _puts(batches: Iterator[Batch]) -> Iterator[Put]:
    for batch in batches:
        for item in batch.items:
            assert isinstance(item, Put)
            yield item


def test_same_seed_and_night_give_the_same_batches() -> None:
    """The same arguments give the same batches, keys included."""
    first = list(generate(customers=40, seed=7, now=NIGHT))
    assert first == list(generate(customers=40, seed=7, now=NIGHT))


def test_another_seed_gives_other_customers_but_the_same_showcases() -> None:
    """A seed changes the crowd; whom docs and tests look for is in every demo."""
    one, two = demo(customers=40, seed=1), demo(customers=40, seed=2)
    assert {c.name for c in one.all(Customer)} != {c.name for c in two.all(Customer)}
    for code, shown in highlights().items():
        assert one.customer(code).name == two.customer(code).name == shown.name
        assert one.customer(code).points == two.customer(code).points


def test_showcases_are_told_the_same_whatever_the_size() -> None:
    """The smallest demo and a larger one tell a showcase customer's contacts alike."""
    small, large = demo(customers=FEWEST), demo()
    for code in ("third_chase", "dispute", "monster", "prospect"):
        told = [[(c.at, c.subject, c.body) for c in of.of(Contact, code)] for of in (small, large)]
        assert told[0] == told[1]


def test_there_are_as_many_customers_as_asked_for_and_never_too_few() -> None:
    """The number asked for is made; below the least one, the least one."""
    assert len(demo().all(Customer)) == 300
    assert len(demo(customers=1).all(Customer)) == FEWEST


def test_a_naive_night_is_refused() -> None:
    """A moment without a time zone is no night."""
    with pytest.raises(ValueError, match="time zone"):
        next(iter(generate(customers=20, seed=1, now=datetime(2031, 1, 1))))


def test_progress_counts_every_customer() -> None:
    """The progress heard ends at the number of customers."""
    heard: list[tuple[int, int]] = []
    for _batch in generate(customers=30, seed=1, now=NIGHT, progress=lambda done, total: heard.append((done, total))):
        pass
    assert heard == [(number, 30) for number in range(1, 31)]


@pytest.mark.parametrize("now", NIGHTS[:2], ids=lambda now: f"{now:%m-%d %H:%M}")
def test_every_reference_leads_to_a_record_of_the_same_or_an_earlier_batch(now: datetime) -> None:
    """No record names another that is not there; each key is given once."""
    known: set[str] = set()
    for batch in generate(customers=40, seed=3, now=now):
        keys = [item.record.key for item in batch.items]
        assert len(set(keys)) == len(keys)
        assert not known & set(keys)
        known |= set(keys)
        for item in batch.items:
            for name, key in _named(item.record):
                assert key in known, f"{type(item.record).__name__}.{name}"


def _named(record: Record) -> Iterator[tuple[str, str]]:
    for field in fields(record):
        if field.name.endswith(("_key", "_keys")) or field.name == "answered_by":
            value = getattr(record, field.name)
            for key in (value,) if isinstance(value, str) else value:
                if key:
                    yield field.name, key


_PLANS = {
    (Visit, "window_from"), (Visit, "window_to"), (Promise, "due_at"), (Ticket, "next_step_at"), (Handover, "due_at"),
    (Outage, "expected_end"),
}  # fmt: skip


@pytest.mark.parametrize("now", NIGHTS, ids=lambda now: f"{now:%m-%d %H:%M}")
def test_nothing_but_plans_lies_ahead(now: datetime) -> None:
    """All moments are aware, in UTC, and not after now, but for visits, promises, next steps and works."""
    for put in demo(customers=40, seed=4, now=now).puts:
        record = put.record
        if isinstance(record, Outage) and record.kind is OutageKind.PLANNED_WORKS:
            continue
        for field in fields(record):
            value = getattr(record, field.name)
            if isinstance(value, datetime):
                assert value.utcoffset() == timedelta(0)
                assert value <= now or (type(record), field.name) in _PLANS, f"{type(record).__name__}.{field.name}"


@pytest.mark.parametrize("now", NIGHTS, ids=lambda now: f"{now:%m-%d %H:%M}")
def test_the_night_is_there_whenever_it_is(now: datetime) -> None:
    """At any hour and season the showcases stand as promised."""
    night = demo(customers=40, seed=4, now=now)
    today = now.date()
    chases = [c for c in night.of(Chase, "third_chase") if now - c.at < timedelta(days=7)]
    assert len(chases) == 3
    promises = night.of(Promise, "third_chase")
    broken = [p for p in promises if p.state is PromiseState.OPEN and p.due_at and p.due_at < now]
    assert broken
    ends = {c.ends_on for c in night.of(Contract, "contract_end")}
    assert any(end and abs((end - today).days - 20) <= 1 for end in ends)
    dunned = [c.dunning_on for c in night.of(Charge, "dispute") if c.dunning_on]
    assert dunned
    assert all(2 <= (day - today).days <= 4 for day in dunned)
    assert [d.state for d in night.of(Dispute, "dispute")] == [DisputeState.OPEN]
    ahead = [v.state for v in night.of(Visit, "installation") if v.window_from > now]
    assert ahead in ([VisitState.PLANNED], [VisitState.CONFIRMED])


def test_one_confirmed_and_one_suspected_outage_tonight_and_works_tomorrow() -> None:
    """Tonight's three are alive, with updates and a supplier's reference; all others are over."""
    alive = [o for o in demo().all(Outage) if o.state in LIVE_OUTAGE_STATES]
    confirmed = next(o for o in alive if o.state is OutageState.CONFIRMED and o.kind is OutageKind.FAULT)
    suspected = next(o for o in alive if o.state is OutageState.SUSPECTED)
    works = next(o for o in alive if o.kind is OutageKind.PLANNED_WORKS)
    assert len(alive) == 3
    assert confirmed.supplier_reference
    assert len(confirmed.updates) == 4
    assert confirmed.expected_end is not None
    assert timedelta(hours=1) < confirmed.expected_end - NIGHT < timedelta(hours=3)
    assert confirmed.operator_keys != suspected.operator_keys != works.operator_keys
    assert timedelta(0) < works.started_at - NIGHT < timedelta(hours=48)
    assert sum(1 for o in demo().all(Outage) if o.state is OutageState.RESTORED) >= 10


def test_network_and_place_agree() -> None:
    """One OLT serves one town and one postcode, so that an outage hits exactly those who live there."""
    places: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for line in demo().all(Line):
        if line.state is not LineState.ENDED:
            places[line.path.olt].add((line.place.town, line.place.postcode.split()[0]))
            assert line.path.port.startswith(line.path.olt)
            assert line.path.node.startswith(line.path.exchange)
    assert len(places) > 30
    assert all(len(served) == 1 for served in places.values())


def test_about_one_customer_in_fifty_is_hit_by_the_confirmed_outage() -> None:
    """The outage has a crowd that fits the size of the demo."""
    hit = {line.customer_key for line in demo().all(Line) if line.path.olt == "PUL-OLT-02"}
    assert 3 <= len(hit) <= 20


def test_fax_of_tonight_waits_without_identity_document() -> None:
    """The fax came within the last hours, nobody answered, and no identity document is attached (R38)."""
    fax = next(c for c in demo().of(Contact, "fax") if c.channel == Channel.FAX)
    assert fax.answer is AnswerState.WAITING
    assert NIGHT - fax.at < timedelta(hours=3)
    assert fax.attachments
    assert not any(attachment.identity_document for attachment in fax.attachments)


def test_showcases_have_what_they_are_there_for() -> None:
    """Flags, debts, static address, size and state of each showcase are as its description says."""
    night = demo()
    assert {CustomerFlag.PRIORITY_REPAIR, CustomerFlag.AUTHORISED_THIRD_PARTY} <= night.customer("priority").flags
    assert night.customer("priority").authorised[0].relation == "córka"
    assert 1_200 <= len(night.of(Contact, "monster")) <= 1_900
    waits = [NIGHT - c.at for c in night.of(Contact, "unanswered") if c.answer is AnswerState.WAITING]
    assert sorted(wait.days for wait in waits) == [2, 8]
    assert night.customer("prospect").kind is CustomerKind.PROSPECT
    assert any(ip_address(line.ip).version == 4 for line in night.of(Line, "business") if line.ip)
    assert any(t.priority == "urgent" and t.state in OPEN_STATES for t in night.of(Ticket, "business"))
    assert {line.state for line in night.of(Line, "installation")} == {LineState.ORDERED}
    works = next(o for o in night.all(Outage) if o.kind is OutageKind.PLANNED_WORKS)
    assert night.customer("works").place.postcode in works.coverage.postcodes
    word = [p for p in night.of(Promise, "outage") if p.outage_key]
    assert [p.state for p in word] == [PromiseState.OPEN]


def test_hostile_text_is_clean_and_its_original_is_kept() -> None:
    """What the hostile customer wrote has no control or bidi character left, and comes with its raw bytes."""
    night = demo()
    key = night.customer("hostile").key
    puts = [p for p in night.puts if isinstance(p.record, Contact) and p.record.customer_key == key and p.raw]
    assert len(puts) == 2
    for put in puts:
        assert put.raw is not None
        assert HOSTILE_BODY.encode() in put.raw
        assert isinstance(put.record, Contact)
        shown = put.record.subject + put.record.body
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
        assert "[/bold]" in put.record.body


def test_numbers_and_references_are_given_once() -> None:
    """No two customers share a number, no two tickets a reference, no two lines an id, MAC or address."""
    night = demo()
    for values in (
        [c.number for c in night.all(Customer)],
        [t.reference for t in night.all(Ticket)],
        [line.number for line in night.all(Line)],
        [line.mac for line in night.all(Line) if line.mac],
        [line.ip for line in night.all(Line) if line.ip],
        [c.number for c in night.all(Contract)],
    ):
        assert [value for value, count in Counter(values).items() if count > 1] == []


def test_telephone_numbers_are_valid_or_kept_for_fiction() -> None:
    """Every number can be dialled by the rules of its country, or is one that the British regulator keeps for drama."""
    night = demo()
    numbers = {p.value for c in night.all(Customer) for p in c.points if p.kind in (PointKind.PHONE, PointKind.MOBILE)}
    numbers |= {number for operator in night.all(Operator) for number in operator.numbers}
    for number in numbers:
        drama = re.fullmatch(r"\+447700900\d{3}", number)
        assert drama or phonenumbers.is_valid_number(phonenumbers.parse(number)), number


def test_swedish_and_british_numbers_are_kept_for_fiction() -> None:
    """Nobody real is reached by a Swedish or British number of the demo."""
    fiction = r"\+46(7017406\d\d|8465004\d\d|3139006\d\d|4062804\d\d|9803192\d\d)"
    british = r"\+44(7700900|2079460|1134960|1174960)\d{3}"
    for customer in demo().all(Customer):
        for point in customer.points:
            if point.value.startswith("+46"):
                assert re.fullmatch(fiction, point.value)
            if point.value.startswith("+44"):
                assert re.fullmatch(british, point.value)


def test_addresses_reach_nobody() -> None:
    """E-mail goes to example domains, IP addresses are for documentation, MACs are locally administered."""
    nets = [ip_network(n) for n in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32")]
    for customer in demo().all(Customer):
        for point in customer.points:
            if point.kind is PointKind.EMAIL:
                assert re.search(r"[@.]example\.(com|net|org)$", point.value), point.value
                assert point.value.isascii()
                assert point.value == point.value.lower()
    for line in demo().all(Line):
        assert not line.ip or any(ip_address(line.ip) in net for net in nets)
        assert not line.mac or int(line.mac[:2], 16) & 0b11 == 0b10


def test_texts_are_whole() -> None:
    """No brace, no empty date and no broken character is left in any text but the hostile one's."""
    night = demo()
    hostile = night.customer("hostile").key
    for contact in night.all(Contact):
        if contact.customer_key == hostile:
            continue
        text = contact.subject + "\n" + contact.body
        assert not re.search(r"[{}\ufffd]|Ã|\|", text), text
        assert not re.search(r"(?<=\w) [,.]", text), text
        assert text == text.strip("\n") or not contact.subject
        assert contact.body
    for event in night.all(TicketEvent):
        assert not re.search(r"[{}\ufffd|]", event.text)


_COMMON = {
    "en": {"the", "and", "is", "to", "you", "for", "it", "of", "was", "that", "not", "with", "your", "have"},
    "it": {"il", "la", "che", "di", "è", "per", "non", "una", "del", "con", "sono", "ha", "mi", "le"},
    "pl": {"nie", "się", "na", "i", "w", "do", "jest", "za", "że", "to", "po", "od", "już", "dziękuję"},
    "sv": {"och", "att", "är", "det", "en", "på", "för", "inte", "som", "med", "har", "till", "den", "av"},
}


def test_customers_are_spoken_to_in_their_language() -> None:
    """Of the four languages' everyday words, those of the customer's own prevail in what was written."""
    night = demo()
    written: dict[str, Counter[str]] = defaultdict(Counter)
    for contact in night.all(Contact):
        words = re.findall(r"\w+", (contact.subject + " " + contact.body).lower())
        for language, common in _COMMON.items():
            written[contact.customer_key][language] += sum(word in common for word in words)
    spoken: Counter[str] = Counter()
    for customer in night.all(Customer):
        if sum(written[customer.key].values()) > 25:
            spoken[customer.language] += 1
            assert written[customer.key].most_common(1)[0][0] == customer.language, customer.name
    assert min(spoken[language] for language in LANGUAGES) > 10


def test_every_language_has_every_text_of_every_story() -> None:
    """Nobody falls silent: the four languages hold the same names, and each step of each story has words."""
    names = {language: set(texts_of(language)) for language in LANGUAGES}
    assert names["en"] == names["it"] == names["pl"] == names["sv"]
    for arc in ARCS.values():
        assert f"{arc.name}.ticket" in names["en"]
        assert {f"{arc.name}.{step.name}" for step in arc.steps} <= names["en"]


def test_every_text_is_used() -> None:
    """No text is written for nothing: each belongs to a story, an outage, a day or the words all share."""
    prefixes = {*ARCS, "chased", "outage", "day", "fresh", "sms", "next"}
    shared = {"told", "handover", "promise", "goodwill", "settled", "resolution", "why", "scope", "relation"}
    for name in texts_of("en"):
        assert name in shared or name.partition(".")[0] in prefixes, name


def test_inbound_writing_is_answered_but_for_a_believable_few() -> None:
    """Nothing waits longer than nine days; what is answered names a later answer of ours (R10)."""
    night = demo()
    contacts = {contact.key: contact for contact in night.all(Contact)}
    states = Counter(contact.answer for contact in contacts.values())
    for contact in contacts.values():
        if contact.answer is AnswerState.WAITING:
            assert NIGHT - contact.at < timedelta(days=9), contact.subject
            assert contact.direction is Direction.INBOUND
        elif contact.answer is AnswerState.ANSWERED:
            answer = contacts[contact.answered_by]
            assert contact.answered_at == answer.at >= contact.at
        elif contact.answer is AnswerState.WAIVED:
            assert contact.waived_reason
    assert 5 <= states[AnswerState.WAITING] <= states[AnswerState.ANSWERED] / 8


def test_tickets_have_beginning_and_end() -> None:
    """Each ticket has its opening event; closed ones have an outcome, open ones are a believable minority."""
    night = demo()
    events: dict[str, list[TicketEvent]] = defaultdict(list)
    for event in night.all(TicketEvent):
        events[event.ticket_key].append(event)
    tickets = night.all(Ticket)
    for ticket in tickets:
        kinds = [event.kind for event in sorted(events[ticket.key], key=lambda event: event.at)]
        assert kinds[0] == "opened"
        if ticket.state == "closed":
            assert ticket.outcome is not None
            assert ticket.resolution
            assert ticket.closed_at is not None
            assert ticket.closed_at >= ticket.opened_at
            assert ticket.holder is Holder.DESK
            assert "closed" in kinds
        assert ticket.first_contact_at is not None
        assert ticket.first_contact_at <= ticket.opened_at
    still_open = [ticket for ticket in tickets if ticket.state in OPEN_STATES]
    assert len(tickets) / 100 <= len(still_open) <= len(tickets) / 10
    overdue = [t for t in still_open if t.next_step_at and t.next_step_at < NIGHT]
    assert 0 < len(overdue) < len(still_open)


def test_most_customers_are_quiet_and_some_are_heavy() -> None:
    """The distribution is that of a desk: many with a handful of contacts, few with very many, prospects too."""
    night = demo()
    counts = Counter(contact.customer_key for contact in night.all(Contact))
    sizes = sorted(counts[c.key] for c in night.all(Customer))
    assert 5 <= sizes[len(sizes) // 2] <= 16
    assert sum(size >= 60 for size in sizes) >= 4
    prospects = sum(c.kind is CustomerKind.PROSPECT for c in night.all(Customer))
    assert 0.04 * 300 < prospects < 0.13 * 300


def test_every_channel_occurs_in_every_language() -> None:
    """Calls, mails, chats, SMS, faxes, letters, visits, forms, posts and notes are all there, in all four languages."""
    night = demo()
    language = {c.key: c.language for c in night.all(Customer)}
    seen = {(language[c.customer_key], c.channel) for c in night.all(Contact)}
    channels = {v for n, v in vars(Channel).items() if n.isupper()}
    assert {(spoken, channel) for spoken in LANGUAGES for channel in channels} <= seen


def test_the_agent_of_the_demo_answers_for_all_and_may_raise_outages() -> None:
    """The login that opens the demo is desk, hotline and technical at every operator."""
    agent = next(a for a in demo().all(Agent) if a.login == DEMO_LOGIN)
    assert {Role.DESK, Role.HOTLINE, Role.TECHNICAL} <= agent.roles
    assert agent.operator_keys == ()
    assert {"pl", "it", "sv", "en"} <= set(agent.languages)


def test_the_british_brand_belongs_to_an_operator() -> None:
    """One of the four is a brand of another (R22)."""
    operators = {o.code: o for o in demo().all(Operator)}
    assert operators["LRK"].parent_key == operators["NOR"].key
    assert [o.code for o in operators.values() if not o.parent_key] == ["LUN", "VAL", "NOR"]


@pytest.mark.parametrize(
    ("base", "woman"),
    [("Kowalski", "Kowalska"), ("Nowak", "Nowak"), ("Czarnecki", "Czarnecka"), ("Konieczny", "Konieczna"),
     ("Cichy", "Cicha"), ("Zając", "Zając"), ("Zięba", "Zięba")],
)  # fmt: skip
def test_polish_surnames_follow_their_bearer(base: str, woman: str) -> None:
    """Adjectival surnames change for a woman, others do not."""
    assert polish_surname(base, True) == woman
    assert polish_surname(base, False) == base


def test_polish_customers_are_addressed_in_the_vocative() -> None:
    """A letter begins with the form that a Pole would use."""
    assert polish_greeting("Anna", True) == "Pani Anno"
    assert polish_greeting("Marek", False) == "Panie Marku"


def test_contracts_run_and_renewals_come_up() -> None:
    """Fixed terms end in the future, and some of them soon."""
    today: date = NIGHT.date()
    contracts = demo().all(Contract)
    assert all(c.ends_on is None or c.ends_on > today for c in contracts)
    assert any(c.ends_on and (c.ends_on - today).days <= 40 for c in contracts)
