"""The forms of the ladder and of visits: what they begin with and what they store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from backends.records import Ticket, Visit, VisitState
from console.desk.acts import escalation, visits
from console.i18n import _
from console.present import forms_cases as forms
from console.present.cases import rung_words
from console.present.labels import plain
from console.rules.escalation import ladder_of
from console.rules.visits import coming
from console.screens.plans import Plan, begin, current, plan_for
from console.words import word

if TYPE_CHECKING:
    from console.screens.acting import ActsOnCustomer


def plan_escalate(screen: ActsOnCustomer, ticket: Ticket, reason: str = "") -> Plan:
    """Climb a rung, or step down, with a reason (R40)."""
    assert screen.picture is not None
    operator = screen.picture.file.operator
    filled = dict(begin(screen, "escalate", ticket.key, {}))
    if reason:
        filled["reason"] = reason
    view = forms.escalate(ticket, operator, filled)
    names = ", ".join(rung_words(rung) for rung in ladder_of(operator))
    return plan_for(
        screen,
        "escalate",
        view,
        lambda scene, values: escalation.escalate(scene, current(screen, ticket), values),
        _("Moved on the ladder: {rungs}.").format(rungs=names),
        subject=ticket.key,
        about=plain(ticket.reference),
        focus="reason",
    )


def plan_visit(screen: ActsOnCustomer, ticket: Ticket) -> Plan:
    """Plan an engineer's visit (R5)."""
    view = forms.plan_visit(ticket, begin(screen, "visit", ticket.key, {}))
    return plan_for(
        screen,
        "visit",
        view,
        lambda scene, values: visits.plan_visit(scene, current(screen, ticket), values),
        _("Visit planned."),
        subject=ticket.key,
        about=plain(ticket.reference),
        focus="window_from",
    )


def plan_settle_visit(screen: ActsOnCustomer, ticket: Ticket, visit: Visit, state: VisitState) -> Plan:
    """Say why a visit is cancelled, or remark on what became of it."""
    subject = f"{ticket.key}:{visit.key}:{state}"
    view = forms.settle_visit(visit, state, screen.now(), begin(screen, "visit", subject, {}))
    return plan_for(
        screen,
        "visit",
        view,
        lambda scene, values: visits.settle_visit(
            scene, current(screen, ticket), _as_now(screen, visit), state, values
        ),
        _("Visit: {state}.").format(state=word(state)),
        subject=subject,
        about=plain(ticket.reference),
        focus="reason",
    )


def _as_now(screen: ActsOnCustomer, visit: Visit) -> Visit:
    every = screen.picture.file.visits if screen.picture is not None else ()
    return next((one for one in every if one.key == visit.key), visit)


def resume(screen: ActsOnCustomer, action: str, subject: str) -> Plan | None:
    """Return the form where a draft of it was left; None when its ticket or visit is gone or settled."""
    key, _colon, rest = subject.partition(":")
    ticket = screen.tickets_by_key().get(key)
    if ticket is None or screen.picture is None:
        return None
    if action == "escalate":
        return plan_escalate(screen, ticket)
    if not rest:
        return plan_visit(screen, ticket)
    visit_key, _colon, state = rest.rpartition(":")
    visit = next((one for one in coming(screen.picture.file.visits, ticket.key) if one.key == visit_key), None)
    return plan_settle_visit(screen, ticket, visit, VisitState(state)) if visit is not None else None
