"""What a key does to a thing on the list: kept, answered, accepted, checked, told; asking only what is needed."""

from __future__ import annotations

from collections.abc import Mapping

from textual import work

from backends.errors import BackendError, Conflict, NotFound
from backends.port import Batch
from backends.records import Contact, Contract, Handover, Promise, Ticket
from console.actions import RIGHT_REASONS
from console.desk.acts import contacts, promises
from console.desk.acts.scene import Scene, Unfit
from console.desk.desk import Deed
from console.desk.picture import Picture
from console.i18n import _, _n
from console.present.agenda import kind_word
from console.present.failures import failure_words, unfit_words
from console.present.labels import plain
from console.rules.agenda import Item, ItemKind
from console.rules.roles import Right
from console.screens import plans_agenda, plans_dispute
from console.screens.base import BaseScreen
from console.screens.form import FormScreen, Plan
from widgets.views import Tone

_ASKS = frozenset({ItemKind.RENEWAL, ItemKind.NEXT_STEP, ItemKind.HOLD})
_ACTIONS: Mapping[ItemKind, str] = {
    ItemKind.MESSAGE: "answered",
    ItemKind.PROMISE: "kept",
    ItemKind.CALL_BACK: "kept",
    ItemKind.WORD: "kept",
    ItemKind.HANDOVER: "accept",
    ItemKind.HOLD: "hold",
}
"""Under which action a deed stands in the log."""


def asks(item: Item) -> bool:
    """Return whether a key alone does not settle it: it asks something, one at a time.

    Of a fax or letter without identity document the sender must be told (R38).
    """
    return item.kind in _ASKS or (item.kind is ItemKind.DOCUMENT and isinstance(item.record, Contact))


class Gone(Exception):
    """What was to be done is not there any more, or somebody did it."""


class DoesItems(BaseScreen):
    """The part of the list that settles what stands on it."""

    def settled(self, item: Item) -> None:
        """An item was settled: it leaves the list."""
        raise NotImplementedError

    def read_again(self) -> None:
        """Read the list again: what was to be done is not there any more."""
        raise NotImplementedError

    def may_do(self, item: Item) -> bool:
        """Return whether the agent's role may settle it; says why not."""
        right = Right.REPLY if isinstance(item.record, Contact) else Right.WRITE
        right = Right.HOLD_DECIDE if item.kind is ItemKind.HOLD else right
        if right in self.console_app.desk.rights:
            return True
        self.say(_(RIGHT_REASONS[right]), Tone.WARN)
        return False

    @work(group="act", exit_on_error=False)
    async def do_items(self, items: tuple[Item, ...]) -> None:
        """Settle things one after the other; those that ask something stay, unless there is only one."""
        done: list[Item] = []
        asking = [one for one in items if asks(one)]
        for item in items:
            if asks(item) and len(items) > 1:
                continue
            if not self.may_do(item) or not await self._do(item):
                break
            if not asks(item):
                done.append(item)
                self.settled(item)
        if len(done) == 1:
            self.console_app.tell_done(_done_words(done[0]))
        elif done:
            self.console_app.tell_done(_n("{n} done.", "{n} done.", len(done)).format(n=len(done)))
        if asking and len(items) > 1:
            words = _n(
                "{n} needs an answer of yours: x on it alone.", "{n} need an answer of yours: x on each.", len(asking)
            )
            self.say(words.format(n=len(asking)), Tone.WARN)

    async def _do(self, item: Item) -> bool:
        """Settle one thing, or open its form; returns whether it went well, and says why it did not."""
        app = self.console_app
        try:
            picture = await app.desk.open(item.customer.key)
            if asks(item):
                return self._ask(item, picture)
            batch = await self._batch(item, app.desk.scene(picture))
            about = plain(getattr(item.record, "reference", "") or item.customer.name)
            action = _ACTIONS.get(item.kind, plans_agenda.ACTION)
            await app.desk.do(batch, action, customer_key=item.customer.key, about=about)
        except (Gone, NotFound):
            self.say(_("This was settled meanwhile."), Tone.WARN)
            self.read_again()
            return False
        except Unfit as error:
            self.say(unfit_words(error.code), Tone.WARN)
            self.read_again()
            return False
        except BackendError as error:
            self.say(failure_words(error), Tone.BAD)
            if isinstance(error, Conflict):
                self.read_again()
            return False
        return True

    async def _batch(self, item: Item, scene: Scene) -> Batch:
        record = item.record
        if isinstance(record, Contact):
            return contacts.mark_answered(scene, await self.console_app.desk.body(record.key))
        if isinstance(record, Promise):
            found = next((one for one in scene.file.promises if one.key == record.key), None)
            if found is None:
                raise Gone
            return promises.keep(scene, found)
        if isinstance(record, Handover):
            from console.desk.acts import handing

            handed = next((one for one in scene.file.handovers if one.key == record.key), None)
            if handed is None:
                raise Gone
            return handing.accept(scene, handed)
        raise Gone

    def _ask(self, item: Item, picture: Picture) -> bool:
        record = item.record
        plan: Plan | None = None

        def after(_deed: Deed, _values: Mapping[str, str]) -> None:
            self.settled(item)
            kind = plans_agenda.NOTICE if item.kind is ItemKind.RENEWAL else plans_agenda.STEP
            self.console_app.tell_done(plans_agenda.done_words(kind))

        if isinstance(record, Contract):
            contract = next((one for one in picture.file.contracts if one.key == record.key), None)
            if contract is not None:
                plan = plans_agenda.plan_notice(self.console_app, picture, contract, after)
        elif isinstance(record, Ticket):
            ticket = next((one for one in picture.file.tickets if one.key == record.key), None)
            if ticket is not None:
                plan = plans_agenda.plan_step(self.console_app, picture, ticket, after)
        elif isinstance(record, Contact):  # the request is begun with what is missing, below the paper itself
            self.console_app.open_customer(
                item.customer.key, at=point_of(item), action=plans_agenda.REPLY, subject=record.key, back_to=self
            )
            return True
        else:  # what billing answers is asked where the charges are seen
            subject = f"{plans_dispute.ANSWER}:{record.key}"
            self.console_app.open_customer(
                item.customer.key, action=plans_dispute.ACTION, subject=subject, back_to=self
            )
            return True
        if plan is None:
            raise Gone
        self.app.push_screen(FormScreen(plan))
        return True


def point_of(item: Item) -> str:
    """Return the row of the customer's screen that an item is about; empty where there is none."""
    if isinstance(item.record, Contact):
        return f"contact:{item.record.key}"
    if item.ticket_key:
        return f"ticket:{item.ticket_key}"
    contact = getattr(item.record, "contact_key", "")
    return f"contact:{contact}" if contact else ""


def _done_words(item: Item) -> str:
    words = {
        ItemKind.MESSAGE: _("Marked as answered."),
        ItemKind.HANDOVER: _("Accepted."),
        ItemKind.DOCUMENT: _("Checked."),
        ItemKind.WORD: _("They were told."),
    }
    return words.get(item.kind) or _("Done: {kind}.").format(kind=kind_word(item.kind))
