"""Tickets of RT as tickets of ours: its own fields, and what our messages say beside them.

What RT has no place for (the next step, who has the ball, what was agreed) stands in the marks of our messages
(`marks`). RT's own fields are always right: what a mark says about the state, the owner, the queue or a date holds only
until somebody changes that field in RT.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.records import Holder, Key, Ticket, TicketState
from backends.rest.rt import people
from backends.rest.rt.marks import Mark
from backends.rest.rt.options import Options
from backends.rest.rt.rows import TicketRow, TransactionRow
from backends.wire import Form

TICKET: Form[Ticket] = Form(Ticket)
NOBODY = "Nobody"
SELF = "self"
"""In the mark of the message that opens a ticket: the ticket itself, which has no key yet."""
SUBJECT_LIMIT = 200

_FIXED = frozenset({"key", "reference", "customer_key", "operator_key", "version", "origin"})
_GUARDED = {"state": "Status", "closed_at": "Status", "holder": "Status", "holder_name": "Owner", "due_at": "Due",
            "subject": "Subject", "kind": "Queue", "priority": "Priority"}  # fmt: skip
"""Fields of ours that RT holds too, by the name of its own: a change there is newer than what an older mark says."""
_DATA = tuple(spec.name for spec in fields(Ticket) if spec.name not in _FIXED)
_CLOSED = (TicketState.CLOSED, TicketState.SOLVED)


def key_of(number: int) -> Key:
    """Return the key of a ticket."""
    return f"ticket:{number}"


def number_in(key: Key) -> int:
    """Return RT's number in a ticket's key, 0 when it is none."""
    kind, _, number = key.partition(":")
    good = kind == "ticket" and number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if good and str(int(number)) == number else 0


@dataclass(frozen=True, slots=True)
class Case:
    """A ticket with all that is known of its history."""

    row: TicketRow
    transactions: tuple[TransactionRow, ...]
    marks: Mapping[int, Mark]
    """What our messages say, by transaction."""
    texts: Mapping[int, str] = field(repr=False)
    """The text of each message, by transaction."""

    @property
    def tag(self) -> int:
        """The newest transaction that may be seen: what RT compares with If-Match."""
        return self.transactions[-1].id if self.transactions else 1

    @property
    def version(self) -> int:
        """The newest transaction that changed the ticket itself: a mail or a call is no change of it."""
        return max((each.id for each in self.transactions if self.alters(each)), default=1)

    def alters(self, transaction: TransactionRow) -> bool:
        """Return whether a transaction changed the ticket itself."""
        if transaction.type in ("EmailRecord", "CommentEmailRecord"):
            return False
        if transaction.type not in ("Comment", "Correspond"):
            return True
        mark = self.marks.get(transaction.id)
        return mark is not None and key_of(self.row.id) in mark.sets


def customer_of(row: TicketRow, asked: int = 0) -> Key:
    """Return the key of the customer whose ticket it is: the one `asked` about if a requestor, else the first one."""
    if asked in row.requestors:
        return people.key_of(asked)
    return people.key_of(row.requestors[0]) if row.requestors else ""


def ticket_of(case: Case, options: Options, customer: int = 0) -> Ticket:
    """Return the ticket as it is now."""
    base = replace(native(case.row, options, customer), description=_description(case), version=case.version)
    return _with(base, said(case))


def _description(case: Case) -> str:
    first = case.transactions[0] if case.transactions else None
    return case.texts.get(first.id, "") if first is not None and first.type == "Create" else ""


def said(case: Case, changing: Iterable[str] = ()) -> dict[str, Any]:
    """Return what marks say of the ticket, as JSON values, without what RT's own fields have overtaken.

    `changing` are fields of RT that are about to change. None stands for a field's default.
    """
    changed = {each.field: each.id for each in case.transactions if each.field}
    overtaken = set(changing)
    found: dict[str, Any] = {}
    for number in sorted(case.marks):
        sets = case.marks[number].sets
        for name, value in (sets.get(key_of(case.row.id)) or sets.get(SELF) or {}).items():
            own = _GUARDED.get(name, "")
            if name in _DATA:
                found.pop(name, None)
                if own not in overtaken and changed.get(own, 0) <= number:
                    found[name] = value
    return found


def _with(base: Ticket, values: Mapping[str, Any]) -> Ticket:
    """Return `base` with what marks say."""
    if not values:
        return base
    plain = TICKET.plain(base)
    for name, value in values.items():
        if value is None:
            plain.pop(name, None)
        else:
            plain[name] = value
    if values.get("details"):
        plain["details"] = _details(values["details"], base)
    try:
        return TICKET.built(plain)
    except Invalid:
        return base  # written by a program that knows other values


def _details(told: object, base: Ticket) -> list[list[str]]:
    """Return the answers as told, those that have a field of their own as it stands there now."""
    own = dict(base.details)
    found = [[str(part) for part in pair] for pair in told if isinstance(pair, list)] if isinstance(told, list) else []
    pairs = [[pair[0], own.pop(pair[0], pair[1])] for pair in found if len(pair) == 2]
    return pairs + [[code, text] for code, text in own.items()]


def native(row: TicketRow, options: Options, customer: int = 0) -> Ticket:
    """Return the ticket as RT's own fields and the custom fields of the profile tell it."""
    state = options.state_of(row.status)
    owner = clean.line(row.owner)
    return Ticket(
        key=key_of(row.id),
        reference=_first(row, options.reference_field) or f"{options.reference_prefix}{row.id}",
        customer_key=customer_of(row, customer),
        operator_key=options.operator.key,
        kind=options.kind_of(row.queue),
        subject=clean.line(row.subject),
        opened_at=row.created or row.updated or datetime.fromtimestamp(0, UTC),
        state=state,
        priority=options.priority_of(row.priority),
        details=tuple(
            (code, text) for code, name in options.details.items() if (text := clean.block(_whole(row, name)))
        ),
        opened_by=clean.line(row.creator),
        holder=Holder.CUSTOMER if state is TicketState.WAITING_CUSTOMER else Holder.DESK,
        holder_name="" if owner == NOBODY else owner,
        due_at=row.due,
        closed_at=row.resolved if state in (TicketState.CLOSED, TicketState.SOLVED) else None,
        version=1,
    )


def _first(row: TicketRow, name: str) -> str:
    return clean.line(_whole(row, name))


def _whole(row: TicketRow, name: str) -> str:
    values = row.fields.get(name, ()) if name else ()
    return values[0] if values else ""


# writing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Telling:
    """What must be told to RT so that a ticket is read back as wanted."""

    fields: Mapping[str, Any]
    """RT's own fields and custom ones, as its interface takes them; only what differs from what it holds."""
    after: TicketRow
    """RT's own fields as they must then be."""
    said: Mapping[str, Any]
    """What only a mark can say, as JSON values; None for a default."""


def in_seconds(ticket: Ticket) -> Ticket:
    """Return the ticket with those moments cut to seconds that RT keeps itself."""
    return replace(
        ticket, opened_at=_cut(ticket.opened_at), due_at=ticket.due_at and _cut(ticket.due_at),
        closed_at=ticket.closed_at and _cut(ticket.closed_at),
    )  # fmt: skip


def _cut(moment: datetime) -> datetime:
    return moment.replace(microsecond=0) if _EARLIEST <= moment < _LATEST else moment


def telling(ticket: Ticket, case: Case, options: Options, owner: str) -> Telling:
    """Return what to tell RT about `ticket`, which it holds as `case`; for a new one that is `blank()`.

    `owner` is the login that RT knows the holder's name by, empty when it knows nobody of that name.
    """
    ticket = in_seconds(ticket)
    row = case.row
    new = row.id == 0
    told: dict[str, Any] = {}
    changes: dict[str, Any] = {}

    def tell(name: str, field_name: str, value: Any, written: Any = None) -> None:
        told[name] = value if written is None else written
        changes[field_name] = value

    if new or clean.line(row.subject) != ticket.subject:
        tell("Subject", "subject", ticket.subject[:SUBJECT_LIMIT].rstrip())
    if new or options.state_of(row.status) is not ticket.state:
        status = options.status_of(ticket.state)
        if new or status != row.status:
            tell("Status", "status", status)
    if new or options.kind_of(row.queue) is not ticket.kind:
        queue = options.queue_of(ticket.kind)
        if new or queue != row.queue:
            tell("Queue", "queue", queue)
    if new or options.priority_of(row.priority) is not ticket.priority:
        tell("Priority", "priority", options.priorities[ticket.priority])
    held = "" if row.owner == NOBODY else row.owner
    if ticket.holder_name != held and (owner or not ticket.holder_name):
        tell("Owner", "owner", owner or NOBODY)
    if ticket.due_at != row.due and (_fits(ticket.due_at) or row.due is not None):
        due = ticket.due_at if _fits(ticket.due_at) else None
        tell("Due", "due", due, _written(due))
    closed_at = ticket.closed_at if _fits(ticket.closed_at) and ticket.state in _CLOSED else None
    if closed_at is not None and closed_at != row.resolved:
        tell("Resolved", "resolved", closed_at, _written(closed_at))
    if new and _fits(ticket.opened_at):
        tell("Created", "created", ticket.opened_at, _written(ticket.opened_at))
    custom = _custom(ticket, row, options)
    if custom:
        told["CustomFields"] = custom
        changes["fields"] = {**row.fields, **{name: (text,) if text else () for name, text in custom.items()}}
    after = replace(row, **changes)
    return Telling(told, after, _left(ticket, case, after, options, set(told)))


def _left(ticket: Ticket, case: Case, after: TicketRow, options: Options, told: set[str]) -> dict[str, Any]:
    """Return the fields that would be read back otherwise than they are in `ticket`."""
    base = replace(native(after, options), description=ticket.description if not case.row.id else _description(case))
    read = TICKET.plain(_with(base, said(case, told)))
    want = TICKET.plain(ticket)
    left = {name: want.get(name) for name in _DATA if want.get(name) != read.get(name)}
    if not case.row.id and "Created" not in told:
        left["opened_at"] = want["opened_at"]
    if "Status" in told and ticket.state in _CLOSED and "Resolved" not in told:
        left["closed_at"] = want.get("closed_at")  # RT would say now
    if not case.row.id:
        left["opened_by"] = want.get("opened_by")  # RT would say who signed in
    return left


def _custom(ticket: Ticket, row: TicketRow, options: Options) -> dict[str, str]:
    answers = dict(reversed(ticket.details))
    found = {name: answers.get(code, "") for code, name in options.details.items()}
    if options.reference_field and ticket.reference:
        assigned = is_assigned(ticket, options) and not _whole(row, options.reference_field)
        found[options.reference_field] = "" if assigned else ticket.reference
    return {name: text for name, text in found.items() if text != _whole(row, name)}


def blank() -> Case:
    """Return what RT would hold of a ticket that nobody told it anything about."""
    row = TicketRow(0, "", "", "", NOBODY, "", (), frozenset(), 0, None, None, None, None, {})
    return Case(row, (), {}, {})


_EARLIEST, _LATEST = datetime(1971, 1, 1, tzinfo=UTC), datetime(2038, 1, 1, tzinfo=UTC)


def _fits(moment: datetime | None) -> bool:
    """Return whether RT can hold a moment: 1970 is none to it, and its dates end with 32 bits on some databases."""
    return moment is not None and _EARLIEST <= moment < _LATEST and not moment.microsecond


def _written(moment: datetime | None) -> str:
    """Return a moment as RT takes it: UTC, whole seconds; RT's own word for none."""
    return "1970-01-01 00:00:00" if moment is None else moment.strftime("%Y-%m-%d %H:%M:%S")


def is_assigned(ticket: Ticket, options: Options) -> bool:
    """Return whether the reference is RT's own number."""
    return ticket.reference == f"{options.reference_prefix}{number_in(ticket.key)}"
