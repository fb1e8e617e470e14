"""Who else has this customer open, in a line below the card; and that we have (R32)."""

from __future__ import annotations

from textual import work

from backends.records import Key
from console.present.presence import others_line
from console.screens.customer_base import CustomerBase
from widgets.bottom import TextLine
from widgets.card import Card

OTHERS = "others"
"""The id of the line, which is there only while somebody else is."""


class ShowsPresence(CustomerBase):
    """The part of the customer's screen that knows of colleagues."""

    def on_mount(self) -> None:
        """Say that the customer is open here, and ask who else has them open."""
        self.console_app.presence.open(self, self.key)
        self.ask_presence()

    def on_screen_resume(self) -> None:
        """Say so again where another customer, chosen in a list above this one, was open in between."""
        if not self.console_app.presence.tells(self):
            self.console_app.presence.open(self, self.key)

    def on_unmount(self) -> None:
        """Say that the customer is not open here any more."""
        self.console_app.presence.close(self)

    def presence_changed(self, customer_key: Key) -> None:
        """Ask again when it is about this customer."""
        if customer_key == self.key:
            self.ask_presence()

    @work(exclusive=True, group="presence", exit_on_error=False)
    async def ask_presence(self) -> None:
        """Show who else has this customer open now; one who was killed is gone with the next minute or so."""
        others = await self.console_app.presence.others(self.key)
        references = {key: ticket.reference for key, ticket in self.tickets_by_key().items()}
        line = others_line(others, self.now(), references)
        shown = self.query(f"#{OTHERS}")
        if not line:
            await shown.remove()
        elif shown:
            shown.first(TextLine).show(line)
        else:
            await self.mount(TextLine(line, id=OTHERS), after=self.query_one(Card))
