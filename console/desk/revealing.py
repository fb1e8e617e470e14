"""What a role hides of a customer, and opening it for a while, with a reason that is kept (R41)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from backends.areas import REVEAL
from backends.records import Area, Entry, Key, Operator, Role, TicketKind
from backends.veil import covered
from console.desk.picture import Picture
from console.desk.ruling import DeskRules
from console.rules.roles import hidden_from

OPEN_FOR = timedelta(minutes=5)
"""How long something stays open: a question on the telephone, not a working day."""


@dataclass(frozen=True, slots=True)
class Opened:
    """What is open of one customer, and until when."""

    customer_key: Key
    areas: frozenset[Area]
    until: datetime

    def of(self, customer_key: Key, now: datetime) -> frozenset[Area]:
        """Return what is open of a customer at a moment."""
        return self.areas if customer_key == self.customer_key and now < self.until else frozenset()


def hidden_of(operator: Operator, roles: frozenset[Role], rules: DeskRules) -> frozenset[Area]:
    """Return what is hidden of an operator's customers from somebody with these roles."""
    theirs = frozenset(Area(name) for name in rules.answering_for(operator.code).hides)
    return hidden_from(roles, rules.roles) | theirs


def noted(areas: frozenset[Area], reason: str) -> str:
    """Return what the audit trail says of an opening."""
    return f"{REVEAL} {' '.join(sorted(areas))}: {reason}"


def closed(picture: Picture, areas: frozenset[Area]) -> Picture:
    """Return a picture without what is hidden, at once and whether its source answers or not.

    What hangs on a ticket that the picture does not know counts as billing's.
    """
    file = picture.file
    others = {one.key for one in file.tickets if one.kind is not TicketKind.BILLING}

    def about_money(ticket_key: Key) -> bool:
        return bool(ticket_key) and ticket_key not in others

    def entry(one: Entry) -> Entry:
        return covered(one, areas, about_money(one.ticket_key))

    money = Area.PAYMENT in areas
    shown = replace(
        file,
        lines=tuple(covered(one, areas) for one in file.lines),
        contracts=tuple(covered(one, areas) for one in file.contracts),
        charges=() if money else file.charges,
        disputes=() if money else file.disputes,
        tickets=tuple(covered(one, areas) for one in file.tickets),
        chases=tuple(covered(one, areas, about_money(one.ticket_key)) for one in file.chases),
        promises=tuple(covered(one, areas, about_money(one.ticket_key)) for one in file.promises),
        visits=tuple(covered(one, areas, about_money(one.ticket_key)) for one in file.visits),
        handovers=tuple(covered(one, areas, about_money(one.ticket_key)) for one in file.handovers),
        recent_inbound=tuple(covered(one, areas, about_money(one.ticket_key)) for one in file.recent_inbound),
    )
    return replace(
        picture,
        file=shown,
        entries=tuple(entry(one) for one in picture.entries),
        waits=tuple(covered(one, areas, about_money(one.ticket_key)) for one in picture.waits),
        heard=tuple(covered(one, areas, about_money(one.ticket_key)) for one in picture.heard),
    )
