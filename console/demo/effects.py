"""What a step does to its case: one function an effect, found by the effect's type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from backends.records import (
    AuthorisedParty,
    Channel,
    Chase,
    Compensation,
    Contact,
    ContractState,
    CustomerFlag,
    Direction,
    Dispute,
    DisputeState,
    Handover,
    Holder,
    Key,
    LineState,
    Priority,
    Promise,
    PromiseState,
    Ticket,
    TicketEventKind,
    TicketState,
    Visit,
    VisitState,
)
from console.demo import phrases, script
from console.demo.household import Household, running_term
from console.demo.operators import COLLEAGUES, desk_of
from console.demo.script import Arc, Effect, Step
from console.demo.telling import Writer, answer, event, is_closed, jitters_of, moments_of, new_writer

_TEAM = {
    "pl": {Holder.TECHNICAL: "Dział techniczny", Holder.BILLING: "Rozliczenia", Holder.DESK: "Biuro obsługi"},
    "it": {Holder.TECHNICAL: "Servizio tecnico", Holder.BILLING: "Amministrazione", Holder.DESK: "Servizio clienti"},
    "sv": {Holder.TECHNICAL: "Teknik", Holder.BILLING: "Fakturaavdelningen", Holder.DESK: "Kundtjänst"},
    "en": {Holder.TECHNICAL: "Technical", Holder.BILLING: "Billing", Holder.DESK: "Service desk"},
}
_RAISED = {Priority.LOW: Priority.NORMAL, Priority.NORMAL: Priority.HIGH, Priority.HIGH: Priority.URGENT}


@dataclass
class Case:
    """One story being told: its writer, its ticket and what is still open in it."""

    home: Household
    arc: Arc
    writer: Writer
    ticket: Ticket | None = None
    waiting: list[Key] = field(default_factory=list)
    earlier: list[Key] = field(default_factory=list)
    """Contacts that came before the ticket was opened."""
    first_at: datetime | None = None
    promise: Key = ""
    visit: Key = ""
    chases: int = 0

    @property
    def open_ticket(self) -> Ticket:
        """The case's ticket; a story that acts on a ticket before opening one is written wrongly."""
        if self.ticket is None:
            msg = f"the story {self.arc.name} has no ticket yet"
            raise ValueError(msg)
        return self.ticket

    def change(self, **changes: Any) -> None:
        """Keep a newer version of the ticket."""
        self.ticket = replace(self.open_ticket, **changes)
        self.home.tickets[self.ticket.key] = self.ticket

    def log(self, kind: TicketEventKind, at: datetime, *, by: str = "", before: str = "", after: str = "",
            text: str = "", contact: Contact | None = None) -> None:  # fmt: skip
        """Append an event to the case's ticket, unless it still lies ahead."""
        if at <= self.home.now:
            event(self.home, self.open_ticket.key, kind, at, by, before, after, text, contact.key if contact else "")

    def send(self, name: str, at: datetime) -> None:
        """Send the customer an SMS of our own, unless its time has not come."""
        if at <= self.home.now:
            self.writer.contact(name, at, Channel.SMS, Direction.OUTBOUND)

    def soon(self, moment: datetime, minutes: int) -> datetime:
        """Return a moment some minutes later, but never one that still lies ahead."""
        return min(moment + timedelta(minutes=minutes), self.home.now)

    def at(self, moment: datetime, days: int, clock: str) -> datetime:
        """Return the UTC moment so many days after `moment` at a local time, on a working day when days are given."""
        local = self.home.local(moment)
        day = local.date() + timedelta(days=days)
        while days and is_closed(day, self.home.house.country):
            day += timedelta(days=1)
        hours, minutes = map(int, clock.split(":"))
        return datetime.combine(day, time(hours, minutes), self.home.zone).astimezone(self.home.now.tzinfo)


def _foresee(case: Case, effect: Effect, at: datetime) -> None:
    """Put into the fields what the text of the step itself says about its effects: reference, due time, visit."""
    home, fields = case.home, case.writer.fields
    if isinstance(effect, script.Open):
        fields |= {"ref": home.serials.ticket_reference(home.house), "opened": phrases.day(home.local(at), home.language)}
    elif isinstance(effect, script.Promised):
        fields["due"] = phrases.due(home.local(_due(case, effect, at)), home.language)
    elif isinstance(effect, script.Book):
        start, end = _window(case, effect, at)
        fields["visit"] = phrases.window(home.local(start), home.local(end), home.language)
        fields["visit_day"] = phrases.day(home.local(start), home.language)


def _due(case: Case, effect: script.Promised, at: datetime) -> datetime:
    if effect.hours:
        return at + timedelta(hours=effect.hours)
    due = case.at(at, effect.days, effect.at)
    return due if due > at else at + timedelta(hours=2)


def _window(case: Case, effect: script.Book, at: datetime) -> tuple[datetime, datetime]:
    return case.at(at, effect.days, f"{effect.start}:00"), case.at(at, effect.days, f"{effect.end}:00")


def _open(case: Case, effect: script.Open, contact: Contact) -> None:
    home, at = case.home, contact.at
    reference = case.writer.fields["ref"]
    text = case.writer.text("ticket", at)
    line = next((line for line in home.lines if line.service in case.arc.services and line.key == case.writer.line_key), None)
    first = case.first_at or at
    case.ticket = Ticket(
        key=home.serials.keys(), reference=reference, customer_key=home.customer.key, operator_key=home.operator_key,
        kind=case.arc.kind, subject=text.subject, opened_at=at, state=TicketState.IN_PROGRESS, priority=effect.priority,
        description=text.body, line_key=line.key if line else "", opened_by=case.writer.agent.name, first_contact_at=first,
        holder_name=case.writer.agent.name, held_since=at, taken_in_charge_at=case.soon(at, 2),
        reference_given_at=case.soon(at, 3) if effect.sms or contact.channel == Channel.CALL else None,
    )  # fmt: skip
    home.tickets[case.ticket.key] = case.ticket
    case.writer.ticket_key = case.ticket.key
    for key in (*case.earlier, contact.key):
        home.contacts[key] = replace(home.contacts[key], ticket_key=case.ticket.key)
    case.log(TicketEventKind.OPENED, at, by=case.writer.agent.name, after=case.arc.kind.value, text=text.subject, contact=contact)
    if case.ticket.reference_given_at:
        case.log(TicketEventKind.REFERENCE_GIVEN, case.ticket.reference_given_at, by=case.writer.agent.name, after=reference)
    if effect.sms:
        case.send("sms.opened", at + timedelta(minutes=4))


def _hold(case: Case, effect: script.Hold | script.HandTo, contact: Contact) -> None:
    holder = effect.by if isinstance(effect, script.Hold) else effect.to
    before, home = case.open_ticket.holder, case.home
    supplier = holder is Holder.SUPPLIER
    name = home.house.supplier if supplier else _TEAM[home.house.language].get(holder, "")
    if holder is Holder.TECHNICAL:
        name = next((c.name for c in COLLEAGUES if home.house.code in c.operators and name and c.roles == {"technical"}), name)
    reference = f"{home.house.supplier[:2].upper()}{home.rng.randint(100_000, 999_999)}" if supplier else ""
    case.change(holder=holder, holder_name=name, held_since=contact.at, holder_reference=reference, state=TicketState.IN_PROGRESS)
    case.log(TicketEventKind.HOLDER, contact.at, by=case.writer.agent.name, before=before.value, after=holder.value, text=name)


def _hand_to(case: Case, effect: script.HandTo, contact: Contact) -> None:
    home, at = case.home, case.soon(contact.at, 1)
    accepted = at + timedelta(minutes=home.rng.choice((25, 50, 110, 400, 780)))
    done = accepted <= home.now
    told = case.writer.text("told", at).body
    note = case.writer.text("handover", at).body
    home.handovers.append(
        Handover(home.serials.keys(), case.open_ticket.key, home.customer.key, effect.to, at, case.writer.agent.name, note,
                 told, at + timedelta(hours=12), accepted if done else None,
                 _TEAM[home.house.language][effect.to] if done else "")
    )  # fmt: skip
    _hold(case, effect, contact)
    case.log(TicketEventKind.HANDOVER, at, by=case.writer.agent.name, after=effect.to.value, text=note)


def _chased(case: Case, effect: script.Chased, contact: Contact) -> None:
    home = case.home
    case.chases += 1
    home.chases.append(
        Chase(home.serials.keys(), case.open_ticket.key, home.customer.key, contact.at, case.writer.agent.name, contact.key,
              effect.outbound, contact.subject)
    )  # fmt: skip
    case.log(TicketEventKind.CHASED, contact.at, by=case.writer.agent.name, after=str(case.chases), text=contact.subject, contact=contact)
    before = case.open_ticket.priority
    if case.chases >= 3 and before in _RAISED:
        case.change(priority=_RAISED[before])
        case.log(TicketEventKind.PRIORITY, contact.at, before=before.value, after=_RAISED[before].value)


def _promised(case: Case, effect: script.Promised, contact: Contact) -> None:
    home = case.home
    due = _due(case, effect, contact.at)
    deed = case.writer.text("promise", contact.at).body
    promise = Promise(
        home.serials.keys(), home.customer.key, effect.kind, deed, contact.at, due, case.open_ticket.key if case.ticket else "",
        contact.key, "", case.writer.agent.name, case.open_ticket.holder_name if case.ticket else case.writer.agent.name,
    )  # fmt: skip
    home.promises[promise.key] = promise
    case.promise = promise.key
    if case.ticket:
        case.change(next_step=deed, next_step_at=due)
        case.log(TicketEventKind.PROMISED, contact.at, by=case.writer.agent.name, after=due.isoformat(), text=deed, contact=contact)


def _kept(case: Case, _effect: script.Kept, contact: Contact) -> None:
    promise = case.home.promises[case.promise]
    case.home.promises[case.promise] = replace(promise, state=PromiseState.KEPT, closed_at=contact.at)
    if case.ticket:
        case.change(next_step="", next_step_at=None)
        case.log(TicketEventKind.PROMISE_KEPT, contact.at, by=case.writer.agent.name, text=promise.deed, contact=contact)


def _book(case: Case, effect: script.Book, contact: Contact) -> None:
    home = case.home
    start, end = _window(case, effect, contact.at)
    shown = case.writer.fields["visit"]
    visit = Visit(home.serials.keys(), case.open_ticket.key, home.customer.key, start, end, case.writer.fields["engineer"])
    home.visits[visit.key] = visit
    case.visit = visit.key
    case.change(next_step=case.writer.text("next.visit", contact.at).body, next_step_at=start)
    case.log(TicketEventKind.VISIT, contact.at, by=case.writer.agent.name, after=VisitState.PLANNED.value, text=shown, contact=contact)
    case.send("sms.booked", contact.at + timedelta(minutes=6))
    if effect.days:
        reminder = case.at(start - timedelta(days=1), 0, "17:30")
        if reminder > contact.at + timedelta(hours=1) and reminder <= home.now:
            case.send("sms.reminder", reminder)
            home.visits[visit.key] = replace(visit, state=VisitState.CONFIRMED)


def _visited(case: Case, effect: script.Visited, contact: Contact) -> None:
    visit = case.home.visits[case.visit]
    done = replace(visit, state=effect.state, note=contact.subject if effect.state is not VisitState.CANCELLED else "")
    case.home.visits[case.visit] = done
    case.change(next_step="", next_step_at=None)
    case.log(TicketEventKind.VISIT, contact.at, by=visit.engineer, before=visit.state.value, after=effect.state.value, contact=contact)


def _goodwill(case: Case, effect: script.Goodwill, contact: Contact) -> None:
    contract = case.home.contracts[-1] if case.home.contracts else None
    price = contract.price.minor if contract and contract.price else case.home.house.products[0].price
    amount = case.home.money(price * effect.percent // 10_000 * 100 or price)
    given = Compensation(amount, case.writer.text("goodwill", contact.at).body, contact.at, case.writer.agent.name)
    case.change(compensations=(*case.open_ticket.compensations, given))
    shown = phrases.money(amount, case.home.language)
    case.log(TicketEventKind.COMPENSATION, contact.at, by=case.writer.agent.name, after=shown, text=given.reason)


def _disputed(case: Case, effect: script.Disputed, contact: Contact) -> None:
    home = case.home
    on = home.local(contact.at).date()
    index = next((i for i, c in reversed(list(enumerate(home.charges))) if c.charged_on <= on), None)
    if index is not None:
        dunning = on + timedelta(days=effect.dunning) if effect.dunning else None
        still_open = dunning is not None and dunning > home.local(home.now).date()
        charge = home.charges[index]
        home.charges[index] = replace(charge, dunning_on=dunning if still_open else None,
                                      paid_on=None if still_open else charge.paid_on)  # fmt: skip
    keys = (home.charges[index].key,) if index is not None else ()
    reason = case.writer.text("ticket", contact.at).subject
    home.disputes.append(
        Dispute(home.serials.keys(), home.customer.key, reason, contact.at,
                home.charges[index].amount if index is not None else None, keys, case.open_ticket.key)
    )  # fmt: skip


def _settled(case: Case, effect: script.Settled, contact: Contact) -> None:
    dispute = case.home.disputes[-1]
    over = effect.state in (DisputeState.UPHELD, DisputeState.REFUSED, DisputeState.WITHDRAWN)
    told = case.writer.text("settled", contact.at).body if over else ""
    case.home.disputes[-1] = replace(dispute, state=effect.state, answer=told, closed_at=contact.at if over else None)


def _renewed(case: Case, effect: script.Renewed, contact: Contact) -> None:
    home = case.home
    if not home.contracts or not home.contracts[0].price:
        return
    old = home.contracts[0]
    started = home.local(contact.at).date()
    price = home.money(old.price.minor * (100 - effect.off) // 1000 * 10) if old.price else None
    started, ends = running_term(started, effect.months, home.local(home.now).date())
    home.contracts[0] = replace(old, started_on=started, ends_on=ends, term_months=effect.months, price=price)


def _ends(case: Case, _effect: script.Ends, contact: Contact) -> None:
    day = case.home.local(contact.at).date() + timedelta(days=30)
    case.home.contracts = [
        replace(contract, state=ContractState.NOTICE_GIVEN, ends_on=day) for contract in case.home.contracts
    ]


def _authorised(case: Case, _effect: script.Authorised, _contact: Contact) -> None:
    home, fields = case.home, case.writer.fields
    scope, relation = case.writer.text("scope", home.now).body, case.writer.text("relation", home.now).body
    flags = home.customer.flags | {CustomerFlag.AUTHORISED_THIRD_PARTY, CustomerFlag.PRIORITY_REPAIR}
    if not home.customer.authorised:
        party = AuthorisedParty(fields["relative"], relation, "", scope)
        home.customer = replace(home.customer, flags=flags, authorised=(party,))


def _moved(case: Case, _effect: script.Moved, _contact: Contact) -> None:
    home = case.home
    old = next((line for line in home.lines if line.service == "internet"), None)
    if old is None or any(line.state is LineState.ENDED for line in home.lines):
        return
    serial = home.serials.line()
    home.lines.append(
        replace(old, key=home.serials.keys(), number=f"{home.house.code[0]}{home.area.exchange}{serial:06d}",
                place=home.area.address(home.rng), path=home.area.path(home.rng), mac="", ip="", state=LineState.ENDED)
    )  # fmt: skip


def _state(case: Case, state: TicketState, contact: Contact) -> None:
    before = case.open_ticket.state
    holder = {"holder": Holder.CUSTOMER, "holder_name": "", "held_since": contact.at} if state is TicketState.WAITING_CUSTOMER else {}
    case.change(state=state, **holder)
    case.log(TicketEventKind.STATE, contact.at, by=case.writer.agent.name, before=before.value, after=state.value)


def _close(case: Case, effect: script.Close, contact: Contact) -> None:
    at = contact.at + timedelta(seconds=contact.seconds + 30)
    at = min(at, case.home.now)
    resolution, why = (case.writer.text(name, at).body for name in ("resolution", "why"))
    desk = {"holder": Holder.DESK, "holder_name": case.writer.agent.name}
    case.change(state=TicketState.CLOSED, closed_at=at, outcome=effect.outcome, outcome_reason=why, resolution=resolution,
                next_step="", next_step_at=None, **desk)  # fmt: skip
    case.log(TicketEventKind.CLOSED, at, by=case.writer.agent.name, after=effect.outcome.value, text=resolution)


_DO: Mapping[type, Callable[[Case, Any, Contact], None]] = {
    script.Open: _open, script.HandTo: _hand_to, script.Hold: _hold, script.Chased: _chased, script.Promised: _promised,
    script.Kept: _kept, script.Book: _book, script.Visited: _visited, script.Goodwill: _goodwill,
    script.Disputed: _disputed, script.Ends: _ends, script.Settled: _settled, script.Renewed: _renewed, script.Authorised: _authorised,
    script.Moved: _moved, script.Close: _close,
    script.Waits: lambda case, _effect, contact: _state(case, TicketState.WAITING_CUSTOMER, contact),
    script.Solved: lambda case, _effect, contact: _state(case, TicketState.SOLVED, contact),
}  # fmt: skip

def take(case: Case, step: Step, at: datetime) -> Contact:
    """Let one step of the case happen at the UTC moment `at`."""
    rng, home = case.home.rng, case.home
    seconds = rng.randint(step.minutes[0] * 60, step.minutes[1] * 60) if step.minutes[1] else 0
    if step.direction is Direction.INBOUND and rng.random() < 0.5:
        case.writer.agent = rng.choice(desk_of(home.house.code))
    for effect in step.effects:
        _foresee(case, effect, at)
    contact = case.writer.contact(step.name, at, step.channel, step.direction, seconds=seconds, identity=step.identity)
    case.first_at = case.first_at or (at if step.direction is Direction.INBOUND else None)
    if case.ticket is None:
        case.earlier.append(contact.key)
    for effect in step.effects:
        _DO[type(effect)](case, effect, contact)
    if step.answers:
        answer(home, case.waiting, contact)
    if contact.answer.value == "waiting":
        case.waiting.append(contact.key)
    if step.channel == Channel.CALL:
        home.contacts[contact.key] = replace(home.contacts[contact.key], outcome=_outcome(step))
    return contact


def _outcome(step: Step) -> str:
    kinds = {type(effect) for effect in step.effects}
    if script.Close in kinds:
        return "solved"
    if script.Open in kinds:
        return "ticket"
    return "callback" if script.Promised in kinds else "noted"


def tell(home: Household, arc: Arc, start: date, variant: int, jitters: Mapping[str, int] | None = None) -> Case:
    """Tell a story that began on the local day `start`, as far as it has come by now."""
    return tell_at(home, arc, moments_of(arc, start, home, jitters or jitters_of(arc, home)), variant)


def tell_at(home: Household, arc: Arc, moments: Sequence[datetime], variant: int) -> Case:
    """Tell a story whose steps happen at these UTC moments; what lies ahead of now is left untold."""
    case = Case(home, arc, new_writer(home, arc.name, variant))
    line = next((line for line in home.lines if line.service in arc.services), None)
    case.writer.line_key = line.key if line else ""
    for step, at in zip(arc.steps, moments, strict=True):
        if at > home.now:
            break
        take(case, step, at)
    return case


def live_start(home: Household, arc: Arc, jitters: Mapping[str, int]) -> date | None:
    """Return a day on which the story must have begun to stand unfinished now; None when it cannot."""
    today = home.local(home.now).date()
    length = arc.steps[-1].day + 6
    fitting = []
    for back in range(length):
        moments = moments_of(arc, today - timedelta(days=back), home, jitters)
        if moments[0] <= home.now < moments[-1]:
            fitting.append(today - timedelta(days=back))
    return home.rng.choice(fitting) if fitting else None
