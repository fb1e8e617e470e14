"""What all parts of the customer's screen share: the picture, and which contact or ticket is meant."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from backends.errors import BackendError
from backends.records import AnswerState, Area, Contact, Key, PromiseState, Ticket, TicketKind, TicketState
from console.actions import Need
from console.desk.picture import Picture
from console.present.body import body, ticket_body
from console.present.details import hidden_words
from console.present.failures import failure_words
from console.present.setting import Now
from console.rules.clocks import zone_of
from console.rules.roles import Right
from console.rules.standing import chases_by_ticket, open_tickets
from console.rules.timeline import Happening
from console.screens.base import BaseScreen
from widgets.rows import RowList
from widgets.views import BodyView, Feed, FeedView


class CustomerBase(BaseScreen):
    """The picture of one customer and what its cursors stand on; its parts act, filter and show."""

    def __init__(self, key: Key, picture: Picture | None, *, at: str = "") -> None:
        super().__init__()
        self.key = key
        self.picture = picture
        self._at = at
        self._shut: set[str] = set()
        self._unfolded: set[str] = set()
        self._bodies: dict[str, BodyView] = {}
        self._happenings: dict[str, Happening] = {}
        self._whole: dict[Key, Contact] = {}
        self._fetching = False
        self._stands_on = ""

    def tickets_by_key(self) -> Mapping[Key, Ticket]:
        """Return the customer's tickets by key."""
        return {ticket.key: ticket for ticket in self.picture.file.tickets} if self.picture else {}

    def happening(self) -> Happening | None:
        """Return what the cursor of the history stands on."""
        return self._happenings.get(self.query_one("#history", RowList).cursor_key)

    def contact(self) -> Contact | None:
        """Return the contact that the cursor stands on, None on anything else and while the tickets have the keys."""
        if self._in_tickets():
            return None
        one = self.happening()
        return one if isinstance(one, Contact) else None

    def _in_tickets(self) -> bool:
        return self.focused is not None and self.focused.id == "tickets"

    def ticket(self) -> Ticket | None:
        """Return the ticket that is meant: under the cursor, else that of the entry, else the first open one."""
        known = self.tickets_by_key()
        cursor = self.query_one("#tickets", RowList).cursor_key.removeprefix("ticket:")
        if self._in_tickets():
            return known.get(cursor)
        one = self.happening()
        key = getattr(one, "ticket_key", "")
        if key in known:
            return known[key]
        return known.get(cursor)

    def there(self) -> Iterable[Need]:
        """Return what this view offers to actions."""
        if self.picture is None:
            return
        yield Need.CUSTOMER
        if self._happenings:
            yield Need.ENTRY
        contact = self.contact()
        if contact is not None:
            yield Need.CONTACT
            if contact.answer is AnswerState.WAITING:
                yield Need.WAITING_CONTACT
        ticket = self.ticket()
        if ticket is not None:
            yield Need.TICKET
            yield Need.CLOSED_TICKET if ticket.state is TicketState.CLOSED else Need.OPEN_TICKET
        if (ticket is None or ticket.state is TicketState.CLOSED) and open_tickets(self.picture.file):
            yield Need.OPEN_TICKET
            yield Need.TICKET
        if any(one.state is PromiseState.OPEN for one in self.picture.file.promises):
            yield Need.PROMISE
        if self.picture.hits:
            yield Need.OUTAGE_HIT
        if any(one.accepted_at is None for one in self.picture.file.handovers):
            yield Need.HANDOVER
        if Area.PAYMENT not in self.hidden():
            yield Need.MONEY_SHOWN
        if contact is None or not self.text_hidden(contact):
            yield Need.TEXT_SHOWN
        if self.picture.file.disputes or self.picture.file.charges:
            yield Need.DISPUTE
        if self.hidden() or self.console_app.desk.open_now(self.key):
            yield Need.HIDDEN

    def text_hidden(self, contact: Contact) -> bool:
        """Return whether the agent's role hides what a contact says (R41): it is about billing, and nothing is here.

        A ticket that the picture does not know may be one of billing.
        """
        if not contact.ticket_key or contact.subject or contact.body or Area.PAYMENT not in self.hidden():
            return False
        ticket = self.tickets_by_key().get(contact.ticket_key)
        return ticket is None or ticket.kind is TicketKind.BILLING

    @property
    def may_reveal(self) -> bool:
        """Whether the agent may see for a while what their role hides."""
        return Right.REVEAL in self.console_app.desk.rights

    def hidden(self) -> frozenset[Area]:
        """Return what the agent's role does not see of this customer now (R41)."""
        return self.console_app.desk.hidden_of(self.picture.file.operator, self.key) if self.picture else frozenset()

    def open_ticket(self) -> Ticket | None:
        """Return the open ticket that an action is about: the meant one, else the first open one."""
        ticket = self.ticket()
        if ticket is not None and ticket.state is not TicketState.CLOSED:
            return ticket
        opened = open_tickets(self.picture.file) if self.picture else ()
        return opened[0] if opened else None

    async def body_of(self, name: str) -> BodyView | None:
        """Return the text of a row, fetched whole where only its beginning is here; None for an unknown row."""
        picture = self.picture
        if picture is None:
            return None
        now = self.now()
        if name.startswith("ticket:"):
            ticket = self.tickets_by_key().get(name.removeprefix("ticket:"))
            if ticket is None:
                return None
            count = chases_by_ticket(picture.file.chases).get(ticket.key, 0)
            file = picture.file
            view = ticket_body(ticket, now, file.operator, count, picture.waits, picture.heard, file)
            return self._told_hidden(view, ticket)
        one = self._happenings.get(name)
        if one is None:
            return None
        try:
            if isinstance(one, Contact):
                one = await self.whole(one)
        except BackendError as error:
            return BodyView(name, feed=FeedView(Feed.FAILED, failure_words(error)))
        view = body(one, now, self.tickets_by_key(), picture.file.customer.language)
        return self._told_hidden(view, self.tickets_by_key().get(getattr(one, "ticket_key", "")))

    def _told_hidden(self, view: BodyView, ticket: Ticket | None) -> BodyView:
        """Return a text that says why it is empty, where it is the role that hides it."""
        if view.text or ticket is None or ticket.kind is not TicketKind.BILLING or Area.PAYMENT not in self.hidden():
            return view
        return replace(view, text=hidden_words({Area.PAYMENT}, may_reveal=self.may_reveal))

    async def whole(self, contact: Contact) -> Contact:
        """Return a contact with its whole body; raises what the backend raises."""
        if contact.whole:
            return contact
        known = self._whole.get(contact.key)
        if known is None or known.version != contact.version:
            known = self._whole[contact.key] = await self.console_app.desk.body(contact.key, self.key)
        return known

    def contact_by_key(self, key: Key) -> Contact | None:
        """Return a contact of the history shown, None when it is not in it."""
        one = self._happenings.get(f"contact:{key}")
        return one if isinstance(one, Contact) else None

    def now(self) -> Now:
        """The present, told in the time of the operator the customer is with: what is promised is meant in it."""
        now = self.console_app.now()
        return now if self.picture is None else replace(now, zone=zone_of(self.picture.file.operator))

    def show(self, picture: Picture) -> None:
        """Show a picture."""
        raise NotImplementedError

    def show_history(self, picture: Picture) -> None:
        """Show a picture's history."""
        raise NotImplementedError
