"""Rows of one customer's history, worded once and kept until their words change.

A history of ten thousand entries is laid out again at every page that comes in, every minute and after every act. What
a row says follows from its entry, the reference of its ticket, the language, and the moment only through its age, its
date and the clock of its answer, which change at times that can be told beforehand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from backends.delivery import DeliveryState
from backends.records import AnswerState, Contact, Key, Ticket, TicketEvent
from console.i18n import current_language
from console.present.setting import Now
from console.rules.clocks import first_response
from console.rules.timeline import Happening, Item
from widgets.views import RowView

MOST = 50_000
"""Rows that are kept; a longer history is worded anew now and then."""

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_MONTH, _YEAR = timedelta(days=30.436875), timedelta(days=365.2425)


def words_until(then: datetime, now: Now) -> datetime:
    """Return the moment (UTC) up to which age and date of `then` are worded as they are now; never a later one."""
    past = now.at - then
    units = [_MINUTE] if past < _HOUR else [_HOUR] if past < _DAY else [_DAY, _MONTH, _YEAR]
    steps = [then + (max(past, timedelta()) // unit + 1) * unit for unit in units]
    here = now.at.astimezone(now.zone)
    midnight = datetime.combine(here.date() + _DAY, datetime.min.time(), now.zone).astimezone(UTC)
    return min(*steps, midnight)


def late_from(happening: Happening, now: Now) -> datetime | None:
    """Return the first moment (UTC) at which the answer to a message is late; None when it is, or never will be."""
    if not isinstance(happening, Contact) or happening.answer is not AnswerState.WAITING:
        return None
    operator = now.operators.get(happening.operator_key)
    clock = first_response(happening, operator, now.at, now.policies) if operator is not None else None
    return clock.due_at + timedelta.resolution if clock is not None and clock.due_at >= now.at else None


@dataclass(slots=True)
class _Kept:
    happening: Happening
    depth: int
    folded: int
    reference: str
    since: datetime
    until: datetime
    row: RowView
    on_way: DeliveryState | None = None
    proposed: str = ""


@dataclass(slots=True)
class KeptRows:
    """The rows of the customer who was shown last; those of another one take their place."""

    _whose: tuple[object, ...] = ()
    _rows: dict[str, _Kept] = field(default_factory=dict)

    def begin(self, customer: Key, now: Now) -> None:
        """Say whose rows follow; those of others, of another language or zone are forgotten."""
        whose = (customer, current_language(), str(now.zone))
        if whose != self._whose or len(self._rows) > MOST:
            self._whose = whose
            self._rows.clear()

    def row(
        self,
        item: Item,
        now: Now,
        tickets: Mapping[Key, Ticket],
        make: Callable[[Item, Now, Mapping[Key, Ticket], DeliveryState | None, str], RowView],
        on_way: DeliveryState | None = None,
        proposed: str = "",
    ) -> RowView:
        """Return the kept row of an item when it still says the same, else a new one made by `make`.

        `on_way` says that the entry is not with its source yet, `proposed` names the ticket it may be about.
        """
        one = item.happening
        name = item.key
        ticket = tickets.get(one.ticket_key) if isinstance(one, TicketEvent) else None
        reference = ticket.reference if ticket is not None else ""
        kept = self._rows.get(name)
        if (
            kept is not None
            and kept.since <= now.at < kept.until
            and kept.depth == item.depth
            and kept.folded == item.folded
            and kept.reference == reference
            and kept.on_way is on_way
            and kept.proposed == proposed
            and (kept.happening is one or kept.happening == one)
        ):
            return kept.row
        row = make(item, now, tickets, on_way, proposed)
        until = words_until(one.at, now)
        if late := late_from(one, now):
            until = min(until, late)
        self._rows[name] = _Kept(one, item.depth, item.folded, reference, now.at, until, row, on_way, proposed)
        return row
