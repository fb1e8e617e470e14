"""Searching: whatever the agent types finds who is meant, why, and nobody else; it is data, never a query language."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import strategies as st

from backends.clean import fold
from backends.contract.base import Contract, checked
from backends.contract.samples import a_contact, a_contract, a_customer, a_line, a_ticket, points
from backends.contract.strategies import ODD_TEXTS
from backends.port import Backend, Capability, Match, MatchedOn
from backends.records import Customer, Key, Line, Place, Record, Ticket

HOSTILE = (
    '"', "'", '""', "*", "-", "+", "%", "_", "^", ":", "(", ")", "()", "((((", "{}", "[]", "\\", "/", "|", "&", "!",
    "~", "AND", "OR", "NOT", "NEAR", "NEAR(nowak", "NEAR(zzz qqq, 2)", "name : zzz", "name:zzz", "{name} : zzz",
    "^zzz", "zzz*", '"zzz', 'zzz"', "zzz OR", "zzz\x00", "\x00", "\x00\x00", "' OR '1'='1", "1; DROP TABLE customer",
    "%zzz%", "z_z", "no-such", "o'nobody", "C++", "+48…", "\ud800", "\u202e", "\u200b", "🦓", "   ", "\n\t", "[bold]",
    "..", "0", "00", "@", "@@", "a@", ".@.", "::", ":::::", "1.2.3", "999.999.999.999", "::ffff:999.1.1.1",
    "1.2.3.4/99", "zz:zz:zz:zz:zz:zz", "(" * 10_000, '"' * 10_000, "z" * 10_000, "z " * 5_000, "9" * 10_000,
    "9 " * 5_000, "* " * 5_000, "NOT " * 2_500,
)  # fmt: skip

HOSTILE_PARTS = tuple(HOSTILE[start::5] for start in range(5))
"""The same in parts, so that a slow server is not filled anew for each."""

NOTATIONS = (
    ("PL", "+48601234567", ("+48 601 234 567", "0048 601 234 567", "601 234 567", "601-234-567", "601234567",
                            "+48601234567", "(+48) 601-234-567", "+48.601.234.567", " 601 234 567 ")),
    ("PL", "+48618521234", ("61 852 12 34", "(61) 852-12-34", "+48 61 852 12 34")),
    ("IT", "+393471234567", ("347 1234567", "+39 347 123 4567", "0039 347 1234567", "347/1234567", "347-123.45.67")),
    ("IT", "+390612345678", ("06 1234 5678", "06/12345678", "+39 06 12345678", "0039 06 1234 5678")),
    ("SE", "+46701740605", ("070-174 06 05", "0701740605", "+46 701740605", "0046 70 174 06 05", "+46 (0)70-1740605")),
    ("SE", "+46850000000", ("08-500 000 00", "+46 8 500 000 00", "(08) 50000000")),
    ("GB", "+447700900123", ("07700 900123", "07700900123", "+447700900123", "00447700900123", "+44(0)7700 900123")),
    ("GB", "+442079460018", ("020 7946 0018", "(020) 7946 0018", "+44 20 7946 0018", "02079460018")),
)  # fmt: skip

NAMES = (
    ("Łukasz Żółć", ("lukasz", "zolc", "Łukasz", "LUKASZ", "luk", "zolc luk", "ŻÓŁĆ", "lukasz zolc")),
    ("Bjørn Åkesson", ("bjorn", "akesson", "Bjørn", "ake bj", "åkesson")),
    ("Søren Ærø", ("soren", "aero", "søren")),
    ("Hans Großmann", ("grossmann", "großmann", "GROSSMANN", "gross hans")),
    ("José Peña Núñez", ("jose", "pena", "nunez", "nunez jose", "peña", "jo pe nu")),
    ("Anne-Marie O'Brien", ("anne", "marie", "anne-marie", "annemarie", "o'brien", "obrien", "O’Brien anne", "brien")),
    ("Đặng Thị Hạnh", ("dang", "hanh", "thi dang")),
    ("Юлия Ковальчук", ("юлия", "ковал", "ЮЛИЯ")),
    ("محمد علي", ("محمد", "علي")),
)


def _found(matches: tuple[Match, ...]) -> list[Key]:
    return [match.customer.key for match in matches]


class SearchContract(Contract):
    """The omnibox."""

    async def _bystanders(self, backend: Backend) -> Customer:
        """Store operators of four countries and a customer whom no search of this class means; return that customer."""
        countries = ("PL", "IT", "SE", "GB") if self.has_operators(backend) else ()
        operators = [await self.an_operator(backend, country=country) for country in countries]
        bystander = a_customer(
            operators[0] if operators else await self.an_operator(backend),
            name="Wxyz Vbnm",
            points=points("wxyz@vbnm.example", "+48999888777"),
            place=Place("Vbnmowa", "1", "", "99-999", "Wxyzow", "", "PL"),
        )
        customer = await self.planted(backend, bystander)
        line = a_line(customer, mac="FE:FE:FE:FE:FE:FE", ip="203.0.113.254", phone="+48999888776")
        every: list[Record] = [line, a_ticket(customer), a_contact(customer)]
        await self.stored(backend, await self.storable(backend, every))
        return customer

    async def _needs_search(self, backend: Backend, *ways: MatchedOn) -> None:
        """Go on when customers can be found in all these ways."""
        await self.needs(backend, Capability.SEARCH)
        await self.needs_records(backend)
        missing = [way for way in ways if way not in self.finds]
        if missing:
            pytest.skip(f"does not find by {', '.join(missing)}")

    def _typed(self, text: str, name: str) -> bool:
        """Return whether `text` needs no more than the store's own folding to be found in `name`."""
        words = re.findall(r"[^\W_]+", name.casefold())
        parts = re.findall(r"[^\W_]+", text.casefold())
        return self.folds or all(any(word.startswith(part) for word in words) for part in parts)

    async def _one(self, backend: Backend, text: str, customer: Customer) -> Match:
        found = await backend.search(text)
        assert _found(found) == [customer.key], text
        assert found[0].customer == customer
        return found[0]

    @pytest.mark.parametrize(("name", "typed"), NAMES, ids=[name for name, _ in NAMES])
    async def test_names_as_people_type_them(self, backend: Backend, name: str, typed: tuple[str, ...]) -> None:
        """The beginning of any word of a name, without its accents, in any case and order, finds its bearer alone."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, name=name)
        for text in (text for text in typed if self._typed(text, name)):
            match = await self._one(backend, text, customer)
            assert match.on is MatchedOn.NAME
            assert match.shown

    async def test_all_words_must_fit(self, backend: Backend) -> None:
        """Two words find only who has both; a part of a word that is not its beginning finds nobody."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        await self.a_customer(backend, name="Karol Nowak")
        both = await self.a_customer(backend, name="Anna Nowak")
        await self._one(backend, "nowak anna", both)
        assert await backend.search("nowak zofia") == ()
        assert await backend.search("owa") == ()

    async def test_the_best_comes_first(self, backend: Backend) -> None:
        """Whose name is the word comes before those whose name only begins with it, also when few are asked for."""
        await self._needs_search(backend)
        operator = await self.an_operator(backend)
        names = [f"Anna Nowakowska {letter}" for letter in "bcdefghij"]
        names.insert(5, "Zenon Nowak")
        await self.stored(backend, [a_customer(operator, name=name) for name in names])
        found = await backend.search("nowak", limit=3)
        assert len(found) == 3
        assert found[0].customer.name == "Zenon Nowak" or not self.ranks
        assert len(await backend.search("nowak")) == 10

    async def test_nothing_finds_nobody(self, backend: Backend) -> None:
        """An empty or blank text finds nobody."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        for text in ("", " ", "\n", "\t  "):
            assert await backend.search(text) == ()

    async def test_operators_narrow_the_search(self, backend: Backend) -> None:
        """With operators given, only their customers are found."""
        await self._needs_search(backend)
        one = await self.a_customer(backend, name="Ida Twin", points=points("+48601000111"))
        other = await self.a_customer(backend, name="Ida Twin", points=points("+48601000111"))
        for text in ("twin", "601 000 111") if MatchedOn.PHONE in self.finds else ("twin",):
            assert set(_found(await backend.search(text))) == {one.key, other.key}
            assert await backend.search(text, operator_keys=frozenset({"nobody"})) == ()
            if self.has_operators(backend):
                assert _found(await backend.search(text, operator_keys=frozenset({other.operator_key}))) == [other.key]

    @pytest.mark.parametrize(("country", "number", "typed"), NOTATIONS, ids=[number for _, number, _ in NOTATIONS])
    async def test_telephone_numbers_in_any_notation(
        self, backend: Backend, country: str, number: str, typed: tuple[str, ...]
    ) -> None:
        """A number is found with and without country code, with any signs between its digits; it is exact."""
        await self._needs_search(backend, MatchedOn.PHONE)
        await self._bystanders(backend)
        operator = await self.an_operator(backend, country=country)
        customer = await self.planted(backend, a_customer(operator, points=points(number)))
        for text in typed:
            match = await self._one(backend, text, customer)
            assert match.on is MatchedOn.PHONE
            assert match.exact, text
            assert match.shown

    async def test_parts_of_telephone_numbers(self, backend: Backend) -> None:
        """The last digits, four or more, and the beginning of a number find it, not exactly."""
        await self._needs_search(backend, MatchedOn.PHONE)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, points=points("+48601234567"))
        for text in ("4567", "34567", "234 567", "234-567", "+48 601 234", "601 234", "60123"):
            match = await self._one(backend, text, customer)
            assert match.on is MatchedOn.PHONE
            assert not match.exact
        assert await backend.search("0124") == ()

    async def test_the_number_of_a_line(self, backend: Backend) -> None:
        """The telephone number of a line finds its customer and says which line."""
        await self._needs_search(backend, MatchedOn.PHONE, MatchedOn.LINE)
        await self._bystanders(backend)
        customer = await self.a_customer(backend)
        line = await self.planted(backend, a_line(customer, service="telephone", phone="+48618521234"))
        match = await self._one(backend, "61 852 12 34", customer)
        assert (match.on, match.record_key) == (MatchedOn.PHONE, line.key)

    async def test_a_number_shared_by_two_is_not_exact(self, backend: Backend) -> None:
        """When two customers have the number, both are found and neither is exact."""
        await self._needs_search(backend, MatchedOn.PHONE)
        operator = await self.an_operator(backend)
        shared = [a_customer(operator, points=points("+48601234567")) for _ in range(2)]
        stored = await self.stored(backend, shared)
        found = await backend.search("601234567")
        assert set(_found(found)) == {customer.key for customer in stored}
        assert not any(match.exact for match in found)

    async def test_each_customer_once(self, backend: Backend) -> None:
        """A customer who matches in several ways is found once."""
        await self._needs_search(backend, MatchedOn.NAME)
        place = Place("Marianna", "1", "", "61-001", "Marianna", "", "PL")
        customer = await self.a_customer(
            backend, name="Marianna Mariańska", place=place, points=points("marianna@a.example", "marianna@b.example")
        )
        lines = [a_line(customer, place=place), a_line(customer, place=place)]
        await self.stored(backend, await self.storable(backend, lines))
        match = await self._one(backend, "marianna", customer)
        assert match.on is MatchedOn.NAME
        if MatchedOn.POSTCODE in self.finds:
            await self._one(backend, "61-001", customer)

    async def test_email_addresses(self, backend: Backend) -> None:
        """An address in any case is exact; its beginning finds it."""
        await self._needs_search(backend, MatchedOn.EMAIL)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, points=points("jan.kowal-ski+net@poczta.example"))
        for text in ("jan.kowal-ski+net@poczta.example", " Jan.Kowal-Ski+Net@Poczta.Example "):
            match = await self._one(backend, text, customer)
            assert (match.on, match.exact) == (MatchedOn.EMAIL, True)
        for text in ("jan.kowal-ski+net@", "jan.kow"):
            match = await self._one(backend, text, customer)
            assert (match.on, match.exact) == (MatchedOn.EMAIL, False)
        assert await backend.search("jan@poczta.example") == ()

    async def test_references_as_people_read_them_out(self, backend: Backend) -> None:
        """Customer, ticket, contact, line and contract are found by reference: any case, with or without dashes."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        customer = await self.a_customer(backend)
        every: list[tuple[MatchedOn, Record]] = [
            (MatchedOn.TICKET, a_ticket(customer)),
            (MatchedOn.CONTACT, a_contact(customer)),
            (MatchedOn.LINE, a_line(customer)),
            (MatchedOn.CONTRACT, a_contract(customer, number="AB/2026-77")),
        ]
        called: list[tuple[str, MatchedOn, Key | None]] = [(customer.number, MatchedOn.NUMBER, None)]
        for on, sample in every:
            for record in await self.storable(backend, [sample]):
                stored = await self.planted(backend, record)
                name = str(getattr(stored, "reference", "") or getattr(stored, "number", ""))
                called.append((name, on, None if on is MatchedOn.CONTRACT else stored.key))
        for reference, on, key in called:
            if on not in self.finds:
                continue
            plain = reference.replace("-", "").replace("/", "")
            for text in (reference, reference.lower(), plain, plain.lower(), f" {reference} "):
                match = await self._one(backend, text, customer)
                assert (match.on, match.exact) == (on, True), text
                assert fold(match.shown) == fold(reference)
                assert key in (None, match.record_key)

    async def test_the_digits_of_a_ticket(self, backend: Backend) -> None:
        """A ticket is found by the digits behind its letters, all of them and four at least; exactly when alone."""
        await self._needs_search(backend, MatchedOn.TICKET)
        await self._bystanders(backend)
        self.needs_fields(backend, Ticket, "reference")
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, replace(a_ticket(customer), reference="LUN-196542"))
        await self.planted(backend, replace(a_ticket(customer), reference="LUN-123"))
        for text in ("196542", "196 542", " 196-542 "):
            match = await self._one(backend, text, customer)
            assert (match.on, match.exact, match.record_key) == (MatchedOn.TICKET, True, ticket.key), text
            assert match.shown == "LUN-196542"
        for text in ("19654", "96542", "123"):
            assert not [one for one in await backend.search(text) if one.on is MatchedOn.TICKET], text
        other = await self.a_customer(backend, points=points("+48601196542"))
        found = await backend.search("196542")
        assert set(_found(found)) == {customer.key, other.key}
        assert not any(match.exact for match in found)
        assert not any(match.exact for match in await backend.search("196542", limit=1))
        assert (await self._one(backend, "lun 196542", customer)).exact

    async def test_the_same_digits_on_two_tickets(self, backend: Backend) -> None:
        """Two customers whose tickets share their digits are both found, none exactly."""
        await self._needs_search(backend, MatchedOn.TICKET)
        await self._bystanders(backend)
        self.needs_fields(backend, Ticket, "reference")
        customers = [await self.a_customer(backend) for _ in range(2)]
        for customer, letters in zip(customers, ("LUN", "NORD"), strict=True):
            await self.planted(backend, replace(a_ticket(customer), reference=f"{letters}-4471"))
        found = await backend.search("4471")
        assert {match.customer.key for match in found} == {customer.key for customer in customers}
        assert not any(match.exact for match in found)

    async def test_misspelt_names_are_near_at_best(self, backend: Backend) -> None:
        """A name that nobody has finds nobody, or who is called much like it: marked, never exact."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, name="Håkan Lindqvist")
        for text in ("lindkvist", "hakan lindkvist", "lindqvits"):
            for match in await backend.search(text):
                assert (match.customer.key, match.on, match.near) == (customer.key, MatchedOn.NAME, True)
                assert not match.exact
        for text in ("lindqvist", "hakan" if self.folds else "håkan"):
            assert not (await self._one(backend, text, customer)).near

    async def test_addresses_of_devices(self, backend: Backend) -> None:
        """MAC and IP addresses are found in every notation, exactly, and say which line."""
        await self._needs_search(backend, MatchedOn.MAC, MatchedOn.IP)
        await self._bystanders(backend)
        customer = await self.a_customer(backend)
        line = await self.planted(backend, a_line(customer, mac="00:1A:2b:3C:4d:5E", ip="2001:db8::42"))
        other = await self.planted(backend, a_line(customer, mac="aabb.ccdd.eeff", ip="192.0.2.77"))
        macs = ("00:1A:2B:3C:4D:5E", "00-1a-2b-3c-4d-5e", "001a.2b3c.4d5e", "001A2B3C4D5E", "00 1a 2b 3c 4d 5e")
        for text in macs:
            await self._device(backend, customer, line, MatchedOn.MAC, text)
        for text in ("2001:db8::42", "2001:DB8:0:0:0:0:0:42", "2001:0db8:0000:0000:0000:0000:0000:0042"):
            await self._device(backend, customer, line, MatchedOn.IP, text)
        await self._device(backend, customer, other, MatchedOn.MAC, "AA:BB:CC:DD:EE:FF")
        await self._device(backend, customer, other, MatchedOn.IP, "192.0.2.77")
        for text in ("192.0.2.7", "192.0.2.78", "00:1A:2B:3C:4D:5F", "2001:db8::43"):
            assert await backend.search(text) == (), text

    async def _device(self, backend: Backend, customer: Customer, line: Line, on: MatchedOn, text: str) -> None:
        match = await self._one(backend, text, customer)
        assert (match.on, match.exact, match.record_key) == (on, True, line.key), text

    async def test_places(self, backend: Backend) -> None:
        """Postcodes with or without their sign, and words of the address, find who lives or has a line there."""
        await self._needs_search(backend, MatchedOn.PLACE, MatchedOn.POSTCODE)
        await self._bystanders(backend)
        swedish = await self.a_customer(backend)
        place = Place("Sveavägen", "44", "", "111 34", "Stockholm", "", "SE")
        await self.planted(backend, a_line(swedish, place=place))
        polish = await self.a_customer(backend, place=Place("ulica Długa", "12", "3", "61-001", "Poznań", "", "PL"))
        british = await self.a_customer(backend, place=Place("Baker Street", "221b", "", "NW1 6XE", "London", "", "GB"))
        postcodes: tuple[tuple[Customer, tuple[str, ...]], ...] = (
            (polish, ("61-001", "61001", "61 001")),
            (british, ("NW1 6XE", "nw16xe", "nw1 6xe", "NW1-6XE")),
            (swedish, ("111 34", "11134", "111-34")),
        )
        for customer, typed in postcodes:
            for text in typed:
                match = await self._one(backend, text, customer)
                assert match.on is MatchedOn.POSTCODE, text
        words: tuple[tuple[Customer, tuple[str, ...]], ...] = (
            (polish, ("dluga", "Długa 12", "dluga 12 poznan", "poznan dlug", "ulica długa")),
            (british, ("baker street", "baker 221b", "221b baker st")),
            (swedish, ("sveavagen", "sveavägen 44", "SVEAV stock")),
        )
        for customer, typed in words:
            for text in typed:
                match = await self._one(backend, text, customer)
                assert match.on is MatchedOn.PLACE, text
        assert await backend.search("dluga 13") == ()

    async def test_what_was_changed_is_found_as_it_is(self, backend: Backend) -> None:
        """After a change the new name and number find the customer, the old ones do not."""
        await self.needs(backend, Capability.SEARCH, Capability.WRITE)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, name="Ewa Panieńska", points=points("+48601234567"))
        customer = await self.changed(backend, customer, name="Ewa Mężatka", points=points("+48609876543"))
        now, gone = ["Mężatka"], ["Panieńska"]
        if MatchedOn.PHONE in self.finds:
            now.append("609 876 543")
            gone.append("601 234 567")
        for line in await self.storable(backend, [a_line(customer, mac="00:1A:2B:3C:4D:5E")]):
            await self.changed(backend, await self.planted(backend, line), mac="00:1A:2B:3C:4D:00")
            now.append("00:1A:2B:3C:4D:00")
            gone.append("00:1A:2B:3C:4D:5E")
        for text in now:
            await self._one(backend, text, customer)
        for text in gone:
            assert await backend.search(text) == ()

    @pytest.mark.parametrize("texts", HOSTILE_PARTS, ids=range(len(HOSTILE_PARTS)))
    async def test_a_search_is_data(self, backend: Backend, texts: tuple[str, ...]) -> None:
        """Quotes, stars, operators, wildcards, NUL, brackets and very long texts raise nothing and find nobody."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        for text in texts:
            assert await backend.search(text) == (), text[:80]

    async def test_signs_do_not_change_what_words_mean(self, backend: Backend) -> None:
        """Signs around a word are no operators: the word still finds its bearer, and only them."""
        await self._needs_search(backend)
        await self._bystanders(backend)
        customer = await self.a_customer(backend, name="Jan Nowak")
        for text in (
            "nowak*",
            "-nowak",
            "+nowak",
            '"nowak"',
            "(nowak)",
            "nowak%",
            "^nowak",
            "jan, nowak",
            '"jan" -nowak',
        ):
            await self._one(backend, text, customer)
        for text in ("NOT nowak", "nowak OR vbnm", "nowak AND jan", "name:nowak", "nowak NEAR jan"):
            assert await backend.search(text) == ()

    @checked(60, text=st.text(max_size=60) | st.sampled_from(ODD_TEXTS) | st.from_regex(r"[-+ 0-9().:/@*\"']{1,30}"))
    async def test_no_text_breaks_a_search(self, backend: Backend, text: str) -> None:
        """Whatever is typed, a search answers with distinct customers, at most as many as asked for."""
        await self._needs_search(backend)
        if not await backend.search("wxyz"):
            await self._bystanders(backend)
        found = await backend.search(text, limit=2)
        assert len(found) == len(set(_found(found))) <= 2
