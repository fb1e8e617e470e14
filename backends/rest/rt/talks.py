"""Messages of RT as contacts, and what happened to a ticket as events.

Correspondence is what the customer sees: theirs comes in, ours goes out. A comment is internal, unless its mark says
that it is the note of a call or a letter. The message that opened a ticket is a contact when the customer wrote it, or
when a colleague typed in RT what a customer said; our own tickets come without one, for the contact is written apart.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import fields, replace
from typing import Any

from backends import clean
from backends.errors import Invalid
from backends.htmltext import html_to_text
from backends.records import (
    AnswerState,
    Attachment,
    Channel,
    Contact,
    Direction,
    Key,
    TicketEvent,
    TicketEventKind,
    TicketState,
)
from backends.rest.rt.cases import NOBODY, Case, customer_of, key_of
from backends.rest.rt.marks import Mark, mark_in, text_from
from backends.rest.rt.options import Options
from backends.rest.rt.rows import PartRow, TransactionRow
from backends.wire import Form

CONTACT: Form[Contact] = Form(Contact)

MESSAGES = frozenset({"Create", "Correspond", "Comment"})
"""Types of transactions that have a text."""
ANSWERING = frozenset({"answer", "answered_at", "answered_by", "waived_reason"})
"""Fields of a contact that follow from what came after it."""
_OWN = tuple(
    spec.name
    for spec in fields(Contact)
    if spec.name
    not in ("key", "customer_key", "operator_key", "ticket_key", "body", "whole", "version", "origin", "reference")
)
REFERENCE = "RTC-"
SELF = "self"
"""In a mark: the message that carries it."""


def contact_key(transaction: int) -> Key:
    """Return the key of the contact that a message is."""
    return f"txn:{transaction}"


def number_in(key: Key) -> int:
    """Return the number of the transaction in a contact's or event's key, 0 when it is none."""
    kind, _, number = key.partition(":")
    good = kind in ("txn", "event") and number.isascii() and number.isdigit() and len(number) < 19
    return int(number) if good and str(int(number)) == number else 0


# texts ----------------------------------------------------------------------------------------------------------------


def read_parts(parts: Iterable[PartRow]) -> tuple[dict[int, str], dict[int, Mark], dict[int, list[PartRow]]]:
    """Return text, mark and parts of each message, by transaction.

    Of a mail with both a plain and an HTML version the plain one is taken. Only a message's outermost part has a mark:
    the headers of the parts inside are whatever the sender wrote.
    """
    by: dict[int, list[PartRow]] = {}
    for part in parts:
        by.setdefault(part.transaction, []).append(part)
    texts: dict[int, str] = {}
    marks: dict[int, Mark] = {}
    for number, those in by.items():
        those.sort(key=lambda part: part.id)
        mark = mark_in(those[0])
        if mark is not None:
            marks[number] = mark
        texts[number] = _text(those, mark)
    return texts, marks, by


def _text(parts: Sequence[PartRow], mark: Mark | None) -> str:
    inline = [part for part in parts if part.content and not part.filename]
    plain = [part.content or "" for part in inline if part.content_type == "text/plain"]
    if mark is not None and plain:
        return clean.block(text_from(plain[0], mark))
    if any(each.strip() for each in plain):
        return clean.block("\n".join(plain).rstrip())
    html = [part.content or "" for part in inline if part.content_type == "text/html"]
    return clean.block("\n".join(html_to_text(each) for each in html).rstrip())


def _subject(parts: Sequence[PartRow]) -> str:
    """Return the subject of a message; RT keeps some as they were written for the mail (RFC 2047)."""
    subject = next((part.subject for part in parts if part.subject), "")
    if "=?" in subject:
        from email.errors import HeaderParseError
        from email.header import decode_header, make_header

        with suppress(HeaderParseError, LookupError, ValueError):
            subject = str(make_header(decode_header(subject)))
    return clean.line(subject)


# contacts -------------------------------------------------------------------------------------------------------------


def contacts_of(
    case: Case, parts: Mapping[int, Sequence[PartRow]], options: Options, customer: int = 0
) -> list[Contact]:
    """Return the contacts of a ticket, oldest first, each with its whole text."""
    found: list[Contact] = []
    steps: set[str] = set()
    for transaction in case.transactions:
        if transaction.type not in MESSAGES or not _is_contact(case, transaction, options):
            continue
        mark = case.marks.get(transaction.id)
        if mark is not None and mark.step in steps:
            continue  # one step of ours, stored twice: its first try came late after all
        if mark is not None:
            steps.add(mark.step)
        found.append(_contact(case, transaction, parts.get(transaction.id, ()), options, customer))
    return _answered(case, found, is_open=options.state_of(case.row.status) is not TicketState.CLOSED)


def _is_contact(case: Case, transaction: TransactionRow, options: Options) -> bool:
    mark = case.marks.get(transaction.id)
    if mark is not None:
        return not mark.note
    if transaction.type != "Create":
        return True
    if transaction.creator in case.row.outside:
        return True
    return bool(case.texts.get(transaction.id)) and bool(_value(case.row.fields, options.channel_field))


def _value(held: Mapping[str, tuple[str, ...]], name: str) -> str:
    values = held.get(name, ()) if name else ()
    return values[0] if values else ""


def _contact(
    case: Case, transaction: TransactionRow, parts: Sequence[PartRow], options: Options, customer: int
) -> Contact:
    ours = transaction.creator not in case.row.outside
    direction = Direction.INBOUND
    if ours and transaction.type != "Create":
        direction = Direction.OUTBOUND if transaction.type == "Correspond" else Direction.INTERNAL
    via = _value(transaction.fields, options.via_field)
    if not via and transaction.type != "Comment":
        via = _value(case.row.fields, options.channel_field)
    channel = options.channel_of(via) if via else Channel.NOTE if direction is Direction.INTERNAL else Channel.EMAIL
    author = clean.line(transaction.creator)
    base = Contact(
        key=contact_key(transaction.id),
        reference=f"{REFERENCE}{transaction.id}",
        customer_key=customer_of(case.row, customer),
        operator_key=options.operator.key,
        channel=clean.line(channel),
        direction=direction,
        at=(case.row.created or transaction.created) if transaction.type == "Create" else transaction.created,
        subject=_subject(parts),
        body=case.texts.get(transaction.id, ""),
        thread=key_of(case.row.id),
        ticket_key=key_of(case.row.id),
        agent=author if ours else "",
        sender="" if ours else author,
        attachments=tuple(_attachment(part) for part in parts if part.filename or _is_file(part)),
        version=transaction.id,
    )
    mark = case.marks.get(transaction.id)
    return base if mark is None else _told(base, mark.own)


def _is_file(part: PartRow) -> bool:
    return not part.content_type.startswith(("text/plain", "text/html", "multipart/", "message/"))


def _attachment(part: PartRow) -> Attachment:
    name = clean.line(part.filename) or f"{part.id}"
    return Attachment(name, clean.line(part.content_type), part.size)


def _told(base: Contact, values: Mapping[str, Any]) -> Contact:
    """Return a contact of ours: of its fields RT's own are only key, text and ticket."""
    plain = {name: value for name, value in CONTACT.plain(base).items() if name not in _OWN}
    plain |= {name: value for name, value in values.items() if name in _OWN}
    try:
        return CONTACT.built(plain)
    except Invalid:
        return base


def own_fields(contact: Contact) -> dict[str, Any]:
    """Return what a contact's mark must say: all that RT has no place for."""
    plain = CONTACT.plain(contact)
    return {name: plain[name] for name in _OWN if name in plain}


def _answered(case: Case, contacts: list[Contact], *, is_open: bool) -> list[Contact]:
    """Return the contacts with what came of each: answered by mail from RT, or as our marks say.

    A reply that somebody wrote in RT answers all that had come in before, and on a ticket that is closed no mail waits:
    it would have opened it again. What is written here says itself what it answers.
    """
    found: dict[Key, Contact] = {}
    for contact in contacts:
        marked = number_in(contact.key) in case.marks
        if not marked and contact.direction is Direction.INBOUND:
            contact = replace(contact, answer=_debt(contact) if is_open else AnswerState.NOT_NEEDED)
        if not marked and contact.direction is Direction.OUTBOUND:
            for key, earlier in found.items():
                if earlier.answer is AnswerState.WAITING:
                    found[key] = replace(
                        earlier, answer=AnswerState.ANSWERED, answered_at=contact.at, answered_by=contact.key,
                        version=number_in(contact.key),
                    )  # fmt: skip
        found[contact.key] = contact
        for key, values in _sets(case, number_in(contact.key)).items():
            if key in found:
                found[key] = _amended(found[key], values, number_in(contact.key))
    return _with_notes(case, found)


def _with_notes(case: Case, found: dict[Key, Contact]) -> list[Contact]:
    for number in sorted(case.marks):
        if contact_key(number) in found:
            continue
        for key, values in _sets(case, number).items():
            if key in found and found[key].version < number:
                found[key] = _amended(found[key], values, number)
    return list(found.values())


def _sets(case: Case, number: int) -> Mapping[Key, Mapping[str, Any]]:
    mark = case.marks.get(number)
    return {} if mark is None else {key: values for key, values in mark.sets.items() if key.startswith("txn:")}


def _debt(contact: Contact) -> AnswerState:
    passing = (Channel.CALL, Channel.VISIT)
    return AnswerState.NOT_NEEDED if contact.channel in passing else AnswerState.WAITING


def _amended(contact: Contact, values: Mapping[str, Any], number: int) -> Contact:
    plain = CONTACT.plain(contact)
    for name, value in values.items():
        if name not in _OWN and name != "body":
            continue
        if value is None:
            plain.pop(name, None)
        else:
            plain[name] = contact_key(number) if (name, value) == ("answered_by", SELF) else value
    try:
        return replace(CONTACT.built(plain), version=number)
    except Invalid:
        return contact


def changed_fields(before: Contact, after: Contact) -> dict[str, Any]:
    """Return what differs between two versions of a contact, as JSON values; None for a default."""
    was, now = CONTACT.plain(before), CONTACT.plain(after)
    return {name: now.get(name) for name in (*_OWN, "body") if was.get(name) != now.get(name)}


# events ---------------------------------------------------------------------------------------------------------------


def events_of(case: Case, options: Options, names: Mapping[int, str], customer: int = 0) -> list[TicketEvent]:
    """Return what happened to a ticket, oldest first; `names` are the logins of users by RT's number.

    RT notes a change of owner twice, and each mail that it sends: that is left out.
    """
    found: list[TicketEvent] = []
    for transaction in case.transactions:
        event = _event(case, transaction, options, names, customer)
        if event is not None:
            found.append(event)
    return found


def _event(
    case: Case, transaction: TransactionRow, options: Options, names: Mapping[int, str], customer: int
) -> TicketEvent | None:
    before, after = clean.line(transaction.old), clean.line(transaction.new)
    if transaction.type == "Create":
        kind, before, after = TicketEventKind.OPENED, "", ""
    elif transaction.type == "Status":
        was, now = options.state_of(before), options.state_of(after)
        if was is now:
            return None
        closed = now is TicketState.CLOSED
        kind = TicketEventKind.CLOSED if closed else _reopened(was)
        before, after = str(was), str(now)
    elif transaction.type == "Set" and transaction.field == "Owner":
        kind = TicketEventKind.HOLDER
        before, after = _login(before, names), _login(after, names)
    elif transaction.type == "Set" and transaction.field == "Priority":
        kind = TicketEventKind.PRIORITY
        was_high, is_high = (options.priority_of(int(each) if each.isdigit() else 0) for each in (before, after))
        if was_high is is_high:
            return None
        before, after = str(was_high), str(is_high)
    else:
        return None
    return TicketEvent(
        key=f"event:{transaction.id}",
        ticket_key=key_of(case.row.id),
        customer_key=customer_of(case.row, customer),
        kind=kind,
        at=(case.row.created or transaction.created) if transaction.type == "Create" else transaction.created,
        by=clean.line(transaction.creator),
        before=before,
        after=after,
        version=transaction.id,
    )


def _reopened(was: TicketState) -> TicketEventKind:
    return TicketEventKind.REOPENED if was is TicketState.CLOSED else TicketEventKind.STATE


def _login(number: str, names: Mapping[int, str]) -> str:
    login = names.get(int(number), "") if number.isdigit() else number
    return "" if login == NOBODY else clean.line(login)


def users_named(cases: Iterable[Case]) -> set[int]:
    """Return the numbers of users that changes of owner name."""
    return {
        int(number)
        for case in cases
        for transaction in case.transactions
        if transaction.type == "Set" and transaction.field == "Owner"
        for number in (transaction.old, transaction.new)
        if number.isdigit()
    }
