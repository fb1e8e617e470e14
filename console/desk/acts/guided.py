"""What comes of a guide: one batch with the case, the contact, who gets it, and a new caller if they are one (R22)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from backends.port import Batch, CustomerFile, Put, Remove
from backends.records import (
    CallRoute,
    Channel,
    Contact,
    Customer,
    CustomerKind,
    Direction,
    Handover,
    Holder,
    Operator,
    Outcome,
    Place,
    Record,
    Ticket,
    TicketEventKind,
    TicketKind,
    TicketState,
    is_new,
    new_key,
)
from console.desk.acts.attaching import attach
from console.desk.acts.contacts import LONGEST, contact_now
from console.desk.acts.handing import package
from console.desk.acts.people import new_customer
from console.desk.acts.scene import Scene, Unfit, event, new
from console.desk.acts.tickets import chase
from console.rules.clocks import clock
from console.rules.coverage import Hit
from console.rules.guide_ground import Caller, open_matter
from console.rules.guides import End, EndKind, Given, Guide
from console.rules.handover import must_accept, table_at
from console.rules.interview import Answers, Interview
from console.rules.moments import UnreadMoment, read_moment
from console.rules.policies import Policies


@dataclass(frozen=True, slots=True)
class Ending:
    """What will come of it: who gets the case, when it lies on their table, until when it is to be settled (UTC)."""

    end: End
    kind: TicketKind
    to: Holder = Holder.DESK
    table_at: datetime | None = None
    due_at: datetime | None = None
    hit: Hit | None = None
    about: Ticket | None = None
    """The open case that is asked about again."""
    passes: bool = False
    """Whether somebody else has to accept it."""
    at_once: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """The interview in words: what was said at the end, the subject, and each answer beside its matter."""

    words: str
    subject: str
    rows: tuple[tuple[str, str, str], ...] = ()
    """(step, matter, answer), in the order of the questions."""


@dataclass(frozen=True, slots=True)
class Call:
    """How the caller came in (R35), and for how many seconds they have been on the line."""

    route: CallRoute | None = None
    seconds: int = 0


# who calls ------------------------------------------------------------------------------------------------------------


def customer_values(guide: Guide, answers: Answers) -> Mapping[str, str]:
    """Return what was answered about the person, by the question of a customer's form."""
    found: dict[str, str] = {}
    for name, answer in answers.items():
        step = guide.steps.get(name)
        if step is not None and answer and step.becomes.startswith("customer."):
            found[step.becomes.removeprefix("customer.")] = answer
    return found


def stranger(values: Mapping[str, str], operator: Operator, now: datetime, language: str = "") -> CustomerFile:
    """Return the file of a caller who is not stored yet, with as much as is known of them."""
    place = Place(
        street=values.get("street", ""), house=values.get("house", ""), postcode=values.get("postcode", ""),
        town=values.get("town", ""), country=operator.country,
    )  # fmt: skip
    customer = Customer(
        key="new:caller", number="", operator_key=operator.key, kind=CustomerKind.PROSPECT,
        name=values.get("name", ""), language=values.get("language") or language or operator.language, place=place,
        since=now,
    )  # fmt: skip
    return CustomerFile(customer, operator)


# how it ends ----------------------------------------------------------------------------------------------------------


def ending(scene: Scene, here: Interview, caller: Caller, policies: Policies, *, technical: str = "at_once") -> Ending:
    """Return what comes of an interview that stands at an end.

    `technical` says when the technical service is told where the guide leaves it open: `at_once` or `working_hours`.
    Raises Unfit when there is nothing to chase or no outage to attach to: it was settled meanwhile.
    """
    end = here.step.end
    assert end is not None, "only at an end"
    kind = end.ticket or here.guide.kind
    line = caller.line(here.given)
    made = Ending(end, kind, end.to)
    if end.kind is EndKind.CHASE:
        about = open_matter(scene.file, kind, line.key if line else "")
        if about is None:
            raise Unfit("ticket", "closed")
        return replace(made, about=about, to=about.holder)
    if end.kind is EndKind.ATTACH:
        hit = caller.hit(here.given)
        if hit is None:
            raise Unfit("outage", "over")
        return replace(made, hit=hit)
    if end.kind is not EndKind.TICKET:
        return made
    at_once = end.given is Given.AT_ONCE or (
        end.given is Given.OPERATOR and end.to is Holder.TECHNICAL and technical == "at_once"
    )
    lies = table_at(end.to, scene.now, scene.file.operator, at_once=at_once)
    passes = must_accept(scene.agent, end.to, later=lies > scene.now)
    draft = _ticket(scene, here, made, Told("", ""), line.key if line else "")
    ticking = clock(draft, scene.file.operator, scene.now, (), policies)
    return replace(made, table_at=lies, due_at=ticking.due_at if ticking else None, passes=passes, at_once=at_once)


def _ticket(scene: Scene, here: Interview, how: Ending, told: Told, line_key: str) -> Ticket:
    values = _ticket_values(scene, here, told)
    return Ticket(
        key=new_key(),
        reference="",
        customer_key=scene.file.customer.key,
        operator_key=scene.file.customer.operator_key,
        kind=how.kind,
        subject=values["subject"],
        description=values["description"],
        details=_details(here, told),
        opened_at=scene.now,
        first_contact_at=scene.now,
        taken_in_charge_at=None if how.passes else scene.now,
        opened_by=scene.agent.name,
        priority=how.end.priority,
        line_key=line_key,
        outage_key="",
        holder=how.to,
        held_since=scene.now,
        next_step=values["next_step"],
        next_step_at=_moment(scene, values["next_step_at"]),
    )


def _ticket_values(scene: Scene, here: Interview, told: Told) -> dict[str, str]:
    found = {"subject": told.subject, "description": "", "next_step": "", "next_step_at": ""}
    described: list[str] = []
    for name, answer in here.given.items():
        becomes = here.guide.steps[name].becomes
        if becomes == "description":
            described.append(answer)
        elif becomes in found:
            found[becomes] = answer
    found["description"] = "\n".join(described)
    return found


def _moment(scene: Scene, typed: str) -> datetime | None:
    if not typed:
        return None
    try:
        return read_moment(typed, now=scene.now, zone=scene.zone, language=scene.language).at
    except UnreadMoment:
        return None


def _details(here: Interview, told: Told) -> tuple[tuple[str, str], ...]:
    """Return the answers as the ticket keeps them: by code where the desk knows the question, else in words."""
    found: list[tuple[str, str]] = []
    for name, matter, answer in told.rows:
        becomes = here.guide.steps[name].becomes
        if becomes.startswith("detail:"):
            found.append((becomes.removeprefix("detail:"), here.given[name]))
        elif becomes == "detail":
            found.append((matter, answer))
    return tuple(found)


# what is stored -------------------------------------------------------------------------------------------------------


def finish(
    scene: Scene, here: Interview, caller: Caller, how: Ending, told: Told, call: Call,
    stores: frozenset[type[Record]] | None = None,
) -> Batch:  # fmt: skip
    """Return the one batch that an interview ends in.

    A caller who is not stored yet is taken in first. `stores` are the kinds of record that the source keeps, None for
    all: where it keeps no handovers, the ticket's holder alone says who has it. Raises Unfit for what is missing.
    """
    scene, items = _with_customer(scene, here)
    line = caller.line(here.given)
    line_key = line.key if line else ""
    note = _note(here, told)
    if how.about is not None:
        batch = chase(scene, how.about, {"note": note, "channel": Channel.CALL})
        return scene.batch(*items, *_as_called(batch.items, call), act="create")
    if how.hit is not None:
        batch = attach(scene, how.hit, told=note, subject=told.subject)
        return scene.batch(*items, *_as_called(batch.items, call), act="create")
    contact = _contact(scene, how, told, call, note, line_key)
    if how.end.kind is EndKind.TOLD:
        return scene.batch(*items, new(contact), act="create")
    ticket = _ticket(scene, here, how, told, line_key)
    if how.end.kind is EndKind.SOLVED:
        ticket = _closed(scene, ticket, told)
    contact = replace(contact, ticket_key=ticket.key)
    items += [new(ticket), new(contact), *_events(scene, here, ticket, contact)]
    if how.passes and (stores is None or Handover in stores):
        items += package(scene, ticket, how.to, note=ticket.subject, told=told.words, at_once=how.at_once)
    return scene.batch(*items, act="create", reason=here.reason)


def _with_customer(scene: Scene, here: Interview) -> tuple[Scene, list[Put]]:
    file = scene.file
    if not is_new(file.customer.key):
        return scene, []
    values = {"language": file.customer.language, **customer_values(here.guide, here.given)}
    [put] = new_customer(values, file.operator, agent=scene.agent, now=scene.now).items
    assert isinstance(put, Put)
    assert isinstance(put.record, Customer)
    return replace(scene, file=replace(file, customer=put.record)), [put]


def _note(here: Interview, told: Told) -> str:
    """Return the contact's text: each answer beside its matter, and last what the caller was told."""
    lines = [f"{matter}: {answer}" for _name, matter, answer in told.rows]
    if here.reason:
        lines.append(f"[!] {here.reason}")
    if told.words:
        lines += ["", f"→ {told.words}"]
    return "\n".join(lines).strip()


def _contact(scene: Scene, how: Ending, told: Told, call: Call, note: str, line_key: str) -> Contact:
    outcome = {EndKind.TICKET: "ticket", EndKind.SOLVED: "solved"}.get(how.end.kind, "information")
    made = contact_now(scene, Channel.CALL, Direction.INBOUND, note=note, subject=told.subject)
    return replace(
        made,
        line_key=line_key,
        outcome=outcome,
        route=call.route,
        seconds=_seconds(call),
    )


def _seconds(call: Call) -> int:
    """Return how long the call took; a guide that lay as a draft for days was not talked over."""
    return call.seconds if 0 <= call.seconds <= LONGEST else 0


def _as_called(items: Sequence[Put | Remove], call: Call) -> list[Put]:
    """Return the items of another act with its contact telling how the caller came in."""
    told: list[Put] = []
    for item in items:
        assert isinstance(item, Put), "neither a chase nor an attachment takes anything away"
        if isinstance(item.record, Contact) and is_new(item.record.key):
            item = replace(item, record=replace(item.record, route=call.route, seconds=_seconds(call)))
        told.append(item)
    return told


def _closed(scene: Scene, ticket: Ticket, told: Told) -> Ticket:
    helped = "\n".join(f"{matter}: {answer}" for _name, matter, answer in told.rows)
    return replace(
        ticket,
        state=TicketState.CLOSED,
        closed_at=scene.now,
        outcome=Outcome.RIGHT_FIRST_TIME,
        class_proposed=Outcome.RIGHT_FIRST_TIME,
        resolution=helped,
        holder=Holder.DESK,
    )


def _events(scene: Scene, here: Interview, ticket: Ticket, contact: Contact) -> list[Put]:
    told = [
        event(scene, ticket, TicketEventKind.OPENED, after=ticket.kind, text=ticket.subject, contact=contact),
    ]
    if here.reason:
        told.append(event(scene, ticket, TicketEventKind.OVERRIDDEN, text=here.reason, contact=contact))
    if ticket.state is TicketState.CLOSED:
        told.append(event(scene, ticket, TicketEventKind.CLOSED, after=Outcome.RIGHT_FIRST_TIME, contact=contact))
    return told
