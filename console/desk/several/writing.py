"""Storing one action in several sources: each record where it belongs, what hangs on it beside it.

What exists already is changed where it is. Something new goes to the source of the ticket it belongs to, else where
the profile says, else home. A source that has no place for a kind of record leaves it to the home store, where a
shadow of the customer or ticket (with its origin) stands for the real one, so that nothing hangs in the air.

The sources that may refuse are written to first: when one of them says no, the home store has nothing yet. A repeat of
the same batch is safe, for each source knows its share by its idempotency key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from backends.delivery import Delivery, is_provisional
from backends.errors import Conflict, NotFound, Unsupported
from backends.port import Batch, Capability, Change, Put, Receipt, Remove
from backends.records import Customer, Key, Operator, Origin, Outage, Record, Ticket, is_new, new_key
from console.desk.several.circles import Circles
from console.desk.several.files import own_again
from console.desk.several.keys import HOME, keys_in, parted, rekeyed
from console.desk.several.members import Member
from console.desk.several.outages import Outages

Item = Put | Remove
_STEP = 100
"""Deliveries of several outboxes are numbered as one: number there, then which source."""


@dataclass(slots=True)
class Share:
    """What one source is to store: (position in the batch, item) and what must be there before."""

    member: Member
    items: list[tuple[int, Item]] = field(default_factory=list)


class Writing:
    """Parts batches among the sources and puts their receipts together."""

    def __init__(
        self,
        members: Mapping[str, Member],
        circles: Circles,
        outages: Outages,
        operators: Callable[[], Sequence[Operator]],
    ) -> None:
        self._members = members
        self._operators = operators
        self._circles = circles
        self._outages = outages

    # where things go ------------------------------------------------------------------------------------------------

    def _shares(self, batch: Batch) -> list[Share]:
        """Return who stores what, home last; raises Unsupported when something has no place."""
        places: dict[Key, str] = {}
        shares = {name: Share(member) for name, member in self._members.items()}
        items = list(enumerate(batch.items))
        # What others hang on is placed first: a new contact goes where its new ticket goes.
        for position, item in sorted(items, key=lambda one: not isinstance(one[1].record, Ticket | Customer)):
            source = self._source(item, places)
            places[item.record.key] = source
            shares[source].items.append((position, item))
        for share in shares.values():
            share.items.sort(key=lambda one: one[0])
            keys = [item.record.key for _at, item in share.items if isinstance(item, Remove)]
            if any(not is_provisional(parted(key, self._members)[1]) for key in keys):
                self._needs(share.member, Capability.UNDO)
        order = sorted(shares.values(), key=lambda one: one.member.name == HOME)
        return [share for share in order if share.items]

    @staticmethod
    def _needs(member: Member, capability: Capability) -> None:
        if not member.can(capability):
            raise Unsupported(capability, source=member.shown)

    def _source(self, item: Item, places: Mapping[Key, str]) -> str:
        record = item.record
        kind = type(record)
        if not is_new(record.key):
            source = parted(record.key, self._members)[0]
            if kind not in self._members[source].backend.stores:
                raise Unsupported(f"write.{_name(kind)}", source=self._members[source].shown)
            return source
        for source in (*self._beside(record, places), *self._wished(kind), HOME, *self._of_customer(record)):
            member = self._members[source]
            if member.can(Capability.WRITE) and kind in member.backend.stores:
                return source
        raise Unsupported(f"write.{_name(kind)}", source=self._members[HOME].shown)

    def _beside(self, record: Record, places: Mapping[Key, str]) -> list[str]:
        """Return the source of the ticket that a record belongs to."""
        ticket = getattr(record, "ticket_key", "")
        if not ticket:
            return []
        return [places[ticket]] if ticket in places else [parted(ticket, self._members)[0]]

    def _wished(self, kind: type[Record]) -> list[str]:
        return [member.name for member in self._members.values() if kind in member.writes]

    def _of_customer(self, record: Record) -> list[str]:
        key = getattr(record, "customer_key", "")
        return [parted(key, self._members)[0]] if key and not is_new(key) else []

    # storing --------------------------------------------------------------------------------------------------------

    async def write(self, batch: Batch) -> Receipt:
        """Store a batch; raises what the first source raises that does not take its share."""
        shares = self._shares(batch) or [Share(self._members[HOME])]
        # Without a key of its own a batch of several shares could not be repeated safely after one of them failed.
        key = batch.idempotency_key or new_key().partition(":")[2]
        real: dict[Key, Key] = {}
        receipts: list[tuple[Share, Receipt, int]] = []
        for share in shares:
            receipt, added = await self._store(share, batch, key if len(shares) > 1 else batch.idempotency_key, real)
            receipts.append((share, receipt, added))
            for new, known in (receipt.keys or {}).items():
                real[new] = share.member.up(known)
        return self._together(batch, receipts, real)

    async def _store(self, share: Share, batch: Batch, key: str, real: Mapping[Key, Key]) -> tuple[Receipt, int]:
        """Store a share and return the receipt, and how many shadows stand before its own items."""
        member = share.member
        shadows: dict[Key, Put] = {}
        records = {item.record.key: item.record for _at, item in share.items}
        items: list[Item] = []
        for _at, item in share.items:
            translated = {
                foreign: await self._translated(foreign, share, shadows, real)
                for foreign in keys_in(item.record)
                if not (is_new(foreign) and foreign in records)
            }
            record = rekeyed(self._own(item.record), lambda one: translated.get(one, one))  # noqa: B023 (used at once)
            items.append(replace(item, record=record))
        before = list(shadows.values())
        share_key = f"{key}/{member.name}" if key and member.name else key
        theirs = replace(batch, items=(*before, *items), idempotency_key=share_key)
        try:
            receipt = await member.backend.write(theirs)
        except Conflict as conflict:
            if conflict.newer is not None:
                conflict.newer = self._circles.as_shown(rekeyed(conflict.newer, member.up))
            raise
        self._met_at_home(shadows, receipt)
        for customer in {str(getattr(item.record, "customer_key", "")) for item in items}:
            self._circles.changed(member, customer)
        self._outages.grew_old(member)
        return receipt, len(before)

    def _own(self, record: Record) -> Record:
        """Return a customer that was edited as all sources know them, with only the edits for this source."""
        if not isinstance(record, Customer) or is_new(record.key):
            return record
        circle = self._circles.of(record.key)
        if circle is None or circle.merged is None or circle.asked.file is None:
            return record
        return own_again(record, circle.merged.customer, circle.asked.file.customer)

    async def _translated(self, key: Key, share: Share, shadows: dict[Key, Put], real: Mapping[Key, Key]) -> Key:
        """Return a key of the desk as a source knows it; empty when it means nothing there."""
        key = real.get(key, key)
        member = share.member
        if key in member.operators.values():
            return member.down(key)
        source, rest = parted(key, self._members)
        if source == member.name:
            return rest
        if is_new(key):
            return ""
        counterpart = self._counterpart(key, member)
        if counterpart:
            return counterpart
        if member.name == HOME and source != HOME:
            return await self._shadow(key, shadows)
        return ""

    def _counterpart(self, key: Key, member: Member) -> Key:
        """Return the key of the same customer or ticket in another source, as the open circles know it."""
        circle = self._circles.of(key)
        if circle is not None:
            part = circle.parts.get(member.name)
            if part is not None and part.key:
                return part.key
        for one in self._circles.all():
            for other, shown in one.stands_for.items():
                source, rest = parted(other, self._members)
                if shown == key and source == member.name:
                    return rest
        return ""

    async def _shadow(self, key: Key, shadows: dict[Key, Put]) -> Key:
        """Return the home store's key for a customer or ticket of another source; what is not there yet is added."""
        if key in shadows:
            return shadows[key].record.key
        source, rest = parted(key, self._members)
        origin = Origin(self._members[source].shown, rest)
        outage = self._outages.known(key)
        if outage is not None:
            return await self._shadow_of_outage(outage, shadows)
        record = await self._record(key)
        if record is None:
            return ""
        held = await self._circles.stored(type(record), [origin])
        if origin in held:
            return held[origin]
        customer = await self._shadow(record.customer_key, shadows) if isinstance(record, Ticket) else ""
        operator = self._operator_at_home(record.operator_key, shadows)
        shadow = replace(record, key=new_key(), version=0, origin=origin, operator_key=operator)
        if isinstance(shadow, Ticket):
            shadow = replace(shadow, customer_key=customer, line_key="", outage_key="")
        shadows[key] = Put(shadow, unless_known=True)
        return shadow.key

    async def _shadow_of_outage(self, outage: Outage, shadows: dict[Key, Put]) -> Key:
        """Return the home store's key for an outage of another source; empty where it stores no outages."""
        origin = self._outages.shadows.origin_of(outage)
        held = await self._circles.stored(Outage, [origin])
        if origin in held:
            return held[origin]
        if Outage not in self._members[HOME].backend.stores:
            return ""
        shadows[outage.key] = self._outages.shadows.shadow_of(outage)
        return shadows[outage.key].record.key

    def _operator_at_home(self, key: Key, shadows: dict[Key, Put]) -> Key:
        """Return the home store's key for an operator; one that only another source knows is added."""
        if parted(key, self._members)[0] == HOME:
            return key
        if key not in shadows:
            operator = next(one for one in self._operators() if one.key == key)
            shadows[key] = Put(replace(operator, key=new_key(), parent_key="", version=0))
        return shadows[key].record.key

    def _met_at_home(self, shadows: Mapping[Key, Put], receipt: Receipt) -> None:
        """Learn the home store's keys of operators that were just added there."""
        for key, put in shadows.items():
            real = (receipt.keys or {}).get(put.record.key)
            if isinstance(put.record, Operator) and real is not None:
                source, rest = parted(key, self._members)
                self._members[source].operators[rest] = real
                self._circles.grew_old(self._members[source])

    async def _record(self, key: Key) -> Customer | Ticket | None:
        """Return the customer or ticket that a key of another source names."""
        source, rest = parted(key, self._members)
        member = self._members[source]
        circle = self._circles.of(key)
        if circle is not None and circle.asked.file is not None:
            return circle.asked.file.customer
        for one in self._circles.all():
            for part in one.known():
                for ticket in part.file.tickets if part.file else ():
                    if ticket.key == key:
                        return ticket
        found = await member.backend.customers([rest])
        if found:
            return rekeyed(found[0], member.up)
        try:
            return rekeyed(await member.backend.ticket(rest), member.up)
        except NotFound:
            return None

    def _together(self, batch: Batch, receipts: list[tuple[Share, Receipt, int]], real: Mapping[Key, Key]) -> Receipt:
        changes: dict[int, Change] = {}
        known: list[tuple[int, Key]] = []
        for share, receipt, added in receipts:
            up = share.member.up
            positions = [at for at, _item in share.items]
            passed = {at - added: key for at, key in receipt.known if at >= added}
            before = added - sum(1 for at, _key in receipt.known if at < added)
            stored = list(receipt.changes[before:])
            for number, position in enumerate(positions):
                if number in passed:
                    known.append((position, up(passed[number])))
                elif stored:
                    changes[position] = _change(stored.pop(0), share.member, self._circles)
        every = [receipt for _share, receipt, _added in receipts]
        return Receipt(
            tuple(changes[position] for position in sorted(changes)),
            max(receipt.at for receipt in every),
            tuple(sorted(known)),
            {key: real[key] for key in real if key in {item.record.key for item in batch.items}},
            all(receipt.repeated for receipt in every),
            any(receipt.waiting for receipt in every),
        )

    # what is on its way ---------------------------------------------------------------------------------------------

    def deliveries(self, customer_key: Key = "") -> tuple[Delivery, ...]:
        """Return what waits in every outbox, oldest first, with the desk's keys and numbers."""
        found: list[Delivery] = []
        for place, member in enumerate(self._members.values()):
            if member.outgoing is None:
                continue
            key = self._key_there(customer_key, member) if customer_key else ""
            if customer_key and not key:
                continue
            found += [_raised(one, member, place, self._circles) for one in member.outgoing.deliveries(key)]
        return tuple(sorted(found, key=lambda one: (one.since, one.number)))

    def _key_there(self, customer_key: Key, member: Member) -> Key:
        source, rest = parted(customer_key, self._members)
        return rest if source == member.name else self._counterpart(customer_key, member)

    async def deliver(self) -> None:
        """Try at once what waits in every outbox."""
        for member in self._members.values():
            if member.outgoing is not None:
                await member.outgoing.deliver()

    def _outbox(self, number: int) -> tuple[Member, int]:
        there, place = divmod(number, _STEP)
        members = list(self._members.values())
        if place >= len(members) or members[place].outgoing is None:
            raise NotFound(str(number))
        return members[place], there

    async def send_again(self, number: int, *, over_theirs: bool = False) -> None:
        """Put a refused delivery back in line; raises NotFound."""
        member, there = self._outbox(number)
        assert member.outgoing is not None
        await member.outgoing.send_again(there, over_theirs=over_theirs)

    async def drop(self, number: int, actor: str, reason: str) -> None:
        """Give a delivery up; raises NotFound."""
        member, there = self._outbox(number)
        assert member.outgoing is not None
        await member.outgoing.drop(there, actor, reason)


def _name(kind: type[Record]) -> str:
    return "".join(f"_{one.lower()}" if one.isupper() else one for one in kind.__name__).lstrip("_")


def _shown(record: Record | None, member: Member, circles: Circles) -> Record | None:
    return None if record is None else circles.as_shown(rekeyed(record, member.up))


def _change(change: Change, member: Member, circles: Circles) -> Change:
    return Change(_shown(change.before, member, circles), _shown(change.after, member, circles))


def _raised(one: Delivery, member: Member, place: int, circles: Circles) -> Delivery:
    return replace(
        one,
        number=one.number * _STEP + place,
        source=member.shown,
        records=tuple(circles.as_shown(rekeyed(record, member.up)) for record in one.records),
        theirs=_shown(one.theirs, member, circles),
    )
