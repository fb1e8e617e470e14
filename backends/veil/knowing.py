"""Whose customer a record is about, and whether it hangs on a billing ticket: asked of the source, kept briefly."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from backends.areas import NOTHING, Hidden, opened_now
from backends.errors import BackendError
from backends.port import Backend, LeavesOut
from backends.records import Area, Customer, Key, Record, Ticket
from backends.veil.covering import GONE, HANGING, Areas, is_billing

T = TypeVar("T")

MOST = 5_000
"""Customers and tickets that are remembered."""
FRESH = 30.0
"""Seconds that a ticket is taken for what it was: its kind hardly ever changes, and every look at it tells anew."""


@dataclass(frozen=True, slots=True)
class Hides:
    """What is hidden, as people say it: `areas` everywhere, those of `operators` by an operator's code, in any case."""

    areas: Areas = NOTHING
    operators: Mapping[str, Areas] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anything is hidden from anybody."""
        return bool(self.areas) or any(self.operators.values())


class _Lately(Generic[T]):
    """Answers by key that are believed for a while."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._known: OrderedDict[Key, tuple[T, float]] = OrderedDict()

    def put(self, key: Key, value: T) -> None:
        self._known.pop(key, None)
        self._known[key] = (value, time.monotonic())
        if len(self._known) > MOST:
            self._known.popitem(last=False)

    def get(self, key: Key) -> T | None:
        found = self._known.get(key)
        return found[0] if found is not None and time.monotonic() - found[1] < self._seconds else None


class Knowing:
    """What a veil must know of a source to say what is hidden of a record; in doubt everything is."""

    def __init__(self, inner: Backend, hides: Callable[[], Hides]) -> None:
        self.inner = inner
        self._hides = hides
        self.trusted = isinstance(inner, LeavesOut)
        """Whether the source leaves out by itself: what it gives then needs no second look."""
        self._codes: dict[Key, str] = {}
        self._asked_for: set[Key] = set()
        self._operators: _Lately[Key] = _Lately(10 * FRESH)
        self._billing: _Lately[bool] = _Lately(FRESH)

    async def hidden(self) -> Hidden:
        """Return what is hidden now, by the source's own keys of operators."""
        hides = self._hides()
        if not hides:
            return Hidden()
        if hides.operators and not self._codes:
            await self._learn_operators()
        closed = {code.casefold(): areas for code, areas in hides.operators.items()}
        by_key = {key: areas for key, code in self._codes.items() if (areas := closed.get(code.casefold()))}
        return Hidden(hides.areas, by_key).without(opened_now())

    async def _learn_operators(self) -> None:
        try:
            self._codes = {one.key: one.code for one in await self.inner.operators()}
        except BackendError:
            return  # then nobody's operator is known, and all that is hidden anywhere is hidden here

    def hides_anything(self) -> bool:
        """Return whether anything is hidden from anybody, opened for a while or not."""
        return bool(self._hides())

    async def kind_is_gone(self, kind: type[Record]) -> bool:
        """Return whether nothing of a kind may be seen of anybody."""
        return GONE.get(kind) in (await self.hidden()).areas

    async def of_operator(self, operator_key: Key) -> Areas:
        """Return what is hidden of an operator's customers, opened for a while or not."""
        hides = self._hides()
        if not hides.operators:
            return hides.areas
        if operator_key not in self._codes and operator_key not in self._asked_for:
            self._asked_for.add(operator_key)
            await self._learn_operators()
        if operator_key not in self._codes:
            return hides.areas.union(*hides.operators.values())
        code = self._codes[operator_key].casefold()
        return hides.areas.union(*(areas for name, areas in hides.operators.items() if name.casefold() == code))

    async def of_customer(self, customer_key: Key) -> Areas:
        """Return what is hidden of a customer now."""
        return await self._of_customer(customer_key) - opened_now()

    async def _of_customer(self, customer_key: Key) -> Areas:
        if not self._hides().operators:
            return self._hides().areas
        known = self._operators.get(customer_key)
        if known is None:
            try:
                self.see(await self.inner.customers([customer_key]))
            except BackendError:
                return await self.of_operator("")
            known = self._operators.get(customer_key)
        return await self.of_operator(known or "")

    async def of(self, record: Record, *, whatever_is_open: bool = False) -> Areas:
        """Return what is hidden of whoever a record is about, now or, with `whatever_is_open`, at all."""
        opened = NOTHING if whatever_is_open else opened_now()
        if isinstance(record, Customer):
            return await self.of_operator(record.operator_key) - opened
        customer_key: Key = getattr(record, "customer_key", "")
        return await self._of_customer(customer_key) - opened if customer_key else NOTHING

    def see(self, records: Iterable[Record]) -> None:
        """Learn from records that passed by."""
        for record in records:
            if isinstance(record, Customer):
                self._operators.put(record.key, record.operator_key)
            elif isinstance(record, Ticket):
                self._billing.put(record.key, is_billing(record))

    async def hangs(self, record: Record, areas: Areas) -> bool:
        """Return whether a record hangs on a billing ticket; nobody is asked where that hides nothing."""
        if Area.PAYMENT not in areas or type(record) not in HANGING:
            return False
        ticket_key: Key = getattr(record, "ticket_key", "")
        return bool(ticket_key) and await self.billing(ticket_key)

    async def billing(self, ticket_key: Key) -> bool:
        """Return whether a ticket is about money; one that cannot be looked at counts as such."""
        known = self._billing.get(ticket_key)
        if known is not None:
            return known
        try:
            ticket = await self.inner.ticket(ticket_key)
        except BackendError:
            return True
        self._billing.put(ticket_key, is_billing(ticket))
        return is_billing(ticket)
