"""The sensor at work: from the fault tickets of the last minutes to a suspected outage that everybody sees (R26).

Every console senses for itself, and together they propose a suspicion once: it is stored under a name that all of them
make of the same place (`Suspicion.occasion`), and a backend stores what has a name once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from backends.errors import NotFound
from backends.port import Backend, Batch, Capability, CustomerFile, OutageFilter, Put, Receipt, TicketFilter
from backends.records import (
    Coverage,
    Key,
    Line,
    LineState,
    Outage,
    OutageState,
    OutageUpdate,
    Ticket,
    TicketKind,
    new_key,
)
from console.desk.desk import Desk
from console.rules.coverage import Because
from console.rules.roles import Right
from console.rules.sensor import SOURCE, Report, Suspicion, suspicions, symptom_of

MOST_TICKETS = 300
"""Newest fault tickets that are looked at: beyond that nobody needs a sensor to know."""
MOST_READ = 50
"""Customers' files that are read at a time, the newest reports' first: one may be a second away."""
MOST_PROPOSED = 3
"""Outages that are proposed at a time; what else is likely is looked at afterwards, when these explain their share."""
PAGE = 100
REMEMBERED = timedelta(days=8)
"""How far back outages are read: longer than backends keep the name of what was stored once (a week)."""


def _line_of(ticket: Ticket, file: CustomerFile) -> Line | None:
    """Return the line that a ticket is about: the named one, the only one, or what all lines have in common."""
    alive = [one for one in file.lines if one.state is not LineState.ENDED]
    for line in alive:
        if line.key == ticket.line_key:
            return line
    if len({(line.path, line.place) for line in alive}) != 1:
        return None
    return alive[0] if len(alive) == 1 else replace(alive[0], service="")


def _outage(suspicion: Suspicion, now: datetime) -> Outage:
    named = (suspicion.value,)
    elements = suspicion.because is Because.ELEMENT
    return Outage(
        key=new_key(),
        reference="",
        state=OutageState.SUSPECTED,
        title="",
        started_at=suspicion.first_at,
        coverage=Coverage(
            services=suspicion.services,
            elements=named if elements else (),
            postcodes=() if elements else named,
            country=suspicion.country,
        ),
        operator_keys=(suspicion.network,),
        cause=suspicion.symptom,
        source=SOURCE,
        updates=(OutageUpdate(now, ", ".join(suspicion.references), SOURCE, OutageState.SUSPECTED),),
    )


class Sensing:
    """The sensor of one console. What it learned of a ticket's customer it remembers while the ticket counts."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._reports: dict[Key, Report] = {}
        self.more = False
        """Whether there is more to look at: not every customer's file was read yet, or something was proposed."""

    @property
    def awake(self) -> bool:
        """Whether this console may propose anything: by its rules, its backend and the agent's role."""
        backend = self._desk.backend
        return (
            self._desk.rules.sensor.reports > 0
            and {Capability.OUTAGES, Capability.WRITE} <= backend.capabilities
            and Outage in backend.stores
            and Right.OUTAGE_SUSPECT in self._desk.rights
        )

    @staticmethod
    def concerns(receipt: Receipt) -> bool:
        """Return whether something was stored that may speak for an outage: a new fault."""
        return any(
            isinstance(one.after, Ticket) and one.before is None and one.after.kind is TicketKind.FAULT
            for one in receipt.changes
        )

    async def sense(self) -> tuple[Outage, ...]:
        """Look at the faults of the last minutes, propose what they make likely, return what was new.

        Reads a bounded number of tickets, and of each customer once; comparing them is done in a thread. `more`
        says whether to look again. Raises what the backend raises.
        """
        self.more = False
        if not self.awake:
            return ()
        now = self._desk.clock()
        reports = await self._reported(now)
        proposed: list[Outage] = []
        tried: set[str] = set()
        while reports and len(proposed) < MOST_PROPOSED:
            outages = await self._outages(now)  # each time: a colleague's console may have been faster
            found = await asyncio.to_thread(suspicions, reports, outages, now, self._desk.rules.sensor)
            fresh = next((one for one in found if one.occasion(outages) not in tried), None)
            if fresh is None:
                break
            tried.add(fresh.occasion(outages))
            if (stored := await self._propose(fresh, fresh.occasion(outages), now)) is not None:
                proposed.append(stored)
        self.more = self.more or bool(proposed)
        return tuple(proposed)

    async def _propose(self, suspicion: Suspicion, occasion: str, now: datetime) -> Outage | None:
        """Store a suspicion; returns None when a colleague's console was first."""
        made = Batch(
            (Put(_outage(suspicion, now)),),
            actor=self._desk.agent.login,
            act="create",
            reason=SOURCE,
            idempotency_key=occasion,
        )
        receipt = await self._desk.backend.write(made)
        stored = receipt.changes[0].after if receipt.changes and not receipt.repeated else None
        return stored if isinstance(stored, Outage) else None

    async def _outages(self, now: datetime) -> tuple[Outage, ...]:
        desk = self._desk
        since = now - max(REMEMBERED, timedelta(hours=desk.rules.sensor.quiet_hours))
        return await desk.backend.outages(OutageFilter(operator_keys=desk.outage_operators, since=since))

    async def _reported(self, now: datetime) -> tuple[Report, ...]:
        """Return the reports that enough others resemble; nobody else's file is opened."""
        rule = self._desk.rules.sensor
        tickets = [one for one in await self._tickets(now - timedelta(minutes=rule.minutes)) if symptom_of(one)]
        told = Counter(symptom for symptom, _customer in {(symptom_of(one), one.customer_key) for one in tickets})
        wanted = [one for one in tickets if told[symptom_of(one)] >= rule.reports]
        known = {one.key: self._reports[one.key] for one in wanted if one.key in self._reports}
        unread = [one for one in wanted if one.key not in known or known[one.key].ticket.line_key != one.line_key]
        for ticket in unread[:MOST_READ]:
            with suppress(NotFound):  # a customer who was removed since reports nothing
                known[ticket.key] = await _report(self._desk.backend, ticket)
            await asyncio.sleep(0)  # keys come first
        self.more = len(unread) > MOST_READ
        self._reports = {one.key: replace(known[one.key], ticket=one) for one in wanted if one.key in known}
        return tuple(self._reports.values())

    async def _tickets(self, since: datetime) -> Sequence[Ticket]:
        only = TicketFilter(
            kinds=frozenset({TicketKind.FAULT}), operator_keys=self._desk.operator_keys, opened_since=since
        )
        found: list[Ticket] = []
        after: str | None = None
        while len(found) < MOST_TICKETS:
            page = await self._desk.backend.tickets(only, after=after, limit=PAGE)
            found += page.rows
            if page.after is None:
                break
            after = page.after
        return found


async def _report(backend: Backend, ticket: Ticket) -> Report:
    file = await backend.customer_file(ticket.customer_key)
    return Report(ticket, file.customer, file.operator.parent_key or file.operator.key, _line_of(ticket, file))
