"""Disputes with billing (R39), and what a role hides (R41)."""

from __future__ import annotations

from textual import work

from backends.errors import BackendError, Unsupported
from backends.records import Area, Dispute, DisputeState
from console.desk.acts import disputes
from console.desk.revealing import OPEN_FOR, closed
from console.i18n import _
from console.present import forms_dispute
from console.present.failures import failure_words
from console.present.labels import plain
from console.rules.roles import Right
from console.rules.standing import live_disputes
from console.screens import plans_dispute
from console.screens.acting import ActsOnCustomer
from console.screens.picking import PickScreen
from console.screens.read import ReadScreen
from console.screens.reveal import RevealScreen, Wanted
from widgets.rows import RowList
from widgets.views import Tone


class ActsOnDisputes(ActsOnCustomer):
    """Disputes with billing, and what a role hides."""

    # between desk and billing -------------------------------------------------------------------------------------

    def act_hold(self) -> None:
        """Ask billing for a hold, answer it, or take a dispute down: whatever comes next here."""
        if self.picture is None:
            return
        live = live_disputes(self.picture.file.disputes)
        if not live:
            self._new_dispute()
        elif len(live) == 1 and self._next_is_mine(live[0]):
            self._go_on(live[0])
        else:
            choices = forms_dispute.disputes_to_pick(self.picture.file, live, self.now(), more=True)
            self.app.push_screen(PickScreen(_("Disputes with billing"), choices), self._dispute_picked)

    def _decides(self) -> bool:
        return Right.HOLD_DECIDE in self.console_app.desk.rights

    def _next_is_mine(self, one: Dispute) -> bool:
        """Return whether the agent can take the next step of a dispute."""
        return one.state is DisputeState.OPEN or self._decides()

    def _dispute_picked(self, key: str | None) -> None:
        if key == forms_dispute.OTHER:
            self._new_dispute()
            return
        if key == forms_dispute.WITHDRAW:
            self._pick_withdrawn()
            return
        for one in self.picture.file.disputes if self.picture is not None else ():
            if one.key == key:
                self._go_on(one)

    def _pick_withdrawn(self) -> None:
        live = live_disputes(self.picture.file.disputes) if self.picture is not None else ()
        if len(live) == 1:
            self._withdrawn(live[0].key)
        elif self.picture is not None:
            choices = forms_dispute.disputes_to_pick(self.picture.file, live, self.now(), more=False)
            self.app.push_screen(PickScreen(_("Which one does the customer take back?"), choices), self._withdrawn)

    def _withdrawn(self, key: str | None) -> None:
        for one in self.picture.file.disputes if self.picture is not None else ():
            if one.key == key:
                words = forms_dispute.dispute_words(one, self.now())
                self.try_to_do(
                    lambda one=one: disputes.withdraw(self.scene(), one, {}), "hold", words, _("Dispute taken back.")
                )

    def _new_dispute(self) -> None:
        if self.picture is not None and self.picture.file.charges:
            self.open_plan(plans_dispute.plan_new(self))
        else:
            self.say(_("There is no charge here that could be disputed."), Tone.WARN)

    def _go_on(self, one: Dispute) -> None:
        """Take the next step of a dispute, or say what billing said."""
        asked = one.state is DisputeState.HOLD_ASKED
        if self._decides() and one.state is not DisputeState.OPEN:
            self.open_plan(plans_dispute.plan_answer(self, one))
        elif one.state is DisputeState.OPEN:
            self.open_plan(plans_dispute.plan_ask(self, one))
        elif asked:
            self.say(_("Billing was asked and has not answered yet; it is on their list."), Tone.WARN)
        else:
            said = plain(one.answer) or _("dunning waits")
            self.say(_("Billing holds it: {answer}").format(answer=said), Tone.GOOD)

    # what a role hides --------------------------------------------------------------------------------------------

    def act_reveal(self) -> None:
        """See for a while what the role hides; pressed again, hide it at once."""
        if self.picture is None:
            return
        desk = self.console_app.desk
        if desk.open_now(self.key):
            self.close_reveal(_("Hidden again."))
            return
        hidden = desk.hidden_of(self.picture.file.operator, self.key)
        self.app.push_screen(RevealScreen([one for one in Area if one in hidden]), self._reveal_chosen)

    def _reveal_chosen(self, wanted: Wanted | None) -> None:
        if wanted is not None:
            self._reveal(*wanted)

    @work(exclusive=True, group="reveal", exit_on_error=False)
    async def _reveal(self, areas: frozenset[Area], reason: str) -> None:
        try:
            await self.console_app.desk.reveal(self.key, areas, reason)
        except Unsupported:
            self.say(_("This source keeps no audit trail, so nothing can be revealed here."), Tone.BAD)
            return
        except BackendError as error:
            self.say(_("Not shown: it could not be noted. {why}").format(why=failure_words(error)), Tone.BAD)
            return
        self._forget_texts()
        self.set_timer(OPEN_FOR.total_seconds(), self._reveal_over)
        await self.refresh_now()
        self.say(_("Noted with your reason. V hides it."), Tone.ACCENT)

    def _forget_texts(self) -> None:
        """Forget the texts that were read, and shut those that stand open: they are others from now on."""
        self._whole.clear()
        self._bodies.clear()
        for rows in ("#history", "#tickets"):
            self.query_one(rows, RowList).show_bodies({})

    def _reveal_over(self) -> None:
        """Hide again what was opened, when its time is over; a later opening goes on."""
        desk = self.console_app.desk
        if desk.opened is not None and desk.opened.customer_key == self.key and not desk.open_now(self.key):
            self.close_reveal(_("The five minutes are over: hidden again."))

    def close_reveal(self, words: str) -> None:
        """Hide again what is open of this customer, on every screen, whether their source answers or not."""
        desk = self.console_app.desk
        desk.close_again(self.key)
        self._forget_texts()
        while isinstance(self.app.screen, ReadScreen):
            self.app.pop_screen()
        if self.picture is None:
            return
        self.picture = closed(self.picture, desk.hidden_of(self.picture.file.operator, self.key))
        self.show(self.picture)
        self.say(words)
        self.run_worker(self.refresh_now(), group="reveal", exit_on_error=False)

    def on_unmount(self) -> None:
        """Leaving the customer ends what was open of them."""
        self.console_app.desk.close_again(self.key)
