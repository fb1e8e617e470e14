"""Knows where a mail belongs: what it follows, whose it is, and which messages it answers, stored or of this batch."""

from __future__ import annotations

from collections.abc import Mapping as Table
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from backends.errors import NotFound
from backends.port import Put, TimelineFilter
from backends.records import AnswerState, Contact, Customer, Direction, Key, Operator, Ticket, is_new
from console.desk.importing.finding import Finder
from console.desk.importing.intake import Intake
from console.desk.importing.mapping import Mapping

_PAGE = 100


@dataclass
class Filing:
    """The files of a run: contacts by foreign id, of the store and of the batch that is being made."""

    intake: Intake
    finder: Finder
    mapping: Mapping
    operator: Operator
    _stored: dict[str, Key] = field(default_factory=dict)
    _batch: dict[str, Contact] = field(default_factory=dict)
    _customers: dict[Key, Customer] = field(default_factory=dict)
    _marked: set[Key] = field(default_factory=set)
    _tickets: dict[str, Ticket | None] = field(default_factory=dict)

    def begin(self, stored: Table[str, Key]) -> None:
        """Begin a batch; `stored` are the keys of contacts that the store holds, by foreign id.

        A trial run stores nothing, so what it has read so far stays at hand.
        """
        self._stored = dict(stored)
        self._marked.clear()
        if not self.intake.report.dry_run:
            self._batch.clear()

    def add(self, name: str, contact: Contact, customer: Customer) -> None:
        """Remember a new contact of this batch and whose it is."""
        self._batch[name] = contact
        self._customers[customer.key] = customer

    def latest(self, name: str) -> Contact:
        """Return a contact of this batch as it is now, perhaps answered meanwhile."""
        return self._batch[name]

    async def parent(self, ancestors: Sequence[str]) -> Contact | None:
        """Return the nearest contact that a mail follows, None when we have none of them."""
        for name in ancestors:
            if name in self._batch:
                return self._batch[name]
            if name in self._stored:
                found = await self.intake.backend.contact(self._stored[name])
                if found.operator_key == self.operator.key:
                    return found
        return None

    async def ticket_named(self, subject: str) -> Ticket | None:
        """Return the ticket whose reference stands in the subject; brands are kept apart."""
        found = self.mapping.mail.reference.search(subject)
        if found is None:
            return None
        reference = found.group(1) or ""
        if reference not in self._tickets:
            try:
                self._tickets[reference] = await self.intake.backend.ticket(reference)
            except NotFound:
                self._tickets[reference] = None
        ticket = self._tickets[reference]
        if ticket is None or ticket.operator_key != self.operator.key:
            self.intake.report.notes["reference_unknown"] += 1
            return None
        return ticket

    async def customer(self, found: Customer | None, ticket: Ticket | None, parent: Contact | None) -> Customer | None:
        """Return whose mail this is: who has the address, else whose ticket it names or whose mail it follows."""
        if found is not None:
            return found
        if ticket is not None:
            self.intake.report.notes["reference_by_stranger"] += 1
            return await self._customer(ticket.customer_key)
        if parent is not None:
            return await self._customer(parent.customer_key)
        return None

    async def _customer(self, key: Key) -> Customer:
        if key not in self._customers:
            self._customers[key] = (await self.intake.backend.customer_file(key)).customer
        return self._customers[key]

    async def answer(self, reply: Contact, parent: Contact | None, customer: Customer) -> list[Put]:
        """Mark what our own mail answers: its parent, and what the customer wrote before in the thread.

        Contacts of this batch are changed in place; returns what to store for those that are stored.
        """
        for name, contact in self._batch.items():
            if self._is_answered(contact, reply, parent):
                self._batch[name] = _answered(contact, reply)
                self.intake.report.answered += 1
        if is_new(customer.key):
            return []
        keys = [parent.key] if parent is not None and not is_new(parent.key) else []
        only = TimelineFilter(thread=reply.thread, unanswered=True)
        page = await self.intake.backend.timeline(customer.key, only=only, limit=_PAGE)
        keys += [entry.key for entry in page.rows if isinstance(entry, Contact)]
        puts: list[Put] = []
        for key in dict.fromkeys(keys):
            contact = await self.intake.backend.contact(key)
            if key not in self._marked and self._is_answered(contact, reply, parent):
                self._marked.add(key)
                puts.append(Put(_answered(contact, reply), seen=contact.version))
        return puts

    def _is_answered(self, contact: Contact, reply: Contact, parent: Contact | None) -> bool:
        return (
            contact.answer is AnswerState.WAITING
            and contact.at <= reply.at
            and contact.customer_key == reply.customer_key
            and (contact.thread == reply.thread or (parent is not None and contact.key == parent.key))
        )

    async def find_answer(self, name: str, contact: Contact) -> None:
        """Mark a contact of this batch as answered when our answer came in an earlier import, from another mailbox."""
        only = TimelineFilter(thread=contact.thread, directions=frozenset({Direction.OUTBOUND}))
        page = await self.intake.backend.timeline(contact.customer_key, only=only, limit=_PAGE)
        later = [entry for entry in page.rows if isinstance(entry, Contact) and entry.at >= contact.at]
        if later:
            self._batch[name] = _answered(contact, min(later, key=lambda entry: entry.at))
            self.intake.report.answered += 1


def _answered(contact: Contact, reply: Contact) -> Contact:
    return replace(contact, answer=AnswerState.ANSWERED, answered_at=reply.at, answered_by=reply.key)
