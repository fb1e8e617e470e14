"""Reading what is open: the customer's file, lists of tickets, who waits for an answer, what is broken."""

from __future__ import annotations

import pytest

from backends.contract.base import Contract, every_row, refused
from backends.contract.samples import (
    a_charge,
    a_chase,
    a_contact,
    a_contract,
    a_customer,
    a_dispute,
    a_handover,
    a_line,
    a_promise,
    a_ticket,
    a_visit,
    ago,
    an_email,
    an_outage,
)
from backends.port import Backend, Capability, OutageFilter, Put, QueueFilter, TicketFilter
from backends.records import (
    AnswerState,
    Channel,
    Charge,
    Contact,
    Direction,
    OutageState,
    PromiseState,
    Record,
    Ticket,
    TicketKind,
    TicketState,
)


class ReadContract(Contract):
    """The customer's file and the list of tickets."""

    async def test_the_file_holds_everything_of_one_customer(self, backend: Backend) -> None:
        """Lines, contracts, money, open tickets and what hangs on them are there, those of others are not."""
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        files = []
        for _ in range(2):
            customer = await self.planted(backend, a_customer(operator))
            ticket = await self.planted(backend, a_ticket(customer))
            charge = a_charge(customer)
            hanging: list[Record] = [
                a_line(customer),
                a_contract(customer),
                charge,
                a_dispute(customer, charge_keys=(charge.key,) if self.holds(backend, Charge) else ()),
                a_chase(ticket),
                a_promise(customer),
                a_visit(ticket),
                a_handover(ticket),
            ]
            begun = (await backend.customer_file(customer.key)).contacts_total
            contacts = await self.storable(backend, [a_contact(customer, ticket_key=ticket.key)])
            stored = await self.stored(backend, [*await self.storable(backend, hanging), *contacts])
            files.append((customer, ticket, stored, begun + len(contacts)))
        for customer, ticket, stored, total in files:
            file = await backend.customer_file(customer.key)
            assert (file.customer, file.operator, file.tickets) == (customer, operator, (ticket,))
            held: list[Record] = [*file.lines, *file.contracts, *file.charges, *file.disputes, *file.chases]
            held += [*file.promises, *file.visits, *file.handovers, *self.own(file.recent_inbound)]
            assert held == stored
            assert file.contacts_total == total

    async def test_customers_come_in_the_order_they_were_asked_for(self, backend: Backend) -> None:
        """Many customers are read at once, in the given order; keys that name nobody are passed over."""
        await self.needs_records(backend)
        one, two = await self.a_customer(backend), await self.a_customer(backend)
        asked = [two.key, "customer:0", "nobody", one.key]
        assert [each.key for each in await backend.customers(asked)] == [two.key, one.key]
        assert await backend.customers([]) == ()

    async def test_a_fixed_operator_is_there(self, backend: Backend) -> None:
        """Operators are read; a store that takes none has one of its own, to which its customers belong."""
        await self.needs_records(backend)
        operator = await self.an_operator(backend)
        assert operator in await backend.operators()
        customer = await self.planted(backend, a_customer(operator))
        assert (await backend.customer_file(customer.key)).operator == operator
        if not self.has_operators(backend):
            assert await backend.operators() == (operator,)

    async def test_the_file_leaves_out_what_is_long_closed(self, backend: Backend) -> None:
        """Tickets closed within 90 days are in the file, older ones and what hangs on them are not; newest first."""
        await self.needs_records(backend)
        self.needs_fields(backend, Ticket, "opened_at", "closed_at", "state")
        customer = await self.a_customer(backend)
        closed = TicketState.CLOSED
        old = a_ticket(customer, opened_at=ago(days=300), state=closed, closed_at=ago(days=91))
        recent = a_ticket(customer, opened_at=ago(days=301), state=closed, closed_at=ago(days=89))
        solved = a_ticket(customer, opened_at=ago(days=400), state=TicketState.SOLVED)
        fresh = a_ticket(customer, opened_at=ago(days=1))
        keys = [ticket.key for ticket in await self.stored(backend, [old, recent, solved, fresh])]
        tickets = [await backend.ticket(key) for key in keys]
        chases = await self.storable(backend, [a_chase(ticket) for ticket in tickets])
        hanging = {chase.ticket_key: chase.key for chase in [await self.planted(backend, each) for each in chases]}
        file = await backend.customer_file(customer.key)
        assert [ticket.key for ticket in file.tickets] == [keys[3], keys[1], keys[2]]
        hanging.pop(keys[0], None)
        assert {chase.key for chase in file.chases} == set(hanging.values())

    async def test_the_file_holds_open_promises_without_a_ticket(self, backend: Backend) -> None:
        """An open promise counts with and without a ticket; a kept one only with its ticket."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        ticket = await self.planted(backend, a_ticket(customer))
        kept = PromiseState.KEPT
        samples = (
            a_promise(customer),
            a_promise(customer, state=kept),
            a_promise(customer, ticket_key=ticket.key, state=kept),
        )
        stored = await self.stored(backend, samples)
        file = await backend.customer_file(customer.key)
        assert {promise.key for promise in file.promises} == {stored[0].key, stored[2].key}

    async def test_the_file_counts_all_contacts_and_holds_recent_inbound(self, backend: Backend) -> None:
        """All contacts are counted; at most 50 inbound ones of 30 days are held, newest first, bodies cut."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        self.needs_fields(backend, Contact, "direction", "body")
        others = [a_contact(customer, direction=Direction.OUTBOUND), a_contact(customer, direction=Direction.INTERNAL)]
        if self.keeps(backend, Contact, "at"):
            others.append(a_contact(customer, at=ago(days=31)))
        await self.stored(backend, [await self.fitting(backend, contact) for contact in others])
        begun = (await backend.customer_file(customer.key)).contacts_total
        inbound = [a_contact(customer, at=ago(hours=hours), body="w" * 300) for hours in range(1, 56)]
        stored = await self.stored_in_time(backend, inbound)
        file = await backend.customer_file(customer.key)
        assert file.contacts_total == begun + 55
        assert len(file.recent_inbound) == 50
        newest = sorted(stored, key=lambda contact: (contact.at, contact.key), reverse=True)[:50]
        expected = [contact.key for contact in (stored[:50] if self.keeps(backend, Contact, "at") else newest)]
        assert [contact.at for contact in file.recent_inbound] == [contact.at for contact in newest]
        assert [contact.key for contact in file.recent_inbound] == expected or not self.keeps(backend, Contact, "at")
        assert not any(contact.whole for contact in file.recent_inbound)
        assert {len(contact.body) for contact in file.recent_inbound} == {240}

    async def test_tickets_are_listed_by_what_was_asked(self, backend: Backend) -> None:
        """Each part of the filter narrows the list, all together too; newest first."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        other = await self.a_customer(backend)
        self.needs_fields(backend, Ticket, "opened_at", "kind", "state")
        samples = [
            a_ticket(customer, opened_at=ago(days=3)),
            a_ticket(customer, opened_at=ago(days=2), kind=TicketKind.BILLING),
            a_ticket(customer, opened_at=ago(days=1), state=TicketState.CLOSED),
            a_ticket(other, opened_at=ago(hours=1)),
        ]
        first, billing, closed, others = [ticket.key for ticket in await self.stored(backend, samples)]
        operators = frozenset({customer.operator_key})
        theirs = [] if self.has_operators(backend) else [others]
        for only, expected in (
            (TicketFilter(), [others, closed, billing, first]),
            (TicketFilter(customer_key=customer.key), [closed, billing, first]),
            (TicketFilter(operator_keys=operators), [*theirs, closed, billing, first]),
            (TicketFilter(operator_keys=frozenset({"nobody"})), []),
            (TicketFilter(states=frozenset({TicketState.CLOSED})), [closed]),
            (TicketFilter(kinds=frozenset({TicketKind.BILLING, TicketKind.SALES})), [billing]),
            (TicketFilter(opened_since=ago(days=2, hours=1)), [others, closed, billing]),
            (
                TicketFilter(customer.key, operators, frozenset({TicketState.OPEN}), frozenset({TicketKind.FAULT})),
                [first],
            ),
        ):
            assert [ticket.key for ticket in (await backend.tickets(only)).rows] == expected, only

    async def test_tickets_page_without_gaps(self, backend: Backend) -> None:
        """Pages of any size give every ticket once, also those opened at the same moment."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        moment = ago(days=1)
        samples = [a_ticket(customer, opened_at=moment) for _ in range(7)]
        keys = {ticket.key for ticket in await self.stored(backend, samples)}
        rows = await every_row(lambda after: backend.tickets(after=after, limit=3))
        assert len(rows) == 7
        assert {ticket.key for ticket in rows} == keys

    @pytest.mark.parametrize("cursor", ["nonsense", "", "[]", "{}", "1", "'; --", "\x00", "null", "WzFd", "[1,2]"])
    async def test_a_cursor_of_nobody_is_refused(self, backend: Backend, cursor: str) -> None:
        """A cursor that no page gave is Invalid, not an empty page."""
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        with refused("after", "cursor"):
            await backend.timeline(customer.key, after=cursor)
        with refused("after", "cursor"):
            await backend.tickets(after=cursor)


class QueueContract(Contract):
    """Who waits for an answer (R10)."""

    async def test_the_longest_waiting_comes_first(self, backend: Backend) -> None:
        """Only contacts that wait are in the queue, oldest first, each with its customer; pages have no gaps."""
        await self.needs(backend, Capability.QUEUE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        other = await self.a_customer(backend)
        hours = [5, 1, 3, 3, 3, 9]
        samples = [an_email((customer, other)[index % 2], at=ago(hours=age)) for index, age in enumerate(hours)]
        done: list[Record] = [
            an_email(customer, answer=state) for state in AnswerState if state is not AnswerState.WAITING
        ]
        self.needs_fields(backend, Contact, "answer", "at")
        stored = await self.stored(backend, [*samples, *done])
        rows = await every_row(lambda after: backend.queue(after=after, limit=2))
        assert [contact.at for contact, _ in rows] == sorted(sample.at for sample in samples)
        assert {contact.key for contact, _ in rows} == {record.key for record in stored[: len(hours)]}
        assert all(who in (customer, other) and contact.customer_key == who.key for contact, who in rows)

    async def test_the_queue_narrows(self, backend: Backend) -> None:
        """Operators and channels narrow the queue."""
        await self.needs(backend, Capability.QUEUE)
        await self.needs_records(backend)
        customer = await self.a_customer(backend)
        other = await self.a_customer(backend)
        self.needs_fields(backend, Contact, "answer", "channel")
        samples = [an_email(customer), an_email(customer, channel=Channel.FAX), an_email(other)]
        mail, fax, others = [contact.key for contact in await self.stored(backend, samples)]
        operators = frozenset({customer.operator_key})
        theirs = set() if self.has_operators(backend) else {others}
        for only, expected in (
            (QueueFilter(), {mail, fax, others}),
            (QueueFilter(operator_keys=operators), {mail, fax, *theirs}),
            (QueueFilter(operator_keys=frozenset({"nobody"})), set()),
            (QueueFilter(channels=frozenset({Channel.EMAIL, Channel.SMS})), {mail, others}),
            (QueueFilter(operators, frozenset({Channel.FAX})), {fax}),
        ):
            assert {contact.key for contact, _ in (await backend.queue(only)).rows} == expected, only

    @pytest.mark.parametrize("state", [AnswerState.ANSWERED, AnswerState.WAIVED])
    async def test_what_is_answered_or_waived_leaves_the_queue(self, backend: Backend, state: AnswerState) -> None:
        """A contact leaves the queue with its answer, or when somebody says why none is needed; undo brings it back."""
        await self.needs(backend, Capability.QUEUE, Capability.WRITE)
        customer = await self.a_customer(backend)
        question = await self.planted(backend, an_email(customer))
        answer = a_contact(customer, direction=Direction.OUTBOUND)
        if state is AnswerState.ANSWERED:
            await self.stored(backend, [answer])
            settled = await self.changed(backend, question, answer=state, answered_at=ago(minutes=0))
        else:
            settled = await self.changed(backend, question, answer=state, waived_reason="spam")
        assert (await backend.queue()).rows == ()
        await self.changed(backend, settled, answer=AnswerState.WAITING, answered_at=None, waived_reason="")
        assert [contact.key for contact, _ in (await backend.queue()).rows] == [question.key]


class OutageContract(Contract):
    """What is broken (R26)."""

    async def test_outages_by_state_operator_and_time(self, backend: Backend) -> None:
        """State and operator narrow the list; an outage of all operators is everybody's; newest first."""
        await self.needs(backend, Capability.OUTAGES)
        await self.needs_records(backend)
        await self.needs_operators(backend)
        mine = await self.an_operator(backend)
        other = await self.an_operator(backend)
        samples = [
            an_outage(started_at=ago(hours=1)),
            an_outage(started_at=ago(hours=3), state=OutageState.CONFIRMED, operator_keys=(mine.key,)),
            an_outage(started_at=ago(hours=2), state=OutageState.CONFIRMED, operator_keys=(other.key, mine.key)),
            an_outage(started_at=ago(hours=4), state=OutageState.DISMISSED, operator_keys=(other.key,)),
        ]
        anybody, ours, both, theirs = [outage.key for outage in await self.stored(backend, samples)]
        live = frozenset({OutageState.SUSPECTED, OutageState.CONFIRMED})
        for only, expected in (
            (OutageFilter(), [anybody, both, ours, theirs]),
            (OutageFilter(states=live), [anybody, both, ours]),
            (OutageFilter(operator_keys=frozenset({mine.key})), [anybody, both, ours]),
            (OutageFilter(operator_keys=frozenset({other.key})), [anybody, both, theirs]),
            (OutageFilter(states=frozenset({OutageState.CONFIRMED}), operator_keys=frozenset({other.key})), [both]),
            (OutageFilter(limit=2), [anybody, both]),
        ):
            assert [outage.key for outage in await backend.outages(only)] == expected, only

    async def test_outages_alive_within_a_span(self, backend: Backend) -> None:
        """An outage belongs to a span when it was alive at any time within it; one without an end still is."""
        await self.needs(backend, Capability.OUTAGES)
        await self.needs_records(backend)
        restored = OutageState.RESTORED
        samples = [
            an_outage(started_at=ago(days=9), ended_at=ago(days=8), state=restored),
            an_outage(started_at=ago(days=7), ended_at=ago(days=3), state=restored),
            an_outage(started_at=ago(days=6)),
            an_outage(started_at=ago(days=1)),
        ]
        over, long, living, recent = [outage.key for outage in await self.stored(backend, samples)]
        for only, expected in (
            (OutageFilter(since=ago(days=5), until=ago(days=4)), [living, long]),
            (OutageFilter(since=ago(days=2)), [recent, living]),
            (OutageFilter(until=ago(days=8, hours=1)), [over]),
            (OutageFilter(since=samples[1].ended_at, until=samples[1].ended_at), [living, long]),
            (OutageFilter(since=samples[2].started_at, until=samples[2].started_at), [living, long]),
            (OutageFilter(until=ago(days=10)), []),
        ):
            assert [outage.key for outage in await backend.outages(only)] == expected, only

    async def test_an_outage_grows_by_updates(self, backend: Backend) -> None:
        """A confirmed outage replaces its suspicion under the same reference; nothing is listed twice."""
        await self.needs(backend, Capability.OUTAGES, Capability.WRITE)
        outage = await self.planted(backend, an_outage())
        confirmed = await self.changed(backend, outage, state=OutageState.CONFIRMED, confirmed_at=ago(minutes=1))
        assert confirmed.reference == outage.reference
        assert await backend.outages() == (confirmed,)
        await backend.write(await self.batch(backend, Put(confirmed, seen=confirmed.version)))
        assert len(await backend.outages()) == 1
