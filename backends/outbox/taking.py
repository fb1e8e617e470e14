"""The writing half of an outbox: every batch is kept first, then sent; what waits is listed, repeated, dropped."""

from __future__ import annotations

import asyncio
import uuid
from contextlib import suppress
from dataclasses import replace
from typing import Any

from backends.delivery import Delivery
from backends.errors import BackendError, NotFound, Unsupported
from backends.outbox.checking import check
from backends.outbox.entries import GOING, Entry, Stand, emptied, withdrawn
from backends.outbox.giving_up import again, without
from backends.outbox.journal import Taken
from backends.outbox.marks import Unknown
from backends.outbox.reading import Reading
from backends.outbox.sending import Postman, Waiter
from backends.outbox.undoing import Plan, planned
from backends.port import Batch, Capability, Receipt
from backends.records import Key, Record, is_new

_QUIET_PATIENCE = 0.3
"""Seconds that an agent waits for the source's answer while the line is known to be lost."""
_BEHIND_OTHERS = 0.03  # seconds between two looks whether another console has sent what goes before


class Taking(Reading):
    """What an outbox does with what it is given. `given` are the batches whose provisional receipts were given out."""

    patience: float
    """Seconds that an agent waits for the source's answer."""
    postman: Postman | None
    given: set[int]

    def at_work(self) -> Postman:
        """Return who delivers; raises Unavailable while the outbox is not open."""
        raise NotImplementedError

    def heard(self, before: Entry | None, after: Entry | None) -> None:
        """Hear of an entry before and after a change."""
        raise NotImplementedError

    # writing ----------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Keep a batch, send it, and return the source's receipt, or a provisional one when it does not answer.

        Raises the source's refusals while the agent waits; Full, Unavailable when the batch cannot be kept: then it
        is neither kept nor sent.
        """
        if Capability.WRITE not in self.inner.capabilities:
            raise Unsupported(Capability.WRITE, source=self.inner.name)
        waiter = Waiter()
        work = asyncio.create_task(self._write(batch, waiter))
        try:
            return await asyncio.shield(work)
        except asyncio.CancelledError:
            waiter.gone = True
            work.add_done_callback(looked_at)
            raise

    async def _write(self, batch: Batch, waiter: Waiter) -> Receipt:
        postman = self.at_work()
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
        postman = self.at_work()
        postman.waiters[entry.number] = waiter
        patience = _QUIET_PATIENCE if postman.quiet else self.patience
        try:
            await self._awaited(entry.number, waiter, min(patience, self.patience))
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
        self.given.add(entry.number)
        now = self.ledger.entries.get(entry.number, entry)
        self.heard(None, now)
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
        sending = self.at_work().send(number)
        while (left := end - loop.time()) > 0 and not waiter.outcome.done():
            both: set[asyncio.Future[Any]] = {waiter.outcome, sending}
            await asyncio.wait(both, timeout=left, return_when=asyncio.FIRST_COMPLETED)
            if waiter.outcome.done() or not sending.done() or number not in self.ledger.entries:
                return
            await asyncio.wait({waiter.outcome}, timeout=_BEHIND_OTHERS)
            sending = self.at_work().send(number)

    async def _same(self, entry: Entry) -> Receipt | None:
        """Return what came of a batch that is here already, None when it has just been delivered elsewhere."""
        waiter = self.at_work().waiters.get(entry.number)
        if waiter is not None:
            await asyncio.wait({waiter.outcome}, timeout=self.patience)
            receipt = waiter.outcome.result() if waiter.outcome.done() else None
            if receipt is not None:
                return replace(receipt, repeated=True)
        end = asyncio.get_running_loop().time() + self.patience
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
        if entry.maybe and entry.tries and Capability.UNDO in self.inner.capabilities:
            await self.ledger.change(withdrawn(entry))
            self.at_work().wake()
        else:
            await self.ledger.remove(entry.number, actor, reason)

    async def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up for good; what was only based on it is put back onto what it was based on.

        What names a record that it was to create is refused, and keeps its text. Raises NotFound.
        """
        await self.ledger.ready()
        entry = await self._entry(number)
        while self.ledger.claimed(number):
            await self.at_work().landed(number)
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
        self.at_work().wake(line_back=True)

    async def _entry(self, number: int) -> Entry:
        await self.ledger.refresh()
        entry = self.ledger.entries.get(number)
        if entry is None or entry.state is Stand.WITHDRAWN:
            raise NotFound(f"no delivery {number}", source=self.inner.name)
        return entry

    def deliveries(self, customer_key: Key = "") -> tuple[Delivery, ...]:
        """Return what is on its way, oldest first: all of it, or what concerns one customer."""
        hidden, became = self.hidden(), self.ledger.became
        return tuple(
            entry.delivery(self.inner.name, became)
            for entry in self.ledger.entries.values()
            if entry.number not in hidden
            and entry.state is not Stand.WITHDRAWN
            and (not customer_key or entry.concerns(customer_key, became))
        )

    async def deliver(self) -> None:
        """Try at once what waits, whatever pauses were due; raises nothing."""
        if self.postman is not None:
            self._retry_at = 0.0
            self.postman.wake(line_back=True)
            with suppress(BackendError):
                await self.ledger.refresh()
                await self.postman.round(all_due=True)


def looked_at(task: asyncio.Task[Any]) -> None:
    """Take the outcome of a task that nobody waits for any more."""
    if not task.cancelled():
        task.exception()
