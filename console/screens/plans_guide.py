"""The forms of handing on: what was handed over is accepted or declined; the ball takes its handover along (R22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

from backends.port import Batch
from backends.records import Handover, Holder, Ticket
from console.desk.acts import handing
from console.desk.acts.scene import Scene
from console.desk.desk import Deed
from console.desk.local import OCCASION
from console.i18n import _
from console.present import forms_guide
from console.present.labels import plain
from console.screens import plans
from console.screens.form import Plan

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer

Values = Mapping[str, str]


def plan_accept(screen: ActsOnCustomer, one: Handover) -> Plan:
    """Return the plan for answering a handover: accepted, or declined with a reason."""
    assert screen.picture is not None
    ticket = screen.tickets_by_key().get(one.ticket_key)
    filled = plans.begin(screen, "accept", one.key, {})
    view = forms_guide.accept(one, ticket, screen.picture.file.operator, filled, screen.now())

    def make(scene: Scene, values: Values) -> Batch:
        current = next((known for known in scene.file.handovers if known.key == one.key), one)
        if values.get("answer") == forms_guide.DECLINE:
            return handing.decline(scene, current, values)
        return handing.accept(scene, current)

    def after(_deed: Deed, values: Values) -> None:
        words = _("Accepted. It is yours now.")
        if values.get("answer") == forms_guide.DECLINE:
            words = _("Declined; it is back with {name}.").format(name=plain(one.by, 30) or _("the desk"))
        screen.stored(words, ticket=one.ticket_key)

    about = plain(ticket.reference) if ticket is not None else ""
    return plans.plan_for(screen, "accept", view, make, "", subject=one.key, about=about, focus="answer", after=after)


def with_handover(screen: ActsOnCustomer, plan: Plan, ticket: Ticket) -> Plan:
    """Return the plan for giving the ball on, which also hands over to whoever has to accept it (R22)."""

    async def store(values: Values) -> Deed:
        desk = screen.console_app.desk
        supplier = values.get("holder") == Holder.SUPPLIER
        names = [one.name for one in await desk.backend.agents()] if supplier else []
        scene = screen.scene()
        at_once = desk.rules.answering_for(scene.file.operator.code).technical == "at_once"
        current = plans.current(screen, ticket)
        batch = handing.hand_over(scene, current, values, colleagues=names, technical_at_once=at_once)
        if Handover not in desk.backend.stores:
            batch = replace(batch, items=tuple(one for one in batch.items if not isinstance(one.record, Handover)))
        about = plain(ticket.reference)
        return await desk.do(
            batch, plan.action, customer_key=screen.key, about=about, occasion=values.get(OCCASION, "")
        )

    return replace(plan, store=store)
