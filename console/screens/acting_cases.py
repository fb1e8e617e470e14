"""Joining, climbing the ladder and visits: what keeps a case together."""

from __future__ import annotations

from collections.abc import Mapping

from textual import work

from backends.errors import BackendError
from backends.port import CustomerFile
from backends.records import Contact, Key, Ticket, TicketState, VisitState
from console.desk.acts import joining as acts
from console.desk.acts import visits
from console.desk.cases import contacts_of, history_of, place_of
from console.desk.picture import Picture
from console.i18n import _
from console.present import joining as words
from console.present.failures import failure_words
from console.present.forms_cases import PLAN, visit_choices
from console.present.labels import plain
from console.rules import joining
from console.rules.joining import Proposal
from console.rules.standing import open_tickets
from console.rules.visits import coming
from console.screens import plans_cases
from console.screens.acting import ActsOnCustomer
from console.screens.picking import PickScreen
from console.words import word
from widgets.views import Tone


class ActsOnCases(ActsOnCustomer):
    """Joining, climbing the ladder and visits: what keeps a case together."""

    # joining --------------------------------------------------------------------------------------------------

    @property
    def _file(self) -> CustomerFile:
        assert self.picture is not None
        return self.picture.file

    def proposed(self) -> Mapping[Key, Proposal]:
        """Return which open ticket each contact of the history that has none may be about (R38)."""
        picture = self.picture
        return joining.proposed_for(picture.file, picture.entries) if picture is not None else {}

    def proposed_references(self, picture: Picture) -> Mapping[Key, str]:
        """Return the references of these tickets, by the contact's key."""
        found = joining.proposed_for(picture.file, picture.entries)
        return words.proposed_references(found, {one.key: one for one in picture.file.tickets})

    def act_join(self) -> None:
        """Join the contact, or the ticket, under the cursor; a contact that is joined already is parted again."""
        contact = self.contact()
        if contact is not None:
            self._join_contact(contact)
        elif self._in_tickets() and (ticket := self.ticket()) is not None:
            self._join_ticket(ticket)
        else:
            self.say(_("Choose a contact in the history, or a ticket, first."), Tone.WARN)

    def _join_contact(self, contact: Contact) -> None:
        known = self.tickets_by_key()
        if contact.ticket_key:
            self._offer_parting(contact)
            return
        said = self.proposed().get(contact.key)
        if said is not None:
            self._join(contact, known[said.ticket_key], words.evidence_words(said.proof))
            return
        choices = words.contact_choices(contact, open_tickets(self._file))
        if not choices:
            self.say(_("No ticket is open that it could be about. t opens one."), Tone.WARN)
            return

        def chosen(key: str | None) -> None:
            if key is not None:
                self._join(contact, known[key], "")

        self.app.push_screen(PickScreen(_("Which matter is it about?"), choices), chosen)

    def command_join(self, text: str) -> None:
        """`:join not` says that what is proposed for the contact under the cursor is not the same matter."""
        contact = self.contact()
        said = self.proposed().get(contact.key) if contact is not None else None
        if contact is None or said is None or text.strip().lower() not in ("not", "no"):
            self.act_join()
            return
        ticket = self.tickets_by_key()[said.ticket_key]
        self.try_to_do(
            lambda: acts.not_the_same(self.scene(), contact, ticket),
            "join",
            plain(contact.reference),
            _("Not proposed again."),
        )

    @work(group="act", exit_on_error=False)
    async def _join(self, contact: Contact, ticket: Ticket, evidence: str) -> None:
        if source := place_of(self.console_app.desk.backend, contact, ticket):
            words_for = _("This is kept in {source}, which knows only its own tickets. c counts the chase.")
            self.say(words_for.format(source=plain(source)), Tone.WARN)
            return
        try:
            whole = await self.whole(contact)
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        done = words.joined_words(ticket, evidence)
        self.try_to_do(
            lambda: acts.join_contact(self.scene(), whole, self._current_ticket(ticket), evidence),
            "join",
            plain(ticket.reference),
            done,
        )

    def _offer_parting(self, contact: Contact) -> None:
        ticket = self.tickets_by_key().get(contact.ticket_key)
        if ticket is None:
            self.say(_("Its ticket is closed long since; it stays there."), Tone.WARN)
            return
        choices = words.part_choices(contact, ticket)
        title = _("This is joined to {reference}").format(reference=plain(ticket.reference))

        def chosen(code: str | None) -> None:
            if code is not None:
                self._part(contact, ticket)

        self.app.push_screen(PickScreen(title, choices), chosen)

    @work(group="act", exit_on_error=False)
    async def _part(self, contact: Contact, ticket: Ticket) -> None:
        try:
            whole = await self.whole(contact)
            history = await history_of(self.console_app.desk.backend, ticket)
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        self.try_to_do(
            lambda: acts.part_contact(self.scene(), whole, self._current_ticket(ticket), history),
            "join",
            plain(ticket.reference),
            _("Taken off {reference}.").format(reference=plain(ticket.reference)),
        )

    def _join_ticket(self, one: Ticket) -> None:
        if one.state is TicketState.CLOSED:
            self.say(_("This ticket is closed. Press X to open it again."), Tone.WARN)
            return
        assert self.picture is not None
        said = joining.ticket_proposals(one, joining.matters_of(self._file, self.picture.entries))
        hints = {key: words.evidence_words(each.proof) for key, each in said.items()}
        choices = words.ticket_choices(one, open_tickets(self._file), hints)
        if not choices:
            self.say(_("No other ticket is open that it could be joined with."), Tone.WARN)
            return
        title = _("{ticket} is the same matter as").format(ticket=plain(f"{one.reference} {one.subject}", 44))

        def chosen(key: str | None) -> None:
            other = self.tickets_by_key().get(key or "")
            if other is not None:
                self._join_tickets(one, other, hints.get(other.key, ""))

        self.app.push_screen(PickScreen(title, choices), chosen)

    @work(group="act", exit_on_error=False)
    async def _join_tickets(self, one: Ticket, other: Ticket, evidence: str) -> None:
        older, younger = acts.older_first(one, other)
        try:
            contacts = await contacts_of(self.console_app.desk.backend, younger)
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        done = _("{younger} is closed; all of it is in {older} now.").format(
            younger=plain(younger.reference), older=plain(older.reference)
        )
        self.try_to_do(
            lambda: acts.join_tickets(self.scene(), one, other, contacts, evidence),
            "join",
            plain(f"{younger.reference} → {older.reference}"),
            done,
            ticket=older.key,
        )

    def _current_ticket(self, ticket: Ticket) -> Ticket:
        """Return the ticket as the screen knows it now."""
        return self.tickets_by_key().get(ticket.key, ticket)

    # the ladder and visits ------------------------------------------------------------------------------------

    def act_escalate(self) -> None:
        """One rung up or down the ladder."""
        self._for_ticket(self.open_ticket(), plans_cases.plan_escalate)

    def command_escalate(self, text: str) -> None:
        """`:escalate words…` begins the reason with them."""
        ticket = self.open_ticket()
        if ticket is not None:
            self.open_plan(plans_cases.plan_escalate(self, ticket, text))

    def act_visit(self) -> None:
        """Plan a visit, or say what became of the one that is planned."""
        ticket = self.open_ticket()
        if ticket is None:
            return
        ahead = coming(self._file.visits, ticket.key)
        if not ahead:
            self.open_plan(plans_cases.plan_visit(self, ticket))
            return

        def chosen(code: str | None) -> None:
            if code is not None:
                self._visit_chosen(ticket, code)

        title = _("Visit for {ticket}").format(ticket=plain(f"{ticket.reference} {ticket.subject}", 44))
        self.app.push_screen(PickScreen(title, visit_choices(ahead, self.now())), chosen)

    def _visit_chosen(self, ticket: Ticket, code: str) -> None:
        if code == PLAN:
            self.open_plan(plans_cases.plan_visit(self, ticket))
            return
        state, _colon, key = code.partition(":")
        visit = next((one for one in self._file.visits if one.key == key), None)
        if visit is None:
            return
        wanted = VisitState(state)
        if wanted in (VisitState.CANCELLED, VisitState.MISSED):
            self.open_plan(plans_cases.plan_settle_visit(self, ticket, visit, wanted))
            return
        self.try_to_do(
            lambda: visits.settle_visit(self.scene(), ticket, visit, wanted, {}),
            "visit",
            plain(ticket.reference),
            _("Visit: {state}.").format(state=word(wanted)),
        )
