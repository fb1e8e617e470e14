"""The outbox: a backend before a remote one that loses nothing when the line is bad (R23)."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from backends.delivery import Delivery
from backends.errors import BackendError, Conflict, Damaged, NotFound, NotSignedIn, Unavailable, Unsupported
from backends.events import Event
from backends.outbox.checking import check
from backends.outbox.entries import GOING, Entry, Stand, emptied, rebased, withdrawn
from backends.outbox.journal import Taken
from backends.outbox.ledger import Ledger
from backends.outbox.marks import Unknown, is_provisional
from backends.outbox.reading import Reading, Remembered, plain_export
from backends.outbox.sending import POLL, Postman, Waiter
from backends.outbox.telling import Changed, Hub
from backends.outbox.undoing import Plan, planned
from backends.port import Backend, Batch, Capability, Origins, Page, Put, Receipt
from backends.records import AuditEntry, AuditVerdict, Key, Origin, Record, is_new
from backends.wire import kind_name

PATIENCE = 2.0
_QUIET_PATIENCE = 0.3
"""Seconds that an agent waits for the source's answer: as a rule, and while the line is known to be lost."""
_BEHIND_OTHERS = 0.03  # seconds between two looks whether another console has sent what goes before


def _now() -> datetime:
    return datetime.now(UTC)


class Outbox(Reading):
    """A backend that journals every batch before it sends it to `inner`, and lays what waits over what it reads.

    `journal` is the file, the agent's own; `agent` the login that takes back in the source what was given up here.
    A batch whose answer is not there within `patience` seconds comes back with a provisional receipt, `waiting`.
    """

    def __init__(
        self,
        inner: Backend,
        journal: Path,
        *,
        agent: str,
        now: Callable[[], datetime] = _now,
        patience: float = PATIENCE,
        poll: float = POLL,
    ) -> None:
        self.inner = inner
        self.agent = agent
        self._error: BackendError | None = None
        self._last_answer: datetime | None = None
        self._away = False
        self.remembered = Remembered()
        self.hub = Hub()
        self.ledger = Ledger(journal, inner.name, now, self._heard)
        self._patience = patience
        self._poll = poll
        self._postman: Postman | None = None
        self._opening: asyncio.Task[None] | None = None
        self._given: set[int] = set()
        self._reached = False
        self._retry_at = 0.0
        if isinstance(inner, Origins):
            self.stored = self._stored

    # what it is -------------------------------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """The source's name."""
        return self.inner.name

    @property
    def url(self) -> str:
        """The source's URL."""
        return self.inner.url

    @property
    def capabilities(self) -> frozenset[Capability]:
        """What the source can do; what only waits can be undone whatever it can."""
        return self.inner.capabilities

    @property
    def stores(self) -> frozenset[type[Record]]:
        """The kinds of record that the source takes."""
        return self.inner.stores

    @property
    def omits(self) -> Mapping[type[Record], frozenset[str]]:
        """The fields that the source has no place for."""
        return self.inner.omits

    @property
    def error(self) -> BackendError | None:
        """Why the source did not answer last, None when it did; what is read may then be a copy (`last_answer`)."""
        return self._error or getattr(self.inner, "error", None)

    @property
    def last_answer(self) -> datetime | None:
        """When the source was last heard; None when it never was."""
        heard: datetime | None = getattr(self.inner, "last_answer", self._last_answer)
        return heard

    @property
    def stale_since(self) -> Mapping[str, datetime]:
        """What is read from a kept copy, and of when that is; nothing where none is kept."""
        found: Mapping[str, datetime] = getattr(self.inner, "stale_since", {})
        return found

    @property
    def failure(self) -> BackendError | None:
        """Why nothing can be taken: the journal cannot be used. None when it can."""
        return self.ledger.failure

    @property
    def damage(self) -> Damaged | None:
        """That the journal was damaged and where it was moved to, how much of it is lost to view; None when not."""
        moved = self.ledger.journal.moved
        if moved is None:
            return None
        return Damaged(f"{moved}: {self.ledger.journal.unread} not read", source=self.name)

    @property
    def undelivered(self) -> BackendError | None:
        """Why what waits was not delivered at the last try, None when it was."""
        return self._postman.error if self._postman is not None else None

    def watch(self, changed: Changed) -> Callable[[], None]:
        """Call `changed` after every change of what waits, until the function returned here is called."""
        self.hub.watchers.append(changed)
        return lambda: self.hub.watchers.remove(changed) if changed in self.hub.watchers else None

    # opening ----------------------------------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the journal and try to reach the source; an unreachable one is tried again in the background.

        Raises WrongVersion and Damaged of the source; what keeps the journal from being used stands in `failure`.
        """
        if self._postman is not None:
            return
        await self.ledger.open()
        self._postman = Postman(
            self.inner, self.ledger, agent=self.agent, opened=self.reach, apart=self.hidden, poll=self._poll
        )
        try:
            async with asyncio.timeout(self._patience):
                await self.reach()
        except (Unavailable, NotSignedIn) as error:
            self.unanswered(error)
        except TimeoutError:
            self.unanswered(Unavailable("not reached yet", source=self.name))
        except BaseException:
            await self.close()
            raise
        self._postman.start()

    async def close(self) -> None:
        """Let go of everything; what waits stays in the journal. May be called twice."""
        postman, self._postman = self._postman, None
        if postman is not None:
            await postman.stop(self._patience)
        opening, self._opening = self._opening, None
        if opening is not None:
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
        self._reached = False
        self._retry_at = 0.0
        await self.inner.close()
        self.hub.close()
        await self.ledger.close()

    async def reach(self) -> None:
        """Make the source ready; raises why it cannot be reached, and tries no more than once a second."""
        if self._reached:
            return
        if self._postman is None:
            raise Unavailable("not open", source=self.name)
        loop = asyncio.get_running_loop()
        if self._opening is None or (self._opening.done() and loop.time() >= self._retry_at):
            self._opening = asyncio.create_task(self._open_inner())
            self._opening.add_done_callback(_looked_at)
        await asyncio.shield(self._opening)

    async def _open_inner(self) -> None:
        try:
            await self.inner.open()
        finally:
            self._retry_at = asyncio.get_running_loop().time() + 1.0
        self._reached = True
        self.answered()

    def unanswered(self, error: BackendError) -> None:
        """Hear why the source did not answer."""
        self._error, self._away = error, True

    def answered(self) -> None:
        """Hear that the source has answered: what waits for it is due."""
        if getattr(self.inner, "error", None) is not None:
            self._away = True  # a kept copy answered in its place
            return
        back, self._away = self._away, False
        self._error, self._last_answer = None, self.ledger.now()
        if back and self._postman is not None:
            self._postman.wake(line_back=True)

    def hidden(self) -> frozenset[int]:
        """Return the numbers of batches whose agents still stand at the form."""
        waiters = self._postman.waiters if self._postman is not None else {}
        if not self.ledger.entries:
            return frozenset(waiters)
        # what another console has just taken is as yet between its agent and the source
        since = self.ledger.now() - timedelta(seconds=self._patience)
        others = (
            entry.number
            for entry in self.ledger.entries.values()
            if not entry.tries and entry.since > since and entry.number not in self._given
        )
        return frozenset((*waiters, *others))

    def _heard(self, before: Entry | None, after: Entry | None) -> None:
        entry = after or before
        assert entry is not None
        if entry.number not in self.hidden():
            self.hub.tell(entry, self.ledger.became)
            self.hub.changed()

    def _at_work(self) -> Postman:
        if self._postman is None:
            raise Unavailable("not open", source=self.name)
        return self._postman

    # writing ----------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Keep a batch, send it, and return the source's receipt, or a provisional one when it does not answer.

        Raises the source's refusals while the agent waits; Full, Unavailable when the batch cannot be kept: then it
        is neither kept nor sent.
        """
        if Capability.WRITE not in self.capabilities:
            raise Unsupported(Capability.WRITE, source=self.name)
        waiter = Waiter()
        work = asyncio.create_task(self._write(batch, waiter))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            waiter.gone = True
            work.add_done_callback(_looked_at)
            raise

    async def _write(self, batch: Batch, waiter: Waiter) -> Receipt:
        postman = self._at_work()
        await self.ledger.ready()
        await self.ledger.refresh()
        while (plan := planned(batch, self.ledger.entries, self.ledger.became)) is not None:
            flying = [number for number in plan.withdrawn if self.ledger.claimed(number)]
            if not flying:
                return await self._taken_back(plan, batch, waiter)
            await postman.landed(flying[0])
            await asyncio.sleep(0.02)
            await self.ledger.refresh()
        check(batch, self.inner)
        if not batch.items:
            return Receipt((), self.ledger.now(), keys={})
        batch = replace(batch, idempotency_key=batch.idempotency_key or f"outbox-{uuid.uuid4().hex}")
        while True:
            known = self.ledger.by_key(batch.idempotency_key)
            if known is None:
                try:
                    entry = await self.ledger.take(batch, self._befores(batch))
                except Taken:
                    continue
                return await self._sent(entry, waiter)
            if known.state not in GOING:
                again = emptied(replace(known, batch=batch, befores=tuple(self._befores(batch))))
                return await self._sent(await self.ledger.change(again), waiter)
            receipt = await self._same(known)
            if receipt is not None:
                return receipt

    def _befores(self, batch: Batch) -> list[Record | None]:
        """Return what the items of a batch are based on, as far as it was read here."""
        over = self.overlay()
        found: list[Record | None] = []
        for item in batch.items:
            kind, key = type(item.record), item.record.key
            known = None
            if not is_new(key):
                known = next(
                    (
                        one
                        for one in (over.find(kind, self.real(key)), self.remembered.find(kind, self.real(key)))
                        if one is not None and one.version == item.seen
                    ),
                    None,
                )
            found.append(known)
        return found

    async def _sent(self, entry: Entry, waiter: Waiter) -> Receipt:
        """Send a batch that is in the journal, and return its receipt or the provisional one."""
        postman = self._at_work()
        postman.waiters[entry.number] = waiter
        patience = _QUIET_PATIENCE if postman.quiet else self._patience
        try:
            await self._awaited(entry.number, waiter, min(patience, self._patience))
            if waiter.settling:
                await asyncio.wait({waiter.outcome})
        finally:
            postman.waiters.pop(entry.number, None)
        receipt = waiter.outcome.result() if waiter.outcome.done() else None
        waiter.gone = True
        if receipt is None and entry.number not in self.ledger.entries:
            receipt = await self._delivered_elsewhere(entry)
        if receipt is not None:
            self.remembered.keep(change.after for change in receipt.changes if change.after is not None)
            return receipt
        postman.wake()
        self._given.add(entry.number)
        now = self.ledger.entries.get(entry.number, entry)
        self._heard(None, now)
        return now.receipt()

    async def _delivered_elsewhere(self, entry: Entry) -> Receipt | None:
        """Return the receipt of a batch that another console has delivered, None when the source does not answer."""
        try:
            return replace(await self.inner.write(self.ledger.translated(entry.batch)), repeated=False)
        except (BackendError, Unknown):
            return None

    async def _awaited(self, number: int, waiter: Waiter, patience: float) -> None:
        """Send a batch, as soon as what other consoles send before it has gone; wait for its outcome that long."""
        loop = asyncio.get_running_loop()
        end = loop.time() + patience
        sending = self._at_work().send(number)
        while (left := end - loop.time()) > 0 and not waiter.outcome.done():
            both: set[asyncio.Future[Any]] = {waiter.outcome, sending}
            await asyncio.wait(both, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if waiter.outcome.done() or not sending.done() or number not in self.ledger.entries:
                return
            await asyncio.wait({waiter.outcome}, timeout=_BEHIND_OTHERS)
            sending = self._at_work().send(number)

    async def _same(self, entry: Entry) -> Receipt | None:
        """Return what came of a batch that is here already, None when it has just been delivered elsewhere."""
        waiter = self._at_work().waiters.get(entry.number)
        if waiter is not None:
            await asyncio.wait({waiter.outcome}, timeout=self._patience)
            receipt = waiter.outcome.result() if waiter.outcome.done() else None
            if receipt is not None:
                return replace(receipt, repeated=True)
        end = asyncio.get_running_loop().time() + self._patience
        while self.ledger.claimed(entry.number) and asyncio.get_running_loop().time() < end:
            await asyncio.sleep(0.02)
            await self.ledger.refresh()
        await self.ledger.refresh()
        here = self.ledger.entries.get(entry.number)
        return here.receipt(repeated=True) if here is not None else None

    # taking back ------------------------------------------------------------------------------------------------------

    async def _taken_back(self, plan: Plan, batch: Batch, waiter: Waiter) -> Receipt:
        """Take waiting batches out of the journal, and send what an undo has to do beyond that."""
        oldest = self.ledger.entries[plan.withdrawn[-1]]
        for number in plan.withdrawn:
            await self._give_up(self.ledger.entries[number], batch.actor, batch.reason)
        rest = await self._write(plan.rest, waiter) if plan.rest.items else None
        return replace(plan.receipt(rest, oldest), at=self.ledger.now())

    async def _give_up(self, entry: Entry, actor: str, reason: str) -> None:
        """Forget a batch; one that the source may have stored is first asked for and taken back there, if it can be."""
        if entry.maybe and entry.tries and Capability.UNDO in self.capabilities:
            await self.ledger.change(withdrawn(entry))
            self._at_work().wake()
        else:
            await self.ledger.remove(entry.number, actor, reason)

    async def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up for good; what was only based on it is put back onto what it was based on.

        What names a record that it was to create is refused, and keeps its text. Raises NotFound.
        """
        await self.ledger.ready()
        entry = await self._entry(number)
        while self.ledger.claimed(number):
            await self._at_work().landed(number)
            await asyncio.sleep(0.02)
            entry = await self._entry(number)
        for later in tuple(self.ledger.later(entry)):
            await self.ledger.change(without(later, entry))
        await self._give_up(entry, actor, reason)

    async def send_again(self, number: int, *, over_theirs: bool = False) -> None:
        """Put a refused delivery back in line; `over_theirs` bases it on the newer version. Raises NotFound."""
        await self.ledger.ready()
        entry = await self._entry(number)
        await self.ledger.change(again(entry, over_theirs=over_theirs))
        self._at_work().wake(line_back=True)

    async def _entry(self, number: int) -> Entry:
        await self.ledger.refresh()
        entry = self.ledger.entries.get(number)
        if entry is None or entry.state is Stand.WITHDRAWN:
            raise NotFound(f"no delivery {number}", source=self.name)
        return entry

    def deliveries(self, customer_key: Key = "") -> tuple[Delivery, ...]:
        """Return what is on its way, oldest first: all of it, or what concerns one customer."""
        hidden, became = self.hidden(), self.ledger.became
        return tuple(
            entry.delivery(self.name, became)
            for entry in self.ledger.entries.values()
            if entry.number not in hidden
            and entry.state is not Stand.WITHDRAWN
            and (not customer_key or entry.concerns(customer_key, became))
        )

    async def deliver(self) -> None:
        """Try at once what waits, whatever pauses were due; raises nothing."""
        if self._postman is not None:
            self._retry_at = 0.0
            self._postman.wake(line_back=True)
            with suppress(BackendError):
                await self.ledger.refresh()
                await self._postman.round(all_due=True)

    # living -----------------------------------------------------------------------------------------------------------

    def events(self, since: str | None = None) -> AsyncIterator[Event]:
        """Yield what changes in the source and in the outbox, from this call on or from the source's cursor `since`."""
        if Capability.LIVE in self.capabilities and not self._reached:
            raise self.error or Unavailable("not reached yet", source=self.name)
        return self.hub.merged(self.inner.events(since))

    # keeping ----------------------------------------------------------------------------------------------------------

    async def note_read(self, customer_key: Key, actor: str, detail: str = "") -> None:
        """Record in the source's audit trail that `actor` opened this customer, later when it is away."""
        key = self.real(customer_key)
        if Capability.AUDIT in self.capabilities and is_provisional(key):
            return  # the source does not know them yet, and who took them down is in the batch
        try:
            await self.asked(lambda: self.inner.note_read(key, actor, detail))
        except Unavailable:
            await self.ledger.ready()
            await self.ledger.note(key, actor, detail)

    async def audit(self, *, customer_key: Key = "", after: str | None = None, limit: int = 100) -> Page[AuditEntry]:
        """Return the source's audit trail, newest first."""
        key = self.real(customer_key)
        return await self.asked(lambda: self.inner.audit(customer_key=key, after=after, limit=limit))

    async def audit_verify(self, progress: Callable[[int, int], None] | None = None) -> AuditVerdict:
        """Check the source's whole chain."""
        return await self.asked(lambda: self.inner.audit_verify(progress))

    async def export(self, customer_key: Key, actor: str) -> Mapping[str, Any]:
        """Return everything held about a person, what waits for them included."""
        key = self.real(customer_key)
        found = await self.asked(lambda: self.inner.export(key, actor))
        return plain_export(found, await self.held(key))

    async def forget(self, customer_key: Key, actor: str, reason: str) -> Mapping[str, int]:
        """Erase personal data in the source and what waits here for this customer."""
        key = self.real(customer_key)
        counts = await self.asked(lambda: self.inner.forget(key, actor, reason))
        theirs = [one for one in self.ledger.entries.values() if one.concerns(key, self.ledger.became)]
        for entry in theirs:
            await self.ledger.remove(entry.number, actor, reason)
        self.remembered = Remembered()
        await self.ledger.tidy()
        return counts

    async def _stored(self, kind: type[Record], origins: Collection[Origin]) -> Mapping[Origin, Key]:
        assert isinstance(self.inner, Origins)
        inner = self.inner
        return await self.asked(lambda: inner.stored(kind, origins))


def again(entry: Entry, *, over_theirs: bool = False) -> Entry:
    """Return an entry back in line; with `over_theirs` it is based on what the source has now."""
    newer = entry.error.newer if isinstance(entry.error, Conflict) else None
    after = emptied(entry)
    if not over_theirs or newer is None:
        return after
    items = tuple(
        replace(item, seen=newer.version) if type(item.record) is type(newer) and item.record.key == newer.key else item
        for item in entry.batch.items
    )
    befores = tuple(
        newer if type(item.record) is type(newer) and item.record.key == newer.key else before
        for item, before in zip(entry.batch.items, entry.befores, strict=False)
    )
    return replace(after, batch=replace(entry.batch, items=items), befores=befores)


def without(later: Entry, dropped: Entry) -> Entry:
    """Return an entry as it is once an earlier one is given up: based on what that one was based on, or refused."""
    items = list(later.batch.items)
    befores = list(later.befores)
    for at, item in enumerate(items):
        position = dropped.position_of((kind_name(type(item.record)), item.record.key))
        before = dropped.before(position) if position is not None else None
        if position is None or before is None or not isinstance(item, Put):
            continue
        if item.seen != dropped.record(position).version:
            continue
        items[at] = replace(
            item, record=rebased(item.record, dropped.record(position), before), seen=dropped.batch.items[position].seen
        )
        if at < len(befores):
            befores[at] = before
    after = replace(later, batch=replace(later.batch, items=tuple(items)), befores=tuple(befores))
    if dropped.number not in after.ground:
        return after
    gone = NotFound(f"delivery {dropped.number} was dropped")
    return replace(after, state=Stand.REFUSED, error=gone, next_at=None)


def _looked_at(task: asyncio.Task[Any]) -> None:
    if not task.cancelled():
        task.exception()
