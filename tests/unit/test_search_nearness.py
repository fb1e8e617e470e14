"""Misspelt names: found by one slip or by letters written for each other, only when nobody is found as typed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from backends.contract.samples import a_customer, an_operator
from backends.memory import MemoryBackend
from backends.nearness import spellings, typed_words
from backends.port import Backend, Batch, MatchedOn, Put
from backends.records import Operator, Place, Record
from backends.sql import open_url

NAMES = ("Zofia Zielińska", "Ebba Öberg", "Håkan Lindqvist", "Jan Nowak", "Anna Nowak", "Søren Wiśniewski")


@pytest_asyncio.fixture(params=("memory", "sqlite"))
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Yield a backend with a few customers of two operators."""
    made: Backend = MemoryBackend() if request.param == "memory" else open_url(f"sqlite://{tmp_path}/x.db")
    await made.open()
    one, other = an_operator(), an_operator()
    place = Place("Długa", "7", "", "61-001", "Poznań", "", "PL")
    people = [a_customer(one, name=name, place=place) for name in NAMES]
    batch: tuple[Record, ...] = (one, other, *people, a_customer(other, name="Eva Lindqvist"))
    await made.write(Batch(tuple(Put(record) for record in batch), "ola"))
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("zelinska", ["Zofia Zielińska"]),
        ("Zielinksa", ["Zofia Zielińska"]),
        ("zielinskaa", ["Zofia Zielińska"]),
        ("sielinska", ["Zofia Zielińska"]),
        ("Oeberg", ["Ebba Öberg"]),
        ("hakan lindkvist", ["Håkan Lindqvist"]),
        ("Haakan Lindkwist", ["Håkan Lindqvist"]),
        ("soeren vishniewski", []),
        ("soeren visniewski", ["Søren Wiśniewski"]),
        ("novak anna", ["Anna Nowak"]),
        ("zelinska poznan", ["Zofia Zielińska"]),
        ("zelinska krakow", []),
        ("zo zelinska", ["Zofia Zielińska"]),
        ("ann zelinska", []),
        ("ebb", ["Ebba Öberg"]),
        ("eba", []),
        ("oebreg", []),
    ],
)
async def test_who_is_meant_by_a_misspelt_name(backend: Backend, typed: str, names: list[str]) -> None:
    """One slip in a word of four letters or more, or letters written for each other; every word must fit."""
    found = await backend.search(typed)
    assert [match.customer.name for match in found] == names
    assert all(match.near == (typed != "ebb") for match in found)
    assert not any(match.exact for match in found)
    assert all(match.on is MatchedOn.NAME and match.shown == match.customer.name for match in found)


async def test_who_is_found_as_typed_stands_alone(backend: Backend) -> None:
    """Nobody is found by another spelling when somebody is found as typed, and digits are never corrected."""
    assert not any(match.near for match in await backend.search("nowak"))
    assert await backend.search("novak 1") == ()
    assert await backend.search("nov@k") == ()


async def test_only_the_operators_asked_for(backend: Backend) -> None:
    """A misspelt name keeps to the operators asked for, and to the limit."""
    operators: tuple[Operator, ...] = await backend.operators()
    found = {
        match.customer.name
        for one in operators
        for match in await backend.search("lindkvist", operator_keys=frozenset({one.key}))
        if match.customer.operator_key == one.key
    }
    assert found == {"Håkan Lindqvist", "Eva Lindqvist"}
    for one in operators:
        assert len(await backend.search("lindkvist", operator_keys=frozenset({one.key}))) == 1
    assert len(await backend.search("novak", limit=1)) == 1
    assert len(await backend.search("novak")) == 2


@given(st.text("abcdeoquvwz", min_size=4, max_size=10), st.data())
def test_a_slip_is_seen_from_both_sides(word: str, data: st.DataObject) -> None:
    """Who can be mistyped into a word can be meant by it: changing, swapping, leaving out and adding a letter."""
    at = data.draw(st.integers(0, len(word) - 2))
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    assert swapped == word or (swapped in spellings(word) and word in spellings(swapped))
    longer = word[:at] + "e" + word[at:]
    assert longer in spellings(word)
    assert word in spellings(longer)
    assert word not in spellings(word)


@given(st.text(max_size=300))
def test_what_may_be_a_name_is_few_words_of_letters(text: str) -> None:
    """Only letters are corrected, and what is made of one text stays within bounds."""
    words = typed_words(text)
    assert len(words) <= 4
    assert all(word.isalpha() for word in words)
    assert sum(len(spellings(word)) for word in words) < 12_000
