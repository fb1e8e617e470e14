"""Free text over the whole history: all words, by prefix, newest first."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backends.clean import fold
from backends.contract.base import Contract, every_row
from backends.contract.samples import a_contact, ago
from backends.contract.searching import HOSTILE_PARTS
from backends.port import Backend, Capability
from backends.records import Contact, Key

PLAIN = ("VERBINDUNG gestört", "dzia nic")
"""Texts that are found without folding accents."""


class TextSearchContract(Contract):
    """Words of the whole history."""

    async def _found(self, backend: Backend, text: str) -> list[Key]:
        return [hit.contact.key for hit in (await backend.search_text(text)).rows]

    async def test_all_words_by_prefix_folded(self, backend: Backend) -> None:
        """A contact is found when each word begins one of its words, accents and case aside, in subject or body."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        customer = await self.a_customer(backend, name="Jürgen Müller")
        self.needs_fields(backend, Contact, "body", "subject")
        samples = [
            a_contact(customer, body="Seit gestern ist die Verbindung gestört, überall! Größe"),
            a_contact(customer, subject="Störung im Netz"),
            a_contact(customer, body="nic nie działa od środy"),
        ]
        german, subject, polish = [contact.key for contact in await self.stored(backend, samples)]
        for text, expected in (
            ("gestort", [german]),
            ("uberall verb", [german]),
            ("VERBINDUNG gestört", [german]),
            ("grosse", [german]),
            ("storung", [subject]),
            ("dziala srody", [polish]),
            ("dzia nic", [polish]),
            ("działa gestört", []),
            ("erbindung", []),
            ("muller", []),
            ("", []),
            ("  ", []),
        ):
            if self.folds or not expected or text in PLAIN:
                assert await self._found(backend, text) == expected, text

    async def test_a_hit_shows_whose_and_where(self, backend: Backend) -> None:
        """A hit names its customer and shows the text around the word, however deep in the body it stands."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        customer = await self.a_customer(backend, name="Ida Berg")
        contact = await self.planted(
            backend, a_contact(customer, body="lorem " * 400 + "needlé found " + "ipsum " * 400)
        )
        (hit,) = (await backend.search_text("needle")).rows
        assert (hit.contact.key, hit.customer_name, hit.customer_number) == (contact.key, "Ida Berg", customer.number)
        assert "needle" in fold(hit.around)
        assert len(hit.around) < 500
        assert len(hit.contact.body) <= 240 or hit.contact.whole

    async def test_newest_first_over_all_customers(self, backend: Backend) -> None:
        """Hits come newest first, whoever's they are."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        one, other = await self.a_customer(backend), await self.a_customer(backend)
        samples = [
            a_contact(one, at=ago(days=3), body="router"),
            a_contact(other, at=ago(days=1), subject="router"),
            a_contact(one, at=ago(days=2), body="the routers " * 9),
        ]
        self.needs_fields(backend, Contact, "at")
        keys = [contact.key for contact in await self.stored(backend, samples)]
        assert await self._found(backend, "router") == [keys[1], keys[2], keys[0]]

    async def test_pages_hold_while_contacts_come_in(self, backend: Backend) -> None:
        """Paging gives each hit once, equal moments included, while newer ones are stored."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        begin = ago(days=3)
        samples = [a_contact(customer, at=begin + timedelta(minutes=index // 3), body="router") for index in range(9)]
        keys = {contact.key for contact in await self.stored(backend, samples)}
        first = await backend.search_text("router", limit=4)
        await self.contacts(backend, customer, 3, body="router")
        rest = await every_row(lambda after: backend.search_text("router", limit=4, after=after or first.after))
        hits = [*first.rows, *rest]
        assert len(hits) == 9
        assert {hit.contact.key for hit in hits} == keys
        moments = [hit.contact.at for hit in hits]
        assert moments == sorted(moments, reverse=True)

    async def test_a_change_is_found_as_it_is(self, backend: Backend) -> None:
        """Words that were changed away are no longer found."""
        await self.needs(backend, Capability.TEXT_SEARCH, Capability.WRITE)
        contact = await self.planted(backend, a_contact(await self.a_customer(backend), body="zebra"))
        await self.changed(backend, contact, body="giraffe")
        assert await self._found(backend, "zebra") == []
        assert await self._found(backend, "giraffe") == [contact.key]

    @pytest.mark.parametrize("texts", HOSTILE_PARTS, ids=range(len(HOSTILE_PARTS)))
    async def test_a_text_search_is_data(self, backend: Backend, texts: tuple[str, ...]) -> None:
        """Quotes, stars, operators, wildcards, NUL, brackets and very long texts raise nothing and find nothing."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        await self.contacts(backend, await self.a_customer(backend), 1, subject="wxyz", body="kaput vbnm")
        for text in texts:
            assert (await backend.search_text(text)).rows == (), text[:80]

    async def test_signs_do_not_change_a_text_search(self, backend: Backend) -> None:
        """Signs around words are no operators."""
        await self.needs(backend, Capability.TEXT_SEARCH)
        await self.needs_records(backend)
        (key,) = await self.contacts(backend, await self.a_customer(backend), 1, body="no-internet since: o'clock, C++")
        for text in ("no-internet", "internet*", "-internet", '"since"', "o'clock", "since^", "%clock", "c++"):
            assert await self._found(backend, text) == [key], text
        for text in ("NOT internet", "internet OR zzz", "body:internet", "internet NEAR clock"):
            assert await self._found(backend, text) == [], text
