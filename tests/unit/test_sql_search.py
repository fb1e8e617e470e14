"""Searching the embedded store: what the suite leaves to a backend, and the order of what is found."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backends.clean import tokens
from backends.contract.samples import a_contact, a_customer, a_line, a_ticket, ago, an_operator, points
from backends.port import Batch, MatchedOn, Put, TimelineFilter, undoing
from backends.records import Contact, Line, Operator, Place, Record
from backends.sql import index, open_url
from backends.sql.store import SqlBackend


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlBackend]:
    """Yield a new store."""
    backend = open_url(f"sqlite://{tmp_path}/x.db")
    await backend.open()
    yield backend
    await backend.close()


async def put(store: SqlBackend, *records: Record) -> tuple[Any, ...]:
    """Store records and return them as stored."""
    receipt = await store.write(Batch(tuple(Put(record) for record in records), "ola"))
    return tuple(change.after for change in receipt.changes)


async def found(store: SqlBackend, text: str, **how: Any) -> list[str]:
    """Return the names of the customers found, in order."""
    return [match.customer.name for match in await store.search(text, **how)]


async def a_town(store: SqlBackend) -> tuple[Operator, Operator]:
    """Store two operators and customers of theirs with common names and places."""
    one, other = an_operator(country="PL"), an_operator(country="SE")
    people = [
        a_customer(one, name="Jan Nowak", place=Place("Kowalska", "5", "", "61-001", "Poznań", "", "PL")),
        a_customer(one, name="Anna Nowak", place=Place("Długa", "7", "", "20-001", "Lublin", "", "PL")),
        a_customer(one, name="Ewa Kowalska", place=Place("Krótka", "9", "", "61-001", "Poznań", "", "PL")),
        a_customer(other, name="Nowakowski Åke", place=Place("Storgatan", "1", "", "111 22", "Lund", "", "SE")),
    ]
    stored = await put(store, one, other, *people)
    return stored[0], stored[1]


async def test_name_and_place_together(store: SqlBackend) -> None:
    """Words may be of the name and of the place; all of them must fit."""
    await a_town(store)
    assert await found(store, "nowak lublin") == ["Anna Nowak"]
    assert await found(store, "kowalska 61-001") == ["Ewa Kowalska", "Jan Nowak"]
    assert await found(store, "lub now") == ["Anna Nowak"]
    assert await found(store, "nowak malmo") == []


async def test_a_name_stands_above_a_street(store: SqlBackend) -> None:
    """Who is called so comes before who lives in a street called so, and the reason says which."""
    await a_town(store)
    matches = await store.search("kowalska")
    assert [(match.customer.name, match.on) for match in matches] == [
        ("Ewa Kowalska", MatchedOn.NAME),
        ("Jan Nowak", MatchedOn.PLACE),
    ]
    assert matches[1].shown == "Kowalska 5 61-001 Poznań"


async def test_who_was_in_touch_lately_comes_first(store: SqlBackend) -> None:
    """Among whole words the last contact decides, and whole words stay above beginnings."""
    await a_town(store)
    people = {match.customer.name: match.customer for match in await store.search("nowak")}
    await put(store, a_contact(people["Jan Nowak"], at=ago(days=9)))
    await put(store, a_contact(people["Anna Nowak"], at=ago(days=2)))
    await put(store, a_contact(people["Nowakowski Åke"], at=ago(minutes=2)))
    assert await found(store, "nowak") == ["Anna Nowak", "Jan Nowak", "Nowakowski Åke"]


async def test_who_was_in_touch_is_found_among_too_many(store: SqlBackend) -> None:
    """When one letter begins more names than are looked at, the caller of a minute ago is still first."""
    (operator,) = await put(store, an_operator())
    stored = await put(store, *(a_customer(operator, name=f"Na{index:03d}") for index in range(300)))
    await put(store, a_contact(stored[277]))
    assert (await found(store, "n", limit=5))[0] == "Na277"


async def test_only_the_operators_asked_for(store: SqlBackend) -> None:
    """With operators given nobody else's customers are found, and a limit counts theirs alone."""
    one, other = await a_town(store)
    assert await found(store, "nowak", operator_keys=frozenset({other.key})) == ["Nowakowski Åke"]
    assert await found(store, "nowak", limit=1, operator_keys=frozenset({other.key})) == ["Nowakowski Åke"]
    assert len(await found(store, "nowak", operator_keys=frozenset({one.key, other.key}))) == 3
    assert await found(store, "nowak", operator_keys=frozenset({"operator:999"})) == []
    (someone,) = await store.search("nowak lublin")
    number = someone.customer.number
    assert await found(store, number, operator_keys=frozenset({one.key})) == ["Anna Nowak"]
    assert await found(store, number, operator_keys=frozenset({other.key})) == []
    assert await found(store, number[:5], operator_keys=frozenset({other.key})) == ["Nowakowski Åke"]


async def test_numbers_as_they_are_typed(store: SqlBackend) -> None:
    """A telephone number is found at every digit from the fourth, from its beginning and by its end."""
    (operator,) = await put(store, an_operator(country="PL"))
    await put(store, a_customer(operator, name="Jan", points=points("+48601234567")))
    for text in ("+4860", "+48 601 2", "0048601", "6012", "601 234 5", "0601234567", "4567", "34-567", "48601234567"):
        assert await found(store, text) == ["Jan"], text
    for text in ("+48602", "567", "9601234567", "6013"):
        assert await found(store, text) == [], text


async def test_a_whole_number_stands_above_an_end(store: SqlBackend) -> None:
    """Whose number it is comes before those whose number only ends so, and is exact while alone."""
    (operator,) = await put(store, an_operator(country="SE"))
    await put(store, a_customer(operator, name="Ends", points=points("+4670850000000")))
    await put(store, a_customer(operator, name="Whole", points=points("+46850000000")))
    matches = await store.search("08-500 000 00")
    assert [(match.customer.name, match.exact) for match in matches] == [("Whole", True), ("Ends", False)]


async def test_a_shared_number_is_not_exact(store: SqlBackend) -> None:
    """A family's telephone means several people: none of them is opened unasked."""
    (operator,) = await put(store, an_operator(country="PL"))
    await put(store, *(a_customer(operator, name=name, points=points("+48601234567")) for name in ("Jan", "Ewa")))
    matches = await store.search("601234567")
    assert {(match.customer.name, match.exact) for match in matches} == {("Jan", False), ("Ewa", False)}


async def test_parts_of_a_mac(store: SqlBackend) -> None:
    """Three bytes of a device's address are enough, from its maker's end or from its own."""
    operator = an_operator()
    customer = a_customer(operator, name="Jan")
    *_, line = await put(store, operator, customer, a_line(customer, mac="00:1A:2B:3C:4D:5E", ip="10.1.2.3"))
    assert isinstance(line, Line)
    for text in ("00:1a:2b", "00-1A-2B-3C", "001a.2b", "3c:4d:5e", "3C4D5E"):
        (match,) = await store.search(text)
        assert (match.on, match.shown, match.exact, match.record_key) == (MatchedOn.MAC, line.mac, False, line.key)
    assert await store.search("00:1a") == ()
    (match,) = await store.search("10.1.2.")
    assert (match.on, match.exact) == (MatchedOn.IP, False)


async def test_references_without_dashes(store: SqlBackend) -> None:
    """Tickets, contacts, lines and the number are found however their parts are separated, in any case."""
    operator = an_operator()
    customer = a_customer(operator, name="Jan")
    _, stored, line, ticket, contact = await put(
        store, operator, customer, a_line(customer), a_ticket(customer), a_contact(customer)
    )
    for reference in (stored.number, line.number, ticket.reference, contact.reference):
        for text in (reference, reference.lower(), reference.replace("-", ""), reference.replace("-", " ")):
            (match,) = await store.search(text)
            assert match.exact, text
    assert (await store.search(stored.number.removeprefix("C-")))[0].exact
    assert (await store.ticket(ticket.reference.replace("-", "").lower())).key == ticket.key


async def test_mailboxes(store: SqlBackend) -> None:
    """An address is exact when whole; its beginning is found below names that begin so."""
    (operator,) = await put(store, an_operator())
    await put(store, a_customer(operator, name="Zoe", points=points("jan@example.org")))
    await put(store, a_customer(operator, name="Jan"))
    assert [match.exact for match in await store.search("JAN@example.org")] == [True]
    assert await found(store, "jan@ex") == ["Zoe"]
    assert await found(store, "jan") == ["Jan", "Zoe"]


@given(text=st.text(max_size=80) | st.text(alphabet="\"*'-%_()^:+ \0nowak=[]{}\\/@.0123456789", max_size=40))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_no_text_breaks_anything(store: SqlBackend, text: str) -> None:
    """Whatever is typed, nothing is raised, and free text finds only contacts whose words begin so."""
    if not await store.operators():
        one, _other = await a_town(store)
        (customer,) = await put(store, a_customer(one, name="Wanda"))
        await put(store, a_contact(customer, subject="nowak", body="NEAR the router = off"))
    await store.search(text)
    page = await store.search_text(text)

    for hit in page.rows:
        there = tokens(f"{hit.contact.subject} {hit.contact.body}")
        assert all(any(each.startswith(word) for each in there) for word in tokens(text))
    key = (await store.search("wanda"))[0].customer.key
    await store.timeline(key, only=TimelineFilter(text=text))


@pytest.mark.parametrize(
    "text", ["9" * 10_000, "nowak " * 5_000, "\0", "😀" * 300, '"' * 999, "\ud800", "%", "a*b" * 4_000]
)
async def test_long_and_broken_texts(store: SqlBackend, text: str) -> None:
    """Ten thousand characters, NUL, half a surrogate pair and bare signs are searched for like anything else."""
    await a_town(store)
    await store.search(text)
    await store.search_text(text)


async def test_what_was_just_written_is_found_at_once(store: SqlBackend) -> None:
    """The words of a contact are in the index when its writing returns, leave it with a change, and go with undo."""
    operator = an_operator()
    customer = a_customer(operator)
    *_, contact = await put(store, operator, customer, a_contact(customer, body="Światłowód przerwany " + "x " * 300))
    (hit,) = (await store.search_text("swiatlowod przerw")).rows
    assert hit.contact.key == contact.key
    assert not hit.contact.whole
    assert "Światłowód" in hit.around

    receipt = await store.write(Batch((Put(replace(contact, body="naprawiony"), seen=contact.version),), "ola"))
    assert (await store.search_text("swiatlowod")).rows == ()
    assert len((await store.search_text("napraw")).rows) == 1

    await store.write(undoing(receipt, actor="ola"))
    assert (await store.search_text("napraw")).rows == ()
    again = await store.contact(contact.key)
    assert isinstance(again, Contact)
    assert again.body == contact.body


async def test_the_index_is_made_anew_when_folding_changes(store: SqlBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """After an upgrade that folds texts differently the index is rebuilt before it is asked to forget something."""

    operator = an_operator()
    customer = a_customer(operator)
    *_, contact, other = await put(
        store, operator, customer, a_contact(customer, body="żółć"), a_contact(customer, body="żółw")
    )
    changed = (await store.write(Batch((Put(replace(other, body="żółty"), seen=1),), "ola"))).changes[0].after
    assert isinstance(changed, Contact)
    monkeypatch.setattr(index, "tokens", lambda text: ["q" + word for word in text.split()])
    monkeypatch.setattr(index, "folding", lambda: "another")
    await store.write(Batch((Put(replace(contact, body="koniec"), seen=1),), "ola"))
    assert (await store.search_text("zol")).rows == ()
    assert len((await store.search_text("qkon")).rows) == 1
