"""The line at home that says how much is to be done, and what first; and the list itself, for the whole session."""

from __future__ import annotations

from textual import work
from textual.timer import Timer

from console.actions import BY_ID
from console.data import DataError
from console.desk.agenda import Watch
from console.present import agenda
from console.rules.renewals import RenewalRules
from console.screens.base import BaseScreen
from widgets.bottom import TextLine
from widgets.views import Line

LINE = "todo"
"""The id of the line."""


class TellsAgenda(BaseScreen):
    """The part of home that knows what is to be done. Home lives as long as the console, and so does the filter."""

    _to_do: Watch | None = None
    _agenda_pause: Timer | None = None
    renewals_problem: DataError | None = None
    """Why the operator's own offers are not used; None when they are."""

    @property
    def to_do(self) -> Watch:
        """What is known of the list of what to do."""
        if self._to_do is None:
            self._to_do = Watch(self.console_app.desk, self._renewal_rules)
        return self._to_do

    def _renewal_rules(self) -> RenewalRules:
        from console.screens.plans_agenda import rules_of  # after the first frame: forms and their texts

        rules, self.renewals_problem = rules_of(self.console_app.desk)
        return rules

    def read_agenda_soon(self) -> None:
        """Read the beginning of the list, not more often than it can be read."""
        if self._agenda_pause is None:
            self._agenda_pause = self.set_timer(self.to_do.rest, self._read_agenda)

    @work(exclusive=True, group="agenda", exit_on_error=False)
    async def _read_agenda(self) -> None:
        self._agenda_pause = None
        if self.app.screen is self:  # who looks at the list itself reads all of it
            await self.to_do.read(pages=1)
            self.tell_agenda()

    def tell_agenda(self) -> None:
        """Word the line anew."""
        known, app = self.to_do.agenda, self.console_app
        line: Line = ()
        if known is not None:
            key = self.key_shown(BY_ID["agenda"])
            missing = bool(known.gaps or known.failed) or self.to_do.error is not None
            more = known.cut or not known.whole
            line = agenda.summary(self.to_do.concerning(), app.now(), key, more=more, missing=missing)
        self.query_one(f"#{LINE}", TextLine).show(line)
