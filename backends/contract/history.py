"""The timeline: everything ever said, newest first, by channel, direction, words, thread and ticket."""

from __future__ import annotations

from datetime import timedelta

import pytest

from backends.contract.base import Contract, every_row
from backends.contract.samples import a_contact, a_ticket, a_ticket_event, ago, an_email
from backends.port import Backend, TimelineFilter
from backends.records import AnswerState, Channel, Contact, Customer, Direction, Entry, Key, Record


class HistoryContract(Contract):
    """The timeline of one customer."""

    async def _keys(self, backend: Backend, customer: Customer, only: TimelineFilter) -> list[Key]:
        rows = await every_row(lambda after: backend.timeline(customer.key, only=only, after=after, limit=2))
        return [entry.key for entry in self.own(rows)]

    async def test_newest_first_with_ticket_events(self, backend: Backend) -> None:
        """Contacts of every channel and ticket events come in one order, newest first; other customers' do not."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        other = await self.a_customer(backend)
        every: list[Entry] = [
            a_contact(customer, at=ago(hours=1), direction=Direction.OUTBOUND),
            a_ticket_event(ticket, at=ago(days=1)),
            a_contact(customer, at=ago(days=2), channel="telex"),
            a_contact(customer, at=ago(days=3), channel=Channel.LETTER),
        ]
        stored = await self.stored_in_time(backend, await self.storable(backend, every))
        await self.planted(backend, a_contact(other))
        rows = self.own((await backend.timeline(customer.key)).rows)
        assert self.in_order(backend, rows, stored, "at")

    async def test_an_empty_history_is_an_empty_page(self, backend: Backend) -> None:
        """A customer without history has an empty page and no cursor."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        page = await backend.timeline(customer.key)
        assert page.rows == ()
        assert page.after is None

    async def test_bodies_are_cut(self, backend: Backend) -> None:
        """A body is cut to 240 characters and says so; a shorter one is whole; the contact alone has all of it."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        bodies = ["ż" * 241, "ż" * 240, ""]
        samples = [a_contact(customer, at=ago(hours=index), body=body) for index, body in enumerate(bodies)]
        stored = await self.stored(backend, samples)
        rows = {row.key: row for row in (await backend.timeline(customer.key)).rows}
        cut, fits, empty = (rows[record.key] for record in stored)
        assert isinstance(cut, Contact)
        assert (cut.body, cut.whole) == ("ż" * 240, False)
        assert (fits, empty) == (stored[1], stored[2])
        assert (await backend.contact(cut.key)).body == bodies[0]

    async def test_each_filter_narrows(self, backend: Backend) -> None:
        """Channel, direction, words, debt, ticket and thread narrow the history, one by one and together."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        elsewhere = await self.planted(backend, a_ticket(customer))
        every: list[Entry] = [
            an_email(customer, at=ago(days=6), subject="Router", body="Łącze nie działa " * 30 + "finis", thread="t1"),
            a_contact(customer, at=ago(days=5), ticket_key=ticket.key, body="router again"),
            an_email(
                customer, at=ago(days=4), direction=Direction.OUTBOUND, answer=AnswerState.NOT_NEEDED, thread="t1"
            ),
            a_contact(customer, at=ago(days=3), channel=Channel.SMS, ticket_key=elsewhere.key),
            a_ticket_event(ticket, at=ago(days=2), text="router"),
            a_ticket_event(elsewhere, at=ago(days=1)),
        ]
        stored = iter(await self.stored_in_time(backend, await self.storable(backend, every)))
        keys = [next(stored).key if self.holds(backend, type(sample)) else "" for sample in every]
        mail, call, reply, sms, event, event_elsewhere = keys
        inbound = frozenset({Direction.INBOUND})
        email = frozenset({Channel.EMAIL})
        for only, expected, filtered in (
            (TimelineFilter(), [event_elsewhere, event, sms, reply, call, mail], ()),
            (TimelineFilter(events=False), [sms, reply, call, mail], ()),
            (TimelineFilter(channels=email), [reply, mail], ("channel",)),
            (TimelineFilter(channels=email | {Channel.SMS}), [sms, reply, mail], ("channel",)),
            (TimelineFilter(channels=frozenset({"telex"})), [], ()),
            (TimelineFilter(directions=inbound), [sms, call, mail], ("direction",)),
            (TimelineFilter(text="router"), [call, mail], ("subject", "body")),
            (TimelineFilter(text="ROUT nie"), [mail], ("subject", "body")),
            (TimelineFilter(text="ROUT dzial"), [mail], ("subject", "body") if self.folds else ("accents",)),
            (TimelineFilter(text="lacze finis"), [mail], ("body",) if self.folds else ("accents",)),
            (TimelineFilter(text="router nothing"), [], ()),
            (TimelineFilter(unanswered=True), [mail], ("answer",)),
            (TimelineFilter(ticket_key=ticket.key), [event, call], ("ticket_key",)),
            (TimelineFilter(ticket_key=ticket.key, events=False), [call], ("ticket_key",)),
            (TimelineFilter(thread="t1"), [reply, mail], ("thread",)),
            (
                TimelineFilter(channels=email, directions=inbound, text="router", thread="t1", unanswered=True),
                [mail],
                ("channel", "direction", "subject", "thread", "answer"),
            ),
            (TimelineFilter(channels=email, ticket_key=ticket.key), [], ()),
            (TimelineFilter(directions=inbound, text="again", ticket_key=ticket.key), [call], ("direction", "body")),
        ):
            if self.keeps(backend, Contact, *filtered) and "accents" not in filtered:
                found = await self._keys(backend, customer, only)
                wanted = [key for key in expected if key]
                assert sorted(found) == sorted(wanted), only
                assert found == wanted or not self.keeps(backend, Contact, "at"), only

    async def test_a_filter_text_is_data(self, backend: Backend) -> None:
        """Whatever is typed as words to filter by never raises and finds no contact that lacks them."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        await self.contacts(backend, customer, 1, body="router kaput")
        for text in ('"', "NEAR(a b)", "body:x", "x AND", "*", "-", "%", "\x00", "(((", "x" * 10_000):
            assert (await backend.timeline(customer.key, only=TimelineFilter(text=f"zzz {text}"))).rows == (), text[:80]
            found = (await backend.timeline(customer.key, only=TimelineFilter(text=f"kaput {text} "))).rows
            assert len(self.own(found)) <= 1, text[:80]

    @pytest.mark.parametrize("limit", [1, 3, 10])
    async def test_pages_have_no_gaps_at_equal_moments(self, backend: Backend, limit: int) -> None:
        """Entries of one moment, contacts and events, are each given once, however the pages fall."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        moment = ago(hours=1)
        samples: list[Record] = []
        for _ in range(5):
            samples += [a_contact(customer, at=moment), a_ticket_event(ticket, at=moment)]
        stored = await self.stored(backend, await self.storable(backend, samples))
        rows = await every_row(lambda after: backend.timeline(customer.key, after=after, limit=limit))
        assert len(self.own(rows)) == len(stored)
        assert set(self.own(rows)) == set(stored)
        again = await every_row(lambda after: backend.timeline(customer.key, after=after, limit=4))
        assert again == rows

    async def test_pages_hold_while_the_history_grows(self, backend: Backend) -> None:
        """What is stored between two pages repeats nothing and hides nothing that was there."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        begin = ago(days=2)
        samples = [a_contact(customer, at=begin + timedelta(minutes=index)) for index in range(6)]
        there = await self.stored_in_time(backend, samples)
        whole = [entry.key for entry in await every_row(lambda after: backend.timeline(customer.key, after=after))]
        first = await backend.timeline(customer.key, limit=3)
        await self.stored_in_time(
            backend, [a_contact(customer), a_contact(customer, at=begin + timedelta(minutes=4, seconds=9))]
        )
        rest = await every_row(lambda after: backend.timeline(customer.key, after=after or first.after, limit=3))
        given = [entry.key for entry in (*first.rows, *rest)]
        assert len(given) == len(set(given))
        assert [key for key in given if key in set(whole)] == whole
        assert {record.key for record in there} <= set(whole)
        if self.keeps(backend, Contact, "at"):
            own = [entry.key for entry in self.own((*first.rows, *rest))]
            assert own == [record.key for record in there[::-1]]

    async def test_moments_a_microsecond_apart_are_told_apart(self, backend: Backend) -> None:
        """Order and pages know the shortest span that the store knows: a microsecond, if no other is named."""
        await self.needs_records(backend)
        self.needs_fields(backend, Contact, "at")
        customer = await self.a_customer(backend)
        begin = ago(hours=1).replace(second=0, microsecond=0) - 2 * self.tick
        samples = [a_contact(customer, at=begin + self.tick * index) for index in (1, 3, 0, 2)]
        stored = await self.stored(backend, samples)
        rows = self.own(await every_row(lambda after: backend.timeline(customer.key, after=after, limit=1)))
        assert rows == [stored[1], stored[3], stored[0], stored[2]]
