"""What a guide knows of a caller before the first question: their lines, the outage there, what is open (R28, R35)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from backends.port import CustomerFile
from backends.records import (
    Contact,
    CustomerFlag,
    Key,
    Line,
    LineState,
    Outage,
    OutageKind,
    Ticket,
    TicketKind,
    is_new,
)
from console.rules.coverage import Hit, hit, is_live
from console.rules.guide_conditions import Facts
from console.rules.guides import Ask, Guide, Option
from console.rules.interview import Answers, Ground
from console.rules.standing import chases_by_ticket, live_disputes, open_tickets
from console.rules.working_time import calendar_of, next_opening

RECENT = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, as a guide sees them: their file, the outages that may matter, and the present moment (UTC).

    `labels` are the lines in words, by key. `parents` are the operators above theirs.
    """

    guide: Guide
    file: CustomerFile
    outages: Sequence[Outage]
    now: datetime
    labels: Mapping[Key, str] = field(default_factory=dict)
    parents: tuple[Key, ...] = ()

    def ground(self, answers: Answers) -> Ground:
        """Return what is known once these answers are given; an interview asks for it as it goes."""
        lines = self.lines()
        options = tuple(Option(line.key, {"": self.labels.get(line.key, line.number)}) for line in lines)
        return Ground(self._facts(answers), options if len(lines) > 1 else ())

    def lines(self) -> tuple[Line, ...]:
        """Return the lines that may be meant: those of the guide's service, else all that have not ended."""
        living = [line for line in self.file.lines if line.state is not LineState.ENDED]
        fitting = [line for line in living if line.service == self.guide.service]
        return tuple(fitting or living)

    def line(self, answers: Answers) -> Line | None:
        """Return the line that is meant: the one chosen, else the only one there is."""
        lines = self.lines()
        asked = [step.id for step in self.guide.steps.values() if step.ask is Ask.LINE]
        chosen = {answers.get(name, "") for name in asked}
        return next((line for line in lines if line.key in chosen), lines[0] if len(lines) == 1 else None)

    def outage(self, answers: Answers) -> Outage | None:
        """Return the outage that explains what they call about, None when none is known."""
        found = self.hit(answers)
        return found.outage if found is not None else None

    def hit(self, answers: Answers) -> Hit | None:
        """Return the outage with what of it matches: on the line meant, or on any that may be."""
        customer, chosen = self.file.customer, self.line(answers)
        lines: tuple[Line, ...] = (chosen,) if chosen is not None else self.lines()
        if not lines:  # of somebody without a line, where they live is all there is to go by
            lines = (Line("", "", customer.key, self.guide.service, place=customer.place),)
        for outage in self.outages:
            if is_live(outage) and outage.started_at <= self.now:
                found = next((one for line in lines if (one := hit(outage, line, customer, self.parents))), None)
                if found is not None:
                    return found
        return None

    def _facts(self, answers: Answers) -> Facts:
        file, line, outage = self.file, self.line(answers), self.outage(answers)
        opened = open_tickets(file)
        chased = chases_by_ticket(file.chases)
        facts: dict[str, str | int | bool] = {
            "outage": outage is not None,
            "outage.state": _state(outage),
            "line": line is not None,
            "line.service": line.service if line else "",
            "line.state": line.state if line else "",
            "line.technology": line.technology if line else "",
            "history.open_fault": any(one.kind is TicketKind.FAULT for one in opened),
            "history.open_ticket": bool(opened),
            "history.open_complaint": any(one.kind is TicketKind.COMPLAINT for one in opened),
            "history.open_dispute": bool(live_disputes(file.disputes)),
            "history.contacts": _count(file.recent_inbound, self.now),
            "history.chases": max((chased.get(one.key, 0) for one in opened), default=0),
            "customer.known": not is_new(file.customer.key),
            "customer.kind": file.customer.kind,
            "customer.language": file.customer.language,
            "customer.vulnerable": CustomerFlag.VULNERABLE in file.customer.flags,
        }
        if self._asks_for_hours():  # public holidays cost a moment to learn
            facts["desk.open"] = next_opening(self.now, calendar_of(file.operator)) <= self.now
        return facts

    def _asks_for_hours(self) -> bool:
        conditions = [
            condition
            for step in self.guide.steps.values()
            for condition in (step.when, *(branch.when for branch in step.branches))
        ]
        return any(check.name == "desk.open" for condition in conditions for check in condition.checks)


def _state(outage: Outage | None) -> str:
    if outage is None:
        return ""
    return "works" if outage.kind is OutageKind.PLANNED_WORKS else str(outage.state)


def _count(contacts: Sequence[Contact], now: datetime) -> int:
    return sum(1 for one in contacts if now - one.at <= RECENT)


def open_matter(file: CustomerFile, kind: TicketKind, line_key: Key) -> Ticket | None:
    """Return the open ticket that somebody who asks again means: of this kind and line, else of this kind."""
    opened = [one for one in open_tickets(file) if one.kind is kind]
    return next((one for one in opened if line_key and one.line_key == line_key), opened[0] if opened else None)
