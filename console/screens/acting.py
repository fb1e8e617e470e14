"""What an agent does for the open customer: each action opens its form, asks, or acts at once."""

from __future__ import annotations

from collections.abc import Mapping

from textual import work

from backends.errors import BackendError, NotFound
from backends.port import Batch
from backends.records import Contact, Key, Promise, PromiseState, Ticket, TicketKind, TicketState
from console.desk.acts import contacts, promises, tickets
from console.desk.acts.scene import Scene, Unfit
from console.desk.desk import Deed
from console.i18n import _
from console.present import forms
from console.present.cases import paper_words
from console.present.failures import failure_words, unfit_words
from console.present.labels import plain
from console.screens import plans, plans_people, plans_promises
from console.screens.customer_base import CustomerBase
from console.screens.picking import PickScreen
from console.screens.reference import ReferenceScreen
from widgets.rows import RowList
from widgets.views import ChoiceView, Tone


class ActsOnCustomer(CustomerBase):
    """The part of the customer's screen that changes something."""

    def scene(self) -> Scene:
        """Return what an act starts from, as it is at this moment."""
        assert self.picture is not None
        return self.console_app.desk.scene(self.picture)

    def open_plan(self, plan: plans.Plan) -> None:
        """Show a form."""
        plans.open_plan(self.console_app, plan)

    # at once --------------------------------------------------------------------------------------------------

    @work(group="act", exit_on_error=False)
    async def do(self, batch: Batch, action: str, about: str, words: str, ticket: Key = "") -> None:
        """Store a batch and say so; with `ticket`, the cursor of the tickets goes to that one."""
        try:
            await self.console_app.desk.do(batch, action, customer_key=self.key, about=about)
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            return
        self.console_app.tell_done(words)
        self.console_app.phone.hush.stored()
        await self.refresh_now()
        if ticket and self.still_open():
            self.query_one("#tickets", RowList).go_to(f"ticket:{ticket}")

    def try_to_do(self, make: object, action: str, about: str, words: str, ticket: Key = "") -> None:
        """Make a batch and store it, or say why it cannot be made."""
        assert callable(make)
        try:
            batch = make()
        except Unfit as error:
            self.say(unfit_words(error.code), Tone.WARN)
            return
        if isinstance(batch, Batch):
            self.do(batch, action, about, words, ticket)

    def still_open(self) -> bool:
        """Whether this customer is still on the desk: a reading that took its time may come too late."""
        return self in self.app.screen_stack

    async def refresh_now(self) -> None:
        """Read the customer again, at once and not when the news arrives."""
        if self.picture is None:
            return
        try:
            picture = await self.console_app.desk.refreshed(self.picture)
            if self.still_open():
                self.show(picture)
        except NotFound:
            self.console_app.go_home()
            self.console_app.say(_("This customer is not there any more."), Tone.WARN)
        except BackendError as error:
            self.console_app.fail(error)

    # contacts -------------------------------------------------------------------------------------------------

    def act_note(self) -> None:
        """Log a contact while it happens."""
        self.open_plan(plans.plan_note(self))

    def command_note(self, words: str) -> None:
        """`:note words…` begins the note with them."""
        self.open_plan(plans.plan_note(self, words))

    def act_reply(self) -> None:
        """Answer the chosen message, or write to the customer."""
        self._reply(self.contact())

    @work(exclusive=True, group="reply", exit_on_error=False)
    async def _reply(self, to: Contact | None) -> None:
        try:
            whole = await self.whole(to) if to is not None else None
        except BackendError as error:
            self.console_app.fail(error)
            return
        self.open_plan(plans.plan_reply(self, whole))

    @work(exclusive=True, group="answer", exit_on_error=False)
    async def act_answered(self) -> None:
        """This message was answered in another way."""
        contact = self.contact()
        if contact is not None:
            whole = await self.whole(contact)
            words = _("Marked as answered.")
            self.try_to_do(
                lambda: contacts.mark_answered(self.scene(), whole), "answered", plain(whole.reference), words
            )

    @work(exclusive=True, group="answer", exit_on_error=False)
    async def act_waive(self) -> None:
        """This message needs no answer; ask why."""
        contact = self.contact()
        if contact is not None:
            self.open_plan(plans.plan_waive(self, await self.whole(contact)))

    # tickets --------------------------------------------------------------------------------------------------

    def act_ticket(self) -> None:
        """Choose the kind of a new ticket, then ask what it needs."""
        choices = forms.ticket_kinds()
        self.app.push_screen(PickScreen(_("New ticket: what is it about?"), choices), self._kind_chosen)

    def command_ticket(self, words: str) -> None:
        """`:ticket fault` opens the form of that kind at once."""
        wanted = words.strip().lower()
        for choice in forms.ticket_kinds():
            if wanted and (choice.code.startswith(wanted) or choice.label.startswith(wanted)):
                self._kind_chosen(choice.code)
                return
        self.act_ticket()

    def _kind_chosen(self, code: str | None) -> None:
        if code is not None:
            self.open_plan(plans.plan_ticket(self, TicketKind(code), self.contact()))

    def act_chase(self) -> None:
        """The customer asks again."""
        self._for_ticket(self.open_ticket(), plans.plan_chase)

    def act_hand_over(self) -> None:
        """Say who has the ball now."""
        self._for_ticket(self.open_ticket(), plans.plan_hand_over)

    def act_close_ticket(self) -> None:
        """Close and class the ticket."""
        self._for_ticket(self.open_ticket(), plans.plan_close)

    def _for_ticket(self, ticket: Ticket | None, plan_for: object) -> None:
        assert callable(plan_for)
        if ticket is not None:
            self.open_plan(plan_for(self, ticket))

    def act_reopen(self) -> None:
        """Open a closed ticket again."""
        ticket = self.ticket()
        if ticket is not None and ticket.state is TicketState.CLOSED:
            words = _("Ticket {reference} is open again.").format(reference=plain(ticket.reference))
            self.try_to_do(lambda: tickets.reopen(self.scene(), ticket), "reopen", plain(ticket.reference), words)

    def act_fixed(self) -> None:
        """Store what was fixed within the contact."""
        self.open_plan(plans.plan_fixed(self))

    def act_reference(self) -> None:
        """Show the reference large, and record that it was given."""
        ticket = self.ticket() or self.open_ticket()
        if ticket is None:
            return
        if not ticket.reference:
            self.say(_("It has no number yet: its source gives one when it takes it. O shows what waits."), Tone.WARN)
            return
        self.give_reference(ticket)

    @work(group="reference", exit_on_error=False)
    async def give_reference(self, ticket: Ticket, deed: Deed | None = None) -> None:
        """Show a ticket's reference large, copy it, and record that the customer was told it (R34).

        With `deed`, that of opening the ticket, undo takes both back as one.
        """
        assert self.picture is not None
        self.app.push_screen(ReferenceScreen(plain(ticket.reference), self.picture.file.customer.language))
        batch = tickets.give_reference(self.scene(), ticket)
        if batch is None:
            return
        try:
            if deed is not None:
                await self.console_app.desk.go_on(batch, deed)
            else:
                await self.console_app.desk.do(batch, "reference", customer_key=self.key, about=plain(ticket.reference))
        except BackendError as error:
            self.console_app.fail(error)
            return
        await self.refresh_now()

    def act_same(self) -> None:
        """Say who is the same person in another source."""
        from console.screens.same import SameScreen

        self.app.push_screen(SameScreen(self))

    # promises -------------------------------------------------------------------------------------------------

    def act_promise(self) -> None:
        """Promise something."""
        self.open_plan(plans_promises.plan_promise(self, call_back=False))

    def act_call_back(self) -> None:
        """Promise to call back."""
        self.open_plan(plans_promises.plan_promise(self, call_back=True))

    def command_promise(self, words: str) -> None:
        """`:promise tomorrow 10` fills in when."""
        self.open_plan(plans_promises.plan_promise(self, call_back=False, due=words))

    def command_call_back(self, words: str) -> None:
        """`:callback tomorrow 10` fills in when."""
        self.open_plan(plans_promises.plan_promise(self, call_back=True, due=words))

    def open_promises(self) -> Mapping[Key, Promise]:
        """Return the open promises, the one due first first."""
        every = self.picture.file.promises if self.picture else ()
        opened = [one for one in every if one.state is PromiseState.OPEN]
        far = self.console_app.desk.clock().max
        opened.sort(key=lambda one: one.due_at.replace(tzinfo=None) if one.due_at else far)
        return {one.key: one for one in opened}

    def _pick_promise(self, title: str, then: object) -> None:
        assert callable(then)
        opened = self.open_promises()
        if len(opened) == 1:
            then(next(iter(opened)))
            return
        choices = tuple(
            ChoiceView(key, plans_promises.promise_words(self, one), str(number))
            for number, (key, one) in enumerate(list(opened.items())[:9], start=1)
        )
        self.app.push_screen(PickScreen(title, choices), then)

    def act_kept(self) -> None:
        """A promise was kept."""
        self._pick_promise(_("Which promise was kept?"), self._kept)

    def _kept(self, key: str | None) -> None:
        one = self.open_promises().get(key or "")
        if one is not None:
            words = _("Promise kept.")
            self.try_to_do(
                lambda: promises.keep(self.scene(), one), "kept", plans_promises.promise_words(self, one), words
            )

    def act_withdraw(self) -> None:
        """A promise cannot be kept."""
        self._pick_promise(_("Which promise is withdrawn?"), self._withdrawn)

    def _withdrawn(self, key: str | None) -> None:
        one = self.open_promises().get(key or "")
        if one is not None:
            self.open_plan(plans_promises.plan_withdraw(self, one))

    # people ---------------------------------------------------------------------------------------------------

    def act_edit(self) -> None:
        """Correct what is known of the customer."""
        self.open_plan(plans_people.plan_edit(self))

    # afterwards -----------------------------------------------------------------------------------------------

    def stored(self, words: str, ticket: Key = "") -> None:
        """Say what was stored, read the customer again, and go to what is new: the top, and the ticket if one is."""
        self.console_app.tell_done(words)
        self.run_worker(self._go_to_new(ticket), group="after", exit_on_error=False)

    async def _go_to_new(self, ticket: Key) -> None:
        await self.refresh_now()
        if self.still_open():
            self.query_one("#history", RowList).action_first()
            if ticket:
                self.query_one("#tickets", RowList).go_to(f"ticket:{ticket}")

    def wrapped_up(self, deed: Deed, values: Mapping[str, str]) -> None:
        """Go on to what the wrap-up of a contact asks for: a ticket, or a call back."""
        check = next((one.after for one in deed.receipt.changes if isinstance(one.after, Promise)), None)
        words = _("Contact stored.")
        if check is not None and check.state is PromiseState.OPEN:
            words = paper_words(check, self.now())
        self.stored(words)
        if values.get("outcome") == "callback":
            self.act_call_back()
        elif values.get("outcome") == "ticket":
            self.call_after_refresh(self.act_ticket)
