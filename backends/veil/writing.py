"""Writing through the veil: what was hidden from whoever writes is put back before it is stored."""

from __future__ import annotations

from dataclasses import replace

from backends.errors import BackendError, Conflict, NotAllowed
from backends.port import Batch, Change, Listing, Put, Receipt, Remove
from backends.records import (
    Chase,
    Contact,
    Contract,
    Handover,
    Key,
    Line,
    Promise,
    Record,
    Ticket,
    Visit,
    is_new,
)
from backends.veil.covering import Areas, covered, escapes, hidden_fields, is_billing, is_gone, restored
from backends.veil.reading import Reading

_IN_FILE = {
    Line: "lines", Contract: "contracts", Chase: "chases", Promise: "promises", Visit: "visits", Handover: "handovers",
}  # fmt: skip
_PAGE = 200


class Writing(Reading):
    """The part of a veil that writes."""

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch with everything that was hidden from its writer as it was; the receipt hides it again.

        Raises what the source raises, NotAllowed for a change of what the writer cannot see at all, and for one that
        would bring what is hidden into the open.
        """
        if not self._knowing.hides_anything():
            return await self.inner.write(batch)
        outcome = await self._written(batch)
        if isinstance(outcome, Conflict):
            raise outcome  # here, and not where it was caught: that error holds the whole record, and so do its frames
        return outcome

    async def _written(self, batch: Batch) -> Receipt | Conflict:
        """Store a batch with what was hidden put back; return its receipt, or the conflict as its writer sees it."""
        items = tuple([await self._whole_item(item, batch) for item in batch.items])
        try:
            return await self._receipt(await self.inner.write(replace(batch, items=items)))
        except Conflict as error:
            return Conflict(await self._told(error.newer), error.detail, source=error.source)

    async def _told(self, record: Record | None) -> Record | None:
        """Return a record as whoever writes may see it, None when nothing of it may be seen."""
        if record is None:
            return None
        areas = await self._knowing.of(record)
        return None if is_gone(record, areas) else await self._shown(record, areas)

    async def _shown(self, record: Record, areas: Areas) -> Record:
        """Return a whole record covered, remembering the whole: undo must find it also once an area has closed again.

        No source leaves anything out of what comes of writing.
        """
        self._knowing.see((record,))
        self._remembered.keep(record)
        return covered(record, areas, await self._knowing.hangs(record, areas))

    async def _receipt(self, receipt: Receipt) -> Receipt:
        changes = [one for change in receipt.changes if (one := await self._change(change)) is not None]
        return replace(receipt, changes=tuple(changes))

    async def _change(self, change: Change) -> Change | None:
        """Return one change as its writer may see it; what they made themselves they may also take back."""
        record = change.after or change.before
        assert record is not None
        areas = await self._knowing.of(record)
        if is_gone(record, areas) and change.before is None:
            return change
        if is_gone(record, areas):
            return None
        before = await self._shown(change.before, areas) if change.before is not None else None
        return Change(before, await self._shown(change.after, areas) if change.after is not None else None)

    # putting back -------------------------------------------------------------------------------------------------

    async def _whole_item(self, item: Put | Remove, batch: Batch) -> Put | Remove:
        """Return an item of a batch with what was hidden of its record put back."""
        record = item.record
        if isinstance(item, Remove) or item.seen is None or is_new(record.key):
            return item
        areas = await self._areas_to_keep(record)
        if not areas:
            return item
        if is_gone(record, areas):
            raise NotAllowed("what is hidden from a role cannot be changed by it", source=self.inner.name)
        if not hidden_fields(record, areas, billing=True):
            return item
        whole = await self._whole(record)
        billing = await self._knowing.hangs(whole, areas)
        back = restored(record, whole, areas, billing)
        if billing or (isinstance(whole, Ticket) and is_billing(whole)):
            await self._check_stays(back, whole, batch)
        return replace(item, record=back)

    async def _areas_to_keep(self, record: Record) -> Areas:
        """Return what is hidden whoever looks: what was opened for a while may have closed since it was read."""
        return await self._knowing.of(record, whatever_is_open=True)

    async def _check_stays(self, new: Record, whole: Record, batch: Batch) -> None:
        """Raise NotAllowed where a change would hang a hidden text where everybody reads it."""
        ticket_key: Key = getattr(new, "ticket_key", "")
        made = [one.record for one in batch.items if one.record.key == ticket_key]
        if made:
            after = isinstance(made[0], Ticket) and is_billing(made[0])
        else:
            after = bool(ticket_key) and await self._knowing.billing(ticket_key)
        if escapes(new, whole, after):
            raise NotAllowed("this would show what is hidden from a role", source=self.inner.name)

    async def _whole(self, record: Record) -> Record:
        """Return the whole of the record that a changed one was made of; raises NotAllowed where it is not found.

        The version that the writer saw is what the source checks in the same write: what is put back is that
        version's, or nothing is stored.
        """
        known = self._remembered.of(record)
        if known is not None:
            return known
        whole = await self._stored(record)
        if whole is None:
            raise NotAllowed("what is hidden of this record cannot be kept", source=self.inner.name)
        return whole

    async def _stored(self, record: Record) -> Record | None:
        """Return a record as it is stored, with everything."""
        if isinstance(record, Contact):
            return await self.inner.contact(record.key)
        if isinstance(record, Ticket):
            return await self.inner.ticket(record.key)
        customer_key: Key = getattr(record, "customer_key", "")
        part = _IN_FILE.get(type(record))
        if part is not None:
            file = await self.inner.customer_file(customer_key)
            found: Record
            for found in getattr(file, part):
                if found.key == record.key:
                    return found
        return await self._walked(record, customer_key)

    async def _walked(self, record: Record, customer_key: Key) -> Record | None:
        """Return a record that no file shows, such as a promise of a ticket closed long ago."""
        inner, after = self.inner, None
        if not isinstance(inner, Listing):
            return None
        while True:
            try:
                page = await inner.listed(type(record), customer_key=customer_key, after=after, limit=_PAGE)
            except BackendError:
                return None
            for one in page.rows:
                if one.key == record.key:
                    return one
            after = page.after
            if after is None:
                return None
