"""What was stored here and is not with its source yet (R23): see why, send again, choose between versions, give up."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from backends.delivery import Delivery, DeliveryState, Outgoing
from backends.errors import BackendError
from backends.records import Key
from console.actions import Where
from console.i18n import _
from console.present import delivering
from console.present.labels import plain
from console.screens.base import BaseScreen
from console.screens.picking import PickScreen, sure
from console.screens.read import ReadScreen
from widgets.bottom import KeyHints
from widgets.rows import RowList
from widgets.views import ChoiceView, Feed, FeedView, HintView, RowsView, Tone

READ, AGAIN, OVER, OPEN, DROP = "read", "again", "over", "open", "drop"


class OutboxScreen(BaseScreen):
    """Deliveries, oldest first; Enter asks what to do with one."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("d,x,delete", "give_up", "", show=False)]
    hints_of: ClassVar[frozenset[Where]] = frozenset({Where.ANYWHERE})

    def __init__(self) -> None:
        super().__init__()
        self._deliveries: dict[str, Delivery] = {}
        self._names: Mapping[Key, str] = {}

    def body_widgets(self) -> ComposeResult:
        """The deliveries."""
        feed = FeedView(Feed.LOADING, _("one moment"))
        yield RowList(RowsView(title=_("Not sent yet"), feed=feed), id="outbox")

    def on_mount(self) -> None:
        """Give the list the keys."""
        super().on_mount()
        self.query_one(RowList).focus()
        self._read()

    def hints(self) -> list[HintView]:
        """Return this screen's own keys."""
        return [
            HintView("Enter", _("What to do"), "choose", True, 9),
            HintView("d", _("Give up"), "give_up", True, 8),
            HintView("Esc", _("Back"), "back", True, 7),
        ]

    async def on_key_hints_pressed(self, event: KeyHints.Pressed) -> None:
        """A click on a key is as good as the key."""
        event.stop()
        if event.action == "give_up":
            self.action_give_up()
        elif event.action == "back":
            self.console_app.act_back()
        else:
            self.query_one(RowList).action_choose()

    @work(exclusive=True, group="outbox", exit_on_error=False)
    async def _read(self) -> None:
        desk = self.console_app.desk
        deliveries = desk.deliveries()
        self._deliveries = {str(one.number): one for one in deliveries}
        self.time_passed()
        keys = tuple(dict.fromkeys(key for one in deliveries if (key := delivering.customer_of(one))))
        try:
            self._names = {one.key: plain(one.name) for one in await desk.customers(keys)}
        except BackendError:  # the names are a help; what waits is shown without them while a source is away
            self._names = {}
        self.time_passed()

    def time_passed(self) -> None:
        """Word the ages anew."""
        view = delivering.outbox(tuple(self._deliveries.values()), self._names, self.console_app.now())
        self.query_one(RowList).show(view)

    async def changed(self, customers: set[Key], *, everything: bool) -> None:
        """Read again: something may have been sent."""
        self._read()

    def _chosen(self) -> Delivery | None:
        return self._deliveries.get(self.query_one(RowList).cursor_key)

    def on_row_list_chosen(self, event: RowList.Chosen) -> None:
        """Ask what to do with it."""
        one = self._deliveries.get(event.key)
        if one is None:
            return
        choices = [ChoiceView(READ, _("Read all of it"), "r", _("and why it is not there"))]
        if one.state is DeliveryState.CONFLICT:
            choices.append(
                ChoiceView(OVER, _("Mine: store it over theirs"), "m", _("their change of these fields is lost"))
            )
            choices.append(ChoiceView(DROP, _("Theirs: give mine up"), "t"))
        elif one.state is DeliveryState.REFUSED:
            choices.append(ChoiceView(AGAIN, _("Send it again"), "s", _("when what was wrong is mended there")))
            choices.append(ChoiceView(DROP, _("Give it up"), "d"))
        else:
            choices.append(ChoiceView(AGAIN, _("Try now"), "s"))
            choices.append(ChoiceView(DROP, _("Give it up"), "d"))
        if delivering.customer_of(one):
            choices.append(ChoiceView(OPEN, _("Open the customer"), "o"))
        title = plain(delivering.what_words(one), 60) or _("What to do?")
        self.app.push_screen(PickScreen(title, choices), self._decided)

    async def _decided(self, code: str | None) -> None:
        one = self._chosen()
        if code is None or one is None:
            return
        if code == READ:
            self.app.push_screen(ReadScreen(delivering.delivery_body(one, self.console_app.now())))
        elif code == OPEN:
            self.console_app.open_customer(delivering.customer_of(one))
        elif code == DROP:
            self.action_give_up()
        else:
            await self._send(one, over=code == OVER)

    async def _send(self, one: Delivery, *, over: bool) -> None:
        backend = self.console_app.desk.backend
        assert isinstance(backend, Outgoing)
        try:
            if one.state is not DeliveryState.WAITING:
                await backend.send_again(one.number, over_theirs=over)
            await backend.deliver()
        except BackendError as error:
            self.console_app.fail(error)
        left = {other.number for other in self.console_app.desk.deliveries()}
        if one.number in left:
            self.say(_("Still not sent; it is tried again by itself."), Tone.WARN)
        else:
            self.say(_("Sent."), Tone.GOOD)
        self._read()

    def action_give_up(self) -> None:
        """Ask before a text is lost for good."""
        one = self._chosen()
        if one is not None:
            question = _("Give this up? It is not stored anywhere else: {what}").format(
                what=plain(delivering.what_words(one), 50)
            )
            self.app.push_screen(sure(question, _("Yes, give it up")), self._given_up)

    async def _given_up(self, answer: str | None) -> None:
        one = self._chosen()
        desk = self.console_app.desk
        if answer != "yes" or one is None:
            return
        assert isinstance(desk.backend, Outgoing)
        try:
            await desk.backend.drop(one.number, desk.agent.login, "given up at the desk")
        except BackendError as error:
            self.console_app.fail(error)
        self._read()
