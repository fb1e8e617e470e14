"""The desk of one agent: what they can find, open and do on one backend, what they did, and how to take it back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from backends.areas import opened
from backends.delivery import Delivery, Outgoing
from backends.errors import Full, NotAllowed, Unsupported
from backends.port import (
    Backend,
    Batch,
    Capability,
    Change,
    Match,
    OutageFilter,
    Page,
    Put,
    QueueFilter,
    Receipt,
    Remove,
    TimelineFilter,
)
from backends.records import (
    LIVE_OUTAGE_STATES,
    Agent,
    Area,
    Contact,
    Customer,
    Direction,
    Key,
    Operator,
    Outage,
    Role,
)
from console.desk.cards import without_cards
from console.desk.persons import as_persons
from console.desk.picture import Picture, gather, older, refreshed
from console.desk.revealing import OPEN_FOR, Opened, hidden_of, noted
from console.desk.ruling import DeskRules
from console.desk.sources import Searching, Source, sources_of
from console.desk.undoing import taking_back
from console.rules.clocks import Policies, zone_of
from console.rules.roles import Right, rights_of

if TYPE_CHECKING:
    from console.calls.call import Call
    from console.desk.acts.scene import Scene


@dataclass(slots=True)
class Deed:
    """Something that was done: which action, for whom, and what it stored."""

    action: str
    customer_key: Key
    about: str
    """Reference or name it was done to, for the log."""
    receipt: Receipt
    at: datetime
    undone: bool = False
    answers: Mapping[str, str] = field(default_factory=dict)
    """What was typed for it; it becomes a draft again when the deed is taken back."""
    subject: str = ""
    """What the form was about, as its draft is named."""


@dataclass(slots=True)
class Desk:
    """An agent at a backend. `clock` gives the present moment in UTC."""

    backend: Backend
    agent: Agent
    zone: ZoneInfo
    language: str = "en"
    operator_keys: frozenset[Key] = frozenset()
    clock: Callable[[], datetime] = lambda: datetime.now(UTC)
    operators: Mapping[Key, Operator] = field(default_factory=dict)
    colleagues: tuple[Agent, ...] = ()
    """Who works here, as the records know them: they can be named as the owner of a promise."""
    deeds: list[Deed] = field(default_factory=list)
    unnoted: Full | None = None
    """Why the last opening of a customer is not on the audit trail; None when it is."""
    rules: DeskRules = field(default_factory=DeskRules)
    """By which rules it works; the shipped ones where nobody said otherwise."""
    current_call: Call | None = None
    """The call that the agent is about: its operator decides greeting, script and language (R22)."""
    on_call_noted: Callable[[str, Key], object] | None = None
    """Hears the id of a call of which a contact was stored, and whose it is."""
    opened: Opened | None = None
    """What the agent may see for a while of one customer, though their role hides it."""
    on_stored: Callable[[Receipt], None] | None = None
    """Hears of each batch that the agent stored, for what follows from it: sources need not tell us our own news."""

    async def start(self) -> None:
        """Learn the operators and who the agent is; raises what the backend raises."""
        await self.learn_operators()
        self.colleagues = tuple(one for one in await self.backend.agents() if one.active)
        for known in self.colleagues:
            if known.login == self.agent.login:
                self.agent = known
        if self.agent.operator_keys:
            self.operator_keys = frozenset(self.agent.operator_keys)

    async def learn_operators(self) -> None:
        """Learn the operators as they are now: a source that was away tells its own when it is back."""
        self.operators = {one.key: one for one in await self.backend.operators()}

    @property
    def policies(self) -> Policies:
        """By which policies clocks run here; raises DataError for a wrong file."""
        from console.data.clocks import policies  # no customer is open before the first frame

        return policies(self.rules.clocks_file)

    @property
    def rights(self) -> frozenset[Right]:
        """What the agent may do."""
        return rights_of(self.agent.roles, self.rules.roles)

    def hidden_of(self, operator: Operator, customer_key: Key) -> frozenset[Area]:
        """Return what is hidden of a customer now."""
        return hidden_of(operator, self.agent.roles, self.rules) - self.open_now(customer_key)

    def open_now(self, customer_key: Key) -> frozenset[Area]:
        """Return what is open of a customer for a while."""
        return self.opened.of(customer_key, self.clock()) if self.opened is not None else frozenset()

    async def reveal(self, customer_key: Key, areas: frozenset[Area], reason: str) -> Opened:
        """Open what the role hides of a customer for some minutes, once that and why is on the audit trail (R41).

        Raises NotAllowed without the right, Unsupported where no trail is kept, Full and whatever else keeps the
        entry from being written: what is not noted is not shown.
        """
        if Right.REVEAL not in self.rights:
            raise NotAllowed("reveal", source=self.backend.name)
        if not self.can(Capability.AUDIT):
            raise Unsupported(Capability.AUDIT, source=self.backend.name)
        await self.backend.note_read(customer_key, self.agent.login, noted(areas, reason))
        self.opened = Opened(customer_key, areas, self.clock() + OPEN_FOR)
        return self.opened

    def close_again(self, customer_key: Key) -> None:
        """Hide again what was open of a customer."""
        if self.opened is not None and self.opened.customer_key == customer_key:
            self.opened = None

    def can(self, capability: Capability) -> bool:
        """Return whether the backend can do it."""
        return capability in self.backend.capabilities

    async def find(self, text: str, limit: int = 30) -> tuple[Match, ...]:
        """Return the customers that `text` may mean, best first."""
        found = await self.backend.search(text, limit=limit, operator_keys=self.operator_keys)
        return await as_persons(self.backend, found)

    async def finding(self, text: str, limit: int = 30, rest: float = 0.0) -> AsyncIterator[tuple[Match, ...]]:
        """Yield the customers that `text` may mean, best first, again with each source that answers.

        Far sources are asked after `rest` seconds: not for each letter that is typed.
        """
        if isinstance(self.backend, Searching):
            found = self.backend.searching(text, limit=limit, operator_keys=self.operator_keys, rest=rest)
            async for matches in found:
                yield await as_persons(self.backend, matches)
        else:
            yield await self.find(text, limit)

    async def open(self, key: Key, *, limit: int = 60) -> Picture:
        """Return a customer's picture, and note in the audit trail that the agent saw it.

        A full disk keeps no customer from being served: that the reading could not be noted stands in `unnoted`.
        """
        with opened(self.open_now(key)):
            picture = await gather(self.backend, key, self.clock(), limit=limit, rules=self.policies)
        self.unnoted = None
        if Capability.AUDIT in self.backend.capabilities:
            try:
                await self.backend.note_read(key, self.agent.login)
            except Full as error:
                self.unnoted = error
        return picture

    async def filtered(self, picture: Picture, only: TimelineFilter) -> Picture:
        """Return the picture with its history seen through a filter."""
        with opened(self.open_now(picture.key)):
            return await gather(self.backend, picture.key, self.clock(), only=only, rules=self.policies)

    async def older(self, picture: Picture) -> Picture:
        """Return the picture with one more page of history."""
        with opened(self.open_now(picture.key)):
            return await older(self.backend, picture)

    async def refreshed(self, picture: Picture) -> Picture:
        """Return the picture as it is now."""
        with opened(self.open_now(picture.key)):
            return await refreshed(self.backend, picture, self.clock(), self.policies)

    async def body(self, key: Key, customer_key: Key = "") -> Contact:
        """Return a contact with its whole body, as far as it may be seen of that customer now."""
        with opened(self.open_now(customer_key)):
            return await self.backend.contact(key)

    @property
    def outage_operators(self) -> frozenset[Key]:
        """Whose outages concern the agent: their operators and those above, whose network it is; empty means all."""
        above = {self.operators[key].parent_key for key in self.operator_keys if key in self.operators}
        return self.operator_keys | frozenset(above - {""}) if self.operator_keys else frozenset()

    async def live_outages(self) -> tuple[Outage, ...]:
        """Return the outages that are going on for the agent's operators; none where the backend knows none."""
        if not self.can(Capability.OUTAGES):
            return ()
        return await self.backend.outages(OutageFilter(states=LIVE_OUTAGE_STATES, operator_keys=self.outage_operators))

    def sources(self) -> tuple[Source, ...]:
        """Return how the sources stand, whoever is open."""
        return sources_of(self.backend, "", self.clock())

    def deliveries(self) -> tuple[Delivery, ...]:
        """Return everything that is not with its source yet, oldest first."""
        return self.backend.deliveries() if isinstance(self.backend, Outgoing) else ()

    async def waiting(self, after: str | None = None, limit: int = 50) -> Page[tuple[Contact, Customer]]:
        """Return what waits for an answer, oldest first (R10)."""
        if not self.can(Capability.QUEUE):
            return Page(())
        return await self.backend.queue(QueueFilter(operator_keys=self.operator_keys), after=after, limit=limit)

    async def customers(self, keys: tuple[Key, ...]) -> tuple[Customer, ...]:
        """Return those of the customers that still exist, in the given order."""
        return await self.backend.customers(keys)

    def scene(self, picture: Picture) -> Scene:
        """Return what an act for this customer starts from; times are meant in their operator's zone."""
        from console.desk.acts.scene import Scene  # reads moments as people write them: 15 ms of patterns

        return Scene(
            picture.file, self.agent, self.clock(), zone_of(picture.file.operator), self.language, self.policies
        )

    # doing and undoing ----------------------------------------------------------------------------------------------

    async def do(
        self,
        batch: Batch,
        action: str,
        *,
        customer_key: Key = "",
        about: str = "",
        occasion: str = "",
        calls: bool = True,
    ) -> Deed:
        """Store what an action made, and remember it for undo; raises what the backend raises.

        Raises Unfit for a message that names another operator than the one it is sent for (R22).

        Contacts of the history are here with the beginning of their body only; they are stored with the whole one.
        What was stored with the same `occasion` before is not stored again; the receipt is then a repeated one. Card
        numbers in what is new are stored masked. Without `calls` nothing is taken from whoever is on the line: the
        batch says itself which call it is about.
        """
        self._refuse_other_brands(batch)
        batch, call = self._with_call(batch) if calls else (batch, None)
        whole = without_cards(await self._with_whole_bodies(batch))
        receipt = await self.backend.write(replace(whole, idempotency_key=occasion) if occasion else whole)
        deed = Deed(action, customer_key, about, receipt, self.clock())
        self.deeds.append(deed)
        if self.on_stored is not None:
            self.on_stored(receipt)
        if call is not None and self.on_call_noted is not None:
            self.on_call_noted(call.id, call.customer_key)
        return deed

    def _with_call(self, batch: Batch) -> tuple[Batch, Call | None]:
        """Give a contact that is made while its customer is on the line what is known of the call (R35): a chase, a
        ticket, a caller attached to an outage came in by it as much as a note did. Returns the call that was noted so.
        """
        call = self.current_call
        if call is None or call.noted or not call.customer_key:
            return batch, None
        made = [one.record for one in batch.items if isinstance(one.record, Contact)]
        if not any(one.customer_key == call.customer_key and one.route is None for one in made):
            return batch, None
        from console.desk.acts.calls import of_call

        filled = of_call(batch, call, self.clock())
        return filled, call if filled != batch else None

    def _refuse_other_brands(self, batch: Batch) -> None:
        if any(isinstance(one.record, Contact) and one.record.direction is Direction.OUTBOUND for one in batch.items):
            from console.desk.acts.brands import refuse_other_brands

            refuse_other_brands(batch, self.operators)

    async def _with_whole_bodies(self, batch: Batch) -> Batch:
        items: list[Put | Remove] = []
        for item in batch.items:
            record = item.record
            if isinstance(item, Put) and isinstance(record, Contact) and not record.whole:
                stored = await self.backend.contact(record.key)
                item = replace(item, record=replace(record, body=stored.body, whole=True))
            items.append(item)
        return replace(batch, items=tuple(items))

    def last_deed(self) -> Deed | None:
        """Return what `undo` would take back, None when there is nothing."""
        return next((deed for deed in reversed(self.deeds) if not deed.undone), None)

    async def go_on(self, batch: Batch, deed: Deed) -> None:
        """Store what belongs to a deed that is stored already; undo takes both back as one. Raises as `do` does."""
        self._refuse_other_brands(batch)
        deed.receipt = joined(deed.receipt, await self.backend.write(batch))

    async def undo(self, deed: Deed) -> Receipt:
        """Take a deed back; raises Conflict when somebody changed its records since."""
        receipt = await self.backend.write(taking_back(deed.receipt, actor=self.agent.login))
        deed.undone = True
        for earlier in self.deeds[: self.deeds.index(deed)]:
            earlier.receipt = followed(earlier.receipt, receipt)
        return receipt


def followed(receipt: Receipt, undo: Receipt) -> Receipt:
    """Return a receipt whose records carry the versions that an undo gave them, where they are as they were again.

    Without this the agent's own undo of a later deed would stand in the way of the one before. What the later deed had
    removed came back under a new key, and is followed there.
    """
    restored = {(type(one.after), one.after.key): one.after for one in undo.changes if one.after is not None}
    again = [one.after for one in undo.changes if one.before is None and one.after is not None]

    def after(change: Change) -> Change:
        known = change.after
        if known is None:
            return change
        found = restored.get((type(known), known.key)) or next((one for one in again if type(one) is type(known)
            and replace(one, key=known.key, version=known.version) == known), None)  # fmt: skip
        if found is None or replace(found, key=known.key, version=known.version) != known:
            return change
        before = replace(change.before, key=found.key) if change.before is not None else None
        return Change(before, found)

    return replace(receipt, changes=tuple(after(change) for change in receipt.changes))


def joined(first: Receipt, second: Receipt) -> Receipt:
    """Return two receipts as one: each record as it was before the first and is after the second."""
    changes: dict[tuple[type, Key], Change] = {}
    for change in (*first.changes, *second.changes):
        record = change.after or change.before
        if record is not None:
            name = (type(record), record.key)
            earlier = changes.get(name)
            changes[name] = Change(earlier.before, change.after) if earlier else change
    return replace(second, changes=tuple(changes.values()))


def agent_for(login: str, known: tuple[Agent, ...] = (), roles: frozenset[Role] = frozenset()) -> Agent:
    """Return the agent of that login, or one with the given roles (desk when none) who is not stored yet."""
    for agent in known:
        if agent.login == login:
            return agent
    return Agent(key="", login=login, name=login, roles=roles or frozenset({Role.DESK}))
