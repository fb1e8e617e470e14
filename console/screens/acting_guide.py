"""Scripts for the open customer, and what was handed over to the agent."""

from __future__ import annotations

from backends.records import Handover, Key
from console.desk.desk import Deed
from console.i18n import _
from console.present.handovers import handed_words
from console.present.labels import plain
from console.present.stored import stored_words
from console.rules.handover import is_open, may_accept, to_accept
from console.screens import plans
from console.screens.acting import ActsOnCustomer
from console.screens.picking import PickScreen
from console.screens.plans_guide import plan_accept
from widgets.views import ChoiceView, Tone


class ActsByGuide(ActsOnCustomer):
    """Scripts for the open customer, and what was handed over to the agent."""

    def act_script(self) -> None:
        """Go through the questions of a matter."""
        from console.screens.guide_begin import begin_for

        begin_for(self)

    def script_stored(self, deed: Deed) -> None:
        """Say what a guide stored, go to it, and read out the number of the case (R34)."""
        from console.screens.guide import ticket_of

        ticket = ticket_of(deed)
        picture = self.picture
        words = _("Contact stored.")
        if picture is not None:
            words = stored_words(deed.receipt, picture.file, [hit.outage for hit in picture.hits])
        self.stored(words, ticket=ticket.key if ticket is not None else "")
        if ticket is None:
            return
        if ticket.reference:  # one that is still on its way to its source has none yet
            self.give_reference(ticket, deed)

    def resume_guide(self, action: str, subject: str, words: str = "") -> None:
        """Go on where a guide, or the answer to a handover, was left."""
        from console.screens.guide_begin import resume_for

        if action == "script":
            back = _("Back where you were when the console ended. Is it still the same caller? F5 keeps the draft.")
            resume_for(self, subject, back if words else "")
            return
        one = next((one for one in self._handovers() if one.key == subject), None)
        if one is not None:
            plans.open_plan(self.console_app, plan_accept(self, one), words)

    # what was handed over -----------------------------------------------------------------------------------------

    def _handovers(self) -> list[Handover]:
        file = self.picture.file if self.picture is not None else None
        return [one for one in file.handovers if is_open(one)] if file is not None else []

    def act_accept(self) -> None:
        """Take over, or decline, what was handed over."""
        mine = to_accept(self._handovers(), self.console_app.desk.agent)
        if not mine:
            others = [one for one in self._handovers() if not may_accept(one, self.console_app.desk.agent)]
            self.say(self._not_mine(others), Tone.WARN)
        elif len(mine) == 1:
            self.open_plan(plan_accept(self, mine[0]))
        else:
            now = self.now()
            choices = tuple(
                ChoiceView(one.key, handed_words(one, now), str(place), plain(one.note, 40))
                for place, one in enumerate(mine[:9], start=1)
            )
            self.app.push_screen(PickScreen(_("Which hand-over?"), choices), self._handover_chosen)

    def _not_mine(self, others: list[Handover]) -> str:
        if not others:
            return _("Nothing was handed over here that waits to be accepted.")
        words = _("Not yours to accept: {what}")
        return words.format(what=handed_words(others[0], self.now()))

    def _handover_chosen(self, key: Key | None) -> None:
        one = next((one for one in self._handovers() if one.key == key), None)
        if one is not None:
            self.open_plan(plan_accept(self, one))
