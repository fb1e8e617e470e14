"""The form of compensation: it begins with what is owed at this moment, and is recorded on the ticket (R33)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from backends.records import Ticket
from console.desk.acts.compensation import compensate
from console.desk.desk import Deed
from console.desk.local import OCCASION
from console.i18n import _
from console.present import forms_compensation
from console.present.clocking import owed_now
from console.present.labels import plain
from console.screens.form import Plan

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer

ACTION = "compensate"


def plan_compensate(screen: ActsOnCustomer, ticket: Ticket) -> Plan:
    """Record what the customer is given; what is owed is reckoned when the form opens."""
    assert screen.picture is not None
    picture, app, now = screen.picture, screen.console_app, screen.now()
    found = owed_now(ticket, picture.file, now, picture.waits, picture.heard)
    currency = found.amount.currency if found is not None else picture.file.operator.currency
    draft = app.local.draft(screen.key, ACTION, ticket.key)
    filled = draft.answers if draft is not None else forms_compensation.known_compensation(found)
    view = forms_compensation.compensation(ticket, filled, found, currency, now)
    reference = plain(ticket.reference)

    async def store(values: Mapping[str, str]) -> Deed:
        current = screen.tickets_by_key().get(ticket.key, ticket)
        batch = compensate(screen.scene(), current, values, currency)
        occasion = values.get(OCCASION, "")
        return await app.desk.do(batch, ACTION, customer_key=screen.key, about=reference, occasion=occasion)

    def after(_deed: Deed, _values: Mapping[str, str]) -> None:
        screen.stored(_("Compensation recorded on {reference}.").format(reference=reference), ticket=ticket.key)

    return Plan(ACTION, screen.key, view, store, ticket.key, "amount", after, now.zone)
