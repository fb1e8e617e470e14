"""Who is told of an outage's end, in which order, by which way; and whom it hits (R27, R31)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backends.errors import Conflict
from backends.memory import MemoryBackend
from backends.port import Backend, Batch, Listing, Pending, PendingKind, Put
from backends.records import (
    Agent,
    ContactPoint,
    Coverage,
    Customer,
    CustomerFlag,
    CustomerKind,
    Line,
    NetworkPath,
    Operator,
    Outage,
    OutageState,
    Place,
    PointKind,
    Promise,
    PromiseKind,
    Record,
    Role,
    Ticket,
    TicketKind,
    new_key,
)
from console.data.texts import texts_of
from console.desk.acts.restoring import Word, give_words
from console.desk.acts.scene import Unfit
from console.desk.desk import Desk
from console.desk.restoring import affected, words_due
from console.present.outage_texts import voice_of
from console.present.restoring import affected_words, prepared
from console.rules.restoring import way_to, words_promised

NOW = datetime(2026, 11, 21, 2, tzinfo=UTC)
AGENT = Agent("", "ola", "Ola Desk", frozenset({Role.SUPERVISOR}))
LUNA = Operator("k", "LUN", "Luna", "PL", "pl", "Europe/Warsaw")
OVER = Outage(
    "o1", "O-1", OutageState.RESTORED, "OLT down", NOW - timedelta(hours=3),
    Coverage(("internet",), towns=("St. Albans",)), ("k",), ended_at=NOW,
)  # fmt: skip
EMAIL = ContactPoint(PointKind.EMAIL, "ewa@example.org")
MOBILE = ContactPoint(PointKind.MOBILE, "+48601234567")
PHONE = ContactPoint(PointKind.PHONE, "+48618520000")


def customer(
    number: int, *flags: CustomerFlag, points: tuple[ContactPoint, ...] = (), language: str = "pl"
) -> Customer:
    """Return a subscriber of Luna."""
    return Customer(
        f"c{number}", f"C{number}", "k", CustomerKind.SUBSCRIBER, f"Ewa {number}", language, points=points,
        flags=frozenset(flags),
    )  # fmt: skip


def promised(number: int, *flags: CustomerFlag, minutes: int = 0, **parts: object) -> Pending:
    """Return the promise of a word to a customer, so many minutes after the outage began."""
    made = Promise(
        f"p{number}", f"c{number}", PromiseKind.WORD_AT_RESTORATION, "", OVER.started_at + timedelta(minutes=minutes),
        None, outage_key="o1",
    )  # fmt: skip
    return Pending(PendingKind.PROMISE, replace(made, **parts), customer(number, *flags))  # type: ignore[arg-type]


@given(
    people=st.lists(
        st.tuples(st.integers(0, 90), st.sampled_from([None, *CustomerFlag])), min_size=1, max_size=12
    ),
    shuffled=st.randoms(),
)  # fmt: skip
def test_r27_priority_repair_and_vulnerable_come_first_then_the_order_of_promises(
    people: list[tuple[int, CustomerFlag | None]], shuffled: st.DrawFn
) -> None:
    """R27: the order does not depend on how the store lists them, and nobody of the first comes after another."""
    pending = [promised(n, *([flag] if flag else []), minutes=at) for n, (at, flag) in enumerate(people)]
    mixed = list(pending)
    shuffled.shuffle(mixed)  # type: ignore[attr-defined]
    found = words_promised(mixed, OVER)
    assert found == words_promised(pending, OVER)
    first = {CustomerFlag.PRIORITY_REPAIR, CustomerFlag.VULNERABLE}
    ranks = [(not first & one.flags, promise.made_at) for promise, one in found]
    assert ranks == sorted(ranks)
    assert len(found) == len(people)


def test_r27_other_promises_are_no_words() -> None:
    """R27: a call back, or a word about another outage, is not kept by this one's end."""
    pending = [promised(1, kind=PromiseKind.CALL_BACK), promised(2, outage_key="o2"), promised(3)]
    assert [one.key for one, _customer in words_promised(pending, OVER)] == ["p3"]


@pytest.mark.parametrize(
    ("points", "channel", "to"),
    [
        ((EMAIL, MOBILE, PHONE), "sms", MOBILE.value),
        ((replace(EMAIL, preferred=True), MOBILE), "email", EMAIL.value),
        ((EMAIL, replace(PHONE, preferred=True)), "call", PHONE.value),
        ((EMAIL, PHONE), "email", EMAIL.value),
        ((PHONE,), "call", PHONE.value),
        ((ContactPoint(PointKind.FAX, "+4861"),), "letter", ""),
        ((), "letter", ""),
    ],
)
def test_r27_the_word_goes_by_the_way_they_prefer(points: tuple[ContactPoint, ...], channel: str, to: str) -> None:
    """R27: what is preferred, else SMS, e-mail, a call, a letter."""
    found = way_to(customer(1, points=points))
    assert (found[0], found[1].value if found[1] else "") == (channel, to)


@pytest.mark.parametrize(
    ("language", "mail", "short"),
    [
        ("en", "is solved", "Luna: the problem with internet around St. Albans is solved."),
        ("it", "è risolto", "Luna: il problema con internet"),
        ("fr", "est résolu", "Luna : le problème avec internet"),
        ("pl", "rozwiązany", "Luna: problem z internetem"),
        ("sv", "är löst", "Luna: problemet med internet"),
    ],
)
def test_r27_each_message_is_in_the_customers_language(language: str, mail: str, short: str) -> None:
    """R27: a letter with greeting and closing by e-mail, a short text by SMS, a sentence to say on the telephone."""
    voice = voice_of(LUNA, texts_of(), NOW, UTC)
    letter = prepared(customer(1, points=(EMAIL,), language=language), OVER, AGENT, voice)
    assert mail in letter.body
    assert "Ola Desk" in letter.body
    assert "St. Albans" in letter.subject
    assert letter.subject.endswith("[O-1]")
    assert "OLT" not in letter.subject + letter.body
    text = prepared(customer(1, points=(MOBILE,), language=language), OVER, AGENT, voice)
    assert text.body.startswith(short)
    assert prepared(customer(1, points=(PHONE,), language=language), OVER, AGENT, voice).channel == "call"


def test_r27_a_word_needs_text_and_address() -> None:
    """R27: nothing empty is stored as sent, and no e-mail without an address."""
    [(promise, one)] = words_promised([promised(1)], OVER)
    word = Word(promise, one, LUNA, "email", "ewa@example.org", "", "It works.")
    assert len(give_words([word], agent=AGENT, now=NOW).items) == 2
    for wrong, code in ((replace(word, body=" "), "needed"), (replace(word, to=""), "reach_needed")):
        with pytest.raises(Unfit) as caught:
            give_words([wrong], agent=AGENT, now=NOW)
        assert caught.value.code == code
    with pytest.raises(Unfit):
        give_words([], agent=AGENT, now=NOW)


# on a store ---------------------------------------------------------------------------------------------------------


class Unlisted:
    """A backend that cannot be walked through: only what the port has is passed on."""

    def __init__(self, inner: Backend) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> object:
        if name in ("listed", "counted"):
            raise AttributeError(name)
        return getattr(self._inner, name)


async def stage() -> tuple[Backend, Desk, Outage]:
    """Give a store with five customers of two operators behind one OLT, one of whom has no line that is known."""
    backend = MemoryBackend()
    await backend.open()
    operators = [
        Operator(new_key(), code, code, "PL", "pl", "Europe/Warsaw") for code in ("LUN", "VAL")
    ]
    town = Place(town="Poznań", country="PL")
    people = [
        Customer(new_key(), "", operators[n == 4].key, CustomerKind.SUBSCRIBER, f"Ewa {n}", "pl", place=town,
                 flags=frozenset({CustomerFlag.VULNERABLE}) if n == 2 else frozenset())
        for n in range(5)
    ]
    lines = [
        Line(new_key(), "", one.key, service, place=town, path=NetworkPath(olt="LUB-3", port=f"LUB-3/{n}"))
        for n, one in enumerate(people) if n != 3 for service in ("internet", "tv")
    ]
    outage = Outage(
        new_key(), "", OutageState.CONFIRMED, "", NOW, Coverage(("internet",), elements=("LUB-3",), towns=("Poznań",))
    )
    records: list[Record] = [*operators, *people, *lines, outage]
    receipt = await backend.write(Batch(tuple(map(Put, records)), actor="test"))
    raised = receipt.changes[-1].after
    assert isinstance(raised, Outage)
    desk = Desk(backend, AGENT, ZoneInfo("UTC"), clock=lambda: NOW)
    await desk.start()
    return backend, desk, raised  # fmt: skip


async def test_r31_everybody_whom_an_outage_hits_is_counted_once_and_listed_in_order() -> None:
    """R31: by lines, by where they live for whom no line is known; an agent's own operators alone; towns of many."""
    _backend, desk, outage = await stage()
    found = await affected(desk, outage)
    assert (found.count, found.lines, found.whole) == (5, 4, True)
    assert found.customers[0].name == "Ewa 2", "vulnerable first"
    assert found.towns == ("Poznań",)
    desk.operator_keys = frozenset(one.key for one in desk.operators.values() if one.code == "VAL")
    theirs = await affected(desk, outage)
    assert (theirs.count, theirs.towns) == (1, ()), "one customer's town is not told"


async def test_r31_a_source_that_cannot_list_says_at_least() -> None:
    """R31: those who told us are counted, and the words say that there may be more."""
    backend, desk, outage = await stage()
    people = (await affected(desk, outage)).customers
    promise = Promise(
        new_key(), people[0].key, PromiseKind.WORD_AT_RESTORATION, "", NOW, None, outage_key=outage.key
    )
    ticket = Ticket(
        new_key(), "", people[1].key, people[1].operator_key, TicketKind.FAULT, "dead", NOW, outage_key=outage.key
    )
    await backend.write(Batch((Put(promise), Put(ticket)), actor="test"))
    desk.backend = Unlisted(backend)  # type: ignore[assignment]
    assert not isinstance(desk.backend, Listing)
    found = await affected(desk, outage)
    assert (found.count, found.whole) == (2, False)
    assert affected_words(found.count, found.lines, whole=found.whole) == "at least 2 customers"


async def test_r27_words_are_due_once_the_outage_is_over_and_until_they_are_given() -> None:
    """R27: nothing is due while it goes on; afterwards as many as were promised, also where it was no outage at all."""
    backend, desk, outage = await stage()
    person = (await affected(desk, outage)).customers[0]
    promise = Promise(new_key(), person.key, PromiseKind.WORD_AT_RESTORATION, "", NOW, None, outage_key=outage.key)
    receipt = await backend.write(Batch((Put(promise),), actor="test"))
    stored = receipt.changes[0].after
    assert isinstance(stored, Promise)
    assert await words_due(desk) == ()
    over = replace(outage, state=OutageState.DISMISSED, ended_at=NOW)
    await backend.write(Batch((Put(over, seen=outage.version),), actor="test"))
    [(due, count)] = await words_due(desk)
    assert (due.key, count) == (outage.key, 1)
    word = Word(stored, person, desk.operators[person.operator_key], "letter", "", "", "We found no fault.")
    await backend.write(give_words([word], agent=AGENT, now=NOW))
    assert await words_due(desk) == ()


async def test_r32_two_colleagues_tell_nobody_twice() -> None:
    """R32, R27: who is second gets a conflict, and not one of their messages is stored."""
    backend, desk, outage = await stage()
    people = (await affected(desk, outage)).customers[:2]
    promises: list[Record] = [
        Promise(new_key(), one.key, PromiseKind.WORD_AT_RESTORATION, "", NOW, None, outage_key=outage.key)
        for one in people
    ]
    receipt = await backend.write(Batch(tuple(map(Put, promises)), actor="test"))
    words = [
        Word(change.after, one, desk.operators[one.operator_key], "letter", "", "", "It works.")
        for change, one in zip(receipt.changes, people, strict=True)
        if isinstance(change.after, Promise)
    ]
    await backend.write(give_words(words[:1], agent=AGENT, now=NOW))
    with pytest.raises(Conflict):
        await backend.write(give_words(words, agent=replace(AGENT, login="iga"), now=NOW))
    told = [(await backend.timeline(one.key)).rows for one in people]
    assert [len(rows) for rows in told] == [1, 0]
