"""Imports mailboxes: each mail once, with its customer, its thread, and what it answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from backends.port import Put
from backends.records import (
    AnswerState,
    Attachment,
    Channel,
    Contact,
    ContactPoint,
    Customer,
    CustomerKind,
    Direction,
    Key,
    Operator,
    Origin,
    PointKind,
    new_key,
)
from console.desk.importing.filing import Filing
from console.desk.importing.finding import Finder
from console.desk.importing.intake import Intake, Prepared
from console.desk.importing.mailboxes import Letter, letters
from console.desk.importing.mapping import EPOCH, Format, Mapping, NewCustomers
from console.desk.importing.reasons import BadValue
from console.desk.importing.values import email
from console.desk.mailtext import Address, Mail, read_mail

Told = Callable[[int, int], None]
_CHUNK_BYTES = 32_000_000  # of originals that wait for one batch


@dataclass(slots=True)
class Draft:
    """One mail of the current batch on its way to become a contact."""

    letter: Letter
    raw: bytes
    mail: Mail
    id: str
    """Message-ID, or a digest of the bytes."""
    contact: Contact | None = None
    customer: Customer | None = None
    answers: list[Put] = field(default_factory=list)
    """Stored contacts that this mail turns out to answer."""

    @property
    def ancestors(self) -> tuple[str, ...]:
        """What this mail follows, nearest first."""
        return tuple(dict.fromkeys(name for name in (self.mail.in_reply_to, *reversed(self.mail.references)) if name))

    @property
    def root(self) -> str:
        """The first mail of the thread, as far as this one knows."""
        return next(iter(self.mail.references), "") or self.mail.in_reply_to or self.id

    def shown(self) -> str:
        """Return what the rejects show of the mail; the whole of it stays where it came from."""
        return f"{self.id} | {self.mail.sender.address} | {self.mail.date_text} | {self.mail.subject}"


@dataclass
class MailImport:
    """One run over some mailboxes."""

    mapping: Mapping
    operator: Operator
    intake: Intake
    finder: Finder
    now: datetime
    told: Told
    _made: dict[str, Customer] = field(default_factory=dict)
    """New customers by address, until they are stored and found."""
    _seen: set[str] = field(default_factory=set)

    async def run(self, paths: Sequence[Path], format_: Format) -> None:
        """Import all mailboxes, oldest mail first. Raises BackendError, RejectsError."""
        unusable = self.intake.report.unusable
        done = 0
        filing = Filing(self.intake, self.finder, self.mapping, self.operator)
        with ExitStack() as opened:
            found = letters(paths, format_, opened, lambda file, why: unusable.append((file, why)))
            for drafts, count in self._chunks(found):
                await self._chunk(drafts, filing)
                done += count
                self.told(done, len(found))

    def _chunks(self, found: list[Letter]) -> Iterator[tuple[list[Draft], int]]:
        """Yield the mails that can be read, a batch at a time, with how many were looked at."""
        drafts: list[Draft] = []
        size = looked = 0
        for letter in found:
            looked += 1
            draft = self._read(letter)
            if draft is not None:
                drafts.append(draft)
                size += len(draft.raw)
            if looked >= self.intake.size or size > _CHUNK_BYTES:
                yield drafts, looked
                drafts, size, looked = [], 0, 0
        if looked:
            yield drafts, looked

    def _read(self, letter: Letter) -> Draft | None:
        report = self.intake.report
        report.rows += 1
        limit = self.mapping.mail.size_limit
        try:
            raw = letter.read(limit + 1)
        except OSError as error:
            self.intake.reject(letter.file, letter.number, "", "unreadable", error.strerror or "", "")
            return None
        if len(raw) > limit or not raw.strip():
            self.intake.reject(letter.file, letter.number, "", "too_big" if raw.strip() else "bad_mail", "", "")
            return None
        mail = read_mail(raw)
        name = mail.message_id
        if not name:
            report.notes["no_message_id"] += 1
            name = "digest:" + hashlib.sha256(raw).hexdigest()[:40]
        if name in self._seen:
            report.repeated += 1
            return None
        self._seen.add(name)
        report.notes.update(f"broken_{defect}" for defect in mail.defects)
        return Draft(letter, raw, mail, name)

    async def _chunk(self, drafts: list[Draft], filing: Filing) -> None:
        """Store the mails that are new, with what they answer."""
        names = {name for draft in drafts for name in (draft.id, *draft.ancestors)}
        origins = [Origin(self.mapping.source, name) for name in names]
        stored = await self.intake.stored(Contact, origins)
        filing.begin({origin.foreign_id: key for origin, key in stored.items()})
        ready: list[Draft] = []
        for draft in drafts:
            if Origin(self.mapping.source, draft.id) in stored:
                self.intake.report.known["contact"] += 1
                continue
            try:
                await self._file(draft, filing)
            except BadValue as error:
                letter = draft.letter
                shown = draft.shown()
                self.intake.reject(letter.file, letter.number, error.path, error.reason, error.shown, shown)
                continue
            ready.append(draft)
        for draft in ready:
            await self.intake.add(
                Prepared(draft.letter.file, draft.letter.number, draft.shown(), self._puts(draft, filing))
            )
        await self.intake.flush()

    def _puts(self, draft: Draft, filing: Filing) -> tuple[Put, ...]:
        assert draft.contact is not None
        assert draft.customer is not None
        items: list[Put] = []
        if draft.customer.version == 0:
            items.append(Put(draft.customer, unless_known=True))
        items.append(Put(filing.latest(draft.id), raw=draft.raw, unless_known=True))
        return (*items, *draft.answers)

    async def _file(self, draft: Draft, filing: Filing) -> None:
        """Find out whose mail this is, which thread it belongs to and what it answers; raises BadValue."""
        mail = draft.mail
        direction, other = self._ends(mail)
        address = email(other.address) if other.address else ""
        if not address:
            raise BadValue(
                "no_sender" if direction is Direction.INBOUND else "no_recipient", other.name, "contact.sender"
            )
        parent = await filing.parent(draft.ancestors)
        ticket = await filing.ticket_named(mail.subject)
        customer = await self.finder.by("email", address) or self._made.get(address)
        customer = await filing.customer(customer, ticket, parent)
        if customer is None:
            customer = self._new_customer(draft, other, address)
        elif customer.version:
            self.intake.report.count_customer(customer)
        if ticket is not None and ticket.customer_key != customer.key:
            self.intake.report.notes["reference_elsewhere"] += 1
            ticket = None
        ticket_key = ticket.key if ticket is not None else ""
        if not ticket_key and parent is not None and parent.customer_key == customer.key:
            ticket_key = parent.ticket_key
        thread = parent.thread if parent is not None and parent.thread else _thread(draft.root)
        contact = self._contact(draft, direction, customer.key, thread, ticket_key)
        draft.contact, draft.customer = contact, customer
        filing.add(draft.id, contact, customer)
        if direction is Direction.OUTBOUND:
            draft.answers.extend(await filing.answer(contact, parent, customer))
        elif contact.answer is AnswerState.WAITING and customer.version:
            await filing.find_answer(draft.id, contact)

    def _ends(self, mail: Mail) -> tuple[Direction, Address]:
        """Return the mail's direction and the customer's end of it.

        A web form's mail comes from our own address and names the customer in Reply-To.
        """
        recipients = [*mail.to, *mail.cc]
        if not self._is_ours(mail.sender.address):
            return Direction.INBOUND, mail.sender
        foreign = next((each for each in mail.reply_to if each.address and not self._is_ours(each.address)), None)
        if foreign is not None and any(self._is_ours(each.address) for each in recipients):
            return Direction.INBOUND, foreign
        others = [each for each in recipients if each.address and not self._is_ours(each.address)]
        return Direction.OUTBOUND, others[0] if others else Address("", "")

    def _is_ours(self, address: str) -> bool:
        ours = (*self.mapping.mail.ours, self.operator.email.lower())
        return any(address.endswith(each) if each.startswith("@") else address == each for each in ours if each)

    def _new_customer(self, draft: Draft, other: Address, address: str) -> Customer:
        if self.mapping.mail.new_customers is NewCustomers.REJECT:
            raise BadValue("unknown_sender", address, "customer.email")
        made = Customer(
            key=new_key(),
            number="",
            operator_key=self.operator.key,
            kind=CustomerKind.PROSPECT,
            name=other.name or address.partition("@")[0],
            language=self.mapping.language or self.operator.language,
            points=(ContactPoint(PointKind.EMAIL, address),),
            # Named after a mail and not after the address: the origin stays when a person is forgotten.
            origin=Origin(self.mapping.source, draft.id),
        )
        self._made[address] = made
        return made

    def _contact(self, draft: Draft, direction: Direction, customer_key: Key, thread: str, ticket_key: Key) -> Contact:
        mail = draft.mail
        waits = direction is Direction.INBOUND and not mail.automatic
        return Contact(
            key=new_key(),
            reference="",
            customer_key=customer_key,
            operator_key=self.operator.key,
            channel=Channel.EMAIL,
            direction=direction,
            at=self._moment(draft),
            subject=mail.subject,
            body="\n\n".join(part for part in (mail.new_text, mail.signature, mail.quoted) if part),
            thread=thread,
            ticket_key=ticket_key,
            agent=mail.sender.name if direction is Direction.OUTBOUND else "",
            sender=_written(mail.sender),
            recipient=", ".join(_written(each) for each in mail.to[:10]),
            answer=AnswerState.WAITING if waits else AnswerState.NOT_NEEDED,
            attachments=tuple(
                Attachment(each.name, each.content_type, each.size, hashlib.sha256(each.payload).hexdigest())
                for each in mail.attachments
            ),
            origin=Origin(self.mapping.source, draft.id),
        )

    def _moment(self, draft: Draft) -> datetime:
        """Return when the mail was written, or delivered where it does not say so in earnest."""
        at = draft.mail.date
        if at is not None and EPOCH <= at <= self.now + timedelta(days=1):
            return at
        self.intake.report.notes["no_date"] += 1
        return min(max(draft.letter.delivered, EPOCH), self.now)


def _written(address: Address) -> str:
    return (
        f"{address.name} <{address.address}>" if address.name and address.address else address.address or address.name
    )


def _thread(root: str) -> str:
    """Return the name of the thread that begins with the mail `root`, the same in every import."""
    return "mail:" + hashlib.blake2b(root.encode("utf-8", "replace"), digest_size=12).hexdigest()
